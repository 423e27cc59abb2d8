//! Huffman tables (T.81 annex C, F.2.2.3), prepared for two kinds of look-up.
//!
//! - *Decode* the next coefficient: one look-up of [`LOOKUP_BITS`] bits gives code, zero run and
//!   amplitude together. Longer codes are compared with the largest code of each length, as in the
//!   DECODE procedure. Amplitudes that do not fit are read after the code.
//! - *Skip* coefficients that are not needed: one look-up of [`SKIP_BITS`] bits covers as many
//!   symbols as those bits hold, about two in a photo. Only the code of the last one must be among the
//!   bits, not its value.
//!
//! The sizes are chosen so that both tables fit in the first-level cache together: 4 and 16 KiB.

use super::bits::BitReader;
use super::symbol::{Symbol, SymbolClass};
use crate::decode::jpeg::markers::HuffmanSpec;
use crate::error::Result;

const LOOKUP_BITS: u32 = 10;
const SKIP_BITS: u32 = 13;

/// A Huffman table, ready to decode with.
pub(crate) struct HuffmanTable {
    class: SymbolClass,
    /// By the next [`LOOKUP_BITS`] bits.
    lookup: Box<[Symbol; 1 << LOOKUP_BITS]>,
    /// By the next [`SKIP_BITS`] bits.
    skips: Box<[SkipEntry; 1 << SKIP_BITS]>,
    /// For each length, one more than its largest code, shifted to the left end of 16 bits.
    code_ends: [u32; 16],
    /// For each length, the index of its first symbol minus its first code.
    symbol_offsets: [i32; 16],
    symbols: [u8; 256],
}

impl HuffmanTable {
    /// `with_skips` prepares for skipping as well. That takes as long as decoding some thousand
    /// symbols.
    pub(crate) fn new(
        spec: &HuffmanSpec<'_>,
        class: SymbolClass,
        with_skips: bool,
    ) -> Result<Self> {
        let mut table = Self {
            class,
            lookup: Box::new([Symbol::INVALID; 1 << LOOKUP_BITS]),
            skips: Box::new([SkipEntry::NONE; 1 << SKIP_BITS]),
            code_ends: [0; 16],
            symbol_offsets: [0; 16],
            symbols: [0; 256],
        };
        let codes = spec.codes()?;
        for (index, &(length, code, symbol)) in (0i32..).zip(&codes) {
            table.insert(length, code, symbol);
            let slot = length as usize - 1;
            table.code_ends[slot] = (code + 1) << (16 - length);
            table.symbol_offsets[slot] = index - code as i32;
        }
        for (symbol, &listed) in table.symbols.iter_mut().zip(spec.symbols()) {
            *symbol = listed;
        }
        if with_skips && class != SymbolClass::Dc {
            table.fill_skips(&codes);
        }
        Ok(table)
    }

    /// Fills every entry of the look-up that begins with `code`.
    fn insert(&mut self, length: u32, code: u32, byte: u8) {
        let Some(spare) = LOOKUP_BITS.checked_sub(length) else {
            return;
        };
        let symbol = Symbol::from_byte(self.class, byte, length);
        let fits =
            self.class != SymbolClass::Dc && !symbol.is_end_of_block() && symbol.extra() <= spare;
        let first = (code << spare) as usize;
        for (tail, entry) in (0u32..).zip(&mut self.lookup[first..][..1 << spare]) {
            *entry = if fits {
                // The tail of the index begins with the value bits.
                symbol.with_amplitude(tail >> (spare - symbol.extra()))
            } else {
                symbol
            };
        }
    }

    /// The next symbol. 31 bits must be available: 16 of a code and 15 of its value.
    #[inline(always)]
    pub(crate) fn decode(&self, bits: &BitReader<'_>) -> Symbol {
        let symbol = self.decode_short(bits);
        if symbol.is_valid() {
            symbol
        } else {
            self.decode_long(bits.peek(16) as u32)
        }
    }

    /// The next symbol, or [`Symbol::INVALID`] if its code is longer than the look-up.
    #[inline(always)]
    pub(crate) fn decode_short(&self, bits: &BitReader<'_>) -> Symbol {
        self.lookup[bits.peek(LOOKUP_BITS)]
    }

    /// DECODE (F.2.2.3), for 16 bits that begin with a code of any length.
    ///
    /// Codes of one length are consecutive, and shifted to 16 bits they are smaller than all longer
    /// codes. So the code has the first length whose end is beyond `bits`.
    #[cold]
    #[inline(never)]
    fn decode_long(&self, bits: u32) -> Symbol {
        let mut ends = (1u32..).zip(&self.code_ends);
        let symbol = ends.find(|&(_, &end)| bits < end).and_then(|(length, _)| {
            let offset = self.symbol_offsets.get(length as usize - 1)?;
            let index = (bits >> (16 - length)) as i32 + offset;
            let byte = *self.symbols.get(usize::try_from(index).ok()?)?;
            Some(Symbol::from_byte(self.class, byte, length))
        });
        symbol.unwrap_or(Symbol::INVALID)
    }

    /// ```text
    /// T(w) = the table for w known bits; entry by entry from shorter ones:
    ///     symbol = the first symbol of the w bits, of which the value may run past them
    ///     entry = symbol, then T(w - bits of symbol) of the bits after it
    /// ```
    fn fill_skips(&mut self, codes: &[(u32, u32, u8)]) {
        // T(w) is at 2^w: the tables lie one after the other, as the levels of a binary tree do.
        let mut tree = vec![SkipEntry::NONE; 2 << SKIP_BITS];
        for known in 1..=SKIP_BITS {
            let (shorter, level) = tree.split_at_mut(1 << known);
            for &(length, code, byte) in codes.iter().filter(|code| code.0 <= known) {
                let symbol = Symbol::from_byte(self.class, byte, length);
                let tail_bits = known - length;
                let first = (code << tail_bits) as usize;
                let entries = &mut level[first..][..1 << tail_bits];
                fill_skip(entries, symbol, tail_bits, shorter);
            }
        }
        self.skips.copy_from_slice(&tree[1 << SKIP_BITS..]);
    }

    /// Skips the coefficients of a block from `k` to `last`. Returns the number of blocks that end
    /// here: 1, or more at an end of band. `None` if the data is damaged; the block then ends as in
    /// libjpeg.
    ///
    /// ```text
    /// until k is past last:
    ///     skip all whole symbols of one look-up
    ///     where they might lead past the end of the block: skip one symbol
    /// ```
    #[inline(always)]
    pub(crate) fn skip_coefficients(
        &self,
        bits: &mut BitReader<'_>,
        mut k: usize,
        last: usize,
    ) -> Option<u32> {
        let end = last + 1;
        while k < end {
            bits.refill();
            for _ in 0..SkipEntry::PER_REFILL {
                let entry = self.skips[bits.peek(SKIP_BITS)];
                let next = k + entry.advance();
                if next < end {
                    bits.consume(entry.length());
                    k = next;
                    continue;
                }
                // Either the last symbol reaches the end of the band exactly, or it is an end of
                // block (64) and the symbols before it stay within the band.
                let ends_block = entry.advance() >= SkipEntry::END_OF_BLOCK
                    && next < end + SkipEntry::END_OF_BLOCK;
                if next == end || ends_block {
                    bits.consume(entry.length());
                    return Some(1);
                }
                let ended = self.skip_symbol(bits, &mut k, end)?;
                if ended > 0 {
                    return Some(ended);
                }
                break;
            }
        }
        Some(1)
    }

    /// Skips one symbol. Returns the number of blocks that it ends, which may be 0.
    #[inline(always)]
    fn skip_symbol(&self, bits: &mut BitReader<'_>, k: &mut usize, end: usize) -> Option<u32> {
        bits.refill();
        let symbol = self.decode(bits);
        if symbol.is_end_of_block() {
            return Some(symbol.consume_eob_run(bits));
        }
        symbol.skip(bits);
        *k += symbol.advance();
        if !symbol.is_valid() {
            *bits = bits.after_invalid_code();
        }
        (*k <= end).then_some(0)
    }
}

/// Fills the entries whose index begins with the code of `symbol`, from those for fewer bits.
fn fill_skip(entries: &mut [SkipEntry], symbol: Symbol, tail_bits: u32, shorter: &[SkipEntry]) {
    let end = symbol.is_end_of_block();
    // The number of blocks that end is known only after the value bits.
    let end_of_several = end && symbol.extra() > 0;
    if end_of_several || symbol.total_length() > SkipEntry::MAX_BITS {
        return;
    }
    let entry = SkipEntry::new(symbol.total_length(), symbol.advance());
    let rest = tail_bits.saturating_sub(symbol.extra());
    if end || rest == 0 {
        return entries.fill(entry);
    }
    let following = &shorter[1 << rest..2 << rest];
    for entries in entries.chunks_exact_mut(following.len()) {
        for (to, &next) in entries.iter_mut().zip(following) {
            *to = entry.followed_by(next);
        }
    }
}

/// Several symbols at once: `advance << 6 | length`.
///
/// An advance of [`SkipEntry::END_OF_BLOCK`] or more means that the last symbol ends the block.
#[derive(Clone, Copy)]
struct SkipEntry(u16);

impl SkipEntry {
    const END_OF_BLOCK: usize = 64;
    /// Not even one symbol fits. The advance leads past the end of every block.
    const NONE: Self = Self(127 << 6);
    /// The most bits of an entry.
    const MAX_BITS: u32 = 18;
    /// Look-ups for which the bits of one refill are enough.
    const PER_REFILL: u32 = 3;
    const _ENOUGH: () = assert!(Self::PER_REFILL * Self::MAX_BITS <= 56);

    fn new(length: u32, advance: usize) -> Self {
        Self((advance as u16) << 6 | length as u16)
    }

    /// The symbols of both entries, or only the first where they are too many. Neither may end a block
    /// before its last symbol.
    fn followed_by(self, next: Self) -> Self {
        let sum = Self(self.0.wrapping_add(next.0));
        let symbols = self.advance() + next.advance() % Self::END_OF_BLOCK;
        let fits = sum.length() & 63 <= Self::MAX_BITS && symbols < Self::END_OF_BLOCK;
        if fits && next.0 != Self::NONE.0 {
            sum
        } else {
            self
        }
    }

    #[inline(always)]
    fn advance(self) -> usize {
        usize::from(self.0 >> 6)
    }

    /// The bits to consume. Only the lowest six bits count, see [`BitReader::consume`].
    #[inline(always)]
    fn length(self) -> u32 {
        self.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(with_skips: bool) -> HuffmanTable {
        let spec = HuffmanSpec::default_ac(0).unwrap();
        HuffmanTable::new(&spec, SymbolClass::Ac, with_skips).unwrap()
    }

    #[test]
    fn the_default_table_has_its_shortest_and_longest_codes() {
        let table = table(false);
        let next = |bytes: [u8; 8]| {
            let mut bits = BitReader::new(&bytes);
            bits.refill();
            let symbol = table.decode(&bits);
            let amplitude = symbol.consume(&mut bits);
            (symbol.is_end_of_block(), symbol.advance(), amplitude)
        };
        // Table K.5: 1010 ends the block; 00 1 is +1; 1111111111111110 is run 15, size 10.
        assert_eq!(next([0b1010_0000, 0, 0, 0, 0, 0, 0, 0]), (true, 64, 0));
        assert_eq!(next([0b0010_0000, 0, 0, 0, 0, 0, 0, 0]), (false, 1, 1));
        let longest = [0xFF, 0x00, 0b1111_1110, 0, 0, 0, 0, 0];
        assert_eq!(next(longest), (false, 16, -1023));
    }

    #[test]
    fn skipping_many_symbols_at_once_equals_skipping_each() {
        let (fast, plain) = (table(true), table(false));
        let mut state = 3u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 25) as u8
        };
        for _ in 0..1000 {
            let bytes: Vec<u8> = (0..100).map(|_| noise()).collect();
            for k in [1, 2, 5, 25, 63] {
                let (mut a, mut b) = (BitReader::new(&bytes), BitReader::new(&bytes));
                let ended = fast.skip_coefficients(&mut a, k, 63);
                assert_eq!(ended, plain.skip_coefficients(&mut b, k, 63));
                a.refill();
                b.refill();
                assert_eq!(a.peek(32), b.peek(32));
            }
        }
    }
}
