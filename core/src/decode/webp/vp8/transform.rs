//! Coefficients to residuals: the inverse Walsh-Hadamard and cosine transforms (RFC 6386, 14.3, 14.4).
//!
//! The cosine transform of one block, with `*` in 16.16 fixed point and `c1 = sqrt(2) cos(pi/8)`,
//! `s1 = sqrt(2) sin(pi/8)`:
//!
//! ```text
//! for each column, then for each row of the result:
//!     a = v0 + v2;  b = v0 - v2;  c = s1 * v1 - c1 * v3;  d = c1 * v1 + s1 * v3
//!     v0, v1, v2, v3 = a + d, b + c, b - c, a - d
//! residual = (v + 4) >> 3
//! ```
//!
//! All blocks of a group are transformed at once, each in a lane of its own. Sums have 16 bits. A residual
//! is a sum of at most 14.81 times the largest coefficient. So blocks with a coefficient outside of -2048 to
//! 2047 are transformed one by one, with 32 bits: no encoder needs them, but a file may have them.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, i16x8};

use super::coefficients::{Coefficients, Content, Y2_LANE};
use crate::simd::IS_SCALAR;

/// The residuals of a group of 16 blocks: rows of 4, of one block after another. So the rows of
/// blocks that stand side by side are adjacent.
pub(super) type Residuals = [[[i16; 4]; 16]; 4];

/// Replaces the luma blocks' DC coefficients by the inverse transform of Y2 (14.3).
#[inline(always)]
pub(super) fn inverse_walsh_hadamard(coefficients: &mut Coefficients) {
    let mut columns = [[0i32; 4]; 4];
    for (i, column) in columns.iter_mut().enumerate() {
        let [v0, v1, v2, v3] =
            [i, i + 4, i + 8, i + 12].map(|at| i32::from(coefficients.values[at][Y2_LANE]));
        let (a0, a1, a2, a3) = (v0 + v3, v1 + v2, v1 - v2, v0 - v3);
        *column = [a0 + a1, a3 + a2, a0 - a1, a3 - a2];
    }
    let mut any = 0;
    let out = coefficients.values[0].as_chunks_mut::<4>().0;
    for (i, out) in out.iter_mut().take(4).enumerate() {
        let [v0, v1, v2, v3] = columns.map(|column| column[i]);
        let (a0, a1, a2, a3) = (v0 + 3 + v3, v1 + v2, v1 - v2, v0 + 3 - v3);
        *out = [a0 + a1, a3 + a2, a0 - a1, a3 - a2].map(|sum| (sum >> 3) as i16);
        any |= out[0] | out[1] | out[2] | out[3];
    }
    if any != 0 {
        coefficients.luma = coefficients.luma.max(Content::Dc);
    }
}

/// The residuals of the 16 blocks from lane 16 * `GROUP` on.
#[inline(always)]
pub(super) fn inverse_dct<S: Simd, const GROUP: usize>(
    simd: S,
    values: &[[i16; 32]; 16],
    content: Content,
    residuals: &mut Residuals,
) {
    if content == Content::Dc {
        let dc = &values[0].as_chunks::<16>().0[GROUP];
        for row in residuals.iter_mut() {
            for (out, &dc) in row.iter_mut().zip(dc) {
                // (dc + 4) >> 3, without a sum of more than 16 bits.
                *out = [((dc >> 1) + 2) >> 2; 4];
            }
        }
        return;
    }
    let halves = if GROUP == 0 { 2 } else { 1 };
    for half in 0..halves {
        let first = 2 * GROUP + half;
        // Without vectors, sums of 32 bits are as fast.
        if IS_SCALAR || is_large(values, first) {
            for lane in 0..8 {
                let block = transform_large(values, 8 * first + lane);
                for (out, row) in residuals.iter_mut().zip(block) {
                    out[8 * half + lane] = row;
                }
            }
        } else {
            interleave(simd, &transform(values, first), residuals, half);
        }
    }
}

/// Whether a coefficient in the lanes from 8 * `first` on is outside of -2048 to 2047.
#[inline(always)]
fn is_large(values: &[[i16; 32]; 16], first: usize) -> bool {
    let mut bits = [0; 8];
    for values in values {
        for (bits, &value) in bits.iter_mut().zip(&values.as_chunks::<8>().0[first]) {
            *bits |= (value as u16).wrapping_add(2048);
        }
    }
    bits.iter().fold(0, |all, bits| all | bits) > 4095
}

/// The residuals of the blocks in the lanes from 8 * `first` on, one position after another.
#[inline(always)]
fn transform(values: &[[i16; 32]; 16], first: usize) -> [[i16; 8]; 16] {
    let mut planar = [[0; 8]; 16];
    for lane in 0..8 {
        let v = |position: usize| values[position][8 * first + lane];
        let columns = [
            butterfly([v(0), v(4), v(8), v(12)]),
            butterfly([v(1), v(5), v(9), v(13)]),
            butterfly([v(2), v(6), v(10), v(14)]),
            butterfly([v(3), v(7), v(11), v(15)]),
        ];
        for row in 0..4 {
            let [c0, c1, c2, c3] = columns;
            let sums = butterfly([c0[row].wrapping_add(4), c1[row], c2[row], c3[row]]);
            for (plane, sum) in planar[4 * row..].iter_mut().zip(sums) {
                plane[lane] = sum >> 3;
            }
        }
    }
    planar
}

/// The residuals of one block with coefficients of any size.
#[cfg_attr(not(target_arch = "wasm32"), cold)]
#[inline(never)]
fn transform_large(values: &[[i16; 32]; 16], lane: usize) -> [[i16; 4]; 4] {
    let columns: [_; 4] = std::array::from_fn(|column| {
        let v = |row: usize| i32::from(values[4 * row + column][lane & 31]);
        butterfly_large([v(0), v(1), v(2), v(3)])
    });
    std::array::from_fn(|row| {
        let [c0, c1, c2, c3] = columns.map(|column| column[row]);
        let sums = butterfly_large([c0 + 4, c1, c2, c3]);
        sums.map(|sum| (sum >> 3).clamp(i16::MIN.into(), i16::MAX.into()) as i16)
    })
}

/// Stores the samples of eight blocks, of which `planar` has one position after another.
#[inline(always)]
fn interleave<S: Simd>(simd: S, planar: &[[i16; 8]; 16], residuals: &mut Residuals, half: usize) {
    for (row, planes) in residuals.iter_mut().zip(planar.as_chunks::<4>().0) {
        let out = row.as_flattened_mut().as_chunks_mut::<32>().0;
        let [p0, p1, p2, p3] = planes;
        let load = |plane: &[i16; 8]| i16x8::load_array_ref(simd, plane);
        let planes = [load(p0), load(p1), load(p2), load(p3)];
        simd.store_four_interleaved_i16x8(planes, &mut out[half]);
    }
}

#[inline(always)]
fn butterfly([v0, v1, v2, v3]: [i16; 4]) -> [i16; 4] {
    // c1 = 1 + 20091 / 65536, s1 = 1 - 30068 / 65536: the products have 16 bits.
    let c1 = |v: i16| ((i32::from(v) * 20091) >> 16) as i16;
    let c1 = |v: i16| c1(v).wrapping_add(v);
    let s1 = |v: i16| ((i32::from(v) * -30068) >> 16) as i16;
    let s1 = |v: i16| s1(v).wrapping_add(v);
    let (a, b) = (v0.wrapping_add(v2), v0.wrapping_sub(v2));
    let (c, d) = (s1(v1).wrapping_sub(c1(v3)), c1(v1).wrapping_add(s1(v3)));
    [
        a.wrapping_add(d),
        b.wrapping_add(c),
        b.wrapping_sub(c),
        a.wrapping_sub(d),
    ]
}

#[cfg_attr(target_arch = "wasm32", inline(never))]
fn butterfly_large([v0, v1, v2, v3]: [i32; 4]) -> [i32; 4] {
    let c1 = |v: i32| v + ((i64::from(v) * 20_091) >> 16) as i32;
    let s1 = |v: i32| ((i64::from(v) * 35_468) >> 16) as i32;
    let (a, b) = (v0 + v2, v0 - v2);
    let (c, d) = (s1(v1) - c1(v3), c1(v1) + s1(v3));
    [a + d, b + c, b - c, a - d]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The inverse DCT of RFC 6386, 14.3, in 64 bits.
    fn definition(coefficients: [i16; 16]) -> [i16; 16] {
        let butterfly = |v: [i64; 4]| {
            let c1 = |v: i64| v + ((v * 20_091) >> 16);
            let s1 = |v: i64| (v * 35_468) >> 16;
            let (a, b) = (v[0] + v[2], v[0] - v[2]);
            let (c, d) = (s1(v[1]) - c1(v[3]), c1(v[1]) + s1(v[3]));
            [a + d, b + c, b - c, a - d]
        };
        let v = coefficients.map(i64::from);
        let columns = [0, 1, 2, 3].map(|i| butterfly([v[i], v[i + 4], v[i + 8], v[i + 12]]));
        let rows = [0, 1, 2, 3].map(|i| butterfly(columns.map(|column| column[i])));
        let samples = rows.as_flattened().iter();
        let clamp = |sum: i64| sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
        let samples = samples.map(|sum| clamp((sum + 4) >> 3));
        samples.collect::<Vec<_>>().try_into().unwrap()
    }

    /// Random coefficients of `bits` bits and a sign.
    fn random(bits: u32) -> [[i16; 32]; 16] {
        let mut state = 9u32;
        let mut values = [[0; 32]; 16];
        for value in values.as_flattened_mut() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = (state as i32 >> (31 - bits)) as i16;
        }
        values
    }

    #[test]
    fn every_lane_is_the_inverse_dct_of_its_block() {
        for bits in 7..=15 {
            let values = random(bits);
            let mut residuals = [[[[0; 4]; 16]; 4]; 2];
            let level = crate::simd::level();
            fearless_simd::dispatch!(level, simd => {
                inverse_dct::<_, 0>(simd, &values, Content::Full, &mut residuals[0]);
                inverse_dct::<_, 1>(simd, &values, Content::Full, &mut residuals[1]);
            });
            for lane in 0..24 {
                let block = values.map(|position| position[lane]);
                let rows = residuals[lane / 16].map(|row| row[lane % 16]);
                assert_eq!(rows.as_flattened(), definition(block), "{bits} {lane}");
            }
        }
    }

    #[test]
    fn sums_of_coefficients_below_the_limit_have_16_bits() {
        for first in [0, 1, 2] {
            // The signs that give the largest sum, and the smallest.
            for (large, sign) in [(2047, 1), (-2048, 1), (2047, -1)] {
                let mut values = [[0; 32]; 16];
                for (at, value) in values.iter_mut().enumerate() {
                    let is_odd = |at: usize| at % 4 / 2;
                    let negative = sign < 0 && (is_odd(at) + is_odd(at / 4)) % 2 == 1;
                    value.fill(if negative { -large - 1 } else { large });
                }
                assert!(!is_large(&values, first));
                let rows = transform(&values, first).map(|position| position[0]);
                let large = transform_large(&values, 8 * first);
                assert_eq!(rows.as_chunks().0, large);
            }
        }
    }

    #[test]
    fn blocks_with_dc_only_need_no_transform() {
        let mut values = [[0; 32]; 16];
        for (dc, value) in values[0].iter_mut().zip(-15..) {
            *dc = 13 * value;
        }
        (values[0][0], values[0][1]) = (i16::MIN, i16::MAX);
        let transform = |content| {
            let mut residuals = [[[0; 4]; 16]; 4];
            let level = crate::simd::level();
            fearless_simd::dispatch!(level, simd => {
                inverse_dct::<_, 0>(simd, &values, content, &mut residuals);
            });
            residuals
        };
        assert_eq!(transform(Content::Dc), transform(Content::Full));
    }
}
