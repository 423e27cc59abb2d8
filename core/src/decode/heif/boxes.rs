//! Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2), and the fields in them.
//!
//! Reading is total: a box that claims more bytes than there are is cut, so a file that ends early
//! keeps the boxes that it has. A field that is not there is an error.

use crate::error::{Error, Result};

/// A box without its header.
#[derive(Clone, Copy, Debug)]
pub(super) struct MediaBox<'a> {
    pub kind: [u8; 4],
    pub content: &'a [u8],
}

/// The boxes in `bytes`, one after the other.
pub(super) fn boxes(bytes: &[u8]) -> impl Iterator<Item = MediaBox<'_>> + Clone {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (found, behind) = split_box(rest)?;
        rest = behind;
        Some(found)
    })
}

/// The content of the first box of a kind.
pub(super) fn child<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let mut found = boxes(bytes).filter(|found| found.kind == *kind);
    found.next().map(|found| found.content)
}

/// A size of 1 is followed by one of 64 bits; a size of 0 means the rest of the file.
fn split_box(bytes: &[u8]) -> Option<(MediaBox<'_>, &[u8])> {
    let (&size, rest) = bytes.split_first_chunk::<4>()?;
    let (&kind, rest) = rest.split_first_chunk::<4>()?;
    let (header, size) = match u32::from_be_bytes(size) {
        0 => (8, bytes.len()),
        1 => {
            let size = u64::from_be_bytes(*rest.first_chunk()?);
            (16, usize::try_from(size).unwrap_or(usize::MAX))
        }
        size => (8, size as usize),
    };
    let end = size.min(bytes.len());
    let content = bytes.get(header..end)?;
    Some((MediaBox { kind, content }, &bytes[end..]))
}

/// Reads numbers, the high byte first.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldReader<'a>(pub &'a [u8]);

impl<'a> FieldReader<'a> {
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(too_short)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (&bytes, rest) = self.0.split_first_chunk().ok_or_else(too_short)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn kind(&mut self) -> Result<[u8; 4]> {
        self.array()
    }

    /// A number of 0 to 8 bytes.
    pub(super) fn number(&mut self, length: u8) -> Result<u64> {
        let bytes = self.bytes(length.into())?;
        Ok(bytes.iter().fold(0, |n, &byte| n << 8 | u64::from(byte)))
    }

    /// A number of 16 bits, or of 32 if `wide`.
    pub(super) fn short_or_long(&mut self, wide: bool) -> Result<u32> {
        if wide {
            self.u32()
        } else {
            self.u16().map(u32::from)
        }
    }

    /// The version and the flags of a full box (4.2.2).
    pub(super) fn version_and_flags(&mut self) -> Result<(u8, u32)> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0x00FF_FFFF))
    }
}

fn too_short() -> Error {
    Error::malformed("a box of the file is too short")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_32_and_64_bits_and_the_rest_of_the_file_are_read() {
        let mut bytes = b"\0\0\0\x0Afreeab\0\0\0\x01free\0\0\0\0\0\0\0\x12cd".to_vec();
        bytes.extend(b"\0\0\0\0mdatefg");
        let contents: Vec<&[u8]> = boxes(&bytes).map(|found| found.content).collect();
        assert_eq!(contents, [b"ab".as_slice(), b"cd", b"efg"]);
    }

    #[test]
    fn a_box_that_claims_too_much_is_cut_and_one_that_claims_too_little_ends_the_list() {
        assert_eq!(child(b"\0\0\0\xFFfreeab", b"free"), Some(&b"ab"[..]));
        assert_eq!(boxes(b"\0\0\0\x07free\0\0\0\x08free").count(), 0);
        let huge = b"\0\0\0\x01free\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFab";
        assert_eq!(child(huge, b"free"), Some(&b"ab"[..]));
        assert_eq!(boxes(b"\0\0\0\x01free\0\0").count(), 0);
    }

    #[test]
    fn fields_that_are_missing_are_errors() {
        let mut fields = FieldReader(&[1, 2, 3, 4, 5, 6]);
        assert_eq!(fields.u8().unwrap(), 1);
        assert_eq!(fields.short_or_long(false).unwrap(), 0x0203);
        assert_eq!(fields.number(0).unwrap(), 0);
        assert_eq!(fields.number(3).unwrap(), 0x04_0506);
        assert_eq!(fields.u8().unwrap_err().code(), "malformed");
    }
}
