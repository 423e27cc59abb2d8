//! Tables of the lengths of symbols, several symbols at once.
//!
//! An entry is `advance << 8 | bits` for the whole symbols at the start of 13 bits: how many
//! coefficients they cover, and their bits. Only the *code* of the last symbol must be among the 13
//! bits. Its value may run past them, up to 22 bits in all.

use super::listed_symbol::ListedSymbol;

/// The bits of an index.
pub(super) const INDEX_BITS: u32 = 13;

/// The most bits of an entry. Three look-ups share a load: two entries and the code of a third.
const MAX_BITS: u32 = 22;
const _: () = assert!(2 * MAX_BITS + INDEX_BITS <= 57);

/// An end of block is an advance of 128, so this bit of a sum shows it.
pub(super) const END: u32 = 0x8000;
/// The bits of a sum that hold a position in the block.
pub(super) const POSITION: u32 = 0x7F00;
/// This bit of a sum shows a position of 64 or more, where the end of the block needs a closer look.
pub(super) const PAST_BLOCK: u32 = 0x4000;

/// By the next 13 bits. 0 if the first code is longer, or the symbol is.
pub(super) type LengthTable = [u16; 1 << INDEX_BITS];

pub(super) struct LengthTables {
    /// For the start of a block: a DC symbol and the AC symbols after it.
    pub(super) first: Box<LengthTable>,
    /// For AC symbols.
    pub(super) middle: Box<LengthTable>,
}

impl LengthTables {
    /// ```text
    /// T(w) = the table for w known bits; entry by entry from shorter ones:
    ///     symbol = the first symbol of the w bits
    ///     entry = symbol, then T(w - bits of symbol) of the bits after it
    /// ```
    pub(super) fn new(dc: &[ListedSymbol], ac: &[ListedSymbol]) -> Self {
        // T(w) is at 2^w: the tables lie one after the other, as the levels of a binary tree do.
        let mut tree = vec![0; 2 << INDEX_BITS];
        for known in 1..=INDEX_BITS {
            let (shorter, level) = tree.split_at_mut(1 << known);
            fill(level, known, ac, shorter);
        }
        let mut tables = Self {
            first: Box::new([0; 1 << INDEX_BITS]),
            middle: Box::new([0; 1 << INDEX_BITS]),
        };
        let (shorter, level) = tree.split_at(1 << INDEX_BITS);
        tables.middle.copy_from_slice(level);
        fill(&mut tables.first[..], INDEX_BITS, dc, shorter);
        tables
    }
}

/// Fills the table `level` for `known` bits that begin with one of `symbols`. AC symbols follow, from
/// the tables for fewer bits.
fn fill(level: &mut [u16], known: u32, symbols: &[ListedSymbol], shorter: &[u16]) {
    for symbol in symbols {
        let bits = symbol.length + symbol.extra;
        if symbol.length > known || bits > MAX_BITS {
            continue;
        }
        let is_end = symbol.advance >= 64;
        let advance = if is_end { 128 } else { symbol.advance };
        let entry = (advance << 8 | bits) as u16;
        let tail_bits = known - symbol.length;
        let entries = &mut level[(symbol.code << tail_bits) as usize..][..1 << tail_bits];
        let rest = known.saturating_sub(bits);
        if is_end || rest == 0 {
            entries.fill(entry);
            continue;
        }
        let following = &shorter[1 << rest..2 << rest];
        for entries in entries.chunks_exact_mut(following.len()) {
            for (to, &next) in entries.iter_mut().zip(following) {
                *to = followed_by(entry, next);
            }
        }
    }
}

/// The symbols of both entries, or only the first where they are too many.
fn followed_by(entry: u16, next: u16) -> u16 {
    let sum = entry + next;
    let fits = u32::from(sum & 63) <= MAX_BITS && u32::from(sum) & PAST_BLOCK == 0;
    if fits { sum } else { entry }
}
