//! Frames whose image comes in several scans: progressive ones (T.81 annex G), and sequential ones
//! that are not interleaved.
//!
//! ```text
//! for each scan that matters, up to the region's last row:
//!     decode it into the store
//! for each row of MCUs: dequantise, IDCT, hand over
//! ```

use super::Header;
use super::band::Band;
use super::bits::Bits;
use super::grid::Grid;
use super::marker::{Segment, Tables};
use super::output::Output;
use super::scan::{Listed, Run, ScanHeader, ScanTables, State, Walk};
use super::script::{Plan, Scan, Script};
use super::sequential::Coder;
use super::store::{Entry, Store};
use super::strip::Strip;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::Budget;
use crate::simd;

/// Decodes every scan that matters. Returns whether anything wanted was missing.
pub(super) fn decode(
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
        let parts = &self.parts;
        let reached = match &mut self.process {
            Process::Sequential(coders) => units(
                parts,
                stores,
                run,
                #[inline(always)]
                |index, store, x, y| sequential(&mut coders[index], &mut cursor, store, x, y),
            ),
            Process::DcFirst(coders) => units(
                parts,
                stores,
                run,
                #[inline(always)]
                |index, store, x, y| {
                    dc_first(&mut coders[index], &mut cursor, store.entry(x, y), low)
                },
            ),
            Process::DcRefinement => units(
                parts,
                stores,
                run,
                #[inline(always)]
                |_, store, x, y| dc_refinement(&mut cursor, store.entry(x, y), low),
            ),
            Process::AcFirst(band) => {
                band.first_scan(&mut cursor, &mut stores[parts[0].component], run)
            }
            Process::AcRefinement(band) => {
                band.refinement_scan(&mut cursor, &mut stores[parts[0].component], run)
            }
        };
        *bits = cursor;
        reached
    }
}

/// Visits every block of the units of `run` in order; returns the first unit for which `block`
/// returns `None`, or the run's end.
#[inline(always)]
fn units(
    parts: &[Part],
    stores: &mut [Store],
    run: Run,
    mut block: impl FnMut(usize, &mut Store, u32, u32) -> Option<()>,
) -> u32 {
    for x in run.x0..run.x1 {
        for (index, part) in parts.iter().enumerate() {
            let store = &mut stores[part.component];
            for v in 0..part.v {
                for h in 0..part.h {
                    if block(index, store, x * part.h + h, run.y * part.v + v).is_none() {
                        return x;
                    }
                }
            }
        }
    }
    run.x1
}

/// A whole block (F.2.2).
#[inline(always)]
fn sequential(
    coder: &mut Coder<'_>,
    bits: &mut Bits<'_>,
    store: &mut Store,
    x: u32,
    y: u32,
) -> Option<()> {
    let block = store.tiles.block(x, y);
    if block.is_empty() {
        return coder.pass(bits);
    }
    let read = coder.block(bits, &store.layout, block);
    if read.is_none() || bits.overran() {
        store.tiles.forget(x, y);
        return None;
    }
    read
}

/// G.1.2.1: as in sequential mode, but without the lowest Al bits.
#[inline(always)]
fn dc_first(coder: &mut Coder<'_>, bits: &mut Bits<'_>, entry: Entry<'_>, low: u32) -> Option<()> {
    let dc = coder.dc(bits)?;
    if bits.overran() {
        return None;
    }
    if let Some(first) = entry.coefficients.first_mut() {
        *first = (dc << low) as i16;
    }
    Some(())
}

/// G.1.2.1: one more bit.
#[inline(always)]
fn dc_refinement(bits: &mut Bits<'_>, entry: Entry<'_>, low: u32) -> Option<()> {
    bits.refill();
    let bit = bits.receive(1);
    if bits.overran() {
        return None;
    }
    if let Some(first) = entry.coefficients.first_mut() {
        *first |= (bit << low) as i16;
    }
    Some(())
}
