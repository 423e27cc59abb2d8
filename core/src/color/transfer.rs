//! Transfer functions as tables.

use std::sync::LazyLock;

/// Full intensity of a linear sample.
pub(super) const FULL: u32 = 65_535;

/// From 8-bit samples to linear light in 16 bits.
pub(super) type Curve = [u16; 256];

/// From linear light in 16 bits to 8-bit samples.
pub(super) type InverseCurve = [u8; 1 << 16];

/// The sRGB transfer function (IEC 61966-2-1).
pub(super) static SRGB_TO_LINEAR: LazyLock<Curve> = LazyLock::new(|| sample(srgb_to_linear));

/// The nearest 8-bit sRGB value of each linear value.
///
/// ```text
/// for each 8-bit value v:
///     border = the linear value half way to v + 1, in the coded domain
///     table[previous border .. border] = v
/// ```
///
/// So 255 powers make the table and not 65,536.
pub(super) static LINEAR_TO_SRGB: LazyLock<Box<InverseCurve>> = LazyLock::new(|| {
    let border = |v: u32| srgb_to_linear((f64::from(v) + 0.5) / 255.0) * f64::from(FULL);
    let mut table = Box::new([255; 1 << 16]);
    let mut first = 0;
    for value in 0..255 {
        let next = border(value).ceil() as usize;
        table[first..next].fill(value as u8);
        first = next;
    }
    table
});

/// The meaning of a sample as light.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TransferFunction {
    /// IEC 61966-2-1.
    Srgb,
    /// A power of the sample.
    Gamma(f64),
    /// SMPTE ST 2084, absolute, up to 10,000 cd/m2.
    Pq,
    /// ARIB STD-B67, relative to the light of the scene.
    Hlg,
}

impl TransferFunction {
    /// The function of a code point (ITU-T H.273, table 3). `None` if it is reserved, unknown or
    /// not for still pictures.
    pub(super) fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            // BT.709, BT.601, SMPTE ST 240, IEC 61966-2-4, BT.1361, IEC 61966-2-1, BT.2020 in 10 and 12
            // bits.
            1 | 6 | 7 | 11..=15 => Self::Srgb,
            4 => Self::Gamma(2.2),
            5 => Self::Gamma(2.8),
            8 => Self::Gamma(1.0),
            16 => Self::Pq,
            18 => Self::Hlg,
            _ => return None,
        })
    }

    /// Light from 0 to 1, in units of the function's own maximum, of a sample from 0 to 1.
    pub(super) fn linear(self, v: f64) -> f64 {
        match self {
            Self::Srgb => srgb_to_linear(v),
            Self::Gamma(gamma) => libm::pow(v, gamma),
            Self::Pq => pq_to_linear(v),
            Self::Hlg => hlg_to_linear(v),
        }
    }
}

/// The EOTF of PQ (BT.2100-2, table 4).
fn pq_to_linear(v: f64) -> f64 {
    const M1: f64 = 2610.0 / 16384.0;
    const M2: f64 = 2523.0 / 4096.0 * 128.0;
    const C1: f64 = 3424.0 / 4096.0;
    const C2: f64 = 2413.0 / 4096.0 * 32.0;
    const C3: f64 = 2392.0 / 4096.0 * 32.0;
    let e = libm::pow(v, 1.0 / M2);
    libm::pow((e - C1).max(0.0) / (C2 - C3 * e), 1.0 / M1)
}

/// The inverse OETF of HLG (BT.2100-2, table 5): the light of the scene.
fn hlg_to_linear(v: f64) -> f64 {
    const A: f64 = 0.178_832_77;
    const B: f64 = 1.0 - 4.0 * A;
    const C: f64 = 0.559_910_73;
    if v <= 0.5 {
        v * v / 3.0
    } else {
        (libm::exp((v - C) / A) + B) / 12.0
    }
}

fn srgb_to_linear(v: f64) -> f64 {
    if v <= 0.040_45 {
        v / 12.92
    } else {
        // libm and not std: its results are the same on every platform.
        libm::pow((v + 0.055) / 1.055, 2.4)
    }
}

/// Samples a transfer function, from 0..1 to 0..1, at each 8-bit value.
pub(super) fn sample(function: impl Fn(f64) -> f64) -> Curve {
    std::array::from_fn(|i| {
        let linear = function(i as f64 / 255.0).clamp(0.0, 1.0);
        (linear * f64::from(FULL)).round() as u16
    })
}

/// Light of a 16-bit sample: linear between the values of a curve.
///
/// That is right within 1.5 of 65,535 for curves that are as smooth as that of sRGB, and exact for a
/// straight line.
pub(super) fn interpolate(curve: &Curve, sample: u16) -> u16 {
    // 65,535 = 255 * 257.
    let (index, rest) = (usize::from(sample / 257), u32::from(sample % 257));
    let left = u32::from(curve[index]);
    let right = u32::from(curve[(index + 1).min(255)]);
    ((left * (257 - rest) + right * rest + 128) / 257) as u16
}

/// A curve given by equidistant values (big-endian), with linear interpolation between them.
pub(super) fn sample_table(table: &[[u8; 2]]) -> Curve {
    sample(|v| {
        let position = v * table.len().saturating_sub(1) as f64;
        let left = position.floor();
        let at = |i: usize| {
            let value = table.get(i).or(table.last()).copied();
            f64::from(u16::from_be_bytes(value.unwrap_or_default()))
        };
        let (a, b) = (at(left as usize), at(left as usize + 1));
        (a + (b - a) * (position - left)) / f64::from(FULL)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_round_trips_through_linear_light() {
        for v in 0..=255u8 {
            let linear = SRGB_TO_LINEAR[usize::from(v)];
            assert_eq!(LINEAR_TO_SRGB[usize::from(linear)], v);
        }
    }

    #[test]
    fn samples_of_16_bits_are_interpolated() {
        let [srgb, linear] =
            [TransferFunction::Srgb, TransferFunction::Gamma(1.0)].map(|transfer| {
                let curve = sample(|v| transfer.linear(v));
                let light = move |v: f64| transfer.linear(v) * 65_535.0;
                let differences = (0..=65_535u16).map(move |v| {
                    (f64::from(interpolate(&curve, v)) - light(f64::from(v) / 65_535.0)).abs()
                });
                differences.fold(0.0, f64::max)
            });
        assert!(srgb < 1.5 && linear == 0.0, "{srgb} {linear}");
    }

    #[test]
    fn each_linear_value_goes_to_the_nearest_srgb_value() {
        let exact = |v: f64| {
            if v <= 0.003_130_8 {
                v * 12.92
            } else {
                1.055 * v.powf(1.0 / 2.4) - 0.055
            }
        };
        for linear in 0..=65_535u16 {
            let coded = f64::from(LINEAR_TO_SRGB[usize::from(linear)]);
            let expected = exact(f64::from(linear) / 65_535.0) * 255.0;
            let error = (coded - expected).abs();
            assert!(error <= 0.502, "{linear}: {coded} for {expected}");
        }
    }
}
