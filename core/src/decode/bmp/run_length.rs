//! Run-length coding of pixels of 4, 8 and 24 bits (BI_RLE4, BI_RLE8; OS/2 2.x RLE24).
//!
//! ```text
//! n, color          n > 0: n pixels of a color. Of 4 bits: two alternating colors
//! 0, 0              end of the row
//! 0, 1              end of the bitmap
//! 0, 2, dx, dy      move by that many columns to the right and rows ahead
//! 0, n, colors...   n > 2: n pixels, padded to 16 bits
//! ```
//!
//! Pixels that are jumped over are transparent, because the file gives them no color. Pixels that leave a row are
//! dropped, as in Pillow. Where the file ends without the end of the bitmap, the missing pixels are
//! damage. Pixels that the end of the bitmap leaves out are not.

use super::header::BmpHeader;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Layout, Row, RowSink};

/// One step through the coded pixels.
#[derive(Clone, Copy, Debug)]
pub(super) enum RunStep<'a> {
    /// `count` adjacent pixels, whose colors are those in `colors`, repeated.
    Pixels {
        count: u32,
        colors: &'a [u8],
    },
    EndOfRow,
    Jump {
        columns: u32,
        rows: u32,
    },
    EndOfBitmap,
}

/// Splits the stream into steps. `None`: the file ends.
#[derive(Clone, Debug)]
pub(super) struct RunSteps<'a> {
    rest: &'a [u8],
    /// 4, 8 or 24.
    bits: u16,
}

impl<'a> RunSteps<'a> {
    pub(super) fn new(rest: &'a [u8], bits: u16) -> Self {
        Self { rest, bits }
    }

    /// The next `length` bytes, or fewer at the end of the file.
    fn split(&mut self, length: usize) -> &'a [u8] {
        let (bytes, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        bytes
    }

    /// Bytes that `count` pixels take.
    fn length(&self, count: u8) -> usize {
        (usize::from(count) * usize::from(self.bits)).div_ceil(8)
    }

    fn run(&mut self, count: u8) -> Option<RunStep<'a>> {
        let length = usize::from(self.bits).div_ceil(8);
        let colors = self.split(length);
        (colors.len() == length).then_some(RunStep::Pixels {
            count: count.into(),
            colors,
        })
    }

    fn jump(&mut self) -> Option<RunStep<'a>> {
        let &[columns, rows] = self.split(2) else {
            return None;
        };
        Some(RunStep::Jump {
            columns: columns.into(),
            rows: rows.into(),
        })
    }

    fn literal(&mut self, count: u8) -> Option<RunStep<'a>> {
        let length = self.length(count);
        let colors = self.split(length);
        self.split(length % 2);
        let count = match colors.len() * 8 / usize::from(self.bits) {
            0 => return None,
            available => (available as u32).min(count.into()),
        };
        Some(RunStep::Pixels { count, colors })
    }
}

impl<'a> Iterator for RunSteps<'a> {
    type Item = RunStep<'a>;

    fn next(&mut self) -> Option<RunStep<'a>> {
        let &[count] = self.split(1) else {
            return None;
        };
        if count > 0 {
            return self.run(count);
        }
        match *self.split(1) {
            [0] => Some(RunStep::EndOfRow),
            [1] => Some(RunStep::EndOfBitmap),
            [2] => self.jump(),
            [count] => self.literal(count),
            _ => None,
        }
    }
}

/// Whether every pixel of the bitmap is coded, so that none will be transparent.
pub(super) fn is_full(steps: RunSteps<'_>, size: Size) -> bool {
    let (mut x, mut y) = (0, 0);
    for step in steps {
        match step {
            RunStep::Pixels { count, .. } => x = size.width.min(x + count),
            RunStep::EndOfRow if x == size.width => (x, y) = (0, y + 1),
            RunStep::EndOfBitmap => break,
            RunStep::EndOfRow | RunStep::Jump { .. } => return false,
        }
        if y == size.height {
            return true;
        }
    }
    y + 1 == size.height && x == size.width
}

/// Fills rows step by step, and sends them in the order in which they are stored.
pub(super) struct RowFiller<'h> {
    header: &'h BmpHeader<'h>,
    region: Region,
    channels: usize,
    /// The region's columns of the current row.
    samples: Buffer<u8>,
    /// The stored row and the column of the next pixel.
    row: u32,
    x: u32,
}

impl<'h> RowFiller<'h> {
    pub(super) fn new(
        header: &'h BmpHeader<'h>,
        layout: Layout,
        region: Region,
        budget: &Budget,
    ) -> Result<Self> {
        let channels = layout.channels();
        Ok(Self {
            header,
            region,
            channels,
            samples: budget.buffer(region.size().width as usize * channels)?,
            row: 0,
            x: 0,
        })
    }

    /// Sends all rows and returns how many pixels of the region are missing.
    pub(super) fn rows(mut self, budget: &Budget, sink: &mut RowSink<'_>) -> Result<u64> {
        let height = self.header.size.height;
        let mut missing = None;
        for step in RunSteps::new(self.header.pixels, self.header.bits) {
            match step {
                RunStep::Pixels { count, colors } => self.write(count, colors),
                RunStep::EndOfRow => self.end_row(0, budget, sink)?,
                RunStep::Jump { columns, rows } => {
                    self.x = self.header.size.width.min(self.x + columns);
                    for _ in 0..rows.min(height - self.row) {
                        self.end_row(self.x, budget, sink)?;
                    }
                }
                RunStep::EndOfBitmap => missing = Some(0),
            }
            if missing.is_some() || self.row == height {
                break;
            }
        }
        let missing = missing.unwrap_or_else(|| self.missing());
        while self.row < height {
            self.end_row(0, budget, sink)?;
        }
        Ok(missing)
    }

    /// Writes pixels of the current row; those beyond its end are dropped.
    fn write(&mut self, count: u32, colors: &[u8]) {
        let (first, end) = (self.x, self.header.size.width.min(self.x + count));
        let (x0, x1) = (self.region.x0, self.region.x1);
        for x in first.max(x0)..end.min(x1) {
            let color = self.color(colors, (x - first) as usize);
            let at = (x - x0) as usize * self.channels;
            self.samples[at..at + self.channels].copy_from_slice(&color[..self.channels]);
        }
        self.x = end;
    }

    /// The `i`-th of `colors`, which start again at their end.
    fn color(&self, colors: &[u8], i: usize) -> [u8; 4] {
        let palette = &self.header.palette;
        match self.header.bits {
            4 => {
                let pair = colors[i / 2 % colors.len()];
                let index = if i.is_multiple_of(2) {
                    pair >> 4
                } else {
                    pair & 15
                };
                palette[usize::from(index)]
            }
            8 => palette[usize::from(colors[i % colors.len()])],
            _ => {
                let colors = colors.as_chunks::<3>().0;
                let [blue, green, red] = colors[i % colors.len()];
                [red, green, blue, 255]
            }
        }
    }

    /// Sends the current row, if it is in the region, and begins the next at column `x`.
    fn end_row(&mut self, x: u32, budget: &Budget, sink: &mut RowSink<'_>) -> Result<()> {
        let y = self.header.stored_row(self.row);
        if (self.region.y0..self.region.y1).contains(&y) {
            budget.work(self.samples.len() as u64)?;
            sink(Row {
                y,
                x: self.region.x0,
                step: 1,
                samples: &self.samples,
            })?;
        }
        self.samples.fill(0);
        (self.row, self.x) = (self.row + 1, x);
        Ok(())
    }

    /// Pixels of the region from the next pixel to the end of the bitmap.
    fn missing(&self) -> u64 {
        let Region { x0, x1, y0, y1 } = self.region;
        let of_row = |row: u32| {
            let start = if row == self.row { self.x } else { 0 };
            let shows = (y0..y1).contains(&self.header.stored_row(row));
            u64::from(if shows { x1 - start.clamp(x0, x1) } else { 0 })
        };
        (self.row..self.header.size.height).map(of_row).sum()
    }
}
