//! Components to pixels: the color transform (JFIF 1.02, p. 3; T.871 clause 7) and interleaving.
//!
//! ```text
//! R = Y                           + 1.402    (Cr - 128)
//! G = Y - 0.344136286 (Cb - 128) - 0.714136286 (Cr - 128)
//! B = Y + 1.772       (Cb - 128)
//! ```
//!
//! in integers with 16 fractional bits, rounded to nearest.

use crate::decode::jpeg::markers::ColorTransform;

/// Pixels that are converted before they are interleaved. As two loops, both compile to vectors.
const CHUNK: usize = 64;

const FRACTION_BITS: u32 = 16;
const HALF: i32 = 1 << (FRACTION_BITS - 1);
const CR_TO_R: i32 = 91_881;
const CB_TO_G: i32 = 22_554;
const CR_TO_G: i32 = 46_802;
const CB_TO_B: i32 = 116_130;

#[inline(always)]
fn ycbcr_to_rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let r = y + ((CR_TO_R * cr + HALF) >> FRACTION_BITS);
    let g = y + ((HALF - CB_TO_G * cb - CR_TO_G * cr) >> FRACTION_BITS);
    let b = y + ((CB_TO_B * cb + HALF) >> FRACTION_BITS);
    [r, g, b].map(|value| value.clamp(0, 255) as u8)
}

/// Converts one row of component samples to interleaved pixels, as many as `out` has room for.
#[inline(always)]
pub(crate) fn convert_row(transform: ColorTransform, components: [&[u8]; 4], out: &mut [u8]) {
    match transform {
        ColorTransform::Gray => out.copy_from_slice(&components[0][..out.len()]),
        ColorTransform::Rgb => interleave_3(components, out),
        ColorTransform::YCbCr => convert_ycbcr(components, out),
        ColorTransform::Cmyk => interleave_4(components, out, |c, m, y, k| {
            [c, m, y, k].map(|light| 255 - light)
        }),
        // The transform gives ink as if 255 were full (as libjpeg), so CMY is inverted twice.
        ColorTransform::Ycck => interleave_4(components, out, |y, cb, cr, k| {
            let [r, g, b] = ycbcr_to_rgb(y, cb, cr);
            [r, g, b, 255 - k]
        }),
    }
}

#[inline(always)]
fn convert_ycbcr([y, cb, cr, _]: [&[u8]; 4], out: &mut [u8]) {
    let mut rgb = [[0; CHUNK]; 3];
    for (start, out) in (0..).step_by(CHUNK).zip(out.chunks_mut(3 * CHUNK)) {
        let [r, g, b] = &mut rgb;
        let pixels = y[start..].iter().zip(&cb[start..]).zip(&cr[start..]);
        for ((((&y, &cb), &cr), r), (g, b)) in pixels.zip(r).zip(g.iter_mut().zip(b)) {
            [*r, *g, *b] = ycbcr_to_rgb(y, cb, cr);
        }
        interleave_3([&rgb[0], &rgb[1], &rgb[2], &[]], out);
    }
}

#[inline(always)]
fn interleave_3([r, g, b, _]: [&[u8]; 4], out: &mut [u8]) {
    for (((pixel, &r), &g), &b) in out.as_chunks_mut().0.iter_mut().zip(r).zip(g).zip(b) {
        *pixel = [r, g, b];
    }
}

#[inline(always)]
fn interleave_4(
    [a, b, c, d]: [&[u8]; 4],
    out: &mut [u8],
    pixel: impl Fn(u8, u8, u8, u8) -> [u8; 4],
) {
    let pixels = out.as_chunks_mut().0.iter_mut();
    for ((((out, &a), &b), &c), &d) in pixels.zip(a).zip(b).zip(c).zip(d) {
        *out = pixel(a, b, c, d);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_color_is_the_nearest_to_the_definition() {
        for (y, cb, cr) in (0..=255u8).flat_map(|y| {
            let steps = (0..=255u8).step_by(5);
            steps
                .clone()
                .flat_map(move |cb| steps.clone().map(move |cr| (y, cb, cr)))
        }) {
            let (l, u, v) = (f64::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
            let g = l - 0.114 * 1.772 / 0.587 * u - 0.299 * 1.402 / 0.587 * v;
            let exact = [l + 1.402 * v, g, l + 1.772 * u];
            for (found, exact) in ycbcr_to_rgb(y, cb, cr).into_iter().zip(exact) {
                assert!((f64::from(found) - exact.clamp(0.0, 255.0)).abs() < 0.501);
            }
        }
    }
}
