//! Coefficients on their way from the entropy decoder to the IDCT.
//!
//! Only what the scale needs of a block is kept. Eight neighbours in a row of blocks make a *tile*,
//! which holds the first coefficient of each of them, then the second of each, and so on: the IDCT
//! transforms eight blocks at once, one in each lane of its vectors.

use crate::decode::jpeg::samples::idct::{NATURAL, Points};
use crate::error::Result;
use crate::geometry::Region;
use crate::limits::{Budget, Buffer};

/// Blocks in a tile.
pub(crate) const LANES: usize = 8;

/// One coefficient of each block of a tile.
pub(crate) type Coefficients = [i16; LANES];

/// The blocks of a rectangle.
pub(crate) struct Tiles {
    region: Region,
    /// Coefficients kept of each block.
    each: usize,
    /// Tiles in a row.
    across: usize,
    coefficients: Buffer<Coefficients>,
}

impl Tiles {
    /// `region` counts blocks.
    pub(crate) fn new(region: Region, points: Points, budget: &Budget) -> Result<Self> {
        let each = points.x * points.y;
        let blocks = region.size();
        let across = (blocks.width as usize).div_ceil(LANES);
        let tiles = (blocks.height as usize).saturating_mul(across);
        Ok(Self {
            region,
            each,
            across,
            coefficients: budget.buffer(tiles.saturating_mul(each))?,
        })
    }

    /// The block at column `x` of row `y`, inside of the rectangle, and all that follows: its
    /// coefficients stand [`LANES`] apart, as a [`Layout`] says.
    #[inline(always)]
    pub(crate) fn inside(&mut self, x: u32, y: u32) -> &mut [i16] {
        let column = x.wrapping_sub(self.region.x0) as usize;
        let row = y.wrapping_sub(self.region.y0) as usize;
        let first = (row * self.across + column / LANES) * self.each * LANES + column % LANES;
        let lanes = self.coefficients.as_flattened_mut();
        lanes.get_mut(first..).unwrap_or_default()
    }

    /// The tiles of row `y`.
    pub(crate) fn row(&self, y: u32) -> impl Iterator<Item = &[Coefficients]> {
        let length = self.across * self.each;
        let start = (y - self.region.y0) as usize * length;
        self.coefficients[start..start + length].chunks_exact(self.each)
    }

    /// Makes a block zero.
    pub(crate) fn forget(&mut self, x: u32, y: u32) {
        let each = self.each;
        let block = self.inside(x, y).iter_mut().step_by(LANES);
        block.take(each).for_each(|value| *value = 0);
    }

    /// Makes every block zero.
    pub(crate) fn clear(&mut self) {
        self.coefficients.fill([0; LANES]);
    }
}

/// Which coefficients of a block are kept, and where.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    /// By place in the zigzag sequence plus one, the place in a block's coefficients; 0 for those
    /// not kept.
    slots: [u16; 65],
    /// The coefficients kept, one bit each.
    pub(crate) kept: u64,
    /// The last of them.
    pub(crate) last: usize,
}

impl Layout {
    pub(crate) fn new(points: Points) -> Self {
        let mut layout = Self {
            slots: [0; 65],
            kept: 0,
            last: points.last(),
        };
        for k in (0..64).filter(|&k| points.keep(k)) {
            let at = usize::from(NATURAL[k]);
            layout.slots[k + 1] = ((at / 8 * points.x + at % 8) * LANES) as u16;
            layout.kept |= 1 << k;
        }
        layout
    }

    /// The place in a block of the coefficient before `k`, at most 64; that of the first for one
    /// that is not kept.
    #[inline(always)]
    pub(crate) fn slot_before(&self, k: usize) -> usize {
        self.slots[k].into()
    }

    /// Where coefficient `k` of `block` is kept, if it is.
    #[inline(always)]
    pub(crate) fn kept<'a>(&self, block: &'a mut [i16], k: usize) -> Option<&'a mut i16> {
        if self.kept >> k & 1 == 0 {
            return None;
        }
        block.get_mut(self.slot_before(k + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn eight_neighbours_share_a_tile() {
        let budget = Budget::new(&Limits::default());
        let region = Region {
            x0: 3,
            y0: 5,
            x1: 14,
            y1: 7,
        };
        let points = Points { x: 2, y: 2 };
        let mut tiles = Tiles::new(region, points, &budget).unwrap();
        let layout = Layout::new(points);
        for (value, x) in (1..).zip(3..14) {
            tiles.inside(x, 6)[layout.slot_before(3)] = value;
        }
        assert!(tiles.row(5).flatten().flatten().all(|&value| value == 0));
        let row: Vec<_> = tiles.row(6).map(|tile| tile[2]).collect();
        assert_eq!(row, [[1, 2, 3, 4, 5, 6, 7, 8], [9, 10, 11, 0, 0, 0, 0, 0]]);
        tiles.forget(4, 6);
        assert_eq!(tiles.row(6).next().unwrap()[2], [1, 0, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn only_the_lowest_frequencies_have_a_place() {
        let layout = Layout::new(Points { x: 2, y: 2 });
        assert_eq!((layout.kept, layout.last), (0b10111, 4));
        let slots = [1, 2, 3, 4, 5].map(|k| layout.slot_before(k) / LANES);
        assert_eq!(slots, [0, 1, 2, 0, 3]);
    }
}
