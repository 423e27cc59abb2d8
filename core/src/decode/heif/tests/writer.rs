//! Writes HEIC files: pictures coded by heifer, boxes by hand.

use heifer_hevc_enc::encoder::{EncodedPicture, EncoderConfig, Planes16, encode_picture16};

use crate::geometry::Size;

/// A picture to code: samples of luma, Cb and Cr at a column and row.
#[derive(Clone, Copy)]
pub(super) struct Source {
    pub size: Size,
    pub bits: u8,
    pub color: bool,
    pub sample: fn(u32, u32) -> [u16; 3],
}

/// A coded picture.
#[derive(Clone)]
pub(super) struct Coded {
    pub size: Size,
    pub config: Vec<u8>,
    pub data: Vec<u8>,
}

impl Source {
    /// 8 bits, the full range, BT.601.
    pub(super) fn color(width: u32, height: u32, sample: fn(u32, u32) -> [u16; 3]) -> Self {
        Self {
            size: Size::new(width, height),
            bits: 8,
            color: true,
            sample,
        }
    }

    pub(super) fn gray(width: u32, height: u32, sample: fn(u32, u32) -> [u16; 3]) -> Self {
        Self {
            color: false,
            ..Self::color(width, height, sample)
        }
    }

    pub(super) fn code(self) -> Coded {
        self.part(0, 0, self.size)
    }

    /// The part from column `x` and row `y` on. Beyond its edges the picture goes on.
    pub(super) fn part(self, x: u32, y: u32, size: Size) -> Coded {
        let plane = |at: usize, step: u32| -> Vec<u16> {
            let rows = (0..size.height.div_ceil(step)).map(|row| y + row * step);
            let columns = |row| (0..size.width.div_ceil(step)).map(move |c| (x + c * step, row));
            rows.flat_map(columns)
                .map(|(x, y)| (self.sample)(x, y)[at])
                .collect()
        };
        let (luma, cb, cr) = (plane(0, 1), plane(1, 2), plane(2, 2));
        let planes = Planes16 {
            y: &luma,
            chroma: self.color.then_some((&cb[..], &cr[..])),
            bit_depth: self.bits,
        };
        let config = EncoderConfig {
            qp: 4,
            full_range: true,
            colour: (1, 13, 6),
        };
        let picture = encode_picture16(size.width, size.height, planes, &config).unwrap();
        Coded {
            size,
            config: config_record(&picture),
            data: lengths_and_units(&picture.slices),
        }
    }
}

/// `hvcC` without its header.
fn config_record(picture: &EncodedPicture) -> Vec<u8> {
    let mut record = vec![1, picture.profile_idc];
    record.extend([0; 10]);
    record.push(picture.level_idc);
    record.extend([
        0xF0,
        0,
        0xFC,
        0xFC | picture.chroma_format,
        0xF8,
        0xF8,
        0,
        0,
        0x0F,
    ]);
    record.push(picture.parameter_sets.len() as u8);
    for unit in &picture.parameter_sets {
        record.extend([unit[0] >> 1 & 0x3F, 0, 1]);
        record.extend((unit.len() as u16).to_be_bytes());
        record.extend(unit);
    }
    record
}

fn lengths_and_units(units: &[Vec<u8>]) -> Vec<u8> {
    let unit = |unit: &Vec<u8>| [&(unit.len() as u32).to_be_bytes(), &unit[..]].concat();
    units.iter().flat_map(unit).collect()
}

/// A box.
pub(super) fn media_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let size = (content.len() as u32 + 8).to_be_bytes();
    [&size, &kind[..], content].concat()
}

/// A box with version 0 and no flags.
pub(super) fn full_box(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    media_box(kind, &[&[0; 4], content].concat())
}

pub(super) fn be32(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

pub(super) fn ispe(size: Size) -> Vec<u8> {
    full_box(b"ispe", &be32(&[size.width, size.height]))
}

/// Width, height and offset of the clean aperture, in whole pixels and half pixels.
pub(super) fn clap(width: u32, height: u32, x: i32, y: i32) -> Vec<u8> {
    let fields = [width, 1, height, 1, x as u32, 2, y as u32, 2];
    media_box(b"clap", &be32(&fields))
}

pub(super) fn nclx(primaries: u16, transfer: u16, matrix: u16, full_range: bool) -> Vec<u8> {
    let points = [primaries, transfer, matrix].map(u16::to_be_bytes).concat();
    let range = u8::from(full_range) << 7;
    media_box(b"colr", &[b"nclx", &points[..], &[range]].concat())
}

pub(super) fn alpha_type() -> Vec<u8> {
    full_box(b"auxC", b"urn:mpeg:hevc:2015:auxid:1\0")
}

struct WrittenItem {
    kind: [u8; 4],
    /// Pieces of its data.
    extents: Vec<Vec<u8>>,
    properties: Vec<u8>,
}

/// A file in the making. Identifiers are numbers from 1 on.
pub(super) struct HeifWriter {
    items: Vec<WrittenItem>,
    properties: Vec<Vec<u8>>,
    references: Vec<u8>,
    /// Whether the data are in `idat`, and not before `meta`.
    pub idat: bool,
}

impl HeifWriter {
    pub(super) fn new() -> Self {
        Self {
            items: Vec::new(),
            properties: Vec::new(),
            references: Vec::new(),
            idat: false,
        }
    }

    pub(super) fn item(&mut self, kind: &[u8; 4], extents: &[&[u8]]) -> u16 {
        self.items.push(WrittenItem {
            kind: *kind,
            extents: extents.iter().map(|extent| extent.to_vec()).collect(),
            properties: Vec::new(),
        });
        self.items.len() as u16
    }

    /// A coded picture with its size and configuration.
    pub(super) fn coded(&mut self, coded: &Coded) -> u16 {
        let id = self.item(b"hvc1", &[&coded.data]);
        self.property(id, media_box(b"hvcC", &coded.config));
        self.property(id, ispe(coded.size));
        id
    }

    /// A grid of tiles with its size.
    pub(super) fn grid(&mut self, columns: u8, size: Size, tiles: &[u16]) -> u16 {
        let rows = tiles.len() as u8 / columns;
        let header = [0, 0, rows - 1, columns - 1];
        let sides = [size.width, size.height].map(|side| (side as u16).to_be_bytes());
        let id = self.item(b"grid", &[&header, &sides.concat()]);
        self.property(id, ispe(size));
        self.refer(b"dimg", id, tiles);
        id
    }

    /// Adds a property. Equal ones are written once.
    pub(super) fn property(&mut self, id: u16, property: Vec<u8>) {
        let known = self.properties.iter().position(|known| *known == property);
        let index = known.unwrap_or(self.properties.len()) as u8 + 1;
        if known.is_none() {
            self.properties.push(property);
        }
        self.items[id as usize - 1].properties.push(index);
    }

    pub(super) fn refer(&mut self, kind: &[u8; 4], from: u16, to: &[u16]) {
        let ids = [&[from, to.len() as u16], to].concat();
        let ids: Vec<u8> = ids.iter().flat_map(|id| id.to_be_bytes()).collect();
        self.references.extend(media_box(kind, &ids));
    }

    pub(super) fn finish(&self, primary: u16) -> Vec<u8> {
        let mut file = media_box(b"ftyp", b"heic\0\0\0\0mif1heic");
        let data: Vec<u8> = self
            .items
            .iter()
            .flat_map(|item| item.extents.concat())
            .collect();
        let mut offset = 0;
        if !self.idat {
            offset = file.len() as u32 + 8;
            file.extend(media_box(b"mdat", &data));
        }
        let parts = [
            full_box(b"hdlr", b"\0\0\0\0pict\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            full_box(b"pitm", &primary.to_be_bytes()),
            self.item_infos(),
            self.locations(offset),
            self.item_properties(),
            full_box(b"iref", &self.references),
            media_box(b"idat", if self.idat { &data } else { &[] }),
        ];
        file.extend(full_box(b"meta", &parts.concat()));
        file
    }

    fn item_infos(&self) -> Vec<u8> {
        let mut infos = (self.items.len() as u16).to_be_bytes().to_vec();
        for (id, item) in (1u16..).zip(&self.items) {
            let fields = [
                &[2, 0, 0, 0],
                &id.to_be_bytes()[..],
                &[0, 0],
                &item.kind,
                &[0],
            ];
            infos.extend(media_box(b"infe", &fields.concat()));
        }
        full_box(b"iinf", &infos)
    }

    fn locations(&self, mut offset: u32) -> Vec<u8> {
        let mut table = vec![1, 0, 0, 0, 0x44, 0];
        table.extend((self.items.len() as u16).to_be_bytes());
        for (id, item) in (1u16..).zip(&self.items) {
            let fields = [id, u16::from(self.idat), 0, item.extents.len() as u16];
            table.extend(fields.iter().flat_map(|field| field.to_be_bytes()));
            for extent in &item.extents {
                table.extend(be32(&[offset, extent.len() as u32]));
                offset += extent.len() as u32;
            }
        }
        media_box(b"iloc", &table)
    }

    fn item_properties(&self) -> Vec<u8> {
        let mut associations = be32(&[self.items.len() as u32]);
        for (id, item) in (1u16..).zip(&self.items) {
            associations.extend(id.to_be_bytes());
            associations.push(item.properties.len() as u8);
            associations.extend(&item.properties);
        }
        let properties = media_box(b"ipco", &self.properties.concat());
        media_box(
            b"iprp",
            &[properties, full_box(b"ipma", &associations)].concat(),
        )
    }
}

/// A file with one picture and these properties, in their order.
pub(super) fn single(coded: &Coded, properties: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = HeifWriter::new();
    let id = writer.coded(coded);
    for property in properties {
        writer.property(id, property.clone());
    }
    writer.finish(id)
}

/// A file whose picture is `source` in tiles of 64 x 64 pixels, and the identifier of the grid.
pub(super) fn tiled(source: Source) -> (HeifWriter, u16) {
    let mut writer = HeifWriter::new();
    let (columns, rows) = (
        source.size.width.div_ceil(64),
        source.size.height.div_ceil(64),
    );
    let places = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
    let tiles: Vec<u16> = places
        .map(|(x, y)| writer.coded(&source.part(x * 64, y * 64, Size::square(64))))
        .collect();
    let grid = writer.grid(columns as u8, source.size, &tiles);
    (writer, grid)
}
