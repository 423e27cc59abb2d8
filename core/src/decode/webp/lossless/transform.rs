//! Transforms (RFC 9649, 3.5), undone row by row.
//!
//! They are undone in the reverse of the order in which they are stored. Color indexing may pack
//! several pixels into one, so that the transforms stored after it see narrower rows.

use super::bits::LowBitReader;
use super::block_image::BlockImage;
use super::entropy::{decode_data, read_block_image};
use super::predictor::{Predictor, add_pixels};
use crate::decode::webp::errors::damaged;
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};
use crate::simd;

/// The transforms of an image, in the order in which they are stored.
pub(super) struct Transforms {
    stages: Vec<TransformStage>,
    /// The width of the rows before any transform is undone.
    pub coded_width: u32,
}

/// A transform, and the width of the rows after it is undone.
struct TransformStage {
    transform: Transform,
    width: usize,
}

enum Transform {
    Predictor(Predictor),
    Color(CrossColorTransform),
    SubtractGreen,
    ColorIndexing(ColorIndexing),
}

impl Transforms {
    /// Reads the transforms. Each kind occurs at most once.
    pub(super) fn read(bits: &mut LowBitReader<'_>, size: Size, budget: &Budget) -> Result<Self> {
        let (mut stages, mut seen, mut size) = (Vec::new(), 0, size);
        while bits.flag() {
            let kind = bits.read(2);
            if seen >> kind & 1 == 1 {
                return Err(damaged());
            }
            seen |= 1 << kind;
            let width = size.width as usize;
            let transform = match kind {
                0 => Transform::Predictor(Predictor::read(bits, size, budget)?),
                1 => Transform::Color(CrossColorTransform::read(bits, size, budget)?),
                2 => Transform::SubtractGreen,
                _ => {
                    let indexing = ColorIndexing::read(bits, budget)?;
                    size.width = size.width.div_ceil(1 << indexing.packing_bits);
                    Transform::ColorIndexing(indexing)
                }
            };
            stages.push(TransformStage { transform, width });
        }
        let coded_width = size.width;
        Ok(Self {
            stages,
            coded_width,
        })
    }

    /// Undoes all transforms of row `y`. The coded pixels are at the start of `row`.
    pub(super) fn undo(&mut self, y: u32, row: &mut [u32]) {
        simd::dispatch(
            #[inline(always)]
            || {
                for stage in self.stages.iter_mut().rev() {
                    stage.undo(y, row);
                }
            },
        );
    }

    /// The pixels that `coded` coded pixels give.
    pub(super) fn pixels_of(&self, coded: usize) -> usize {
        let packing = self.stages.iter().map(|stage| match &stage.transform {
            Transform::ColorIndexing(indexing) => indexing.packing_bits,
            _ => 0,
        });
        coded << packing.sum::<u32>()
    }
}

impl TransformStage {
    #[inline(always)]
    fn undo(&mut self, y: u32, row: &mut [u32]) {
        let row = &mut row[..self.width];
        match &mut self.transform {
            Transform::Predictor(predictor) => predictor.undo(y, row),
            Transform::Color(color) => color.undo(y, row),
            Transform::SubtractGreen => row.iter_mut().for_each(|pixel| *pixel = add_green(*pixel)),
            Transform::ColorIndexing(indexing) => indexing.undo(row),
        }
    }
}

/// Adds green to red and blue (3.5.3).
#[inline(always)]
fn add_green(pixel: u32) -> u32 {
    let green = pixel >> 8 & 0xFF;
    let red_blue = (pixel & 0x00FF_00FF) + (green << 16 | green);
    (pixel & 0xFF00_FF00) | (red_blue & 0x00FF_00FF)
}

/// Red and blue were predicted from green, and blue from red (3.5.2).
struct CrossColorTransform {
    /// By block: red to blue, green to blue, green to red, from bit 16 down.
    multipliers: BlockImage<u32>,
}

impl CrossColorTransform {
    fn read(bits: &mut LowBitReader<'_>, size: Size, budget: &Budget) -> Result<Self> {
        let multipliers = read_block_image(bits, size, budget, |pixel| pixel)?;
        Ok(Self { multipliers })
    }

    #[inline(always)]
    fn undo(&self, y: u32, row: &mut [u32]) {
        let blocks = row.chunks_mut(1 << self.multipliers.block_bits);
        for (block, &multipliers) in blocks.zip(self.multipliers.row(y)) {
            let [green_to_red, green_to_blue, red_to_blue, _] = multipliers.to_le_bytes();
            for pixel in block {
                let [blue, green, red, alpha] = pixel.to_le_bytes();
                let red = red.wrapping_add(color_delta(green_to_red, green));
                let blue = blue
                    .wrapping_add(color_delta(green_to_blue, green))
                    .wrapping_add(color_delta(red_to_blue, red));
                *pixel = u32::from_le_bytes([blue, green, red, alpha]);
            }
        }
    }
}

/// The product of two signed numbers, with 5 bits of fraction.
#[inline(always)]
fn color_delta(multiplier: u8, color: u8) -> u8 {
    ((i16::from(multiplier as i8) * i16::from(color as i8)) >> 5) as u8
}

/// Green is an index of a table of colors (3.5.4).
struct ColorIndexing {
    /// 256 colors. Those that the file does not have are transparent.
    colors: Buffer<u32>,
    /// 2^`packing_bits` pixels are packed into one.
    packing_bits: u32,
}

impl ColorIndexing {
    fn read(bits: &mut LowBitReader<'_>, budget: &Budget) -> Result<Self> {
        let count = 1 + bits.read(8);
        let differences = decode_data(bits, Size::new(count, 1), budget, |pixel| pixel)?;
        let mut colors = budget.buffer(256)?;
        let mut color = 0;
        for (entry, &difference) in colors.iter_mut().zip(differences.iter()) {
            color = add_pixels(color, difference);
            *entry = color;
        }
        let packing_bits = match count {
            ..=2 => 3,
            3..=4 => 2,
            5..=16 => 1,
            _ => 0,
        };
        Ok(Self {
            colors,
            packing_bits,
        })
    }

    /// From the last pixel to the first, because the pixels take the place of the packed ones.
    #[inline(always)]
    fn undo(&self, row: &mut [u32]) {
        let Some(colors) = self.colors.first_chunk::<256>() else {
            return;
        };
        let (per_pixel, width) = (1 << self.packing_bits, 8 >> self.packing_bits);
        for packed in (0..row.len().div_ceil(per_pixel)).rev() {
            let mut indices = row[packed] >> 8 & 0xFF;
            let end = row.len().min((packed + 1) * per_pixel);
            for pixel in &mut row[packed * per_pixel..end] {
                let index = indices & ((1 << width) - 1);
                *pixel = colors[index as usize & 0xFF];
                indices >>= width;
            }
        }
    }
}
