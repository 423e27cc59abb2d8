//! VP8L (RFC 9649, 3): the lossless half of WebP, and the alpha channel of the lossy half.
//!
//! ```text
//! LosslessHeader::parse                 size, alpha
//! Transforms::read                      their data: small images, each entropy-coded
//! EntropyDecoder::open                  color cache, groups of prefix codes, their blocks
//! for each row, up to the region's last row:
//!     entropy.next_row                  bits -> literals, copies, cached colors
//!     transforms.undo                   colors from indices, predictions, differences from green
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
//! The data have no checksum. Two kinds of damage are detected: the end of the data, and a copy from
//! outside the image. From that pixel on, all pixels are missing. They are transparent, or black if rows
//! are sent as RGB. Errors before the first pixel refuse the file.
//!
//! # Work
//!
//! Each row, also of a transform's data, is charged before it is decoded, and each group of prefix
//! codes before it is read.

pub(super) mod alpha;
mod bits;
mod block_image;
mod code_group;
mod decoder;
mod entropy;
mod predictor;
mod prefix_code;
#[cfg(test)]
mod tests;
mod transform;

use self::decoder::LosslessDecoder;
pub(super) use self::decoder::LosslessHeader;
use crate::decode::rows::missing_pixels;
use crate::error::Result;
use crate::limits::Budget;
use crate::pixels::{Row, RowSink};
use crate::plan::DecodeRequest;
use crate::simd;

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
        let samples = if header.sends_alpha() {
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
    Ok(missing_pixels(decoder.damage(), 1, region))
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
