//! Resizes linear-light pixels with the Lanczos3 filter (Duchon 1979), rows first:
//!
//! ```text
//! for each eight rows of the result:
//!     down:    row = sum over the image's rows in its window of weight * row
//!     turn:    the eight rows -> for each column, a vector of eight values
//!     across:  pixel = sum over the columns in its window of weight * column; rounded
//! ```
//!
//! A result's sample is the image seen through a window centred on it, as wide as three samples
//! of the result to each side (three of the image, if that is smaller). Where the window reaches
//! over the image's edge, the weights inside make up for those outside.
//!
//! Floats, but the same ones everywhere: each sum has one order, and lanes never mix.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f32x8, i32x8, u16x8};

use crate::error::Result;
use crate::geometry::{Rect, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::LinearImage;
use crate::simd;

/// Values in a vector.
const LANES: usize = 8;
const LOBES: f64 = 3.0;
const FULL: i32 = u16::MAX as i32;

/// The part `crop` of `image` at exactly `size`.
pub(crate) fn resize(
    image: &LinearImage,
    crop: Rect,
    size: Size,
    budget: &Budget,
) -> Result<LinearImage> {
    let mut out = LinearImage::new(size, image.channels, budget)?;
    let across = Filter::new(crop.x, crop.width, image.size.width, size.width, budget)?;
    let down = Filter::new(crop.y, crop.height, image.size.height, size.height, budget)?;
    let columns = across.span();
    let first = columns.start * image.channels;
    let samples = columns.len() * image.channels;
    let stride = samples.next_multiple_of(LANES);
    let mut lines = budget.buffer(LANES * stride)?;
    let mut turned = budget.buffer(stride)?;
    for y in (0..size.height).step_by(LANES) {
        let rows = y..size.height.min(y + LANES as u32);
        dispatch!(simd::level(), simd => {
            for (row, line) in rows.clone().zip(lines.chunks_mut(stride)) {
                blend(simd, image, first, down.window(row), &mut line[..samples]);
            }
            turn(simd, &lines, &mut turned);
            match image.channels {
                4 => combine::<4, _>(simd, &turned, &across, rows, &mut out),
                _ => combine::<3, _>(simd, &turned, &across, rows, &mut out),
            }
        });
    }
    Ok(out)
}

/// Down: the sum of the rows in `window`, from sample `first` on.
#[inline(always)]
fn blend<S: Simd>(
    simd: S,
    image: &LinearImage,
    first: usize,
    window: Window<'_>,
    line: &mut [f32],
) {
    let (vectors, rest) = line.as_chunks_mut::<{ 4 * LANES }>();
    let done = first + vectors.len() * 4 * LANES;
    for (at, four) in (first..).step_by(4 * LANES).zip(vectors) {
        let mut sums = [f32x8::splat(simd, 0.0); 4];
        for (y, &weight) in (window.first..).zip(window.weights) {
            let samples = &image.row(y)[at..at + 4 * LANES];
            for (sum, samples) in sums.iter_mut().zip(samples.as_chunks::<LANES>().0) {
                *sum += floats(simd, samples) * weight;
            }
        }
        for (out, sum) in four.as_chunks_mut::<LANES>().0.iter_mut().zip(sums) {
            *out = sum.into();
        }
    }
    for (at, out) in (done..).zip(rest) {
        let rows = (window.first..).zip(window.weights);
        *out = rows.fold(0.0, |sum, (y, &weight)| {
            sum + f32::from(image.row(y)[at]) * weight
        });
    }
}

#[inline(always)]
fn floats<S: Simd>(simd: S, samples: &[u16; LANES]) -> f32x8<S> {
    let (low, high) = simd.widen_u16x8(u16x8::simd_from(simd, *samples));
    let wide: i32x8<S> = simd.combine_u32x4(low, high).bitcast();
    simd.cvt_f32_i32x8(wide)
}

/// From eight lines to a vector of eight values for each column: three perfect shuffles transpose
/// eight columns.
#[inline(always)]
fn turn<S: Simd>(simd: S, lines: &[f32], turned: &mut [[f32; LANES]]) {
    let stride = turned.len();
    for (at, columns) in (0..).step_by(LANES).zip(turned.as_chunks_mut::<LANES>().0) {
        let line = |lane: usize| f32x8::from_slice(simd, &lines[lane * stride + at..][..LANES]);
        let (a, b) = shuffled(line(0), line(4));
        let (c, d) = shuffled(line(1), line(5));
        let (e, f) = shuffled(line(2), line(6));
        let (g, h) = shuffled(line(3), line(7));
        let ((i, j), (k, l)) = (shuffled(a, e), shuffled(b, f));
        let ((m, n), (o, p)) = (shuffled(c, g), shuffled(d, h));
        let pairs = [
            shuffled(i, m),
            shuffled(j, n),
            shuffled(k, o),
            shuffled(l, p),
        ];
        for (two, (first, second)) in columns.as_chunks_mut::<2>().0.iter_mut().zip(pairs) {
            *two = [first.into(), second.into()];
        }
    }
}

/// The values of two vectors in turn.
#[inline(always)]
fn shuffled<S: Simd>(a: f32x8<S>, b: f32x8<S>) -> (f32x8<S>, f32x8<S>) {
    (a.zip_low(b), a.zip_high(b))
}

/// Across: the sums of the columns in each window, to `rows` of `out`.
#[inline(always)]
fn combine<const CHANNELS: usize, S: Simd>(
    simd: S,
    turned: &[[f32; LANES]],
    across: &Filter,
    rows: std::ops::Range<u32>,
    out: &mut LinearImage,
) {
    let columns = turned.as_chunks::<CHANNELS>().0;
    let start = across.span().start;
    let stride = out.stride();
    let lines = &mut out.samples[rows.start as usize * stride..rows.end as usize * stride];
    for x in 0..stride / CHANNELS {
        let window = across.window(x as u32);
        let mut sums = [f32x8::splat(simd, 0.5); CHANNELS];
        let columns = &columns[window.first as usize - start..];
        for (column, &weight) in columns.iter().zip(window.weights) {
            for (sum, lanes) in sums.iter_mut().zip(column) {
                *sum += f32x8::simd_from(simd, *lanes) * weight;
            }
        }
        for (channel, sum) in sums.into_iter().enumerate() {
            let whole = simd.cvt_i32_f32x8(sum.max(0.0)).min(FULL);
            let whole: [i32; LANES] = whole.into();
            let places = lines[x * CHANNELS + channel..].iter_mut().step_by(stride);
            for (sample, value) in places.zip(whole) {
                *sample = value as u16;
            }
        }
    }
}

/// The windows of one axis.
struct Filter {
    /// For each sample of the result, the first of the image in its window.
    firsts: Buffer<u32>,
    /// Where its weights end.
    ends: Buffer<u32>,
    weights: Buffer<f32>,
}

/// What one sample of the result sees.
#[derive(Clone, Copy)]
struct Window<'a> {
    first: u32,
    weights: &'a [f32],
}

impl Filter {
    /// Maps the `length` samples from `start` on, of an axis of `side`, to `count`.
    fn new(start: f64, length: f64, side: u32, count: u32, budget: &Budget) -> Result<Self> {
        let shrink = length / f64::from(count);
        let scale = shrink.max(1.0);
        let widest = (2.0 * LOBES * scale).ceil() as usize + 1;
        let mut filter = Self {
            firsts: budget.buffer(count as usize)?,
            ends: budget.buffer(count as usize)?,
            weights: budget.buffer(count as usize * widest.min(side as usize))?,
        };
        let mut end = 0;
        for at in 0..count as usize {
            let centre = start + (at as f64 + 0.5) * shrink;
            let (first, last) = (centre - LOBES * scale, centre + LOBES * scale);
            let first = ((first - 0.5).ceil().max(0.0) as u32).min(side - 1);
            let last = ((last - 0.5).floor().max(0.0) as u32).clamp(first, side - 1);
            let count = (last - first + 1) as usize;
            weigh(first, centre, scale, &mut filter.weights[end..end + count]);
            end += count;
            filter.firsts[at] = first;
            filter.ends[at] = end as u32;
        }
        Ok(filter)
    }

    #[inline(always)]
    fn window(&self, at: u32) -> Window<'_> {
        let at = at as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        Window {
            first: self.firsts[at],
            weights: &self.weights[start as usize..self.ends[at] as usize],
        }
    }

    /// The image's samples that any window sees.
    fn span(&self) -> std::ops::Range<usize> {
        let last = self.window(self.firsts.len() as u32 - 1);
        self.firsts[0] as usize..last.first as usize + last.weights.len()
    }
}

/// The weights of the samples from `first` on: Lanczos3 of their middles' distance from `centre`,
/// made to add up to one.
fn weigh(first: u32, centre: f64, scale: f64, weights: &mut [f32]) {
    let mut sum = 0.0;
    for (at, weight) in (first..).zip(weights.iter_mut()) {
        let value = lanczos((f64::from(at) + 0.5 - centre) / scale);
        sum += value;
        *weight = value as f32;
    }
    for weight in weights {
        *weight = (f64::from(*weight) / sum) as f32;
    }
}

fn lanczos(x: f64) -> f64 {
    if x.abs() < LOBES {
        sinc(x) * sinc(x / LOBES)
    } else {
        0.0
    }
}

/// libm's sine and not std's: the same everywhere.
fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x == 0.0 { 1.0 } else { libm::sin(x) / x }
}

/// Half the size in both directions, averaging 2 x 2 pixels; odd edges stand alone.
pub(crate) fn halve(image: &LinearImage, budget: &Budget) -> Result<LinearImage> {
    let size = Size::new(image.size.width.div_ceil(2), image.size.height.div_ceil(2));
    let mut out = LinearImage::new(size, image.channels, budget)?;
    for y in 0..size.height {
        let lower = (2 * y + 1).min(image.size.height - 1);
        let (above, below) = (image.row(2 * y), image.row(lower));
        match image.channels {
            4 => halve_rows::<4>(above, below, out.row_mut(y)),
            _ => halve_rows::<3>(above, below, out.row_mut(y)),
        }
    }
    Ok(out)
}

fn halve_rows<const CHANNELS: usize>(above: &[u16], below: &[u16], out: &mut [u16]) {
    let (above, below) = (
        above.as_chunks::<CHANNELS>().0,
        below.as_chunks::<CHANNELS>().0,
    );
    let quads = above.chunks(2).zip(below.chunks(2));
    for ((above, below), pixel) in quads.zip(out.as_chunks_mut::<CHANNELS>().0) {
        let (left, right) = (0, above.len() - 1);
        for (channel, sample) in pixel.iter_mut().enumerate() {
            let at = |row: &[[u16; CHANNELS]], x: usize| u32::from(row[x][channel]);
            let sum = at(above, left) + at(above, right) + at(below, left) + at(below, right);
            *sample = ((sum + 2) / 4) as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::simd::BASELINE_ONLY;

    fn budget() -> Budget {
        Budget::new(&Limits::default())
    }

    fn noise(size: Size, channels: usize) -> LinearImage {
        let mut image = LinearImage::new(size, channels, &budget()).unwrap();
        let mut seed = 7u32;
        for sample in image.samples.iter_mut() {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (seed >> 16) as u16;
        }
        image
    }

    /// One sample of the result by the definition.
    fn exact(image: &LinearImage, crop: Rect, size: Size, x: u32, y: u32, channel: usize) -> f64 {
        let weights = |at: u32, start: f64, length: f64, side: u32, count: u32| {
            let shrink = length / f64::from(count);
            let centre = start + (f64::from(at) + 0.5) * shrink;
            let weight = move |i: u32| lanczos((f64::from(i) + 0.5 - centre) / shrink.max(1.0));
            let sum: f64 = (0..side).map(weight).sum();
            (0..side).map(move |i| weight(i) / sum)
        };
        let down = weights(y, crop.y, crop.height, image.size.height, size.height);
        let rows = (0..).zip(down).map(|(row, down)| {
            let across = weights(x, crop.x, crop.width, image.size.width, size.width);
            let pixels = image.row(row).chunks(image.channels).zip(across);
            let sum: f64 = pixels
                .map(|(pixel, weight)| f64::from(pixel[channel]) * weight)
                .sum();
            down * sum
        });
        rows.sum::<f64>().clamp(0.0, FULL.into())
    }

    const CROP: Rect = Rect {
        x: 0.3,
        y: 1.7,
        width: 59.1,
        height: 31.9,
    };
    const SIZES: [Size; 3] = [
        Size {
            width: 17,
            height: 11,
        },
        Size {
            width: 64,
            height: 33,
        },
        Size {
            width: 101,
            height: 50,
        },
    ];

    #[test]
    fn each_sample_is_the_image_through_its_window() {
        for (channels, size) in [3, 4].into_iter().flat_map(|c| SIZES.map(|size| (c, size))) {
            let image = noise(Size::new(61, 37), channels);
            let got = resize(&image, CROP, size, &budget()).unwrap();
            for (at, &sample) in got.samples.iter().enumerate().step_by(7) {
                let (pixel, channel) = (at / channels, at % channels);
                let (x, y) = (pixel as u32 % size.width, pixel as u32 / size.width);
                let error = f64::from(sample) - exact(&image, CROP, size, x, y, channel);
                assert!(error.abs() < 0.6, "{size:?} {x} {y} {error}");
            }
        }
    }

    #[test]
    fn every_instruction_set_gives_the_same_samples() {
        for (channels, size) in [3, 4].into_iter().flat_map(|c| SIZES.map(|size| (c, size))) {
            let image = noise(Size::new(61, 37), channels);
            let best = resize(&image, CROP, size, &budget()).unwrap();
            BASELINE_ONLY.set(true);
            let plain = resize(&image, CROP, size, &budget()).unwrap();
            BASELINE_ONLY.set(false);
            assert!(plain.samples[..] == best.samples[..]);
        }
    }

    #[test]
    fn a_flat_image_stays_flat_at_any_size() {
        let mut image = LinearImage::new(Size::new(50, 3), 3, &budget()).unwrap();
        image.samples.fill(65_535);
        let crop = Rect::whole(image.size);
        for size in [
            Size::new(1, 1),
            Size::new(7, 9),
            Size::new(50, 3),
            Size::new(90, 90),
        ] {
            let got = resize(&image, crop, size, &budget()).unwrap();
            assert!(
                got.samples.iter().all(|&sample| sample == 65_535),
                "{size:?}"
            );
        }
    }

    #[test]
    fn a_crop_a_hair_outside_of_the_image_sees_its_edge() {
        let image = noise(Size::new(5, 5), 3);
        let crop = Rect {
            x: 4.999_999,
            y: 5.000_001,
            width: 0.000_01,
            height: 0.000_01,
        };
        let size = Size::square(1);
        let got = resize(&image, crop, size, &budget()).unwrap();
        for (channel, &sample) in got.samples.iter().enumerate() {
            let error = f64::from(sample) - exact(&image, crop, size, 0, 0, channel);
            assert!(error.abs() < 0.6, "{error}");
        }
    }

    #[test]
    fn a_halved_image_averages_and_keeps_odd_edges() {
        let budget = budget();
        let mut image = LinearImage::new(Size::new(3, 3), 3, &budget).unwrap();
        for (value, pixel) in (0..).zip(image.samples.chunks_exact_mut(3)) {
            pixel.fill(value * 4);
        }
        let half = halve(&image, &budget).unwrap();
        assert_eq!(half.size, Size::square(2));
        let red: Vec<u16> = half.samples.iter().copied().step_by(3).collect();
        assert_eq!(red, [8, 14, 26, 32]);
    }
}
