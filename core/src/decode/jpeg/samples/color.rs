//! Components to pixels: interleaving and the colour transform (JFIF 1.02, p. 3; T.871 clause 7).
//!
//! ```text
//! R = Y                           + 1.402    (Cr - 128)
//! G = Y - 0.344136286 (Cb - 128) - 0.714136286 (Cr - 128)
//! B = Y + 1.772       (Cb - 128)
//! ```
//!
//! in integers with 16 fractional bits, rounded to the nearest.

/// What the components of a file mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transform {
    Gray,
    Rgb,
    Ycc,
    /// `inverted`: stored as 255 less the ink, as everything from Adobe is.
    Cmyk {
        inverted: bool,
    },
    /// The inks' complement as YCbCr, and K.
    Ycck {
        inverted: bool,
    },
}

/// Pixels that are transformed and then interleaved: apart, each of the two loops vectorises.
const PIECE: usize = 64;

const BITS: u32 = 16;
const HALF: i32 = 1 << (BITS - 1);
const CR_TO_R: i32 = 91_881;
const CB_TO_G: i32 = 22_554;
const CR_TO_G: i32 = 46_802;
const CB_TO_B: i32 = 116_130;

#[inline(always)]
fn to_rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let r = y + ((CR_TO_R * cr + HALF) >> BITS);
    let g = y + ((HALF - CB_TO_G * cb - CR_TO_G * cr) >> BITS);
    let b = y + ((CB_TO_B * cb + HALF) >> BITS);
    [r, g, b].map(|value| value.clamp(0, 255) as u8)
}

/// Interleaves one row of `planes`, as long as `out` has room for.
#[inline(always)]
pub(crate) fn interleave(transform: Transform, planes: [&[u8]; 4], out: &mut [u8]) {
    let [a, b_, c, d] = planes;
    match transform {
        Transform::Gray => out.copy_from_slice(&a[..out.len()]),
        Transform::Rgb => three(planes, out),
        Transform::Ycc => {
            let mut rgb = [[0; PIECE]; 3];
            for (at, out) in (0..).step_by(PIECE).zip(out.chunks_mut(3 * PIECE)) {
                let [r, g, b] = &mut rgb;
                let ycc = a[at..].iter().zip(&b_[at..]).zip(&c[at..]);
                for ((((&y, &cb), &cr), r), (g, b)) in ycc.zip(r).zip(g.iter_mut().zip(b)) {
                    [*r, *g, *b] = to_rgb(y, cb, cr);
                }
                three([&rgb[0], &rgb[1], &rgb[2], &[]], out);
            }
        }
        Transform::Cmyk { inverted } => four(planes, out, |c, m, y, k| {
            let flip = if inverted { 255 } else { 0 };
            [c, m, y, k].map(|ink| ink ^ flip)
        }),
        Transform::Ycck { inverted } => {
            let flip = if inverted { 255 } else { 0 };
            four([a, b_, c, d], out, |y, cb, cr, k| {
                let [r, g, b] = to_rgb(y, cb, cr);
                [255 - r, 255 - g, 255 - b, k].map(|ink| ink ^ flip)
            });
        }
    }
}

#[inline(always)]
fn three([r, g, b, _]: [&[u8]; 4], out: &mut [u8]) {
    for (((pixel, &r), &g), &b) in out.as_chunks_mut().0.iter_mut().zip(r).zip(g).zip(b) {
        *pixel = [r, g, b];
    }
}

#[inline(always)]
fn four(planes: [&[u8]; 4], out: &mut [u8], pixel: impl Fn(u8, u8, u8, u8) -> [u8; 4]) {
    let [a, b, c, d] = planes;
    let pixels = out.as_chunks_mut().0.iter_mut();
    for ((((out, &a), &b), &c), &d) in pixels.zip(a).zip(b).zip(c).zip(d) {
        *out = pixel(a, b, c, d);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_the_nearest_to_the_definition() {
        for (y, cb, cr) in (0..=255u8).flat_map(|y| {
            let steps = (0..=255u8).step_by(5);
            steps
                .clone()
                .flat_map(move |cb| steps.clone().map(move |cr| (y, cb, cr)))
        }) {
            let (l, u, v) = (f64::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
            let g = l - 0.114 * 1.772 / 0.587 * u - 0.299 * 1.402 / 0.587 * v;
            let exact = [l + 1.402 * v, g, l + 1.772 * u];
            for (got, exact) in to_rgb(y, cb, cr).into_iter().zip(exact) {
                assert!((f64::from(got) - exact.clamp(0.0, 255.0)).abs() < 0.501);
            }
        }
    }
}
