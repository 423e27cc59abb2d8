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
//! small matrix for the odd ones. All columns, then all rows, go through it side by side: plain
//! loops over lanes, which the compiler turns into vector instructions.
//!
//! Everything is an integer with [`BITS`] fractional bits in the constants; between the passes
//! [`KEPT`] fractional bits remain, and values are clamped to 16 bits. No sound file comes near
//! that bound, and hostile ones cannot overflow: the absolute values of a transform's factors add
//! up to less than 7.5 < 2^3, and 15 + 13 + 3 bits fit an `i32`.

const BITS: u32 = 13;
const KEPT: u32 = 2;

/// One value for each of `L` columns or rows.
type Lanes<const L: usize> = [i32; L];

/// A block's coefficients, row after row, each from the lowest frequency across upwards.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) coefficients: &'a [i16; 64],
    pub(super) steps: &'a Steps,
    /// From one row to the next: 8 for a whole block, less if only the lowest were kept.
    pub(super) pitch: usize,
}

/// Quantisation steps, in the order of the coefficients they belong to.
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
pub(super) fn inverse(block: Block<'_>, points: Points, out: &mut [u8], stride: usize) {
    match (points.x, points.y) {
        (1, 1) => out[0] = sample(block.dequantised(0, 0), 3),
        (2, 2) => inverse_2x2(block, out, stride),
        (4, 4) => inverse_exactly::<4, 4>(block, out, stride),
        (8, 8) => inverse_exactly::<8, 8>(block, out, stride),
        (4, 2) => inverse_exactly::<4, 2>(block, out, stride),
        (8, 4) => inverse_exactly::<8, 4>(block, out, stride),
        _ => inverse_any(block, points, out, stride),
    }
}

/// The samples of a block whose only coefficient is `dc`, dequantised.
#[inline(always)]
pub(super) fn flat(dc: i32, points: Points, out: &mut [u8], stride: usize) {
    let value = sample(dc, 3);
    for y in 0..points.y {
        out[y * stride..][..points.x].fill(value);
    }
}

/// At two points, sqrt(2) cos(pi / 4) = 1: sums and differences.
#[inline(always)]
fn inverse_2x2(block: Block<'_>, out: &mut [u8], stride: usize) {
    let (f00, f01) = (block.dequantised(0, 0), block.dequantised(1, 0));
    let (f10, f11) = (block.dequantised(0, 1), block.dequantised(1, 1));
    let (left, right) = (f00 + f01, f00 - f01);
    let (left_slope, right_slope) = (f10 + f11, f10 - f11);
    let (top, bottom) = out.split_at_mut(stride);
    top[0] = sample(left + left_slope, 3);
    top[1] = sample(right + right_slope, 3);
    bottom[0] = sample(left - left_slope, 3);
    bottom[1] = sample(right - right_slope, 3);
}

/// All lengths in one: eight lanes on both axes, whether needed or not.
#[inline(always)]
fn inverse_any(block: Block<'_>, points: Points, out: &mut [u8], stride: usize) {
    let mut lanes: [Lanes<8>; 8] = rows(block);
    along(&mut lanes, points.y);
    lanes = transposed(&narrowed(lanes));
    along(&mut lanes, points.x);
    write(transposed(&lanes), points, out, stride);
}

/// `X` across and `Y` down, with no lane too many.
#[inline(always)]
fn inverse_exactly<const X: usize, const Y: usize>(
    block: Block<'_>,
    out: &mut [u8],
    stride: usize,
) {
    let mut columns: [Lanes<X>; Y] = rows(block);
    along(&mut columns, Y);
    let mut rows: [Lanes<Y>; X] = transposed(&narrowed(columns));
    along(&mut rows, X);
    write(transposed(&rows), Points { x: X, y: Y }, out, stride);
}

/// The lowest coefficients, a row of frequencies across after the other.
#[inline(always)]
fn rows<const X: usize, const Y: usize>(block: Block<'_>) -> [Lanes<X>; Y] {
    let mut rows = [[0; X]; Y];
    for (y, row) in rows.iter_mut().enumerate() {
        for (x, value) in row.iter_mut().enumerate() {
            *value = block.dequantised(x, y);
        }
    }
    rows
}

/// Rounds the result of the first pass and clamps it to 16 bits.
#[inline(always)]
fn narrowed<const L: usize, const N: usize>(mut lanes: [Lanes<L>; N]) -> [Lanes<L>; N] {
    const SHIFT: u32 = BITS - KEPT;
    for value in lanes.as_flattened_mut() {
        let rounded = (*value + (1 << (SHIFT - 1))) >> SHIFT;
        *value = rounded.clamp(i16::MIN.into(), i16::MAX.into());
    }
    lanes
}

#[inline(always)]
fn write<const X: usize, const Y: usize>(
    rows: [Lanes<X>; Y],
    points: Points,
    out: &mut [u8],
    stride: usize,
) {
    let mut samples = [[0; X]; Y];
    for (sample_of, value) in samples
        .as_flattened_mut()
        .iter_mut()
        .zip(rows.as_flattened())
    {
        *sample_of = sample(*value, BITS + KEPT + 3);
    }
    for (y, row) in samples.iter().enumerate().take(points.y) {
        out[y * stride..][..points.x].copy_from_slice(&row[..points.x]);
    }
}

impl Block<'_> {
    #[inline(always)]
    fn dequantised(&self, x: usize, y: usize) -> i32 {
        let at = (y * self.pitch + x) & 63;
        let exact = i32::from(self.coefficients[at]) * i32::from(self.steps[at]);
        exact.clamp(i16::MIN.into(), i16::MAX.into())
    }
}

/// Rounds off `shift` bits and lifts the level to 128 (A.3.1).
#[inline(always)]
fn sample(value: i32, shift: u32) -> u8 {
    (((value + (1 << (shift - 1))) >> shift) + 128).clamp(0, 255) as u8
}

/// The `points`-point transform down each column of the first `points` rows.
#[inline(always)]
fn along<const L: usize>(rows: &mut [Lanes<L>], points: usize) {
    match points {
        1 => each(rows, |[f0]| [f0 << BITS]),
        2 => each(rows, points_2),
        3 => each(rows, points_3),
        4 => each(rows, points_4),
        6 => each(rows, points_6),
        _ => each(rows, points_8),
    }
}

#[inline(always)]
fn each<const L: usize, const N: usize>(
    rows: &mut [Lanes<L>],
    transform: impl Fn([i32; N]) -> [i32; N],
) {
    let Some(rows) = rows.first_chunk_mut::<N>() else {
        return;
    };
    let f = *rows;
    for l in 0..L {
        let mut column = [0; N];
        for (value, row) in column.iter_mut().zip(&f) {
            *value = row[l];
        }
        let samples = transform(column);
        for (row, sample) in rows.iter_mut().zip(samples) {
            row[l] = sample;
        }
    }
}

#[inline(always)]
fn points_2([f0, f1]: [i32; 2]) -> [i32; 2] {
    [(f0 + f1) << BITS, (f0 - f1) << BITS]
}

#[inline(always)]
fn points_3([f0, f1, f2]: [i32; 3]) -> [i32; 3] {
    // sqrt(2) cos(pi/6), sqrt(2) cos(2 pi/6)
    const A: i32 = 10_033;
    const B: i32 = 5_793;
    let (outer, slope) = ((f0 << BITS) + f2 * B, f1 * A);
    [outer + slope, (f0 << BITS) - f2 * (2 * B), outer - slope]
}

#[inline(always)]
fn points_4([f0, f1, f2, f3]: [i32; 4]) -> [i32; 4] {
    // sqrt(2) cos(pi/8), sqrt(2) cos(3 pi/8); see below for the odd one
    const A: i32 = 10_703;
    const B: i32 = 4_433;
    mirrored(points_2([f0, f2]), [f1 * A + f3 * B, f1 * B - f3 * (A + 1)])
}

#[inline(always)]
fn points_6([f0, f1, f2, f3, f4, f5]: [i32; 6]) -> [i32; 6] {
    // sqrt(2) cos(pi/12), sqrt(2) cos(5 pi/12); sqrt(2) cos(3 pi/12) = 1
    const A: i32 = 11_190;
    const B: i32 = 2_998;
    let odd = [
        f1 * A + (f3 << BITS) + f5 * B,
        (f1 - f3 - f5) << BITS,
        f1 * B - (f3 << BITS) + f5 * A,
    ];
    mirrored(points_3([f0, f2, f4]), odd)
}

#[inline(always)]
fn points_8([f0, f1, f2, f3, f4, f5, f6, f7]: [i32; 8]) -> [i32; 8] {
    // sqrt(2) cos(k pi/16) for odd k. Some are a unit beside the nearest: together they are what
    // the reference decoder's twelve multiplications amount to, and round as it does.
    let odd = [
        f1 * 11_363 + f3 * 9_633 + f5 * 6_437 + f7 * 2_260,
        f1 * 9_633 - f3 * 2_259 - f5 * 11_362 - f7 * 6_436,
        f1 * 6_437 - f3 * 11_362 + f5 * 2_261 + f7 * 9_633,
        f1 * 2_260 - f3 * 6_436 + f5 * 9_633 - f7 * 11_363,
    ];
    mirrored(points_4([f0, f2, f4, f6]), odd)
}

/// The first half of the samples is even + odd part; the other half, mirrored, even - odd.
#[inline(always)]
fn mirrored<const H: usize, const N: usize>(even: [i32; H], odd: [i32; H]) -> [i32; N] {
    let mut out = [0; N];
    for x in 0..H {
        out[x] = even[x] + odd[x];
        out[N - 1 - x] = even[x] - odd[x];
    }
    out
}

#[inline(always)]
fn transposed<const X: usize, const Y: usize>(lanes: &[Lanes<X>; Y]) -> [Lanes<Y>; X] {
    let mut out = [[0; Y]; X];
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

    fn exact(block: &[i16; 64], points: Points, x: usize, y: usize) -> f64 {
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

    fn whole<'a>(coefficients: &'a [i16; 64], steps: &'a Steps) -> Block<'a> {
        Block {
            coefficients,
            steps,
            pitch: 8,
        }
    }

    fn noise(seed: u32) -> [i16; 64] {
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
                inverse(whole(&block, &[1; 64]), points, &mut out, 8);
                for (at, sample) in out.into_iter().enumerate() {
                    let (column, row) = (at % 8, at / 8);
                    if column < x && row < y {
                        let error = f64::from(sample) - exact(&block, points, column, row);
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
            inverse(whole(&block, &[5; 64]), points, &mut out, 8);
            flat(-77 * 5, points, &mut short, 8);
            assert_eq!(out, short);
            assert_eq!(out[0], 80);
        }
    }

    #[test]
    fn extreme_coefficients_neither_overflow_nor_panic() {
        for value in [i16::MIN, i16::MAX] {
            for n in [1, 2, 3, 4, 6, 8] {
                let mut out = [0; 64];
                let block = [value; 64];
                inverse(
                    whole(&block, &[u16::MAX; 64]),
                    Points { x: n, y: n },
                    &mut out,
                    8,
                );
            }
        }
    }
}
