//! The samples of one component for two rows of MCUs: the one just decoded, and the one before,
//! whose last pixels had to wait for the samples below them.

use fearless_simd::{Simd, dispatch};

use crate::decode::jpeg::samples::grid::Plane;
use crate::decode::jpeg::samples::idct::{Dequantiser, Points, Tile};
use crate::decode::jpeg::samples::tiles::{Coefficients, LANES, Tiles};
use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::simd;

pub(crate) struct Strip {
    samples: Buffer<u8>,
    stride: usize,
    /// Rows of samples held; row y stands at y modulo this.
    rows: usize,
    /// Where the row of MCUs begins that blocks are put into.
    base: usize,
    /// The column of the first sample held.
    left: u32,
    /// Rows of blocks in a row of MCUs.
    blocks: u32,
    points: Points,
    /// Samples of a row that belong to the blocks decoded and to the component.
    length: usize,
}

impl Strip {
    pub(crate) fn new(plane: &Plane, budget: &Budget) -> Result<Self> {
        let blocks = plane.blocks.size().width as usize;
        let stride = blocks.next_multiple_of(LANES) * plane.points.x;
        let left = plane.blocks.x0 * plane.points.x as u32;
        let rows = 2 * plane.v as usize * plane.points.y;
        Ok(Self {
            samples: budget.buffer(stride * rows)?,
            stride,
            rows,
            base: 0,
            left,
            blocks: plane.v,
            points: plane.points,
            length: (blocks * plane.points.x).min((plane.size.width - left) as usize),
        })
    }

    /// Turns to row `mcu_row` of MCUs.
    pub(crate) fn enter(&mut self, mcu_row: u32) {
        self.base = (mcu_row % 2) as usize * self.rows / 2 * self.stride;
    }

    /// Transforms the tiles of the row of MCUs, which stand in `tiles` from row `first` on.
    pub(crate) fn take(&mut self, tiles: &Tiles, first: u32, dequantiser: &Dequantiser) {
        let (points, stride) = (self.points, self.stride);
        let rows = self.samples[self.base..].chunks_mut(stride * points.y);
        for (y, rows) in (first..first + self.blocks).zip(rows) {
            let tiles = tiles.row(y);
            dispatch!(simd::level(), simd => transform(simd, tiles, dequantiser, points, rows, stride));
        }
    }

    /// Row `y` of the component: its first column, and the samples from there on.
    pub(crate) fn row(&self, y: u32) -> (u32, &[u8]) {
        let start = y as usize % self.rows * self.stride;
        (self.left, &self.samples[start..start + self.length])
    }
}

/// Turns a row of tiles into samples.
#[inline(always)]
fn transform<'a, S: Simd>(
    simd: S,
    tiles: impl Iterator<Item = &'a [Coefficients]>,
    dequantiser: &Dequantiser,
    points: Points,
    out: &mut [u8],
    stride: usize,
) {
    let mut between = [[[0; LANES]; 8]; 8];
    for (index, coefficients) in tiles.enumerate() {
        let tile = Tile {
            simd,
            coefficients,
            dequantiser,
            points,
        };
        tile.inverse(&mut between, &mut out[index * LANES * points.x..], stride);
    }
}
