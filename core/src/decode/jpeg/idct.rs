//! The inverse DCT (T.81 A.3.3), from N x M of a block's coefficients to N x M samples.
//!
//! An N-point transform of the N lowest frequencies sees what is left of the block when it is
//! shrunk to N/8: the frequencies above would only alias. With F(0) halved as in A.3.3, one axis is
//!
//! ```text
//! s(x) = F(0) + sum over u = 1..N of F(u) * sqrt(2) cos((2x + 1) u pi / 2N)
//! ```
//!
//! for every N, and two axes together give eight times the sample, so that a block of DC alone
//! has the same brightness at every scale.
//!
//! Each transform is built from one of half the length, which takes the even frequencies, and a
//! small matrix for the odd ones. Eight columns, then eight rows, go through it side by side:
//! plain loops over eight lanes, which the compiler turns into vector instructions.
//!
//! Everything is an integer with [`BITS`] fractional bits in the constants; between the passes
//! [`KEPT`] fractional bits remain, and values are clamped to 16 bits. No sound file comes near
//! that bound, and hostile ones cannot overflow: the absolute values of a transform's factors add
//! up to less than 7.5 < 2^3, and 15 + 13 + 3 bits fit an `i32`.

const BITS: u32 = 13;
const KEPT: u32 = 2;

/// One value for each of eight columns or rows.
type Lanes = [i32; 8];

/// A block's coefficients in natural order: frequency across + 8 x frequency down.
pub(super) type Block = [i16; 64];

/// Quantisation steps, in natural order.
pub(super) type Steps = [u16; 64];

/// Where each coefficient of the zigzag sequence stands in a block (A.3.6).
pub(super) const NATURAL: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Points across and down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Points {
    pub(super) x: usize,
    pub(super) y: usize,
}

impl Points {
    /// Whether coefficient `k` of the zigzag sequence is among the lowest.
    pub(super) fn keep(self, k: usize) -> bool {
        let at = usize::from(NATURAL[k]);
        at % 8 < self.x && at / 8 < self.y
    }

    /// The last coefficient, in zigzag order, that the transform looks at.
    pub(super) fn last(self) -> usize {
        (0..64).rfind(|&k| self.keep(k)).unwrap_or(0)
    }
}

/// Turns `block` into samples at the start of `out`, whose rows are `stride` apart.
#[inline(always)]
pub(super) fn inverse(block: &Block, steps: &Steps, points: Points, out: &mut [u8], stride: usize) {
    match (points.x, points.y) {
        (1, 1) => out[0] = sample(dequantised(block, steps, 0), 3),
        (2, 2) => inverse_2x2(block, steps, out, stride),
        _ => inverse_separably(block, steps, points, out, stride),
    }
}

/// The samples of a block of which only the DC coefficient is not zero.
#[inline(always)]
pub(super) fn inverse_dc(
    block: &Block,
    steps: &Steps,
    points: Points,
    out: &mut [u8],
    stride: usize,
) {
    flat(sample(dequantised(block, steps, 0), 3), points, out, stride);
}

/// A block of one brightness.
#[inline(always)]
pub(super) fn flat(value: u8, points: Points, out: &mut [u8], stride: usize) {
    for row in out.chunks_mut(stride).take(points.y) {
        row[..points.x].fill(value);
    }
}

/// At two points, sqrt(2) cos(pi / 4) = 1: sums and differences.
#[inline(always)]
fn inverse_2x2(block: &Block, steps: &Steps, out: &mut [u8], stride: usize) {
    let [f00, f01, f10, f11] = [0, 1, 8, 9].map(|at| dequantised(block, steps, at));
    let (left, right) = (f00 + f01, f00 - f01);
    let (left_slope, right_slope) = (f10 + f11, f10 - f11);
    let (top, bottom) = out.split_at_mut(stride);
    top[0] = sample(left + left_slope, 3);
    top[1] = sample(right + right_slope, 3);
    bottom[0] = sample(left - left_slope, 3);
    bottom[1] = sample(right - right_slope, 3);
}

#[inline(always)]
fn inverse_separably(block: &Block, steps: &Steps, points: Points, out: &mut [u8], stride: usize) {
    let mut lanes = [[0; 8]; 8];
    for (y, row) in lanes.iter_mut().enumerate().take(points.y) {
        for (x, value) in row.iter_mut().enumerate() {
            *value = dequantised(block, steps, 8 * y + x);
        }
    }
    transform(&mut lanes, points.y, BITS - KEPT);
    lanes = transposed(&lanes);
    transform(&mut lanes, points.x, 0);
    lanes = transposed(&lanes);
    for (row, values) in out.chunks_mut(stride).zip(&lanes).take(points.y) {
        let samples = values.map(|value| sample(value, BITS + KEPT + 3));
        row[..points.x].copy_from_slice(&samples[..points.x]);
    }
}

#[inline(always)]
fn dequantised(block: &Block, steps: &Steps, at: usize) -> i32 {
    (i32::from(block[at]) * i32::from(steps[at])).clamp(i16::MIN.into(), i16::MAX.into())
}

/// Rounds off `shift` bits and lifts the level to 128 (A.3.1).
#[inline(always)]
fn sample(value: i32, shift: u32) -> u8 {
    (((value + (1 << (shift - 1))) >> shift) + 128).clamp(0, 255) as u8
}

/// The `points`-point transform of eight columns; then `shift` bits are rounded off and, where
/// any are, the result clamped to 16 bits.
#[inline(always)]
fn transform(f: &mut [Lanes; 8], points: usize, shift: u32) {
    match points {
        1 => f[0] = scaled(f[0]),
        2 => place(f, points_2([f[0], f[1]])),
        3 => place(f, points_3([f[0], f[1], f[2]])),
        4 => place(f, points_4([f[0], f[1], f[2], f[3]])),
        6 => place(f, points_6([f[0], f[1], f[2], f[3], f[4], f[5]])),
        _ => place(f, points_8(*f)),
    }
    if shift > 0 {
        for value in f.as_flattened_mut() {
            let rounded = (*value + (1 << (shift - 1))) >> shift;
            *value = rounded.clamp(i16::MIN.into(), i16::MAX.into());
        }
    }
}

#[inline(always)]
fn place<const N: usize>(f: &mut [Lanes; 8], samples: [Lanes; N]) {
    f[..N].copy_from_slice(&samples);
}

#[inline(always)]
fn points_2(f: [Lanes; 2]) -> [Lanes; 2] {
    mirrored([scaled(f[0])], [scaled(f[1])])
}

#[inline(always)]
fn points_3([f0, f1, f2]: [Lanes; 3]) -> [Lanes; 3] {
    // sqrt(2) cos(pi/6), sqrt(2) cos(2 pi/6)
    const A: i32 = 10_033;
    const B: i32 = 5_793;
    let outer = each(|l| (f0[l] << BITS) + f2[l] * B);
    let middle = each(|l| (f0[l] << BITS) - f2[l] * (2 * B));
    let slope = each(|l| f1[l] * A);
    let [first, last] = mirrored([outer], [slope]);
    [first, middle, last]
}

#[inline(always)]
fn points_4([f0, f1, f2, f3]: [Lanes; 4]) -> [Lanes; 4] {
    // sqrt(2) cos(pi/8), sqrt(2) cos(3 pi/8)
    const A: i32 = 10_703;
    const B: i32 = 4_433;
    let odd = [
        each(|l| f1[l] * A + f3[l] * B),
        each(|l| f1[l] * B - f3[l] * A),
    ];
    mirrored(points_2([f0, f2]), odd)
}

#[inline(always)]
fn points_6([f0, f1, f2, f3, f4, f5]: [Lanes; 6]) -> [Lanes; 6] {
    // sqrt(2) cos(pi/12), sqrt(2) cos(5 pi/12); sqrt(2) cos(3 pi/12) = 1
    const A: i32 = 11_190;
    const B: i32 = 2_998;
    let odd = [
        each(|l| f1[l] * A + (f3[l] << BITS) + f5[l] * B),
        each(|l| (f1[l] - f3[l] - f5[l]) << BITS),
        each(|l| f1[l] * B - (f3[l] << BITS) + f5[l] * A),
    ];
    mirrored(points_3([f0, f2, f4]), odd)
}

#[inline(always)]
fn points_8([f0, f1, f2, f3, f4, f5, f6, f7]: [Lanes; 8]) -> [Lanes; 8] {
    // sqrt(2) cos(k pi/16) for k = 1, 3, 5, 7
    const A: i32 = 11_363;
    const B: i32 = 9_633;
    const C: i32 = 6_436;
    const D: i32 = 2_260;
    let odd = [
        each(|l| f1[l] * A + f3[l] * B + f5[l] * C + f7[l] * D),
        each(|l| f1[l] * B - f3[l] * D - f5[l] * A - f7[l] * C),
        each(|l| f1[l] * C - f3[l] * A + f5[l] * D + f7[l] * B),
        each(|l| f1[l] * D - f3[l] * C + f5[l] * B - f7[l] * A),
    ];
    mirrored(points_4([f0, f2, f4, f6]), odd)
}

/// The first half of the samples is even + odd part; the other half, mirrored, even - odd.
#[inline(always)]
fn mirrored<const H: usize, const N: usize>(even: [Lanes; H], odd: [Lanes; H]) -> [Lanes; N] {
    let mut out = [[0; 8]; N];
    for x in 0..H {
        out[x] = each(|l| even[x][l] + odd[x][l]);
        out[N - 1 - x] = each(|l| even[x][l] - odd[x][l]);
    }
    out
}

#[inline(always)]
fn scaled(f: Lanes) -> Lanes {
    each(|l| f[l] << BITS)
}

#[inline(always)]
fn each(lane: impl Fn(usize) -> i32) -> Lanes {
    let mut out = [0; 8];
    for (l, value) in out.iter_mut().enumerate() {
        *value = lane(l);
    }
    out
}

#[inline(always)]
fn transposed(lanes: &[Lanes; 8]) -> [Lanes; 8] {
    let mut out = [[0; 8]; 8];
    for (y, row) in lanes.iter().enumerate() {
        for (x, value) in row.iter().enumerate() {
            out[x][y] = *value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn exact(block: &Block, points: Points, x: usize, y: usize) -> f64 {
        let basis = |u: usize, at: usize, n: usize| {
            let half = if u == 0 { 0.5f64.sqrt() } else { 1.0 };
            half * ((2 * at + 1) as f64 * u as f64 * PI / (2 * n) as f64).cos()
        };
        let mut sum = 0.0;
        for v in 0..points.y {
            for u in 0..points.x {
                let f = f64::from(block[8 * v + u]);
                sum += f * basis(u, x, points.x) * basis(v, y, points.y);
            }
        }
        (sum / 4.0 + 128.0).clamp(0.0, 255.0)
    }

    fn noise(seed: u32) -> Block {
        let mut state = seed;
        std::array::from_fn(|at| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let range = 600 / (1 + (at % 8 + at / 8) as i32);
            ((state >> 8) as i32 % (2 * range) - range) as i16
        })
    }

    #[test]
    fn every_length_is_within_one_of_the_definition() {
        let lengths = [1, 2, 3, 4, 6, 8];
        for (x, y) in lengths.into_iter().flat_map(|x| lengths.map(|y| (x, y))) {
            let points = Points { x, y };
            for seed in 0..50 {
                let block = noise(seed);
                let mut out = [0; 64];
                inverse(&block, &[1; 64], points, &mut out, 8);
                for at in 0..64 {
                    let (column, row) = (at % 8, at / 8);
                    if column < x && row < y {
                        let error = f64::from(out[at]) - exact(&block, points, column, row);
                        assert!(error.abs() <= 0.6, "{points:?} {at} {error}");
                    }
                }
            }
        }
    }

    #[test]
    fn dc_alone_has_the_same_brightness_at_every_length() {
        let mut block = [0; 64];
        block[0] = -77;
        for n in [1, 2, 3, 4, 6, 8] {
            let points = Points { x: n, y: n };
            let (mut out, mut short) = ([0; 64], [0; 64]);
            inverse(&block, &[5; 64], points, &mut out, 8);
            inverse_dc(&block, &[5; 64], points, &mut short, 8);
            assert_eq!(out, short);
            assert_eq!(out[0], 80);
        }
    }

    #[test]
    fn extreme_coefficients_neither_overflow_nor_panic() {
        for value in [i16::MIN, i16::MAX] {
            for n in [1, 2, 3, 4, 6, 8] {
                let mut out = [0; 64];
                inverse(
                    &[value; 64],
                    &[u16::MAX; 64],
                    Points { x: n, y: n },
                    &mut out,
                    8,
                );
            }
        }
    }
}
