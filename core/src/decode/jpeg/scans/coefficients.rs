//! The coefficients of a component between its scans.
//!
//! Only blocks of the region are stored, and of each block only the coefficients that the scale
//! needs, as 16-bit numbers: eight bytes a block at 2/8. Where refinement scans are to be read, one
//! word a block, of the whole component, remembers which coefficients are not zero.

use crate::decode::jpeg::samples::grid::Plane;
use crate::decode::jpeg::samples::tiles::{Layout, Tiles};
use crate::decode::jpeg::scans::script::Plan;
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};

pub(crate) struct Store {
    pub(crate) tiles: Tiles,
    pub(crate) layout: Layout,
    /// Blocks in a row of the component, if all are remembered.
    width: usize,
    nonzero: Buffer<u64>,
}

/// One block of the store.
pub(crate) struct Entry<'a> {
    /// As in [`Tiles::inside`]; empty outside the region.
    pub(crate) coefficients: &'a mut [i16],
    /// Which coefficients are not zero, where that is remembered.
    pub(crate) nonzero: Option<&'a mut u64>,
}

impl Store {
    /// `size` is the component's in blocks.
    pub(crate) fn new(plane: &Plane, plan: &Plan, size: Size, budget: &Budget) -> Result<Self> {
        // MCUs at the right edge may have blocks beyond the component's own.
        let width = size.width.max(plane.blocks.x1) as usize;
        let remembered = if plan.history {
            width * plane.blocks.y1 as usize
        } else {
            0
        };
        Ok(Self {
            tiles: Tiles::new(plane.blocks, plane.points, budget)?,
            layout: Layout::new(plane.points),
            width,
            nonzero: budget.buffer(remembered)?,
        })
    }

    pub(crate) fn remembers(&self) -> bool {
        !self.nonzero.is_empty()
    }

    /// The block at column `x` of row `y`; with coefficients if it is wanted, which must be inside
    /// the region.
    #[inline(always)]
    pub(crate) fn entry(&mut self, x: u32, y: u32, wanted: bool) -> Entry<'_> {
        Entry {
            coefficients: if wanted {
                self.tiles.inside(x, y)
            } else {
                &mut []
            },
            nonzero: self.nonzero.get_mut(y as usize * self.width + x as usize),
        }
    }
}
