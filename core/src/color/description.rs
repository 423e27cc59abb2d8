//! Color descriptions that are not an ICC profile: code points (ITU-T H.273, PNG's cICP), and PNG's
//! gAMA and cHRM.
//!
//! Decisions:
//!
//! - **BT.709, BT.601 and BT.2020** (transfer functions 1, 6, 14, 15) are decoded by the sRGB curve,
//!   as Chromium does. Their own functions describe cameras. A display of such a signal applies an
//!   exponent of 2.2 to 2.4, which the sRGB curve is nearer to. So are those with nearly the same
//!   function (7, 11, 12).
//! - **A gAMA of about 1/2.2** means the sRGB curve, unless cHRM names other primaries than those of
//!   sRGB. PNG (third edition, 11.3.2.5) tells writers of sRGB to write 45455, and nearly every
//!   writer means sRGB by it. "About" is 5 %, the difference that libpng ignores. With other
//!   primaries it is the exponent 2.2, as in browsers; it is that of Adobe RGB, for example.
//! - **The narrow range** (16 to 235 in 8 bits) is expanded.
//! - Values that make no sense, matrix coefficients other than 0 (RGB), and code points that are
//!   unknown describe nothing. The next description of the file counts.

use super::matrix::Chromaticities;
use super::transfer::TransferFunction;
use crate::pixels::StatedColor;

/// A transfer function, primaries and range (ITU-T H.273 calls this a color description).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ColorDescription {
    pub transfer: TransferFunction,
    pub chromaticities: Chromaticities,
    /// Whether black is 16 and white is 235 of 255.
    pub narrow: bool,
}

impl ColorDescription {
    /// From code points: primaries, transfer function, matrix coefficients, full range.
    pub(super) fn from_cicp([primaries, transfer, matrix, full]: [u8; 4]) -> Option<Self> {
        if matrix != 0 || full > 1 {
            return None;
        }
        Some(Self {
            transfer: TransferFunction::from_code(transfer)?,
            chromaticities: Chromaticities::from_code(primaries)?,
            narrow: full == 0,
        })
    }

    /// From gAMA, cHRM or both. The other is that of sRGB.
    pub(super) fn from_gamma_and_chromaticities(stated: &StatedColor) -> Option<Self> {
        let chromaticities = stated.chromaticities.filter(are_colors).map(|points| {
            let scaled = |point: [u32; 2]| point.map(|v| f64::from(v) / 100_000.0);
            let [white, primaries @ ..] = points.map(scaled);
            Chromaticities { white, primaries }
        });
        let chromaticities = chromaticities.filter(|points| points.to_srgb().is_some());
        let has_srgb_primaries = chromaticities.is_none_or(|points| points.to_srgb() == Some(None));
        let transfer = stated.gamma.and_then(|gamma| match gamma {
            43_182..=47_727 if has_srgb_primaries => Some(TransferFunction::Srgb),
            // Others make no sense.
            10_000..=1_000_000 => Some(TransferFunction::Gamma(100_000.0 / f64::from(gamma))),
            _ => None,
        });
        if transfer.is_none() && chromaticities.is_none() {
            return None;
        }
        Some(Self {
            transfer: transfer.unwrap_or(TransferFunction::Srgb),
            chromaticities: chromaticities.unwrap_or(Chromaticities::SRGB),
            narrow: false,
        })
    }
}

/// Whether x + y is at most 1, which it is for every color of light. (Rounding is allowed for.)
fn are_colors(points: &[[u32; 2]; 4]) -> bool {
    let sums = points.iter().map(|[x, y]| x.saturating_add(*y));
    sums.max().is_some_and(|largest| largest <= 100_010)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_points_that_are_unknown_describe_nothing() {
        for transfer in [1, 6, 7, 11, 12, 13, 14, 15] {
            let color = ColorDescription::from_cicp([12, transfer, 0, 1]).unwrap();
            assert_eq!(color.transfer, TransferFunction::Srgb, "{transfer}");
        }
        for cicp in [[2, 13, 0, 1], [12, 2, 0, 1], [12, 13, 1, 1], [12, 13, 0, 2]] {
            assert_eq!(ColorDescription::from_cicp(cicp), None, "{cicp:?}");
        }
    }

    const SRGB_POINTS: [[u32; 2]; 4] = [
        [31_270, 32_900],
        [64_000, 33_000],
        [30_000, 60_000],
        [15_000, 6_000],
    ];

    fn transfer(gamma: u32, chromaticities: Option<[[u32; 2]; 4]>) -> Option<TransferFunction> {
        let stated = StatedColor {
            gamma: Some(gamma),
            chromaticities,
            ..StatedColor::default()
        };
        let color = ColorDescription::from_gamma_and_chromaticities(&stated);
        color.map(|color| color.transfer)
    }

    #[test]
    fn an_absurd_gamma_describes_nothing() {
        for gamma in [0, 1, 9_999, 1_000_001, u32::MAX] {
            assert_eq!(transfer(gamma, None), None, "{gamma}");
        }
        assert_eq!(transfer(100_000, None), Some(TransferFunction::Gamma(1.0)));
        let mac = transfer(55_556, None);
        assert!(matches!(mac, Some(TransferFunction::Gamma(g)) if (g - 1.8).abs() < 1e-4));
    }

    #[test]
    fn a_gamma_of_2_2_is_that_of_srgb_unless_the_primaries_are_others() {
        for gamma in [45_000, 45_455, 45_471] {
            assert_eq!(transfer(gamma, None), Some(TransferFunction::Srgb));
            assert_eq!(
                transfer(gamma, Some(SRGB_POINTS)),
                Some(TransferFunction::Srgb)
            );
        }
        let mut adobe = SRGB_POINTS;
        adobe[2] = [21_000, 71_000];
        let exponent = transfer(45_455, Some(adobe));
        assert!(matches!(exponent, Some(TransferFunction::Gamma(g)) if (g - 2.2).abs() < 1e-4));
    }

    #[test]
    fn unusable_chromaticities_leave_the_gamma() {
        let mut huge = SRGB_POINTS;
        huge[1] = [u32::MAX; 2];
        for points in [[[0; 2]; 4], [[33_000; 2]; 4], huge] {
            let stated = StatedColor {
                gamma: Some(100_000),
                chromaticities: Some(points),
                ..StatedColor::default()
            };
            let color = ColorDescription::from_gamma_and_chromaticities(&stated).unwrap();
            assert_eq!(color.transfer, TransferFunction::Gamma(1.0));
            assert_eq!(color.chromaticities, Chromaticities::SRGB);
        }
    }
}
