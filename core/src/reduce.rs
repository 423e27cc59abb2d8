//! Averages decoded rows, as they come, to an image not much larger than the avatar.
//!
//! ```text
//! for each decoded row:
//!     line = the row's samples in linear light
//!     for each pixel of line inside the region:
//!         sums[its box] += pixel
//!     if the row was the last of its boxes:
//!         out[their row] = sums / pixels in a box, rounded
//! ```
//!
//! Rows of an interlaced image come in another order and hold every n-th pixel; then the sums of
//! all boxes stay open until the end. A box at the right or bottom edge may hold fewer pixels.

use crate::colour::Colour;
use crate::decode::Row;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Image, Linear};

/// Collects the rows of one image.
pub(crate) struct Reducer<'a> {
    colour: &'a Colour,
    region: Region,
    average: u32,
    /// One row in linear light.
    line: Buffer<u16>,
    scratch: Buffer<u8>,
    /// Sums over the boxes that are still open: one row of boxes, or all of them.
    open: Image<u32>,
    interlaced: bool,
    out: Linear,
}

impl<'a> Reducer<'a> {
    /// `width` is that of the widest row that will be pushed.
    pub(crate) fn new(
        colour: &'a Colour,
        region: Region,
        average: u32,
        width: u32,
        interlaced: bool,
        budget: &Budget,
    ) -> Result<Self> {
        let inside = region.size();
        let boxes = Size::new(
            inside.width.div_ceil(average),
            inside.height.div_ceil(average),
        );
        let channels = colour.channels();
        let open_rows = match (interlaced, average) {
            (_, 1) => 0,
            (true, _) => boxes.height,
            (false, _) => 1,
        };
        Ok(Self {
            colour,
            region,
            average,
            line: budget.buffer(width as usize * channels)?,
            scratch: budget.buffer(colour.scratch(width as usize))?,
            open: Image::new(Size::new(boxes.width, open_rows), channels, budget)?,
            interlaced,
            out: Linear::new(boxes, channels, budget)?,
        })
    }

    /// Takes one row, which may reach beyond the region.
    pub(crate) fn push(&mut self, row: &Row<'_>) -> Result<()> {
        if !(self.region.y0..self.region.y1).contains(&row.y) {
            return Ok(());
        }
        let y = row.y - self.region.y0;
        match (self.average, row.step) {
            (1, 1) => return self.store(row, y),
            (1, _) => return self.store_spread(row, y),
            _ => {}
        }
        let pixels = self.linearise(row)?;
        let box_row = y / self.average;
        self.add(row, pixels, if self.interlaced { box_row } else { 0 });
        let inside = self.region.size();
        if !self.interlaced && ((y + 1).is_multiple_of(self.average) || y + 1 == inside.height) {
            self.close(box_row, 0);
        }
        Ok(())
    }

    /// The reduced image.
    pub(crate) fn finish(mut self) -> Linear {
        if self.interlaced && self.average > 1 {
            (0..self.out.size.height).for_each(|row| self.close(row, row));
        }
        self.out
    }

    /// Boxes of a single pixel need no sums.
    fn store(&mut self, row: &Row<'_>, y: u32) -> Result<()> {
        let per_pixel = self.colour.layout().channels();
        let first = (self.region.x0 - row.x) as usize * per_pixel;
        let length = self.region.size().width as usize * per_pixel;
        let samples = row
            .samples
            .get(first..first + length)
            .ok_or_else(short_row)?;
        self.colour
            .linearise(samples, &mut self.scratch, self.out.row_mut(y))
    }

    fn store_spread(&mut self, row: &Row<'_>, y: u32) -> Result<()> {
        let pixels = self.linearise(row)?;
        let channels = self.colour.channels();
        let line = self.line[..pixels * channels].chunks_exact(channels);
        let out = self.out.row_mut(y);
        for (x, pixel) in (row.x..).step_by(row.step as usize).zip(line) {
            if (self.region.x0..self.region.x1).contains(&x) {
                let first = (x - self.region.x0) as usize * channels;
                out[first..first + channels].copy_from_slice(pixel);
            }
        }
        Ok(())
    }

    fn linearise(&mut self, row: &Row<'_>) -> Result<usize> {
        let pixels = row.samples.len() / self.colour.layout().channels();
        let channels = self.colour.channels();
        let line = self
            .line
            .get_mut(..pixels * channels)
            .ok_or_else(short_row)?;
        self.colour
            .linearise(row.samples, &mut self.scratch, line)?;
        Ok(pixels)
    }

    fn add(&mut self, row: &Row<'_>, pixels: usize, open_row: u32) {
        let channels = self.colour.channels();
        let line = &self.line[..pixels * channels];
        let sums = self.open.row_mut(open_row);
        let (from, to) = (self.region.x0, self.region.x1);
        if row.step > 1 {
            return add_spread(line, channels, sums, row, from..to, self.average);
        }
        let first = from.saturating_sub(row.x) as usize * channels;
        let length = (to - from) as usize * channels;
        let inside = line.get(first..first + length).unwrap_or(&[]);
        match channels {
            4 => add_boxes::<4>(inside, sums, self.average as usize),
            _ => add_boxes::<3>(inside, sums, self.average as usize),
        }
    }

    /// Divides the sums of a row of boxes and clears them.
    fn close(&mut self, box_row: u32, open_row: u32) {
        let inside = self.region.size();
        let side = |at: u32, length: u32| self.average.min(length - at * self.average);
        let rows = side(box_row, inside.height);
        let channels = self.colour.channels();
        let out = self.out.row_mut(box_row).chunks_exact_mut(channels);
        let sums = self.open.row_mut(open_row).chunks_exact_mut(channels);
        for (x, (pixel, sums)) in out.zip(sums).enumerate() {
            let count = rows * side(x as u32, inside.width);
            for (sample, sum) in pixel.iter_mut().zip(sums) {
                *sample = ((*sum + count / 2) / count) as u16;
                *sum = 0;
            }
        }
    }
}

/// Adds neighbouring pixels to the boxes that they fall in.
fn add_boxes<const CHANNELS: usize>(line: &[u16], sums: &mut [u32], average: usize) {
    let boxes = line.chunks(average * CHANNELS);
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
    Error::internal("a decoded row is shorter than its image is wide")
}
