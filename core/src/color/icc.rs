//! ICC profiles (ICC.1:2022) to curves and a matrix, or to a table.

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, ToneReprCurve, TransformExecutor};
#[cfg(feature = "icc-tables")]
use moxcms::{Layout as IccLayout, TransformOptions};

use super::transfer::{Curve, sample, sample_table};
use crate::error::Result;
#[cfg(not(feature = "icc-tables"))]
use crate::error::{Error, Feature};
use crate::pixels::Layout;

/// Linear source primaries to linear sRGB, in fixed point with [`MATRIX_BITS`] fractional bits.
pub(super) type Matrix = [[i64; 3]; 3];

/// Fractional bits of a [`Matrix`].
pub(super) const MATRIX_BITS: u32 = 20;

/// Converts rows of samples to 8-bit sRGB.
pub(super) type TableTransform = Arc<dyn TransformExecutor<u8> + Send + Sync>;

/// A profile that is understood.
pub(super) enum Profile {
    /// Tone curves, and a matrix unless the primaries are those of sRGB.
    Curves(Box<[Curve; 3]>, Option<Matrix>),
    /// Tables.
    #[cfg_attr(not(feature = "icc-tables"), allow(dead_code))]
    Table(TableTransform),
}

impl Profile {
    /// Parses the profile of samples in `layout`. `None` if it is broken or meant for other
    /// samples.
    ///
    /// # Errors
    ///
    /// `Unsupported` for a profile made of tables, without the feature `icc-tables`.
    pub(super) fn parse(layout: Layout, bytes: &[u8]) -> Result<Option<Self>> {
        let Ok(profile) = ColorProfile::new_from_slice(bytes) else {
            return Ok(None);
        };
        match (layout, profile.color_space) {
            (Layout::Gray | Layout::GrayAlpha, DataColorSpace::Gray) => Ok(from_gray(&profile)),
            (Layout::Rgb | Layout::Rgba, DataColorSpace::Rgb) => match from_rgb(&profile) {
                None => from_table(layout, &profile),
                curves => Ok(curves),
            },
            (Layout::Cmyk, DataColorSpace::Cmyk) => from_table(layout, &profile),
            _ => Ok(None),
        }
    }
}

fn from_gray(profile: &ColorProfile) -> Option<Profile> {
    let gray = curve(profile.gray_trc.as_ref()?)?;
    Some(Profile::Curves(Box::new([gray; 3]), None))
}

fn from_rgb(profile: &ColorProfile) -> Option<Profile> {
    let curves = [
        curve(profile.red_trc.as_ref()?)?,
        curve(profile.green_trc.as_ref()?)?,
        curve(profile.blue_trc.as_ref()?)?,
    ];
    Some(Profile::Curves(Box::new(curves), matrix(profile)?))
}

#[cfg(not(feature = "icc-tables"))]
fn from_table(_: Layout, _: &ColorProfile) -> Result<Option<Profile>> {
    Err(Error::unsupported(
        Feature::IccTables,
        "its ICC profile is made of tables, which this build of roundel leaves out",
    ))
}

#[cfg(feature = "icc-tables")]
fn from_table(layout: Layout, profile: &ColorProfile) -> Result<Option<Profile>> {
    let source = match layout {
        Layout::Rgb => IccLayout::Rgb,
        // moxcms reads CMYK as any four channels.
        Layout::Rgba | Layout::Cmyk => IccLayout::Rgba,
        Layout::Gray | Layout::GrayAlpha => return Ok(None),
    };
    let target = if layout == Layout::Rgba {
        IccLayout::Rgba
    } else {
        IccLayout::Rgb
    };
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    let table = profile.create_transform_8bit(source, &srgb, target, options);
    Ok(table.ok().map(Profile::Table))
}

/// A tone curve; `None` if its parameters make no sense.
fn curve(trc: &ToneReprCurve) -> Option<Curve> {
    match trc {
        ToneReprCurve::Lut(table) => Some(table_curve(table)),
        ToneReprCurve::Parametric(parameters) => parametric_curve(parameters),
    }
}

/// curveType (ICC.1:2022, 10.6): identity, a gamma in 1/256, or a table.
fn table_curve(table: &[u16]) -> Curve {
    match table {
        [] => sample(|v| v),
        [gamma] => {
            let gamma = f64::from(*gamma) / 256.0;
            sample(|v| libm::pow(v, gamma))
        }
        _ => sample_table(table),
    }
}

/// parametricCurveType (ICC.1:2022, 10.18, table 68), functions 0 to 4.
fn parametric_curve(parameters: &[f32]) -> Option<Curve> {
    let p: Vec<f64> = parameters.iter().map(|&p| f64::from(p)).collect();
    if p.iter().any(|p| !p.is_finite()) {
        return None;
    }
    let power = |base: f64, g: f64| libm::pow(base.max(0.0), g);
    match *p.as_slice() {
        [g] => Some(sample(|x| power(x, g))),
        [g, a, b] => Some(sample(|x| power(a * x + b, g))),
        [g, a, b, c] => Some(sample(|x| power(a * x + b, g) + c)),
        [g, a, b, c, d] => Some(sample(|x| if x >= d { power(a * x + b, g) } else { c * x })),
        [g, a, b, c, d, e, f] => Some(sample(|x| {
            if x >= d {
                power(a * x + b, g) + e
            } else {
                c * x + f
            }
        })),
        _ => None,
    }
}

/// From the profile's primaries to those of sRGB: `Some(None)` if they are the same, `None` if the
/// matrix makes no sense.
fn matrix(profile: &ColorProfile) -> Option<Option<Matrix>> {
    let m = profile.transform_matrix(&ColorProfile::new_srgb()).v;
    // White stays white, so each row sums to 1. A damaged profile does not.
    let sums_to_white = m
        .iter()
        .all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 0.1);
    // Keeps the products in fixed point far from overflow.
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

fn is_identity(m: &[[f64; 3]; 3]) -> bool {
    let near = |i: usize, j: usize, v: f64| (v - if i == j { 1.0 } else { 0.0 }).abs() < 0.002;
    let mut rows = m.iter().enumerate();
    rows.all(|(i, row)| row.iter().enumerate().all(|(j, &v)| near(i, j, v)))
}
