//! YCbCr rows to RGB, as libwebp does it.
//!
//! Chroma has half as many samples across and down, each in the middle of four pixels. They are used
//! as stored, or interpolated ([`ChromaMode`]): 9/16 of the nearest sample, 3/16 of the next one across
//! and down, 1/16 of the one diagonally. libwebp computes that from rounded averages:
//!
//! ```text
//! near[i], near[i + 1]: the nearest row; far[i], far[i + 1]: the next one
//! sum          = near[i] + near[i + 1] + far[i] + far[i + 1] + 8
//! pixel 2i + 1 = (near[i]     + (sum + 2 (near[i + 1] + far[i])     >> 3)) >> 1
//! pixel 2i + 2 = (near[i + 1] + (sum + 2 (near[i]     + far[i + 1]) >> 3)) >> 1
//! first, last  = (3 near + far + 2) >> 2
//! ```

use std::ops::Range;

use super::alpha_rows::AlphaRows;
use super::halving::average_luma;
use super::planes::RowRing;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Row, RowSink};
use crate::plan::{ChromaMode, DecodeRequest};
use crate::simd::{self, IS_SCALAR};

/// Sends the rows of the region as RGB, or as RGBA.
pub(super) struct RgbWriter<'s, 'a, 'sink> {
    /// The height of the image that is sent.
    height: u32,
    region: Region,
    chroma: ChromaMode,
    /// Whether each pixel that is sent is the average of 2 x 2.
    halved: bool,
    /// The samples of chroma that are used of each row.
    samples: Range<usize>,
    alpha: Option<AlphaRows<'s, 'a>>,
    /// The next row to send.
    next: u32,
    /// The averages of luma, for each pixel of a row.
    averages: Buffer<u8>,
    /// U, then V, for each pixel of the samples that are used.
    full: [Buffer<u8>; 2],
    pixels: Buffer<u8>,
    sink: &'s mut RowSink<'sink>,
}

impl<'s, 'a, 'sink> RgbWriter<'s, 'a, 'sink> {
    pub(super) fn new(
        stored: Size,
        alpha: Option<AlphaRows<'s, 'a>>,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &'s mut RowSink<'sink>,
    ) -> Result<Self> {
        let (size, halved) = (stored.scaled(request.scale), request.scale == 4);
        let region = request.region;
        let samples = used_samples(region, size, halved);
        let width = region.size().width as usize;
        let channels = if alpha.is_some() { 4 } else { 3 };
        Ok(Self {
            height: size.height,
            region,
            chroma: request.chroma,
            halved,
            alpha,
            next: region.y0,
            averages: budget.buffer(if halved { width } else { 0 })?,
            full: [
                budget.buffer(2 * samples.len())?,
                budget.buffer(2 * samples.len())?,
            ],
            pixels: budget.buffer(channels * width)?,
            samples,
            sink,
        })
    }

    /// Sends the rows before stored row `end`, which is even or the last.
    pub(super) fn send_before(&mut self, end: u32, luma: &RowRing, chroma: &RowRing) -> Result<()> {
        let end = if self.halved { end.div_ceil(2) } else { end };
        while self.next < end.min(self.region.y1) {
            let y = self.next;
            if let Some(alpha) = &mut self.alpha {
                alpha.decode(y)?;
            }
            simd::dispatch(
                #[inline(always)]
                || self.convert(y, luma, chroma),
            );
            (self.sink)(Row {
                y,
                x: self.region.x0,
                step: 1,
                samples: &self.pixels,
            })?;
            self.next += 1;
        }
        Ok(())
    }

    #[inline(always)]
    fn convert(&mut self, y: u32, luma: &RowRing, chroma: &RowRing) {
        let alpha = self.alpha.as_ref().map(AlphaRows::sent);
        let columns = self.region.x0 as usize..self.region.x1 as usize;
        let [u, v] = &mut self.full;
        let near = chroma.row(if self.halved { y } else { y / 2 });
        let near = used(near, &self.samples);
        match self.chroma {
            _ if self.halved => separate(near, [u, v]),
            ChromaMode::AsStored => double(near, [u, v]),
            ChromaMode::Full => {
                let last = (self.height - 1) / 2;
                let next = if y.is_multiple_of(2) {
                    (y / 2).saturating_sub(1)
                } else {
                    y / 2 + 1
                };
                let far = used(chroma.row(next.min(last)), &self.samples);
                interpolate(near, far, [u, v]);
            }
        }
        let (luma, first) = if self.halved {
            let row = |y| &luma.row(y)[2 * columns.start..2 * columns.end];
            let rows = [row(2 * y), row(2 * y + 1)];
            let alpha = self.alpha.as_ref().map(AlphaRows::stored);
            average_luma(rows, alpha, &mut self.averages);
            (&*self.averages, 0)
        } else {
            let first = columns.start - 2 * self.samples.start;
            (&luma.row(y)[columns], first)
        };
        let chroma = [&u[first..], &v[first..]];
        convert_row(luma, chroma, alpha, &mut self.pixels);
    }
}

/// The samples of chroma that the region needs. At full size, interpolation needs one more at each side.
/// (The end of a part is interpolated in another way, but its last pixel is not used.)
fn used_samples(Region { x0, x1, .. }: Region, size: Size, halved: bool) -> Range<usize> {
    let (first, end) = if halved {
        (x0, x1)
    } else {
        let end = x1.div_ceil(2) + 1;
        ((x0 / 2).saturating_sub(1), end.min(size.width.div_ceil(2)))
    };
    first as usize..end as usize
}

/// The pairs of U and V of a row.
#[inline(always)]
fn used<'r>(row: &'r [u8], samples: &Range<usize>) -> &'r [[u8; 2]] {
    &row.as_chunks().0[samples.clone()]
}

/// Each sample for one pixel.
#[inline(always)]
fn separate(row: &[[u8; 2]], [u, v]: [&mut [u8]; 2]) {
    for ((u, v), &[row_u, row_v]) in u.iter_mut().zip(v).zip(row) {
        (*u, *v) = (row_u, row_v);
    }
}

/// Each sample for two pixels.
#[inline(always)]
fn double(near: &[[u8; 2]], [u, v]: [&mut [u8]; 2]) {
    let pairs = u
        .as_chunks_mut::<2>()
        .0
        .iter_mut()
        .zip(v.as_chunks_mut::<2>().0);
    for ((u, v), &[near_u, near_v]) in pairs.zip(near) {
        (*u, *v) = ([near_u; 2], [near_v; 2]);
    }
}

/// Interpolates a row of pixels from the nearest row of samples and the next one.
#[inline(always)]
fn interpolate(near: &[[u8; 2]], far: &[[u8; 2]], [u, v]: [&mut [u8]; 2]) {
    let samples = near.len();
    let at_end = |near: u8, far: u8| ((3 * u16::from(near) + u16::from(far) + 2) >> 2) as u8;
    let end = |i: usize| [0, 1].map(|plane| at_end(near[i][plane], far[i][plane]));
    [u[0], v[0]] = end(0);
    let pairs = near.windows(2).zip(far.windows(2));
    let u_out = u[1..].as_chunks_mut::<2>().0;
    let v_out = v[1..].as_chunks_mut::<2>().0;
    for (((near, far), u), v) in pairs.zip(u_out).zip(v_out) {
        let between = |plane: usize| {
            let [n0, n1] = [near[0][plane], near[1][plane]].map(u16::from);
            let [f0, f1] = [far[0][plane], far[1][plane]].map(u16::from);
            let sum = n0 + n1 + f0 + f1 + 8;
            let (rising, falling) = ((sum + 2 * (n1 + f0)) >> 3, (sum + 2 * (n0 + f1)) >> 3);
            [((n0 + rising) >> 1) as u8, ((n1 + falling) >> 1) as u8]
        };
        (*u, *v) = (between(0), between(1));
    }
    [u[2 * samples - 1], v[2 * samples - 1]] = end(samples - 1);
}

#[inline(always)]
fn convert_row(luma: &[u8], [u, v]: [&[u8]; 2], alpha: Option<&[u8]>, out: &mut [u8]) {
    /// Pixels whose channels are computed before they are interleaved.
    const CHUNK: usize = 64;
    let channels = if alpha.is_some() { 4 } else { 3 };
    if IS_SCALAR {
        let samples = luma.iter().zip(u).zip(v);
        for (index, (((&y, &u), &v), out)) in samples.zip(out.chunks_mut(channels)).enumerate() {
            let [r, g, b] = to_rgb(y, u, v);
            let alpha = alpha.and_then(|alpha| alpha.get(index)).copied();
            let pixel = [r, g, b, alpha.unwrap_or(0)];
            out.copy_from_slice(&pixel[..out.len().min(4)]);
        }
        return;
    }
    let mut planes = [[0u8; CHUNK]; 3];
    let chunks = luma.chunks(CHUNK).zip(u.chunks(CHUNK)).zip(v.chunks(CHUNK));
    let chunks = chunks.zip(out.chunks_mut(channels * CHUNK));
    for (index, (((y, u), v), out)) in chunks.enumerate() {
        let [r, g, b] = &mut planes;
        let samples = y.iter().zip(u).zip(v);
        for ((((&y, &u), &v), r), (g, b)) in samples.zip(r).zip(g.iter_mut().zip(b)) {
            [*r, *g, *b] = to_rgb(y, u, v);
        }
        let planes = planes[0].iter().zip(&planes[1]).zip(&planes[2]);
        if let Some(alpha) = alpha {
            let pixels = out.as_chunks_mut::<4>().0.iter_mut();
            let alpha = alpha.get(CHUNK * index..).unwrap_or(&[]);
            for ((pixel, ((&r, &g), &b)), &alpha) in pixels.zip(planes).zip(alpha) {
                *pixel = [r, g, b, alpha];
            }
        } else {
            let pixels = out.as_chunks_mut::<3>().0.iter_mut();
            for (pixel, ((&r, &g), &b)) in pixels.zip(planes) {
                *pixel = [r, g, b];
            }
        }
    }
}

/// BT.601 with a range of 16 to 235, in fixed point with 14 bits, of which libwebp drops 8 of each
/// product. No sum exceeds 16 bits.
#[inline(always)]
fn to_rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let product = |sample: u8, factor: u16| {
        // A factor of 16 bits each, so that vectors of 16 bits suffice.
        let sample = u16::from(sample) << 8;
        ((u32::from(sample) * u32::from(factor)) >> 16) as u16
    };
    let y = product(y, 19_077) as i16;
    let r = y + (product(v, 26_149) as i16 - 14_234);
    let g = y - product(u, 6_419) as i16 - product(v, 13_320) as i16 + 8_708;
    let b = (y as u16 + product(u, 33_050)).saturating_sub(17_685);
    let clamp = |sum: i16| (sum >> 6).clamp(0, 255) as u8;
    [clamp(r), clamp(g), (b >> 6).min(255) as u8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_those_of_libwebp() {
        let product = |sample: u8, factor: i32| (i32::from(sample) * factor) >> 8;
        let clamp = |sum: i32| (sum >> 6).clamp(0, 255) as u8;
        for y in 0..=255 {
            for u in (0..=255).step_by(3) {
                for v in (0..=255).step_by(3) {
                    let luma = product(y, 19_077);
                    let r = luma + product(v, 26_149) - 14_234;
                    let g = luma - product(u, 6_419) - product(v, 13_320) + 8_708;
                    let b = luma + product(u, 33_050) - 17_685;
                    assert_eq!(to_rgb(y, u, v), [r, g, b].map(clamp), "{y} {u} {v}");
                }
            }
        }
    }

    #[test]
    fn a_linear_ramp_of_chroma_stays_linear() {
        // U rises by 8 for each sample, V falls.
        let near: Vec<_> = (0..8).map(|i| [8 * i, 200 - 8 * i]).collect();
        let (mut u, mut v) = ([0; 16], [0; 16]);
        interpolate(&near, &near, [&mut u, &mut v]);
        let expected: Vec<u8> = (0..14).map(|i| 2 + 4 * i).collect();
        assert_eq!(u[1..15], expected);
        let falling: Vec<u8> = expected.iter().map(|value| 200 - value).collect();
        assert_eq!(v[1..15], falling);
        assert_eq!([u[0], u[15], v[0], v[15]], [0, 56, 200, 144]);
    }
}
