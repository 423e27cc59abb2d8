//! Writes key frames.

use super::Random;
use crate::decode::webp::vp8::tables::UPDATE_PROBABILITIES;

/// The boolean encoder (RFC 6386, 7.3).
pub(in crate::decode::webp::vp8) struct BoolEncoder {
    out: Vec<u8>,
    range: u32,
    bottom: u32,
    bit_count: i32,
}

impl BoolEncoder {
    pub(in crate::decode::webp::vp8) fn new() -> Self {
        Self {
            out: Vec::new(),
            range: 255,
            bottom: 0,
            bit_count: 24,
        }
    }

    pub(in crate::decode::webp::vp8) fn bit(&mut self, probability: u8, bit: bool) {
        let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
        if bit {
            self.bottom = self.bottom.wrapping_add(split);
            if self.bottom < split {
                self.carry();
            }
            self.range -= split;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            if self.bottom >> 31 == 1 {
                self.carry();
            }
            self.bottom <<= 1;
            self.bit_count -= 1;
            if self.bit_count == 0 {
                self.out.push((self.bottom >> 24) as u8);
                self.bottom &= 0x00FF_FFFF;
                self.bit_count = 8;
            }
        }
    }

    fn carry(&mut self) {
        for byte in self.out.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }

    pub(super) fn number(&mut self, bits: u32, value: u32) {
        for bit in (0..bits).rev() {
            self.bit(128, value >> bit & 1 == 1);
        }
    }

    /// A number with a sign, and the flag that it is present.
    fn optional_signed(&mut self, bits: u32, value: i32) {
        self.number(1, 1);
        self.number(bits, value.unsigned_abs());
        self.number(1, u32::from(value < 0));
    }

    /// All bits.
    pub(in crate::decode::webp::vp8) fn finish(mut self) -> Vec<u8> {
        for _ in 0..32 {
            self.bit(128, false);
        }
        self.out
    }
}

/// A frame to write.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameSpec {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) simple_filter: bool,
    pub(super) filter_level: u32,
    pub(super) sharpness: u32,
    /// Adjustments of the filter level for the intra frame, and for prediction by subblocks.
    pub(super) filter_deltas: Option<[i32; 2]>,
    /// Segments with these quantizers and filter levels, absolute or added to those of the frame.
    pub(super) segments: Option<(bool, [i32; 4], [i32; 4])>,
    /// Partitions are 1, 2, 4 or 8.
    pub(super) log2_partitions: u32,
    pub(super) quantizer: u32,
    pub(super) skip_probability: Option<u32>,
}

impl FrameSpec {
    pub(super) const PLAIN: Self = Self {
        width: 37,
        height: 35,
        simple_filter: false,
        filter_level: 0,
        sharpness: 0,
        filter_deltas: None,
        segments: None,
        log2_partitions: 0,
        quantizer: 4,
        skip_probability: None,
    };

    /// The header (9.2 to 9.11), ready for the modes of macroblocks.
    pub(super) fn header(&self) -> BoolEncoder {
        let mut bits = BoolEncoder::new();
        bits.number(2, 0);
        self.write_segments(&mut bits);
        bits.number(1, u32::from(self.simple_filter));
        bits.number(6, self.filter_level);
        bits.number(3, self.sharpness);
        self.write_filter_deltas(&mut bits);
        bits.number(2, self.log2_partitions);
        bits.number(7, self.quantizer);
        // No adjustments of the quantizer, and nothing kept for the next frame.
        bits.number(6, 0);
        let updates = UPDATE_PROBABILITIES.as_flattened().as_flattened();
        for &probability in updates.as_flattened() {
            bits.bit(probability, false);
        }
        bits.number(1, u32::from(self.skip_probability.is_some()));
        if let Some(probability) = self.skip_probability {
            bits.number(8, probability);
        }
        bits
    }

    fn write_segments(&self, bits: &mut BoolEncoder) {
        bits.number(1, u32::from(self.segments.is_some()));
        let Some((absolute, quantizers, filter_levels)) = self.segments else {
            return;
        };
        // With a map and settings.
        bits.number(2, 3);
        bits.number(1, u32::from(absolute));
        for value in quantizers {
            bits.optional_signed(7, value);
        }
        for value in filter_levels {
            bits.optional_signed(6, value);
        }
        for probability in [120, 90, 160] {
            bits.number(1, 1);
            bits.number(8, probability);
        }
    }

    fn write_filter_deltas(&self, bits: &mut BoolEncoder) {
        bits.number(1, u32::from(self.filter_deltas.is_some()));
        let Some([frame, subblocks]) = self.filter_deltas else {
            return;
        };
        bits.number(1, 1);
        for delta in [frame, subblocks] {
            bits.optional_signed(6, delta);
            bits.number(3, 0);
        }
    }

    /// The file of a first partition and the others.
    pub(super) fn frame(&self, first: &[u8], partitions: &[Vec<u8>]) -> Vec<u8> {
        // A key frame of version 0 that is shown.
        let tag = (first.len() as u32) << 5 | 0x10;
        let mut frame = tag.to_le_bytes()[..3].to_vec();
        frame.extend([0x9D, 0x01, 0x2A]);
        frame.extend((self.width as u16).to_le_bytes());
        frame.extend((self.height as u16).to_le_bytes());
        frame.extend(first);
        let (last, others) = partitions.split_last().unwrap();
        for partition in others {
            frame.extend(&(partition.len() as u32).to_le_bytes()[..3]);
        }
        frame.extend(others.concat());
        frame.extend(last);
        frame
    }

    /// A frame of random modes and coefficients: any bytes are valid.
    pub(super) fn random(&self, seed: u32) -> Vec<u8> {
        let mut random = Random(seed);
        let macroblocks = (self.width.div_ceil(16) * self.height.div_ceil(16)) as usize;
        let mut first = self.header().finish();
        // The last bytes of the encoder are padding.
        first.truncate(first.len() - 3);
        first.extend(random.bytes(40 * macroblocks + 16));
        let partitions: Vec<_> = (0..1 << self.log2_partitions)
            .map(|_| random.bytes(800 * macroblocks + 16))
            .collect();
        self.frame(&first, &partitions)
    }
}
