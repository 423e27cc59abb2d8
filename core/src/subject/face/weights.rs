//! The weights of the network, read in the order in which its layers use them.

use super::layers::padded;

/// See README.md in this folder for their source and license.
static WEIGHTS: &[u8] = include_bytes!("weights.f16");

/// The weights that are not read yet.
pub(super) struct Weights(std::slice::Iter<'static, [u8; 2]>);

impl Weights {
    pub(super) fn new() -> Self {
        Self(WEIGHTS.as_chunks().0.iter())
    }

    /// Reads `rows` rows of `channels` weights. In `out`, each row is padded with zeros to whole vectors.
    pub(super) fn read(&mut self, rows: usize, channels: usize, out: &mut [f32]) {
        for row in out.chunks_exact_mut(padded(channels)).take(rows) {
            let (weights, padding) = row.split_at_mut(channels);
            for (weight, half) in weights.iter_mut().zip(&mut self.0) {
                *weight = f32_from_half(u16::from_le_bytes(*half));
            }
            padding.fill(0.0);
        }
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }
}

/// IEEE 754 binary16 to binary32, for finite numbers.
///
/// ```text
/// sign 1 bit, exponent 5 bits (bias 15), fraction 10 bits
///     exponent > 0:  (1 + fraction / 1024) 2^(exponent - 15)
///     exponent = 0:  fraction / 1024 * 2^-14
/// ```
fn f32_from_half(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10 & 31);
    let fraction = u32::from(half & 1023);
    let magnitude = match exponent {
        // Exact: the fraction has 10 bits, and the factor is a power of two.
        0 => (fraction as f32 * (1.0 / 16_777_216.0)).to_bits(),
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_converted_exactly() {
        let cases = [
            (0x0000, 0.0),
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7BFF, 65_504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x83FF, -6.097_555e-5),
        ];
        for (half, float) in cases {
            assert_eq!(f32_from_half(half), float, "{half:#06x}");
        }
    }

    #[test]
    fn every_weight_is_finite() {
        let halves = WEIGHTS.as_chunks().0.iter();
        assert!(
            halves
                .map(|half| u16::from_le_bytes(*half))
                .all(|half| half >> 10 & 31 < 31)
        );
    }
}
