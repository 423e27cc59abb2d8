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

/// A curve given by equidistant values, with linear interpolation between them.
pub(super) fn sample_table(table: &[u16]) -> Curve {
    sample(|v| {
        let position = v * (table.len() - 1) as f64;
        let left = position.floor();
        let at = |i: usize| f64::from(table.get(i).or(table.last()).copied().unwrap_or(0));
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
