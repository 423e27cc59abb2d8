//! The predictor transform (RFC 9649, 3.5.1): each pixel was predicted from its neighbors.
//!
//! ```text
//! above left   above   above right
//! left         pixel
//! ```
//!
//! Predictions that do not depend on the pixel to the left are made in vectors. The others are made
//! one after the other, so the number of steps from `left` to the next `left` decides their time. They
//! are computed in all four channels at once, with each channel in one of four lanes of 8 bits or of
//! 16 bits ([`spread`]).

use super::bits::LowBitReader;
use super::block_image::BlockImage;
use super::entropy::read_block_image;
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};
use crate::simd::IS_SCALAR;

/// Opaque black, the prediction of the first pixel.
const BLACK: u32 = 0xFF00_0000;

pub(super) struct Predictor {
    /// The mode of prediction, by block.
    modes: BlockImage<u8>,
    /// The row above, and the pixel above and to the right of its end: the first one of this row.
    above: Buffer<u32>,
}

impl Predictor {
    pub(super) fn read(bits: &mut LowBitReader<'_>, size: Size, budget: &Budget) -> Result<Self> {
        Ok(Self {
            modes: read_block_image(bits, size, budget, |pixel| (pixel >> 8) as u8 & 15)?,
            above: budget.buffer(size.width as usize + 1)?,
        })
    }

    /// Adds the predictions to the residuals in `row`.
    #[inline(always)]
    pub(super) fn undo(&mut self, y: u32, row: &mut [u32]) {
        if y == 0 {
            let mut left = BLACK;
            for pixel in row.iter_mut() {
                left = add_pixels(*pixel, left);
                *pixel = left;
            }
        } else {
            self.undo_blocks(y, row);
        }
        self.above[..row.len()].copy_from_slice(row);
    }

    #[inline(always)]
    fn undo_blocks(&mut self, y: u32, row: &mut [u32]) {
        let mut left = add_pixels(row[0], self.above[0]);
        row[0] = left;
        self.above[row.len()] = left;
        let block_bits = self.modes.block_bits;
        for (block, &mode) in self.modes.row(y).iter().enumerate() {
            let from = (block << block_bits).max(1);
            let to = ((block + 1) << block_bits).min(row.len());
            if let Some(pixels) = row.get_mut(from..to)
                && let Some(above) = self.above.get(from - 1..=to)
            {
                if !IS_SCALAR && is_flat(left, above, pixels) && (1..=13).contains(&mode) {
                    pixels.fill(left);
                    continue;
                }
                add_predictions(mode, left, above, pixels);
                left = pixels.last().copied().unwrap_or(left);
            }
        }
    }
}

/// Whether all neighbors are the same and all residuals zero. Then every defined mode gives that pixel:
/// common in alpha and in drawings.
#[inline(always)]
fn is_flat(left: u32, above: &[u32], residuals: &[u32]) -> bool {
    // Most other blocks are not flat at their start.
    above[0] == left
        && residuals.first() == Some(&0)
        && residuals.iter().fold(0, |bits, residual| bits | residual) == 0
        && above.iter().fold(0, |bits, pixel| bits | (pixel ^ left)) == 0
}

/// The pixels above the current one.
#[derive(Clone, Copy)]
struct Neighbors {
    above_left: u32,
    above: u32,
    above_right: u32,
}

impl Neighbors {
    /// The neighbors of each pixel, from the row above, which starts one pixel before and ends one
    /// after.
    #[inline(always)]
    fn of_row(above: &[u32]) -> impl Iterator<Item = Self> {
        let pixels = above
            .iter()
            .zip(above.iter().skip(1))
            .zip(above.iter().skip(2));
        pixels.map(|((&above_left, &above), &above_right)| Self {
            above_left,
            above,
            above_right,
        })
    }
}

/// Adds predictions of one mode.
#[inline(always)]
fn add_predictions(mode: u8, left: u32, above: &[u32], row: &mut [u32]) {
    match mode {
        1 => add_serial(row, above, left, |left, _| left),
        2 => add_parallel(row, above, |n| n.above),
        3 => add_parallel(row, above, |n| n.above_right),
        4 => add_parallel(row, above, |n| n.above_left),
        5 => add_serial(row, above, left, |left, n| {
            average(average(left, n.above_right), n.above)
        }),
        6 => add_serial(row, above, left, |left, n| average(left, n.above_left)),
        7 => add_serial(row, above, left, |left, n| average(left, n.above)),
        8 => add_parallel(row, above, |n| average(n.above_left, n.above)),
        9 => add_parallel(row, above, |n| average(n.above, n.above_right)),
        10 => add_serial(row, above, left, |left, n| {
            let above = average(n.above, n.above_right);
            average(average(left, n.above_left), above)
        }),
        11 => add_selected(row, above, left),
        12 => add_serial_wide(row, above, left, clamped_gradient),
        13 => add_serial_wide(row, above, left, clamped_half_gradient),
        // Modes 14 and 15 are not defined. libwebp predicts black, too.
        _ => add_parallel(row, above, |_| BLACK),
    }
}

/// Predictions that do not depend on the pixel to the left.
#[inline(always)]
fn add_parallel(row: &mut [u32], above: &[u32], predict: impl Fn(Neighbors) -> u32) {
    for (pixel, neighbors) in row.iter_mut().zip(Neighbors::of_row(above)) {
        *pixel = add_pixels(*pixel, predict(neighbors));
    }
}

#[inline(always)]
fn add_serial(
    row: &mut [u32],
    above: &[u32],
    mut left: u32,
    predict: impl Fn(u32, Neighbors) -> u32,
) {
    for (pixel, neighbors) in row.iter_mut().zip(Neighbors::of_row(above)) {
        left = add_pixels(*pixel, predict(left, neighbors));
        *pixel = left;
    }
}

/// As [`add_serial`], with lanes of 16 bits. `predict` gets the pixels to the left, above, and above
/// left.
#[inline(always)]
fn add_serial_wide(
    row: &mut [u32],
    above: &[u32],
    left: u32,
    predict: impl Fn(u64, u64, u64) -> u64,
) {
    let mut left = spread(left);
    for (pixel, neighbors) in row.iter_mut().zip(Neighbors::of_row(above)) {
        let prediction = predict(left, spread(neighbors.above), spread(neighbors.above_left));
        left = (prediction + spread(*pixel)) & LOW_BYTES;
        *pixel = unspread(left);
    }
}

/// Half the sum, rounded down, in each channel.
#[inline(always)]
fn average(a: u32, b: u32) -> u32 {
    (a & b) + (((a ^ b) & 0xFEFE_FEFE) >> 1)
}

/// 1 in each lane of 16 bits.
const ONES: u64 = 0x0001_0001_0001_0001;
const LOW_BYTES: u64 = 0xFF * ONES;

/// The channels of a pixel in lanes of 16 bits.
#[inline(always)]
fn spread(pixel: u32) -> u64 {
    let halves = (u64::from(pixel) | u64::from(pixel) << 16) & 0x0000_FFFF_0000_FFFF;
    (halves | halves << 8) & LOW_BYTES
}

#[inline(always)]
fn unspread(lanes: u64) -> u32 {
    let halves = (lanes | lanes >> 8) & 0x0000_FFFF_0000_FFFF;
    (halves | halves >> 16) as u32
}

/// Predicts the pixel to the left or above, whichever is nearer to left + above - above left. The
/// distance of that estimate from one of them is the distance of the other one from above left.
#[inline(always)]
fn add_selected(row: &mut [u32], above: &[u32], left: u32) {
    /// Pixels whose distances are computed in vectors.
    const CHUNK: usize = 32;
    let mut left = spread(left);
    for (index, pixels) in row.chunks_mut(CHUNK).enumerate() {
        let above = &above[CHUNK * index..];
        let mut from_left = [0; CHUNK];
        for (distance, n) in from_left.iter_mut().zip(Neighbors::of_row(above)) {
            *distance = pixel_distance(n.above, n.above_left);
        }
        let pixels = pixels.iter_mut().zip(Neighbors::of_row(above));
        for ((pixel, n), from_left) in pixels.zip(from_left) {
            let from_above = lane_distance(left, spread(n.above_left));
            let is_left = u64::from(from_left) < from_above;
            let prediction = if is_left { left } else { spread(n.above) };
            left = (prediction + spread(*pixel)) & LOW_BYTES;
            *pixel = unspread(left);
        }
    }
}

/// The sum of the channels' differences.
#[inline(always)]
fn pixel_distance(a: u32, b: u32) -> u32 {
    let channels = [0, 8, 16, 24].map(|bit| (a >> bit & 0xFF).abs_diff(b >> bit & 0xFF));
    channels.iter().sum()
}

/// [`pixel_distance`] of pixels in lanes of 16 bits.
#[inline(always)]
fn lane_distance(a: u64, b: u64) -> u64 {
    let difference = a + (256 * ONES - b);
    let negative = !difference >> 8 & ONES;
    // The low byte of a negative difference is 256 too large. -d = (d ^ 0xFF) + 1.
    let magnitudes = ((difference & LOW_BYTES) ^ (negative * 0xFF)) + negative;
    magnitudes.wrapping_mul(ONES) >> 48
}

/// left + above - above left, clamped to 0 to 255.
#[inline(always)]
fn clamped_gradient(left: u64, above: u64, above_left: u64) -> u64 {
    clamp_biased(left + (above + 256 * ONES - above_left))
}

/// The average of left and above, plus half of its difference to above left, clamped.
#[inline(always)]
fn clamped_half_gradient(left: u64, above: u64, above_left: u64) -> u64 {
    let average = (left + above) >> 1 & LOW_BYTES;
    let difference = average + 256 * ONES - above_left;
    // Halves are rounded to zero, that is, up where negative.
    let negative = !difference >> 8 & ONES;
    let half = (difference + negative) >> 1 & LOW_BYTES;
    clamp_biased(average + half + 128 * ONES)
}

/// Clamps lanes of 1 to 767, which are 256 too large, to 256 to 511, and subtracts 256.
#[inline(always)]
fn clamp_biased(lanes: u64) -> u64 {
    let in_range = (lanes >> 8 & ONES) * 0xFF;
    let above = (lanes >> 9 & ONES) * 0xFF;
    lanes & in_range | above
}

/// The sums of two pixels' channels, modulo 256.
#[inline(always)]
pub(super) fn add_pixels(a: u32, b: u32) -> u32 {
    let alpha_green = (a & 0xFF00_FF00).wrapping_add(b & 0xFF00_FF00);
    let red_blue = (a & 0x00FF_00FF) + (b & 0x00FF_00FF);
    (alpha_green & 0xFF00_FF00) | (red_blue & 0x00FF_00FF)
}
