//! The orientation in an Exif block, which is a TIFF file of its own (Exif 3.0, 4.6; TIFF 6.0, 2).
//!
//! ```text
//! "II" or "MM"      little or big endian
//! 42                16 bits
//! offset of IFD0    32 bits
//! IFD0              number of entries (16 bits), then entries of 12 bytes:
//!     tag, type     16 bits each
//!     count         32 bits
//!     value         32 bits: the values, left-aligned, if they fit; else their offset
//! ```
//!
//! The standard stores the orientation (tag 274) as one SHORT. Files in circulation have every
//! integer type and any count; the first value is the orientation. An entry without a value from 1
//! to 8 is ignored. Reading allocates nothing and visits each entry at most once.

use crate::geometry::Orientation;

/// In JPEG this signature precedes the TIFF file, with a byte of padding. Some writers leave both in PNG
/// and WebP too. As in browsers, the padding may have any value.
const SIGNATURE: &[u8] = b"Exif\0";

/// The TIFF file after the signature and its padding; `None` without them.
pub(super) fn strip_signature(block: &[u8]) -> Option<&[u8]> {
    block.strip_prefix(SIGNATURE)?.get(1..)
}

const ORIENTATION: u16 = 0x0112;

/// The orientation that a block states; `None` if it states none or is damaged.
pub(super) fn orientation(block: &[u8]) -> Option<Orientation> {
    let tiff = TiffReader::new(strip_signature(block).unwrap_or(block))?;
    let mut entries = tiff.entries()?;
    entries.find_map(|entry| tiff.entry_orientation(entry))
}

/// Whether the first directory of a TIFF file has an entry of this tag.
pub(super) fn has_tag(file: &[u8], tag: u16) -> bool {
    let has = |tiff: TiffReader<'_>| {
        Some(
            tiff.entries()?
                .any(|entry| tiff.endian.u16(entry) == Some(tag)),
        )
    };
    TiffReader::new(file).and_then(has).unwrap_or(false)
}

/// The camera's maker, from a TIFF file's first directory; empty if it names none.
pub(super) fn maker(file: &[u8]) -> &[u8] {
    const MAKE: u16 = 0x010F;
    let maker = |tiff: TiffReader<'_>| {
        let mut entries = tiff.entries()?;
        let entry = entries.find(|entry| tiff.endian.u16(&entry[..]) == Some(MAKE))?;
        // A maker's name is longer than 4 bytes, so the entry has its offset.
        Some(tiff.endian.u32(&entry[8..])? as usize)
    };
    let offset = TiffReader::new(file).and_then(maker);
    offset
        .and_then(|offset| file.get(offset..))
        .unwrap_or_default()
}

#[derive(Clone, Copy)]
enum Endian {
    Little,
    Big,
}

impl Endian {
    /// The first 16 bits of `bytes`.
    fn u16(self, bytes: &[u8]) -> Option<u16> {
        let &bytes = bytes.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    /// The first 32 bits of `bytes`.
    fn u32(self, bytes: &[u8]) -> Option<u32> {
        let &bytes = bytes.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }
}

struct TiffReader<'a> {
    bytes: &'a [u8],
    endian: Endian,
}

impl<'a> TiffReader<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let endian = match bytes.get(..4)? {
            b"II*\0" => Endian::Little,
            b"MM\0*" => Endian::Big,
            _ => return None,
        };
        Some(Self { bytes, endian })
    }

    fn u32(&self, offset: usize) -> Option<u32> {
        self.endian.u32(self.bytes.get(offset..)?)
    }

    /// The entries of the first directory, as far as the block has them.
    fn entries(&self) -> Option<impl Iterator<Item = &'a [u8; 12]> + use<'a>> {
        let ifd = self.bytes.get(self.u32(4)? as usize..)?;
        let count = self.endian.u16(ifd)?;
        let entries = ifd.get(2..)?.as_chunks::<12>().0;
        Some(entries.iter().take(count.into()))
    }

    fn entry_orientation(&self, entry: &[u8; 12]) -> Option<Orientation> {
        if self.endian.u16(entry)? != ORIENTATION {
            return None;
        }
        let (kind, count) = (self.endian.u16(&entry[2..])?, self.endian.u32(&entry[4..])?);
        let length = integer_length(kind)?;
        let values = match count {
            0 => return None,
            _ if u64::from(count) * length as u64 <= 4 => &entry[8..],
            _ => self.bytes.get(self.endian.u32(&entry[8..])? as usize..)?,
        };
        // A negative value of a signed type is large as an unsigned one, so no orientation.
        let value = match length {
            1 => u32::from(*values.first()?),
            2 => u32::from(self.endian.u16(values)?),
            _ => self.endian.u32(values)?,
        };
        u16::try_from(value).ok().and_then(Orientation::from_exif)
    }
}

/// Bytes of a value of an integer type (TIFF 6.0, 2: "Types").
fn integer_length(kind: u16) -> Option<usize> {
    match kind {
        1 | 6 => Some(1), // BYTE, SBYTE
        3 | 8 => Some(2), // SHORT, SSHORT
        4 | 9 => Some(4), // LONG, SLONG
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::metadata::tests::tiff;

    #[test]
    fn every_integer_type_and_count_counts_in_either_byte_order() {
        for big_endian in [false, true] {
            for (kind, length) in [(1, 1), (6, 1), (3, 2), (8, 2), (4, 4), (9, 4)] {
                for count in [1, 2, 3, 5, 300] {
                    let block = tiff(big_endian, kind, length, count, 6);
                    let found = orientation(&block);
                    let case = (big_endian, kind, count);
                    assert_eq!(found, Some(Orientation::Rotate90), "{case:?}");
                }
            }
        }
    }

    #[test]
    fn the_signature_of_jpeg_may_precede_the_block() {
        for signature in [b"Exif\0\0", b"Exif\0\xFF"] {
            let block = [signature, &tiff(true, 3, 2, 1, 8)[..]].concat();
            assert_eq!(orientation(&block), Some(Orientation::Rotate270));
        }
    }

    #[test]
    fn a_value_out_of_range_another_type_and_a_count_of_0_state_nothing() {
        for (kind, length, count, value) in [
            (3, 2, 1, 0),
            (3, 2, 1, 9),
            (4, 4, 1, 0x1_0006),
            (5, 8, 1, 6),
            (3, 2, 0, 6),
        ] {
            let block = tiff(false, kind, length, count, value);
            assert_eq!(orientation(&block), None, "{kind} {count} {value}");
        }
    }

    #[test]
    fn a_block_cut_anywhere_states_nothing() {
        let block = tiff(false, 4, 4, 5, 6);
        for length in 0..block.len() - 16 {
            assert_eq!(orientation(&block[..length]), None, "{length}");
        }
    }
}
