//! Averages decoded rows, as they come, to an image not much larger than the avatar.
//!
//! ```text
//! for each decoded row:
//!     line = the row's samples in linear light
//!     for each pixel of line inside the region:
//!         columns[its column] += pixel
//!     if the row was the last of its boxes:
//!         sums[each box] = the sum of its columns
//!         out[row of boxes] = sums / pixels in a box, rounded
//! ```
//!
//! Rows are added to columns, because that takes whole vectors. Memory is one row in linear light, the sums of
//! its columns and boxes, and the small result. Where rows come in another order, their pixels are added to
//! boxes at once, and the sums of all boxes are kept until the end. Where they come in pieces, tile by tile, the
//! sums of as many rows of boxes as one row of tiles touches are kept. Rows of an interlaced image contain
//! every n-th pixel. A box at the right or bottom edge may have fewer pixels.

use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Layout, LinearImage, Raster, Row, SampleDepth};
use crate::simd;

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
        let line = 2 * u64::from(self.width) + 4 * u64::from(self.summed_columns());
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

    /// The columns whose sums are kept: those of the region if rows come whole and in order, else none.
    fn summed_columns(&self) -> u32 {
        match self.band {
            1 if self.average > 1 && !self.out_of_order => self.region.size().width,
            _ => 0,
        }
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
    /// Sums over the columns of the row of boxes that is open, if rows come whole and in order.
    columns: Buffer<u32>,
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
            columns: budget.buffer(shape.summed_columns() as usize * channels)?,
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
            (1, 1) => self.store(row, y),
            (1, _) => self.store_spread(row, y),
            (_, 1) => self.add(row, y),
            _ => self.add_spread(row, y),
        }
    }

    /// The reduced image.
    pub(crate) fn finish(mut self) -> LinearImage {
        if self.shape.out_of_order && self.shape.average > 1 {
            (0..self.out.size.height).for_each(|row| self.close(row));
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

    /// Adds a row of adjacent pixels, or a piece of it.
    fn add(&mut self, row: &Row<'_>, y: u32) -> Result<()> {
        let (bytes, channels) = (self.shape.pixel_bytes(), self.out.channels);
        let pixels = row.samples.len() / bytes;
        let (skipped, start, length) = self.overlap(row, pixels);
        let inside = row.samples.get(skipped * bytes..(skipped + length) * bytes);
        let inside = inside.unwrap_or_default();
        let line = self.line.get_mut(..inside.len() / bytes * channels);
        let line = line.ok_or_else(short_row)?;
        (self.linearize)(inside, line)?;
        match self.columns.get_mut(start * channels..) {
            Some(columns) if !columns.is_empty() => simd::dispatch(|| add_columns(line, columns)),
            _ => self.add_to_boxes(y, start, length),
        }
        let Reduction {
            region, average, ..
        } = self.shape;
        let last = (y + 1).is_multiple_of(average) || y + 1 == region.size().height;
        let whole = row.x + pixels as u32 >= region.x1;
        if last && whole && !self.shape.out_of_order {
            self.close(y / average);
        }
        Ok(())
    }

    /// Adds the first `length` pixels of `line`, which begin at column `start` of the region.
    fn add_to_boxes(&mut self, y: u32, start: usize, length: usize) {
        let (channels, average) = (self.out.channels, self.shape.average);
        let sums = self.open.row_mut(y / average % self.open.size.height);
        let average = average as usize;
        let sums = sums.get_mut(start / average * channels..);
        let (line, sums) = (&self.line[..length * channels], sums.unwrap_or_default());
        match channels {
            4 => add_boxes::<4>(line, sums, average, start % average),
            _ => add_boxes::<3>(line, sums, average, start % average),
        }
    }

    /// Adds a row of pixels that are `row.step` columns apart.
    fn add_spread(&mut self, row: &Row<'_>, y: u32) -> Result<()> {
        let pixels = self.linearize_line(row)?;
        let (channels, average) = (self.out.channels, self.shape.average);
        let sums = self.open.row_mut(y / average % self.open.size.height);
        let columns = self.shape.region.x0..self.shape.region.x1;
        let line = self.line[..pixels * channels].chunks_exact(channels);
        for (x, pixel) in (row.x..).step_by(row.step as usize).zip(line) {
            if !columns.contains(&x) {
                continue;
            }
            let first = ((x - columns.start) / average) as usize * channels;
            for (sum, &sample) in sums[first..].iter_mut().zip(pixel) {
                *sum += u32::from(sample);
            }
        }
        Ok(())
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
    fn close(&mut self, box_row: u32) {
        let Reduction {
            region, average, ..
        } = self.shape;
        let inside = region.size();
        let side = |at: u32, length: u32| average.min(length - at * average);
        let rows = side(box_row, inside.height);
        let channels = self.out.channels;
        let last = self.out.size.width.saturating_sub(1);
        let whole = BoxMean::new(rows * side(0, inside.width));
        let narrow = BoxMean::new(rows * side(last, inside.width));
        let sums = self.open.row_mut(box_row % self.open.size.height);
        let columns = &mut self.columns[..];
        let last = last as usize * channels;
        let (out, last_out) = self.out.row_mut(box_row).split_at_mut(last);
        simd::dispatch(|| {
            match channels {
                4 => sum_columns::<4>(columns, sums, average as usize),
                _ => sum_columns::<3>(columns, sums, average as usize),
            }
            whole.divide(&sums[..last], out);
            narrow.divide(&sums[last..], last_out);
            columns.fill(0);
            sums.fill(0);
        });
    }
}

/// The mean of a box's samples, by a multiplication: a division takes several times as long.
#[derive(Clone, Copy)]
struct BoxMean {
    half: u64,
    /// 2^48 / pixels, rounded down, + 1.
    reciprocal: u64,
    /// 2^32 / pixels, rounded up, if that is precise enough. It fits vectors.
    short_reciprocal: Option<u32>,
}

impl BoxMean {
    /// `pixels` is 1 to 255 x 255.
    fn new(pixels: u32) -> Self {
        let pixels = pixels.max(1);
        Self {
            half: u64::from(pixels / 2),
            reciprocal: (1 << 48) / u64::from(pixels) + 1,
            short_reciprocal: (2..=255).contains(&pixels).then(|| u32::MAX / pixels + 1),
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

    /// Divides a row of sums.
    ///
    /// With 2^32, the quotient is too large by `e / 2^32 * (sum + half) / pixels`. This is less than 1 / pixels
    /// up to 255 pixels: e is at most pixels, and `sum + half` less than 2^16 * pixels.
    #[inline(always)]
    fn divide(self, sums: &[u32], out: &mut [u16]) {
        let Some(reciprocal) = self.short_reciprocal else {
            let means = sums.iter().map(|&sum| self.of(sum));
            return out
                .iter_mut()
                .zip(means)
                .for_each(|(out, mean)| *out = mean);
        };
        let half = self.half as u32;
        for (out, &sum) in out.iter_mut().zip(sums) {
            *out = ((u64::from(sum + half) * u64::from(reciprocal)) >> 32) as u16;
        }
    }
}

#[inline(always)]
fn add_columns(line: &[u16], columns: &mut [u32]) {
    for (column, &sample) in columns.iter_mut().zip(line) {
        *column += u32::from(sample);
    }
}

/// Adds the columns of each box to its sum. No columns, no change. Widths that occur often are compiled on
/// their own, but not for wasm, where every page would load the code.
#[inline(always)]
fn sum_columns<const CHANNELS: usize>(columns: &[u32], sums: &mut [u32], average: usize) {
    match average {
        _ if cfg!(target_arch = "wasm32") => sum_columns_of_any::<CHANNELS>(columns, sums, average),
        2 => sum_columns_of::<CHANNELS, 2>(columns, sums),
        3 => sum_columns_of::<CHANNELS, 3>(columns, sums),
        4 => sum_columns_of::<CHANNELS, 4>(columns, sums),
        _ => sum_columns_of_any::<CHANNELS>(columns, sums, average),
    }
}

#[inline(always)]
fn sum_columns_of_any<const CHANNELS: usize>(columns: &[u32], sums: &mut [u32], average: usize) {
    let boxes = columns.chunks(average * CHANNELS);
    for (columns, sum) in boxes.zip(sums.as_chunks_mut::<CHANNELS>().0) {
        add_pixels(columns.as_chunks().0, sum);
    }
}

#[inline(always)]
fn sum_columns_of<const CHANNELS: usize, const AVERAGE: usize>(columns: &[u32], sums: &mut [u32]) {
    let (boxes, narrow) = columns.as_chunks::<CHANNELS>().0.as_chunks::<AVERAGE>();
    let (sums, _) = sums.as_chunks_mut::<CHANNELS>();
    for (columns, sum) in boxes.iter().zip(&mut *sums) {
        add_pixels(columns, sum);
    }
    if let (Some(sum), false) = (sums.last_mut(), narrow.is_empty()) {
        add_pixels(narrow, sum);
    }
}

#[inline(always)]
fn add_pixels<T: Copy + Into<u32>, const CHANNELS: usize>(
    pixels: &[[T; CHANNELS]],
    sum: &mut [u32; CHANNELS],
) {
    for pixel in pixels {
        for (sum, &sample) in sum.iter_mut().zip(pixel) {
            *sum += sample.into();
        }
    }
}

/// Adds adjacent pixels to their boxes. The first has `offset` pixels before them.
fn add_boxes<const CHANNELS: usize>(line: &[u16], sums: &mut [u32], average: usize, offset: usize) {
    let first = ((average - offset) * CHANNELS).min(line.len());
    let (first, line) = line.split_at(first);
    let boxes = std::iter::once(first).chain(line.chunks(average * CHANNELS));
    for (pixels, sum) in boxes.zip(sums.as_chunks_mut::<CHANNELS>().0) {
        add_pixels(pixels.as_chunks().0, sum);
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
                    let mut divided = [0];
                    mean.divide(&[sum], &mut divided);
                    let means = [mean.of(sum), divided[0]].map(u32::from);
                    assert_eq!(means, [expected; 2], "{sum} / {pixels}");
                }
            }
        }
    }

    /// Reduces rows of 8-bit samples without a conversion.
    fn reduce(shape: Reduction, rows: &[Row<'_>]) -> LinearImage {
        let mut widen = |samples: &[u8], out: &mut [u16]| {
            let wide = samples.iter().map(|&sample| u16::from(sample) * 257);
            out.iter_mut().zip(wide).for_each(|(out, wide)| *out = wide);
            Ok(())
        };
        let budget = Budget::new(&Limits::default());
        let mut reducer = Reducer::new(shape, &mut widen, &budget).unwrap();
        rows.iter().for_each(|row| reducer.push(row).unwrap());
        reducer.finish()
    }

    /// Columns first, boxes at once, and pieces of rows must agree.
    #[test]
    fn sums_of_columns_give_the_image_that_sums_of_boxes_give() {
        let (width, height) = (37_u32, 23);
        for (layout, average) in [Layout::Rgb, Layout::Rgba]
            .into_iter()
            .flat_map(|layout| (2..=17).map(move |average| (layout, average)))
        {
            let stride = width as usize * layout.channels();
            let samples: Vec<u8> = (0..stride as u32 * height)
                .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect();
            let row = |y: u32| &samples[y as usize * stride..][..stride];
            let shape = Reduction {
                layout,
                depth: SampleDepth::Eight,
                width,
                out_of_order: false,
                band: 1,
                region: Region {
                    x0: average % 5,
                    y0: 3,
                    x1: width - average % 3,
                    y1: height - 2,
                },
                average,
            };
            let whole = |y| Row {
                x: 0,
                y,
                step: 1,
                samples: row(y),
            };
            let rows: Vec<_> = (0..height).map(whole).collect();
            let by_columns = reduce(shape, &rows);
            let at = 11 * layout.channels();
            let pieces: Vec<_> = (0..height)
                .flat_map(|y| [(0, &row(y)[..at], y), (11, &row(y)[at..], y)])
                .map(|(x, samples, y)| Row {
                    x,
                    y,
                    step: 1,
                    samples,
                })
                .collect();
            let by_pieces = reduce(Reduction { band: 2, ..shape }, &pieces);
            let out_of_order = Reduction {
                out_of_order: true,
                ..shape
            };
            let by_boxes = reduce(out_of_order, &rows);
            assert_eq!(by_columns.samples[..], by_boxes.samples[..], "{average}");
            assert_eq!(by_columns.samples[..], by_pieces.samples[..], "{average}");
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
