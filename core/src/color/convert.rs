//! Whole rows to linear light, whole images to sRGB.

use super::cmyk::cmyk_to_rgb;
use super::icc::{MATRIX_BITS, Matrix, Profile, TableTransform};
use super::transfer::{Curve, FULL, InverseCurve, LINEAR_TO_SRGB, SRGB_TO_LINEAR};
use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::pixels::{Layout, LinearImage, Rgb, SrgbImage};

/// The color space of a file's samples.
pub(crate) struct SourceSpace {
    layout: Layout,
    curves: [Curve; 3],
    /// To sRGB's primaries, if the source has others.
    matrix: Option<Matrix>,
    /// Converts a row of samples to 8-bit sRGB, where curves and a matrix cannot.
    table: Option<TableTransform>,
}

impl SourceSpace {
    /// The space of samples in `layout` under the ICC profile `icc`. Without a profile, or with a
    /// broken one or one for other samples, they are sRGB (or plain CMYK).
    ///
    /// # Errors
    ///
    /// `Unsupported` for a profile made of tables, without the feature `icc-tables`.
    pub(crate) fn new(layout: Layout, icc: Option<&[u8]>) -> Result<Self> {
        let profile = match icc {
            Some(bytes) => Profile::parse(layout, bytes)?,
            None => None,
        };
        let srgb = [*SRGB_TO_LINEAR; 3];
        let (curves, matrix, table) = match profile {
            Some(Profile::Curves(curves, matrix)) => (*curves, matrix, None),
            Some(Profile::Table(table)) => (srgb, None, Some(table)),
            None => (srgb, None, None),
        };
        Ok(Self {
            layout,
            curves,
            matrix,
            table,
        })
    }

    /// Bytes of scratch that [`linearize`](Self::linearize) needs for a row of `pixels`.
    pub(crate) fn scratch(&self, pixels: usize) -> usize {
        if self.table.is_some() {
            pixels * self.layout.linear_channels()
        } else {
            0
        }
    }

    /// Converts decoded samples to linear, premultiplied pixels.
    pub(crate) fn linearize(
        &self,
        samples: &[u8],
        scratch: &mut [u8],
        out: &mut [u16],
    ) -> Result<()> {
        let Some(table) = &self.table else {
            self.apply_curves(self.layout, samples, out);
            return Ok(());
        };
        let scratch = scratch
            .get_mut(..out.len())
            .ok_or_else(|| Error::internal("the scratch of an ICC transform is too short"))?;
        table
            .transform(samples, scratch)
            .map_err(|_| Error::internal("an ICC transform does not fit its row"))?;
        let layout = if self.layout.has_alpha() {
            Layout::Rgba
        } else {
            Layout::Rgb
        };
        self.apply_curves(layout, scratch, out);
        Ok(())
    }

    fn apply_curves(&self, layout: Layout, samples: &[u8], out: &mut [u16]) {
        let [red, green, blue] = &self.curves;
        let linear = |curve: &Curve, sample: u8| curve[usize::from(sample)];
        match layout {
            Layout::Gray => map_pixels(samples, out, |&[v]| [linear(red, v); 3]),
            Layout::GrayAlpha => {
                map_pixels(samples, out, |&[v, a]| premultiply([linear(red, v); 3], a))
            }
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

#[cfg(test)]
mod tests {
    use moxcms::ColorProfile;

    use super::*;
    use crate::geometry::Size;
    use crate::limits::Limits;

    #[test]
    fn premultiplied_color_round_trips() {
        for alpha in [1u8, 3, 128, 254, 255] {
            let [r, g, b, a] = premultiply([65_535, 30_000, 0], alpha);
            let back = unpremultiply([r, g, b], a);
            assert!(back[0] == 65_535 && back[2] == 0 && back[1].abs_diff(30_000) < 300);
        }
    }

    #[test]
    fn a_broken_profile_is_ignored() {
        let space = SourceSpace::new(Layout::Rgb, Some(b"not a profile")).unwrap();
        assert_eq!(space.curves[0], *SRGB_TO_LINEAR);
    }

    #[test]
    fn display_p3_red_is_redder_than_srgb_can_be() {
        let icc = ColorProfile::new_display_p3().encode().unwrap();
        let space = SourceSpace::new(Layout::Rgb, Some(&icc)).unwrap();
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
