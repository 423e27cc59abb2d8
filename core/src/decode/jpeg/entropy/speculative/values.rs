//! Tables that give a symbol with its value, even where the value runs past the index.

use super::listed_symbol::ListedSymbol;
use crate::decode::jpeg::entropy::bits::extend;

/// The advance of a symbol that a table does not know. A position stays known modulo this.
const UNKNOWN_AC: u32 = 512;
const UNKNOWN_DC: u32 = 1 << 16;

/// The bits of an index.
const INDEX_BITS: u32 = 11;
const TAIL_BITS: u32 = 64 - INDEX_BITS;

/// One symbol.
#[derive(Clone, Copy)]
pub(super) struct ValueEntry {
    /// The bits of code and value. 0: not in the table.
    pub(super) bits: u8,
    /// The shift that leaves, of the bits after the index, those of the value.
    tail_shift: u8,
    /// The value, with zeros for its bits after the index.
    value: i16,
    pub(super) advance: u32,
}

impl ValueEntry {
    const fn unknown(advance: u32) -> Self {
        Self {
            bits: 0,
            tail_shift: TAIL_BITS as u8,
            value: 0,
            advance,
        }
    }

    fn new(symbol: &ListedSymbol, tail: u32, tail_bits: u32) -> Self {
        let missing = symbol.extra.saturating_sub(tail_bits);
        let value_bits = tail >> (tail_bits - (symbol.extra - missing)) << missing;
        Self {
            bits: (symbol.length + symbol.extra) as u8,
            tail_shift: (TAIL_BITS - missing) as u8,
            value: extend(value_bits as i32, symbol.extra) as i16,
            advance: symbol.advance,
        }
    }

    /// The value, where the symbol is at the start of `bits`.
    #[inline(always)]
    pub(super) fn value(&self, bits: u64) -> i16 {
        // EXTEND adds the same offset whatever the low bits are, so they can be added later.
        let tail = bits & ((1 << TAIL_BITS) - 1);
        self.value
            .wrapping_add(tail.wrapping_shr(self.tail_shift.into()) as i16)
    }
}

/// A position below 128 that stands for the sum of advances `k`, and what was unknown of it before the
/// AC symbols. A position after an unknown AC symbol is the one before it.
#[inline(always)]
pub(super) fn bounded(k: u32) -> u32 {
    (k % UNKNOWN_AC).min(127) | k & UNKNOWN_DC
}

/// Whether the DC symbol was known.
#[inline(always)]
pub(super) fn is_known(k: u32) -> bool {
    k < UNKNOWN_DC
}

/// By the next [`INDEX_BITS`] bits.
pub(super) struct ValueTable(Box<[ValueEntry; 1 << INDEX_BITS]>);

impl ValueTable {
    /// The most bits of a symbol in the table. A DC symbol and two AC symbols share a load.
    const DC_BITS: u32 = 20;
    const AC_BITS: u32 = 18;
    const _SHARE_A_LOAD: () = assert!(Self::DC_BITS + 2 * Self::AC_BITS <= 57);

    pub(super) fn for_dc(symbols: &[ListedSymbol]) -> Self {
        Self::new(symbols, Self::DC_BITS, UNKNOWN_DC)
    }

    pub(super) fn for_ac(symbols: &[ListedSymbol]) -> Self {
        Self::new(symbols, Self::AC_BITS, UNKNOWN_AC)
    }

    fn new(symbols: &[ListedSymbol], max_bits: u32, unknown: u32) -> Self {
        let mut table = Box::new([ValueEntry::unknown(unknown); 1 << INDEX_BITS]);
        for symbol in symbols {
            let Some(tail_bits) = INDEX_BITS.checked_sub(symbol.length) else {
                continue;
            };
            // The first bit of a value is its sign, so it must be part of the index.
            if symbol.length + symbol.extra > max_bits || symbol.extra > 0 && tail_bits == 0 {
                continue;
            }
            let first = (symbol.code << tail_bits) as usize;
            for (tail, entry) in (0..).zip(&mut table[first..][..1 << tail_bits]) {
                *entry = ValueEntry::new(symbol, tail, tail_bits);
            }
        }
        Self(table)
    }

    #[inline(always)]
    pub(super) fn get(&self, bits: u64) -> &ValueEntry {
        &self.0[(bits >> TAIL_BITS) as usize]
    }
}
