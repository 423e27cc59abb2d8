//! Sequential frames whose one scan holds every component (T.81 F.2): decoded, transformed and
//! handed over one row of MCUs at a time.
//!
//! ```text
//! for each MCU up to the region's last row:
//!     outside the region   keep the DC predictions up to date, pass everything else
//!     inside               read the coefficients that the scale needs, pass the rest; IDCT
//! ```

use crate::decode::jpeg::Header;
use crate::decode::jpeg::entropy::bits::Bits;
use crate::decode::jpeg::entropy::huffman::{Symbol, Table};
use crate::decode::jpeg::samples::grid::Grid;
use crate::decode::jpeg::samples::idct::Dequantiser;
use crate::decode::jpeg::samples::row_writer::Output;
use crate::decode::jpeg::samples::strip::Strip;
use crate::decode::jpeg::samples::tiles::{Layout, Tiles};
use crate::decode::jpeg::scans::walk::{Listed, Run, ScanHeader, ScanTables, State, Walk};
use crate::error::Result;
use crate::geometry::Region;
use crate::limits::Budget;
use crate::simd;

/// Decodes the scan whose data starts `data`. Returns whether anything wanted was missing.
pub(crate) fn decode(
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
        let mut x = 0;
        while let Some(run) = walk.run(y, x) {
            x = run.x1;
            budget.work(run.cost(cost))?;
            missing |= mcu.run(&mut walk, run) == Complete::No;
        }
        if y >= grid.mcus.y0 {
            mcu.transform(y);
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
    coder: Coder<'a>,
    layout: Layout,
    /// The coefficients of a row of MCUs.
    tiles: Tiles,
    dequantiser: Dequantiser,
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
            let steps = header
                .tables
                .steps(&header.frame.components[listed.component])?;
            let row = Region {
                y0: 0,
                y1: plane.v,
                ..plane.blocks
            };
            Ok(Part {
                plane: listed.component,
                h: plane.h,
                v: plane.v,
                coder: tables.coder(index)?,
                layout: Layout::new(plane.points),
                tiles: Tiles::new(row, plane.points, budget)?,
                dequantiser: Dequantiser::new(plane.points, &steps, &[0; 64]),
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
        self.blank(reached);
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
            for v in 0..part.v {
                for h in 0..part.h {
                    let block = part.tiles.inside(x * part.h + h, v);
                    part.coder.block(bits, &part.layout, block)?;
                }
            }
        }
        Some(())
    }

    /// Turns the coefficients of row `y` of MCUs into samples.
    fn transform(&mut self, y: u32) {
        for part in &mut self.parts {
            let strip = &mut self.strips[part.plane];
            strip.enter(y);
            strip.take(&part.tiles, 0, &part.dequantiser);
            part.tiles.clear();
        }
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

    /// Forgets what was read of the MCU at column `x`: medium gray, for want of anything better.
    fn blank(&mut self, x: u32) {
        for part in &mut self.parts {
            for v in 0..part.v {
                for x in x * part.h..(x + 1) * part.h {
                    part.tiles.forget(x, v);
                }
            }
        }
    }
}

/// Decodes the blocks of one component (F.2.2).
pub(crate) struct Coder<'a> {
    dc: &'a Table,
    ac: &'a Table,
    prediction: i32,
}

/// Whole symbols read at a time, for which one refill is enough.
const QUICK: u32 = 4;

impl<'a> Coder<'a> {
    pub(crate) fn new(dc: &'a Table, ac: &'a Table) -> Self {
        Self {
            dc,
            ac,
            prediction: 0,
        }
    }

    pub(crate) fn restart(&mut self) {
        self.prediction = 0;
    }

    /// Reads a block's coefficients as far as they are needed into zeroed `block`. `None` if
    /// damaged.
    ///
    /// ```text
    /// DC, then until the last one needed: a symbol, its amplitude to its slot
    /// ```
    ///
    /// Nearly every symbol is whole in one look-up, and a refill is enough for several of these.
    #[inline(always)]
    pub(crate) fn block(
        &mut self,
        bits: &mut Bits<'_>,
        layout: &Layout,
        block: &mut [i16],
    ) -> Option<()> {
        let dc = self.dc(bits)?;
        let ended = self.ac(bits, layout, block)?;
        // What is not kept went to the first slot as well, so it comes last.
        *block.first_mut()? = dc as i16;
        match ended {
            64.. => Some(()),
            k => self.ac.skip(bits, k, 63).map(drop),
        }
    }

    /// The AC coefficients up to the last one needed. Returns where it stopped: 64 or more at the
    /// block's end.
    #[inline(always)]
    fn ac(&self, bits: &mut Bits<'_>, layout: &Layout, block: &mut [i16]) -> Option<usize> {
        let mut k = 1;
        while k <= layout.last {
            bits.refill();
            for _ in 0..QUICK {
                let symbol = self.ac.direct(bits);
                let next = k + symbol.advance();
                if next > 63 {
                    k = self.end(symbol, bits, layout, block, k)?;
                    break;
                }
                let slot = layout.slot_before(next);
                if symbol.is_whole() {
                    block[slot] = symbol.take_whole(bits) as i16;
                } else {
                    block[slot] = symbol.take(bits) as i16;
                    bits.refill();
                }
                k = next;
            }
        }
        Some(k)
    }

    /// What leads to the block's end or beyond: an end of block, the last coefficient, or a code
    /// too long for the look-up that may turn out to be anything.
    #[inline(always)]
    fn end(
        &self,
        mut symbol: Symbol,
        bits: &mut Bits<'_>,
        layout: &Layout,
        block: &mut [i16],
        k: usize,
    ) -> Option<usize> {
        if symbol.is_end() {
            symbol.take_whole(bits);
            return Some(64);
        }
        bits.refill();
        symbol = self.ac.next(bits);
        let amplitude = symbol.take(bits);
        let next = k + symbol.advance();
        if next > 64 {
            return symbol.is_end().then_some(64);
        }
        block[layout.slot_before(next)] = amplitude as i16;
        Some(next)
    }

    /// Passes a block.
    #[inline(always)]
    pub(crate) fn pass(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        self.dc(bits)?;
        self.ac.skip(bits, 1, 63).map(drop)
    }

    /// The DC coefficient: the prediction plus a difference (F.2.2.1).
    #[inline(always)]
    pub(crate) fn dc(&mut self, bits: &mut Bits<'_>) -> Option<i32> {
        bits.refill();
        let symbol = self.dc.next(bits);
        let difference = symbol.take_difference(bits);
        self.prediction = self.prediction.wrapping_add(difference);
        symbol.is_valid().then_some(self.prediction)
    }
}
