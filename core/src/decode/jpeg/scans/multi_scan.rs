//! Frames whose image comes in several scans: progressive ones (T.81 annex G), and sequential ones
//! that are not interleaved.
//!
//! ```text
//! for each scan that is needed, up to the last row of the region:
//!     decode it into the coefficient stores
//! for each row of MCUs: dequantize, inverse DCT, rows of pixels
//! ```

use super::coefficients::CoefficientStore;
use super::damage::DamageMap;
use super::huffman_tables::ScanTables;
use super::scan_pass::ScanPass;
use super::script::{ComponentPlan, ScanScript, ScriptedScan};
use super::walk::ScanWalk;
use crate::decode::jpeg::markers::{JpegHeader, ScanHeader};
use crate::decode::jpeg::samples::{RowWriter, SampleStrip, ScaledGrid};
use crate::error::{ErrorKind, Result};
use crate::geometry::{Region, Size};
use crate::limits::Budget;

/// Bytes that [`decode`] holds at once. An image with damage holds a byte for each MCU too.
pub(crate) fn memory(
    script: &mut ScanScript<'_>,
    header: &JpegHeader<'_>,
    grid: &ScaledGrid,
) -> u64 {
    let plans = script.plan(grid);
    let components = grid.components.iter().zip(&header.frame.components);
    let bytes = components.zip(&plans).map(|((grid, component), plan)| {
        CoefficientStore::memory(grid, plan, header.frame.blocks(component))
            + SampleStrip::memory(grid)
    });
    bytes.sum()
}

/// Decodes every needed scan of `script`. Marks missing MCUs in `damage`.
pub(crate) fn decode(
    script: &mut ScanScript<'_>,
    header: &JpegHeader<'_>,
    grid: &ScaledGrid,
    budget: &Budget,
    damage: &mut DamageMap<'_>,
    writer: &mut RowWriter<'_>,
) -> Result<()> {
    let plans = script.plan(grid);
    if script.is_damaged || plans.iter().any(|plan| !plan.complete) {
        damage.mark_all()?;
    }
    let mut decoder = MultiScanDecoder::new(header, grid, &plans, budget)?;
    let needed = script.scans.iter().enumerate();
    for (index, scan) in needed.filter(|(_, scan)| scan.needed) {
        match decoder.decode_scan(scan, damage) {
            // A table cannot be used. The scans up to here are an image.
            Err(error) if index > 0 && error.kind() == ErrorKind::Malformed => {
                damage.mark_all()?;
                break;
            }
            decoded => decoded?,
        }
    }
    decoder.write_rows(&plans, writer)
}

/// An image whose scans are being decoded.
struct MultiScanDecoder<'a> {
    header: &'a JpegHeader<'a>,
    grid: &'a ScaledGrid,
    budget: &'a Budget,
    /// One for each component of the frame.
    stores: Vec<CoefficientStore>,
}

impl<'a> MultiScanDecoder<'a> {
    fn new(
        header: &'a JpegHeader<'_>,
        grid: &'a ScaledGrid,
        plans: &[ComponentPlan],
        budget: &'a Budget,
    ) -> Result<Self> {
        let components = grid.components.iter().zip(&header.frame.components);
        let stores = components.zip(plans).map(|((grid, component), plan)| {
            CoefficientStore::new(grid, plan, header.frame.blocks(component), budget)
        });
        Ok(Self {
            header,
            grid,
            budget,
            stores: stores.collect::<Result<_>>()?,
        })
    }

    /// Decodes one scan into the stores.
    fn decode_scan(&mut self, scan: &ScriptedScan<'_>, damage: &mut DamageMap<'_>) -> Result<()> {
        let ScriptedScan { header, tables, .. } = scan;
        let (size, needed) = self.units(header);
        let progressive = self.header.frame.progressive;
        let huffman_tables = ScanTables::new(header, tables, progressive, size)?;
        let mut pass = ScanPass::new(header, &huffman_tables, progressive, self.grid)?;
        let mut walk = ScanWalk::new(scan.data, size, tables.restart_interval, needed);
        if self.stores.iter().any(CoefficientStore::has_history) {
            // The history covers whole components, so that refinements can be decoded.
            walk = walk.without_skipping();
        }
        let grid = self.grid;
        let mut on_missing = |units: Region| match header.is_dispensable() {
            true => Ok(()),
            false => damage.mark(mcus_of(units, header, grid)),
        };
        let coefficients = pass.coefficients_per_unit();
        for y in walk.rows() {
            let mut x = 0;
            while let Some(span) = walk.next_span(y, x) {
                x = span.x1;
                self.budget.work(span.cost(coefficients))?;
                if span.starts_interval {
                    pass.reset();
                }
                let stores = &mut self.stores;
                walk.decode_span(
                    span,
                    |bits, span| pass.decode_span(stores, bits, span),
                    &mut on_missing,
                )?;
            }
        }
        Ok(())
    }

    /// The units of a scan across and down, and the ones that are needed (A.2).
    fn units(&self, scan: &ScanHeader) -> (Size, Region) {
        let [only] = scan.components[..] else {
            return (self.header.frame.mcus(), self.grid.mcus);
        };
        let frame = &self.header.frame;
        let size = frame.blocks(&frame.components[only.index]);
        let needed = self.grid.components[only.index].blocks;
        let clipped = Region {
            x1: needed.x1.min(size.width),
            y1: needed.y1.min(size.height),
            ..needed
        };
        (size, clipped)
    }

    /// Transforms the stored coefficients to rows of pixels.
    fn write_rows(&self, plans: &[ComponentPlan], writer: &mut RowWriter<'_>) -> Result<()> {
        let components = &self.grid.components;
        let strips = components
            .iter()
            .map(|grid| SampleStrip::new(grid, self.budget));
        let mut strips = strips.collect::<Result<Vec<_>>>()?;
        let dequantizers: Vec<_> = plans.iter().map(ComponentPlan::dequantizer).collect();
        for y in self.grid.mcus.y0..self.grid.mcus.y1 {
            let sources = components.iter().zip(&self.stores).zip(&dequantizers);
            for (strip, ((grid, store), dequantizer)) in strips.iter_mut().zip(sources) {
                strip.begin_mcu_row(y);
                strip.transform(&store.tiles, y * grid.v, dequantizer);
            }
            writer.write_rows_after(y, &strips)?;
        }
        Ok(())
    }
}

/// The MCUs that `units` of a scan belong to.
fn mcus_of(units: Region, scan: &ScanHeader, grid: &ScaledGrid) -> Region {
    let (h, v) = match scan.components[..] {
        [only] => (grid.components[only.index].h, grid.components[only.index].v),
        _ => (1, 1),
    };
    Region {
        x0: units.x0 / h,
        y0: units.y0 / v,
        x1: units.x1.div_ceil(h),
        y1: units.y1.div_ceil(v),
    }
}
