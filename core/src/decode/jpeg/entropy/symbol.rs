//! One decoded Huffman symbol and the value bits that belong to it (T.81 F.1.2, G.1.2).

use super::bits::{BitReader, extend};

/// The meaning of a table's symbols.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SymbolClass {
    /// The size of a DC difference (F.1.2.1).
    Dc,
    /// Zero run and size; 00 ends the block (F.1.2.2).
    Ac,
    /// Zero run and size; r0 with r < 15 ends 2^r or more blocks (G.1.2.2).
    AcFirst,
    /// As before, but every size stands for one bit: a new coefficient is +-1 (G.1.2.3). libjpeg
    /// reads invalid sizes so too, and then damaged data cannot give large coefficients.
    AcRefinement,
}

/// A symbol, packed:
///
/// ```text
/// bits 17..32  amplitude, if the look-up held its bits
/// bits 10..17  advance: 1 + zero run, or END_OF_BLOCK
/// bits  6..10  extra: value bits after the code that are not part of the amplitude yet
/// bits  0..6   length: bits to consume, without the extra ones
/// ```
///
/// The length is in the lowest six bits, which are the only ones that shifts use, and the amplitude
/// in the highest, where one arithmetic shift gives it with its sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Symbol(u32);

impl Symbol {
    const END_OF_BLOCK: u32 = 64;

    /// No code begins with these bits, or a code that is longer than the look-up. The advance
    /// leads past the end of every block, so the check for that finds it as well.
    pub(crate) const INVALID: Self = Self(127 << 10);

    fn new(length: u32, extra: u32, advance: u32) -> Self {
        Self(advance << 10 | extra << 6 | length)
    }

    /// The symbol that a table lists as `byte`, with a code of `length` bits.
    pub(crate) fn from_byte(class: SymbolClass, byte: u8, length: u32) -> Self {
        let (high, low) = (u32::from(byte >> 4), u32::from(byte & 15));
        match (class, high, low) {
            (SymbolClass::Dc, _, _) => Self::new(length, u32::from(byte.min(15)), 1),
            // ZRL, a run of 16 zeros.
            (_, 15, 0) => Self::new(length, 0, 16),
            (SymbolClass::Ac, _, 0) => Self::new(length, 0, Self::END_OF_BLOCK),
            (_, _, 0) => Self::new(length, high, Self::END_OF_BLOCK),
            (SymbolClass::AcRefinement, _, _) => Self::new(length, 1, 1 + high),
            _ => Self::new(length, low, 1 + high),
        }
    }

    /// This symbol with its amplitude, whose value bits are `bits`.
    pub(crate) fn with_amplitude(self, bits: u32) -> Self {
        let amplitude = extend(bits as i32, self.extra());
        let length = self.length() + self.extra();
        Self((amplitude as u32) << 17 | self.0 & (127 << 10) | length)
    }

    #[inline(always)]
    fn length(self) -> u32 {
        self.0 & 63
    }

    #[inline(always)]
    pub(crate) fn extra(self) -> u32 {
        self.0 >> 6 & 15
    }

    /// The length of the code and all value bits.
    #[inline(always)]
    pub(crate) fn total_length(self) -> u32 {
        self.length() + self.extra()
    }

    /// How many coefficients this symbol covers: its zero run and its own. More than 63 for the
    /// end of a block and for an invalid symbol.
    #[inline(always)]
    pub(crate) fn advance(self) -> usize {
        (self.0 >> 10 & 127) as usize
    }

    #[inline(always)]
    pub(crate) fn is_end_of_block(self) -> bool {
        self.0 >> 10 & 127 == Self::END_OF_BLOCK
    }

    #[inline(always)]
    pub(crate) fn is_valid(self) -> bool {
        self != Self::INVALID
    }

    /// Whether the look-up held all value bits.
    #[inline(always)]
    pub(crate) fn is_complete(self) -> bool {
        self.extra() == 0
    }

    /// Consumes a complete symbol and returns its amplitude.
    #[inline(always)]
    pub(crate) fn consume_complete(self, bits: &mut BitReader<'_>) -> i32 {
        bits.consume(self.0);
        self.0 as i32 >> 17
    }

    /// Consumes a symbol and returns its amplitude.
    #[inline(always)]
    pub(crate) fn consume(self, bits: &mut BitReader<'_>) -> i32 {
        if self.is_complete() {
            self.consume_complete(bits)
        } else {
            bits.consume(self.0);
            bits.receive_extend(self.extra())
        }
    }

    /// Consumes a symbol of a DC table and returns the difference.
    ///
    /// There is no branch, and the reader advances by code and value bits together. So the next
    /// look-up does not wait for the difference.
    #[inline(always)]
    pub(crate) fn consume_difference(self, bits: &mut BitReader<'_>) -> i32 {
        let mut value = *bits;
        value.consume(self.0);
        bits.consume(self.total_length());
        value.receive_extend(self.extra())
    }

    /// Consumes an end of band. Returns the number of blocks that it ends: EOBRUN, this block
    /// included (G.1.2.2).
    #[inline(always)]
    pub(crate) fn consume_eob_run(self, bits: &mut BitReader<'_>) -> u32 {
        bits.consume(self.0);
        (1 << self.extra()) + bits.receive(self.extra()) as u32
    }

    #[inline(always)]
    pub(crate) fn skip(self, bits: &mut BitReader<'_>) {
        bits.consume(self.total_length());
    }
}
