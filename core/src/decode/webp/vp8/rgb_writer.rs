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

use super::planes::RowRing;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Row, RowSink};
use crate::plan::{ChromaMode, DecodeRequest};
use crate::simd;

/// Sends the rows of the region as RGB.
pub(super) struct RgbWriter<'s, 'sink> {
    /// Width and height of the image that is sent.
    size: Size,
    region: Region,
    chroma: ChromaMode,
    /// Whether each pixel that is sent is the average of 2 x 2.
    halved: bool,
    /// The next row to send.
    next: u32,
    /// The averages of luma, for each pixel of a row.
    averages: Buffer<u8>,
    /// U, then V, for each pixel of a row.
    full: [Buffer<u8>; 2],
    rgb: Buffer<u8>,
    sink: &'s mut RowSink<'sink>,
}

impl<'s, 'sink> RgbWriter<'s, 'sink> {
    pub(super) fn new(
        stored: Size,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &'s mut RowSink<'sink>,
    ) -> Result<Self> {
        let (size, halved) = (stored.scaled(request.scale), request.scale == 4);
        // Room for a whole number of pairs.
        let width = size.width as usize + 2;
        Ok(Self {
            size,
            region: request.region,
            chroma: request.chroma,
            halved,
            next: request.region.y0,
            averages: budget.buffer(if halved { size.width as usize } else { 0 })?,
            full: [budget.buffer(width)?, budget.buffer(width)?],
            rgb: budget.buffer(3 * size.width as usize)?,
            sink,
        })
    }

    /// Whether all rows of the region are sent.
    pub(super) fn is_done(&self) -> bool {
        self.next >= self.region.y1
    }

    /// Sends the rows before stored row `end`, which is even or the last.
    pub(super) fn send_before(&mut self, end: u32, luma: &RowRing, chroma: &RowRing) -> Result<()> {
        let end = if self.halved { end.div_ceil(2) } else { end };
        while self.next < end.min(self.region.y1) {
            let y = self.next;
            simd::dispatch(
                #[inline(always)]
                || self.convert(y, luma, chroma),
            );
            let (from, to) = (3 * self.region.x0 as usize, 3 * self.region.x1 as usize);
            (self.sink)(Row {
                y,
                x: self.region.x0,
                step: 1,
                samples: &self.rgb[from..to],
            })?;
            self.next += 1;
        }
        Ok(())
    }

    #[inline(always)]
    fn convert(&mut self, y: u32, luma: &RowRing, chroma: &RowRing) {
        let [u, v] = &mut self.full;
        let near = chroma.row(if self.halved { y } else { y / 2 });
        let samples = self.size.width.div_ceil(2) as usize;
        match self.chroma {
            _ if self.halved => separate(near, [u, v]),
            ChromaMode::AsStored => double(near, samples, [u, v]),
            ChromaMode::Full => {
                let last = (self.size.height - 1) / 2;
                let next = if y.is_multiple_of(2) {
                    (y / 2).saturating_sub(1)
                } else {
                    y / 2 + 1
                };
                interpolate(near, chroma.row(next.min(last)), samples, [u, v]);
            }
        }
        let luma = if self.halved {
            average(luma.row(2 * y), luma.row(2 * y + 1), &mut self.averages);
            &self.averages
        } else {
            luma.row(y)
        };
        convert_row(luma, [u, v], &mut self.rgb);
    }
}

/// The averages of 2 x 2 samples of luma, in nearly linear light: with a gamma of 2, which is the root
/// of the mean square. Roots of floats are exact, so they are the same everywhere.
#[inline(always)]
fn average(upper: &[u8], lower: &[u8], out: &mut [u8]) {
    let pairs = upper
        .as_chunks::<2>()
        .0
        .iter()
        .zip(lower.as_chunks::<2>().0);
    for (out, (&upper, &lower)) in out.iter_mut().zip(pairs) {
        let root = ((squares(upper) + squares(lower)) as f32).sqrt();
        // Halves are rounded up: other sums are farther from a half than 1/2048. Adding 2^23 rounds to
        // the lowest bits.
        let rounded = 0.5 * root + (16.0 + 1.0 / 4096.0) + 8_388_608.0;
        *out = rounded.to_bits() as u8;
    }
}

/// The sum of two samples' squares above black.
#[inline(always)]
fn squares(pair: [u8; 2]) -> u32 {
    let pair = u16::from_le_bytes(pair);
    let square = |sample: u16| {
        let above_black = sample.saturating_sub(16);
        u32::from(above_black * above_black)
    };
    square(pair & 0xFF) + square(pair >> 8)
}

/// Each sample for one pixel.
#[inline(always)]
fn separate(row: &[u8], [u, v]: [&mut [u8]; 2]) {
    for ((u, v), &[row_u, row_v]) in u.iter_mut().zip(v).zip(row.as_chunks::<2>().0) {
        (*u, *v) = (row_u, row_v);
    }
}

/// Each sample for two pixels.
#[inline(always)]
fn double(near: &[u8], samples: usize, [u, v]: [&mut [u8]; 2]) {
    let pairs = u
        .as_chunks_mut::<2>()
        .0
        .iter_mut()
        .zip(v.as_chunks_mut::<2>().0);
    for ((u, v), &[near_u, near_v]) in pairs.zip(&near.as_chunks::<2>().0[..samples]) {
        (*u, *v) = ([near_u; 2], [near_v; 2]);
    }
}

/// Interpolates a row of pixels from the nearest row of samples and the next one.
#[inline(always)]
fn interpolate(near: &[u8], far: &[u8], samples: usize, [u, v]: [&mut [u8]; 2]) {
    let near = &near.as_chunks::<2>().0[..samples];
    let far = &far.as_chunks::<2>().0[..samples];
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
fn convert_row(luma: &[u8], [u, v]: [&mut [u8]; 2], out: &mut [u8]) {
    /// Pixels whose channels are computed before they are interleaved.
    const CHUNK: usize = 64;
    let mut planes = [[0u8; CHUNK]; 3];
    let chunks = luma.chunks(CHUNK).zip(u.chunks(CHUNK)).zip(v.chunks(CHUNK));
    for (((y, u), v), out) in chunks.zip(out.chunks_mut(3 * CHUNK)) {
        let [r, g, b] = &mut planes;
        let samples = y.iter().zip(u).zip(v);
        for ((((&y, &u), &v), r), (g, b)) in samples.zip(r).zip(g.iter_mut().zip(b)) {
            [*r, *g, *b] = to_rgb(y, u, v);
        }
        let planes = planes[0].iter().zip(&planes[1]).zip(&planes[2]);
        for (pixel, ((&r, &g), &b)) in out.as_chunks_mut::<3>().0.iter_mut().zip(planes) {
            *pixel = [r, g, b];
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
    fn luma_is_averaged_in_light_of_gamma_2() {
        for a in 0..=255u8 {
            for b in 0..=255 {
                let mut out = [0; 2];
                average(&[a, a, a, b], &[a, a, b, b], &mut out);
                let square = |sample: u8| f64::from(sample.max(16) - 16).powi(2);
                let expected = (square(a) + 3.0 * square(b)) / 4.0;
                assert_eq!(out[0], a.max(16));
                assert_eq!(f64::from(out[1]), (expected.sqrt() + 16.0).round());
            }
        }
    }

    #[test]
    fn a_linear_ramp_of_chroma_stays_linear() {
        // U rises by 8 for each sample, V falls.
        let near: Vec<u8> = (0..8).flat_map(|i| [8 * i, 200 - 8 * i]).collect();
        let (mut u, mut v) = ([0; 16], [0; 16]);
        interpolate(&near, &near, 8, [&mut u, &mut v]);
        let expected: Vec<u8> = (0..14).map(|i| 2 + 4 * i).collect();
        assert_eq!(u[1..15], expected);
        let falling: Vec<u8> = expected.iter().map(|value| 200 - value).collect();
        assert_eq!(v[1..15], falling);
        assert_eq!([u[0], u[15], v[0], v[15]], [0, 56, 200, 144]);
    }
}
