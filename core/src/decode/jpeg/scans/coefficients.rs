//! The coefficients of a component between its scans.
//!
//! Only blocks of the region are stored, and of each block only the coefficients that the scale
//! keeps, as 16-bit numbers: eight bytes a block at 2/8. Where refinement scans are decoded, one word
//! for each block of the component records the coefficients that are not zero.

use super::script::ComponentPlan;
use crate::decode::jpeg::block::BlockLayout;
use crate::decode::jpeg::entropy::BandBlock;
use crate::decode::jpeg::samples::{CoefficientTiles, ComponentGrid};
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};

pub(crate) struct CoefficientStore {
    pub(crate) tiles: CoefficientTiles,
    pub(crate) layout: BlockLayout,
    /// Blocks in a row of `nonzero`.
    width: usize,
    /// For each block, the coefficients that are not zero. Empty if no scan needs them.
    nonzero: Buffer<u64>,
}

impl CoefficientStore {
    /// `size` is the size of the component in blocks.
    pub(crate) fn new(
        grid: &ComponentGrid,
        plan: &ComponentPlan,
        size: Size,
        budget: &Budget,
    ) -> Result<Self> {
        Ok(Self {
            tiles: CoefficientTiles::new(grid.blocks, grid.block_size, budget)?,
            layout: BlockLayout::new(grid.block_size),
            width: width(grid, size),
            nonzero: budget.buffer(words(grid, plan, size))?,
        })
    }

    /// Bytes that it takes.
    pub(crate) fn memory(grid: &ComponentGrid, plan: &ComponentPlan, size: Size) -> u64 {
        let history = words(grid, plan, size) as u64 * size_of::<u64>() as u64;
        CoefficientTiles::memory(grid.blocks, grid.block_size) + history
    }

    /// Whether the coefficients that are not zero are recorded.
    pub(crate) fn has_history(&self) -> bool {
        !self.nonzero.is_empty()
    }

    /// The block at column `x` of row `y`. A needed block must be inside the region; any other has
    /// no coefficients.
    #[inline(always)]
    pub(crate) fn band_block(&mut self, x: u32, y: u32, needed: bool) -> BandBlock<'_> {
        BandBlock {
            coefficients: if needed {
                self.tiles.block_mut(x, y)
            } else {
                &mut []
            },
            nonzero: self.nonzero.get_mut(y as usize * self.width + x as usize),
        }
    }
}

/// Blocks in a row of the history. MCUs at the right edge may have blocks beyond those of the component.
fn width(grid: &ComponentGrid, size: Size) -> usize {
    size.width.max(grid.blocks.x1) as usize
}

/// Words of the history.
fn words(grid: &ComponentGrid, plan: &ComponentPlan, size: Size) -> usize {
    if plan.needs_history {
        width(grid, size) * grid.blocks.y1 as usize
    } else {
        0
    }
}
