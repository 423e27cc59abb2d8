//! Where JPEG, PNG and WebP files keep the orientation.
//!
//! ```text
//!         Exif                                    XMP
//! JPEG    APP1 "Exif\0\0"                         APP1 "http://ns.adobe.com/xap/1.0/\0"
//! PNG     eXIf; a text chunk "Raw profile type    iTXt "XML:com.adobe.xmp"; a text chunk
//!         exif" or "... APP1"                     "Raw profile type xmp" or "... APP1"
//! WebP    EXIF                                    "XMP "
//! ```
//!
//! A file may have several blocks of either kind. The first Exif block that states an orientation
//! counts; XMP counts only if none does. Blocks that are damaged or state nothing are skipped.
//!
//! The JPEG decoder collects its segments itself and calls [`orientation`]. For PNG and WebP, a
//! function walks over the file once, from one length to the next, and looks into metadata only. A
//! walk ends without an error where the structure is damaged. The decoder decides whether to refuse
//! such a file.
//!
//! ImageMagick's raw profiles are hex digits in text, often compressed. Of each, only the first
//! [`PROFILE`] bytes are read, so that memory does not depend on the file.

use fdeflate::Decompressor;

use super::{exif, xmp};
use crate::geometry::Orientation;

/// The orientation in the metadata that were read so far.
#[derive(Clone, Copy, Debug, Default)]
struct StatedOrientation {
    exif: Option<Orientation>,
    xmp: Option<Orientation>,
}

impl StatedOrientation {
    fn exif(&mut self, block: &[u8]) {
        self.exif = self.exif.or_else(|| exif::orientation(block));
    }

    fn xmp(&mut self, packet: &[u8]) {
        self.xmp = self.xmp.or_else(|| xmp::orientation(packet));
    }

    /// A block that begins with the signature of its kind, as in an APP1 segment.
    fn signed(&mut self, block: &[u8]) {
        if let Some(tiff) = exif::strip_signature(block) {
            self.exif(tiff);
        } else if let Some(packet) = block.strip_prefix(xmp::SIGNATURE) {
            self.xmp(packet);
        }
    }

    fn orientation(self) -> Orientation {
        self.exif.or(self.xmp).unwrap_or_default()
    }
}

/// The orientation that a file's Exif blocks and XMP packets state; `Normal` if none does.
pub(super) fn orientation<'a>(
    exif: impl IntoIterator<Item = &'a [u8]>,
    xmp: impl IntoIterator<Item = &'a [u8]>,
) -> Orientation {
    let mut stated = StatedOrientation::default();
    exif.into_iter().for_each(|block| stated.exif(block));
    xmp.into_iter().for_each(|packet| stated.xmp(packet));
    stated.orientation()
}

/// The orientation of a PNG: `Normal` if its metadata state none. (eXIf and text may follow the
/// image data.)
pub(super) fn png_orientation(file: &[u8]) -> Orientation {
    let mut stated = StatedOrientation::default();
    let mut texts = 0;
    let mut rest = file.get(8..).unwrap_or_default();
    while let Some((kind, data, next)) = next_png_chunk(rest) {
        match kind {
            b"eXIf" => stated.exif(data),
            b"tEXt" | b"zTXt" | b"iTXt" if texts < MAX_METADATA_TEXTS => {
                texts += u32::from(text_chunk(kind, data, &mut stated));
            }
            b"IEND" => break,
            _ => {}
        }
        rest = next;
    }
    stated.orientation()
}

/// PNG (third edition), 5.3: length, type, data, checksum.
pub(super) fn next_png_chunk(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (&length, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let (data, rest) = rest.split_at_checked(u32::from_be_bytes(length) as usize)?;
    Some((kind, data, rest.get(4..)?))
}

/// Text chunks with metadata that are read. More are ignored: each may decompress to some hundred
/// times its length, so without this limit a file could make the header expensive to read.
const MAX_METADATA_TEXTS: u32 = 16;

/// PNG (third edition), 11.3.3: a keyword, 0, and text whose form depends on the chunk's type.
/// Returns whether the keyword is one of metadata.
fn text_chunk(kind: &[u8; 4], data: &[u8], stated: &mut StatedOrientation) -> bool {
    let Some((keyword, text)) = split_at_zero(data) else {
        return false;
    };
    let profile = keyword.strip_prefix(b"Raw profile type ");
    if profile.is_none() && keyword != b"XML:com.adobe.xmp" {
        return false;
    }
    let Some(text) = ChunkText::read(kind, text) else {
        return true;
    };
    match profile {
        None => stated.xmp(text.bytes()),
        Some(b"exif" | b"EXIF") => stated.exif(&raw_profile(text.bytes())),
        Some(b"xmp" | b"XMP") => stated.xmp(&raw_profile(text.bytes())),
        Some(b"APP1" | b"app1") => stated.signed(&raw_profile(text.bytes())),
        Some(_) => {}
    }
    true
}

/// Bytes of a raw profile that are read: those of the longest segment of a JPEG, from which profiles are
/// made.
const PROFILE: usize = 64 << 10;

/// The text of a chunk: in the file, or decompressed.
enum ChunkText<'a> {
    Stored(&'a [u8]),
    Inflated(Vec<u8>),
}

impl<'a> ChunkText<'a> {
    /// `data` is the rest of the chunk after the keyword.
    fn read(kind: &[u8; 4], data: &'a [u8]) -> Option<Self> {
        match kind {
            b"tEXt" => Some(Self::Stored(data)),
            // A compression method of 0 is zlib; there is no other.
            b"zTXt" => data.strip_prefix(&[0]).and_then(inflate),
            _ => {
                let (&[compressed, method], rest) = data.split_first_chunk()?;
                let (_language, rest) = split_at_zero(rest)?;
                let (_translated_keyword, text) = split_at_zero(rest)?;
                match (compressed, method) {
                    (0, _) => Some(Self::Stored(text)),
                    (_, 0) => inflate(text),
                    _ => None,
                }
            }
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Stored(text) => text,
            Self::Inflated(text) => text,
        }
    }
}

/// The first bytes of a zlib stream, as many as a profile's digits and line breaks may take.
fn inflate(stream: &[u8]) -> Option<ChunkText<'_>> {
    let mut text = vec![0; 5 * PROFILE / 2];
    // `false`: a stream without its end gives the bytes so far. A longer one fills `text`.
    let (_, length) = Decompressor::new().read(stream, &mut text, 0, false).ok()?;
    text.truncate(length);
    Some(ChunkText::Inflated(text))
}

/// The bytes of a raw profile. Its text is a line with its name, one with its length, and hex
/// digits in lines (ImageMagick, `coders/png.c`).
fn raw_profile(text: &[u8]) -> Vec<u8> {
    let mut lines = text.trim_ascii_start().splitn(3, |&byte| byte == b'\n');
    let (_name, _length, digits) = (lines.next(), lines.next(), lines.next());
    let digits = digits.unwrap_or_default().iter();
    let mut digits = digits.filter_map(|&byte| char::from(byte).to_digit(16));
    let mut bytes = Vec::new();
    while bytes.len() < PROFILE
        && let (Some(high), Some(low)) = (digits.next(), digits.next())
    {
        bytes.push((high << 4 | low) as u8);
    }
    bytes
}

fn split_at_zero(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(0, bytes)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// The orientation of a WebP: `Normal` if its metadata state none.
pub(super) fn webp_orientation(file: &[u8]) -> Orientation {
    let mut stated = StatedOrientation::default();
    let mut rest = file.get(12..).unwrap_or_default();
    while let Some((kind, data, next)) = next_riff_chunk(rest) {
        match kind {
            b"EXIF" => stated.exif(data),
            b"XMP " => stated.xmp(data),
            _ => {}
        }
        rest = next;
    }
    stated.orientation()
}

/// WebP container (RFC 9649, 2.3): type, length, data, padded to an even length.
pub(super) fn next_riff_chunk(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (kind, rest) = bytes.split_first_chunk::<4>()?;
    let (&length, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(length) as usize;
    let (data, rest) = rest.split_at_checked(length)?;
    // The padding of the last chunk may be missing.
    Some((kind, data, rest.get(length % 2..).unwrap_or_default()))
}

/// Type and data of each chunk of a WebP. The last may be cut by the end of the file.
pub(super) fn riff_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if let Some((kind, data, next)) = next_riff_chunk(rest) {
            rest = next;
            return Some((kind, data));
        }
        let (kind, cut) = std::mem::take(&mut rest).split_first_chunk()?;
        Some((kind, cut.get(4..)?))
    })
}

#[cfg(test)]
pub(super) mod tests;
