//! The scan script: all scans of a file, and the ones that a scale needs (T.81 G.1.1).
//!
//! A progressive file sends its coefficients in bands (spectral selection) and some bits at a time
//! (successive approximation). A scale needs the lowest frequencies only, and these not to the last
//! bit:
//!
//! - The first scan of a band without a kept coefficient is skipped.
//! - To decode a refinement scan, the coefficients of its whole band that are not zero must be
//!   known. So it needs every earlier scan of that band, kept coefficients or not. It is the most
//!   expensive part of the file, so AC refinements below a bit Al are skipped where that costs
//!   little: Al is the largest for which
//!
//!   ```text
//!   1/8 sqrt(sum over kept coefficients k of ((2^Al - 1) step(k) weight(k))^2) <= 2.5 levels
//!   ```
//!
//!   A coefficient of which Al bits are missing is off by at most (2^Al - 1) steps. The transform
//!   is orthogonal, so the left side with weights of 1 is the root mean square error of a block's
//!   samples when every coefficient is as far off as it can be. The weight is 1/4 for frequencies
//!   in the upper half of those kept: they are detail finer than two pixels, which reducing the
//!   scaled image to the avatar averages away. (In the scaled image itself, the root mean square
//!   error of a block may therefore be 10 levels.) In photos the error is far below the bound: at
//!   2/8, 50 dB or more against all scans once the image is halved.
//! - At full size no scan is skipped.
//!
//! A damaged segment after the first scan ends the file.
//!
//! A file may end early, or be damaged, in a scan that sends only the lowest bit of AC coefficients.
//! That does not count as missing: without this bit each coefficient is off by at most one
//! quantization step, twice the rounding error of the quantization itself, and with a wrong bit by at
//! most two.

use crate::decode::jpeg::block::{BlockLayout, BlockSize, QuantTable, ZIGZAG, frequencies};
use crate::decode::jpeg::markers::{
    EOI, FrameHeader, JpegHeader, MarkerReader, SOS, ScanHeader, TableSpecs,
};
use crate::decode::jpeg::samples::{Dequantizer, ScaledGrid};
use crate::error::{Error, ErrorKind, Limit, Result};
use crate::limits::Limits;

/// The error that skipped refinements may cause, in units of 1/32 level: 2.5 levels.
const TOLERANCE: u64 = 80;

/// Al is at most 13 (table B.3).
const MAX_APPROX_LOW: u8 = 13;

/// All scans of a file, in order.
pub(crate) struct ScanScript<'a> {
    pub(crate) scans: Vec<ScriptedScan<'a>>,
    /// For each component of the frame, the quantization table in force at its first scan.
    quant_tables: Vec<Option<QuantTable>>,
    /// Whether the file goes on to its EOI marker.
    has_end: bool,
    /// Whether a segment after the first scan is damaged.
    pub(crate) is_damaged: bool,
}

/// One scan of the script.
pub(crate) struct ScriptedScan<'a> {
    pub(crate) header: ScanHeader,
    /// The tables in force.
    pub(crate) tables: TableSpecs<'a>,
    /// The entropy-coded data and everything after it.
    pub(crate) data: &'a [u8],
    pub(crate) needed: bool,
}

/// The part of the scans that one component needs.
pub(crate) struct ComponentPlan {
    block_size: BlockSize,
    quant_table: QuantTable,
    /// Whether a needed scan depends on which coefficients are not zero.
    pub(crate) needs_history: bool,
    /// For each coefficient of the zigzag sequence, the bits that are skipped.
    missing_bits: [u8; 64],
    /// Whether the scans send everything that the scale needs.
    pub(crate) complete: bool,
}

impl<'a> ScanScript<'a> {
    /// Lists the scans: `first`, at whose data `reader` is positioned, and all that follow.
    pub(crate) fn read(
        header: &JpegHeader<'a>,
        first: ScanHeader,
        mut reader: MarkerReader<'a>,
        limits: &Limits,
    ) -> Result<Self> {
        let frame = &header.frame;
        let mut script = Self {
            scans: Vec::new(),
            quant_tables: vec![None; frame.components.len()],
            has_end: false,
            is_damaged: false,
        };
        let mut tables = header.tables;
        script.push(first, tables, reader.remaining(), frame, limits)?;
        while let Ok(Some(segment)) = reader.next_segment() {
            let parsed = match segment.marker {
                SOS => ScanHeader::parse(&segment, frame)
                    .and_then(|scan| script.push(scan, tables, reader.remaining(), frame, limits)),
                EOI => {
                    script.has_end = true;
                    break;
                }
                _ => tables.define(&segment),
            };
            match parsed {
                // The scans up to here are an image, as where a file ends early.
                Err(error) if error.kind() == ErrorKind::Malformed => {
                    script.is_damaged = true;
                    break;
                }
                parsed => parsed?,
            }
        }
        Ok(script)
    }

    fn push(
        &mut self,
        header: ScanHeader,
        tables: TableSpecs<'a>,
        data: &'a [u8],
        frame: &FrameHeader,
        limits: &Limits,
    ) -> Result<()> {
        // The quantization table is the one in force when the component's first scan begins.
        for component in &header.components {
            let table = &mut self.quant_tables[component.index];
            if table.is_none() {
                *table = Some(tables.quant_table(&frame.components[component.index])?);
            }
        }
        let count = self.scans.len() as u64 + 1;
        if count > u64::from(limits.scans) {
            return Err(Error::limit(Limit::Scans, count, limits.scans.into()));
        }
        self.scans.push(ScriptedScan {
            header,
            tables,
            data,
            needed: false,
        });
        Ok(())
    }

    /// Marks the scans that are needed.
    ///
    /// From the last scan to the first, because a needed refinement makes all earlier scans of its
    /// band necessary.
    pub(crate) fn plan(&mut self, grid: &ScaledGrid) -> Vec<ComponentPlan> {
        let components = 0..self.quant_tables.len();
        let mut plans: Vec<_> = components.map(|c| self.plan_component(c, grid)).collect();
        let mut needed: Vec<u64> = plans
            .iter()
            .map(|plan| BlockLayout::new(plan.block_size).kept)
            .collect();
        for ScriptedScan {
            header: scan,
            needed: scan_needed,
            ..
        } in self.scans.iter_mut().rev()
        {
            let band = scan.spectral_mask();
            let contributes = |c: usize| needed[c] & band != 0 && !plans[c].skips(scan);
            *scan_needed = scan.components.iter().any(|c| contributes(c.index));
            if *scan_needed && scan.is_ac_refinement() {
                for component in &scan.components {
                    plans[component.index].needs_history = true;
                    needed[component.index] |= band;
                }
            }
        }
        plans
    }

    fn plan_component(&self, component: usize, grid: &ScaledGrid) -> ComponentPlan {
        let mut plan = ComponentPlan {
            block_size: grid.components[component].block_size,
            quant_table: self.quant_tables[component].unwrap_or([0; 64]),
            needs_history: false,
            missing_bits: [0; 64],
            complete: self.quant_tables[component].is_some(),
        };
        let sent = self.bits_not_sent(component, 0);
        let chosen = self.bits_not_sent(component, self.choose_approx_low(component, &plan));
        for k in (1..64).filter(|&k| plan.block_size.keeps(k)) {
            let (sent, chosen) = (sent[k].unwrap_or(0), chosen[k].unwrap_or(0));
            plan.missing_bits[k] = if chosen > sent { chosen } else { 0 };
        }
        let unfinished = |k: usize| match sent[k] {
            Some(0) => false,
            Some(1) => k == 0,
            _ => true,
        };
        let mut kept = (0..64).filter(|&k| plan.block_size.keeps(k));
        plan.complete &= self.has_end || !kept.any(unfinished);
        plan
    }

    /// The largest Al below which refinements may be skipped.
    fn choose_approx_low(&self, component: usize, plan: &ComponentPlan) -> u8 {
        if plan.block_size == BlockSize::FULL {
            return 0;
        }
        (0..=MAX_APPROX_LOW)
            .rev()
            .find(|&low| {
                let missing = self.bits_not_sent(component, low);
                plan.squared_error(&missing) <= TOLERANCE * TOLERANCE
            })
            .unwrap_or(0)
    }

    /// For each coefficient of the zigzag sequence, the low bits that are missing after all scans
    /// except AC refinements below bit `approx_low`. `None` for one that is never sent.
    fn bits_not_sent(&self, component: usize, approx_low: u8) -> [Option<u8>; 64] {
        let mut missing = [None; 64];
        for ScriptedScan { header: scan, .. } in &self.scans {
            let in_scan = scan.components.iter().any(|c| c.index == component);
            let skipped = scan.is_ac_refinement() && scan.approx_low < u32::from(approx_low);
            if in_scan && !skipped {
                missing[scan.spectral_start..=scan.spectral_end].fill(Some(scan.approx_low as u8));
            }
        }
        missing
    }
}

impl ComponentPlan {
    pub(crate) fn dequantizer(&self) -> Dequantizer {
        Dequantizer::new(self.block_size, &self.quant_table, &self.missing_bits)
    }

    /// The sum of the squared, weighted errors of the kept AC coefficients, where `missing` bits of
    /// each are missing, in units of 1/32 level: the bound of the module documentation, without
    /// its square root.
    fn squared_error(&self, missing: &[Option<u8>; 64]) -> u64 {
        let BlockSize { width, height } = self.block_size;
        let kept = (1..64).filter(|&k| self.block_size.keeps(k));
        let squares = kept.map(|k| {
            let (u, v) = frequencies(k);
            let upper_half = 2 * u >= width || 2 * v >= height;
            // A coefficient counts an eighth, so one step is 4 units of 1/32 level.
            let weight = if upper_half { 1 } else { 4 };
            let steps_off = (1 << missing[k].unwrap_or(0)) - 1;
            let step = u64::from(self.quant_table[usize::from(ZIGZAG[k])]);
            let error = steps_off * step * weight;
            error.saturating_mul(error)
        });
        squares.fold(0, u64::saturating_add)
    }

    /// Whether `scan` refines coefficients beyond the bit that is enough.
    fn skips(&self, scan: &ScanHeader) -> bool {
        let mut band = scan.spectral_start..=scan.spectral_end;
        scan.is_ac_refinement() && band.any(|k| u32::from(self.missing_bits[k]) > scan.approx_low)
    }
}
