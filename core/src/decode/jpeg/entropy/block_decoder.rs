//! The blocks of a sequential scan (T.81 F.2.2), and the DC coefficients of a progressive one.

use super::bits::BitReader;
use super::huffman::HuffmanTable;
use super::symbol::Symbol;
use crate::decode::jpeg::block::BlockLayout;

/// Decodes the blocks of one component.
pub(crate) struct BlockDecoder<'a> {
    dc: &'a HuffmanTable,
    ac: &'a HuffmanTable,
    /// The DC coefficient of the block before, PRED.
    dc_prediction: i32,
}

/// Symbols for which the 56 bits of one refill are enough: three complete ones are at most 30 bits,
/// which leaves 26 for a code of 10 bits and a value of 15. After such a value comes a refill.
const SYMBOLS_PER_REFILL: u32 = 4;

impl<'a> BlockDecoder<'a> {
    pub(crate) fn new(dc: &'a HuffmanTable, ac: &'a HuffmanTable) -> Self {
        Self {
            dc,
            ac,
            dc_prediction: 0,
        }
    }

    /// The last DC coefficient.
    #[inline(always)]
    pub(crate) fn dc_prediction(&self) -> i32 {
        self.dc_prediction
    }

    /// Sets the prediction, after DC coefficients that were read elsewhere.
    #[inline(always)]
    pub(super) fn set_dc_prediction(&mut self, dc: i32) {
        self.dc_prediction = dc;
    }

    /// Resets the prediction, at the start of a restart interval (F.2.1.3.1).
    pub(crate) fn reset(&mut self) {
        self.dc_prediction = 0;
    }

    /// Decodes the kept coefficients of a block into `block`, which must be zero. Skips the rest.
    ///
    /// `None` if the data is damaged. The block then ends where libjpeg ends it, and decoding may
    /// go on with the next block: Huffman codes soon synchronize by themselves.
    ///
    /// ```text
    /// decode the DC coefficient
    /// until the last kept coefficient: decode a symbol, write its amplitude to its slot
    /// skip the coefficients after it
    /// ```
    #[inline(always)]
    pub(crate) fn decode(
        &mut self,
        bits: &mut BitReader<'_>,
        layout: &BlockLayout,
        block: &mut [i16],
    ) -> Option<()> {
        let Some(dc) = self.decode_dc(bits) else {
            *bits = self.decode_after_invalid_dc(*bits, layout, block);
            return None;
        };
        let k = self.decode_ac(bits, layout, block);
        // Written last: the slot of the DC coefficient also received the coefficients that are not
        // kept, so that the loop needs no branch for them.
        *block.first_mut()? = dc as i16;
        match k? {
            64.. => Some(()),
            k => self.ac.skip_coefficients(bits, k, 63).map(drop),
        }
    }

    /// Goes on with the AC coefficients after an invalid DC code. The DC difference is then 0.
    ///
    /// Takes and returns the reader by value, so that the caller's copy can stay in registers.
    #[cold]
    #[inline(never)]
    fn decode_after_invalid_dc<'b>(
        &self,
        mut bits: BitReader<'b>,
        layout: &BlockLayout,
        block: &mut [i16],
    ) -> BitReader<'b> {
        let k = self.decode_ac(&mut bits, layout, block);
        if let Some(dc) = block.first_mut() {
            *dc = self.dc_prediction as i16;
        }
        if let Some(k) = k {
            self.ac.skip_coefficients(&mut bits, k, 63);
        }
        bits
    }

    /// Decodes AC coefficients up to the last kept one. Returns the next position: 64 or more at
    /// the end of the block.
    ///
    /// Nearly every symbol is complete in one look-up, so several of them share a refill.
    #[inline(always)]
    fn decode_ac(
        &self,
        bits: &mut BitReader<'_>,
        layout: &BlockLayout,
        block: &mut [i16],
    ) -> Option<usize> {
        let mut k = 1;
        while k <= layout.last {
            bits.refill();
            for _ in 0..SYMBOLS_PER_REFILL {
                let symbol = self.ac.decode_short(bits);
                let next = k + symbol.advance();
                if next > 63 {
                    k = self.decode_rare(symbol, bits, layout, block, k)?;
                    break;
                }
                let slot = layout.slot_before(next);
                if symbol.is_complete() {
                    block[slot] = symbol.consume_complete(bits) as i16;
                } else {
                    block[slot] = symbol.consume(bits) as i16;
                    bits.refill();
                }
                k = next;
            }
        }
        Some(k)
    }

    /// Handles a symbol whose short look-up leads past coefficient 62: an end of block, the last
    /// coefficient, or a code that is longer than the look-up and may be any symbol.
    #[inline(always)]
    fn decode_rare(
        &self,
        mut symbol: Symbol,
        bits: &mut BitReader<'_>,
        layout: &BlockLayout,
        block: &mut [i16],
        k: usize,
    ) -> Option<usize> {
        if symbol.is_end_of_block() {
            symbol.consume_complete(bits);
            return Some(64);
        }
        bits.refill();
        symbol = self.ac.decode(bits);
        let amplitude = symbol.consume(bits);
        let next = k + symbol.advance();
        if symbol.is_end_of_block() {
            return Some(64);
        }
        if !symbol.is_valid() {
            *bits = bits.after_invalid_code();
            return None;
        }
        if next > 64 {
            // A zero run past the end of the block. libjpeg writes its amplitude to the last place.
            block[layout.slot_before(64)] = amplitude as i16;
            return None;
        }
        block[layout.slot_before(next)] = amplitude as i16;
        Some(next)
    }

    /// Skips a block. The prediction stays up to date. `None` as from [`decode`](Self::decode).
    #[inline(always)]
    pub(crate) fn skip(&mut self, bits: &mut BitReader<'_>) -> Option<()> {
        if self.decode_dc(bits).is_none() {
            *bits = self.skip_after_invalid_dc(*bits);
            return None;
        }
        self.ac.skip_coefficients(bits, 1, 63).map(drop)
    }

    #[cold]
    #[inline(never)]
    fn skip_after_invalid_dc<'b>(&self, mut bits: BitReader<'b>) -> BitReader<'b> {
        self.ac.skip_coefficients(&mut bits, 1, 63);
        bits
    }

    /// Decodes a DC coefficient: the prediction plus a difference (F.2.2.1). `None` if the code is
    /// invalid, which is then skipped.
    #[inline(always)]
    pub(crate) fn decode_dc(&mut self, bits: &mut BitReader<'_>) -> Option<i32> {
        bits.refill();
        let symbol = self.dc.decode(bits);
        let difference = symbol.consume_difference(bits);
        // Damaged data may overflow. The sum wraps instead of costing a check in every block.
        self.dc_prediction = self.dc_prediction.wrapping_add(difference);
        if !symbol.is_valid() {
            *bits = bits.after_invalid_code();
            return None;
        }
        Some(self.dc_prediction)
    }
}
