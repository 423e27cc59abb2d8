//! Whole rows to linear light, whole images to sRGB.

use super::cmyk::cmyk_to_rgb;
use super::description::ColorDescription;
use super::hdr::ToneMapper;
use super::icc::Profile;
use super::matrix::{MATRIX_BITS, Matrix};
use super::tables::TableTransform;
use super::transfer::{
    Curve, FULL, InverseCurve, LINEAR_TO_SRGB, SRGB_TO_LINEAR, interpolate, sample,
};
use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::pixels::{
    Layout, LinearImage, Rgb, SampleDepth, SrgbImage, StatedColor, round_to_8_bits,
};

/// The color space of a file's samples.
pub(crate) struct SourceSpace {
    layout: Layout,
    depth: SampleDepth,
    curves: [Curve; 3],
    /// To sRGB's primaries, if the source has others.
    matrix: Option<Matrix>,
    /// Converts a row of samples to 8-bit sRGB, where curves and a matrix cannot.
    table: Option<TableTransform>,
    /// Instead of the curves, for high dynamic range.
    hdr: Option<ToneMapper>,
}

impl SourceSpace {
    /// The space of samples in `layout`. Of several descriptions, the first that can be used counts:
    /// code points, the ICC profile, "sRGB", gamma and chromaticities (PNG 3rd ed., 4.3). Without
    /// any, the samples are sRGB (or plain CMYK).
    ///
    /// # Errors
    ///
    /// `Unsupported` for a profile made of tables, without the feature `icc-tables`.
    pub(crate) fn new(
        layout: Layout,
        depth: SampleDepth,
        icc: Option<&[u8]>,
        stated: &StatedColor,
    ) -> Result<Self> {
        let srgb = Self {
            layout,
            depth,
            curves: [*SRGB_TO_LINEAR; 3],
            matrix: None,
            table: None,
            hdr: None,
        };
        if let Some(color) = stated.cicp.and_then(ColorDescription::from_cicp) {
            return Ok(srgb.with_description(color));
        }
        let profile = match icc {
            Some(bytes) => Profile::parse(layout, bytes)?,
            None => None,
        };
        Ok(match profile {
            Some(profile) => srgb.with_profile(profile),
            None if stated.srgb => srgb,
            None => match ColorDescription::from_gamma_and_chromaticities(stated) {
                Some(color) => srgb.with_description(color),
                None => srgb,
            },
        })
    }

    fn with_profile(self, profile: Profile) -> Self {
        match profile {
            Profile::MatrixTrc(curves, matrix) => Self {
                curves: *curves,
                matrix,
                ..self
            },
            Profile::CodePoints(color) => self.with_description(color),
            Profile::Table(table) => Self {
                table: Some(table),
                ..self
            },
        }
    }

    fn with_description(self, color: ColorDescription) -> Self {
        // 16 to 235 in 8 bits, and as much more in 16 bits (ITU-R BT.2100-2, table 9).
        let unit = match self.depth {
            SampleDepth::Eight => 255.0,
            SampleDepth::Sixteen => 65_535.0 / 256.0,
        };
        let level = |v: f64| {
            if color.narrow {
                ((v * unit - 16.0) / 219.0).clamp(0.0, 1.0)
            } else {
                v
            }
        };
        let hdr = ToneMapper::new(color.transfer, level);
        let curves = match &hdr {
            Some(_) => self.curves,
            None => [sample(|v| color.transfer.linear(level(v))); 3],
        };
        Self {
            curves,
            matrix: color.chromaticities.to_srgb().flatten(),
            hdr,
            ..self
        }
    }

    /// Bytes of scratch that [`linearize`](Self::linearize) needs for a row of `pixels`.
    pub(crate) fn scratch(&self, pixels: usize) -> usize {
        if self.table.is_some() {
            pixels * (self.layout.linear_channels() + self.rounded_channels())
        } else {
            0
        }
    }

    /// Samples per pixel that a table needs rounded to 8 bits.
    fn rounded_channels(&self) -> usize {
        match self.depth {
            SampleDepth::Eight => 0,
            SampleDepth::Sixteen => self.layout.channels(),
        }
    }

    /// Converts decoded samples to linear, premultiplied pixels.
    pub(crate) fn linearize(
        &self,
        samples: &[u8],
        scratch: &mut [u8],
        out: &mut [u16],
    ) -> Result<()> {
        if let Some(table) = &self.table {
            return self.apply_table(table, samples, scratch, out);
        }
        if self.hdr.is_some() || self.depth == SampleDepth::Sixteen {
            self.linearize_pixels(samples, out);
        } else {
            self.apply_curves(self.layout, samples, out);
        }
        Ok(())
    }

    fn apply_table(
        &self,
        table: &TableTransform,
        samples: &[u8],
        scratch: &mut [u8],
        out: &mut [u16],
    ) -> Result<()> {
        let parts = scratch.split_at_mut_checked(out.len());
        let (srgb, rounded) =
            parts.ok_or_else(|| Error::internal("the scratch of an ICC transform is too short"))?;
        let samples = match self.depth {
            SampleDepth::Eight => samples,
            SampleDepth::Sixteen => round_row(samples, rounded),
        };
        table.transform(samples, srgb)?;
        let layout = if self.layout.has_alpha() {
            Layout::Rgba
        } else {
            Layout::Rgb
        };
        self.apply_curves(layout, srgb, out);
        Ok(())
    }

    /// Pixel by pixel: samples of 16 bits, and high dynamic range.
    fn linearize_pixels(&self, samples: &[u8], out: &mut [u16]) {
        let bytes = self.layout.channels() * self.depth.bytes();
        let channels = self.layout.linear_channels();
        for (pixel, target) in samples
            .chunks_exact(bytes)
            .zip(out.chunks_exact_mut(channels))
        {
            let [r, g, b, alpha] = self.rgba_of_16_bits(pixel);
            let rgb = match &self.hdr {
                Some(mapper) => mapper.map([r, g, b]),
                None => {
                    let [red, green, blue] = &self.curves;
                    [
                        interpolate(red, r),
                        interpolate(green, g),
                        interpolate(blue, b),
                    ]
                }
            };
            let scale = |v: u16| ((u32::from(v) * u32::from(alpha) + FULL / 2) / FULL) as u16;
            let [r, g, b] = rgb.map(scale);
            target.copy_from_slice(&[r, g, b, alpha][..channels]);
        }
    }

    /// The samples of a pixel; a missing alpha is full.
    fn rgba_of_16_bits(&self, pixel: &[u8]) -> [u16; 4] {
        let sample = |i: usize| {
            let sample = match self.depth {
                SampleDepth::Eight => pixel.get(i).map(|&v| u16::from(v) * 257),
                SampleDepth::Sixteen => {
                    let pair = pixel.as_chunks().0.get(i);
                    pair.map(|&pair| u16::from_be_bytes(pair))
                }
            };
            sample.unwrap_or(u16::MAX)
        };
        match self.layout {
            Layout::Gray | Layout::GrayAlpha => [0, 0, 0, 1].map(sample),
            Layout::Rgb | Layout::Rgba | Layout::Cmyk => [0, 1, 2, 3].map(sample),
        }
    }

    fn apply_curves(&self, layout: Layout, samples: &[u8], out: &mut [u16]) {
        let [red, green, blue] = &self.curves;
        let linear = |curve: &Curve, sample: u8| curve[usize::from(sample)];
        // A profile of RGB may have three curves.
        let gray = |v: u8| [linear(red, v), linear(green, v), linear(blue, v)];
        match layout {
            Layout::Gray => map_pixels(samples, out, |&[v]| gray(v)),
            Layout::GrayAlpha => map_pixels(samples, out, |&[v, a]| premultiply(gray(v), a)),
            Layout::Rgb => map_pixels(samples, out, |&[r, g, b]| {
                [linear(red, r), linear(green, g), linear(blue, b)]
            }),
            Layout::Rgba => map_pixels(samples, out, |&[r, g, b, a]| {
                premultiply([linear(red, r), linear(green, g), linear(blue, b)], a)
            }),
            Layout::Cmyk => map_pixels(samples, out, |&cmyk| {
                cmyk_to_rgb(cmyk).map(|v| linear(red, v))
            }),
        }
    }

    /// Converts linear pixels to sRGB. With a `background`, transparency is flattened onto it and
    /// the result has no alpha.
    pub(crate) fn to_srgb(
        &self,
        linear: &LinearImage,
        background: Option<Rgb>,
        budget: &Budget,
    ) -> Result<SrgbImage> {
        let channels = match background {
            Some(_) => 3,
            None => linear.channels,
        };
        let mut out = SrgbImage::new(linear.size, channels, budget)?;
        let (input, output) = (&linear.samples, &mut out.samples);
        let table: &InverseCurve = &LINEAR_TO_SRGB;
        let coded = |rgb: [u16; 3]| rgb.map(|v| table[usize::from(v)]);
        match (linear.has_alpha(), background) {
            (false, _) => map_pixels(input, output, |&rgb| coded(self.to_srgb_primaries(rgb))),
            (true, Some(Rgb(background))) => {
                let background = background.map(|v| SRGB_TO_LINEAR[usize::from(v)]);
                map_pixels(input, output, |&[r, g, b, a]| {
                    coded(flatten(self.to_srgb_primaries([r, g, b]), a, background))
                });
            }
            (true, None) => map_pixels(input, output, |&[r, g, b, a]| {
                let [r, g, b] = coded(unpremultiply(self.to_srgb_primaries([r, g, b]), a));
                [r, g, b, ((u32::from(a) * 255 + FULL / 2) / FULL) as u8]
            }),
        }
        Ok(out)
    }

    /// The matrix is linear, so it may be applied to premultiplied pixels.
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
fn map_pixels<A, B, const N: usize, const M: usize>(
    input: &[A],
    out: &mut [B],
    map: impl Fn(&[A; N]) -> [B; M],
) {
    let pixels = input.as_chunks::<N>().0.iter();
    for (pixel, target) in pixels.zip(out.as_chunks_mut::<M>().0) {
        *target = map(pixel);
    }
}

/// Rounds a row of 16-bit samples.
fn round_row<'a>(samples: &[u8], rounded: &'a mut [u8]) -> &'a [u8] {
    let pairs = samples.as_chunks::<2>().0;
    for (&pair, sample) in pairs.iter().zip(rounded.iter_mut()) {
        *sample = round_to_8_bits(pair);
    }
    &rounded[..pairs.len().min(rounded.len())]
}

/// Multiplies color by alpha, rounded.
fn premultiply(rgb: [u16; 3], alpha: u8) -> [u16; 4] {
    let scale = |v: u16| ((u32::from(v) * u32::from(alpha) + 127) / 255) as u16;
    let [r, g, b] = rgb.map(scale);
    // 257 maps 255 to 65,535 exactly.
    [r, g, b, u16::from(alpha) * 257]
}

/// Divides color by alpha, rounded. Black where nothing is visible.
fn unpremultiply(rgb: [u16; 3], alpha: u16) -> [u16; 3] {
    let alpha = u64::from(alpha);
    if alpha == 0 {
        return [0; 3];
    }
    rgb.map(|v| ((u64::from(v) * u64::from(FULL) + alpha / 2) / alpha).min(FULL.into()) as u16)
}

/// Adds the part of the background that shows through.
fn flatten(rgb: [u16; 3], alpha: u16, background: [u16; 3]) -> [u16; 3] {
    let through = FULL - u32::from(alpha);
    std::array::from_fn(|i| {
        let behind = (u32::from(background[i]) * through + FULL / 2) / FULL;
        (u32::from(rgb[i]) + behind).min(FULL) as u16
    })
}

/// A color of which a share of `alpha` in 65,535 covers `background`, mixed in linear light.
pub(crate) fn flatten_srgb(Rgb(color): Rgb, alpha: u16, Rgb(background): Rgb) -> Rgb {
    let linear = |v: u8| SRGB_TO_LINEAR[usize::from(v)];
    let covering = |v: u8| ((u32::from(linear(v)) * u32::from(alpha) + FULL / 2) / FULL) as u16;
    let mixed = flatten(color.map(covering), alpha, background.map(linear));
    Rgb(mixed.map(|v| LINEAR_TO_SRGB[usize::from(v)]))
}

#[cfg(test)]
mod tests {
    use moxcms::ColorProfile;

    use super::*;
    use crate::geometry::Size;
    use crate::limits::Limits;

    fn space(layout: Layout, icc: Option<&[u8]>, stated: &StatedColor) -> SourceSpace {
        SourceSpace::new(layout, SampleDepth::Eight, icc, stated).unwrap()
    }

    #[test]
    fn premultiplied_color_round_trips() {
        for alpha in [1u8, 3, 128, 254, 255] {
            let [r, g, b, a] = premultiply([65_535, 30_000, 0], alpha);
            let back = unpremultiply([r, g, b], a);
            assert!(back[0] == 65_535 && back[2] == 0 && back[1].abs_diff(30_000) < 300);
        }
    }

    #[test]
    fn colors_are_mixed_in_linear_light() {
        let (black, white) = (Rgb([0; 3]), Rgb::WHITE);
        assert_eq!(flatten_srgb(black, u16::MAX / 2, white), Rgb([188; 3]));
        for (alpha, mixed) in [(0, white), (u16::MAX, black)] {
            assert_eq!(flatten_srgb(black, alpha, white), mixed);
        }
        for alpha in [1, 1_000, 30_000, 65_534] {
            for color in [[0, 1, 2], [12, 128, 254]].map(Rgb) {
                assert_eq!(flatten_srgb(color, alpha, color), color);
            }
        }
    }

    #[test]
    fn a_broken_profile_is_ignored() {
        let space = space(Layout::Rgb, Some(b"not a profile"), &StatedColor::default());
        assert_eq!(space.curves[0], *SRGB_TO_LINEAR);
    }

    #[test]
    fn display_p3_red_is_redder_than_srgb_can_be() {
        let icc = ColorProfile::new_display_p3().encode().unwrap();
        let space = space(Layout::Rgb, Some(&icc), &StatedColor::default());
        let budget = Budget::new(&Limits::default());
        let convert = |rgb: [u8; 3]| {
            let mut linear = LinearImage::new(Size::square(1), 3, &budget).unwrap();
            let converted = space.linearize(&rgb, &mut [], &mut linear.samples);
            converted.unwrap();
            space
                .to_srgb(&linear, None, &budget)
                .unwrap()
                .samples
                .to_vec()
        };
        // Blue would be 262.
        assert_eq!(convert([128, 128, 255]), [128, 128, 255]);
        let red = convert([200, 100, 100]);
        assert!(red[0] > 205 && red[1] < 100, "{red:?}");
    }
}
