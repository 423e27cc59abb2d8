//! Primaries to a matrix.
//!
//! ```text
//! chromaticities x, y of red, green, blue and white                             (SMPTE RP 177)
//!     P       = columns (x, y, 1 - x - y) of the primaries
//!     white   = (x / y, 1, (1 - x - y) / y)
//!     to_xyz  = P diag(inverse(P) white)               so that R = G = B = 1 is white
//!     adapted = Bradford(white -> D50) to_xyz          the colorants that an ICC profile has
//! to sRGB     = inverse(adapted of sRGB) adapted       so white stays white
//! ```

/// A matrix from RGB to XYZ, or from one RGB to another.
pub(super) type Matrix3 = [[f64; 3]; 3];

/// Linear source primaries to linear sRGB, in fixed point with [`MATRIX_BITS`] fractional bits.
pub(super) type Matrix = [[i64; 3]; 3];

/// Fractional bits of a [`Matrix`].
pub(super) const MATRIX_BITS: u32 = 20;

/// XYZ of the white of ICC profiles (ICC.1:2022, 7.2.16).
const D50: [f64; 3] = [0.9642, 1.0, 0.8249];

const D65: [f64; 2] = [0.3127, 0.3290];

/// CIE 1931 x and y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chromaticities {
    pub white: [f64; 2],
    /// Red, green, blue.
    pub primaries: [[f64; 2]; 3],
}

impl Chromaticities {
    /// BT.709 and sRGB.
    pub(super) const SRGB: Self = Self {
        white: D65,
        primaries: [[0.640, 0.330], [0.300, 0.600], [0.150, 0.060]],
    };

    /// The primaries of a code point (ITU-T H.273, table 2). `None` if it is reserved or says that
    /// they are unknown.
    pub(super) fn from_code(code: u8) -> Option<Self> {
        const C: [f64; 2] = [0.310, 0.316];
        const P3: [[f64; 2]; 3] = [[0.680, 0.320], [0.265, 0.690], [0.150, 0.060]];
        let (white, primaries) = match code {
            1 => return Some(Self::SRGB),
            4 => (C, [[0.670, 0.330], [0.210, 0.710], [0.140, 0.080]]),
            5 => (D65, [[0.640, 0.330], [0.290, 0.600], [0.150, 0.060]]),
            6 | 7 => (D65, [[0.630, 0.340], [0.310, 0.595], [0.155, 0.070]]),
            8 => (C, [[0.681, 0.319], [0.243, 0.692], [0.145, 0.049]]),
            9 => (D65, [[0.708, 0.292], [0.170, 0.797], [0.131, 0.046]]),
            10 => ([1.0 / 3.0; 2], [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]),
            11 => ([0.314, 0.351], P3),
            12 => (D65, P3),
            22 => (D65, [[0.630, 0.340], [0.295, 0.605], [0.155, 0.077]]),
            _ => return None,
        };
        Some(Self { white, primaries })
    }

    /// XYZ of the primaries, one a column, adapted to D50. Not finite if white is black, or if the
    /// primaries span no triangle.
    fn colorants(&self) -> Matrix3 {
        let columns = transpose(self.primaries.map(|[x, y]| [x, y, 1.0 - x - y]));
        let [x, y] = self.white;
        let white = [x / y, 1.0, (1.0 - x - y) / y];
        let scales = apply(&inverse(&columns), white);
        let to_xyz = columns.map(|row| [0, 1, 2].map(|i| row[i] * scales[i]));
        product(&adaptation(white, D50), &to_xyz)
    }

    /// The matrix to linear sRGB: `Some(None)` if the primaries are those of sRGB, `None` if they
    /// make no sense.
    pub(super) fn to_srgb(self) -> Option<Option<Matrix>> {
        to_srgb(&self.colorants())
    }
}

/// From colorants to linear sRGB: `Some(None)` if the primaries are the same, `None` if they make no
/// sense.
pub(super) fn to_srgb(colorants: &Matrix3) -> Option<Option<Matrix>> {
    let m = product(&inverse(&Chromaticities::SRGB.colorants()), colorants);
    // White stays white, so each row sums to 1. A damaged profile does not.
    let sums_to_white = m
        .iter()
        .all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 0.1);
    // Keeps the products in fixed point far from overflow. False for NaN.
    let bounded = m.iter().flatten().all(|v| v.abs() < 64.0);
    if !sums_to_white || !bounded {
        return None;
    }
    if is_identity(&m) {
        return Some(None);
    }
    let fixed = |v: f64| (v * f64::from(1 << MATRIX_BITS)).round() as i64;
    Some(Some(m.map(|row| row.map(fixed))))
}

fn is_identity(m: &Matrix3) -> bool {
    let near = |i: usize, j: usize, v: f64| (v - if i == j { 1.0 } else { 0.0 }).abs() < 0.002;
    let mut rows = m.iter().enumerate();
    rows.all(|(i, row)| row.iter().enumerate().all(|(j, &v)| near(i, j, v)))
}

/// The Bradford transform from one white to another (ICC.1:2022, annex E).
fn adaptation(from: [f64; 3], to: [f64; 3]) -> Matrix3 {
    const CONE: Matrix3 = [
        [0.8951, 0.2664, -0.1614],
        [-0.7502, 1.7135, 0.0367],
        [0.0389, -0.0685, 1.0296],
    ];
    let (from, to) = (apply(&CONE, from), apply(&CONE, to));
    let mut scaled = CONE;
    for (i, row) in scaled.iter_mut().enumerate() {
        *row = row.map(|v| v * to[i] / from[i]);
    }
    product(&inverse(&CONE), &scaled)
}

fn apply(m: &Matrix3, v: [f64; 3]) -> [f64; 3] {
    m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

fn transpose(m: Matrix3) -> Matrix3 {
    [0, 1, 2].map(|i| [m[0][i], m[1][i], m[2][i]])
}

fn product(a: &Matrix3, b: &Matrix3) -> Matrix3 {
    transpose(transpose(*b).map(|column| apply(a, column)))
}

/// By cofactors. Not finite if the determinant is 0.
fn inverse(m: &Matrix3) -> Matrix3 {
    let cofactor = |i: usize, j: usize| {
        let (a, b) = ((i + 1) % 3, (i + 2) % 3);
        let (c, d) = ((j + 1) % 3, (j + 2) % 3);
        m[a][c] * m[b][d] - m[a][d] * m[b][c]
    };
    let determinant: f64 = (0..3).map(|j| m[0][j] * cofactor(0, j)).sum();
    [0, 1, 2].map(|i| [0, 1, 2].map(|j| cofactor(j, i) / determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(code: u8) -> [[f64; 3]; 3] {
        let fixed = Chromaticities::from_code(code).unwrap().to_srgb().unwrap();
        let float = |v: i64| v as f64 / f64::from(1 << MATRIX_BITS);
        fixed.unwrap().map(|row| row.map(float))
    }

    fn assert_near(found: Matrix3, expected: Matrix3) {
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 2e-4, "{found} {expected}");
        }
    }

    #[test]
    fn the_matrices_are_those_of_the_standards() {
        // ITU-R BT.2087-0, annex 1: BT.709 from BT.2020 is the inverse of its matrix M2.
        assert_near(
            matrix(9),
            [
                [1.6605, -0.5876, -0.0728],
                [-0.1246, 1.1329, -0.0083],
                [-0.0182, -0.1006, 1.1187],
            ],
        );
        // CSS Color 4, 17: from display-p3 by way of XYZ.
        assert_near(
            matrix(12),
            [
                [1.2249, -0.2249, 0.0],
                [-0.0420, 1.0420, 0.0],
                [-0.0197, -0.0786, 1.0983],
            ],
        );
    }

    #[test]
    fn white_stays_white_for_every_code_point() {
        let codes = (0..=255).filter(|&code| Chromaticities::from_code(code).is_some());
        let codes: Vec<u8> = codes.collect();
        assert_eq!(codes, [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22]);
        for code in codes.into_iter().skip(1) {
            for row in matrix(code) {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{code}");
            }
        }
        assert_eq!(Chromaticities::SRGB.to_srgb(), Some(None));
    }

    #[test]
    fn impossible_chromaticities_have_no_matrix() {
        let srgb = Chromaticities::SRGB;
        let black = Chromaticities {
            white: [0.0; 2],
            ..srgb
        };
        let flat = Chromaticities {
            primaries: [[0.3; 2]; 3],
            ..srgb
        };
        assert_eq!([black, flat].map(Chromaticities::to_srgb), [None; 2]);
    }
}
