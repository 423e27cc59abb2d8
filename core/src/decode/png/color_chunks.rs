//! The chunks about color: cICP, iCCP, sRGB, gAMA and cHRM.
//!
//! As in libpng, they count before the palette and the image data only, and the first valid one of a
//! kind counts. [`color`](crate::color) decides which of them describes the samples.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use crate::decode::header::IccProfile;
use crate::decode::metadata::next_png_chunk;
use crate::pixels::StatedColor;

/// The chunks about color.
#[derive(Default)]
pub(super) struct ColorChunks<'a> {
    pub icc: Option<IccProfile<'a>>,
    pub stated: StatedColor,
}

impl<'a> ColorChunks<'a> {
    /// PNG 3rd ed., 11.3.2.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let mut color = Self::default();
        let stated = &mut color.stated;
        for (kind, data) in early_chunks(bytes) {
            match kind {
                b"cICP" => stated.cicp = stated.cicp.or(data.try_into().ok()),
                b"iCCP" => color.icc = color.icc.take().or_else(|| icc_profile(data)),
                // The rendering intent.
                b"sRGB" => stated.srgb |= matches!(data, [0..=3]),
                b"gAMA" => stated.gamma = stated.gamma.or(numbers(data).map(|[gamma]| gamma)),
                b"cHRM" => {
                    let points = numbers(data);
                    let points =
                        points.map(|[a, b, c, d, e, f, g, h]| [[a, b], [c, d], [e, f], [g, h]]);
                    stated.chromaticities = stated.chromaticities.or(points);
                }
                _ => {}
            }
        }
        color
    }
}

/// Kind and data of the chunks before the palette and the image data.
fn early_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (kind, data, next) = next_png_chunk(rest)?;
        rest = next;
        (kind != b"PLTE" && kind != b"IDAT").then_some((kind, data))
    })
}

/// The data of a chunk that is N numbers and nothing else.
fn numbers<const N: usize>(data: &[u8]) -> Option<[u32; N]> {
    let numbers: &[[u8; 4]; N] = data.as_chunks().0.try_into().ok()?;
    (data.len() == 4 * N).then_some(numbers.map(u32::from_be_bytes))
}

/// The profile in an iCCP chunk (PNG 3rd ed., 11.3.2.3): a name, a zero byte, the compression
/// method 0, a zlib stream.
fn icc_profile(data: &[u8]) -> Option<IccProfile<'_>> {
    let name = data.iter().take(80).position(|&byte| byte == 0)?;
    match data.get(name + 1..)?.split_first()? {
        (0, stream) if name > 0 => Some(IccProfile::Compressed(stream)),
        _ => None,
    }
}

/// A file without the cICP chunks before its palette. The `png` crate refuses a whole file for one
/// that it does not understand, and has no use for the others.
pub(super) struct SplicedFile<'a> {
    /// Up to the next cICP.
    part: &'a [u8],
    /// The chunks after it.
    rest: &'a [u8],
}

impl<'a> SplicedFile<'a> {
    pub(super) fn without_cicp(bytes: &'a [u8]) -> Self {
        let (part, rest) = bytes.split_at(bytes.len().min(8));
        Self { part, rest }
    }
}

/// The chunks before the next cICP, and those after it.
fn split_at_cicp(chunks: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = chunks;
    while let Some((kind, _, next)) = next_png_chunk(rest) {
        match kind {
            b"cICP" => return (&chunks[..chunks.len() - rest.len()], next),
            b"PLTE" | b"IDAT" => break,
            _ => rest = next,
        }
    }
    (chunks, &[])
}

impl Read for SplicedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let length = available.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for SplicedFile<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.part.is_empty() && !self.rest.is_empty() {
            (self.part, self.rest) = split_at_cicp(self.rest);
        }
        Ok(self.part)
    }

    fn consume(&mut self, amount: usize) {
        self.part = self.part.get(amount..).unwrap_or_default();
    }
}

/// The `png` crate requires it, but never seeks.
impl Seek for SplicedFile<'_> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
