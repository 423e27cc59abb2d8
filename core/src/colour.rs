//! From what a file's samples mean to linear light, and from there to sRGB.
//!
//! Nearly every ICC profile is three tone curves and a matrix (ICC.1:2022, 8.3.3 and F.3). The
//! curves are applied to each sample as it is decoded. The matrix is linear and so commutes with
//! averaging and resizing: it waits for the few pixels of the finished avatar. Profiles that are
//! tables (CMYK, some scanners) go through moxcms row by row instead.

use std::sync::{Arc, LazyLock};

use moxcms::{ColorProfile, DataColorSpace, ToneReprCurve, TransformExecutor};
#[cfg(feature = "icc-tables")]
use moxcms::{Layout as IccLayout, TransformOptions};

use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::options::Rgb;
use crate::pixels::{Layout, Linear, Srgb};

/// From 8 bits to linear light in 16.
type Curve = [u16; 256];
/// Linear source primaries to linear sRGB, in 1/2^MATRIX_BITS.
type Matrix = [[i64; 3]; 3];
type Transform = Arc<dyn TransformExecutor<u8> + Send + Sync>;

const MATRIX_BITS: u32 = 20;
const FULL: u32 = 65_535;

/// How to understand the samples of one file.
pub(crate) struct Colour {
    layout: Layout,
    curves: [Curve; 3],
    matrix: Option<Matrix>,
    /// Takes a row of samples to 8-bit sRGB, where curves and a matrix cannot.
    table: Option<Transform>,
}

impl Colour {
    /// The meaning of samples in `layout` under the ICC profile `icc`. Without a profile, or with
    /// a broken one or one for other samples, they are sRGB (or plain CMYK).
    ///
    /// # Errors
    ///
    /// `Unsupported` for a profile of tables, without the feature `icc-tables`.
    pub(crate) fn new(layout: Layout, icc: Option<&[u8]>) -> Result<Self> {
        let profile = icc.and_then(|bytes| ColorProfile::new_from_slice(bytes).ok());
        let meant = match profile {
            Some(profile) => Self::from_profile(layout, &profile)?,
            None => None,
        };
        let curves = [*SRGB; 3];
        Ok(meant.unwrap_or(Self {
            layout,
            curves,
            matrix: None,
            table: None,
        }))
    }

    fn from_profile(layout: Layout, profile: &ColorProfile) -> Result<Option<Self>> {
        match (layout, profile.color_space) {
            (Layout::Gray | Layout::GrayAlpha, DataColorSpace::Gray) => {
                Ok(Self::from_gray(layout, profile))
            }
            (Layout::Rgb | Layout::Rgba, DataColorSpace::Rgb) => {
                match Self::from_curves(layout, profile) {
                    None => Self::from_table(layout, profile),
                    curves => Ok(curves),
                }
            }
            (Layout::Cmyk, DataColorSpace::Cmyk) => Self::from_table(layout, profile),
            _ => Ok(None),
        }
    }

    fn from_gray(layout: Layout, profile: &ColorProfile) -> Option<Self> {
        Some(Self {
            layout,
            curves: [curve(profile.gray_trc.as_ref()?)?; 3],
            matrix: None,
            table: None,
        })
    }

    fn from_curves(layout: Layout, profile: &ColorProfile) -> Option<Self> {
        let [red, green, blue] = [&profile.red_trc, &profile.green_trc, &profile.blue_trc];
        let curves = [
            curve(red.as_ref()?)?,
            curve(green.as_ref()?)?,
            curve(blue.as_ref()?)?,
        ];
        Some(Self {
            layout,
            curves,
            matrix: matrix(profile)?,
            table: None,
        })
    }

    #[cfg(not(feature = "icc-tables"))]
    fn from_table(_: Layout, _: &ColorProfile) -> Result<Option<Self>> {
        Err(Error::unsupported(
            crate::error::Feature::IccTables,
            "its ICC profile is made of tables, which this build of roundel leaves out",
        ))
    }

    #[cfg(feature = "icc-tables")]
    fn from_table(layout: Layout, profile: &ColorProfile) -> Result<Option<Self>> {
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
        Ok(table.ok().map(|table| Self {
            layout,
            curves: [*SRGB; 3],
            matrix: None,
            table: Some(table),
        }))
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// Channels of linear pixels: 3, or 4 with alpha.
    pub(crate) fn channels(&self) -> usize {
        self.layout.linear_channels()
    }

    /// Bytes of scratch that [`linearise`](Self::linearise) needs for a row of `pixels`.
    pub(crate) fn scratch(&self, pixels: usize) -> usize {
        if self.table.is_some() {
            pixels * self.channels()
        } else {
            0
        }
    }

    /// Turns decoded samples into linear, premultiplied pixels.
    pub(crate) fn linearise(
        &self,
        samples: &[u8],
        scratch: &mut [u8],
        out: &mut [u16],
    ) -> Result<()> {
        let Some(table) = &self.table else {
            self.apply_curves(self.layout, samples, out);
            return Ok(());
        };
        let scratch = &mut scratch[..out.len()];
        let converted = table.transform(samples, scratch);
        converted.map_err(|error| Error::internal(format!("ICC transform: {error}")))?;
        let layout = if self.channels() == 4 {
            Layout::Rgba
        } else {
            Layout::Rgb
        };
        self.apply_curves(layout, scratch, out);
        Ok(())
    }

    fn apply_curves(&self, layout: Layout, samples: &[u8], out: &mut [u16]) {
        let [red, green, blue] = &self.curves;
        let light = |curve: &Curve, sample: u8| curve[usize::from(sample)];
        match layout {
            Layout::Gray => each(samples, out, |&[v]| [light(red, v); 3]),
            Layout::GrayAlpha => each(samples, out, |&[v, a]| premultiplied([light(red, v); 3], a)),
            Layout::Rgb => each(samples, out, |&[r, g, b]| {
                [light(red, r), light(green, g), light(blue, b)]
            }),
            Layout::Rgba => each(samples, out, |&[r, g, b, a]| {
                premultiplied([light(red, r), light(green, g), light(blue, b)], a)
            }),
            Layout::Cmyk => each(samples, out, |&[c, m, y, k]| {
                [c, m, y].map(|ink| light(red, uninked(ink, k)))
            }),
        }
    }

    /// Turns linear pixels into sRGB ones; flattened onto `background` where one is given.
    pub(crate) fn encode(
        &self,
        linear: &Linear,
        background: Option<Rgb>,
        budget: &Budget,
    ) -> Result<Srgb> {
        let alpha = linear.has_alpha();
        let channels = if alpha && background.is_none() { 4 } else { 3 };
        let mut out = Srgb::new(linear.size, channels, budget)?;
        let behind = background
            .unwrap_or(Rgb::WHITE)
            .0
            .map(|v| SRGB[usize::from(v)]);
        let table: &Encoded = &ENCODED;
        let encoded = |[r, g, b]: [u16; 3]| {
            [
                table[usize::from(r)],
                table[usize::from(g)],
                table[usize::from(b)],
            ]
        };
        match (alpha, channels) {
            (false, _) => each(&linear.samples, &mut out.samples, |&rgb| {
                encoded(self.to_srgb_primaries(rgb))
            }),
            (true, 3) => each(&linear.samples, &mut out.samples, |&[r, g, b, a]| {
                encoded(flattened(self.to_srgb_primaries([r, g, b]), a, behind))
            }),
            (true, _) => each(&linear.samples, &mut out.samples, |&[r, g, b, a]| {
                let [r, g, b] = encoded(straight(self.to_srgb_primaries([r, g, b]), a));
                [r, g, b, ((u32::from(a) * 255 + FULL / 2) / FULL) as u8]
            }),
        }
        Ok(out)
    }

    fn to_srgb_primaries(&self, rgb: [u16; 3]) -> [u16; 3] {
        let Some(matrix) = &self.matrix else {
            return rgb;
        };
        let [r, g, b] = rgb.map(i64::from);
        matrix.map(|[mr, mg, mb]| {
            let sum = mr * r + mg * g + mb * b + (1 << (MATRIX_BITS - 1));
            (sum >> MATRIX_BITS).clamp(0, FULL.into()) as u16
        })
    }
}

/// Maps every N samples of `input` to M of `out`.
fn each<A, B, const N: usize, const M: usize>(
    input: &[A],
    out: &mut [B],
    map: impl Fn(&[A; N]) -> [B; M],
) {
    let pixels = input.as_chunks::<N>().0.iter();
    for (pixel, target) in pixels.zip(out.as_chunks_mut::<M>().0) {
        *target = map(pixel);
    }
}

fn premultiplied(rgb: [u16; 3], alpha: u8) -> [u16; 4] {
    let scale = |v: u16| ((u32::from(v) * u32::from(alpha) + 127) / 255) as u16;
    let [r, g, b] = rgb.map(scale);
    [r, g, b, u16::from(alpha) * 257]
}

fn straight(rgb: [u16; 3], alpha: u16) -> [u16; 3] {
    let alpha = u64::from(alpha);
    if alpha == 0 {
        return [0; 3];
    }
    rgb.map(|v| ((u64::from(v) * u64::from(FULL) + alpha / 2) / alpha).min(FULL.into()) as u16)
}

fn flattened(rgb: [u16; 3], alpha: u16, behind: [u16; 3]) -> [u16; 3] {
    let through = FULL - u32::from(alpha);
    let blend = |v: u16, b: u16| {
        (u32::from(v) + (u32::from(b) * through + FULL / 2) / FULL).min(FULL) as u16
    };
    std::array::from_fn(|i| blend(rgb[i], behind[i]))
}

/// What is left of white under an ink and black.
fn uninked(ink: u8, black: u8) -> u8 {
    let product = u32::from(255 - ink) * u32::from(255 - black);
    ((product + 127) / 255) as u8
}

/// The sRGB transfer function (IEC 61966-2-1), from 8 bits to linear light.
static SRGB: LazyLock<Curve> = LazyLock::new(|| sampled(srgb_to_linear));

/// And back: for each of 65,536 linear values the nearest 8-bit one.
///
/// The borders between neighbours are found in the encoded domain, half way between them, so
/// that 255 powers make the table and not 65,536.
static ENCODED: LazyLock<Box<Encoded>> = LazyLock::new(|| {
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

type Encoded = [u8; 1 << 16];

// libm and not std: its results are the same on every platform.
fn srgb_to_linear(v: f64) -> f64 {
    if v <= 0.040_45 {
        v / 12.92
    } else {
        libm::pow((v + 0.055) / 1.055, 2.4)
    }
}

fn sampled(function: impl Fn(f64) -> f64) -> Curve {
    std::array::from_fn(|i| {
        let linear = function(i as f64 / 255.0).clamp(0.0, 1.0);
        (linear * f64::from(FULL)).round() as u16
    })
}

/// A tone curve of a profile; `None` if it makes no sense.
fn curve(trc: &ToneReprCurve) -> Option<Curve> {
    match trc {
        ToneReprCurve::Lut(table) => sampled_table(table),
        ToneReprCurve::Parametric(parameters) => parametric(parameters),
    }
}

/// curveType (ICC.1:2022, 10.6): identity, a gamma in 1/256, or a table.
fn sampled_table(table: &[u16]) -> Option<Curve> {
    match table {
        [] => Some(sampled(|v| v)),
        [gamma] => {
            let gamma = f64::from(*gamma) / 256.0;
            Some(sampled(|v| libm::pow(v, gamma)))
        }
        _ => Some(sampled(|v| interpolated(table, v))),
    }
}

fn interpolated(table: &[u16], v: f64) -> f64 {
    let position = v * (table.len() - 1) as f64;
    let left = position.floor();
    let at = |i: usize| f64::from(table.get(i).or(table.last()).copied().unwrap_or(0));
    let (a, b) = (at(left as usize), at(left as usize + 1));
    (a + (b - a) * (position - left)) / f64::from(FULL)
}

/// parametricCurveType (ICC.1:2022, 10.18, table 68), functions 0 to 4.
fn parametric(parameters: &[f32]) -> Option<Curve> {
    let p: Vec<f64> = parameters.iter().map(|&p| f64::from(p)).collect();
    if p.iter().any(|p| !p.is_finite()) {
        return None;
    }
    let power = |base: f64, g: f64| libm::pow(base.max(0.0), g);
    match *p.as_slice() {
        [g] => Some(sampled(|x| power(x, g))),
        [g, a, b] => Some(sampled(|x| power(a * x + b, g))),
        [g, a, b, c] => Some(sampled(|x| power(a * x + b, g) + c)),
        [g, a, b, c, d] => Some(sampled(
            |x| if x >= d { power(a * x + b, g) } else { c * x },
        )),
        [g, a, b, c, d, e, f] => Some(sampled(|x| {
            if x >= d {
                power(a * x + b, g) + e
            } else {
                c * x + f
            }
        })),
        _ => None,
    }
}

/// From the profile's primaries to those of sRGB; `Some(None)` where they are the same.
fn matrix(profile: &ColorProfile) -> Option<Option<Matrix>> {
    let m = profile.transform_matrix(&ColorProfile::new_srgb()).v;
    let sums_to_white = m
        .iter()
        .all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 0.1);
    let bounded = m.iter().flatten().all(|v| v.abs() < 64.0);
    if !sums_to_white || !bounded {
        return None;
    }
    let identity = |(i, row): (usize, &[f64; 3])| {
        let one = |j| if i == j { 1.0 } else { 0.0 };
        row.iter()
            .enumerate()
            .all(|(j, v)| (v - one(j)).abs() < 0.002)
    };
    if m.iter().enumerate().all(identity) {
        return Some(None);
    }
    let fixed = |v: f64| (v * f64::from(1 << MATRIX_BITS)).round() as i64;
    Some(Some(m.map(|row| row.map(fixed))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_survives_the_way_to_linear_light_and_back() {
        for v in 0..=255u8 {
            assert_eq!(ENCODED[usize::from(SRGB[usize::from(v)])], v);
        }
    }

    #[test]
    fn each_linear_value_goes_to_the_nearest_srgb_one() {
        let exact = |v: f64| {
            if v <= 0.003_130_8 {
                v * 12.92
            } else {
                1.055 * v.powf(1.0 / 2.4) - 0.055
            }
        };
        for linear in 0..=65_535u16 {
            let encoded = f64::from(ENCODED[usize::from(linear)]);
            let wanted = exact(f64::from(linear) / 65_535.0) * 255.0;
            assert!(
                (encoded - wanted).abs() <= 0.502,
                "{linear}: {encoded} for {wanted}"
            );
        }
    }

    #[test]
    fn a_premultiplied_colour_comes_back() {
        for alpha in [1u8, 3, 128, 254, 255] {
            let [r, g, b, a] = premultiplied([65_535, 30_000, 0], alpha);
            let back = straight([r, g, b], a);
            assert!(back[0] == 65_535 && back[2] == 0 && back[1].abs_diff(30_000) < 300);
        }
    }

    #[test]
    fn a_broken_profile_is_ignored() {
        let colour = Colour::new(Layout::Rgb, Some(b"not a profile")).unwrap();
        assert_eq!(colour.curves[0], *SRGB);
    }

    #[test]
    fn display_p3_red_is_redder_than_srgb_can_be() {
        let icc = ColorProfile::new_display_p3().encode().unwrap();
        let colour = Colour::new(Layout::Rgb, Some(&icc)).unwrap();
        let budget = Budget::new(&crate::Limits::default());
        let mut linear = Linear::new(crate::Size::square(1), 3, &budget).unwrap();
        colour
            .linearise(&[128, 128, 255], &mut [], &mut linear.samples)
            .unwrap();
        let srgb = colour.encode(&linear, None, &budget).unwrap();
        assert_eq!(srgb.samples[..], [128, 128, 255 /* clipped from 262 */]);
        colour
            .linearise(&[200, 100, 100], &mut [], &mut linear.samples)
            .unwrap();
        let srgb = colour.encode(&linear, None, &budget).unwrap();
        assert!(
            srgb.samples[0] > 205 && srgb.samples[1] < 100,
            "{:?}",
            srgb.samples
        );
    }
}
