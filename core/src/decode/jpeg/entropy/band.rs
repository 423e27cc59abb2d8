//! The scans of AC coefficients of a progressive frame (T.81 G.1.2.2 and G.1.2.3).
//!
//! A refinement steps over coefficients that were zero so far and corrects those that were not.
//! With one bit a coefficient to tell which is which, a run is a matter of clearing the lowest set
//! bits of a word, and corrections that nobody needs are counted and passed together.

use crate::decode::jpeg::entropy::bits::Bits;
use crate::decode::jpeg::entropy::huffman::Table;
use crate::decode::jpeg::samples::tiles::Layout;
use crate::decode::jpeg::scans::coefficients::{Entry, Store};
use crate::decode::jpeg::scans::walk::{Run, ScanHeader};

/// A scan of AC coefficients: one component's, not interleaved.
pub(crate) struct Band<'a> {
    table: &'a Table,
    first: usize,
    last: usize,
    low: u32,
    /// Blocks that are still to end at once.
    end_run: u32,
}

impl<'a> Band<'a> {
    pub(crate) fn new(scan: &ScanHeader, table: &'a Table) -> Self {
        Self {
            table,
            first: scan.first,
            last: scan.last,
            low: scan.low,
            end_run: 0,
        }
    }

    /// Forgets the end-of-band run, at a restart marker.
    pub(crate) fn restart(&mut self) {
        self.end_run = 0;
    }

    /// The first scan of a band (G.1.2.2). Returns the first block that is damaged, or the run's
    /// end.
    #[inline(always)]
    pub(crate) fn first_scan(&mut self, bits: &mut Bits<'_>, store: &mut Store, run: Run) -> u32 {
        let layout = store.layout;
        let needed = match (store.remembers(), run.wanted) {
            (true, _) => self.last,
            (false, true) => self.last.min(layout.last),
            (false, false) => 0,
        };
        let mut x = run.x0;
        while x < run.x1 {
            let ended = self.end_run.min(run.x1 - x);
            self.end_run -= ended;
            x += ended;
            if x == run.x1 {
                break;
            }
            let entry = store.entry(x, run.y, run.wanted);
            match self.first_block(bits, &layout, entry, needed) {
                Some(ends) if !bits.overran() => self.end_run = ends - 1,
                _ => return x,
            }
            x += 1;
        }
        run.x1
    }

    /// Reads one block's coefficients up to `needed` and passes the rest. Returns how many blocks
    /// end with it.
    #[inline(always)]
    fn first_block(
        &self,
        bits: &mut Bits<'_>,
        layout: &Layout,
        entry: Entry<'_>,
        needed: usize,
    ) -> Option<u32> {
        let mut nonzero = 0;
        let mut k = self.first;
        let mut ends = 1;
        while k <= needed {
            bits.refill();
            let symbol = self.table.next(bits);
            if symbol.is_end() {
                ends = symbol.take_end_run(bits);
                k = self.last + 1;
                break;
            }
            let amplitude = symbol.take(bits);
            k += symbol.advance();
            if k > self.last + 1 {
                return None;
            }
            nonzero |= u64::from(amplitude != 0) << (k - 1);
            if let Some(slot) = layout.kept(entry.coefficients, k - 1) {
                *slot = (amplitude << self.low) as i16;
            }
        }
        if let Some(remembered) = entry.nonzero {
            *remembered |= nonzero;
        }
        if k <= self.last {
            ends = self.table.skip(bits, k, self.last)?;
        }
        Some(ends)
    }

    /// A refinement scan of a band (G.1.2.3). Returns as above.
    #[inline(always)]
    pub(crate) fn refinement_scan(
        &mut self,
        bits: &mut Bits<'_>,
        store: &mut Store,
        run: Run,
    ) -> u32 {
        let layout = store.layout;
        for x in run.x0..run.x1 {
            let entry = store.entry(x, run.y, run.wanted);
            let mut nothing = 0;
            let mut block = Refined {
                low: self.low,
                layout: &layout,
                coefficients: entry.coefficients,
                nonzero: entry.nonzero.unwrap_or(&mut nothing),
            };
            let k = if self.end_run > 0 {
                Some(self.first)
            } else {
                self.refined(bits, &mut block)
            };
            let Some(k) = k else { return x };
            if self.end_run > 0 {
                self.end_run -= 1;
                block.correct(bits, from_to(k, self.last + 1));
            }
            if bits.overran() {
                return x;
            }
        }
        run.x1
    }

    /// Reads symbols up to an end of band or the last coefficient. Returns where it stopped.
    ///
    /// ```text
    /// each symbol: step over as many zeros as it says, correcting what is not zero on the way;
    ///              the zero after them becomes +-2^Al
    /// ```
    #[inline(always)]
    fn refined(&mut self, bits: &mut Bits<'_>, block: &mut Refined<'_>) -> Option<usize> {
        let mut k = self.first;
        while k <= self.last {
            bits.refill();
            let symbol = self.table.next(bits);
            if symbol.is_end() {
                self.end_run = symbol.take_end_run(bits);
                return Some(k);
            }
            let amplitude = symbol.take(bits);
            let band = from_to(k, self.last + 1);
            let mut zeros = !*block.nonzero & band;
            for _ in 1..symbol.advance() {
                zeros &= zeros.wrapping_sub(1);
            }
            let place = zeros.trailing_zeros() as usize;
            if !symbol.is_valid() || place > 63 && amplitude != 0 {
                return None;
            }
            block.correct(bits, band & from_to(0, place.min(63)));
            if amplitude != 0 {
                block.begin(place, amplitude);
            }
            k = place + 1;
        }
        Some(k)
    }
}

/// Coefficients `start..end`, one bit each.
#[inline(always)]
fn from_to(start: usize, end: usize) -> u64 {
    let below = |k: usize| u64::MAX.checked_shr(64 - k as u32).unwrap_or(0);
    below(end.min(64)) & !below(start.min(64))
}

/// A block that a refinement scan is about.
struct Refined<'a> {
    low: u32,
    layout: &'a Layout,
    coefficients: &'a mut [i16],
    nonzero: &'a mut u64,
}

impl Refined<'_> {
    /// Coefficient `k`, zero so far, gets its first bit.
    #[inline(always)]
    fn begin(&mut self, k: usize, amplitude: i32) {
        *self.nonzero |= 1 << k;
        if let Some(slot) = self.layout.kept(self.coefficients, k) {
            *slot = (amplitude << self.low) as i16;
        }
    }

    /// Reads one correction bit for each coefficient of `band` that is not zero.
    #[inline(always)]
    fn correct(&mut self, bits: &mut Bits<'_>, band: u64) {
        let mut left = *self.nonzero & band;
        let kept = if self.coefficients.is_empty() {
            0
        } else {
            self.layout.kept
        };
        while left & kept != 0 {
            bits.refill();
            let one = bits.receive(1) << self.low;
            if let Some(slot) = self
                .layout
                .kept(self.coefficients, left.trailing_zeros() as usize)
            {
                *slot = slot.wrapping_add(if *slot < 0 { -one } else { one } as i16);
            }
            left &= left - 1;
        }
        bits.discard(left.count_ones());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_hold_the_coefficients_between() {
        assert_eq!(from_to(1, 3), 0b110);
        assert_eq!(from_to(0, 64), u64::MAX);
        assert_eq!(from_to(63, 64), 1 << 63);
        assert_eq!(from_to(64, 64), 0);
    }
}
