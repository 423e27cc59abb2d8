//! From the boxes of a file to a plain description of its primary image.
//!
//! ```text
//! still       the primary item of the box `meta`: a coded picture, or a grid of them
//! sequence    the first sample of a track, for files without a still image
//! ```
//!
//! | property | | clause |
//! |---|---|---|
//! | `ispe` | size of an item | ISO/IEC 23008-12, 6.5.3 |
//! | `colr` | ICC profile, or code points (`nclx`) | 6.5.5 |
//! | `irot`, `imir`, `clap` | rotation, mirroring, cropping, in the order of the associations | 6.5.9 to 6.5.12 |
//! | `auxC` | what an auxiliary image is: alpha, among others | 6.5.8 |
//! | `hvcC`, `av1C` | configuration of the codec | ISO/IEC 14496-15, 8.4.1; AV1-ISOBMFF, 2.3 |
//!
//! An Exif orientation is ignored (A.2.1): the properties count. Gain maps, depth maps, other auxiliary
//! images and thumbnails are not read. Derived images other than grids are refused: an overlay
//! (`iovl`), which no camera writes, and the identity (`iden`).

use super::boxes::{FieldReader, MediaBox, child};
use super::items::{ItemData, ItemTable, unsupported_kind};
use super::track;
use super::view::View;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Reservation};

/// The primary image of a file.
#[derive(Debug)]
pub(super) struct HeifImage<'a> {
    pub color: TileGrid<'a>,
    pub alpha: Option<AlphaImage<'a>>,
    /// The visible part of the color image, and how it is rotated.
    pub view: View,
    pub icc: Option<&'a [u8]>,
    pub code_points: Option<CodePoints>,
}

/// The alpha of an image.
#[derive(Debug)]
pub(super) struct AlphaImage<'a> {
    pub grid: TileGrid<'a>,
    /// Whether the color is multiplied by alpha already (reference `prem`).
    pub premultiplied: bool,
}

/// A rectangle of coded pictures of one size; a single picture is a grid of one (6.6.2.3).
#[derive(Debug)]
pub(super) struct TileGrid<'a> {
    /// Width and height of the image. The tiles may be larger together.
    pub size: Size,
    pub columns: u32,
    pub tile: Size,
    /// Row by row.
    pub tiles: Vec<CodedItem<'a>>,
    _charged: Reservation,
}

/// A tile, and where it is in the image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile<'a> {
    pub item: CodedItem<'a>,
    /// Its left edge.
    pub x: u32,
    /// Its upper edge.
    pub y: u32,
    /// The requested part of it, in pixels of the image.
    pub inside: Region,
}

/// A coded picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodedItem<'a> {
    pub codec: PictureCodec,
    /// Width and height that the container states.
    pub size: Size,
    /// The content of `hvcC` or `av1C`.
    pub config: &'a [u8],
    pub data: ItemData<'a>,
}

/// The coding of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PictureCodec {
    /// HEVC (ITU-T H.265).
    Hevc,
    /// AV1.
    Av1,
}

impl PictureCodec {
    /// From the type of an item or of a sample entry.
    fn from_kind(kind: [u8; 4]) -> Option<Self> {
        match &kind {
            b"hvc1" | b"hev1" => Some(Self::Hevc),
            b"av01" => Some(Self::Av1),
            _ => None,
        }
    }

    /// The property with its configuration.
    fn config_kind(self) -> &'static [u8; 4] {
        match self {
            Self::Hevc => b"hvcC",
            Self::Av1 => b"av1C",
        }
    }
}

/// What the samples of a picture mean (ITU-T H.273, 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CodePoints {
    pub primaries: u16,
    pub transfer: u16,
    pub matrix: u16,
    pub full_range: bool,
}

impl CodePoints {
    /// Nothing is stated.
    pub(super) const UNSPECIFIED: Self = Self {
        primaries: 2,
        transfer: 2,
        matrix: 2,
        full_range: true,
    };
}

impl<'a> HeifImage<'a> {
    /// Reads the description of the image in `file`.
    pub(super) fn parse(file: &'a [u8], budget: &Budget) -> Result<Self> {
        let items = match child(file, b"meta") {
            Some(meta) if child(meta.get(4..).unwrap_or_default(), b"pitm").is_some() => {
                ItemTable::parse(meta, file, budget)?
            }
            _ => return Self::of_track(file, budget),
        };
        let primary = items.primary;
        let color = TileGrid::parse(&items, primary, budget)?;
        let properties = || color_properties(&items, primary);
        Ok(Self {
            view: View::parse(color.size, items.properties(primary)?)?,
            alpha: find_alpha(&items, primary, budget)?,
            icc: properties()?.find_map(icc_profile),
            code_points: properties()?.find_map(code_points),
            color,
        })
    }

    /// The first picture of a sequence.
    fn of_track(file: &'a [u8], budget: &Budget) -> Result<Self> {
        let (color, alpha) = track::first_samples(file, is_alpha_urn)?;
        let entry = coded_sample(&color)?;
        let alpha = match alpha {
            Some(sample) => Some(AlphaImage {
                grid: TileGrid::single(coded_sample(&sample)?, budget)?,
                premultiplied: sample.premultiplied,
            }),
            None => None,
        };
        Ok(Self {
            view: View::parse(entry.size, color.properties())?,
            alpha,
            icc: color.properties().find_map(icc_profile),
            code_points: color.properties().find_map(code_points),
            color: TileGrid::single(entry, budget)?,
        })
    }
}

impl<'a> TileGrid<'a> {
    /// The pictures of an item: itself, or the tiles of a grid.
    fn parse(items: &ItemTable<'a>, id: u32, budget: &Budget) -> Result<Self> {
        match &items.kind(id)? {
            b"grid" => Self::parse_grid(items, id, budget),
            _ => Self::single(coded_item(items, id)?, budget),
        }
    }

    fn single(item: CodedItem<'a>, budget: &Budget) -> Result<Self> {
        let (mut tiles, _charged) = budget.room(1)?;
        tiles.push(item);
        Ok(Self {
            size: item.size,
            columns: 1,
            tile: item.size,
            tiles,
            _charged,
        })
    }

    /// The bytes of a grid item: rows, columns and size (6.6.2.3.2).
    fn parse_grid(items: &ItemTable<'a>, id: u32, budget: &Budget) -> Result<Self> {
        let (header, length) = items.data(id)?.start::<12>();
        let mut fields = FieldReader(&header[..length]);
        let [_version, flags, rows, columns] = fields.kind()?;
        let (rows, columns) = (u32::from(rows) + 1, u32::from(columns) + 1);
        let mut side = || fields.short_or_long(flags & 1 != 0);
        let size = Size::new(side()?, side()?);
        budget.limits().check_size(size)?;
        let ids = items.referenced(id, b"dimg");
        if ids.len() as u64 != u64::from(rows) * u64::from(columns) {
            return Err(wrong_grid());
        }
        let (mut tiles, _charged) = budget.room(ids.len())?;
        for tile in ids.iter() {
            tiles.push(coded_item(items, tile)?);
        }
        let first: &CodedItem<'_> = tiles.first().ok_or_else(wrong_grid)?;
        let grid = Self {
            size,
            columns,
            tile: first.size,
            tiles,
            _charged,
        };
        grid.check_sizes(rows)?;
        Ok(grid)
    }

    pub(super) fn first(&self) -> Result<&CodedItem<'a>> {
        self.tiles.first().ok_or_else(wrong_grid)
    }

    /// The tiles with a part of `region`, row by row.
    pub(super) fn touched(&self, region: Region) -> impl Iterator<Item = Tile<'a>> {
        let Size { width, height } = self.tile;
        let indices = |from: u32, to: u32, side: u32| from / side..to.div_ceil(side);
        let rows = indices(region.y0, region.y1, height);
        rows.flat_map(move |row| {
            let columns = indices(region.x0, region.x1, width);
            columns.filter_map(move |column| {
                let item = self.tiles.get((row * self.columns + column) as usize)?;
                let (x, y) = (column * width, row * height);
                let inside = Region {
                    x0: region.x0.max(x),
                    y0: region.y0.max(y),
                    x1: region.x1.min(x.saturating_add(width)),
                    y1: region.y1.min(y.saturating_add(height)),
                };
                let item = *item;
                Some(Tile { item, x, y, inside })
            })
        })
    }

    /// All tiles have one size, and cover the image.
    fn check_sizes(&self, rows: u32) -> Result<()> {
        let Size { width, height } = self.tile;
        let covered =
            |tile: u32, count: u32, side: u32| u64::from(tile) * u64::from(count) >= side.into();
        let same = self.tiles.iter().all(|tile| tile.size == self.tile);
        let (across, down) = (self.size.width, self.size.height);
        if same && covered(width, self.columns, across) && covered(height, rows, down) {
            Ok(())
        } else {
            Err(wrong_grid())
        }
    }
}

fn wrong_grid() -> Error {
    Error::malformed("the tiles of the picture do not match its size")
}

fn coded_item<'a>(items: &ItemTable<'a>, id: u32) -> Result<CodedItem<'a>> {
    let kind = items.kind(id)?;
    let codec = PictureCodec::from_kind(kind).ok_or_else(|| unsupported_kind(kind))?;
    let missing = || Error::malformed("a picture of the file lacks its size or configuration");
    let size = items.property(id, b"ispe")?.ok_or_else(missing)?;
    let config = items.property(id, codec.config_kind())?;
    Ok(CodedItem {
        codec,
        size: parse_size(size)?,
        config: config.ok_or_else(missing)?,
        data: items.data(id)?,
    })
}

/// `ispe`.
fn parse_size(content: &[u8]) -> Result<Size> {
    let mut fields = FieldReader(content);
    fields.version_and_flags()?;
    let size = Size::new(fields.u32()?, fields.u32()?);
    if size.pixels() == 0 {
        return Err(Error::malformed("a picture of the file is empty"));
    }
    Ok(size)
}

fn coded_sample<'a>(sample: &track::FirstSample<'a>) -> Result<CodedItem<'a>> {
    let codec =
        PictureCodec::from_kind(sample.kind).ok_or_else(|| unsupported_kind(sample.kind))?;
    let missing = || Error::malformed("the sequence lacks the configuration of its pictures");
    Ok(CodedItem {
        codec,
        size: sample.size,
        config: child(sample.boxes, codec.config_kind()).ok_or_else(missing)?,
        data: sample.data,
    })
}

/// The alpha of an image: an auxiliary image of it, or one of each of its tiles.
fn find_alpha<'a>(
    items: &ItemTable<'a>,
    primary: u32,
    budget: &Budget,
) -> Result<Option<AlphaImage<'a>>> {
    let auxiliary = items.references(*b"auxl").filter(|&(_, to)| to == primary);
    let Some((alpha, _)) = auxiliary
        .into_iter()
        .find(|&(from, _)| is_alpha(items, from))
    else {
        return Ok(None);
    };
    let premultiplied = items
        .references(*b"prem")
        .any(|pair| pair == (primary, alpha));
    let grid = TileGrid::parse(items, alpha, budget)?;
    Ok(Some(AlphaImage {
        grid,
        premultiplied,
    }))
}

fn is_alpha(items: &ItemTable<'_>, id: u32) -> bool {
    let kind = items.property(id, b"auxC").ok().flatten();
    // After version and flags.
    kind.and_then(|kind| kind.get(4..))
        .is_some_and(is_alpha_urn)
}

/// Names of alpha in HEVC and in MPEG-B.
fn is_alpha_urn(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 2] = [
        b"urn:mpeg:hevc:2015:auxid:1\0",
        b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
    ];
    NAMES.iter().any(|known| name.starts_with(known))
}

/// The properties that describe an image's color: its own, or those of its first tile.
fn color_properties<'a, 'b>(
    items: &'b ItemTable<'a>,
    id: u32,
) -> Result<impl Iterator<Item = MediaBox<'a>> + use<'a, 'b>> {
    let own = items.property(id, b"colr")?.is_some();
    let first_tile = items.referenced(id, b"dimg").iter().next();
    let described = first_tile.filter(|_| !own).unwrap_or(id);
    items.properties(described)
}

/// `colr` with a profile, restricted or not.
fn icc_profile<'a>(property: MediaBox<'a>) -> Option<&'a [u8]> {
    let (kind, profile) = color_information(property)?;
    (matches!(&kind, b"prof" | b"rICC") && !profile.is_empty()).then_some(profile)
}

/// `colr` with code points.
fn code_points(property: MediaBox<'_>) -> Option<CodePoints> {
    let (kind, content) = color_information(property)?;
    let mut fields = FieldReader(content);
    if kind != *b"nclx" {
        return None;
    }
    Some(CodePoints {
        primaries: fields.u16().ok()?,
        transfer: fields.u16().ok()?,
        matrix: fields.u16().ok()?,
        full_range: fields.u8().ok()? & 0x80 != 0,
    })
}

fn color_information<'a>(property: MediaBox<'a>) -> Option<([u8; 4], &'a [u8])> {
    let (&kind, content) = property.content.split_first_chunk()?;
    (property.kind == *b"colr").then_some((kind, content))
}
