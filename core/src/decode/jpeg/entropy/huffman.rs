//! Huffman tables (T.81 annex C, F.2.2.3), arranged for two questions.
//!
//! - *Which coefficient comes next?* One look-up of [`DIRECT_BITS`] bits answers with code, run
//!   and amplitude together. Longer codes are compared with the last code of each length, as in
//!   the standard's DECODE; amplitudes that do not fit are read after the code.
//! - *Where do the coefficients that nobody needs end?* One look-up of [`SKIP_BITS`] bits passes
//!   as many whole symbols as those bits hold, about two in a photo.
//!
//! Both tables are small enough to stay in the first-level cache together.

use crate::decode::jpeg::entropy::bits::{Bits, extend};
use crate::error::{Error, Result};

const DIRECT_BITS: u32 = 10;
const SKIP_BITS: u32 = 13;

/// The table as a DHT segment gives it (B.2.4.2): codes per length, symbols in order of code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spec {
    counts: [u8; 16],
    symbols: [u8; 256],
}

impl Spec {
    /// Reads one table off the front of `payload`.
    pub(crate) fn read(payload: &[u8]) -> Option<(Self, &[u8])> {
        let (&counts, rest) = payload.split_first_chunk::<16>()?;
        let total = counts.iter().map(|&count| usize::from(count)).sum();
        let (listed, rest) = rest.split_at_checked(total)?;
        let mut symbols = [0; 256];
        symbols.get_mut(..total)?.copy_from_slice(listed);
        Some((Self { counts, symbols }, rest))
    }

    /// Tables K.3 and K.4: luminance and chrominance.
    pub(crate) fn usual_dc(slot: usize) -> Option<Self> {
        let counts = match slot {
            0 => [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            1 => [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
            _ => return None,
        };
        let mut symbols = [0; 256];
        for (symbol, value) in symbols.iter_mut().zip(0..12) {
            *symbol = value;
        }
        Some(Self { counts, symbols })
    }

    /// Tables K.5 and K.6: luminance and chrominance.
    pub(crate) fn usual_ac(slot: usize) -> Option<Self> {
        let (counts, listed) = match slot {
            0 => USUAL_AC_LUMINANCE,
            1 => USUAL_AC_CHROMINANCE,
            _ => return None,
        };
        let mut symbols = [0; 256];
        symbols[..162].copy_from_slice(&listed);
        Some(Self { counts, symbols })
    }

    /// Every (length, code, symbol), shortest first (C.2). An over-subscribed table is an error.
    fn codes(&self) -> Result<Vec<(u32, u32, u8)>> {
        let mut codes = Vec::with_capacity(256);
        let mut symbols = self.symbols.iter();
        let mut code = 0u32;
        for (length, &count) in (1u32..).zip(&self.counts) {
            for &symbol in symbols.by_ref().take(count.into()) {
                codes.push((length, code, symbol));
                code += 1;
            }
            if code > 1 << length {
                return Err(Error::malformed("a Huffman table has too many codes"));
            }
            code <<= 1;
        }
        Ok(codes)
    }
}

/// What a table's symbols mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    /// The size of a DC difference (F.1.2.1).
    Dc,
    /// Run and size; 00 ends the block (F.1.2.2).
    Ac,
    /// Run and size; r0 with r < 15 ends 2^r or more blocks (G.1.2.2).
    AcProgressive,
}

/// One decoded symbol, packed:
///
/// ```text
/// bits 17..32 amplitude, if it fitted the look-up
/// bits 10..17 advance: 1 + run; END for an end of block
/// bits  6..10 extra: bits that follow the code and are not yet part of the amplitude
/// bits  0..6  length: bits to consume, extra ones aside
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Symbol(u32);

impl Symbol {
    const END: u32 = 64;
    /// No code starts like this, or a longer one than was looked at. The advance leads out of
    /// every block.
    const NONE: Self = Self(127 << 10);

    fn new(length: u32, extra: u32, advance: u32) -> Self {
        Self(advance << 10 | extra << 6 | length)
    }

    fn of(class: Class, symbol: u8, length: u32) -> Self {
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        match (class, run, size) {
            (Class::Dc, _, _) => Self::new(length, u32::from(symbol.min(15)), 1),
            (_, 15, 0) => Self::new(length, 0, 16),
            (Class::Ac, _, 0) => Self::new(length, 0, Self::END),
            (Class::AcProgressive, _, 0) => Self::new(length, run, Self::END),
            _ => Self::new(length, size, 1 + run),
        }
    }

    /// This symbol with its amplitude, whose bits are known, made part of it.
    fn with_amplitude(self, bits: u32) -> Self {
        let amplitude = extend(bits as i32, self.extra());
        let length = self.length() + self.extra();
        Self((amplitude as u32) << 17 | self.0 & (127 << 10) | length)
    }

    #[inline(always)]
    fn length(self) -> u32 {
        self.0 & 63
    }

    #[inline(always)]
    fn extra(self) -> u32 {
        self.0 >> 6 & 15
    }

    /// How many coefficients this symbol moves on, its own included; more than 63 for an end of
    /// block and for what is not a symbol.
    #[inline(always)]
    pub(crate) fn advance(self) -> usize {
        (self.0 >> 10 & 127) as usize
    }

    #[inline(always)]
    pub(crate) fn is_end(self) -> bool {
        self.0 >> 10 & 127 == Self::END
    }

    #[inline(always)]
    pub(crate) fn is_valid(self) -> bool {
        self != Self::NONE
    }

    /// Whether the look-up held the amplitude as well.
    #[inline(always)]
    pub(crate) fn is_whole(self) -> bool {
        self.extra() == 0
    }

    /// Consumes a whole symbol and returns its amplitude.
    #[inline(always)]
    pub(crate) fn take_whole(self, bits: &mut Bits<'_>) -> i32 {
        bits.consume(self.0);
        self.0 as i32 >> 17
    }

    /// Consumes a symbol that holds no amplitude and returns the one that follows. No branch: the
    /// bits consumed do not wait for the amplitude.
    #[inline(always)]
    pub(crate) fn take_difference(self, bits: &mut Bits<'_>) -> i32 {
        let mut amplitude = *bits;
        amplitude.consume(self.0);
        bits.consume(self.length() + self.extra());
        amplitude.receive_amplitude(self.extra())
    }

    /// Consumes the symbol and returns its amplitude.
    #[inline(always)]
    pub(crate) fn take(self, bits: &mut Bits<'_>) -> i32 {
        if self.is_whole() {
            self.take_whole(bits)
        } else {
            bits.consume(self.0);
            bits.receive_amplitude(self.extra())
        }
    }

    /// Consumes an end of block and returns how many blocks it ends, this one included.
    #[inline(always)]
    pub(crate) fn take_end_run(self, bits: &mut Bits<'_>) -> u32 {
        bits.consume(self.0);
        (1 << self.extra()) + bits.receive(self.extra()) as u32
    }

    #[inline(always)]
    fn pass(self, bits: &mut Bits<'_>) {
        bits.consume(self.length() + self.extra());
    }
}

/// A table ready to decode with.
pub(crate) struct Table {
    class: Class,
    direct: Box<[Symbol; 1 << DIRECT_BITS]>,
    skips: Box<[Skip; 1 << SKIP_BITS]>,
    /// For each length, one more than its last code, moved to the left end of 16 bits.
    limits: [u32; 16],
    /// For each length, the index of its first symbol less its first code.
    offsets: [i32; 16],
    symbols: [u8; 256],
}

impl Table {
    /// `skipping` arranges for the second question as well, which takes as long as decoding some
    /// thousand symbols.
    pub(crate) fn new(spec: &Spec, class: Class, skipping: bool) -> Result<Self> {
        let mut table = Self {
            class,
            direct: Box::new([Symbol::NONE; 1 << DIRECT_BITS]),
            skips: Box::new([Skip::NONE; 1 << SKIP_BITS]),
            limits: [0; 16],
            offsets: [0; 16],
            symbols: spec.symbols,
        };
        for (index, (length, code, symbol)) in (0i32..).zip(spec.codes()?) {
            table.place(length, code, symbol);
            let slot = length as usize - 1;
            table.limits[slot] = (code + 1) << (16 - length);
            table.offsets[slot] = index - code as i32;
        }
        if skipping && class != Class::Dc {
            table.fill_skips();
        }
        Ok(table)
    }

    /// Enters a code for every look-up that starts with it.
    fn place(&mut self, length: u32, code: u32, symbol: u8) {
        let Some(spare) = DIRECT_BITS.checked_sub(length) else {
            return;
        };
        let symbol = Symbol::of(self.class, symbol, length);
        let fits = self.class != Class::Dc && !symbol.is_end() && symbol.extra() <= spare;
        let first = (code << spare) as usize;
        for (tail, entry) in (0u32..).zip(&mut self.direct[first..][..1 << spare]) {
            *entry = if fits {
                symbol.with_amplitude(tail >> (spare - symbol.extra()))
            } else {
                symbol
            };
        }
    }

    /// The symbol that comes next. 31 bits must have been refilled.
    #[inline(always)]
    pub(crate) fn next(&self, bits: &Bits<'_>) -> Symbol {
        let symbol = self.direct(bits);
        if symbol.is_valid() {
            symbol
        } else {
            self.long(bits.peek(16) as u32)
        }
    }

    /// The symbol that comes next if its code is a short one.
    #[inline(always)]
    pub(crate) fn direct(&self, bits: &Bits<'_>) -> Symbol {
        self.direct[bits.peek(DIRECT_BITS)]
    }

    /// DECODE of F.2.2.3, for 16 bits that start with a long code.
    #[cold]
    #[inline(never)]
    fn long(&self, bits: u32) -> Symbol {
        let found = (1u32..).zip(&self.limits).find(|&(_, &limit)| bits < limit);
        let symbol = found.and_then(|(length, _)| {
            let offset = self.offsets.get(length as usize - 1)?;
            let index = (bits >> (16 - length)) as i32 + offset;
            let symbol = *self.symbols.get(usize::try_from(index).ok()?)?;
            Some(Symbol::of(self.class, symbol, length))
        });
        symbol.unwrap_or(Symbol::NONE)
    }

    fn fill_skips(&mut self) {
        for window in 0..1 << SKIP_BITS {
            self.skips[window] = self.skip_of(window as u32);
        }
    }

    /// The whole symbols at the start of `window`, up to an end of block.
    fn skip_of(&self, window: u32) -> Skip {
        let (mut length, mut advance) = (0, 0);
        loop {
            let ahead = window << length & ((1 << SKIP_BITS) - 1);
            let symbol = self.direct[(ahead >> (SKIP_BITS - DIRECT_BITS)) as usize];
            let bits = symbol.length() + symbol.extra();
            let open_end = symbol.is_end() && symbol.extra() > 0;
            let past = !symbol.is_end() && advance + symbol.advance() >= Skip::END;
            if !symbol.is_valid() || length + bits > SKIP_BITS || open_end || past {
                break;
            }
            length += bits;
            advance += symbol.advance();
            if symbol.is_end() {
                break;
            }
        }
        if length == 0 {
            Skip::NONE
        } else {
            Skip((advance as u16) << 6 | length as u16)
        }
    }

    /// Passes the coefficients of a block from `k` up to and including `last`. Returns how many
    /// blocks end here: 1, or more after an end-of-band run; `None` if the data is damaged.
    ///
    /// ```text
    /// until k passes last:
    ///     as many whole symbols as the look-up holds; one by one where they might pass the end
    /// ```
    #[inline(always)]
    pub(crate) fn skip(&self, bits: &mut Bits<'_>, mut k: usize, last: usize) -> Option<u32> {
        let end = last + 1;
        while k < end {
            bits.refill();
            for _ in 0..Skip::A_REFILL {
                let skip = self.skips[bits.peek(SKIP_BITS)];
                let next = k + skip.advance();
                if next < end {
                    bits.consume(skip.0.into());
                    k = next;
                    continue;
                }
                if next == end || skip.advance() >= Skip::END && next < end + Skip::END {
                    bits.consume(skip.0.into());
                    return Some(1);
                }
                let ends = self.skip_one(bits, &mut k, end)?;
                if ends > 0 {
                    return Some(ends);
                }
                break;
            }
        }
        Some(1)
    }

    /// Passes one symbol. Returns how many blocks it ends, 0 if none.
    #[inline(always)]
    fn skip_one(&self, bits: &mut Bits<'_>, k: &mut usize, end: usize) -> Option<u32> {
        bits.refill();
        let symbol = self.next(bits);
        if symbol.is_end() {
            return Some(symbol.take_end_run(bits));
        }
        symbol.pass(bits);
        *k += symbol.advance();
        (*k <= end).then_some(0)
    }
}

/// Several symbols at once: `advance << 6 | length`. An advance of [`Skip::END`] or more says
/// that the last of them ends the block.
#[derive(Clone, Copy)]
struct Skip(u16);

impl Skip {
    const END: usize = 64;
    /// Not even one symbol fits; the advance leads out of every block.
    const NONE: Self = Self(127 << 6);
    /// Look-ups for which one refill is enough.
    const A_REFILL: u32 = 56 / SKIP_BITS;

    #[inline(always)]
    fn advance(self) -> usize {
        usize::from(self.0 >> 6)
    }
}

const USUAL_AC_LUMINANCE: ([u8; 16], [u8; 162]) = (
    [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125],
    [
        0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61,
        0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52,
        0xD1, 0xF0, 0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25,
        0x26, 0x27, 0x28, 0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45,
        0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64,
        0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83,
        0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
        0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6,
        0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3,
        0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8,
        0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
    ],
);

const USUAL_AC_CHROMINANCE: ([u8; 16], [u8; 162]) = (
    [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119],
    [
        0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61,
        0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33,
        0x52, 0xF0, 0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18,
        0x19, 0x1A, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44,
        0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63,
        0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A,
        0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97,
        0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4,
        0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA,
        0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7,
        0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA,
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    fn table(skipping: bool) -> Table {
        let spec = Spec::usual_ac(0).unwrap();
        Table::new(&spec, Class::Ac, skipping).unwrap()
    }

    #[test]
    fn the_usual_tables_hold_their_shortest_and_longest_codes() {
        let table = table(false);
        let next = |bytes: [u8; 8]| {
            let mut bits = Bits::new(&bytes);
            bits.refill();
            let symbol = table.next(&bits);
            let amplitude = symbol.take(&mut bits);
            (symbol.is_end(), symbol.advance(), amplitude)
        };
        // K.5: 1010 ends the block; 00 1 is +1; 1111111111111110 is run 15, size 10.
        assert_eq!(next([0b1010_0000, 0, 0, 0, 0, 0, 0, 0]), (true, 64, 0));
        assert_eq!(next([0b0010_0000, 0, 0, 0, 0, 0, 0, 0]), (false, 1, 1));
        let longest = [0xFF, 0x00, 0b1111_1110, 0, 0, 0, 0, 0];
        assert_eq!(next(longest), (false, 16, -1023));
    }

    #[test]
    fn skipping_many_symbols_at_once_is_skipping_each() {
        let (fast, plain) = (table(true), table(false));
        let mut state = 3u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 25) as u8
        };
        for _ in 0..1000 {
            let bytes: Vec<u8> = (0..100).map(|_| noise()).collect();
            for k in [1, 2, 5, 25, 63] {
                let (mut a, mut b) = (Bits::new(&bytes), Bits::new(&bytes));
                let ended = fast.skip(&mut a, k, 63);
                assert_eq!(ended, plain.skip(&mut b, k, 63));
                a.refill();
                b.refill();
                assert_eq!(a.peek(32), b.peek(32));
            }
        }
    }

    #[test]
    fn an_over_subscribed_table_is_refused() {
        let mut segment = [0; 19];
        segment[0] = 3;
        let (spec, _) = Spec::read(&segment).unwrap();
        assert!(Table::new(&spec, Class::Dc, false).is_err());
    }
}
