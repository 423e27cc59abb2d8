//! The samples of one component for two rows of MCUs: the one just decoded, and the one before it,
//! whose last pixels wait for the samples below them.

use fearless_simd::Simd;

use super::grid::ComponentGrid;
use super::idct::{Dequantizer, InverseDct};
use super::tiles::CoefficientTiles;
use crate::decode::jpeg::block::{BlockSize, LANES, LaneCoefficients};
use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::simd;

pub(crate) struct SampleStrip {
    samples: Buffer<u8>,
    stride: usize,
    /// Rows of samples in the buffer. Row y of the component is at y modulo this.
    rows: usize,
    /// The offset of the current row of MCUs in the buffer.
    mcu_row_start: usize,
    /// The column of the first sample in the buffer.
    left: u32,
    /// Rows of blocks in a row of MCUs.
    block_rows: u32,
    block_size: BlockSize,
    /// Samples of a row that are decoded and belong to the component.
    length: usize,
}

impl SampleStrip {
    pub(crate) fn new(grid: &ComponentGrid, budget: &Budget) -> Result<Self> {
        let width = grid.block_size.width;
        let blocks = grid.blocks.size().width as usize;
        let left = grid.blocks.x0 * width as u32;
        let (stride, rows) = stride_and_rows(grid);
        Ok(Self {
            samples: budget.buffer(stride * rows)?,
            stride,
            rows,
            mcu_row_start: 0,
            left,
            block_rows: grid.v,
            block_size: grid.block_size,
            length: (blocks * width).min((grid.size.width - left) as usize),
        })
    }

    /// Bytes that it takes.
    pub(crate) fn memory(grid: &ComponentGrid) -> u64 {
        let (stride, rows) = stride_and_rows(grid);
        stride as u64 * rows as u64
    }

    /// Makes row `y` of MCUs the current one. It replaces row `y - 2`.
    pub(crate) fn begin_mcu_row(&mut self, y: u32) {
        self.mcu_row_start = (y % 2) as usize * self.rows / 2 * self.stride;
    }

    /// Transforms the blocks of the current row of MCUs, which are in `tiles` from row `first` on.
    pub(crate) fn transform(
        &mut self,
        tiles: &CoefficientTiles,
        first: u32,
        dequantizer: &Dequantizer,
    ) {
        let (block_size, stride) = (self.block_size, self.stride);
        let rows = self.samples[self.mcu_row_start..].chunks_mut(stride * block_size.height);
        for (y, rows) in (first..first + self.block_rows).zip(rows) {
            let tiles = tiles.row(y);
            fearless_simd::dispatch!(simd::level(), simd => {
                let idct = InverseDct { simd, dequantizer, block_size };
                transform_row(&idct, tiles, rows, stride);
            });
        }
    }

    /// Row `y` of the component: its first column, and the samples from there on.
    pub(crate) fn row(&self, y: u32) -> (u32, &[u8]) {
        let start = y as usize % self.rows * self.stride;
        (self.left, &self.samples[start..start + self.length])
    }
}

fn stride_and_rows(grid: &ComponentGrid) -> (usize, usize) {
    let BlockSize { width, height } = grid.block_size;
    // Whole tiles are transformed, so the last one may write past the last block.
    let blocks = (grid.blocks.size().width as usize).next_multiple_of(LANES);
    (blocks * width, 2 * grid.v as usize * height)
}

/// Transforms one row of tiles to `out`, whose rows are `stride` apart.
#[inline(always)]
fn transform_row<'a, S: Simd>(
    idct: &InverseDct<'_, S>,
    tiles: impl Iterator<Item = &'a [LaneCoefficients]>,
    out: &mut [u8],
    stride: usize,
) {
    let mut workspace = [[[0; LANES]; 8]; 8];
    for (index, tile) in tiles.enumerate() {
        let left = index * LANES * idct.block_size.width;
        idct.transform_tile(tile, &mut workspace, &mut out[left..], stride);
    }
}
