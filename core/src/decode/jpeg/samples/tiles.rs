//! Coefficients between the entropy decoder and the inverse DCT.
//!
//! Only the coefficients that the scale keeps are stored. Eight neighbors in a row of blocks make a
//! *tile*: the first coefficient of each of them, then the second of each, and so on. So the inverse
//! DCT loads eight blocks at once, one in each lane of its vectors.

use crate::decode::jpeg::block::{BlockSize, LANES, LaneCoefficients};
use crate::error::Result;
use crate::geometry::Region;
use crate::limits::{Budget, Buffer};

/// The blocks of a rectangle, in tiles.
pub(crate) struct CoefficientTiles {
    /// The rectangle, in blocks.
    region: Region,
    /// Coefficients kept of each block.
    per_block: usize,
    tiles_across: usize,
    coefficients: Buffer<LaneCoefficients>,
}

impl CoefficientTiles {
    /// `region` counts blocks.
    pub(crate) fn new(region: Region, block_size: BlockSize, budget: &Budget) -> Result<Self> {
        Ok(Self {
            region,
            per_block: block_size.area(),
            tiles_across: tiles_across(region),
            coefficients: budget.buffer(Self::length(region, block_size))?,
        })
    }

    /// Bytes that they take.
    pub(crate) fn memory(region: Region, block_size: BlockSize) -> u64 {
        Self::length(region, block_size) as u64 * size_of::<LaneCoefficients>() as u64
    }

    fn length(region: Region, block_size: BlockSize) -> usize {
        let tiles = (region.size().height as usize).saturating_mul(tiles_across(region));
        tiles.saturating_mul(block_size.area())
    }

    /// The block at column `x` of row `y`, which must be inside the rectangle, and everything after
    /// it. Its coefficients are [`LANES`] apart, at the offsets of a
    /// [`BlockLayout`](crate::decode::jpeg::block::BlockLayout).
    #[inline(always)]
    pub(crate) fn block_mut(&mut self, x: u32, y: u32) -> &mut [i16] {
        let first = self.place_of(x, y);
        self.all_mut().get_mut(first..).unwrap_or_default()
    }

    /// The place of a block among all coefficients. A block outside the rectangle has a wrong place or
    /// none.
    #[inline(always)]
    pub(crate) fn place_of(&self, x: u32, y: u32) -> usize {
        let column = x.wrapping_sub(self.region.x0) as usize;
        let row = y.wrapping_sub(self.region.y0) as usize;
        let tile = row * self.tiles_across + column / LANES;
        tile * self.per_block * LANES + column % LANES
    }

    /// All coefficients.
    #[inline(always)]
    pub(crate) fn all_mut(&mut self) -> &mut [i16] {
        self.coefficients.as_flattened_mut()
    }

    /// The tiles of row `y`.
    pub(crate) fn row(&self, y: u32) -> impl Iterator<Item = &[LaneCoefficients]> {
        let length = self.tiles_across * self.per_block;
        let start = (y - self.region.y0) as usize * length;
        self.coefficients[start..start + length].chunks_exact(self.per_block)
    }

    pub(crate) fn zero_block(&mut self, x: u32, y: u32) {
        let per_block = self.per_block;
        let block = self.block_mut(x, y).iter_mut().step_by(LANES);
        block
            .take(per_block)
            .for_each(|coefficient| *coefficient = 0);
    }

    pub(crate) fn zero_all(&mut self) {
        self.coefficients.fill([0; LANES]);
    }
}

fn tiles_across(region: Region) -> usize {
    (region.size().width as usize).div_ceil(LANES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::jpeg::block::BlockLayout;
    use crate::limits::Limits;

    #[test]
    fn eight_neighbors_share_a_tile() {
        let budget = Budget::new(&Limits::default());
        let region = Region {
            x0: 3,
            y0: 5,
            x1: 14,
            y1: 7,
        };
        let size = BlockSize {
            width: 2,
            height: 2,
        };
        let mut tiles = CoefficientTiles::new(region, size, &budget).unwrap();
        let layout = BlockLayout::new(size);
        for (value, x) in (1..).zip(3..14) {
            tiles.block_mut(x, 6)[layout.slot_before(3)] = value;
        }
        assert!(tiles.row(5).flatten().flatten().all(|&value| value == 0));
        let row: Vec<_> = tiles.row(6).map(|tile| tile[2]).collect();
        assert_eq!(row, [[1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11, 0, 0, 0, 0, 0]]);
        tiles.zero_block(4, 6);
        assert_eq!(tiles.row(6).next().unwrap()[2], [1, 0, 3, 4, 5, 6, 7, 8]);
    }
}
