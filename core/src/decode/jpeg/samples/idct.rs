//! The inverse DCT (T.81 A.3.3), from the lowest N x M coefficients of a block to N x M samples.
//!
//! An N-point transform of the N lowest frequencies gives the block reduced to N/8: the frequencies
//! above would only alias. With F(0) halved as in A.3.3, one axis is
//!
//! ```text
//! s(x) = F(0) + sum over u = 1..N of F(u) * sqrt(2) cos((2x + 1) u pi / 2N)
//! ```
//!
//! for every N. Two axes together give eight times the sample, so a block with only a DC
//! coefficient has the same brightness at every scale.
//!
//! A transform of N points is built from one of N/2 points for the even frequencies, and a small
//! matrix for the odd ones. Eight blocks are transformed side by side:
//!
//! ```text
//! pass 1, for each column of coefficients:   dequantize, transform, descale
//! pass 2, for each row of the workspace:     transform, descale, shift the level by 128
//!     sample x of block b -> out[N b + x]
//! ```
//!
//! Everything is an integer. Constants have [`CONST_BITS`] fractional bits, and the workspace has
//! [`PASS1_BITS`] (the names are those of libjpeg's `jidctint.c`). Values are clamped to 16 bits
//! between the passes. Valid files do not come near that bound. With it damaged ones cannot overflow:
//! the absolute values of a transform's factors add up to less than 7.5 < 2^3, and 15 + 13 + 3 bits
//! fit an `i32`.

use std::ops::{Add, Mul, Shl, Sub};

use fearless_simd::prelude::*;
use fearless_simd::{Simd, i16x8, i32x8};

use crate::decode::jpeg::block::{BlockSize, LANES, LaneCoefficients, QuantTable, ZIGZAG};
use crate::simd::IS_SCALAR;

const CONST_BITS: u32 = 13;
const PASS1_BITS: u32 = 2;

/// Converts coefficients as stored to those of the transform (A.3.4).
pub(crate) struct Dequantizer {
    /// Step and bias of each kept coefficient.
    factors: [(i32, i32); 64],
}

impl Dequantizer {
    /// `missing_bits` are the low bits of each coefficient, in zigzag order, that were not decoded.
    /// Such a coefficient is known to lie between two values, and is set half way between them.
    pub(crate) fn new(
        block_size: BlockSize,
        quant_table: &QuantTable,
        missing_bits: &[u8; 64],
    ) -> Self {
        let mut factors = [(0, 0); 64];
        for k in (0..64).filter(|&k| block_size.keeps(k)) {
            let step = i32::from(quant_table[usize::from(ZIGZAG[k])]);
            let bias = ((1 << missing_bits[k]) - 1) * step / 2;
            factors[block_size.index(k)] = (step, bias);
        }
        Self { factors }
    }

    /// Dequantizes coefficient `index` of each block.
    #[inline(always)]
    fn dequantize<S: Simd>(&self, simd: S, index: usize, stored: &LaneCoefficients) -> i32x8<S> {
        // The mask proves the index to be in bounds.
        let (step, bias) = self.factors[index & 63];
        let (low, high) = simd.widen_i16x8(i16x8::simd_from(simd, *stored));
        let value = simd.combine_i32x4(low, high);
        // -1, 0 or 1: the bias moves a value away from zero, and leaves zero where it is.
        let sign = (value >> 31) - (-value >> 31);
        // At most 2^15 * 65,535 + 40, which fits an i32: the tolerance in `scans::script` keeps the
        // bias at 40 or less.
        clamp_i16(value * step + sign * bias)
    }

    /// Dequantizes coefficient `index` of one block.
    #[inline(always)]
    fn dequantize_one(&self, index: usize, stored: i16) -> i32 {
        let (step, bias) = self.factors[index & 63];
        let value = i32::from(stored);
        clamp_one(value * step + value.signum() * bias)
    }
}

/// The result of pass 1: for each row of samples, the coefficients across, each of eight blocks.
pub(crate) type Workspace = [[[i32; LANES]; 8]; 8];

/// The inverse DCT of eight blocks at once.
pub(crate) struct InverseDct<'a, S> {
    pub(crate) simd: S,
    pub(crate) dequantizer: &'a Dequantizer,
    pub(crate) block_size: BlockSize,
}

impl<S: Simd> InverseDct<'_, S> {
    /// Transforms `tile` and writes the samples to `out`, whose rows are `stride` apart.
    #[inline(always)]
    pub(crate) fn transform_tile(
        &self,
        tile: &[LaneCoefficients],
        workspace: &mut Workspace,
        out: &mut [u8],
        stride: usize,
    ) {
        self.transform_tile_with::<IS_SCALAR>(tile, workspace, out, stride);
    }

    /// `BY_LANE`: block by block. Where there are no vectors, eight blocks at once only make the code longer.
    #[inline(always)]
    fn transform_tile_with<const BY_LANE: bool>(
        &self,
        tile: &[LaneCoefficients],
        workspace: &mut Workspace,
        out: &mut [u8],
        stride: usize,
    ) {
        match self.block_size.height {
            1 => self.idct_columns::<BY_LANE, 1, Idct1>(tile, workspace),
            2 => self.idct_columns::<BY_LANE, 2, Idct2>(tile, workspace),
            3 => self.idct_columns::<BY_LANE, 3, Idct3>(tile, workspace),
            4 => self.idct_columns::<BY_LANE, 4, Idct4>(tile, workspace),
            6 => self.idct_columns::<BY_LANE, 6, Idct6>(tile, workspace),
            _ => self.idct_columns::<BY_LANE, 8, Idct8>(tile, workspace),
        }
        let rows = workspace.iter().zip(out.chunks_mut(stride));
        let rows = rows.take(self.block_size.height);
        match self.block_size.width {
            1 => self.idct_rows::<BY_LANE, 1, Idct1>(rows),
            2 => self.idct_rows::<BY_LANE, 2, Idct2>(rows),
            3 => self.idct_rows::<BY_LANE, 3, Idct3>(rows),
            4 => self.idct_rows::<BY_LANE, 4, Idct4>(rows),
            6 => self.idct_rows::<BY_LANE, 6, Idct6>(rows),
            _ => self.idct_rows::<BY_LANE, 8, Idct8>(rows),
        }
    }

    /// Pass 1: down each column.
    #[inline(always)]
    fn idct_columns<const BY_LANE: bool, const N: usize, T: Idct1d<N>>(
        &self,
        tile: &[LaneCoefficients],
        workspace: &mut Workspace,
    ) {
        if BY_LANE {
            return self.idct_columns_by_lane::<N, T>(tile, workspace);
        }
        let width = self.block_size.width;
        for x in 0..width {
            let mut column = [i32x8::splat(self.simd, 0); N];
            for (y, value) in column.iter_mut().enumerate() {
                let index = y * width + x;
                *value = self.dequantizer.dequantize(self.simd, index, &tile[index]);
            }
            for (row, value) in workspace.iter_mut().zip(T::transform(column)) {
                // The mask proves the index to be in bounds.
                let descaled = descale::<{ CONST_BITS - PASS1_BITS }, S>(value);
                row[x & 7] = clamp_i16(descaled).into();
            }
        }
    }

    /// Pass 2: along each row.
    #[inline(always)]
    fn idct_rows<'a, const BY_LANE: bool, const N: usize, T: Idct1d<N>>(
        &self,
        rows: impl Iterator<Item = (&'a [[i32; LANES]; 8], &'a mut [u8])>,
    ) {
        if BY_LANE {
            return rows.for_each(|(row, out)| idct_row_by_lane::<N, T>(row, out));
        }
        for (row, out) in rows {
            let mut values = [i32x8::splat(self.simd, 0); N];
            for (value, stored) in values.iter_mut().zip(row) {
                *value = i32x8::simd_from(self.simd, *stored);
            }
            write_samples(self.simd, T::transform(values), out);
        }
    }

    /// Pass 1, block by block.
    #[inline(always)]
    fn idct_columns_by_lane<const N: usize, T: Idct1d<N>>(
        &self,
        tile: &[LaneCoefficients],
        workspace: &mut Workspace,
    ) {
        let width = self.block_size.width;
        for (x, lane) in (0..width).flat_map(|x| (0..LANES).map(move |lane| (x, lane))) {
            let column = std::array::from_fn(|y| {
                let index = y * width + x;
                self.dequantizer.dequantize_one(index, tile[index][lane])
            });
            for (row, value) in workspace.iter_mut().zip(T::transform(column)) {
                let descaled = descale_one::<{ CONST_BITS - PASS1_BITS }>(value);
                row[x & 7][lane] = clamp_one(descaled);
            }
        }
    }
}

/// Pass 2, block by block.
#[inline(always)]
fn idct_row_by_lane<const N: usize, T: Idct1d<N>>(row: &[[i32; LANES]; 8], out: &mut [u8]) {
    for (lane, block) in out
        .as_chunks_mut::<N>()
        .0
        .iter_mut()
        .take(LANES)
        .enumerate()
    {
        let values = T::transform(std::array::from_fn(|x| row[x][lane]));
        *block = values.map(|value| {
            let sample = descale_one::<{ CONST_BITS + PASS1_BITS + 3 }>(value) + 128;
            sample.clamp(0, 255) as u8
        });
    }
}

/// Descales, shifts the level by 128 (A.3.1) and writes sample x of block b to `out[N b + x]`.
///
/// Samples of a block are neighbors in `out`, but are in different vectors. Four vectors of samples
/// are packed into one vector of words, four samples of a block each, which are then copied to the
/// places of their blocks.
#[inline(always)]
fn write_samples<const N: usize, S: Simd>(simd: S, values: [i32x8<S>; N], out: &mut [u8]) {
    let mut words = [[0; LANES]; 2];
    for (four, word) in values.chunks(4).zip(&mut words) {
        let mut packed = i32x8::splat(simd, 0);
        for (shift, &value) in (0..).step_by(8).zip(four) {
            // 3 bits more: two axes give eight times the sample.
            let sample = descale::<{ CONST_BITS + PASS1_BITS + 3 }, S>(value) + 128;
            packed |= sample.max(0).min(255) << shift;
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

/// Drops `BITS` fractional bits and rounds to nearest.
#[inline(always)]
fn descale<const BITS: u32, S: Simd>(value: i32x8<S>) -> i32x8<S> {
    (value + (1 << (BITS - 1))) >> BITS
}

#[inline(always)]
fn clamp_i16<S: Simd>(value: i32x8<S>) -> i32x8<S> {
    value.max(i32::from(i16::MIN)).min(i32::from(i16::MAX))
}

#[inline(always)]
fn descale_one<const BITS: u32>(value: i32) -> i32 {
    (value + (1 << (BITS - 1))) >> BITS
}

#[inline(always)]
fn clamp_one(value: i32) -> i32 {
    value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
}

/// The operations that the transforms need of a number or of a vector of numbers.
trait Arithmetic:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<i32, Output = Self> + Shl<u32, Output = Self>
{
}

impl<T> Arithmetic for T where
    T: Copy + Add<Output = T> + Sub<Output = T> + Mul<i32, Output = T> + Shl<u32, Output = T>
{
}

/// The transform of N points along one axis. The result has [`CONST_BITS`] more fractional bits.
trait Idct1d<const N: usize> {
    fn transform<T: Arithmetic>(coefficients: [T; N]) -> [T; N];
}

struct Idct1;
struct Idct2;
struct Idct3;
struct Idct4;
struct Idct6;
struct Idct8;

impl Idct1d<1> for Idct1 {
    #[inline(always)]
    fn transform<T: Arithmetic>([f0]: [T; 1]) -> [T; 1] {
        [f0 << CONST_BITS]
    }
}

impl Idct1d<2> for Idct2 {
    #[inline(always)]
    fn transform<T: Arithmetic>([f0, f1]: [T; 2]) -> [T; 2] {
        // sqrt(2) cos(pi/4) = 1
        [(f0 + f1) << CONST_BITS, (f0 - f1) << CONST_BITS]
    }
}

impl Idct1d<3> for Idct3 {
    #[inline(always)]
    fn transform<T: Arithmetic>([f0, f1, f2]: [T; 3]) -> [T; 3] {
        // sqrt(2) cos(pi/6), sqrt(2) cos(2 pi/6)
        const C1: i32 = 10_033;
        const C2: i32 = 5_793;
        let (even, odd) = ((f0 << CONST_BITS) + f2 * C2, f1 * C1);
        let middle = (f0 << CONST_BITS) - f2 * (2 * C2);
        [even + odd, middle, even - odd]
    }
}

impl Idct1d<4> for Idct4 {
    #[inline(always)]
    fn transform<T: Arithmetic>([f0, f1, f2, f3]: [T; 4]) -> [T; 4] {
        // sqrt(2) cos(pi/8), sqrt(2) cos(3 pi/8). One factor is off by one from the nearest
        // integer, to match the rounding of the reference decoder (see Idct8).
        const C1: i32 = 10_703;
        const C3: i32 = 4_433;
        let odd = [f1 * C1 + f3 * C3, f1 * C3 - f3 * (C1 + 1)];
        butterfly(Idct2::transform([f0, f2]), odd)
    }
}

impl Idct1d<6> for Idct6 {
    #[inline(always)]
    fn transform<T: Arithmetic>([f0, f1, f2, f3, f4, f5]: [T; 6]) -> [T; 6] {
        // sqrt(2) cos(pi/12), sqrt(2) cos(5 pi/12); sqrt(2) cos(3 pi/12) = 1
        const C1: i32 = 11_190;
        const C5: i32 = 2_998;
        let odd = [
            f1 * C1 + (f3 << CONST_BITS) + f5 * C5,
            (f1 - f3 - f5) << CONST_BITS,
            f1 * C5 - (f3 << CONST_BITS) + f5 * C1,
        ];
        butterfly(Idct3::transform([f0, f2, f4]), odd)
    }
}

impl Idct1d<8> for Idct8 {
    #[inline(always)]
    fn transform<T: Arithmetic>([f0, f1, f2, f3, f4, f5, f6, f7]: [T; 8]) -> [T; 8] {
        // sqrt(2) cos(k pi/16) for odd k. Some constants are off by one from the nearest integer,
        // to match the rounding of the reference decoder: they are the sums that the twelve
        // multiplications of its factorization amount to.
        let odd = [
            f1 * 11_363 + f3 * 9_633 + f5 * 6_437 + f7 * 2_260,
            f1 * 9_633 - f3 * 2_259 - f5 * 11_362 - f7 * 6_436,
            f1 * 6_437 - f3 * 11_362 + f5 * 2_261 + f7 * 9_633,
            f1 * 2_260 - f3 * 6_436 + f5 * 9_633 - f7 * 11_363,
        ];
        butterfly(Idct4::transform([f0, f2, f4, f6]), odd)
    }
}

/// Even basis functions are symmetric and odd ones antisymmetric. So the first half of the samples is
/// even + odd part, and the second half, mirrored, is even - odd.
#[inline(always)]
fn butterfly<T: Arithmetic, const H: usize, const N: usize>(even: [T; H], odd: [T; H]) -> [T; N] {
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

    fn exact(block: &[i16; 64], size: BlockSize, x: usize, y: usize) -> f64 {
        let basis = |u: usize, at: usize, n: usize| {
            let scale = if u == 0 { 0.5f64.sqrt() } else { 1.0 };
            scale * ((2 * at + 1) as f64 * u as f64 * PI / (2 * n) as f64).cos()
        };
        let mut sum = 0.0;
        for v in 0..size.height {
            for u in 0..size.width {
                let f = f64::from(block[8 * v + u]);
                sum += f * basis(u, x, size.width) * basis(v, y, size.height);
            }
        }
        (sum / 4.0 + 128.0).clamp(0.0, 255.0)
    }

    /// Transforms `block` in every lane to rows of 64 samples.
    fn transform_in_every_lane(block: &[i16; 64], step: u16, size: BlockSize) -> Vec<u8> {
        let kept = (0..size.height).flat_map(|y| (0..size.width).map(move |x| 8 * y + x));
        let tile: Vec<LaneCoefficients> = kept.map(|at| [block[at]; LANES]).collect();
        let mut out = vec![0; 64 * 8];
        let dequantizer = Dequantizer::new(size, &[step; 64], &[0; 64]);
        transform(&tile, &dequantizer, size, &mut out, 64);
        out
    }

    fn transform(
        tile: &[LaneCoefficients],
        dequantizer: &Dequantizer,
        block_size: BlockSize,
        out: &mut [u8],
        stride: usize,
    ) {
        dispatch!(Level::new(), simd => {
            let idct = InverseDct { simd, dequantizer, block_size };
            idct.transform_tile(tile, &mut [[[0; LANES]; 8]; 8], out, stride);
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
    fn every_block_size_is_within_one_of_the_definition() {
        let lengths = [1, 2, 3, 4, 6, 8];
        for (width, height) in lengths.into_iter().flat_map(|x| lengths.map(|y| (x, y))) {
            let size = BlockSize { width, height };
            for seed in 0..50 {
                let block = noise(seed);
                let out = transform_in_every_lane(&block, 1, size);
                let samples = (0..width * LANES).flat_map(|x| (0..height).map(move |y| (x, y)));
                for (x, y) in samples {
                    let error = f64::from(out[64 * y + x]) - exact(&block, size, x % width, y);
                    assert!(error.abs() <= 0.6, "{size:?} {x} {y} {error}");
                }
            }
        }
    }

    #[test]
    fn block_by_block_gives_the_samples_of_eight_blocks_at_once() {
        let blocks: [_; LANES] = std::array::from_fn(|lane| noise(lane as u32).map(|v| 40 * v));
        let lengths = [1, 2, 3, 4, 6, 8];
        for (width, height) in lengths.into_iter().flat_map(|x| lengths.map(|y| (x, y))) {
            let block_size = BlockSize { width, height };
            let tile: Vec<LaneCoefficients> = (0..width * height)
                .map(|at| blocks.map(|block| block[at]))
                .collect();
            let dequantizer = &Dequantizer::new(block_size, &[7; 64], &[2; 64]);
            let (mut eight, mut single) = ([0; 64 * 8], [0; 64 * 8]);
            dispatch!(Level::new(), simd => {
                let idct = InverseDct { simd, dequantizer, block_size };
                let mut workspace = [[[0; LANES]; 8]; 8];
                idct.transform_tile_with::<false>(&tile, &mut workspace, &mut eight, 64);
                idct.transform_tile_with::<true>(&tile, &mut workspace, &mut single, 64);
            });
            assert_eq!(eight, single, "{block_size:?}");
        }
    }

    #[test]
    fn each_block_of_a_tile_is_written_to_its_own_place() {
        let size = BlockSize {
            width: 3,
            height: 1,
        };
        let mut tile = [[0; LANES]; 3];
        tile[0] = [0, 8, 16, 24, 32, 40, 48, 56];
        let mut out = [0; 24];
        let dequantizer = Dequantizer::new(size, &[1; 64], &[0; 64]);
        transform(&tile, &dequantizer, size, &mut out, 24);
        let expected: Vec<u8> = (128..136).flat_map(|level| [level; 3]).collect();
        assert_eq!(out[..], expected);
    }

    #[test]
    fn a_coefficient_with_missing_bits_is_set_half_way_between_its_bounds() {
        let size = BlockSize {
            width: 1,
            height: 1,
        };
        let dequantizer = Dequantizer::new(size, &[10; 64], &[2; 64]);
        let stored = [0, 4, -4, 1, 0, 0, 0, 0];
        let exact: [i32; LANES] =
            dispatch!(Level::new(), simd => dequantizer.dequantize(simd, 0, &stored).into());
        assert_eq!(exact, [0, 55, -55, 25, 0, 0, 0, 0]);
    }

    #[test]
    fn a_dc_coefficient_gives_the_same_brightness_at_every_block_size() {
        let mut block = [0; 64];
        block[0] = -77;
        for n in [1, 2, 3, 4, 6, 8] {
            let size = BlockSize {
                width: n,
                height: n,
            };
            let out = transform_in_every_lane(&block, 5, size);
            for row in out.chunks(64).take(n) {
                assert_eq!(row[..n * LANES], vec![80; n * LANES]);
            }
        }
    }

    #[test]
    fn extreme_coefficients_neither_overflow_nor_panic() {
        for value in [i16::MIN, i16::MAX] {
            for n in [1, 2, 3, 4, 6, 8] {
                let size = BlockSize {
                    width: n,
                    height: n,
                };
                transform_in_every_lane(&[value; 64], u16::MAX, size);
            }
        }
    }
}
