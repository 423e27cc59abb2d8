//! The part of the region that was damaged or absent, and was filled in.

use std::ops::Range;

use crate::decode::jpeg::samples::ScaledGrid;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};

/// Marks the MCUs in which something is missing. Allocates nothing until the first mark.
pub(crate) struct DamageMap<'a> {
    grid: &'a ScaledGrid,
    budget: &'a Budget,
    /// One flag for each MCU to decode, row by row. `None` while nothing is missing.
    missing: Option<Buffer<bool>>,
}

impl<'a> DamageMap<'a> {
    pub(crate) fn new(grid: &'a ScaledGrid, budget: &'a Budget) -> Self {
        Self {
            grid,
            budget,
            missing: None,
        }
    }

    /// Bytes that marks take.
    pub(crate) fn memory(grid: &ScaledGrid) -> u64 {
        grid.mcus.size().pixels() * size_of::<bool>() as u64
    }

    /// Marks everything as missing.
    pub(crate) fn mark_all(&mut self) -> Result<()> {
        self.mark(self.grid.mcus)
    }

    /// Marks `mcus`, which must be among those to decode.
    pub(crate) fn mark(&mut self, mcus: Region) -> Result<()> {
        let bounds = self.grid.mcus;
        let width = bounds.size().width as usize;
        let missing = match &mut self.missing {
            Some(missing) => missing,
            empty => empty.insert(self.budget.buffer(width * bounds.size().height as usize)?),
        };
        let rows = missing.chunks_exact_mut(width);
        let first = mcus.y0.saturating_sub(bounds.y0) as usize;
        for row in rows.skip(first).take(mcus.size().height as usize) {
            let columns = (mcus.x0 - bounds.x0) as usize..(mcus.x1 - bounds.x0) as usize;
            row.get_mut(columns).unwrap_or_default().fill(true);
        }
        Ok(())
    }

    /// Pixels of the region in which something is missing.
    ///
    /// At least 1 if any MCU is marked. An MCU outside the region is decoded only because pixels of
    /// the region depend on it.
    pub(crate) fn missing_pixels(&self) -> u64 {
        let Some(missing) = &self.missing else {
            return 0;
        };
        let width = self.grid.mcus.size().width;
        let marked = (0..).zip(missing.iter()).filter(|&(_, &marked)| marked);
        let pixels =
            marked.map(|(index, _): (u32, _)| self.pixels_of(index % width, index / width));
        pixels.sum::<u64>().max(1)
    }

    /// Pixels of the region in the MCU at column `x` and row `y` of those to decode.
    fn pixels_of(&self, x: u32, y: u32) -> u64 {
        let ScaledGrid { region, mcus, .. } = self.grid;
        let Size { width, height } = self.grid.mcu_size;
        let (left, top) = ((mcus.x0 + x) * width, (mcus.y0 + y) * height);
        let across = overlap(left..left + width, region.x0..region.x1);
        let down = overlap(top..top + height, region.y0..region.y1);
        u64::from(across) * u64::from(down)
    }
}

fn overlap(a: Range<u32>, b: Range<u32>) -> u32 {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}
