//! HEIC and AVIF: pictures coded as in videos, in a HEIF file (ISO/IEC 23008-12).
//!
//! ```text
//! boxes       boxes and their fields
//! items       the tables of a file: items, where their bytes are, their properties, references
//! track       the first picture of a sequence
//! view        cropping, rotation and mirroring
//! container   from these, a plain description of the primary image: tiles, alpha, color
//! coded       the form of a coded picture
//! picture     decodes one picture by its codec:  hevc (HEIC), av1 (AVIF)
//! planes      from luma and chroma to rows of samples
//! ```
//!
//! A photo from a phone is a grid of tiles of 512 x 512 pixels, each coded on its own:
//!
//! ```text
//! for each row of tiles that the region touches:
//!     for each tile of it that the region touches, from left to right:
//!         decode the tile
//!         for each of its rows inside the region:
//!             convert the pixels inside the region, send them
//! ```
//!
//! So the rows come in pieces, and the rows of a row of tiles are complete only after its last tile:
//! [`Header::band`] says how many that are. Sending pieces takes less memory than joining rows would. For
//! 48 megapixels, the decoded samples of a row of tiles are 12 MB, and the open sums of the averaged
//! rows are less than 2 MB.
//!
//! Decisions:
//!
//! - **Limits** are checked before decoding: the size that the container states, the size of the tiles,
//!   and the size that a picture's own header states. The last two must agree. A coded picture may be
//!   a little larger than stated, by less than a block of 64 pixels; the rest is padding.
//! - **Color**: code points in the container replace those in the pictures. An ICC profile replaces
//!   primaries and transfer function (6.5.5.1), not the matrix and the range.
//! - **Alpha** of the visible region is decoded first, because its tiles may differ from those of the
//!   color.
//! - **A damaged tile** of several becomes gray, and its pixels count as missing.
//! - **Loop filters** are skipped where the reduction hides them; each codec says from where on.

mod alpha;
#[cfg(feature = "avif")]
mod av1;
mod boxes;
mod coded;
mod container;
#[cfg(feature = "heic")]
mod hevc;
mod items;
mod picture;
mod pieces;
mod planes;
mod track;
mod view;

use self::alpha::AlphaPlane;
use self::coded::CodedFormat;
use self::container::{CodePoints, HeifImage, PictureCodec};
use self::pieces::{PieceForm, PieceWriter};
use self::planes::output_depth;
use super::header::{Header, IccProfile};
use super::rows::DecodeReport;
use crate::error::{ErrorKind, Result};
use crate::format::SourceFormat;
use crate::geometry::Region;
use crate::limits::Budget;
use crate::pixels::{Layout, RowSink, StatedColor};
use crate::plan::DecodeRequest;

/// A HEIC or AVIF whose boxes are read.
#[derive(Debug)]
pub(super) struct HeifDecoder<'a> {
    image: HeifImage<'a>,
    format: CodedFormat,
    color: CodePoints,
}

impl<'a> HeifDecoder<'a> {
    pub(super) fn open(bytes: &'a [u8], budget: &Budget) -> Result<(Self, Header<'a>)> {
        let image = HeifImage::parse(bytes, budget)?;
        budget.limits().check_size(image.color.size)?;
        let first = image.color.first()?;
        let format = picture::format(first, budget)?;
        let color = image.code_points.unwrap_or(format.color);
        let header = Header {
            format: match first.codec {
                PictureCodec::Hevc => SourceFormat::Heic,
                PictureCodec::Av1 => SourceFormat::Avif,
            },
            size: image.view.region.size(),
            orientation: image.view.orientation,
            layout: layout(format.subsampling.is_some(), image.alpha.is_some()),
            depth: output_depth(format.bits),
            icc: image.icc.map(IccProfile::whole),
            stated: StatedColor {
                cicp: image.icc.is_none().then(|| cicp(&color)),
                ..StatedColor::default()
            },
            out_of_order: false,
            halvable: false,
            band: match image.color.columns {
                1 => 1,
                _ => image.color.tile.height,
            },
        };
        let decoder = Self {
            image,
            format,
            color,
        };
        Ok((decoder, header))
    }

    /// Decodes the tiles that the region touches.
    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let origin = self.image.view.region;
        let region = shift(request.region, origin);
        let depth = output_depth(self.format.bits);
        let alpha = match &self.image.alpha {
            Some(alpha) => Some(AlphaPlane::decode(
                alpha,
                region,
                depth,
                request.shrink,
                budget,
            )?),
            None => None,
        };
        let form = PieceForm {
            format: self.format,
            color: self.color,
            chroma: request.chroma,
            shrink: request.shrink,
            origin,
        };
        let grid = &self.image.color;
        let mut pieces = PieceWriter::new(form, alpha, region.size().width, budget)?;
        let mut missing = 0;
        for tile in grid.touched(region) {
            match pieces.decode(&tile, budget, sink) {
                Err(error) if error.kind() == ErrorKind::Malformed && grid.tiles.len() > 1 => {
                    pieces.fill(&tile, sink)?;
                    missing += tile.inside.size().pixels();
                }
                outcome => outcome?,
            }
        }
        Ok(DecodeReport { missing })
    }
}

/// `region` of a part of an image that begins at `origin`, as a region of the image.
fn shift(region: Region, origin: Region) -> Region {
    Region {
        x0: region.x0 + origin.x0,
        y0: region.y0 + origin.y0,
        x1: region.x1 + origin.x0,
        y1: region.y1 + origin.y0,
    }
}

fn layout(color: bool, alpha: bool) -> Layout {
    match (color, alpha) {
        (false, false) => Layout::Gray,
        (false, true) => Layout::GrayAlpha,
        (true, false) => Layout::Rgb,
        (true, true) => Layout::Rgba,
    }
}

/// The code points of samples after their conversion to red, green and blue of the full range. Where
/// only one of primaries and transfer function is stated, the other is that of sRGB.
fn cicp(color: &CodePoints) -> [u8; 4] {
    const UNSPECIFIED: u16 = 2;
    let (primaries, transfer) = match (color.primaries, color.transfer) {
        (UNSPECIFIED, UNSPECIFIED) => (UNSPECIFIED, UNSPECIFIED),
        (UNSPECIFIED, transfer) => (1, transfer),
        (primaries, UNSPECIFIED) => (primaries, 13),
        stated => stated,
    };
    let [primaries, transfer] = [primaries, transfer].map(|v| v.try_into().unwrap_or(2));
    [primaries, transfer, 0, 1]
}

#[cfg(test)]
#[cfg(feature = "heic")]
mod tests;
