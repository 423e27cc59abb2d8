//! The items of a HEIF file (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 9.3): coded pictures, derived
//! pictures, metadata.
//!
//! ```text
//! meta    pitm  the primary item
//!         iinf  items: identifier and type           iloc  where the bytes of each are
//!         iprp  properties, and which item has which iref  references from item to item
//!         idat  bytes of small items
//! ```
//!
//! The tables are read once, into memory that is charged. They are sorted by identifier, so that a
//! file of many items cannot make lookups slow.

use super::boxes::{FieldReader, MediaBox, boxes, child};
use crate::error::{Error, Feature, Result};
use crate::limits::{Budget, Reservation};

/// Extents of an item, at most. Writers use one, or a few.
const MAX_EXTENTS: u16 = 1024;

/// All items of a file.
#[derive(Debug)]
pub(super) struct ItemTable<'a> {
    pub primary: u32,
    /// Sorted by identifier.
    items: Vec<Item<'a>>,
    properties: Vec<MediaBox<'a>>,
    references: Vec<ItemReference<'a>>,
    _charged: [Reservation; 3],
}

/// An item.
#[derive(Clone, Copy, Debug)]
struct Item<'a> {
    id: u32,
    kind: [u8; 4],
    data: Option<ItemData<'a>>,
    associations: Associations<'a>,
}

/// References of one type, from one item to others (8.11.12).
#[derive(Clone, Copy, Debug)]
struct ItemReference<'a> {
    kind: [u8; 4],
    from: u32,
    to: IdList<'a>,
}

/// Identifiers of 16 bits, or of 32 if `wide`.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdList<'a> {
    bytes: &'a [u8],
    wide: bool,
}

impl<'a> IdList<'a> {
    pub(super) fn len(self) -> usize {
        self.bytes.len() / if self.wide { 4 } else { 2 }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u32> + use<'a> {
        let mut fields = FieldReader(self.bytes);
        std::iter::from_fn(move || fields.short_or_long(self.wide).ok())
    }
}

/// Indices of properties, from 1 on. The highest bit says whether the property is essential (8.11.14).
#[derive(Clone, Copy, Debug, Default)]
struct Associations<'a> {
    bytes: &'a [u8],
    wide: bool,
}

impl<'a> Associations<'a> {
    fn indices(self) -> impl Iterator<Item = usize> + use<'a> {
        let mut fields = FieldReader(self.bytes);
        std::iter::from_fn(move || {
            Some(if self.wide {
                usize::from(fields.u16().ok()? & 0x7FFF)
            } else {
                usize::from(fields.u8().ok()? & 0x7F)
            })
        })
    }
}

/// The bytes of an item, in one or more extents of a source (8.11.3).
#[derive(Clone, Copy, Debug)]
pub(super) struct ItemData<'a> {
    source: &'a [u8],
    base: u64,
    extents: &'a [u8],
    layout: ExtentLayout,
    count: u16,
}

/// Bytes of the fields of an extent.
#[derive(Clone, Copy, Debug, Default)]
struct ExtentLayout {
    index: u8,
    offset: u8,
    length: u8,
}

impl ExtentLayout {
    fn bytes(self) -> usize {
        usize::from(self.index) + usize::from(self.offset) + usize::from(self.length)
    }
}

impl<'a> ItemData<'a> {
    /// Bytes in one piece.
    pub(super) fn whole(source: &'a [u8]) -> Self {
        Self {
            source,
            base: 0,
            extents: &[],
            layout: ExtentLayout::default(),
            count: 1,
        }
    }

    /// The pieces in order. One that reaches beyond the end of the file is cut.
    pub(super) fn pieces(self) -> impl Iterator<Item = &'a [u8]> {
        let mut fields = FieldReader(self.extents);
        (0..self.count).map_while(move |_| {
            fields.number(self.layout.index).ok()?;
            let offset = fields.number(self.layout.offset).ok()?;
            let length = fields.number(self.layout.length).ok()?;
            Some(self.piece(offset, length))
        })
    }

    /// A length of 0 means the rest of the source.
    fn piece(self, offset: u64, length: u64) -> &'a [u8] {
        let start = usize::try_from(self.base.saturating_add(offset)).unwrap_or(usize::MAX);
        let rest = self.source.get(start..).unwrap_or_default();
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        match length {
            0 => rest,
            _ => &rest[..length.min(rest.len())],
        }
    }

    /// The number of pieces.
    #[cfg(feature = "heic")]
    pub(super) fn count(self) -> u16 {
        self.count
    }

    /// Bytes in all pieces.
    ///
    /// # Errors
    ///
    /// `Malformed` if they are more than the source, which overlapping extents could be.
    pub(super) fn length(self) -> Result<usize> {
        let length = self
            .pieces()
            .fold(0, |sum: usize, piece| sum.saturating_add(piece.len()));
        if length > self.source.len() {
            return Err(Error::malformed(
                "the parts of a picture overlap in the file",
            ));
        }
        Ok(length)
    }

    /// The first bytes, and how many of `N` there are.
    pub(super) fn start<const N: usize>(self) -> ([u8; N], usize) {
        let mut start = [0; N];
        let mut bytes = self.pieces().flatten();
        let mut found = 0;
        for (place, &byte) in start.iter_mut().zip(&mut bytes) {
            *place = byte;
            found += 1;
        }
        (start, found)
    }
}

impl<'a> ItemTable<'a> {
    /// Reads the content of the box `meta` of `file`.
    pub(super) fn parse(meta: &'a [u8], file: &'a [u8], budget: &Budget) -> Result<Self> {
        let mut fields = FieldReader(meta);
        fields.version_and_flags()?;
        let meta = fields.0;
        let part = |kind: &[u8; 4]| child(meta, kind).unwrap_or_default();
        let container = child(part(b"iprp"), b"ipco").unwrap_or_default();
        let (mut items, items_charged) = parse_items(part(b"iinf"), budget)?;
        let (mut properties, properties_charged) = budget.room(boxes(container).count())?;
        properties.extend(boxes(container));
        let (references, references_charged) = parse_references(part(b"iref"), budget)?;
        locate(&mut items, part(b"iloc"), file, part(b"idat"))?;
        for found in boxes(part(b"iprp")).filter(|found| found.kind == *b"ipma") {
            associate(&mut items, found.content)?;
        }
        Ok(Self {
            primary: parse_primary(part(b"pitm"))?,
            items,
            properties,
            references,
            _charged: [items_charged, properties_charged, references_charged],
        })
    }

    fn item(&self, id: u32) -> Result<&Item<'a>> {
        let at = self.items.partition_point(|item| item.id < id);
        let item = self.items.get(at).filter(|item| item.id == id);
        item.ok_or_else(|| Error::malformed("the file names a picture that it does not have"))
    }

    pub(super) fn kind(&self, id: u32) -> Result<[u8; 4]> {
        self.item(id).map(|item| item.kind)
    }

    /// Where the bytes of an item are.
    pub(super) fn data(&self, id: u32) -> Result<ItemData<'a>> {
        let missing = || Error::malformed("a picture of the file has no data");
        self.item(id)?.data.ok_or_else(missing)
    }

    /// The properties of an item, in the order in which they are associated.
    pub(super) fn properties(&self, id: u32) -> Result<impl Iterator<Item = MediaBox<'a>>> {
        let indices = self.item(id)?.associations.indices();
        Ok(indices.filter_map(|index| self.properties.get(index.checked_sub(1)?).copied()))
    }

    /// The content of an item's first property of a kind.
    pub(super) fn property(&self, id: u32, kind: &[u8; 4]) -> Result<Option<&'a [u8]>> {
        let mut found = self.properties(id)?.filter(|found| found.kind == *kind);
        Ok(found.next().map(|found| found.content))
    }

    /// The items to which `from` refers.
    pub(super) fn referenced(&self, from: u32, kind: &[u8; 4]) -> IdList<'a> {
        let mut found = self.references.iter();
        let found = found.find(|found| found.from == from && found.kind == *kind);
        let none = IdList {
            bytes: &[],
            wide: false,
        };
        found.map_or(none, |found| found.to)
    }

    /// The references of a kind: the item that refers, and an item to which it refers.
    pub(super) fn references(&self, kind: [u8; 4]) -> impl Iterator<Item = (u32, u32)> {
        let found = self
            .references
            .iter()
            .filter(move |found| found.kind == kind);
        found.flat_map(|found| found.to.iter().map(|to| (found.from, to)))
    }
}

/// 8.11.4.
fn parse_primary(content: &[u8]) -> Result<u32> {
    let mut fields = FieldReader(content);
    let (version, _) = fields.version_and_flags()?;
    fields.short_or_long(version > 0)
}

/// 8.11.6. Versions of `infe` before 2 have no type, so they are not pictures.
fn parse_items<'a>(content: &'a [u8], budget: &Budget) -> Result<(Vec<Item<'a>>, Reservation)> {
    let mut fields = FieldReader(content);
    let (version, _) = fields.version_and_flags()?;
    fields.short_or_long(version > 0)?;
    let entries = boxes(fields.0).filter(|found| found.kind == *b"infe");
    let (mut items, charged) = budget.room(entries.clone().count())?;
    items.extend(entries.filter_map(|entry| parse_item(entry.content).ok()));
    items.sort_by_key(|item: &Item<'_>| item.id);
    Ok((items, charged))
}

fn parse_item<'a>(content: &[u8]) -> Result<Item<'a>> {
    let mut fields = FieldReader(content);
    let (version, _) = fields.version_and_flags()?;
    let id = fields.short_or_long(version > 2)?;
    fields.u16()?; // item_protection_index
    Ok(Item {
        id,
        kind: fields.kind()?,
        data: None,
        associations: Associations::default(),
    })
}

/// The item with an identifier; the first if there are several.
fn item_mut<'a, 'b>(items: &'b mut [Item<'a>], id: u32) -> Option<&'b mut Item<'a>> {
    let at = items.partition_point(|item| item.id < id);
    items.get_mut(at).filter(|item| item.id == id)
}

/// Reads `iloc` (8.11.3).
fn locate<'a>(
    items: &mut [Item<'a>],
    content: &'a [u8],
    file: &'a [u8],
    idat: &'a [u8],
) -> Result<()> {
    let mut fields = FieldReader(content);
    let (version, _) = fields.version_and_flags()?;
    let sizes = fields.u16()?;
    let nibble = |shift: u32| (sizes >> shift & 0xF) as u8;
    let layout = ExtentLayout {
        index: if version > 0 { nibble(0) } else { 0 },
        offset: nibble(12),
        length: nibble(8),
    };
    if layout.index.max(layout.offset).max(layout.length) > 8 {
        return Err(Error::malformed(
            "the file locates pictures by unknown fields",
        ));
    }
    let count = fields.short_or_long(version > 1)?;
    for _ in 0..count {
        let id = fields.short_or_long(version > 1)?;
        let method = if version > 0 { fields.u16()? & 0xF } else { 0 };
        fields.u16()?; // data_reference_index
        let base = fields.number(nibble(4).min(8))?;
        let count = fields.u16()?;
        if count > MAX_EXTENTS {
            return Err(Error::malformed(
                "a picture of the file is in too many parts",
            ));
        }
        let extents = fields.bytes(usize::from(count) * layout.bytes())?;
        let source = match method {
            0 => file,
            1 => idat,
            _ => continue, // Bytes of other items.
        };
        let data = ItemData {
            source,
            base,
            extents,
            layout,
            count,
        };
        if let Some(item) = item_mut(items, id) {
            item.data.get_or_insert(data);
        }
    }
    Ok(())
}

/// Reads `ipma` (8.11.14).
fn associate<'a>(items: &mut [Item<'a>], content: &'a [u8]) -> Result<()> {
    let mut fields = FieldReader(content);
    let (version, flags) = fields.version_and_flags()?;
    let wide = flags & 1 != 0;
    let count = fields.u32()?;
    for _ in 0..count {
        let id = fields.short_or_long(version > 0)?;
        let length = usize::from(fields.u8()?);
        let bytes = fields.bytes(length * if wide { 2 } else { 1 })?;
        if let Some(item) = item_mut(items, id) {
            item.associations = Associations { bytes, wide };
        }
    }
    Ok(())
}

/// Reads `iref` (8.11.12).
fn parse_references<'a>(
    content: &'a [u8],
    budget: &Budget,
) -> Result<(Vec<ItemReference<'a>>, Reservation)> {
    let Some((&[version, ..], content)) = content.split_first_chunk::<4>() else {
        return budget.room(0);
    };
    let wide = version > 0;
    let (mut references, charged) = budget.room(boxes(content).count())?;
    for found in boxes(content) {
        let mut fields = FieldReader(found.content);
        let from = fields.short_or_long(wide)?;
        let count = usize::from(fields.u16()?);
        let bytes = fields.bytes(count * if wide { 4 } else { 2 })?;
        references.push(ItemReference {
            kind: found.kind,
            from,
            to: IdList { bytes, wide },
        });
    }
    Ok((references, charged))
}

/// A kind of picture that is not decoded.
pub(super) fn unsupported_kind(kind: [u8; 4]) -> Error {
    let name = String::from_utf8_lossy(&kind).into_owned();
    Error::unsupported(
        Feature::Heif,
        format!("a HEIF picture of the type {name:?} is not supported; use JPEG, PNG or WebP"),
    )
}
