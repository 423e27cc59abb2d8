//! From the components' samples to rows of pixels, as soon as each is complete.

use crate::decode::jpeg::Row;
use crate::decode::jpeg::samples::color::{self, Transform};
use crate::decode::jpeg::samples::grid::Grid;
use crate::decode::jpeg::samples::strip::Strip;
use crate::decode::jpeg::samples::upsample;
use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::simd;

pub(crate) struct Output<'a> {
    grid: &'a Grid,
    transform: Transform,
    /// The first row that was not yet handed over.
    next: u32,
    /// Room for the components of a row, stretched.
    lines: Buffer<u8>,
    sums: Buffer<i16>,
    pixels: Buffer<u8>,
    sink: &'a mut dyn FnMut(Row<'_>) -> Result<()>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(
        grid: &'a Grid,
        transform: Transform,
        budget: &Budget,
        sink: &'a mut dyn FnMut(Row<'_>) -> Result<()>,
    ) -> Result<Self> {
        let width = grid.region.size().width as usize;
        let samples = grid
            .planes
            .iter()
            .map(|p| p.blocks.size().width as usize * p.points.x);
        Ok(Self {
            grid,
            transform,
            next: grid.region.y0,
            lines: budget.buffer(width * grid.planes.len())?,
            sums: budget.buffer(samples.max().unwrap_or(0) + 2)?,
            pixels: budget.buffer(width * grid.planes.len())?,
            sink,
        })
    }

    /// Hands over what can be completed once row `mcu_row` of MCUs is in `strips`.
    pub(crate) fn after(&mut self, mcu_row: u32, strips: &[Strip]) -> Result<()> {
        let grid = self.grid;
        let end = if mcu_row + 1 == grid.mcus.y1 {
            grid.region.y1
        } else {
            let complete = (mcu_row + 1) * grid.mcu_rows - u32::from(grid.looks_down());
            complete.min(grid.region.y1)
        };
        while self.next < end {
            simd::fastest(
                #[inline(always)]
                || self.assemble(self.next, strips),
            );
            (self.sink)(Row {
                y: self.next,
                samples: &self.pixels,
            })?;
            self.next += 1;
        }
        Ok(())
    }

    #[inline(always)]
    fn assemble(&mut self, y: u32, strips: &[Strip]) {
        let grid = self.grid;
        let width = grid.region.size().width as usize;
        let mut planes: [&[u8]; 4] = [&[]; 4];
        let lines = self.lines.chunks_exact_mut(width);
        for (((plane, strip), line), slot) in
            grid.planes.iter().zip(strips).zip(lines).zip(&mut planes)
        {
            *slot = upsample::row(plane, strip, y, grid.region.x0, line, &mut self.sums);
        }
        color::interleave(self.transform, planes, &mut self.pixels);
    }
}
