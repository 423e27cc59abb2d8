//! The header, in the form that all formats share.

use fdeflate::Decompressor;

use crate::error::Result;
use crate::format::SourceFormat;
use crate::geometry::{Orientation, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::Layout;

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
    /// The meaning of the samples in each decoded row.
    pub layout: Layout,
    pub icc: Option<IccProfile<'a>>,
    /// Whether rows come in another order than top to bottom, or in pieces.
    pub interlaced: bool,
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
    /// decompressed or is longer than [`MAX_ICC`].
    pub(crate) fn read(&self, budget: &Budget) -> Result<Buffer<u8>> {
        match self {
            Self::Chunks(chunks) => join(chunks, self.stored_len(), budget),
            Self::Compressed(stream) => decompress(stream, budget),
        }
    }
}

fn join(chunks: &[&[u8]], length: usize, budget: &Budget) -> Result<Buffer<u8>> {
    let mut joined = budget.buffer(length)?;
    let mut rest = &mut joined[..];
    for chunk in chunks {
        let (target, tail) = rest.split_at_mut(chunk.len());
        target.copy_from_slice(chunk);
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
    let longest = stream.len().saturating_mul(DEFLATE_RATIO).min(MAX_ICC);
    let mut length = longest.min(64 << 10);
    loop {
        let mut buffer = budget.buffer(length)?;
        let mut decompressor = Decompressor::new();
        match decompressor.read(stream, &mut buffer, 0, true) {
            Ok((_, output)) if decompressor.is_done() => {
                return join(&[&buffer[..output]], output, budget);
            }
            Ok((_, output)) if output == length && length < longest => {
                length = longest.min(length * 4);
            }
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
        use std::io::Write;
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&[7; 100_000]).unwrap();
        let stream = encoder.finish().unwrap();
        let budget = Budget::new(&Limits::default());
        let profile = IccProfile::Compressed(&stream).read(&budget).unwrap();
        assert_eq!(profile[..], [7; 100_000]);
    }

    #[test]
    fn a_stream_that_cannot_be_decompressed_is_empty() {
        let budget = Budget::new(&Limits::default());
        let profile = IccProfile::Compressed(b"not zlib");
        assert!(profile.read(&budget).unwrap().is_empty());
    }
}
