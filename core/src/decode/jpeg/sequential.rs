//! Sequential frames whose one scan holds every component (T.81 F.2): decoded, transformed and
//! handed over one row of MCUs at a time.
//!
//! ```text
//! for each MCU up to the region's last row:
//!     outside the region   keep the DC predictions up to date, pass everything else
//!     inside               read the coefficients that the scale needs, pass the rest; IDCT
//! ```

use super::bits::Bits;
use super::grid::Grid;
use super::huffman::Table;
use super::idct::{Block, NATURAL, Steps};
use super::output::Output;
use super::scan::{Listed, Run, ScanHeader, ScanTables, State, Walk};
use super::strip::Strip;
use super::{Header, simd};
use crate::error::Result;
use crate::limits::Budget;

/// Decodes the scan whose data starts `data`. Returns whether anything wanted was missing.
pub(super) fn decode(
    data: &[u8],
    header: &Header,
    scan: &ScanHeader,
    grid: &Grid,
    budget: &Budget,
    output: &mut Output<'_>,
) -> Result<bool> {
    let size = header.frame.mcus();
    let tables = ScanTables::new(scan, &header.tables, false, size)?;
    let mut walk = Walk::new(data, size, header.tables.restart_interval, grid.mcus);
    let mut mcu = Mcu::new(header, scan, &tables, grid, budget)?;
    let cost = 64 * mcu.blocks();
    let mut missing = false;
    for y in walk.rows() {
        mcu.strips.iter_mut().for_each(|strip| strip.enter(y));
        let mut x = 0;
        while let Some(run) = walk.run(y, x) {
            x = run.x1;
            budget.work(run.cost(cost))?;
            missing |= mcu.run(&mut walk, run) == Complete::No;
        }
        if y >= grid.mcus.y0 {
            output.after(y, &mcu.strips)?;
        }
    }
    Ok(missing)
}

/// Whether everything wanted of a run was there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Complete {
    Yes,
    No,
}

/// Decodes MCUs.
struct Mcu<'a> {
    /// Each component's part, in the order of the scan.
    parts: Vec<Part<'a>>,
    /// Each component's samples, in the order of the frame.
    strips: Vec<Strip>,
}

/// One component's part of an MCU.
struct Part<'a> {
    plane: usize,
    h: u32,
    v: u32,
    steps: Steps,
    coder: Coder<'a>,
}

impl<'a> Mcu<'a> {
    fn new(
        header: &Header,
        scan: &ScanHeader,
        tables: &'a ScanTables,
        grid: &Grid,
        budget: &Budget,
    ) -> Result<Self> {
        let part = |(index, listed): (usize, &Listed)| {
            let plane = &grid.planes[listed.component];
            let component = &header.frame.components[listed.component];
            Ok(Part {
                plane: listed.component,
                h: plane.h,
                v: plane.v,
                steps: header.tables.steps(component)?,
                coder: tables.coder(index, plane.points.last())?,
            })
        };
        let parts = scan.components.iter().enumerate().map(part);
        let strips = grid.planes.iter().map(|plane| Strip::new(plane, budget));
        Ok(Self {
            parts: parts.collect::<Result<_>>()?,
            strips: strips.collect::<Result<_>>()?,
        })
    }

    fn blocks(&self) -> u64 {
        let each = self.parts.iter().map(|part| u64::from(part.h * part.v));
        each.sum()
    }

    fn run(&mut self, walk: &mut Walk<'_>, run: Run) -> Complete {
        if run.fresh {
            for part in &mut self.parts {
                part.coder.restart();
            }
        }
        let mut bits = walk.bits;
        let reached = match (run.state, run.wanted) {
            (State::Live, true) => simd::fastest(
                #[inline(always)]
                || self.decode(&mut bits, run),
            ),
            (State::Live, false) => simd::fastest(
                #[inline(always)]
                || self.pass(&mut bits, run),
            ),
            (State::Passed, _) => return Complete::Yes,
            (State::Lost, _) => run.x0,
        };
        walk.bits = bits;
        if reached == run.x1 {
            return Complete::Yes;
        }
        walk.damaged();
        if !run.wanted {
            return Complete::Yes;
        }
        self.blank(run, reached);
        Complete::No
    }

    /// Decodes the MCUs of `run`; returns the first that is damaged, or the run's end.
    #[inline(always)]
    fn decode(&mut self, bits: &mut Bits<'_>, run: Run) -> u32 {
        let mut cursor = *bits;
        for x in run.x0..run.x1 {
            if self.decode_one(&mut cursor, x).is_none() || cursor.overran() {
                return x;
            }
        }
        *bits = cursor;
        run.x1
    }

    #[inline(always)]
    fn decode_one(&mut self, bits: &mut Bits<'_>, x: u32) -> Option<()> {
        for part in &mut self.parts {
            let strip = self.strips.get_mut(part.plane)?;
            for v in 0..part.v {
                for h in 0..part.h {
                    let mut block = [0; 64];
                    let coefficients = part.coder.block(bits, &mut block)?;
                    let x = x * part.h + h;
                    if coefficients == 1 {
                        strip.put_flat(x, v, i32::from(block[0]) * i32::from(part.steps[0]));
                        continue;
                    }
                    let block = Block {
                        coefficients: &block,
                        steps: &part.steps,
                        pitch: 8,
                    };
                    strip.put(x, v, block);
                }
            }
        }
        Some(())
    }

    #[inline(always)]
    fn pass(&mut self, bits: &mut Bits<'_>, run: Run) -> u32 {
        let mut cursor = *bits;
        for x in run.x0..run.x1 {
            for part in &mut self.parts {
                for _ in 0..part.h * part.v {
                    if part.coder.pass(&mut cursor).is_none() {
                        return x;
                    }
                }
            }
            if cursor.overran() {
                return x;
            }
        }
        *bits = cursor;
        run.x1
    }

    /// Fills the MCUs of `run` from `x0` on with medium gray, for want of anything better.
    fn blank(&mut self, run: Run, x0: u32) {
        for part in &self.parts {
            for v in 0..part.v {
                for x in x0 * part.h..run.x1 * part.h {
                    self.strips[part.plane].put_flat(x, v, 0);
                }
            }
        }
    }
}

/// Decodes the blocks of one component (F.2.2).
pub(super) struct Coder<'a> {
    dc: &'a Table,
    ac: &'a Table,
    prediction: i32,
    /// The last coefficient, in zigzag order, that the scale needs.
    last: usize,
}

impl<'a> Coder<'a> {
    pub(super) fn new(dc: &'a Table, ac: &'a Table, last: usize) -> Self {
        Self {
            dc,
            ac,
            prediction: 0,
            last,
        }
    }

    pub(super) fn restart(&mut self) {
        self.prediction = 0;
    }

    /// Reads a block's coefficients up to the last one needed and perhaps some more into zeroed
    /// `block`. Returns how many in zigzag order may differ from zero; `None` if damaged.
    #[inline(always)]
    pub(super) fn block(&mut self, bits: &mut Bits<'_>, block: &mut [i16; 64]) -> Option<usize> {
        block[0] = self.dc(bits)? as i16;
        let mut k = 1;
        while k <= self.last {
            bits.refill();
            let symbol = self.ac.next(bits);
            let amplitude = symbol.take(bits);
            let next = k + symbol.advance();
            if next > 64 {
                return symbol.is_end().then_some(k);
            }
            k = next;
            block[usize::from(NATURAL[k - 1] & 63)] = amplitude as i16;
        }
        self.ac.skip(bits, k, 63)?;
        Some(k)
    }

    /// Passes a block.
    #[inline(always)]
    pub(super) fn pass(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.dc(bits)?;
        self.ac.skip(bits, 1, 63)?;
        Some(())
    }

    /// The DC coefficient: the prediction plus a difference (F.2.2.1).
    #[inline(always)]
    pub(super) fn dc(&mut self, bits: &mut Bits<'_>) -> Option<i32> {
        bits.refill();
        let symbol = self.dc.next(bits);
        let difference = symbol.take(bits);
        self.prediction = self.prediction.wrapping_add(difference);
        symbol.is_valid().then_some(self.prediction)
    }
}
