//! Averages of 2 x 2 samples of luma and of alpha.
//!
//! Luma is averaged in nearly linear light: with a gamma of 2, which is the root of the mean square.
//! Where alpha differs among the four, each counts as much as it is visible:
//!
//! ```text
//! luma  = sqrt(sum(alpha * luma^2) / sum(alpha))
//! alpha = sum(alpha) / 4
//! ```
//!
//! Quotients and roots of floats are exact, so they are the same everywhere.

use crate::simd::IS_SCALAR;

/// Adding 2^23 rounds a float to the lowest bits.
const ROUND: f32 = 8_388_608.0;
/// Black, and a bit so that halves are rounded up: other roots are farther from a half than 1/2048.
const BLACK: f32 = 16.0 + 1.0 / 4096.0;
/// Pixels whose alpha is compared before luma is averaged.
const CHUNK: usize = 32;

/// The averages of luma. With `alpha`, each sample counts as much as it is visible.
#[inline(always)]
pub(super) fn average_luma(luma: [&[u8]; 2], alpha: Option<[&[u8]; 2]>, out: &mut [u8]) {
    if IS_SCALAR {
        // One loop takes less code. Weights of 1 give the same averages.
        for (index, (out, luma)) in out.iter_mut().zip(quads(luma)).enumerate() {
            let alpha = alpha.and_then(|alpha| quads(alpha).nth(index));
            *out = weighted(luma, alpha.unwrap_or([1; 4]));
        }
    } else if let Some(alpha) = alpha {
        average_by_alpha(luma, alpha, out);
    } else {
        average(luma, out);
    }
}

#[inline(always)]
fn average([upper, lower]: [&[u8]; 2], out: &mut [u8]) {
    let pairs = upper.as_chunks().0.iter().zip(lower.as_chunks().0);
    for (out, (&upper, &lower)) in out.iter_mut().zip(pairs) {
        let root = ((squares(upper) + squares(lower)) as f32).sqrt();
        *out = (0.5 * root + BLACK + ROUND).to_bits() as u8;
    }
}

/// Most alpha is uniform: then all samples count the same.
#[inline(always)]
fn average_by_alpha(luma: [&[u8]; 2], alpha: [&[u8]; 2], out: &mut [u8]) {
    for (index, out) in out.chunks_mut(CHUNK).enumerate() {
        let columns = 2 * CHUNK * index..2 * (CHUNK * index + out.len());
        let luma = luma.map(|row| row.get(columns.clone()).unwrap_or(&[]));
        let alpha = alpha.map(|row| row.get(columns.clone()).unwrap_or(&[]));
        if is_uniform(alpha) {
            average(luma, out);
        } else {
            average_weighted(luma, alpha, out);
        }
    }
}

#[inline(always)]
fn is_uniform([upper, lower]: [&[u8]; 2]) -> bool {
    let first = upper.first().copied().unwrap_or(0);
    let differences = |row: &[u8]| row.iter().fold(0, |bits, alpha| bits | (alpha ^ first));
    differences(upper) | differences(lower) == 0
}

#[inline(always)]
fn average_weighted(luma: [&[u8]; 2], alpha: [&[u8]; 2], out: &mut [u8]) {
    for (out, (luma, alpha)) in out.iter_mut().zip(quads(luma).zip(quads(alpha))) {
        *out = weighted(luma, alpha);
    }
}

#[inline(always)]
fn weighted(luma: [u8; 4], alpha: [u8; 4]) -> u8 {
    let alpha = alpha.map(u32::from);
    // Where nothing is visible, all samples count the same.
    let invisible = u32::from(alpha.iter().sum::<u32>() == 0);
    let (mut sum, mut weights) = (0, 0);
    for (sample, alpha) in luma.into_iter().zip(alpha) {
        let above_black = u32::from(sample.saturating_sub(16));
        sum += (alpha + invisible) * above_black * above_black;
        weights += alpha + invisible;
    }
    let root = (sum as f32 / weights as f32).sqrt();
    (root + BLACK + ROUND).to_bits() as u8
}

/// The averages of alpha.
#[inline(always)]
pub(super) fn average_alpha(alpha: [&[u8]; 2], out: &mut [u8]) {
    for (out, quad) in out.iter_mut().zip(quads(alpha)) {
        let [a, b, c, d] = quad.map(u16::from);
        *out = ((a + b + c + d + 2) >> 2) as u8;
    }
}

/// The 2 x 2 samples of each pixel.
#[inline(always)]
fn quads([upper, lower]: [&[u8]; 2]) -> impl Iterator<Item = [u8; 4]> {
    let pairs = upper.as_chunks().0.iter().zip(lower.as_chunks().0);
    pairs.map(|(&[a, b], &[c, d])| [a, b, c, d])
}

/// The sum of two samples' squares above black.
#[inline(always)]
fn squares(pair: [u8; 2]) -> u32 {
    let pair = u16::from_le_bytes(pair);
    let square = |sample: u16| {
        let above_black = sample.saturating_sub(16);
        u32::from(above_black * above_black)
    };
    square(pair & 0xFF) + square(pair >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(sample: u8) -> f64 {
        f64::from(sample.max(16) - 16).powi(2)
    }

    #[test]
    fn luma_is_averaged_in_light_of_gamma_2() {
        for a in 0..=255u8 {
            for b in 0..=255 {
                let mut out = [0; 2];
                average([&[a, a, a, b], &[a, a, b, b]], &mut out);
                let expected = (square(a) + 3.0 * square(b)) / 4.0;
                assert_eq!(out[0], a.max(16));
                assert_eq!(f64::from(out[1]), (expected.sqrt() + 16.0).round());
            }
        }
    }

    #[test]
    fn luma_that_is_not_visible_does_not_count() {
        for a in 0..=255u8 {
            for alpha in [1, 128, 255] {
                let mut out = [0; 3];
                let luma = [&[a, 255, 99, a, 7, 7], &[16, 0, 200, 40, 7, 7]];
                let alphas = [[alpha, 0, 0, alpha, 0, 0], [0; 6]];
                average_by_alpha(luma.map(|row| &row[..]), [&alphas[0], &alphas[1]], &mut out);
                assert_eq!(out, [a.max(16), a.max(16), 16]);
            }
        }
    }

    #[test]
    fn luma_counts_as_much_as_it_is_visible() {
        for a in 0..=255u8 {
            for b in (0..=255).step_by(5) {
                let mut out = [0];
                average_by_alpha([&[a, b], &[a, b]], [&[200, 50], &[30, 20]], &mut out);
                let expected = (230.0 * square(a) + 70.0 * square(b)) / 300.0;
                let error = f64::from(out[0]) - (expected.sqrt() + 16.0);
                assert!(error.abs() < 0.501, "{a} {b}");
            }
        }
    }

    #[test]
    fn uniform_alpha_changes_no_average() {
        let luma: Vec<u8> = (0..255)
            .chain(0..=255)
            .map(|i: u8| i.wrapping_mul(37))
            .collect();
        let luma = [&luma[..300], &luma[200..500]];
        let (mut plain, mut visible) = ([0; 150], [0; 150]);
        average(luma, &mut plain);
        for alpha in [0, 3, 255] {
            average_by_alpha(luma, [&[alpha; 300]; 2], &mut visible);
            assert_eq!(plain, visible);
            average_weighted(luma, [&[alpha; 300]; 2], &mut visible);
            assert_eq!(plain, visible);
        }
        // The weights of builds without vectors.
        average_weighted(luma, [&[1; 300]; 2], &mut visible);
        assert_eq!(plain, visible);
    }

    #[test]
    fn alpha_is_averaged_and_rounded() {
        let mut out = [0; 2];
        average_alpha([&[255, 255, 1, 0], &[255, 255, 1, 0]], &mut out);
        assert_eq!(out, [255, 1]);
    }
}
