//! The samples of one component for two rows of MCUs: the one just decoded, and the one before,
//! whose last pixels had to wait for the samples below them.

use super::grid::Plane;
use super::idct::{self, Block};
use crate::error::Result;
use crate::limits::{Budget, Buffer};

pub(super) struct Strip {
    samples: Buffer<u8>,
    stride: usize,
    /// Rows of samples held; row y stands at y modulo this.
    rows: usize,
    /// Where the row of MCUs begins that blocks are put into.
    base: usize,
    /// The column of the first sample held.
    left: u32,
    first_block: u32,
    points: idct::Points,
    width: u32,
}

impl Strip {
    pub(super) fn new(plane: &Plane, budget: &Budget) -> Result<Self> {
        let stride = plane.blocks.size().width as usize * plane.points.x;
        let rows = 2 * plane.v as usize * plane.points.y;
        Ok(Self {
            samples: budget.buffer(stride * rows)?,
            stride,
            rows,
            base: 0,
            left: plane.blocks.x0 * plane.points.x as u32,
            first_block: plane.blocks.x0,
            points: plane.points,
            width: plane.size.width,
        })
    }

    /// Turns to row `mcu_row` of MCUs.
    pub(super) fn enter(&mut self, mcu_row: u32) {
        self.base = (mcu_row % 2) as usize * self.rows / 2 * self.stride;
    }

    /// Puts the block at column `x` of the component, in row `v` of the MCUs.
    #[inline(always)]
    pub(super) fn put(&mut self, x: u32, v: u32, block: Block<'_>) {
        let (points, stride) = (self.points, self.stride);
        idct::inverse(block, points, self.place(x, v), stride);
    }

    /// The same for a block whose only coefficient is `dc`, dequantised.
    #[inline(always)]
    pub(super) fn put_flat(&mut self, x: u32, v: u32, dc: i32) {
        let (points, stride) = (self.points, self.stride);
        idct::flat(dc, points, self.place(x, v), stride);
    }

    #[inline(always)]
    fn place(&mut self, x: u32, v: u32) -> &mut [u8] {
        let row = v as usize * self.points.y;
        let column = (x - self.first_block) as usize * self.points.x;
        &mut self.samples[self.base + row * self.stride + column..]
    }

    /// Row `y` of the component: its first column, and the samples from there on.
    pub(super) fn row(&self, y: u32) -> (u32, &[u8]) {
        let start = y as usize % self.rows * self.stride;
        let length = self.stride.min((self.width - self.left) as usize);
        (self.left, &self.samples[start..start + length])
    }
}
