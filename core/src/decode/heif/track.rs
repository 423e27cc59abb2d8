//! The first sample of an image sequence (ISO/IEC 14496-12, 8.5 to 8.7; ISO/IEC 23008-12, 7).
//!
//! A sequence without a still image shows its first picture. Only the tables that lead to it are read:
//! the sample entry, the size of the first sample and the offset of the first chunk.

use super::boxes::{FieldReader, MediaBox, boxes, child};
use super::items::ItemData;
use crate::error::{Error, Result};
use crate::geometry::Size;

/// Bytes of a visual sample entry before its boxes (12.1.3).
const SAMPLE_ENTRY: usize = 78;

/// The first picture of a track.
#[derive(Clone, Copy, Debug)]
pub(super) struct FirstSample<'a> {
    /// The type of the sample entry.
    pub kind: [u8; 4],
    pub size: Size,
    /// The boxes of the sample entry, which are the properties of its pictures.
    pub boxes: &'a [u8],
    pub data: ItemData<'a>,
    /// Whether the color of the track is multiplied by alpha already.
    pub premultiplied: bool,
}

impl<'a> FirstSample<'a> {
    pub(super) fn properties(&self) -> impl Iterator<Item = MediaBox<'a>> + use<'a> {
        boxes(self.boxes)
    }
}

/// The first sample of the color track, and that of its alpha track.
pub(super) fn first_samples<'a>(
    file: &'a [u8],
    is_alpha: fn(&[u8]) -> bool,
) -> Result<(FirstSample<'a>, Option<FirstSample<'a>>)> {
    let movie = child(file, b"moov").ok_or_else(no_image)?;
    let tracks = || boxes(movie).filter(|found| found.kind == *b"trak");
    let of_kind = |kinds: [&[u8; 4]; 2]| {
        let mut found = tracks().filter(move |track| {
            handler(track.content).is_some_and(|handler| kinds.contains(&&handler))
        });
        found.next().map(|track| track.content)
    };
    let color = of_kind([b"pict", b"vide"]).ok_or_else(no_image)?;
    let alpha = match of_kind([b"auxv", b"auxv"]).map(|track| sample(track, file)) {
        Some(alpha) => alpha.ok().filter(|alpha| describes_alpha(alpha, is_alpha)),
        None => None,
    };
    let references = child(color, b"tref").unwrap_or_default();
    let premultiplied = child(references, b"prem").is_some();
    let alpha = alpha.map(|alpha| FirstSample {
        premultiplied,
        ..alpha
    });
    Ok((sample(color, file)?, alpha))
}

fn no_image() -> Error {
    Error::malformed("the file has no image")
}

/// The type in `hdlr` (8.4.3).
fn handler(track: &[u8]) -> Option<[u8; 4]> {
    let handler = child(child(track, b"mdia")?, b"hdlr")?;
    handler.get(8..)?.first_chunk().copied()
}

/// `auxi` (ISO/IEC 23008-12, 7.5.3).
fn describes_alpha(sample: &FirstSample<'_>, is_alpha: fn(&[u8]) -> bool) -> bool {
    let kind = child(sample.boxes, b"auxi");
    kind.and_then(|kind| kind.get(4..)).is_some_and(is_alpha)
}

fn sample<'a>(track: &'a [u8], file: &'a [u8]) -> Result<FirstSample<'a>> {
    let path = [b"mdia", b"minf", b"stbl"];
    let table = path
        .iter()
        .try_fold(track, |parent, kind| child(parent, kind));
    let table = table.ok_or_else(no_image)?;
    let entries = child(table, b"stsd").and_then(|entries| entries.get(8..));
    let entry = entries.and_then(|entries| boxes(entries).next());
    let entry = entry.ok_or_else(no_image)?;
    let mut fields = FieldReader(entry.content);
    fields.bytes(24)?;
    let size = Size::new(fields.u16()?.into(), fields.u16()?.into());
    Ok(FirstSample {
        kind: entry.kind,
        size,
        boxes: entry.content.get(SAMPLE_ENTRY..).unwrap_or_default(),
        data: ItemData::whole(first_bytes(table, file)?),
        premultiplied: false,
    })
}

/// The bytes of the first sample of the first chunk (8.7.3, 8.7.5).
fn first_bytes<'a>(table: &[u8], file: &'a [u8]) -> Result<&'a [u8]> {
    let mut sizes = FieldReader(child(table, b"stsz").ok_or_else(no_image)?);
    sizes.version_and_flags()?;
    let common = sizes.u32()?;
    sizes.u32()?; // sample_count
    let length = if common == 0 { sizes.u32()? } else { common };
    let (content, width) = match (child(table, b"stco"), child(table, b"co64")) {
        (Some(content), _) => (content, 4),
        (None, Some(content)) => (content, 8),
        (None, None) => return Err(no_image()),
    };
    let mut offsets = FieldReader(content);
    offsets.version_and_flags()?;
    offsets.u32()?; // entry_count
    let start = usize::try_from(offsets.number(width)?).unwrap_or(usize::MAX);
    let rest = file.get(start..).unwrap_or_default();
    Ok(&rest[..rest.len().min(length as usize)])
}
