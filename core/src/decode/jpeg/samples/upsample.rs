//! Stretching a component to the image's size (T.81 A.1 leaves the method open).
//!
//! The triangle filter, libjpeg's "fancy" one: an output sample lies a quarter of the way from its
//! own input sample to the neighbour, and takes 3/4 of the one and 1/4 of the other on each axis.
//! Halves are rounded up and down in turn, so that no bias is left.

use crate::decode::jpeg::samples::grid::{Plane, Stretch};
use crate::decode::jpeg::samples::strip::Strip;

/// Writes the pixels `x0..` of row `y` to `out`, or lends them where they need no stretching.
pub(crate) fn row<'a>(
    plane: &Plane,
    strip: &'a Strip,
    y: u32,
    x0: u32,
    out: &'a mut [u8],
    sums: &mut [i16],
) -> &'a [u8] {
    let near = plane.down.sample(y);
    let (left, samples) = strip.row(near);
    match plane.stretch {
        Stretch::None => &samples[(x0 - left) as usize..][..out.len()],
        Stretch::Repeat => {
            for (x, out) in (x0..).zip(out.iter_mut()) {
                *out = samples[(plane.across.sample(x) - left) as usize];
            }
            out
        }
        Stretch::Triangle { across, down } => {
            let far = if down {
                strip.row(neighbour(y, plane.size.height)).1
            } else {
                samples
            };
            match (across, down) {
                (true, true) => both(samples, far, x0 - 2 * left, out, sums),
                (true, false) => wider(samples, x0 - 2 * left, out, sums),
                _ => taller(samples, far, y, (x0 - left) as usize, out),
            }
            out
        }
    }
}

/// The nearest other row of samples to row `y` of pixels, itself at the edges.
fn neighbour(y: u32, height: u32) -> u32 {
    if y.is_multiple_of(2) {
        (y / 2).saturating_sub(1)
    } else {
        (y / 2 + 1).min(height - 1)
    }
}

fn taller(near: &[u8], far: &[u8], y: u32, start: usize, out: &mut [u8]) {
    let bias = 1 + (y % 2) as u16;
    let (near, far) = (&near[start..][..out.len()], &far[start..][..out.len()]);
    for ((out, &near), &far) in out.iter_mut().zip(near).zip(far) {
        *out = ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8;
    }
}

fn wider(near: &[u8], skip: u32, out: &mut [u8], sums: &mut [i16]) {
    let sums = &mut sums[..near.len() + 2];
    for (sum, &near) in sums[1..].iter_mut().zip(near) {
        *sum = near.into();
    }
    doubled::<2, 1, 2>(sums, skip, out);
}

fn both(near: &[u8], far: &[u8], skip: u32, out: &mut [u8], sums: &mut [i16]) {
    let sums = &mut sums[..near.len() + 2];
    for ((sum, &near), &far) in sums[1..].iter_mut().zip(near).zip(far) {
        *sum = 3 * i16::from(near) + i16::from(far);
    }
    doubled::<4, 8, 7>(sums, skip, out);
}

/// Stretches the sums, between one place at each end for its neighbour, to twice their number;
/// `skip` outputs are left out. Left and right outputs are rounded with their own bias.
fn doubled<const SHIFT: u32, const LEFT: i16, const RIGHT: i16>(
    sums: &mut [i16],
    skip: u32,
    out: &mut [u8],
) {
    let last = sums.len() - 1;
    sums[0] = sums[1];
    sums[last] = sums[last - 1];
    let mut windows = sums[skip as usize / 2..].windows(3);
    let left = |w: &[i16]| ((3 * w[1] + w[0] + LEFT) >> SHIFT) as u8;
    let right = |w: &[i16]| ((3 * w[1] + w[2] + RIGHT) >> SHIFT) as u8;
    let (half, pairs) = out.split_at_mut(skip as usize % 2);
    if let [only] = half {
        *only = windows.next().map(right).unwrap_or_default();
    }
    for (pair, window) in pairs.chunks_mut(2).zip(windows) {
        pair[0] = left(window);
        if let Some(second) = pair.get_mut(1) {
            *second = right(window);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_triangle_takes_three_quarters_of_the_nearer_sample() {
        let (near, far) = ([0, 100, 200], [40, 40, 40]);
        let mut sums = [0; 5];
        let mut out = [0; 6];
        wider(&near, 0, &mut out, &mut sums);
        assert_eq!(out, [0, 25, 75, 125, 175, 200]);
        both(&near, &far, 0, &mut out, &mut sums);
        assert_eq!(out, [10, 29, 66, 104, 141, 160]);
    }

    #[test]
    fn a_row_may_begin_at_any_pixel() {
        let near: Vec<u8> = (0..40u8).map(|x| x.wrapping_mul(x)).collect();
        let mut sums = [0; 42];
        let mut whole = [0; 80];
        wider(&near, 0, &mut whole, &mut sums);
        for skip in 0..20 {
            let mut out = [0; 31];
            wider(&near, skip, &mut out, &mut sums);
            assert_eq!(out, whole[skip as usize..][..31]);
        }
    }
}
