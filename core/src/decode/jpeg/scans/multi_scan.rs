//! Frames whose image comes in several scans: progressive ones (T.81 annex G), and sequential ones
//! that are not interleaved.
//!
//! ```text
//! for each scan that matters, up to the region's last row:
//!     decode it into the store
//! for each row of MCUs: dequantise, IDCT, hand over
//! ```

use crate::decode::jpeg::Header;
use crate::decode::jpeg::entropy::band::Band;
use crate::decode::jpeg::entropy::bits::Bits;
use crate::decode::jpeg::markers::segment::{Segment, Tables};
use crate::decode::jpeg::samples::grid::Grid;
use crate::decode::jpeg::samples::row_writer::Output;
use crate::decode::jpeg::samples::strip::Strip;
use crate::decode::jpeg::samples::tiles::Layout;
use crate::decode::jpeg::scans::coefficients::Store;
use crate::decode::jpeg::scans::script::{Plan, Scan, Script};
use crate::decode::jpeg::scans::single_scan::Coder;
use crate::decode::jpeg::scans::walk::{Listed, Run, ScanHeader, ScanTables, State, Walk};
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::Budget;
use crate::simd;

/// Decodes every scan that matters. Returns whether anything wanted was missing.
pub(crate) fn decode(
    bytes: &[u8],
    header: &Header,
    grid: &Grid,
    budget: &Budget,
    output: &mut Output<'_>,
) -> Result<bool> {
    let mut script = Script::read(bytes, header, budget.limits())?;
    let plans = script.plan(&header.frame, grid);
    let stores = grid.planes.iter().zip(&plans).zip(&header.frame.components);
    let stores = stores.map(|((plane, plan), component)| {
        Store::new(plane, plan, header.frame.blocks(component), budget)
    });
    let mut image = Image {
        header,
        grid,
        budget,
        stores: stores.collect::<Result<_>>()?,
    };
    let mut missing = plans.iter().any(|plan| !plan.complete);
    let mut tables = header.tables.clone();
    for scan in &script.scans {
        take_segments(&mut tables, scan, bytes)?;
        if scan.needed {
            let data = bytes.get(scan.data..).unwrap_or_default();
            missing |= image.scan(&scan.header, data, &tables)?;
        }
    }
    image.render(&plans, output)?;
    Ok(missing)
}

fn take_segments(tables: &mut Tables, scan: &Scan, bytes: &[u8]) -> Result<()> {
    let mut at = scan.segments.start;
    while at < scan.segments.end {
        let Some(segment) = Segment::next(bytes, at)? else {
            break;
        };
        tables.take(&segment, bytes)?;
        at = segment.end();
    }
    Ok(())
}

/// An image between its scans.
struct Image<'a> {
    header: &'a Header,
    grid: &'a Grid,
    budget: &'a Budget,
    /// One for each component of the frame.
    stores: Vec<Store>,
}

impl Image<'_> {
    /// Decodes one scan. Returns whether anything wanted was missing.
    fn scan(&mut self, scan: &ScanHeader, data: &[u8], tables: &Tables) -> Result<bool> {
        let (size, wanted) = self.units(scan);
        let ready = ScanTables::new(scan, tables, self.header.progressive, size)?;
        let mut pass = self.pass(scan, &ready)?;
        let mut walk = Walk::new(data, size, tables.restart_interval, wanted);
        if self.stores.iter().any(Store::remembers) {
            walk = walk.without_passing();
        }
        let cost = pass.coefficients();
        let mut missing = false;
        for y in walk.rows() {
            let mut x = 0;
            while let Some(run) = walk.run(y, x) {
                x = run.x1;
                self.budget.work(run.cost(cost))?;
                missing |= pass.run(&mut self.stores, &mut walk, run);
            }
        }
        Ok(missing)
    }

    /// The units of a scan, and those that are wanted (A.2).
    fn units(&self, scan: &ScanHeader) -> (Size, Region) {
        let [only] = scan.components[..] else {
            return (self.header.frame.mcus(), self.grid.mcus);
        };
        let frame = &self.header.frame;
        let size = frame.blocks(&frame.components[only.component]);
        let wanted = self.grid.planes[only.component].blocks;
        let clipped = Region {
            x1: wanted.x1.min(size.width),
            y1: wanted.y1.min(size.height),
            ..wanted
        };
        (size, clipped)
    }

    fn pass<'t>(&self, scan: &'t ScanHeader, tables: &'t ScanTables) -> Result<Pass<'t>> {
        let interleaved = scan.components.len() > 1;
        let part = |listed: &Listed| {
            let plane = &self.grid.planes[listed.component];
            Part {
                component: listed.component,
                h: if interleaved { plane.h } else { 1 },
                v: if interleaved { plane.v } else { 1 },
            }
        };
        let coders = || {
            let coders = (0..scan.components.len()).map(|index| tables.coder(index));
            coders.collect::<Result<_>>()
        };
        let process = match (self.header.progressive, scan.first, scan.refines()) {
            (false, _, _) => Process::Sequential(coders()?),
            (true, 0, false) => Process::DcFirst(coders()?),
            (true, 0, true) => Process::DcRefinement,
            (true, _, false) => Process::AcFirst(Band::new(scan, tables.ac(0)?)),
            (true, _, true) => Process::AcRefinement(Band::new(scan, tables.ac(0)?)),
        };
        Ok(Pass {
            scan,
            parts: scan.components.iter().map(part).collect(),
            process,
        })
    }

    /// Turns what is stored into pixels.
    fn render(&self, plans: &[Plan], output: &mut Output<'_>) -> Result<()> {
        let strips = self
            .grid
            .planes
            .iter()
            .map(|plane| Strip::new(plane, self.budget));
        let mut strips = strips.collect::<Result<Vec<_>>>()?;
        let dequantisers: Vec<_> = plans.iter().map(Plan::dequantiser).collect();
        for row in self.grid.mcus.y0..self.grid.mcus.y1 {
            let planes = self.grid.planes.iter().zip(&self.stores);
            for ((strip, dequantiser), (plane, store)) in
                strips.iter_mut().zip(&dequantisers).zip(planes)
            {
                strip.enter(row);
                strip.take(&store.tiles, row * plane.v, dequantiser);
            }
            output.after(row, &strips)?;
        }
        Ok(())
    }
}

/// One scan being decoded.
struct Pass<'a> {
    scan: &'a ScanHeader,
    parts: Vec<Part>,
    process: Process<'a>,
}

/// One component's part of a unit.
struct Part {
    component: usize,
    h: u32,
    v: u32,
}

enum Process<'a> {
    Sequential(Vec<Coder<'a>>),
    DcFirst(Vec<Coder<'a>>),
    DcRefinement,
    AcFirst(Band<'a>),
    AcRefinement(Band<'a>),
}

impl Pass<'_> {
    /// Coefficients in a unit.
    fn coefficients(&self) -> u64 {
        let blocks: u32 = self.parts.iter().map(|part| part.h * part.v).sum();
        u64::from(blocks) * u64::from(self.scan.band().count_ones())
    }

    /// Decodes a run into the stores. Returns whether anything wanted of it was missing.
    fn run(&mut self, stores: &mut [Store], walk: &mut Walk<'_>, run: Run) -> bool {
        if run.fresh {
            self.restart();
        }
        let mut bits = walk.bits;
        let reached = match run.state {
            State::Live => simd::fastest(
                #[inline(always)]
                || self.decode(stores, &mut bits, run),
            ),
            State::Passed => return false,
            State::Lost => run.x0,
        };
        walk.bits = bits;
        let damaged = reached < run.x1;
        if damaged {
            walk.damaged();
        }
        damaged && run.wanted
    }

    fn restart(&mut self) {
        match &mut self.process {
            Process::Sequential(coders) | Process::DcFirst(coders) => {
                coders.iter_mut().for_each(Coder::restart);
            }
            Process::AcFirst(band) | Process::AcRefinement(band) => band.restart(),
            Process::DcRefinement => {}
        }
    }

    /// Decodes the units of `run`; returns the first that is damaged, or the run's end.
    #[inline(always)]
    fn decode(&mut self, stores: &mut [Store], bits: &mut Bits<'_>, run: Run) -> u32 {
        let mut cursor = *bits;
        let low = self.scan.low;
        let units = Units {
            parts: &self.parts,
            run,
        };
        let reached = match &mut self.process {
            Process::Sequential(coders) => units.read(
                stores,
                &mut cursor,
                #[inline(always)]
                |index, bits, layout, block| sequential(&mut coders[index], bits, layout, block),
            ),
            Process::DcFirst(coders) => units.read(
                stores,
                &mut cursor,
                #[inline(always)]
                |index, bits, _, block| dc_first(&mut coders[index], bits, block, low),
            ),
            Process::DcRefinement => units.refine(stores, &mut cursor, low),
            Process::AcFirst(band) => {
                band.first_scan(&mut cursor, &mut stores[self.parts[0].component], run)
            }
            Process::AcRefinement(band) => {
                band.refinement_scan(&mut cursor, &mut stores[self.parts[0].component], run)
            }
        };
        *bits = cursor;
        reached
    }
}

/// The units of a run.
struct Units<'a> {
    parts: &'a [Part],
    run: Run,
}

impl Units<'_> {
    /// Reads every block of every unit in order: `block` is told the part's index and where the
    /// coefficients go, nowhere if they are not wanted. Returns the first unit that is damaged,
    /// which stays without coefficients, or the run's end.
    #[inline(always)]
    fn read(
        &self,
        stores: &mut [Store],
        bits: &mut Bits<'_>,
        mut block: impl FnMut(usize, &mut Bits<'_>, &Layout, &mut [i16]) -> Option<()>,
    ) -> u32 {
        for unit in self.run.x0..self.run.x1 {
            let mut whole = true;
            for (index, part) in self.parts.iter().enumerate() {
                let store = &mut stores[part.component];
                let Store { tiles, layout, .. } = store;
                for y in self.run.y * part.v..(self.run.y + 1) * part.v {
                    for x in unit * part.h..(unit + 1) * part.h {
                        let place = if self.run.wanted {
                            tiles.inside(x, y)
                        } else {
                            &mut []
                        };
                        whole &= block(index, bits, layout, place).is_some();
                    }
                }
            }
            if !whole || bits.overran() {
                self.forget(stores, unit);
                return unit;
            }
        }
        self.run.x1
    }

    /// DC coefficients get one more bit (G.1.2.1). Where there is none it is zero.
    #[inline(always)]
    fn refine(&self, stores: &mut [Store], bits: &mut Bits<'_>, low: u32) -> u32 {
        for unit in self.run.x0..self.run.x1 {
            for part in self.parts {
                let tiles = &mut stores[part.component].tiles;
                for y in self.run.y * part.v..(self.run.y + 1) * part.v {
                    bits.refill();
                    for x in unit * part.h..(unit + 1) * part.h {
                        let bit = bits.receive(1);
                        if self.run.wanted
                            && let Some(dc) = tiles.inside(x, y).first_mut()
                        {
                            *dc |= (bit << low) as i16;
                        }
                    }
                }
            }
            if bits.overran() {
                return unit;
            }
        }
        self.run.x1
    }

    #[cold]
    fn forget(&self, stores: &mut [Store], unit: u32) {
        for part in self.parts.iter().filter(|_| self.run.wanted) {
            for y in self.run.y * part.v..(self.run.y + 1) * part.v {
                for x in unit * part.h..(unit + 1) * part.h {
                    stores[part.component].tiles.forget(x, y);
                }
            }
        }
    }
}

/// A whole block (F.2.2).
#[inline(always)]
fn sequential(
    coder: &mut Coder<'_>,
    bits: &mut Bits<'_>,
    layout: &Layout,
    block: &mut [i16],
) -> Option<()> {
    if block.is_empty() {
        coder.pass(bits)
    } else {
        coder.block(bits, layout, block)
    }
}

/// G.1.2.1: as in sequential mode, but without the lowest Al bits.
#[inline(always)]
fn dc_first(coder: &mut Coder<'_>, bits: &mut Bits<'_>, block: &mut [i16], low: u32) -> Option<()> {
    let dc = coder.dc(bits)?;
    if let Some(first) = block.first_mut() {
        *first = (dc << low) as i16;
    }
    Some(())
}
