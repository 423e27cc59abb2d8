//! Upsampling a component to the image's size. T.81 A.1 leaves the method open.
//!
//! The triangle filter, libjpeg's "fancy upsampling": an output sample lies a quarter of the way
//! from its own input sample to a neighbor. On each axis it is 3/4 of the one plus 1/4 of the other:
//!
//! ```text
//! vertical:    sum[x]     = 3 near[x] + far[x]
//! horizontal:  out[2x]     = 3 sum[x] + sum[x - 1]
//!              out[2x + 1] = 3 sum[x] + sum[x + 1]
//! ```
//!
//! divided by 4 for each axis. Halves are rounded up and down in turn, so that there is no bias.

use super::grid::{ComponentGrid, Upsampling};
use super::strip::SampleStrip;

/// The samples of row `y` of the image from column `x0` on, as many as `out` has. They are written
/// to `out`, or borrowed from `strip` where the component has the image's size already.
///
/// `sums` is scratch space for the samples of one row, and two more.
#[inline(always)]
pub(crate) fn upsample_row<'a>(
    grid: &ComponentGrid,
    strip: &'a SampleStrip,
    y: u32,
    x0: u32,
    out: &'a mut [u8],
    sums: &mut [i16],
) -> &'a [u8] {
    let (left, near) = strip.row(grid.vertical.sample_at(y));
    let far = |vertical| match vertical {
        true => strip.row(neighbor_row(y, grid.size.height)).1,
        false => near,
    };
    match grid.upsampling {
        Upsampling::None => return &near[(x0 - left) as usize..][..out.len()],
        Upsampling::Replicate => {
            for (x, out) in (x0..).zip(out.iter_mut()) {
                *out = near[(grid.horizontal.sample_at(x) - left) as usize];
            }
        }
        Upsampling::Triangle {
            horizontal: true,
            vertical: true,
        } => upsample_h2v2(near, far(true), x0 - 2 * left, out, sums),
        Upsampling::Triangle {
            horizontal: true, ..
        } => upsample_h2v1(near, x0 - 2 * left, out, sums),
        Upsampling::Triangle { vertical, .. } => {
            upsample_h1v2(near, far(vertical), y, (x0 - left) as usize, out);
        }
    }
    out
}

/// The row of samples next to row `y` of pixels, other than its own. At the edges, its own.
fn neighbor_row(y: u32, height: u32) -> u32 {
    if y.is_multiple_of(2) {
        (y / 2).saturating_sub(1)
    } else {
        (y / 2 + 1).min(height - 1)
    }
}

#[inline(always)]
fn upsample_h1v2(near: &[u8], far: &[u8], y: u32, start: usize, out: &mut [u8]) {
    let bias = 1 + (y % 2) as u16;
    let (near, far) = (&near[start..][..out.len()], &far[start..][..out.len()]);
    for ((out, &near), &far) in out.iter_mut().zip(near).zip(far) {
        *out = ((3 * u16::from(near) + u16::from(far) + bias) >> 2) as u8;
    }
}

#[inline(always)]
fn upsample_h2v1(near: &[u8], skip: u32, out: &mut [u8], sums: &mut [i16]) {
    let sums = &mut sums[..near.len() + 2];
    for (sum, &near) in sums[1..].iter_mut().zip(near) {
        *sum = near.into();
    }
    filter_horizontal::<2, 1, 2>(sums, skip, out);
}

#[inline(always)]
fn upsample_h2v2(near: &[u8], far: &[u8], skip: u32, out: &mut [u8], sums: &mut [i16]) {
    let sums = &mut sums[..near.len() + 2];
    filter_vertical(near, far, &mut sums[1..]);
    filter_horizontal::<4, 8, 7>(sums, skip, out);
}

#[inline(always)]
fn filter_vertical(near: &[u8], far: &[u8], sums: &mut [i16]) {
    for ((sum, &near), &far) in sums.iter_mut().zip(near).zip(far) {
        *sum = 3 * i16::from(near) + i16::from(far);
    }
}

/// Filters the inner `sums` to twice their number of outputs, of which the first `skip` are left
/// out. The first and last sum are overwritten with copies of their neighbors, so that the edges
/// need no case of their own.
///
/// Left and right outputs are divided by 2^`SHIFT` and rounded with different biases.
#[inline(always)]
fn filter_horizontal<const SHIFT: u32, const LEFT_BIAS: i16, const RIGHT_BIAS: i16>(
    sums: &mut [i16],
    skip: u32,
    out: &mut [u8],
) {
    let last = sums.len() - 1;
    sums[0] = sums[1];
    sums[last] = sums[last - 1];
    let left = |near: i16, before: i16| ((3 * near + before + LEFT_BIAS) >> SHIFT) as u8;
    let right = |near: i16, after: i16| ((3 * near + after + RIGHT_BIAS) >> SHIFT) as u8;
    let mut sums = &sums[skip as usize / 2..];
    let (half, rest) = out.split_at_mut(skip as usize % 2);
    if let ([only], &[_, near, after, ..]) = (half, sums) {
        *only = right(near, after);
        sums = &sums[1..];
    }
    let (pairs, half) = rest.as_chunks_mut::<2>();
    let count = pairs.len();
    if let ([only], &[before, near, ..]) = (half, &sums[count..]) {
        *only = left(near, before);
    }
    let windows = sums.iter().zip(&sums[1..]).zip(&sums[2..]);
    for (pair, ((&before, &near), &after)) in pairs.iter_mut().zip(windows) {
        *pair = [left(near, before), right(near, after)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_three_quarters_of_the_nearer_sample() {
        let (near, far) = ([0, 100, 200], [40, 40, 40]);
        let mut sums = [0; 5];
        let mut out = [0; 6];
        upsample_h2v1(&near, 0, &mut out, &mut sums);
        assert_eq!(out, [0, 25, 75, 125, 175, 200]);
        upsample_h2v2(&near, &far, 0, &mut out, &mut sums);
        assert_eq!(out, [10, 29, 66, 104, 141, 160]);
    }

    #[test]
    fn a_row_may_begin_at_any_pixel() {
        let near: Vec<u8> = (0..40u8).map(|x| x.wrapping_mul(x)).collect();
        let mut sums = [0; 42];
        let mut whole = [0; 80];
        upsample_h2v1(&near, 0, &mut whole, &mut sums);
        for skip in 0..20 {
            let mut out = [0; 31];
            upsample_h2v1(&near, skip, &mut out, &mut sums);
            assert_eq!(out, whole[skip as usize..][..31]);
        }
    }
}
