//! The samples of one component for two rows of MCUs: the one just decoded, and the one before,
//! whose last pixels had to wait for the samples below them.

use super::grid::Plane;
use super::idct::{self, Block, Steps};
use crate::error::Result;
use crate::limits::{Budget, Buffer};

pub(super) struct Strip {
    samples: Buffer<u8>,
    stride: usize,
    /// Rows of samples held; row y stands at y modulo this.
    rows: usize,
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
            left: plane.blocks.x0 * plane.points.x as u32,
            first_block: plane.blocks.x0,
            points: plane.points,
            width: plane.size.width,
        })
    }

    /// Puts block (`x`, `y`) of the component in its place. `coefficients` says how many, in
    /// zigzag order, may differ from zero.
    #[inline(always)]
    pub(super) fn put(
        &mut self,
        x: u32,
        y: u32,
        block: &Block,
        steps: &Steps,
        coefficients: usize,
    ) {
        let (points, stride) = (self.points, self.stride);
        let out = self.place(x, y);
        if coefficients <= 1 {
            idct::inverse_dc(block, steps, points, out, stride);
        } else {
            idct::inverse(block, steps, points, out, stride);
        }
    }

    /// Fills block (`x`, `y`) with medium gray, for want of anything better.
    pub(super) fn blank(&mut self, x: u32, y: u32) {
        let (points, stride) = (self.points, self.stride);
        idct::flat(128, points, self.place(x, y), stride);
    }

    #[inline(always)]
    fn place(&mut self, x: u32, y: u32) -> &mut [u8] {
        let row = y as usize * self.points.y % self.rows;
        let column = (x - self.first_block) as usize * self.points.x;
        &mut self.samples[row * self.stride + column..]
    }

    /// Row `y` of the component: its first column, and the samples from there on.
    pub(super) fn row(&self, y: u32) -> (u32, &[u8]) {
        let start = y as usize % self.rows * self.stride;
        let length = self.stride.min((self.width - self.left) as usize);
        (self.left, &self.samples[start..start + length])
    }
}
