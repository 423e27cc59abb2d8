//! Entropy-coded data as a string of bits (T.81 B.1.1.5, F.2.2.5).
//!
//! In the data, a byte FF is followed by a stuffed byte 00, which is not part of it. FF followed
//! by any other byte is a marker, or damage, and ends the data. Most stretches hold no FF at all:
//!
//! ```text
//! clean = the bytes before the next FF          found by one memchr
//! refill: 8 bytes of clean left   -> one load, no branch on their values
//!         otherwise               -> byte by byte: FF 00 is FF, after a marker come zeros
//! ```

use memchr::memchr;

/// A cursor over the bits of entropy-coded data.
#[derive(Clone, Copy)]
pub(crate) struct BitReader<'a> {
    /// The next bits, the first of them in the highest position.
    buffer: u64,
    /// The number of valid bits in `buffer`, modulo 64, because shifts reduce it anyway. The bits
    /// below are zero or equal to the bits that follow in the data.
    bits_left: u32,
    /// Zero bits that were supplied after the end of the data.
    padding: u32,
    /// The bytes before the next FF.
    clean: &'a [u8],
    /// Everything from that FF on.
    rest: &'a [u8],
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let (clean, rest) = split_at_ff(bytes);
        Self {
            buffer: 0,
            bits_left: 0,
            padding: 0,
            clean,
            rest,
        }
    }

    /// A reader of data without stuffed zeros, from bit `position` on.
    pub(super) fn unstuffed(data: &'a [u8], position: usize) -> Self {
        let mut reader = Self {
            clean: data.get(position >> 3..).unwrap_or_default(),
            ..Self::new(&[])
        };
        reader.refill();
        reader.consume(position as u32 & 7);
        reader
    }

    /// Makes at least 56 bits available.
    #[inline(always)]
    pub(crate) fn refill(&mut self) {
        match self.clean.first_chunk::<8>() {
            Some(next) => {
                // All 8 bytes are merged in, but only whole bytes count as read. Bits of a byte
                // that counts only in part are merged again by the next refill: the OR of equal
                // bits changes nothing.
                self.buffer |= u64::from_be_bytes(*next) >> (self.bits_left & 63);
                // (63 - bits_left) / 8 bytes fit: 56 to 63 bits are valid after this.
                let bytes_read = !self.bits_left >> 3 & 7;
                self.clean = &self.clean[bytes_read as usize..];
                self.bits_left |= 56;
            }
            None => *self = self.refill_bytewise(),
        }
    }

    /// Takes and returns the reader by value, so that the caller's copy can stay in registers.
    #[cold]
    #[inline(never)]
    fn refill_bytewise(mut self) -> Self {
        self.bits_left &= 63;
        while self.bits_left < 56 {
            let byte = self.next_byte().unwrap_or_else(|| {
                self.padding = self.padding.saturating_add(8);
                0
            });
            self.buffer |= u64::from(byte) << (56 - self.bits_left);
            self.bits_left += 8;
        }
        self
    }

    fn next_byte(&mut self) -> Option<u8> {
        if let Some((&byte, clean)) = self.clean.split_first() {
            self.clean = clean;
            return Some(byte);
        }
        let after = self.rest.strip_prefix(&[0xFF, 0x00])?;
        (self.clean, self.rest) = split_at_ff(after);
        Some(0xFF)
    }

    /// Returns the next `count` bits, 1 to 32, without consuming them. They must be available.
    #[inline(always)]
    pub(crate) fn peek(&self, count: u32) -> usize {
        (self.buffer >> (64 - count)) as usize
    }

    /// Consumes the next `count` modulo 64 bits. So a table entry whose lowest six bits are a
    /// length can be passed without masking it.
    #[inline(always)]
    pub(crate) fn consume(&mut self, count: u32) {
        self.buffer = self.buffer.wrapping_shl(count);
        self.bits_left = self.bits_left.wrapping_sub(count);
    }

    /// RECEIVE (F.2.2.4): consumes `count` bits, 0 to 16, and returns them as a number.
    #[inline(always)]
    pub(crate) fn receive(&mut self, count: u32) -> i32 {
        // Two shifts, because a shift by 64 is not defined when `count` is 0.
        let value = (self.buffer >> 1) >> (63 - count);
        self.consume(count);
        value as i32
    }

    /// RECEIVE and EXTEND (F.2.2.1): consumes `count` bits and returns them as a signed amplitude.
    #[inline(always)]
    pub(crate) fn receive_extend(&mut self, count: u32) -> i32 {
        extend(self.receive(count), count)
    }

    /// Skips `count` bits, at most 64.
    #[inline(always)]
    pub(crate) fn skip_bits(&mut self, count: u32) {
        // A refill gives 56 bits, so 64 bits take two.
        let first = count.min(32);
        self.refill();
        self.consume(first);
        self.refill();
        self.consume(count - first);
    }

    /// Skips a code that no table has, as libjpeg does: its decoder gives up after 17 bits. Then both
    /// decoders go on at the same bit.
    ///
    /// By value, as [`refill_bytewise`](Self::refill_bytewise).
    #[cold]
    #[inline(never)]
    pub(crate) fn after_invalid_code(mut self) -> Self {
        self.refill();
        self.consume(17);
        self
    }

    /// Whether more bits were consumed than the data holds.
    #[inline(always)]
    pub(crate) fn is_past_end(&self) -> bool {
        self.padding > self.bits_left & 63
    }

    /// The second byte of the next marker, and everything after it. No JPEG has a reserved marker (T.81
    /// table B.1), so that is a wrong bit in the data.
    pub(crate) fn next_marker(&self) -> Option<(u8, &'a [u8])> {
        let mut rest = self.rest;
        loop {
            match *rest.get(1)? {
                0x00..=0xBF => rest = split_at_ff(&rest[2..]).1,
                0xFF => rest = &rest[1..],
                marker => return Some((marker, &rest[2..])),
            }
        }
    }
}

/// EXTEND (F.2.2.1, table F.1): `count` bits that begin with 0 stand for a negative amplitude.
#[inline(always)]
pub(crate) fn extend(bits: i32, count: u32) -> i32 {
    let half = (1 << count) >> 1;
    let offset = if bits < half { 1 - (1 << count) } else { 0 };
    bits + offset
}

fn split_at_ff(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(memchr(0xFF, bytes).unwrap_or(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_bytes(bytes: &[u8], count: usize) -> Vec<u8> {
        let mut bits = BitReader::new(bytes);
        let next = |_| {
            bits.refill();
            bits.receive(8) as u8
        };
        (0..count).map(next).collect()
    }

    #[test]
    fn stuffed_zeros_are_left_out_and_a_marker_ends_the_data() {
        let mut bytes = vec![7; 20];
        bytes.extend([0xFF, 0x00, 0xFF, 0x00, 9, 0xFF, 0xD9, 5]);
        let mut expected = vec![7; 20];
        expected.extend([0xFF, 0xFF, 9, 0, 0]);
        assert_eq!(read_bytes(&bytes, 25), expected);
    }

    #[test]
    fn only_bits_after_the_last_byte_are_past_the_end() {
        let mut bits = BitReader::new(&[1, 2, 3, 0xFF, 0xD0]);
        bits.refill();
        bits.consume(24);
        assert!(!bits.is_past_end());
        bits.refill();
        bits.consume(1);
        assert!(bits.is_past_end());
        assert_eq!(bits.next_marker(), Some((0xD0, &[][..])));
    }

    #[test]
    fn amplitudes_follow_table_f_1() {
        let values: Vec<i32> = (0..8).map(|bits| extend(bits, 3)).collect();
        assert_eq!(values, [-7, -6, -5, -4, 4, 5, 6, 7]);
        assert_eq!(extend(0, 0), 0);
    }
}
