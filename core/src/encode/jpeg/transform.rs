//! The forward DCT and quantization of a block.
//!
//! The DCT is the exact integer transform of libjpeg (`jfdctint.c`), by the algorithm of Loeffler,
//! Ligtenberg and Moschytz (1989). A division by a quantization step is a multiplication by its
//! reciprocal.

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
pub(super) type Square = [[i32; 8]; 8];

/// Bits of the constants below, and bits by which the first pass is more precise than its input.
const CONSTANT_BITS: i32 = 13;
const FIRST_PASS_BITS: i32 = 2;

/// Bits of a reciprocal.
const RECIPROCAL_BITS: u32 = 15;

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
    /// `2^15 / (8 step)`, and what is added to a coefficient to round it.
    reciprocals: [i32; 64],
    corrections: [i32; 64],
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
        let factors = steps.map(reciprocal);
        Self {
            steps,
            reciprocals: factors.map(|(reciprocal, _)| reciprocal),
            corrections: factors.map(|(_, correction)| correction),
        }
    }

    pub(super) fn in_zigzag(&self) -> [u8; 64] {
        ZIGZAG.map(|at| self.steps[usize::from(at)])
    }

    /// Quantizes coefficients that are 8 times as large.
    #[inline(always)]
    fn quantize(&self, coefficients: &Square) -> Block {
        let mut quantized = [0i16; 64];
        let factors = self.reciprocals.iter().zip(&self.corrections);
        let values = coefficients.as_flattened().iter().zip(factors);
        for (out, (&value, (reciprocal, correction))) in quantized.iter_mut().zip(values) {
            let size = ((value.abs() + correction) * reciprocal) >> RECIPROCAL_BITS;
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

/// The reciprocal of a step, and the correction that makes the quotient that of a rounded division.
fn reciprocal(step: u8) -> (i32, i32) {
    let divisor = 8 * i32::from(step);
    let half = divisor / 2;
    let (quotient, rest) = (
        (1 << RECIPROCAL_BITS) / divisor,
        (1 << RECIPROCAL_BITS) % divisor,
    );
    match rest {
        0 => (quotient, half),
        _ if rest <= half => (quotient, half + 1),
        _ => (quotient + 1, half),
    }
}

/// Transforms and quantizes samples minus 128.
#[inline(always)]
pub(super) fn transform(samples: &Square, table: &BlockQuantizer) -> Block {
    let rows = transpose(&forward_dct::<true>(&transpose(samples)));
    table.quantize(&forward_dct::<false>(&rows))
}

#[inline(always)]
fn transpose(square: &Square) -> Square {
    std::array::from_fn(|y| std::array::from_fn(|x| square[x][y]))
}

/// The DCT of each of eight columns.
#[inline(always)]
fn forward_dct<const IS_FIRST: bool>(input: &Square) -> Square {
    let mut out = [[0; 8]; 8];
    for lane in 0..8 {
        let frequencies = dct_1d::<IS_FIRST>(std::array::from_fn(|k| input[k][lane]));
        for (row, value) in out.iter_mut().zip(frequencies) {
            row[lane] = value;
        }
    }
    out
}

/// A DCT of eight points. The result of the first pass is `2^FIRST_PASS_BITS` times as large, and that
/// of both passes 8 times.
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
    let sums: [i32; 4] = [x[0] + x[7], x[1] + x[6], x[2] + x[5], x[3] + x[4]];
    let [t7, t6, t5, t4] = [x[0] - x[7], x[1] - x[6], x[2] - x[5], x[3] - x[4]];

    let (t10, t13) = (sums[0] + sums[3], sums[0] - sums[3]);
    let (t11, t12) = (sums[1] + sums[2], sums[1] - sums[2]);
    let even = (t12 + t13) * 4433; // sqrt(2) c6

    let z5 = (t4 + t6 + t5 + t7) * 9633; // sqrt(2) c3
    let z1 = (t4 + t7) * -7373; // sqrt(2) (c7 - c3)
    let z2 = (t5 + t6) * -20_995; // sqrt(2) (-c1 - c3)
    let z3 = (t4 + t6) * -16_069 + z5; // sqrt(2) (-c3 - c5)
    let z4 = (t5 + t7) * -3196 + z5; // sqrt(2) (c5 - c3)
    [
        whole(t10 + t11),
        scaled(t7 * 12_299 + z1 + z4), // sqrt(2) (c1 + c3 - c5 - c7)
        scaled(even + t13 * 6270),     // sqrt(2) (c2 - c6)
        scaled(t6 * 25_172 + z2 + z3), // sqrt(2) (c1 + c3 + c5 - c7)
        whole(t10 - t11),
        scaled(t5 * 16_819 + z2 + z4), // sqrt(2) (c1 + c3 - c5 + c7)
        scaled(even - t12 * 15_137),   // sqrt(2) (c2 + c6)
        scaled(t4 * 2446 + z1 + z3),   // sqrt(2) (-c1 + c3 + c5 - c7)
    ]
}

/// `value / 2^bits`, rounded.
#[inline(always)]
fn descale(value: i32, bits: i32) -> i32 {
    (value + (1 << (bits - 1))) >> bits
}
