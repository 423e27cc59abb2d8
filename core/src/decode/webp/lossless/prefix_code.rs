//! Prefix codes (RFC 9649, 3.7.2.1), by tables of two levels.
//!
//! ```text
//! entry = root[next 8 bits]
//! if the code is longer:  entry = second[entry's offset + the bits after them]
//! ```
//!
//! An entry holds a symbol and the length of its code; in the root, an offset and the largest length
//! of a code that begins with these 8 bits.
//!
//! Codes are refused where libwebp refuses them: every code is complete, except that a code of one
//! symbol takes no bits.

use std::ops::Range;

use super::bits::LowBitReader;
use crate::decode::webp::errors::damaged;
use crate::error::Result;

const ROOT_BITS: usize = 8;
/// Entries of the first level.
pub(super) const ROOT: usize = 1 << ROOT_BITS;
/// The longest code.
const MAX_LENGTH: usize = 15;

/// Lengths of copies, and distances (3.6.2).
pub(super) const LENGTH_SYMBOLS: usize = 24;
const DISTANCE_SYMBOLS: usize = 40;
/// The largest color cache has 2^11 colors.
pub(super) const MAX_CACHE_BITS: u32 = 11;
/// Literals, lengths, and colors of the cache.
const MAX_ALPHABET: usize = 256 + LENGTH_SYMBOLS + (1 << MAX_CACHE_BITS);

/// The order of the lengths of the code for lengths (3.7.2.1.2).
const CODE_LENGTH_ORDER: [u8; 19] = [
    17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
];

/// The symbols of the five codes of a group: green with lengths and the cache, red, blue, alpha,
/// distances.
pub(super) fn alphabets(cache_size: usize) -> [usize; 5] {
    let green = 256 + LENGTH_SYMBOLS + cache_size;
    [green, 256, 256, 256, DISTANCE_SYMBOLS]
}

/// The length of a code in an entry.
#[inline(always)]
fn length_of(entry: u16) -> u32 {
    u32::from(entry & 15)
}

fn entry(symbol: usize, length: usize) -> u16 {
    (symbol << 4 | length) as u16
}

/// The tables of one code.
#[derive(Clone, Copy)]
pub(super) struct PrefixCode<'t> {
    pub root: &'t [u16; ROOT],
    pub second: &'t [u16],
}

impl PrefixCode<'_> {
    /// Decodes a symbol. 15 bits must be available.
    #[inline(always)]
    pub(super) fn symbol(&self, bits: &mut LowBitReader<'_>) -> usize {
        let mut entry = self.root[usize::from(bits.window() as u8)];
        if length_of(entry) > ROOT_BITS as u32 {
            entry = self.long_code(entry, bits.window());
        }
        bits.consume(length_of(entry));
        usize::from(entry >> 4)
    }

    #[inline(always)]
    fn long_code(&self, link: u16, window: u64) -> u16 {
        let mask = (1 << (length_of(link) - ROOT_BITS as u32)) - 1;
        let index = usize::from(link >> 4) + ((window >> ROOT_BITS) as usize & mask);
        self.second.get(index).copied().unwrap_or(0)
    }

    /// The symbol of a code that takes no bits.
    pub(super) fn only_symbol(&self) -> Option<usize> {
        let entry = self.root[0];
        (length_of(entry) == 0).then_some(usize::from(entry >> 4))
    }
}

/// Reads the lengths of codes, and builds tables from them.
pub(super) struct CodeReader {
    lengths: [u8; MAX_ALPHABET],
    /// The symbols that have a code, in the order of their codes.
    sorted: [u16; MAX_ALPHABET],
}

impl CodeReader {
    pub(super) fn new() -> Self {
        Self {
            lengths: [0; MAX_ALPHABET],
            sorted: [0; MAX_ALPHABET],
        }
    }

    /// Reads a code of `alphabet` symbols, and appends its second-level tables to `second`.
    pub(super) fn read(
        &mut self,
        bits: &mut LowBitReader<'_>,
        alphabet: usize,
        root: &mut [u16; ROOT],
        second: &mut Vec<u16>,
    ) -> Result<()> {
        self.lengths[..alphabet].fill(0);
        if bits.flag() {
            self.read_simple(bits, alphabet);
        } else {
            self.read_lengths(bits, alphabet, root)?;
        }
        bits.check_end()?;
        self.build(alphabet, root, second)
    }

    /// One or two symbols (3.7.2.1.1). A symbol outside the alphabet has no code.
    fn read_simple(&mut self, bits: &mut LowBitReader<'_>, alphabet: usize) {
        let has_second = bits.flag();
        let width = if bits.flag() { 8 } else { 1 };
        let first = bits.read(width) as usize;
        let second = has_second.then(|| bits.read(8) as usize);
        for symbol in [first].into_iter().chain(second) {
            if let Some(length) = self.lengths[..alphabet].get_mut(symbol) {
                *length = 1;
            }
        }
    }

    /// Lengths that are prefix-coded themselves (3.7.2.1.2). `root` is overwritten.
    fn read_lengths(
        &mut self,
        bits: &mut LowBitReader<'_>,
        alphabet: usize,
        root: &mut [u16; ROOT],
    ) -> Result<()> {
        let count = 4 + bits.read(4) as usize;
        let mut code = [0; 19];
        for &symbol in &CODE_LENGTH_ORDER[..count] {
            code[usize::from(symbol)] = bits.read(3) as u8;
        }
        self.lengths[..19].copy_from_slice(&code);
        // No code is longer than 7 bits, so the second level stays empty.
        self.build(19, root, &mut Vec::new())?;
        self.lengths[..alphabet].fill(0);
        let coded = if bits.flag() {
            let width = 2 + 2 * bits.read(3);
            2 + bits.read(width) as usize
        } else {
            alphabet
        };
        if coded > alphabet {
            return Err(damaged());
        }
        let code = PrefixCode { root, second: &[] };
        self.decode_lengths(bits, &code, alphabet, coded)
    }

    /// Decodes up to `coded` lengths and repetitions.
    fn decode_lengths(
        &mut self,
        bits: &mut LowBitReader<'_>,
        code: &PrefixCode<'_>,
        alphabet: usize,
        coded: usize,
    ) -> Result<()> {
        let (mut index, mut previous) = (0, 8);
        for _ in 0..coded {
            if index == alphabet {
                break;
            }
            bits.refill();
            let (length, count) = match code.symbol(bits) {
                16 => (previous, 3 + bits.read_available(2)),
                17 => (0, 3 + bits.read_available(3)),
                18 => (0, 11 + bits.read_available(7)),
                length => (length as u8, 1),
            };
            let end = index + count as usize;
            let repeated = self.lengths[..alphabet].get_mut(index..end);
            repeated.ok_or_else(damaged)?.fill(length);
            index = end;
            if length != 0 {
                previous = length;
            }
        }
        Ok(())
    }

    /// Builds the tables of the first `alphabet` lengths.
    fn build(
        &mut self,
        alphabet: usize,
        root: &mut [u16; ROOT],
        second: &mut Vec<u16>,
    ) -> Result<()> {
        let mut counts = self.sort(alphabet);
        let coded: usize = counts.iter().sum();
        if coded == 1 {
            root.fill(entry(usize::from(self.sorted[0]), 0));
            return Ok(());
        }
        if !is_complete(&counts) {
            return Err(damaged());
        }
        // Codes of one length are consecutive numbers.
        let (mut code, mut length) = (0u16, 1);
        let (mut link, mut table) = (None, 0..0);
        for &symbol in &self.sorted[..coded] {
            while counts[length] == 0 {
                length += 1;
                code <<= 1;
            }
            let entry = entry(usize::from(symbol), length);
            // Codes are packed from their highest bit on.
            let reversed = usize::from(code.reverse_bits() >> (16 - length));
            if length <= ROOT_BITS {
                fill(root, reversed, length, entry);
            } else {
                let start = reversed % ROOT;
                if link != Some(start) {
                    link = Some(start);
                    table = append_table(start, largest_length(&counts, length), root, second);
                }
                let table = &mut second[table.clone()];
                fill(table, reversed / ROOT, length - ROOT_BITS, entry);
            }
            code = code.wrapping_add(1);
            counts[length] -= 1;
        }
        Ok(())
    }

    /// Sorts the symbols by length. Returns how many have each length, not counting those without a
    /// code.
    fn sort(&mut self, alphabet: usize) -> [usize; MAX_LENGTH + 1] {
        let lengths = &self.lengths[..alphabet];
        let mut counts = [0; MAX_LENGTH + 1];
        for &length in lengths {
            counts[usize::from(length & 15)] += 1;
        }
        counts[0] = 0;
        let mut starts = [0; MAX_LENGTH + 1];
        for length in 1..=MAX_LENGTH {
            starts[length] = starts[length - 1] + counts[length - 1];
        }
        for (symbol, &length) in lengths
            .iter()
            .enumerate()
            .filter(|(_, length)| **length > 0)
        {
            let next = &mut starts[usize::from(length & 15)];
            self.sorted[*next] = symbol as u16;
            *next += 1;
        }
        counts
    }
}

/// Whether the codes use up all strings of bits, and none twice.
fn is_complete(counts: &[usize; MAX_LENGTH + 1]) -> bool {
    let shares = counts.iter().enumerate().skip(1);
    let sum: usize = shares
        .map(|(length, count)| count << (MAX_LENGTH - length))
        .sum();
    sum == 1 << MAX_LENGTH
}

/// Appends a table of the second level, and links it from the root at `start`.
///
/// A group has fewer than 4,096 entries in all, so that an offset takes 12 bits: zlib's `enough` gives
/// 2,448 for the largest green code, 374 each for red, blue and alpha, 154 for distances.
fn append_table(
    start: usize,
    largest: usize,
    root: &mut [u16; ROOT],
    second: &mut Vec<u16>,
) -> Range<usize> {
    let table = second.len()..second.len() + (1 << (largest - ROOT_BITS));
    root[start] = entry(table.start, largest);
    second.resize(table.end, 0);
    table
}

/// Stores `entry` at every index whose low bits are `code`.
fn fill(table: &mut [u16], code: usize, length: usize, entry: u16) {
    let entries = table.iter_mut().skip(code).step_by(1 << length);
    entries.for_each(|target| *target = entry);
}

/// The length of the longest code that begins with the same 8 bits as the next one, which has length
/// `length`. `counts` are the codes still to come.
fn largest_length(counts: &[usize; MAX_LENGTH + 1], length: usize) -> usize {
    let mut largest = length;
    let mut free = 1 << (length - ROOT_BITS);
    while largest < MAX_LENGTH && free > counts[largest] {
        free = (free - counts[largest]) << 1;
        largest += 1;
    }
    largest
}
