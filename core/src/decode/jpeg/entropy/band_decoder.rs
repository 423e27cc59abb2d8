//! The AC coefficients of one block in a progressive scan (T.81 G.1.2.2 and G.1.2.3).
//!
//! A refinement scan steps over coefficients that are zero so far and corrects the others. One bit
//! for each coefficient records whether it is zero. With these bits, a run of zeros is found by
//! clearing the lowest set bits of a word, and the correction bits of coefficients that are not
//! kept are counted and skipped together.

use super::bits::BitReader;
use super::huffman::HuffmanTable;
use crate::decode::jpeg::block::BlockLayout;
use crate::decode::jpeg::markers::ScanHeader;

/// Decodes one component's band of AC coefficients, block by block.
pub(crate) struct BandDecoder<'a> {
    table: &'a HuffmanTable,
    /// Ss and Se.
    start: usize,
    end: usize,
    /// Al.
    approx_low: u32,
    /// Blocks that still end without a symbol of their own, EOBRUN.
    eob_run: u32,
}

/// The place of a block's coefficients.
pub(crate) struct BandBlock<'a> {
    /// The kept coefficients, [`LANES`](crate::decode::jpeg::block::LANES) apart. Empty if the
    /// block is not needed.
    pub(crate) coefficients: &'a mut [i16],
    /// The coefficients of the zigzag sequence that are not zero, if a later scan refines them.
    pub(crate) nonzero: Option<&'a mut u64>,
}

impl<'a> BandDecoder<'a> {
    pub(crate) fn new(scan: &ScanHeader, table: &'a HuffmanTable) -> Self {
        Self {
            table,
            start: scan.spectral_start,
            end: scan.spectral_end,
            approx_low: scan.approx_low,
            eob_run: 0,
        }
    }

    /// Resets the end-of-band run, at the start of a restart interval.
    pub(crate) fn reset(&mut self) {
        self.eob_run = 0;
    }

    /// The last coefficient of the band.
    pub(crate) fn last(&self) -> usize {
        self.end
    }

    /// Takes up to `count` blocks from the end-of-band run. Returns how many.
    #[inline(always)]
    pub(crate) fn take_ended_blocks(&mut self, count: u32) -> u32 {
        let ended = self.eob_run.min(count);
        self.eob_run -= ended;
        ended
    }

    /// Decodes a block of the first scan of a band (G.1.2.2): coefficients up to `needed` are
    /// decoded, the rest is skipped.
    ///
    /// `None` if the data is damaged. The block then ends as in libjpeg, and decoding may go on with
    /// the next block.
    #[inline(always)]
    pub(crate) fn decode_first(
        &mut self,
        bits: &mut BitReader<'_>,
        layout: &BlockLayout,
        block: BandBlock<'_>,
        needed: usize,
    ) -> Option<()> {
        let mut nonzero = 0;
        let mut k = self.start;
        let mut ended_blocks = 1;
        while k <= needed {
            bits.refill();
            let symbol = self.table.decode(bits);
            if symbol.is_end_of_block() {
                ended_blocks = symbol.consume_eob_run(bits);
                k = self.end + 1;
                break;
            }
            let amplitude = symbol.consume(bits);
            k += symbol.advance();
            if k > self.end + 1 {
                if !symbol.is_valid() {
                    *bits = bits.after_invalid_code();
                }
                // The coefficients before the damage stay, and refinements have bits for them.
                if let Some(history) = block.nonzero {
                    *history |= nonzero;
                }
                return None;
            }
            nonzero |= u64::from(amplitude != 0) << (k - 1);
            if let Some(coefficient) = layout.coefficient_mut(block.coefficients, k - 1) {
                *coefficient = (amplitude << self.approx_low) as i16;
            }
        }
        if let Some(history) = block.nonzero {
            *history |= nonzero;
        }
        if k <= self.end {
            ended_blocks = self.table.skip_coefficients(bits, k, self.end)?;
        }
        self.eob_run = ended_blocks - 1;
        Some(())
    }

    /// Decodes a block of a refinement scan (G.1.2.3). `None` as from
    /// [`decode_first`](Self::decode_first).
    #[inline(always)]
    pub(crate) fn decode_refinement(
        &mut self,
        bits: &mut BitReader<'_>,
        layout: &BlockLayout,
        block: BandBlock<'_>,
    ) -> Option<()> {
        let mut no_history = 0;
        let mut block = RefinedBlock {
            approx_low: self.approx_low,
            layout,
            coefficients: block.coefficients,
            nonzero: block.nonzero.unwrap_or(&mut no_history),
        };
        let (k, sound) = if self.eob_run > 0 {
            (self.start, true)
        } else {
            self.refine_symbols(bits, &mut block)
        };
        if self.eob_run > 0 {
            // The end of the band has no more symbols, but correction bits.
            self.eob_run -= 1;
            block.correct(bits, mask(k, self.end + 1));
        }
        sound.then_some(())
    }

    /// Decodes symbols up to an end of band or the last coefficient. Returns the next position, and
    /// whether the data is sound.
    ///
    /// ```text
    /// each symbol: step over as many zeros as its run says, and correct what is not zero on the way;
    ///              the zero after them becomes +-2^Al
    /// ```
    #[inline(always)]
    fn refine_symbols(
        &mut self,
        bits: &mut BitReader<'_>,
        block: &mut RefinedBlock<'_>,
    ) -> (usize, bool) {
        let mut k = self.start;
        while k <= self.end {
            bits.refill();
            let symbol = self.table.decode(bits);
            if symbol.is_end_of_block() {
                self.eob_run = symbol.consume_eob_run(bits);
                return (k, true);
            }
            if !symbol.is_valid() {
                // libjpeg reads an invalid code as the end of this band.
                *bits = bits.after_invalid_code();
                self.eob_run = 1;
                return (k, false);
            }
            let amplitude = symbol.consume(bits);
            let band = mask(k, self.end + 1);
            let mut zeros = !*block.nonzero & band;
            for _ in 1..symbol.advance() {
                // Clears the lowest set bit: steps over one zero.
                zeros &= zeros.wrapping_sub(1);
            }
            // 64 if the band has fewer zeros, in damaged data.
            let place = zeros.trailing_zeros() as usize;
            block.correct(bits, band & mask(0, place));
            if amplitude != 0 {
                if place > 63 {
                    return (place, false);
                }
                block.begin(place, amplitude);
            }
            k = place + 1;
        }
        (k, true)
    }
}

/// Coefficients `start..end` of the zigzag sequence, one bit each.
#[inline(always)]
fn mask(start: usize, end: usize) -> u64 {
    // A shift by 64 gives no coefficients.
    let below = |k: usize| u64::MAX.checked_shr(64 - k as u32).unwrap_or(0);
    below(end.min(64)) & !below(start.min(64))
}

/// A block of a refinement scan.
struct RefinedBlock<'a> {
    approx_low: u32,
    layout: &'a BlockLayout,
    coefficients: &'a mut [i16],
    nonzero: &'a mut u64,
}

impl RefinedBlock<'_> {
    /// Gives coefficient `k`, zero so far, its first bit.
    #[inline(always)]
    fn begin(&mut self, k: usize, amplitude: i32) {
        *self.nonzero |= 1 << k;
        if let Some(coefficient) = self.layout.coefficient_mut(self.coefficients, k) {
            *coefficient = (amplitude << self.approx_low) as i16;
        }
    }

    /// Reads one correction bit for each coefficient of `band` that is not zero.
    #[inline(always)]
    fn correct(&mut self, bits: &mut BitReader<'_>, band: u64) {
        let mut left = *self.nonzero & band;
        let kept = if self.coefficients.is_empty() {
            0
        } else {
            self.layout.kept
        };
        while left & kept != 0 {
            bits.refill();
            let one = bits.receive(1) << self.approx_low;
            let k = left.trailing_zeros() as usize;
            if let Some(coefficient) = self.layout.coefficient_mut(self.coefficients, k) {
                let correction = if *coefficient < 0 { -one } else { one };
                *coefficient = coefficient.wrapping_add(correction as i16);
            }
            left &= left - 1;
        }
        // The correction bits after the last kept coefficient.
        bits.skip_bits(left.count_ones());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_has_the_coefficients_between_two_positions() {
        assert_eq!(mask(1, 3), 0b110);
        assert_eq!(mask(0, 64), u64::MAX);
        assert_eq!(mask(63, 64), 1 << 63);
        assert_eq!(mask(64, 64), 0);
    }
}
