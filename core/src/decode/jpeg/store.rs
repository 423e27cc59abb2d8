//! The coefficients of a component between its scans.
//!
//! Only blocks of the region are stored, and of each block only the coefficients that the scale
//! needs, as 16-bit numbers one after another: eight bytes a block at 2/8. Where refinement scans
//! are to be read, one word a block, of the whole component, remembers which coefficients are not
//! zero.

use super::grid::Plane;
use super::idct::{Block, NATURAL, Steps};
use super::script::Plan;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};

pub(super) struct Store {
    /// Blocks stored.
    region: Region,
    /// Coefficients stored of each.
    each: usize,
    coefficients: Buffer<i16>,
    /// Blocks in a row of the component, if all are remembered.
    width: usize,
    nonzero: Buffer<u64>,
    pub(super) layout: Layout,
}

/// Which coefficients are stored, and where.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// By place in the zigzag sequence, the place among those stored.
    slots: [u8; 64],
    width: usize,
    /// The coefficients stored, one bit each.
    pub(super) kept: u64,
    /// The last of them.
    pub(super) last: usize,
}

/// One block of the store.
pub(super) struct Entry<'a> {
    /// Empty outside the region.
    pub(super) coefficients: &'a mut [i16],
    /// Which coefficients are not zero, where that is remembered.
    pub(super) nonzero: Option<&'a mut u64>,
}

impl Store {
    /// `size` is the component's in blocks.
    pub(super) fn new(plane: &Plane, plan: &Plan, size: Size, budget: &Budget) -> Result<Self> {
        let each = plane.points.x * plane.points.y;
        let blocks = plane.blocks.size();
        // MCUs at the right edge may have blocks beyond the component's own.
        let width = size.width.max(plane.blocks.x1) as usize;
        let remembered = if plan.history {
            width * plane.blocks.y1 as usize
        } else {
            0
        };
        Ok(Self {
            region: plane.blocks,
            each,
            coefficients: budget.buffer((blocks.pixels() as usize).saturating_mul(each))?,
            width,
            nonzero: budget.buffer(remembered)?,
            layout: Layout::new(plan),
        })
    }

    pub(super) fn remembers(&self) -> bool {
        !self.nonzero.is_empty()
    }

    #[inline(always)]
    pub(super) fn entry(&mut self, x: u32, y: u32) -> Entry<'_> {
        let range = self.place(x, y);
        Entry {
            coefficients: self.coefficients.get_mut(range).unwrap_or_default(),
            nonzero: self.nonzero.get_mut(y as usize * self.width + x as usize),
        }
    }

    #[inline(always)]
    pub(super) fn coefficients(&self, x: u32, y: u32) -> &[i16] {
        self.coefficients.get(self.place(x, y)).unwrap_or_default()
    }

    #[inline(always)]
    fn place(&self, x: u32, y: u32) -> std::ops::Range<usize> {
        let Region { x0, y0, x1, y1 } = self.region;
        if !(x0..x1).contains(&x) || !(y0..y1).contains(&y) {
            return usize::MAX..usize::MAX;
        }
        let width = (x1 - x0) as usize;
        let index = (y - y0) as usize * width + (x - x0) as usize;
        index * self.each..(index + 1) * self.each
    }
}

impl Layout {
    fn new(plan: &Plan) -> Self {
        let mut slots = [0; 64];
        for (k, slot) in slots.iter_mut().enumerate() {
            let at = usize::from(NATURAL[k]);
            *slot = (at / 8 * plan.points.x + at % 8) as u8;
        }
        Self {
            slots,
            width: plan.points.x,
            kept: plan.kept(),
            last: plan.points.last(),
        }
    }

    /// Stores what is kept of a block.
    #[inline(always)]
    pub(super) fn keep(&self, block: &[i16; 64], coefficients: &mut [i16]) {
        for (row, kept) in block.chunks(8).zip(coefficients.chunks_mut(self.width)) {
            kept.copy_from_slice(&row[..kept.len()]);
        }
    }

    /// Where coefficient `k` is kept in `coefficients`, if it is.
    #[inline(always)]
    pub(super) fn slot<'a>(&self, coefficients: &'a mut [i16], k: usize) -> Option<&'a mut i16> {
        if self.kept >> k & 1 == 0 {
            return None;
        }
        coefficients.get_mut(usize::from(self.slots[k & 63]))
    }
}

/// Turns stored coefficients into dequantised ones.
pub(super) struct Dequantiser {
    /// By place among those stored.
    steps: [i32; 64],
    /// Half of what a coefficient may be too small by.
    bias: [i32; 64],
    pitch: usize,
    block: [i16; 64],
}

impl Dequantiser {
    pub(super) fn new(plan: &Plan) -> Self {
        let layout = Layout::new(plan);
        let (mut steps, mut bias) = ([0; 64], [0; 64]);
        for k in (0..64).filter(|&k| plan.points.keep(k)) {
            let slot = usize::from(layout.slots[k]);
            let step = i32::from(plan.steps[usize::from(NATURAL[k])]);
            steps[slot] = step;
            bias[slot] = ((1 << plan.missing_bits[k]) - 1) * step / 2;
        }
        Self {
            steps,
            bias,
            pitch: plan.points.x,
            block: [0; 64],
        }
    }

    /// A DC coefficient, all of whose bits are always read.
    #[inline(always)]
    pub(super) fn dc(&self, stored: i16) -> i32 {
        i32::from(stored) * self.steps[0]
    }

    /// The block behind `stored`; a coefficient known to lie between two values is put half way.
    #[inline(always)]
    pub(super) fn block(&mut self, stored: &[i16]) -> Block<'_> {
        match stored.len() {
            4 => self.dequantise::<4>(stored),
            16 => self.dequantise::<16>(stored),
            64 => self.dequantise::<64>(stored),
            _ => stored
                .iter()
                .enumerate()
                .for_each(|(at, &value)| self.set(at, value)),
        }
        Block {
            coefficients: &self.block,
            steps: &UNIT,
            pitch: self.pitch,
        }
    }

    /// A length that is known to the compiler makes this one or two vector instructions.
    #[inline(always)]
    fn dequantise<const N: usize>(&mut self, stored: &[i16]) {
        if let Some(stored) = stored.first_chunk::<N>() {
            for (at, &value) in stored.iter().enumerate() {
                self.set(at, value);
            }
        }
    }

    #[inline(always)]
    fn set(&mut self, at: usize, stored: i16) {
        let stored = i32::from(stored);
        let bias = stored.signum() * self.bias[at];
        let exact = (stored * self.steps[at]).saturating_add(bias);
        self.block[at] = exact.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    }
}

const UNIT: Steps = [1; 64];
