//! The header, in the form that all formats share.

use fdeflate::Decompressor;

use crate::error::Result;
use crate::format::SourceFormat;
use crate::geometry::{Orientation, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Layout, SampleDepth, StatedColor};

/// The longest ICC profile that is used, in bytes. A longer one is ignored.
pub(crate) const MAX_ICC: usize = 4 << 20;

/// The largest ratio of DEFLATE: 258 bytes for 2 bits.
const DEFLATE_RATIO: usize = 1032;

/// The facts about a file that are known before its first pixel is decoded.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub format: SourceFormat,
    /// Width and height as stored.
    pub size: Size,
    pub orientation: Orientation,
    /// Whether the decoder can average 2 x 2 pixels.
    pub halvable: bool,
    /// The meaning of the samples in each decoded row.
    pub layout: Layout,
    pub depth: SampleDepth,
    pub icc: Option<IccProfile<'a>>,
    pub stated: StatedColor,
    /// Whether rows come in any other order than top to bottom, or contain every n-th pixel.
    pub out_of_order: bool,
    /// Rows that may be incomplete at once, because rows come in pieces: those of each row of tiles. 1
    /// where rows are whole.
    pub band: u32,
}

impl Header<'_> {
    /// Whether the decoder can reduce in the DCT domain.
    pub(crate) fn scalable(&self) -> bool {
        self.format == SourceFormat::Jpeg
    }
}

/// An ICC profile as the file stores it.
///
/// It is copied or decompressed only by [`read`](Self::read), after its size is charged to the
/// budget.
#[derive(Clone, Debug)]
pub(crate) enum IccProfile<'a> {
    /// Pieces of the file, in order.
    Chunks(Vec<&'a [u8]>),
    /// A zlib stream.
    Compressed(&'a [u8]),
}

impl<'a> IccProfile<'a> {
    /// A profile in one piece.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Self::Chunks(vec![bytes])
    }

    /// A profile in several pieces, in order.
    pub(crate) fn chunks(chunks: Vec<&'a [u8]>) -> Self {
        Self::Chunks(chunks)
    }

    /// Bytes of the profile as stored.
    pub(crate) fn stored_len(&self) -> usize {
        match self {
            Self::Chunks(chunks) => chunks.iter().map(|chunk| chunk.len()).sum(),
            Self::Compressed(stream) => stream.len(),
        }
    }

    /// The whole profile, in memory that is charged to `budget`. Empty if it cannot be
    /// decompressed or is longer than [`MAX_ICC`]. If the stream ends early, the bytes so far.
    pub(crate) fn read(&self, budget: &Budget) -> Result<Buffer<u8>> {
        match self {
            Self::Chunks(chunks) => join(chunks.iter().copied(), self.stored_len(), budget),
            Self::Compressed(stream) => decompress(stream, budget),
        }
    }
}

/// A copy of all `pieces`, in order. They have `length` bytes together.
pub(super) fn join<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    length: usize,
    budget: &Budget,
) -> Result<Buffer<u8>> {
    let mut joined = budget.buffer(length)?;
    let mut rest = &mut joined[..];
    for piece in pieces {
        let (target, tail) = rest.split_at_mut(piece.len());
        target.copy_from_slice(piece);
        rest = tail;
    }
    Ok(joined)
}

/// Decompresses into a charged buffer, then copies the output.
///
/// ```text
/// length = 64 KiB, enough for nearly every profile
/// until the stream fits into a buffer of length:
///     length *= 4, up to the longest possible output
/// ```
fn decompress(stream: &[u8], budget: &Budget) -> Result<Buffer<u8>> {
    // A buffer that is full may not hold everything, so it is a byte longer than the output.
    let longest = stream.len().saturating_mul(DEFLATE_RATIO).min(MAX_ICC) + 1;
    let mut length = longest.min(64 << 10);
    loop {
        let mut buffer = budget.buffer(length)?;
        let mut decompressor = Decompressor::new();
        // `false`: a stream without its end gives the bytes so far.
        match decompressor.read(stream, &mut buffer, 0, false) {
            Ok((_, output)) if output < length => {
                return join([&buffer[..output]], output, budget);
            }
            Ok(_) if length < longest => length = longest.min(length * 4),
            _ => return budget.buffer(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn chunks_are_joined_in_order() {
        let budget = Budget::new(&Limits::default());
        let profile = IccProfile::chunks(vec![b"ab", b"", b"c"]);
        assert_eq!(profile.read(&budget).unwrap()[..], *b"abc");
    }

    #[test]
    fn a_profile_is_charged_before_it_is_copied() {
        let budget = Budget::new(&Limits {
            memory: 3,
            ..Limits::default()
        });
        let error = IccProfile::whole(b"abcd").read(&budget).unwrap_err();
        assert_eq!(error.code(), "limit_exceeded");
    }

    #[test]
    fn a_compressed_profile_is_decompressed() {
        let stream = compressed(&[7; 100_000]);
        let budget = Budget::new(&Limits::default());
        let profile = IccProfile::Compressed(&stream).read(&budget).unwrap();
        assert_eq!(profile[..], [7; 100_000]);
    }

    fn compressed(profile: &[u8]) -> Vec<u8> {
        use std::io::Write;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(profile).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_compressed_profile_has_the_same_bound_as_a_stored_one() {
        let budget = Budget::new(&Limits::default());
        for (length, expected) in [(MAX_ICC, MAX_ICC), (MAX_ICC + 1, 0)] {
            let stream = compressed(&vec![7; length]);
            let profile = IccProfile::Compressed(&stream).read(&budget).unwrap();
            assert_eq!(profile.len(), expected);
        }
    }

    #[test]
    fn a_stream_that_ends_early_gives_the_bytes_so_far() {
        let bytes: Vec<u8> = (0..90_000u32)
            .map(|i| (i.wrapping_mul(i) >> 7) as u8)
            .collect();
        let stream = compressed(&bytes);
        let budget = Budget::new(&Limits::default());
        let cut = IccProfile::Compressed(&stream[..stream.len() / 2]);
        let profile = cut.read(&budget).unwrap();
        assert!(profile.len() > 5_000 && bytes.starts_with(&profile));
    }

    #[test]
    fn a_stream_that_cannot_be_decompressed_is_empty() {
        let budget = Budget::new(&Limits::default());
        let profile = IccProfile::Compressed(b"not zlib");
        assert!(profile.read(&budget).unwrap().is_empty());
    }
}
