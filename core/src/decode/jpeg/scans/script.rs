//! The scans of a file, and which of them matter (T.81 G.1.1).
//!
//! A progressive file sends its coefficients in bands (spectral selection) and some bits at a time
//! (successive approximation). Of all that, a scale needs the lowest frequencies only, and these
//! not to the last bit:
//!
//! - A first scan of a band without a needed coefficient is passed over.
//! - A refinement scan can only be read by someone who knows which coefficients of its whole band
//!   are not zero, so it pulls in every earlier scan of that band, needed coefficients or not.
//!   It is the dearest part of the file, so AC refinements below a bit Al are passed over where
//!   that costs little: the largest Al is taken for which
//!
//!   ```text
//!   1/8 sqrt(sum over needed coefficients k of ((2^Al - 1) step(k) weight(k))^2) <= 2.5 levels
//!   ```
//!
//!   A coefficient of which Al bits are missing is off by at most (2^Al - 1) steps, and, as the
//!   transform is orthogonal, the left side with weights of 1 is the root mean square of the
//!   samples' error over a block when every coefficient is as far off as it can be. The weight is
//!   1/4 for frequencies in the upper half of those needed: they mean detail finer than two
//!   pixels, which shrinking the scaled image to the avatar averages away. (In the scaled image
//!   itself, a block may so be off by 10 levels, root mean square.) In photos the error is
//!   far below the bound: at 2/8, 50 dB or more against all scans once the image is halved.
//! - At full size nothing is passed over.

use std::ops::Range;

use crate::decode::jpeg::Header;
use crate::decode::jpeg::markers::frame::Frame;
use crate::decode::jpeg::markers::segment::{EOI, SOS, Segment, Tables};
use crate::decode::jpeg::samples::grid::Grid;
use crate::decode::jpeg::samples::idct::{Dequantiser, NATURAL, Points, Steps};
use crate::decode::jpeg::samples::tiles::Layout;
use crate::decode::jpeg::scans::walk::ScanHeader;
use crate::error::{Error, Limit, Result};
use crate::limits::Limits;

/// The error that passing over refinements may cause, in steps of 1/32 level.
const TOLERANCE: u64 = 80;

/// Every scan of a file, in order.
pub(crate) struct Script {
    pub(crate) scans: Vec<Scan>,
    /// For each component of the frame, its steps when its first scan came.
    steps: Vec<Option<Steps>>,
    /// Whether the file goes on to its end of image.
    ended: bool,
}

pub(crate) struct Scan {
    pub(crate) header: ScanHeader,
    /// The segments between the scan before and this one.
    pub(crate) segments: Range<usize>,
    /// Where its entropy-coded data begins.
    pub(crate) data: usize,
    pub(crate) needed: bool,
}

/// What the scans bring of one component.
pub(crate) struct Plan {
    pub(crate) points: Points,
    pub(crate) steps: Steps,
    /// Whether some needed scan must know which coefficients are not zero.
    pub(crate) history: bool,
    /// For each coefficient in zigzag order, the bits that are passed over.
    pub(crate) missing_bits: [u8; 64],
    /// Whether everything that the scale needs is there.
    pub(crate) complete: bool,
}

impl Script {
    /// Lists the scans by searching for markers.
    pub(crate) fn read(bytes: &[u8], header: &Header, limits: &Limits) -> Result<Self> {
        let mut script = Self {
            scans: Vec::new(),
            steps: vec![None; header.frame.components.len()],
            ended: false,
        };
        let mut tables = header.tables.clone();
        let (mut at, mut between) = (header.first_scan, None);
        while let Ok(Some(segment)) = Segment::next(bytes, at) {
            at = segment.end();
            let since = *between.get_or_insert(segment.offset);
            match segment.code {
                SOS => {
                    let scan = ScanHeader::read(&segment, bytes, &header.frame)?;
                    script.keep_steps(&scan, &header.frame, &tables)?;
                    script.push(scan, since..segment.offset, at, limits)?;
                    between = None;
                }
                EOI => {
                    script.ended = true;
                    break;
                }
                _ => tables.take(&segment, bytes)?,
            }
        }
        Ok(script)
    }

    /// A component's steps are those in force when its first scan comes.
    fn keep_steps(&mut self, scan: &ScanHeader, frame: &Frame, tables: &Tables) -> Result<()> {
        for listed in &scan.components {
            let steps = &mut self.steps[listed.component];
            if steps.is_none() {
                *steps = Some(tables.steps(&frame.components[listed.component])?);
            }
        }
        Ok(())
    }

    fn push(
        &mut self,
        header: ScanHeader,
        segments: Range<usize>,
        data: usize,
        limits: &Limits,
    ) -> Result<()> {
        let count = self.scans.len() as u64 + 1;
        if count > u64::from(limits.scans) {
            return Err(Error::limit(Limit::Scans, count, limits.scans.into()));
        }
        self.scans.push(Scan {
            header,
            segments,
            data,
            needed: false,
        });
        Ok(())
    }

    /// Marks the scans that matter.
    pub(crate) fn plan(&mut self, frame: &Frame, grid: &Grid) -> Vec<Plan> {
        let components = 0..frame.components.len();
        let mut plans: Vec<_> = components.map(|c| self.plan_component(c, grid)).collect();
        let mut wanted: Vec<u64> = plans
            .iter()
            .map(|plan| Layout::new(plan.points).kept)
            .collect();
        for scan in self.scans.iter_mut().rev() {
            let band = scan.header.band();
            let matters = |c: usize| wanted[c] & band != 0 && !plans[c].passes_over(&scan.header);
            scan.needed = scan.header.components.iter().any(|l| matters(l.component));
            let history = scan.needed && scan.header.refines() && scan.header.first > 0;
            for listed in scan.header.components.iter().filter(|_| history) {
                plans[listed.component].history = true;
                wanted[listed.component] |= band;
            }
        }
        plans
    }

    fn plan_component(&self, component: usize, grid: &Grid) -> Plan {
        let mut plan = Plan {
            points: grid.planes[component].points,
            steps: self.steps[component].unwrap_or([0; 64]),
            history: false,
            missing_bits: [0; 64],
            complete: self.steps[component].is_some(),
        };
        let levels = |stop| self.levels(component, stop);
        let sent = levels(0);
        let full = plan.points == Points { x: 8, y: 8 };
        let stops = if full { 0..1 } else { 0..14 };
        let stop = stops
            .rev()
            .find(|&stop| plan.error(&levels(stop)) <= TOLERANCE * TOLERANCE);
        let stopped = levels(stop.unwrap_or(0));
        for k in (1..64).filter(|&k| plan.points.keep(k)) {
            let (sent, stopped) = (sent[k].unwrap_or(0), stopped[k].unwrap_or(0));
            plan.missing_bits[k] = if stopped > sent { stopped } else { 0 };
        }
        let unfinished = |k: usize| plan.points.keep(k) && sent[k] != Some(0);
        plan.complete &= self.ended || !(0..64).any(unfinished);
        plan
    }

    /// For each coefficient the bits still missing after all scans down to bit `stop`; `None` if
    /// it was never sent.
    fn levels(&self, component: usize, stop: u8) -> [Option<u8>; 64] {
        let mut levels = [None; 64];
        for Scan { header, .. } in &self.scans {
            let listed = header.components.iter().any(|l| l.component == component);
            let passed = header.refines() && header.first > 0 && header.low < u32::from(stop);
            if listed && !passed {
                levels[header.first..=header.last].fill(Some(header.low as u8));
            }
        }
        levels
    }
}

impl Plan {
    pub(crate) fn dequantiser(&self) -> Dequantiser {
        Dequantiser::new(self.points, &self.steps, &self.missing_bits)
    }

    /// The sum of the kept AC coefficients' squared and weighted errors, in steps of 1/32 level.
    fn error(&self, levels: &[Option<u8>; 64]) -> u64 {
        let kept = (1..64).filter(|&k| self.points.keep(k));
        let squares = kept.map(|k| {
            let at = usize::from(NATURAL[k]);
            let upper = 2 * (at % 8) >= self.points.x || 2 * (at / 8) >= self.points.y;
            let weight = if upper { 1 } else { 4 };
            let missing = (1 << levels[k].unwrap_or(0)) - 1;
            let off = missing * u64::from(self.steps[at]) * weight;
            off.saturating_mul(off)
        });
        squares.fold(0, u64::saturating_add)
    }

    /// Whether `scan` refines coefficients beyond the bit that is enough.
    fn passes_over(&self, scan: &ScanHeader) -> bool {
        let enough = |k: &usize| u32::from(self.missing_bits[*k]) > scan.low;
        scan.refines() && scan.first > 0 && (scan.first..=scan.last).any(|k| enough(&k))
    }
}
