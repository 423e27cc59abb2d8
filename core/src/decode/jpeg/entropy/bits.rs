//! The entropy-coded segment as a string of bits (T.81 B.1.1.5 and F.2.2.5).
//!
//! A byte FF inside the data is followed by a stuffed 00, which is not part of it; FF followed by
//! anything else is a marker and ends the data. Most stretches hold no FF at all, so:
//!
//! ```text
//! clean = the bytes before the next FF          found by one fast search
//! refill: 8 bytes of clean left?   one load, no branch on their values
//!         otherwise                byte by byte: FF 00 -> FF, a marker -> zeros from here on
//! ```

use memchr::memchr;

/// A cursor over the bits of entropy-coded data.
#[derive(Clone, Copy)]
pub(crate) struct Bits<'a> {
    /// The next bits, the first of them in the highest place.
    window: u64,
    /// How many bits of `window` count, modulo 64: what shifts make of it anyway. Those below are
    /// either zero or what will come there.
    held: u32,
    /// Zeros supplied after the end of the data.
    padding: u32,
    /// Bytes up to the next FF.
    clean: &'a [u8],
    /// Everything from that FF on.
    rest: &'a [u8],
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let (clean, rest) = until_ff(bytes);
        Self {
            window: 0,
            held: 0,
            padding: 0,
            clean,
            rest,
        }
    }

    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(crate) fn refill(&mut self) {
        match self.clean.first_chunk::<8>() {
            Some(next) => {
                self.window |= u64::from_be_bytes(*next) >> (self.held & 63);
                let whole = !self.held >> 3 & 7;
                self.clean = &self.clean[whole as usize..];
                self.held |= 56;
            }
            None => *self = self.refilled_bytewise(),
        }
    }

    #[cold]
    #[inline(never)]
    fn refilled_bytewise(mut self) -> Self {
        self.held &= 63;
        while self.held < 56 {
            let byte = self.next_byte().unwrap_or_else(|| {
                self.padding = self.padding.saturating_add(8);
                0
            });
            self.window |= u64::from(byte) << (56 - self.held);
            self.held += 8;
        }
        self
    }

    fn next_byte(&mut self) -> Option<u8> {
        if let Some((&byte, clean)) = self.clean.split_first() {
            self.clean = clean;
            return Some(byte);
        }
        let after = self.rest.strip_prefix(&[0xFF, 0x00])?;
        (self.clean, self.rest) = until_ff(after);
        Some(0xFF)
    }

    /// The next `count` bits, 1 to 32, without passing them. They must have been refilled.
    #[inline(always)]
    pub(crate) fn peek(&self, count: u32) -> usize {
        (self.window >> (64 - count)) as usize
    }

    /// Passes the next `count` modulo 64 bits: a table entry whose lowest six bits are a length
    /// may be handed over as it is.
    #[inline(always)]
    pub(crate) fn consume(&mut self, count: u32) {
        self.window = self.window.wrapping_shl(count);
        self.held = self.held.wrapping_sub(count);
    }

    /// The next `count` bits, 0 to 16, as a number.
    #[inline(always)]
    pub(crate) fn receive(&mut self, count: u32) -> i32 {
        let value = (self.window >> 1) >> (63 - count);
        self.consume(count);
        value as i32
    }

    /// The next `count` bits as a signed amplitude (RECEIVE and EXTEND, F.2.2.1).
    #[inline(always)]
    pub(crate) fn receive_amplitude(&mut self, count: u32) -> i32 {
        extend(self.receive(count), count)
    }

    /// Passes `count` bits, at most 64.
    #[inline(always)]
    pub(crate) fn discard(&mut self, count: u32) {
        let first = count.min(32);
        self.refill();
        self.consume(first);
        self.refill();
        self.consume(count - first);
    }

    /// Whether more bits were consumed than the data held.
    #[inline(always)]
    pub(crate) fn overran(&self) -> bool {
        self.padding > self.held & 63
    }

    /// The code of the next marker and what follows it.
    pub(crate) fn next_marker(&self) -> Option<(u8, &'a [u8])> {
        let mut rest = self.rest;
        loop {
            match *rest.get(1)? {
                0x00 => rest = until_ff(&rest[2..]).1,
                0xFF => rest = &rest[1..],
                code => return Some((code, &rest[2..])),
            }
        }
    }
}

/// The signed amplitude behind `count` bits: those that start with 0 are negative (F.2.2.1).
#[inline(always)]
pub(crate) fn extend(bits: i32, count: u32) -> i32 {
    let half = (1 << count) >> 1;
    let offset = if bits < half { 1 - (1 << count) } else { 0 };
    bits + offset
}

fn until_ff(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(memchr(0xFF, bytes).unwrap_or(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_bytes(bytes: &[u8], count: usize) -> Vec<u8> {
        let mut bits = Bits::new(bytes);
        let next = |_| {
            bits.refill();
            bits.receive(8) as u8
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn stuffed_zeros_vanish_and_a_marker_ends_the_data() {
        let mut bytes = vec![7; 20];
        bytes.extend([0xFF, 0x00, 0xFF, 0x00, 9, 0xFF, 0xD9, 5]);
        let mut expected = vec![7; 20];
        expected.extend([0xFF, 0xFF, 9, 0, 0]);
        assert_eq!(all_bytes(&bytes, 25), expected);
    }

    #[test]
    fn only_bits_past_the_end_overrun() {
        let mut bits = Bits::new(&[1, 2, 3, 0xFF, 0xD0]);
        bits.refill();
        bits.consume(24);
        assert!(!bits.overran());
        bits.refill();
        bits.consume(1);
        assert!(bits.overran());
        assert_eq!(bits.next_marker(), Some((0xD0, &[][..])));
    }

    #[test]
    fn amplitudes_follow_table_f_1() {
        let values: Vec<i32> = (0..8).map(|bits| extend(bits, 3)).collect();
        assert_eq!(values, [-7, -6, -5, -4, 4, 5, 6, 7]);
        assert_eq!(extend(0, 0), 0);
    }
}
