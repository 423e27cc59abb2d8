//! Rows of pixels from the components' samples, each as soon as it is complete.

use super::color;
use super::grid::ScaledGrid;
use super::strip::SampleStrip;
use super::upsample::upsample_row;
use crate::decode::jpeg::markers::ColorTransform;
use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::pixels::{Row, RowSink};
use crate::simd;

pub(crate) struct RowWriter<'a> {
    grid: &'a ScaledGrid,
    transform: ColorTransform,
    /// The first row that is not written yet.
    next_row: u32,
    /// One row of each component, upsampled.
    upsampled: Buffer<u8>,
    /// Scratch space of the upsampling.
    sums: Buffer<i16>,
    pixels: Buffer<u8>,
    sink: &'a mut RowSink<'a>,
}

impl<'a> RowWriter<'a> {
    pub(crate) fn new(
        grid: &'a ScaledGrid,
        transform: ColorTransform,
        budget: &Budget,
        sink: &'a mut RowSink<'a>,
    ) -> Result<Self> {
        let (row, sums) = lengths(grid);
        Ok(Self {
            grid,
            transform,
            next_row: grid.region.y0,
            upsampled: budget.buffer(row)?,
            sums: budget.buffer(sums)?,
            pixels: budget.buffer(row)?,
            sink,
        })
    }

    /// Bytes that it takes.
    pub(crate) fn memory(grid: &ScaledGrid) -> u64 {
        let (row, sums) = lengths(grid);
        2 * (row as u64 + sums as u64)
    }

    /// Writes every row that is complete once row `mcu_row` of MCUs is in `strips`.
    pub(crate) fn write_rows_after(&mut self, mcu_row: u32, strips: &[SampleStrip]) -> Result<()> {
        let grid = self.grid;
        let end = if mcu_row + 1 == grid.mcus.y1 {
            grid.region.y1
        } else {
            // The last row of pixels waits where the filter reads the row of samples below.
            let below = (mcu_row + 1) * grid.mcu_size.height;
            (below - u32::from(grid.needs_row_below())).min(grid.region.y1)
        };
        while self.next_row < end {
            simd::dispatch(
                #[inline(always)]
                || self.assemble_row(self.next_row, strips),
            );
            (self.sink)(Row {
                y: self.next_row,
                x: grid.region.x0,
                step: 1,
                samples: &self.pixels,
            })?;
            self.next_row += 1;
        }
        Ok(())
    }

    #[inline(always)]
    fn assemble_row(&mut self, y: u32, strips: &[SampleStrip]) {
        let region = self.grid.region;
        let width = region.size().width as usize;
        let mut components: [&[u8]; 4] = [&[]; 4];
        let sources = self.grid.components.iter().zip(strips);
        let lines = self.upsampled.chunks_exact_mut(width);
        for ((component, (grid, strip)), line) in components.iter_mut().zip(sources).zip(lines) {
            *component = upsample_row(grid, strip, y, region.x0, line, &mut self.sums);
        }
        color::convert_row(self.transform, components, &mut self.pixels);
    }
}

/// Samples in a row of all components, and sums of one component.
fn lengths(grid: &ScaledGrid) -> (usize, usize) {
    let components = grid.components.iter();
    let samples = components.map(|c| c.blocks.size().width as usize * c.block_size.width);
    let row = grid.region.size().width as usize * grid.components.len();
    (row, samples.max().unwrap_or(0) + 2)
}
