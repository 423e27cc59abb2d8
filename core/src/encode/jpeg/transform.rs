//! The forward DCT and quantization of a block.
//!
//! The DCT is computed as it is defined, rows and then columns, in integers. A division by a quantization
//! step is a multiplication by its reciprocal.

/// The position in natural order of each coefficient of the zigzag sequence (A.3.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Quantized coefficients.
pub(super) struct Block {
    /// In zigzag order.
    pub(super) coefficients: [i16; 64],
    /// One bit for each coefficient that is not zero.
    pub(super) nonzero: u64,
}

/// Eight rows of eight values.
pub(super) type Block8x8 = [[i32; 8]; 8];

/// Bits of the constants below, and bits by which the first pass is more precise than its input.
const CONSTANT_BITS: i32 = 13;
const FIRST_PASS_BITS: i32 = 2;

/// Bits of a reciprocal.
const RECIPROCAL_BITS: u32 = 15;
const ONE: i32 = 1 << RECIPROCAL_BITS;

/// The tables of annex K.1 in natural order.
const LUMA: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMA: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// Divides coefficients by the quantization steps.
pub(super) struct BlockQuantizer {
    /// In natural order.
    steps: [u8; 64],
    /// `2^15 / (8 step)`, rounded, and half of the divisor, which rounds the quotient. It is one more where the
    /// reciprocal is rounded down. The result differs from an exact division by at most 1, and rarely.
    reciprocals: [i32; 64],
    halves: [i32; 64],
}

impl BlockQuantizer {
    /// The steps of libjpeg for `quality`, 1 to 100.
    pub(super) fn new(is_luma: bool, quality: u8) -> Self {
        let quality = u32::from(quality.clamp(1, 100));
        let scale = if quality < 50 {
            5000 / quality
        } else {
            200 - quality * 2
        };
        let table = if is_luma { LUMA } else { CHROMA };
        let steps = table.map(|step| ((u32::from(step) * scale + 50) / 100).clamp(1, 255) as u8);
        let divisors = steps.map(|step| 8 * i32::from(step));
        let reciprocal = |divisor: i32| (ONE + divisor / 2 - 1) / divisor;
        let half = |divisor: i32| divisor / 2 + i32::from(reciprocal(divisor) * divisor < ONE);
        Self {
            steps,
            reciprocals: divisors.map(reciprocal),
            halves: divisors.map(half),
        }
    }

    pub(super) fn in_zigzag(&self) -> [u8; 64] {
        ZIGZAG.map(|at| self.steps[usize::from(at)])
    }

    /// Quantizes coefficients that are 8 times as large.
    #[inline(always)]
    fn quantize(&self, coefficients: &Block8x8) -> Block {
        let mut quantized = [0i16; 64];
        let factors = self.reciprocals.iter().zip(&self.halves);
        let values = coefficients.as_flattened().iter().zip(factors);
        for (out, (&value, (reciprocal, half))) in quantized.iter_mut().zip(values) {
            let size = ((value.abs() + half) * reciprocal) >> RECIPROCAL_BITS;
            *out = (if value < 0 { -size } else { size }) as i16;
        }
        let coefficients = ZIGZAG.map(|at| quantized[usize::from(at) % 64]);
        let nonzero = (0..64).zip(&coefficients);
        let nonzero = nonzero.fold(0, |bits, (k, &value)| bits | u64::from(value != 0) << k);
        Block {
            coefficients,
            nonzero,
        }
    }
}

/// Transforms and quantizes samples minus 128.
#[inline(always)]
pub(super) fn transform(samples: &Block8x8, table: &BlockQuantizer) -> Block {
    let rows = transpose(&forward_dct::<true>(&transpose(samples)));
    table.quantize(&forward_dct::<false>(&rows))
}

#[inline(always)]
fn transpose(square: &Block8x8) -> Block8x8 {
    std::array::from_fn(|y| std::array::from_fn(|x| square[x][y]))
}

/// The DCT of each of eight columns.
#[inline(always)]
fn forward_dct<const IS_FIRST: bool>(input: &Block8x8) -> Block8x8 {
    let mut out = [[0; 8]; 8];
    for lane in 0..8 {
        let frequencies = dct_1d::<IS_FIRST>(std::array::from_fn(|k| input[k][lane]));
        for (row, value) in out.iter_mut().zip(frequencies) {
            row[lane] = value;
        }
    }
    out
}

/// `sqrt(2) cos(k pi / 16)` in 13 bits, with the signs of the definition. The last bits are those of the
/// integer transform of libjpeg, so that the coefficients are the same.
const ODD: [[i32; 4]; 4] = [
    [11_363, 9633, 6437, 2260],
    [9633, -2259, -11_362, -6436],
    [6437, -11_362, 2261, 9633],
    [2260, -6436, 9633, -11_363],
];
const EVEN: [[i32; 2]; 2] = [[10_703, 4433], [4433, -10_704]];

/// A DCT of eight points (A.3.3).
///
/// ```text
/// X(k) = sum over n of x(n) sqrt(2) cos((2n + 1) k pi / 16);  X(0) = sum over n of x(n)
/// even k: of x(n) + x(7 - n); of these again the sums or the differences
/// odd k:  of x(n) - x(7 - n)
/// ```
///
/// The result of the first pass is `2^FIRST_PASS_BITS` times as large, and that of both passes 8 times.
#[inline(always)]
fn dct_1d<const IS_FIRST: bool>(x: [i32; 8]) -> [i32; 8] {
    let whole = |value: i32| match IS_FIRST {
        true => value << FIRST_PASS_BITS,
        false => descale(value, FIRST_PASS_BITS),
    };
    let scaled = |value: i32| match IS_FIRST {
        true => descale(value, CONSTANT_BITS - FIRST_PASS_BITS),
        false => descale(value, CONSTANT_BITS + FIRST_PASS_BITS),
    };
    let sums: [i32; 4] = std::array::from_fn(|n| x[n] + x[7 - n]);
    let differences: [i32; 4] = std::array::from_fn(|n| x[n] - x[7 - n]);
    let outer = [sums[0] + sums[3], sums[0] - sums[3]];
    let inner = [sums[1] + sums[2], sums[1] - sums[2]];
    let odd = ODD.map(|[a, b, c, d]| {
        let [p, q, r, s] = differences;
        scaled(a * p + b * q + c * r + d * s)
    });
    let even = EVEN.map(|[a, b]| scaled(a * outer[1] + b * inner[1]));
    [
        whole(outer[0] + inner[0]),
        odd[0],
        even[0],
        odd[1],
        whole(outer[0] - inner[0]),
        odd[2],
        even[1],
        odd[3],
    ]
}

/// `value / 2^bits`, rounded.
#[inline(always)]
fn descale(value: i32, bits: i32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}
