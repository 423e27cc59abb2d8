//! The bit reader (RFC 9649, 3.2): bits are packed from the lowest one of each byte up.

use crate::decode::webp::errors::ends_early;
use crate::error::Result;

/// Reads bits through a window of 64.
#[derive(Clone, Copy)]
pub(super) struct LowBitReader<'a> {
    /// The next bits of the data, the first of them in the lowest position. The bits above
    /// `bits_left` are zero or equal to the bits that follow in the data.
    window: u64,
    /// The number of valid bits in `window`. Negative if bits after the end of the data were consumed.
    bits_left: i32,
    data: &'a [u8],
}

impl<'a> LowBitReader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            window: 0,
            bits_left: 0,
            data,
        }
    }

    /// A reader of the bits of one number.
    pub(super) fn of_number(number: u64) -> Self {
        Self {
            window: number,
            bits_left: 64,
            data: &[],
        }
    }

    /// Makes at least 56 bits available. After the end of the data, they are zero.
    #[inline(always)]
    pub(super) fn refill(&mut self) {
        match self.data.first_chunk::<8>() {
            Some(next) => {
                // All 8 bytes are merged in, but only whole bytes count as read. The others are
                // merged again by the next refill: the OR of equal bits changes nothing.
                self.window |= u64::from_le_bytes(*next) << (self.bits_left & 63);
                let bytes_read = (63 - self.bits_left) as usize >> 3 & 7;
                self.data = &self.data[bytes_read..];
                self.bits_left += 8 * bytes_read as i32;
            }
            None => *self = self.refill_bytewise(),
        }
    }

    /// By value, so that the caller's copy can stay in registers.
    #[inline(never)]
    fn refill_bytewise(mut self) -> Self {
        while self.bits_left <= 56
            && let Some((&byte, rest)) = self.data.split_first()
        {
            self.window |= u64::from(byte) << self.bits_left;
            self.bits_left += 8;
            self.data = rest;
        }
        self
    }

    /// The next bits, of which [`refill`](Self::refill) makes 56 valid.
    #[inline(always)]
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    /// Skips `count` bits, fewer than 64.
    #[inline(always)]
    pub(super) fn consume(&mut self, count: u32) {
        self.window >>= count & 63;
        self.bits_left -= count as i32;
    }

    /// Reads a number of `count` bits, which must be available.
    #[inline(always)]
    pub(super) fn read_available(&mut self, count: u32) -> u32 {
        let number = self.window & ((1 << (count & 63)) - 1);
        self.consume(count);
        number as u32
    }

    /// Reads a number of at most 32 bits.
    pub(super) fn read(&mut self, count: u32) -> u32 {
        self.refill();
        self.read_available(count)
    }

    pub(super) fn flag(&mut self) -> bool {
        self.read(1) == 1
    }

    /// Bits consumed since `start`, a copy of this reader without bytes left to read.
    pub(super) fn consumed_since(&self, start: &Self) -> u32 {
        (start.bits_left - self.bits_left) as u32
    }

    /// Whether bits were consumed that the data do not hold.
    #[inline(always)]
    pub(super) fn is_past_end(&self) -> bool {
        self.bits_left < 0
    }

    pub(super) fn check_end(&self) -> Result<()> {
        if self.is_past_end() {
            return Err(ends_early());
        }
        Ok(())
    }
}
