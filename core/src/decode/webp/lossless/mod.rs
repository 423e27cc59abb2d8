//! VP8L (RFC 9649, 3): the lossless half of WebP, and the alpha channel of the lossy half.
//!
//! ```text
//! LosslessHeader::parse                 size, alpha
//! Transforms::read                      their data: small images, each entropy-coded
//! EntropyDecoder::open                  color cache, groups of prefix codes, their blocks
//! for each row, up to the region's last row:
//!     entropy.next_row                  bits -> literals, copies, cached colors
//!     transforms.undo                   colors from places, predictions, differences from green
//!     sink                              as RGB or RGBA
//! ```
//!
//! [`alpha`] reads the ALPH chunk, whose rows are the green channel of such an image, or raw.
//!
//! Pixels are numbers of 32 bits: alpha, red, green, blue, from the highest byte down.
//!
//! # Memory
//!
//! A copy reaches back less than 2^20 pixels, so 4 MiB of coded pixels are kept. The data of a transform
//! take at most 4 bytes for each block of at least 4 x 4 pixels. A group of prefix codes takes at most
//! 14 kB of tables, and only groups that a block uses are kept.
//!
//! # Damage
//!
//! The data have no checksum. Their end is certain, and so is a copy from outside the image: from that
//! pixel on, all pixels are missing, and are transparent black. Errors before the first pixel refuse the
//! file.
//!
//! # Work
//!
//! Each row, also of a transform's data, is charged before it is decoded, and each group of prefix
//! codes before it is read.

pub(super) mod alpha;
mod bits;
mod code_group;
mod entropy;
mod predictor;
mod prefix_code;
#[cfg(test)]
mod tests;
mod transform;

use self::bits::BitReader;
use self::entropy::EntropyDecoder;
use self::transform::Transforms;
use crate::error::{Error, Feature, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Row, RowSink};
use crate::plan::DecodeRequest;
use crate::simd;

/// The longest side (3.4).
const MAX_SIDE: u32 = 1 << 14;

/// The start of a VP8L chunk (3.4).
#[derive(Clone, Copy)]
pub(super) struct LosslessHeader<'a> {
    pub size: Size,
    /// Whether alpha is used. If not, its values are to be ignored.
    pub has_alpha: bool,
    bits: BitReader<'a>,
}

impl<'a> LosslessHeader<'a> {
    pub(super) fn parse(chunk: &'a [u8]) -> Result<Self> {
        let mut bits = BitReader::new(chunk);
        let signature = bits.read(8);
        let size = Size::new(bits.read(14) + 1, bits.read(14) + 1);
        let (has_alpha, version) = (bits.flag(), bits.read(3));
        bits.check_end()?;
        if signature != 0x2F {
            return Err(Error::malformed("the WebP is damaged"));
        }
        if version != 0 {
            let message = "a WebP with an unknown version is not supported; save it as PNG or JPEG";
            return Err(Error::unsupported(Feature::Webp, message));
        }
        Ok(Self {
            size,
            has_alpha,
            bits,
        })
    }

    /// The header that the data of an ALPH chunk lack.
    fn without_signature(data: &'a [u8], size: Size) -> Result<Self> {
        let sides = 1..=MAX_SIDE;
        if !sides.contains(&size.width) || !sides.contains(&size.height) {
            return Err(Error::malformed("the WebP is damaged"));
        }
        Ok(Self {
            size,
            has_alpha: true,
            bits: BitReader::new(data),
        })
    }
}

/// Decodes the requested region and sends its rows to `sink`, as RGBA or RGB. Returns the number of its
/// pixels that are missing.
pub(super) fn decode(
    header: &LosslessHeader<'_>,
    request: &DecodeRequest,
    budget: &Budget,
    sink: &mut RowSink<'_>,
) -> Result<u64> {
    let region = request.region;
    let mut decoder = LosslessDecoder::open(header, budget)?;
    let mut samples = budget.buffer::<u8>(4 * header.size.width as usize)?;
    for y in 0..region.y1 {
        let pixels = decoder.next_row()?;
        if y < region.y0 {
            continue;
        }
        let pixels = &pixels[region.x0 as usize..region.x1 as usize];
        let samples = if header.has_alpha {
            to_rgba(pixels, &mut samples)
        } else {
            to_rgb(pixels, &mut samples)
        };
        sink(Row {
            y,
            x: region.x0,
            step: 1,
            samples,
        })?;
    }
    Ok(missing_pixels(decoder.damage, region))
}

fn to_rgba<'s>(pixels: &[u32], samples: &'s mut [u8]) -> &'s [u8] {
    simd::dispatch(
        #[inline(always)]
        || {
            for (rgba, pixel) in samples.as_chunks_mut::<4>().0.iter_mut().zip(pixels) {
                *rgba = pixel.rotate_left(8).to_be_bytes();
            }
        },
    );
    &samples[..4 * pixels.len()]
}

fn to_rgb<'s>(pixels: &[u32], samples: &'s mut [u8]) -> &'s [u8] {
    for (rgb, pixel) in samples.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
        let [_, red, green, blue] = pixel.to_be_bytes();
        *rgb = [red, green, blue];
    }
    &samples[..3 * pixels.len()]
}

/// Decodes an image row by row.
pub(super) struct LosslessDecoder<'a> {
    size: Size,
    bits: BitReader<'a>,
    entropy: EntropyDecoder,
    transforms: Transforms,
    row: Buffer<u32>,
    /// The next row.
    y: u32,
    /// Column and row of the first missing pixel.
    damage: Option<(u32, u32)>,
}

impl<'a> LosslessDecoder<'a> {
    /// Reads everything before the pixels.
    pub(super) fn open(header: &LosslessHeader<'a>, budget: &Budget) -> Result<Self> {
        let (size, mut bits) = (header.size, header.bits);
        let transforms = Transforms::read(&mut bits, size, budget)?;
        let coded = Size::new(transforms.coded_width, size.height);
        let entropy = EntropyDecoder::open(&mut bits, coded, true, budget)?;
        Ok(Self {
            size,
            bits,
            entropy,
            transforms,
            row: budget.buffer(size.width as usize)?,
            y: 0,
            damage: None,
        })
    }

    /// The next row. Missing pixels are zero. There are as many rows as the image is high.
    pub(super) fn next_row(&mut self) -> Result<&[u32]> {
        if self.damage.is_none() {
            let valid = self.decode_row()?;
            self.row[valid..].fill(0);
            if valid < self.row.len() {
                self.damage = Some((valid as u32, self.y));
            }
        } else {
            self.row.fill(0);
        }
        self.y += 1;
        Ok(&self.row)
    }

    /// Returns the number of valid pixels.
    fn decode_row(&mut self) -> Result<usize> {
        let (coded, valid) = self.entropy.next_row(&mut self.bits)?;
        self.row[..coded.len()].copy_from_slice(coded);
        self.transforms.undo(self.y, &mut self.row);
        Ok(self.transforms.pixels_of(valid).min(self.row.len()))
    }

    /// The first missing pixel's column and row.
    pub(super) fn damage(&self) -> Option<(u32, u32)> {
        self.damage
    }
}

/// The pixels of `region` from the given column and row on.
fn missing_pixels(damage: Option<(u32, u32)>, region: Region) -> u64 {
    let Some((x, y)) = damage else {
        return 0;
    };
    let rows =
        |from: u32, to: u32| u64::from(region.y1.min(to).saturating_sub(region.y0.max(from)));
    let across = |from: u32| u64::from(region.x1.saturating_sub(region.x0.max(from)));
    rows(y, y + 1) * across(x) + rows(y + 1, u32::MAX) * across(0)
}
