//! Entropy-coded images (RFC 9649, 3.6 and 3.7): literals, copies, and colors of the cache.
//!
//! ```text
//! until the row is full:
//!     group = that of the pixel's block
//!     symbol = the next one of the group's green code
//!     literal:  red, blue and alpha follow
//!     length:   the rest of the length, then a distance; copy pixels that came before
//!     cache:    a pixel of the color cache
//! ```
//!
//! # Memory
//!
//! A copy reaches back less than 2^20 pixels: the longest distance is 2^20, less the 120 codes of
//! nearby pixels. So the last 2^20 pixels are kept, or the whole image if it is smaller: 4 MiB and two
//! rows. They are a ring of whole rows.

use super::bits::LowBitReader;
use super::block_image::BlockImage;
use super::code_group::{ActiveGroup, CodeGroups, Token};
use super::prefix_code::{LENGTH_SYMBOLS, MAX_CACHE_BITS};
use crate::decode::webp::errors::damaged;
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};
use crate::simd;

/// More pixels than a copy reaches back.
const WINDOW: u32 = 1 << 20;

/// The first 120 distance codes (3.6.2.2): rows up, then 8 minus columns to the left.
#[rustfmt::skip]
const NEARBY: [u8; 120] = [
    0x18, 0x07, 0x17, 0x19, 0x28, 0x06, 0x27, 0x29, 0x16, 0x1a, 0x26, 0x2a, 0x38, 0x05, 0x37, 0x39,
    0x15, 0x1b, 0x36, 0x3a, 0x25, 0x2b, 0x48, 0x04, 0x47, 0x49, 0x14, 0x1c, 0x35, 0x3b, 0x46, 0x4a,
    0x24, 0x2c, 0x58, 0x45, 0x4b, 0x34, 0x3c, 0x03, 0x57, 0x59, 0x13, 0x1d, 0x56, 0x5a, 0x23, 0x2d,
    0x44, 0x4c, 0x55, 0x5b, 0x33, 0x3d, 0x68, 0x02, 0x67, 0x69, 0x12, 0x1e, 0x66, 0x6a, 0x22, 0x2e,
    0x54, 0x5c, 0x43, 0x4d, 0x65, 0x6b, 0x32, 0x3e, 0x78, 0x01, 0x77, 0x79, 0x53, 0x5d, 0x11, 0x1f,
    0x64, 0x6c, 0x42, 0x4e, 0x76, 0x7a, 0x21, 0x2f, 0x75, 0x7b, 0x31, 0x3f, 0x63, 0x6d, 0x52, 0x5e,
    0x00, 0x74, 0x7c, 0x41, 0x4f, 0x10, 0x20, 0x62, 0x6e, 0x30, 0x73, 0x7d, 0x51, 0x5f, 0x40, 0x72,
    0x7e, 0x61, 0x6f, 0x50, 0x71, 0x7f, 0x60, 0x70,
];

/// An image that supplies data for another one: those of a transform, or the numbers of groups.
/// Returns `value` of each of its pixels.
pub(super) fn decode_data<T: Copy + Default>(
    bits: &mut LowBitReader<'_>,
    size: Size,
    budget: &Budget,
    value: impl Fn(u32) -> T,
) -> Result<Buffer<T>> {
    let width = size.width as usize;
    let mut values = budget.buffer::<T>(width * size.height as usize)?;
    let mut image = EntropyDecoder::open(bits, size, false, budget)?;
    for row in values.chunks_mut(width) {
        budget.work(4 * width as u64)?;
        let (pixels, valid) = image.next_row(bits)?;
        if valid < width {
            bits.check_end()?;
            return Err(damaged());
        }
        for (value_of, &pixel) in row.iter_mut().zip(pixels) {
            *value_of = value(pixel);
        }
    }
    Ok(values)
}

/// Reads a value for each block of an image of `size`; `value` makes it of a pixel of the data.
pub(super) fn read_block_image<T: Copy + Default>(
    bits: &mut LowBitReader<'_>,
    size: Size,
    budget: &Budget,
    value: impl Fn(u32) -> T,
) -> Result<BlockImage<T>> {
    let block_bits = 2 + bits.read(3);
    let count = |side: u32| side.div_ceil(1 << block_bits);
    let blocks = Size::new(count(size.width), count(size.height));
    Ok(BlockImage {
        block_bits,
        columns: blocks.width as usize,
        values: decode_data(bits, blocks, budget, value)?,
    })
}

/// Red and green (3.7.2.2).
fn group_number(pixel: u32) -> u16 {
    (pixel >> 8) as u16
}

/// Decodes an entropy-coded image row by row.
pub(super) struct EntropyDecoder {
    size: Size,
    groups: CodeGroups,
    cache: Option<ColorCache>,
    window: PixelWindow,
    /// The next row.
    y: u32,
    /// The part of a copy that belongs to the next row.
    pending: BackReference,
}

/// A copy of pixels that came before.
#[derive(Clone, Copy, Default)]
struct BackReference {
    distance: usize,
    length: usize,
}

impl EntropyDecoder {
    /// Reads everything before the pixels (3.8.3). Only the main image, not one of data, has several
    /// groups.
    pub(super) fn open(
        bits: &mut LowBitReader<'_>,
        size: Size,
        is_main: bool,
        budget: &Budget,
    ) -> Result<Self> {
        let cache = match bits.flag() {
            true => Some(ColorCache::new(bits.read(4), budget)?),
            false => None,
        };
        let map = match is_main && bits.flag() {
            true => Some(read_block_image(bits, size, budget, group_number)?),
            false => None,
        };
        let cache_size = cache.as_ref().map_or(0, ColorCache::len);
        Ok(Self {
            size,
            groups: CodeGroups::read(bits, cache_size, map, budget)?,
            cache,
            window: PixelWindow::new(size, budget)?,
            y: 0,
            pending: BackReference::default(),
        })
    }

    /// Decodes the next row, which the caller charges. Returns it, and how many of its pixels are valid: fewer than all if the
    /// data are damaged or end early. No row must be decoded after that.
    pub(super) fn next_row(&mut self, bits: &mut LowBitReader<'_>) -> Result<(&[u32], usize)> {
        self.window.start_row(self.y);
        let valid = simd::dispatch(
            #[inline(always)]
            || self.decode_row(bits),
        );
        self.y += 1;
        let row = self.window.row();
        if let Some(cache) = &mut self.cache {
            cache.insert(row);
            cache.inserted = 0;
        }
        Ok((row, valid))
    }

    /// Returns the number of valid pixels.
    #[inline(always)]
    fn decode_row(&mut self, reader: &mut LowBitReader<'_>) -> usize {
        let mut bits = *reader;
        let width = self.size.width as usize;
        let (mut x, rest) = self.window.copy(0, self.pending);
        self.pending = rest;
        'row: while x < width {
            let Some((group, end)) = self.groups.at(x, self.y) else {
                break;
            };
            let end = end.min(width);
            if let Some(pixel) = group.only_pixel() {
                self.window.row_mut()[x..end].fill(pixel);
                x = end;
            }
            while x < end {
                let pixel = match group.token(&mut bits) {
                    Token::Literal(pixel) => pixel,
                    Token::Symbol(symbol @ CACHE..) => {
                        let row = self.window.row();
                        let cached = self.cache.as_mut();
                        match cached.and_then(|cache| cache.color(symbol - CACHE, &row[..x])) {
                            Some(pixel) => pixel,
                            None => break 'row,
                        }
                    }
                    Token::Symbol(symbol) => {
                        let copy = read_copy(&mut bits, &group, symbol, width);
                        if bits.is_past_end() || !self.is_valid(x, copy) {
                            break 'row;
                        }
                        (x, self.pending) = self.window.copy(x, copy);
                        continue;
                    }
                };
                if bits.is_past_end() {
                    break 'row;
                }
                self.window.set(x, pixel);
                x += 1;
            }
        }
        *reader = bits;
        x
    }

    /// Whether a copy to column `x` of the current row is inside the image, and its source too.
    fn is_valid(&self, x: usize, copy: BackReference) -> bool {
        let done = self.y as usize * self.size.width as usize + x;
        let left = self.size.pixels() as usize - done;
        copy.distance <= done && copy.length <= left
    }
}

/// The first green symbol that is an index of the color cache.
const CACHE: usize = 256 + LENGTH_SYMBOLS;

#[inline(always)]
fn read_copy(
    bits: &mut LowBitReader<'_>,
    group: &ActiveGroup<'_>,
    symbol: usize,
    width: usize,
) -> BackReference {
    let length = read_value(bits, symbol - 256);
    // A green code and a length took up to 25 bits of 56, and a distance takes up to 33.
    bits.refill();
    let symbol = group.distance_symbol(bits);
    let distance = match read_value(bits, symbol) {
        code @ ..=120 => nearby_distance(code, width),
        code => code - 120,
    };
    BackReference { distance, length }
}

/// The rest of a length, or of a distance code (3.6.2.2).
#[inline(always)]
fn read_value(bits: &mut LowBitReader<'_>, symbol: usize) -> usize {
    if symbol < 4 {
        return symbol + 1;
    }
    let extra = (symbol as u32 - 2) >> 1;
    ((2 + (symbol & 1)) << extra) + bits.read_available(extra) as usize + 1
}

/// The distance of a pixel nearby, in the order of the pixels. At least 1.
fn nearby_distance(code: usize, width: usize) -> usize {
    let offset = NEARBY.get(code - 1).copied().map_or(0, usize::from);
    (offset / 16 * width + 8).saturating_sub(offset % 16).max(1)
}

/// The last rows.
struct PixelWindow {
    pixels: Buffer<u32>,
    width: usize,
    /// Where the current row starts.
    start: usize,
}

impl PixelWindow {
    fn new(size: Size, budget: &Budget) -> Result<Self> {
        let rows = size.height.min(WINDOW.div_ceil(size.width) + 1);
        let width = size.width as usize;
        Ok(Self {
            pixels: budget.buffer(rows as usize * width)?,
            width,
            start: 0,
        })
    }

    fn start_row(&mut self, y: u32) {
        let rows = self.pixels.len() / self.width;
        self.start = y as usize % rows * self.width;
    }

    #[inline(always)]
    fn row(&self) -> &[u32] {
        &self.pixels[self.start..][..self.width]
    }

    #[inline(always)]
    fn row_mut(&mut self) -> &mut [u32] {
        &mut self.pixels[self.start..][..self.width]
    }

    #[inline(always)]
    fn set(&mut self, x: usize, pixel: u32) {
        self.pixels[self.start + x] = pixel;
    }

    /// Copies pixels to column `x` and the columns after it. Returns the column after the last one,
    /// and the part of the copy that belongs to the next row.
    fn copy(&mut self, x: usize, copy: BackReference) -> (usize, BackReference) {
        let length = copy.length.min(self.width - x);
        let to = self.start + x;
        let from = match to.checked_sub(copy.distance) {
            Some(from) => from,
            None => to + self.pixels.len() - copy.distance,
        };
        if length <= 16 && from + length <= self.pixels.len() {
            // Pixel by pixel, because the copy may contain pixels that it writes.
            (0..length).for_each(|i| self.pixels[to + i] = self.pixels[from + i]);
        } else {
            self.copy_long(from, to, copy.distance, length);
        }
        let rest = BackReference {
            distance: copy.distance,
            length: copy.length - length,
        };
        (x + length, rest)
    }

    /// Copies in spans that do not overlap. A span as long as the distance doubles it: the copied
    /// pixels have that period.
    fn copy_long(&mut self, mut from: usize, mut to: usize, mut distance: usize, mut left: usize) {
        while left > 0 {
            let span = left.min(distance).min(self.pixels.len() - from);
            self.pixels.copy_within(from..from + span, to);
            if span == distance {
                distance *= 2;
            } else {
                from = (from + span) % self.pixels.len();
            }
            to += span;
            left -= span;
        }
    }
}

const MAX_CACHE: usize = 1 << MAX_CACHE_BITS;

/// Colors by hash (3.6.2.3).
struct ColorCache {
    /// Always as many as the largest cache has, so that no index needs a check.
    colors: Buffer<u32>,
    /// 32 less the bits of an index.
    shift: u32,
    /// Pixels of the current row that are in the cache. The others are inserted when a color is
    /// looked up.
    inserted: usize,
}

impl ColorCache {
    fn new(bits: u32, budget: &Budget) -> Result<Self> {
        if !(1..=MAX_CACHE_BITS).contains(&bits) {
            return Err(damaged());
        }
        Ok(Self {
            colors: budget.buffer(MAX_CACHE)?,
            shift: 32 - bits,
            inserted: 0,
        })
    }

    fn len(&self) -> usize {
        1 << (32 - self.shift)
    }

    /// The color at `index`, after the pixels of the row.
    #[inline(always)]
    fn color(&mut self, index: usize, row: &[u32]) -> Option<u32> {
        self.insert(row);
        self.colors.get(index).copied()
    }

    /// Inserts the pixels of the row that are not inserted yet.
    #[inline(always)]
    fn insert(&mut self, row: &[u32]) {
        let pixels = row.get(self.inserted..).unwrap_or(&[]);
        if let Some(colors) = self.colors.first_chunk_mut::<MAX_CACHE>() {
            for &pixel in pixels {
                let index = pixel.wrapping_mul(0x1E35_A7BD) >> (self.shift & 31);
                colors[index as usize % MAX_CACHE] = pixel;
            }
        }
        self.inserted = row.len();
    }
}
