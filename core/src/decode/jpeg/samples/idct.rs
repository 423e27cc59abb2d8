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
//! small matrix for the odd ones. Eight blocks go through it side by side:
//!
//! ```text
//! for each column of coefficients:  dequantise, transform, round
//! for each row of what that gave:   transform, round, lift to 128
//!     sample x of block b -> out[N b + x]
//! ```
//!
//! Everything is an integer with [`BITS`] fractional bits in the constants; between the passes
//! [`KEPT`] fractional bits remain, and values are clamped to 16 bits. No sound file comes near
//! that bound, and hostile ones cannot overflow: the absolute values of a transform's factors add
//! up to less than 7.5 < 2^3, and 15 + 13 + 3 bits fit an `i32`.

use std::ops::{Add, Mul, Shl, Sub};

use fearless_simd::prelude::*;
use fearless_simd::{Simd, i16x8, i32x8};

use crate::decode::jpeg::samples::tiles::{Coefficients, LANES};

const BITS: u32 = 13;
const KEPT: u32 = 2;

/// Quantisation steps, in the order of the coefficients they belong to.
pub(crate) type Steps = [u16; 64];

/// Where each coefficient of the zigzag sequence stands in a block (A.3.6).
pub(crate) const NATURAL: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Points across and down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Points {
    pub(crate) x: usize,
    pub(crate) y: usize,
}

impl Points {
    /// Whether coefficient `k` of the zigzag sequence is among the lowest.
    pub(crate) fn keep(self, k: usize) -> bool {
        let at = usize::from(NATURAL[k]);
        at % 8 < self.x && at / 8 < self.y
    }

    /// The last coefficient, in zigzag order, that the transform looks at.
    pub(crate) fn last(self) -> usize {
        (0..64).rfind(|&k| self.keep(k)).unwrap_or(0)
    }
}

/// Turns coefficients as a file gives them into those of the transform.
pub(crate) struct Dequantiser {
    /// Step and bias of each coefficient of a tile.
    factors: [(i32, i32); 64],
}

impl Dequantiser {
    /// Where `missing_bits`, in zigzag order, of a coefficient were not read, it is known to lie
    /// between two values and is put half way.
    pub(crate) fn new(points: Points, steps: &Steps, missing_bits: &[u8; 64]) -> Self {
        let mut factors = [(0, 0); 64];
        for (k, missing) in missing_bits
            .iter()
            .enumerate()
            .filter(|&(k, _)| points.keep(k))
        {
            let at = usize::from(NATURAL[k]);
            let step = i32::from(steps[at]);
            let bias = ((1 << missing) - 1) * step / 2;
            factors[at / 8 * points.x + at % 8] = (step, bias);
        }
        Self { factors }
    }

    /// Coefficient `at` of every block.
    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, at: usize, stored: &Coefficients) -> i32x8<S> {
        let (step, bias) = self.factors[at & 63];
        let (low, high) = simd.widen_i16x8(i16x8::simd_from(simd, *stored));
        let value = simd.combine_i32x4(low, high);
        let sign = (value >> 31) - (-value >> 31);
        narrowed(value * step + sign * bias)
    }
}

/// What the first pass makes of a tile: for each row of samples, the coefficients across.
pub(crate) type Between = [[[i32; LANES]; 8]; 8];

/// Eight blocks and where their samples go.
pub(crate) struct Tile<'a, S> {
    pub(crate) simd: S,
    pub(crate) coefficients: &'a [Coefficients],
    pub(crate) dequantiser: &'a Dequantiser,
    pub(crate) points: Points,
}

impl<S: Simd> Tile<'_, S> {
    /// Writes the samples to `out`, whose rows are `stride` apart.
    #[inline(always)]
    pub(crate) fn inverse(&self, between: &mut Between, out: &mut [u8], stride: usize) {
        match self.points.y {
            1 => self.columns::<1, Of1>(between),
            2 => self.columns::<2, Of2>(between),
            3 => self.columns::<3, Of3>(between),
            4 => self.columns::<4, Of4>(between),
            6 => self.columns::<6, Of6>(between),
            _ => self.columns::<8, Of8>(between),
        }
        let lines = between.iter().zip(out.chunks_mut(stride));
        let lines = lines.take(self.points.y);
        match self.points.x {
            1 => self.rows::<1, Of1>(lines),
            2 => self.rows::<2, Of2>(lines),
            3 => self.rows::<3, Of3>(lines),
            4 => self.rows::<4, Of4>(lines),
            6 => self.rows::<6, Of6>(lines),
            _ => self.rows::<8, Of8>(lines),
        }
    }

    /// The first pass: down each column.
    #[inline(always)]
    fn columns<const N: usize, T: Transform<N>>(&self, between: &mut Between) {
        let width = self.points.x;
        for x in 0..width {
            let mut column = [i32x8::splat(self.simd, 0); N];
            for (y, value) in column.iter_mut().enumerate() {
                let at = y * width + x;
                *value = self
                    .dequantiser
                    .apply(self.simd, at, &self.coefficients[at]);
            }
            for (row, value) in between.iter_mut().zip(T::samples(column)) {
                row[x & 7] = narrowed(rounded::<{ BITS - KEPT }, S>(value)).into();
            }
        }
    }

    /// The second pass: along each row.
    #[inline(always)]
    fn rows<'a, const N: usize, T: Transform<N>>(
        &self,
        lines: impl Iterator<Item = (&'a [[i32; LANES]; 8], &'a mut [u8])>,
    ) {
        for (row, out) in lines {
            let mut values = [i32x8::splat(self.simd, 0); N];
            for (value, stored) in values.iter_mut().zip(row) {
                *value = i32x8::simd_from(self.simd, *stored);
            }
            write(self.simd, T::samples(values), out);
        }
    }
}

/// Rounds and lifts the level to 128 (A.3.1). Sample x of block b goes to N b + x.
#[inline(always)]
fn write<const N: usize, S: Simd>(simd: S, values: [i32x8<S>; N], out: &mut [u8]) {
    let mut words = [[0; LANES]; 2];
    for (four, word) in values.chunks(4).zip(&mut words) {
        let mut packed = i32x8::splat(simd, 0);
        for (place, &value) in (0..).step_by(8).zip(four) {
            let sample = rounded::<{ BITS + KEPT + 3 }, S>(value) + 128;
            packed |= sample.max(0).min(255) << place;
        }
        *word = packed.into();
    }
    let blocks = out.as_chunks_mut::<N>().0;
    for (lane, block) in blocks.iter_mut().take(LANES).enumerate() {
        for (four, word) in block.chunks_mut(4).zip(&words) {
            four.copy_from_slice(&word[lane].to_le_bytes()[..four.len()]);
        }
    }
}

#[inline(always)]
fn rounded<const SHIFT: u32, S: Simd>(value: i32x8<S>) -> i32x8<S> {
    (value + (1 << (SHIFT - 1))) >> SHIFT
}

/// Clamped to 16 bits.
#[inline(always)]
fn narrowed<S: Simd>(value: i32x8<S>) -> i32x8<S> {
    value.max(i32::from(i16::MIN)).min(i32::from(i16::MAX))
}

/// What the transforms need of a number, or of a vector of them.
trait Number:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<i32, Output = Self> + Shl<u32, Output = Self>
{
}

impl<T> Number for T where
    T: Copy + Add<Output = T> + Sub<Output = T> + Mul<i32, Output = T> + Shl<u32, Output = T>
{
}

/// The transform of N points along one axis.
trait Transform<const N: usize> {
    fn samples<T: Number>(coefficients: [T; N]) -> [T; N];
}

struct Of1;
struct Of2;
struct Of3;
struct Of4;
struct Of6;
struct Of8;

impl Transform<1> for Of1 {
    #[inline(always)]
    fn samples<T: Number>([f0]: [T; 1]) -> [T; 1] {
        [f0 << BITS]
    }
}

impl Transform<2> for Of2 {
    #[inline(always)]
    fn samples<T: Number>([f0, f1]: [T; 2]) -> [T; 2] {
        [(f0 + f1) << BITS, (f0 - f1) << BITS]
    }
}

impl Transform<3> for Of3 {
    #[inline(always)]
    fn samples<T: Number>([f0, f1, f2]: [T; 3]) -> [T; 3] {
        // sqrt(2) cos(pi/6), sqrt(2) cos(2 pi/6)
        const A: i32 = 10_033;
        const B: i32 = 5_793;
        let (outer, slope) = ((f0 << BITS) + f2 * B, f1 * A);
        [outer + slope, (f0 << BITS) - f2 * (2 * B), outer - slope]
    }
}

impl Transform<4> for Of4 {
    #[inline(always)]
    fn samples<T: Number>([f0, f1, f2, f3]: [T; 4]) -> [T; 4] {
        // sqrt(2) cos(pi/8), sqrt(2) cos(3 pi/8); see below for the odd one
        const A: i32 = 10_703;
        const B: i32 = 4_433;
        let odd = [f1 * A + f3 * B, f1 * B - f3 * (A + 1)];
        mirrored(Of2::samples([f0, f2]), odd)
    }
}

impl Transform<6> for Of6 {
    #[inline(always)]
    fn samples<T: Number>([f0, f1, f2, f3, f4, f5]: [T; 6]) -> [T; 6] {
        // sqrt(2) cos(pi/12), sqrt(2) cos(5 pi/12); sqrt(2) cos(3 pi/12) = 1
        const A: i32 = 11_190;
        const B: i32 = 2_998;
        let odd = [
            f1 * A + (f3 << BITS) + f5 * B,
            (f1 - f3 - f5) << BITS,
            f1 * B - (f3 << BITS) + f5 * A,
        ];
        mirrored(Of3::samples([f0, f2, f4]), odd)
    }
}

impl Transform<8> for Of8 {
    #[inline(always)]
    fn samples<T: Number>([f0, f1, f2, f3, f4, f5, f6, f7]: [T; 8]) -> [T; 8] {
        // sqrt(2) cos(k pi/16) for odd k. Some are a unit beside the nearest: together they are
        // what the reference decoder's twelve multiplications amount to, and round as it does.
        let odd = [
            f1 * 11_363 + f3 * 9_633 + f5 * 6_437 + f7 * 2_260,
            f1 * 9_633 - f3 * 2_259 - f5 * 11_362 - f7 * 6_436,
            f1 * 6_437 - f3 * 11_362 + f5 * 2_261 + f7 * 9_633,
            f1 * 2_260 - f3 * 6_436 + f5 * 9_633 - f7 * 11_363,
        ];
        mirrored(Of4::samples([f0, f2, f4, f6]), odd)
    }
}

/// The first half of the samples is even + odd part; the other half, mirrored, even - odd.
#[inline(always)]
fn mirrored<T: Number, const H: usize, const N: usize>(even: [T; H], odd: [T; H]) -> [T; N] {
    let mut out = [even[0]; N];
    for x in 0..H {
        out[x] = even[x] + odd[x];
        out[N - 1 - x] = even[x] - odd[x];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    use fearless_simd::{Level, dispatch};

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

    /// `block` in every lane: the samples of the first, rows of 64.
    fn inverted(block: &[i16; 64], step: u16, points: Points) -> Vec<u8> {
        let kept = (0..points.y).flat_map(|y| (0..points.x).map(move |x| 8 * y + x));
        let tile: Vec<Coefficients> = kept.map(|at| [block[at]; LANES]).collect();
        let mut out = vec![0; 64 * 8];
        let dequantiser = Dequantiser::new(points, &[step; 64], &[0; 64]);
        invert(&tile, &dequantiser, points, &mut out, 64);
        out
    }

    fn invert(
        coefficients: &[Coefficients],
        dequantiser: &Dequantiser,
        points: Points,
        out: &mut [u8],
        stride: usize,
    ) {
        dispatch!(Level::new(), simd => {
            let tile = Tile { simd, coefficients, dequantiser, points };
            tile.inverse(&mut [[[0; LANES]; 8]; 8], out, stride);
        });
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
                let out = inverted(&block, 1, points);
                for (column, row) in (0..x * LANES).flat_map(|x| (0..y).map(move |y| (x, y))) {
                    let sample = f64::from(out[64 * row + column]);
                    let error = sample - exact(&block, points, column % x, row);
                    assert!(error.abs() <= 0.6, "{points:?} {column} {row} {error}");
                }
            }
        }
    }

    #[test]
    fn each_block_of_a_tile_goes_to_its_own_place() {
        let points = Points { x: 3, y: 1 };
        let mut tile = [[0; LANES]; 3];
        tile[0] = [0, 8, 16, 24, 32, 40, 48, 56];
        let mut out = [0; 24];
        let dequantiser = Dequantiser::new(points, &[1; 64], &[0; 64]);
        invert(&tile, &dequantiser, points, &mut out, 24);
        let expected: Vec<u8> = (128..136).flat_map(|level| [level; 3]).collect();
        assert_eq!(out[..], expected);
    }

    #[test]
    fn what_is_known_to_lie_between_two_values_is_put_half_way() {
        let points = Points { x: 1, y: 1 };
        let dequantiser = Dequantiser::new(points, &[10; 64], &[2; 64]);
        let stored = [0, 4, -4, 1, 0, 0, 0, 0];
        let exact: [i32; LANES] =
            dispatch!(Level::new(), simd => dequantiser.apply(simd, 0, &stored).into());
        assert_eq!(exact, [0, 55, -55, 25, 0, 0, 0, 0]);
    }

    #[test]
    fn dc_alone_has_the_same_brightness_at_every_length() {
        let mut block = [0; 64];
        block[0] = -77;
        for n in [1, 2, 3, 4, 6, 8] {
            let out = inverted(&block, 5, Points { x: n, y: n });
            for row in out.chunks(64).take(n) {
                assert_eq!(row[..n * LANES], vec![80; n * LANES]);
            }
        }
    }

    #[test]
    fn extreme_coefficients_neither_overflow_nor_panic() {
        for value in [i16::MIN, i16::MAX] {
            for n in [1, 2, 3, 4, 6, 8] {
                inverted(&[value; 64], u16::MAX, Points { x: n, y: n });
            }
        }
    }
}
