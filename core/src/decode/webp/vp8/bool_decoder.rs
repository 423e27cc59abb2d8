//! The boolean entropy decoder (RFC 6386, 7), with a window of 64 bits.
//!
//! As the RFC describes it, with one bit of the data at a time:
//!
//! ```text
//! split = 1 + ((range - 1) * probability >> 8)
//! if value < split:  range = split;                        decoded 0
//! else:              range -= split;  value -= split;      decoded 1
//! while range < 128: range *= 2;  value = value * 2 + next bit of the data
//! ```
//!
//! Here `value` is the top byte of a word that holds the following bits too, so the loop is one shift
//! by the leading zeros of `range`, and the data are read 8 bytes at a time. A decoded bit uses up at
//! most 7 bits of the data, and a comparison needs 8. So 32 bits are enough for three bits of any
//! probability and a sign.

/// Decodes the bits of one partition.
#[derive(Clone, Copy)]
pub(super) struct BoolDecoder<'a> {
    /// The next bits of the data, the first of them in the highest position.
    value: u64,
    /// Range - 1, from 127 to 254 between two decoded bits.
    range: u32,
    /// The number of valid bits in `value`. The bits below are zero or equal to the bits that follow
    /// in the data.
    bits_left: i32,
    /// Zero bits that were supplied after the end of the data.
    padding: i32,
    data: &'a [u8],
}

impl<'a> BoolDecoder<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            value: 0,
            range: 254,
            bits_left: 0,
            padding: 0,
            data,
        }
    }

    /// Makes at least 32 bits of the data available.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        if self.bits_left >= 32 {
            return;
        }
        match self.data.first_chunk::<8>() {
            Some(next) => {
                // All 8 bytes are merged in, but only whole bytes count as read. The others are
                // merged again by the next refill: the OR of equal bits changes nothing.
                self.value |= u64::from_be_bytes(*next) >> (self.bits_left & 63);
                let bytes_read = (63 - self.bits_left) as usize >> 3 & 7;
                self.data = &self.data[bytes_read..];
                self.bits_left += 8 * bytes_read as i32;
            }
            None => *self = self.refill_bytewise(),
        }
    }

    /// By value, so that the caller's copy can stay in registers.
    #[cold]
    #[inline(never)]
    fn refill_bytewise(mut self) -> Self {
        while self.bits_left <= 48 {
            let byte = match self.data.split_first() {
                Some((&byte, rest)) => {
                    self.data = rest;
                    byte
                }
                None => {
                    // All bits in the window may be padding, but never more than that.
                    self.padding = (self.padding + 8).min(64);
                    0
                }
            };
            self.value |= u64::from(byte) << (56 - self.bits_left);
            self.bits_left += 8;
        }
        self
    }

    /// Decodes a bit that is 0 with a chance of `probability` / 256. The bits must be available.
    #[inline(always)]
    pub(super) fn bit(&mut self, probability: u8) -> bool {
        let split = (self.range * u32::from(probability)) >> 8;
        let bound = (u64::from(split) + 1) << 56;
        let bit = self.value >= bound;
        let range = if bit {
            self.value -= bound;
            self.range - split
        } else {
            split + 1
        };
        let shift = range.leading_zeros() & 7;
        self.range = (range << shift) - 1;
        self.value <<= shift;
        self.bits_left -= shift as i32;
        bit
    }

    /// Decodes a sign, which is as often 0 as 1, and applies it to `magnitude`. Without a branch,
    /// because no sign can be predicted. The bits must be available, and it must not be the first bit
    /// of the data.
    ///
    /// Half of the range is 64 to 127, so `value` and `range` are always doubled once. (Only the first
    /// bit has a range of 255, whose larger half is 128.) With `range` - 1 = r, doubling either half
    /// gives the odd one of r and r + 1, or of r - 1 and r.
    #[inline(always)]
    pub(super) fn with_sign(&mut self, magnitude: i32) -> i32 {
        let bound = (u64::from(self.range >> 1) + 1) << 56;
        // All ones if negative.
        let mask = -i32::from(self.value >= bound);
        self.value = (self.value - (bound & i64::from(mask) as u64)) << 1;
        self.range = self.range.wrapping_add_signed(mask) | 1;
        self.bits_left -= 1;
        (magnitude ^ mask) - mask
    }

    /// Makes bits available and decodes one.
    #[inline(always)]
    pub(super) fn read_bit(&mut self, probability: u8) -> bool {
        self.refill();
        self.bit(probability)
    }

    /// A flag of a header. Not inlined: headers need little time, but much code for their many fields.
    #[inline(never)]
    pub(super) fn flag(&mut self) -> bool {
        self.read_bit(128)
    }

    /// An unsigned number of `bits` bits.
    #[inline(never)]
    pub(super) fn number(&mut self, bits: u32) -> u8 {
        (0..bits).fold(0, |value, _| value << 1 | u8::from(self.flag()))
    }

    /// A number of `bits` bits, then its sign.
    pub(super) fn signed_number(&mut self, bits: u32) -> i8 {
        let magnitude = self.number(bits) as i8;
        if self.flag() { -magnitude } else { magnitude }
    }

    /// A number, or nothing if the flag before it is 0.
    pub(super) fn optional_signed_number(&mut self, bits: u32) -> Option<i8> {
        self.flag().then(|| self.signed_number(bits))
    }

    /// Whether bits were used that the data do not hold.
    #[inline(always)]
    pub(super) fn is_past_end(&self) -> bool {
        self.padding > self.bits_left
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::writer::BoolEncoder;
    use super::*;

    /// Pseudorandom bits with the probabilities that they are 0, of all sizes.
    fn bits() -> impl Iterator<Item = (u8, bool)> {
        let mut state = 5u32;
        (0..20_000).map(move |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [_, _, value, probability] = state.to_le_bytes();
            let probability = probability.max(1);
            (probability, value >= probability)
        })
    }

    #[test]
    fn encoded_bits_are_decoded() {
        let mut encoder = BoolEncoder::new();
        bits().for_each(|(probability, bit)| encoder.bit(probability, bit));
        let data = encoder.finish();
        let mut decoder = BoolDecoder::new(&data);
        for (probability, bit) in bits() {
            assert_eq!(decoder.read_bit(probability), bit);
        }
        assert!(!decoder.is_past_end());
    }

    #[test]
    fn a_sign_is_a_bit_of_even_chance() {
        let data: Vec<u8> = bits().map(|(probability, _)| probability).collect();
        let (mut signs, mut plain) = (BoolDecoder::new(&data), BoolDecoder::new(&data));
        for (probability, _) in bits() {
            assert_eq!(signs.read_bit(probability), plain.read_bit(probability));
            signs.refill();
            let expected = if plain.read_bit(128) { -7 } else { 7 };
            assert_eq!(signs.with_sign(7), expected);
        }
    }

    #[test]
    fn only_bits_after_the_data_are_past_its_end() {
        let mut decoder = BoolDecoder::new(&[0x80; 9]);
        for _ in 0..72 {
            assert!(!decoder.is_past_end());
            decoder.flag();
        }
        (0..8).for_each(|_| _ = decoder.flag());
        assert!(decoder.is_past_end());
        (0..1000).for_each(|_| _ = decoder.flag());
        assert!(decoder.is_past_end());
    }
}
