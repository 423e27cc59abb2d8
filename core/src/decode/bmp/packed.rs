//! Rows of pixels of 1 to 32 bits.
//!
//! A row takes a multiple of 32 bits in the file; pixels of less than 8 bits begin at a byte's high
//! bits, the others are little-endian. Reading a row needs only the bytes of its pixels, so the
//! padding of the last row may be missing. Some writers subtract padding that the row does not
//! have, and so cut off pixels. So a last row is whole if it lacks no more bytes than padding can
//! have, and its last stored pixel is repeated.

use std::ops::Range;

use super::header::{BmpHeader, BmpPalette};

/// Bytes that the file may be short of: the most that a row's padding has.
const PADDING: usize = 3;

/// Converts stored rows to RGB or RGBA.
#[derive(Debug)]
pub(super) struct PixelReader<'a> {
    pixels: &'a [u8],
    width: u32,
    bits: u16,
    format: PixelFormat,
}

#[derive(Debug)]
enum PixelFormat {
    /// Indices of 1, 2, 4 or 8 bits into a palette.
    Indexed(Box<BmpPalette>),
    /// Blue, green, red in 24 bits.
    Bgr,
    /// Blue, green, red and padding in 32 bits.
    Bgrx,
    /// Blue, green, red, alpha in 32 bits.
    Bgra,
    /// Any other place of the components in 16, 24 or 32 bits.
    Masked(Box<[ComponentMask; 4]>),
}

impl<'a> PixelReader<'a> {
    pub(super) fn new(header: &BmpHeader<'a>) -> Self {
        let [red, green, blue, alpha] = header.masks;
        let bytes = [red, green, blue] == [0x00FF_0000, 0x0000_FF00, 0x0000_00FF];
        let format = match header.bits {
            1..=8 => PixelFormat::Indexed(Box::new(header.palette)),
            24 if bytes => PixelFormat::Bgr,
            32 if bytes && alpha == 0 => PixelFormat::Bgrx,
            32 if bytes && alpha == 0xFF00_0000 => PixelFormat::Bgra,
            _ => PixelFormat::Masked(Box::new([
                ComponentMask::new(red, 0),
                ComponentMask::new(green, 0),
                ComponentMask::new(blue, 0),
                ComponentMask::new(alpha, 255),
            ])),
        };
        Self {
            pixels: header.pixels,
            width: header.size.width,
            bits: header.bits,
            format,
        }
    }

    /// Writes the pixels at `columns` of a stored row to `samples` and returns how many the file
    /// has of them.
    pub(super) fn read<const CHANNELS: usize>(
        &self,
        stored_row: u32,
        columns: Range<u32>,
        samples: &mut [u8],
    ) -> u32 {
        let row = self.row(stored_row);
        let available = row.len() as u64 * 8 / u64::from(self.bits);
        let end = available.min(columns.end.into()) as u32;
        let present = columns.start..end.max(columns.start);
        let out = &mut samples.as_chunks_mut::<CHANNELS>().0[..columns.len()];
        let (shown, rest) = out.split_at_mut(present.len());
        self.convert(row, present.start, shown);
        if !self.is_whole(row) {
            return present.len() as u32;
        }
        // The last pixel that the file has. The columns may begin beyond it.
        let mut last = [[255; CHANNELS]];
        if let Some(x) = (available as u32).checked_sub(1) {
            self.convert(row, x, &mut last);
        }
        rest.fill(last[0]);
        columns.len() as u32
    }

    /// Converts the pixels of a row from column `first` on. The row has all of them.
    fn convert<const CHANNELS: usize>(&self, row: &[u8], first: u32, out: &mut [[u8; CHANNELS]]) {
        let bytes = usize::from(self.bits / 8);
        let stored = row.get(first as usize * bytes..).unwrap_or_default();
        match &self.format {
            PixelFormat::Indexed(palette) => {
                for (pixel, x) in out.iter_mut().zip(first..) {
                    let index = self.index(row, x);
                    pixel.copy_from_slice(&palette[usize::from(index)][..CHANNELS]);
                }
            }
            PixelFormat::Bgr => reorder(stored.as_chunks::<3>().0, out, |_| 255),
            PixelFormat::Bgrx => reorder(stored.as_chunks::<4>().0, out, |_| 255),
            PixelFormat::Bgra => reorder(stored.as_chunks::<4>().0, out, |pixel| pixel[3]),
            PixelFormat::Masked(components) => {
                for (pixel, value) in out.iter_mut().zip(stored.chunks_exact(bytes)) {
                    let value = little_endian(value);
                    *pixel = std::array::from_fn(|i| components[i].sample(value));
                }
            }
        }
    }

    /// Whether the file has every pixel. The last stored row is the one that a cut file lacks.
    pub(super) fn is_complete(&self, height: u32) -> bool {
        height == 0 || self.is_whole(self.row(height - 1))
    }

    fn is_whole(&self, row: &[u8]) -> bool {
        let lacking = self.row_length() - row.len();
        lacking == 0 || lacking <= PADDING && !row.is_empty()
    }

    /// Bytes of a row without its padding.
    fn row_length(&self) -> usize {
        let bits = u64::from(self.width) * u64::from(self.bits);
        usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX)
    }

    /// Whether any pixel has an alpha other than 0.
    pub(super) fn has_alpha(&self, header: &BmpHeader<'_>) -> bool {
        let (height, mask) = (header.size.height, header.masks[3]);
        let bytes = usize::from(self.bits / 8).max(1);
        let has_alpha = |row: &[u8]| {
            let mut pixels = row.chunks_exact(bytes).map(little_endian);
            pixels.any(|pixel| pixel & mask != 0)
        };
        mask != 0 && (0..height).any(|stored_row| has_alpha(self.row(stored_row)))
    }

    /// The pixels of a row, as far as the file has them; without padding.
    fn row(&self, stored_row: u32) -> &'a [u8] {
        let bits = u64::from(self.width) * u64::from(self.bits);
        let start = u64::from(stored_row) * (bits.div_ceil(32) * 4);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let row = self.pixels.get(start..).unwrap_or_default();
        &row[..row.len().min(self.row_length())]
    }

    fn index(&self, row: &[u8], x: u32) -> u8 {
        let bit = x as usize * usize::from(self.bits);
        let shift = 8 - usize::from(self.bits) - bit % 8;
        row.get(bit / 8).map_or(0, |byte| byte >> shift) & (0xFF >> (8 - self.bits))
    }
}

/// Blue, green, red to red, green, blue, and alpha if there is a channel for it.
#[inline]
fn reorder<const STORED: usize, const CHANNELS: usize>(
    stored: &[[u8; STORED]],
    out: &mut [[u8; CHANNELS]],
    alpha: impl Fn(&[u8; STORED]) -> u8,
) {
    for (out, stored) in out.iter_mut().zip(stored) {
        let rgba = [stored[2], stored[1], stored[0], alpha(stored)];
        out.copy_from_slice(&rgba[..CHANNELS]);
    }
}

fn little_endian(bytes: &[u8]) -> u32 {
    let byte = |value: u32, &byte: &u8| value << 8 | u32::from(byte);
    bytes.iter().rev().fold(0, byte)
}

/// One component of a pixel: its bits, and the table that scales them to 8 bits.
#[derive(Debug)]
struct ComponentMask {
    shift: u32,
    /// The largest value; 0 for a component that is not stored.
    max: u32,
    /// The sample for each value of up to 8 bits.
    table: [u8; 256],
}

impl ComponentMask {
    /// `absent` is the sample of a component without bits.
    fn new(mask: u32, absent: u8) -> Self {
        let shift = if mask == 0 { 0 } else { mask.trailing_zeros() };
        let max = mask >> shift;
        let mut component = Self {
            shift,
            max,
            table: [absent; 256],
        };
        if max != 0 {
            component.table = std::array::from_fn(|value| component.scale(value as u32));
        }
        component
    }

    /// `value` of `max`, in 255ths.
    fn scale(&self, value: u32) -> u8 {
        let max = u64::from(self.max);
        ((u64::from(value) * 255 + max / 2) / max).min(255) as u8
    }

    #[inline]
    fn sample(&self, pixel: u32) -> u8 {
        let value = pixel >> self.shift & self.max;
        match self.table.get(value as usize) {
            Some(&sample) if self.max <= 255 => sample,
            _ => self.scale(value),
        }
    }
}
