//! Averages decoded rows, as they come, to an image not much larger than the avatar.
//!
//! ```text
//! for each decoded row:
//!     line = the row's samples in linear light
//!     for each pixel of line inside the region:
//!         sums[its box] += pixel
//!     if the row was the last of its boxes:
//!         out[row of boxes] = sums / pixels in a box, rounded
//! ```
//!
//! Memory is one decoded row, one row of sums and the small result. Where rows come in another order,
//! the sums of all boxes are kept until the end. Where they come in pieces, tile by tile, the sums of
//! as many rows of boxes as one row of tiles touches are kept. Rows of an interlaced image contain every n-th pixel.
//! A box at the right or bottom edge may have fewer pixels.

use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Layout, LinearImage, Raster, Row, SampleDepth};

/// Converts samples of a row to linear light. The output has 3 channels, or 4 with alpha.
pub(crate) type Linearize<'a> = dyn FnMut(&[u8], &mut [u16]) -> Result<()> + Send + 'a;

/// The rows to reduce, and how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reduction {
    pub layout: Layout,
    pub depth: SampleDepth,
    /// Pixels of the widest row.
    pub width: u32,
    /// Whether rows come in any other order than top to bottom, or contain every n-th pixel.
    pub out_of_order: bool,
    /// Rows that may be incomplete at once, because rows come in pieces: from left to right, so that
    /// the last piece of a row reaches the right edge of the region. 1 where rows are whole.
    pub band: u32,
    /// The part of the image to keep.
    pub region: Region,
    /// The side of the boxes of pixels that are averaged to one pixel, 1 to 255.
    pub average: u32,
}

impl Reduction {
    /// Bytes that a [`Reducer`] takes.
    pub(crate) fn memory(&self) -> u64 {
        let line = 2 * u64::from(self.width);
        let samples = line + 4 * self.open_boxes().pixels() + 2 * self.boxes().pixels();
        samples * self.layout.linear_channels() as u64
    }

    /// Bytes of the reduced image.
    pub(crate) fn image_memory(&self) -> u64 {
        2 * self.boxes().pixels() * self.layout.linear_channels() as u64
    }

    fn boxes(&self) -> Size {
        let inside = self.region.size();
        Size::new(
            inside.width.div_ceil(self.average),
            inside.height.div_ceil(self.average),
        )
    }

    /// The boxes whose sums are kept at once.
    fn open_boxes(&self) -> Size {
        let Size { width, height } = self.boxes();
        let rows = match (self.out_of_order, self.average) {
            (_, 1) => 0,
            (true, _) => height,
            (false, side) => ((self.band - 1).div_ceil(side) + 1).min(height),
        };
        Size::new(width, rows)
    }

    /// Bytes of a decoded pixel.
    fn pixel_bytes(&self) -> usize {
        self.layout.channels() * self.depth.bytes()
    }
}

/// Collects the rows of one image.
pub(crate) struct Reducer<'a> {
    shape: Reduction,
    linearize: &'a mut Linearize<'a>,
    /// One row in linear light.
    line: Buffer<u16>,
    /// Sums over the boxes that are still open: one row of boxes, or all boxes. A sum of 255 x 255
    /// samples of 16 bits fits into 32 bits.
    open: Raster<u32>,
    out: LinearImage,
}

impl<'a> Reducer<'a> {
    pub(crate) fn new(
        shape: Reduction,
        linearize: &'a mut Linearize<'a>,
        budget: &Budget,
    ) -> Result<Self> {
        let channels = shape.layout.linear_channels();
        Ok(Self {
            shape,
            linearize,
            line: budget.buffer(shape.width as usize * channels)?,
            open: Raster::new(shape.open_boxes(), channels, budget)?,
            out: LinearImage::new(shape.boxes(), channels, budget)?,
        })
    }

    /// Adds one row. Its pixels outside the region are ignored.
    pub(crate) fn push(&mut self, row: &Row<'_>) -> Result<()> {
        let Reduction {
            region, average, ..
        } = self.shape;
        if !(region.y0..region.y1).contains(&row.y) {
            return Ok(());
        }
        let y = row.y - region.y0;
        match (average, row.step) {
            (1, 1) => return self.store(row, y),
            (1, _) => return self.store_spread(row, y),
            _ => {}
        }
        let pixels = self.linearize_line(row)?;
        let box_row = y / average;
        let open_row = box_row % self.open.size.height;
        self.add(row, pixels, open_row);
        let whole = row.x + pixels as u32 >= region.x1;
        let last = (y + 1).is_multiple_of(average) || y + 1 == region.size().height;
        if last && whole && !self.shape.out_of_order {
            self.close(box_row, open_row);
        }
        Ok(())
    }

    /// The reduced image.
    pub(crate) fn finish(mut self) -> LinearImage {
        if self.shape.out_of_order && self.shape.average > 1 {
            (0..self.out.size.height).for_each(|row| self.close(row, row));
        }
        self.out
    }

    /// Boxes of a single pixel need no sums, so the row is converted straight into its place.
    fn store(&mut self, row: &Row<'_>, y: u32) -> Result<()> {
        let bytes = self.shape.pixel_bytes();
        let (skipped, start, length) = self.overlap(row, row.samples.len() / bytes);
        let samples = row.samples.get(skipped * bytes..(skipped + length) * bytes);
        let channels = self.out.channels;
        let out = self
            .out
            .row_mut(y)
            .get_mut(start * channels..(start + length) * channels);
        let (samples, out) = samples.zip(out).ok_or_else(short_row)?;
        (self.linearize)(samples, out)
    }

    /// As `store`, for a row of pixels that are `row.step` columns apart.
    fn store_spread(&mut self, row: &Row<'_>, y: u32) -> Result<()> {
        let pixels = self.linearize_line(row)?;
        let channels = self.out.channels;
        let region = self.shape.region;
        let line = self.line[..pixels * channels].chunks_exact(channels);
        let out = self.out.row_mut(y);
        for (x, pixel) in (row.x..).step_by(row.step as usize).zip(line) {
            if (region.x0..region.x1).contains(&x) {
                let first = (x - region.x0) as usize * channels;
                out[first..first + channels].copy_from_slice(pixel);
            }
        }
        Ok(())
    }

    /// Converts a whole row into `line`; returns its pixels.
    fn linearize_line(&mut self, row: &Row<'_>) -> Result<usize> {
        let pixels = row.samples.len() / self.shape.pixel_bytes();
        let line = self.line.get_mut(..pixels * self.out.channels);
        (self.linearize)(row.samples, line.ok_or_else(short_row)?)?;
        Ok(pixels)
    }

    fn add(&mut self, row: &Row<'_>, pixels: usize, open_row: u32) {
        let (channels, average) = (self.out.channels, self.shape.average);
        let (skipped, start, length) = self.overlap(row, pixels);
        let line = &self.line[..pixels * channels];
        let sums = self.open.row_mut(open_row);
        let (from, to) = (self.shape.region.x0, self.shape.region.x1);
        if row.step > 1 {
            return add_spread(line, channels, sums, row, from..to, average);
        }
        let inside = line.get(skipped * channels..(skipped + length) * channels);
        let (inside, average) = (inside.unwrap_or(&[]), average as usize);
        let sums = sums
            .get_mut(start / average * channels..)
            .unwrap_or_default();
        match channels {
            4 => add_boxes::<4>(inside, sums, average, start % average),
            _ => add_boxes::<3>(inside, sums, average, start % average),
        }
    }

    /// How many of the `pixels` of a row are left of the region, the first column of the region that
    /// it covers, and how many it covers.
    fn overlap(&self, row: &Row<'_>, pixels: usize) -> (usize, usize, usize) {
        let region = self.shape.region;
        let skipped = region.x0.saturating_sub(row.x);
        let start = row.x.saturating_sub(region.x0);
        let end = (row.x + pixels as u32).min(region.x1);
        let length = end.saturating_sub(region.x0 + start);
        (skipped as usize, start as usize, length as usize)
    }

    /// Divides the sums of a row of boxes and clears them.
    fn close(&mut self, box_row: u32, open_row: u32) {
        let Reduction {
            region, average, ..
        } = self.shape;
        let inside = region.size();
        let side = |at: u32, length: u32| average.min(length - at * average);
        let rows = side(box_row, inside.height);
        let channels = self.out.channels;
        let last = self.out.size.width.saturating_sub(1) as usize;
        let whole = BoxMean::new(rows * side(0, inside.width));
        let narrow = BoxMean::new(rows * side(last as u32, inside.width));
        let out = self.out.row_mut(box_row).chunks_exact_mut(channels);
        let sums = self.open.row_mut(open_row).chunks_exact_mut(channels);
        for (x, (pixel, sums)) in out.zip(sums).enumerate() {
            let mean = if x == last { narrow } else { whole };
            for (sample, sum) in pixel.iter_mut().zip(sums) {
                *sample = mean.of(*sum);
                *sum = 0;
            }
        }
    }
}

/// The mean of a box's samples, by a multiplication: a division takes several times as long.
#[derive(Clone, Copy)]
struct BoxMean {
    half: u64,
    /// 2^48 / pixels, rounded down, + 1.
    reciprocal: u64,
}

impl BoxMean {
    /// `pixels` is 1 to 255 x 255.
    fn new(pixels: u32) -> Self {
        let pixels = pixels.max(1);
        Self {
            half: u64::from(pixels / 2),
            reciprocal: (1 << 48) / u64::from(pixels) + 1,
        }
    }

    /// `sum` / pixels, rounded.
    ///
    /// The reciprocal is (2^48 + e) / pixels, with e from 1 to pixels. So the quotient is too large by
    /// `e / 2^48 * (sum + half) / pixels`. This is less than 1 / pixels, because e < 2^16 and
    /// `sum + half` < 2^32. So the quotient is right when rounded down. The product is less than
    /// 65,535.5 * (2^48 + pixels) < 2^64.
    #[inline(always)]
    fn of(self, sum: u32) -> u16 {
        (((u64::from(sum) + self.half) * self.reciprocal) >> 48) as u16
    }
}

/// Adds adjacent pixels to their boxes. The first has `offset` pixels before them.
fn add_boxes<const CHANNELS: usize>(line: &[u16], sums: &mut [u32], average: usize, offset: usize) {
    let first = ((average - offset) * CHANNELS).min(line.len());
    let (first, line) = line.split_at(first);
    let boxes = std::iter::once(first).chain(line.chunks(average * CHANNELS));
    for (pixels, sum) in boxes.zip(sums.as_chunks_mut::<CHANNELS>().0) {
        for pixel in pixels.as_chunks::<CHANNELS>().0 {
            for (sum, &sample) in sum.iter_mut().zip(pixel) {
                *sum += u32::from(sample);
            }
        }
    }
}

/// Adds the pixels of an interlaced row, `row.step` columns apart.
fn add_spread(
    line: &[u16],
    channels: usize,
    sums: &mut [u32],
    row: &Row<'_>,
    columns: std::ops::Range<u32>,
    average: u32,
) {
    let positions = (row.x..).step_by(row.step as usize);
    for (x, pixel) in positions.zip(line.chunks_exact(channels)) {
        if !columns.contains(&x) {
            continue;
        }
        let first = ((x - columns.start) / average) as usize * channels;
        for (sum, &sample) in sums[first..].iter_mut().zip(pixel) {
            *sum += u32::from(sample);
        }
    }
}

fn short_row() -> Error {
    Error::internal("a decoded row is shorter than its image")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn the_mean_of_a_box_is_its_sum_divided_and_rounded() {
        for pixels in (1..=255).chain((1..=255).map(|rows| rows * 255)) {
            let mean = BoxMean::new(pixels);
            for value in (0..=0xFFFF).step_by(257) {
                let middle = value * pixels;
                let halfway = [pixels / 2, pixels.div_ceil(2)];
                let sums = halfway.map(|half| middle.saturating_sub(half));
                for sum in sums.into_iter().chain([middle, middle + pixels / 2]) {
                    let sum = sum.min(0xFFFF * pixels);
                    let expected = (sum + pixels / 2) / pixels;
                    assert_eq!(u32::from(mean.of(sum)), expected, "{sum} / {pixels}");
                }
            }
        }
    }

    #[test]
    fn a_reducer_takes_exactly_the_stated_memory() {
        let region = Region {
            x0: 5,
            y0: 7,
            x1: 90,
            y1: 70,
        };
        for (average, out_of_order) in [(1, false), (1, true), (4, false), (4, true)] {
            let shape = Reduction {
                layout: Layout::Rgba,
                depth: SampleDepth::Eight,
                width: 100,
                out_of_order,
                band: 1,
                region,
                average,
            };
            let fits = |memory| {
                let budget = Budget::new(&Limits {
                    memory,
                    ..Limits::default()
                });
                Reducer::new(shape, &mut |_, _| Ok(()), &budget).is_ok()
            };
            assert!(
                fits(shape.memory()) && !fits(shape.memory() - 1),
                "{shape:?}"
            );
        }
    }
}
