//! The two passes of the filter.
//!
//! ```text
//! for each eight rows of the result:
//!     filter_vertical:    row = sum over the image's rows in its window of weight * row
//!     transpose:          the eight rows -> for each column, a vector of eight values
//!     filter_horizontal:  pixel = sum over the columns in its window of weight * column; rounded
//! ```
//!
//! Each sum is clamped to the range of the samples under the central lobe ([`Sums::clamped`]).
//!
//! The floats are the same on every CPU: each sum has one order, no multiplication is fused with an
//! addition, and lanes never mix. Minimum and maximum are exact.

use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, f32x8, i32x8, u16x8};

use super::kernel::{Kernel, Window, Windows};
use super::source::{RowSource, SourceRows};
use super::transfer::Transfer;
use crate::error::Result;
use crate::geometry::{Rect, Size};
use crate::limits::Budget;
use crate::pixels::LinearImage;
use crate::plan::{FilterRule, ResizeRule};
use crate::simd::{self, IS_SCALAR};
use crate::threads;

/// Values in a vector.
const LANES: usize = 8;
/// Vectors that the vertical pass keeps in registers, with a minimum and a maximum for each.
const VECTORS: usize = 4;
/// Samples in them.
const CHUNK: usize = VECTORS * LANES;
const FULL: f32 = u16::MAX as f32;

/// The part `crop` of `image` at exactly `size`. If `is_parallel`, two threads make a half each.
pub(super) fn filter(
    image: &LinearImage,
    crop: Rect,
    size: Size,
    rule: FilterRule,
    is_parallel: bool,
    budget: &Budget,
) -> Result<LinearImage> {
    let kernel = Kernel { sharp: rule.sharp };
    let windows = |span, side, count| Windows::new(kernel, span, side, count, budget);
    let passes = Passes {
        image,
        rule,
        across: windows((crop.x, crop.width), image.size.width, size.width)?,
        down: windows((crop.y, crop.height), image.size.height, size.height)?,
        budget,
    };
    let mut out = LinearImage::new(size, image.channels, budget)?;
    if !is_parallel {
        passes.rows(0..size.height, &mut out.samples)?;
        return Ok(out);
    }
    let middle = (size.height / 2)
        .next_multiple_of(LANES as u32)
        .min(size.height);
    let middle_sample = middle as usize * out.stride();
    let (top, bottom) = out.samples.split_at_mut(middle_sample);
    let (top, bottom) = threads::join(
        true,
        || passes.rows(0..middle, top),
        || passes.rows(middle..size.height, bottom),
    );
    top.and(bottom).map(|()| out)
}

/// The most bytes that [`filter`] holds on one thread beside the image and the result: weights, eight rows
/// of floats twice, and the rows and tables of another scale.
pub(crate) fn scratch_memory(crop: Rect, size: Size, rule: ResizeRule, channels: usize) -> u64 {
    let across = crop.width / f64::from(size.width);
    let down = crop.height / f64::from(size.height);
    let (mapped_rows, tables) = match rule {
        ResizeRule::Filter(rule) if rule.linear < 1.0 => {
            let seen = Windows::widest(down) + (LANES as f64 * down) as usize + 2;
            (seen, Transfer::MEMORY)
        }
        _ => (0, 0),
    };
    let columns = crop.width as usize + 2 * Windows::widest(across) + LANES;
    let column = 2 * LANES * size_of::<f32>() + mapped_rows * size_of::<u16>();
    let windows = Windows::memory(across, size.width) + Windows::memory(down, size.height);
    (columns * channels * column + windows + tables) as u64
}

/// Both passes of one resize.
struct Passes<'a> {
    image: &'a LinearImage,
    rule: FilterRule,
    across: Windows,
    down: Windows,
    budget: &'a Budget,
}

impl Passes<'_> {
    /// Makes `rows` of the result. The first is at the start of `out`.
    fn rows(&self, rows: Range<u32>, out: &mut [u16]) -> Result<()> {
        let (image, rule, budget) = (self.image, self.rule, self.budget);
        let columns = self.across.seen(0..self.across.count() as u32);
        let samples =
            columns.start as usize * image.channels..columns.end as usize * image.channels;
        let stride = samples.len().next_multiple_of(LANES);
        let mut lines = budget.buffer(LANES * stride)?;
        let mut transposed = budget.buffer(stride)?;
        let starts = || rows.clone().step_by(LANES);
        let steps = || starts().map(|y| y..rows.end.min(y + LANES as u32));
        let heights = steps().map(|rows| self.down.seen(rows).len());
        let height = heights.max().unwrap_or(0) as u32;
        let mut source = RowSource::new(image, samples.clone(), rule.linear, height, budget)?;
        let outs = out.chunks_mut(LANES * self.across.count() * image.channels);
        for (rows, out) in steps().zip(outs) {
            let seen = source.rows(self.down.seen(rows.clone()));
            dispatch!(simd::level(), simd => {
                for (row, line) in rows.zip(lines.chunks_mut(stride)) {
                    let line = &mut line[..samples.len()];
                    filter_vertical(simd, seen, self.down.window(row), rule.tolerance, line);
                }
                // The last step may have fewer than eight rows. The other lanes then hold older rows,
                // which `filter_horizontal` computes but does not write.
                transpose(simd, &lines, &mut transposed);
                let columns = Columns { first: columns.start, values: &transposed };
                match image.channels {
                    4 => filter_horizontal::<4, _>(simd, columns, &self.across, rule.tolerance, out),
                    _ => filter_horizontal::<3, _>(simd, columns, &self.across, rule.tolerance, out),
                }
            });
            source.linearize(out);
        }
        Ok(())
    }
}

/// `N` weighted sums, with the least and greatest of the samples under the central lobe.
struct Sums<S: Simd, const N: usize> {
    sums: [f32x8<S>; N],
    least: [f32x8<S>; N],
    greatest: [f32x8<S>; N],
}

impl<S: Simd, const N: usize> Sums<S, N> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        Self {
            sums: [f32x8::splat(simd, 0.0); N],
            least: [f32x8::splat(simd, f32::MAX); N],
            greatest: [f32x8::splat(simd, f32::MIN); N],
        }
    }

    /// Adds a sample of a side lobe.
    #[inline(always)]
    fn add(&mut self, values: [f32x8<S>; N], weight: f32) {
        for (sum, value) in self.sums.iter_mut().zip(values) {
            *sum += value * weight;
        }
    }

    /// Adds a sample of the central lobe.
    #[inline(always)]
    fn add_central(&mut self, values: [f32x8<S>; N], weight: f32) {
        self.add(values, weight);
        for (at, value) in values.into_iter().enumerate() {
            self.least[at] = self.least[at].min(value);
            self.greatest[at] = self.greatest[at].max(value);
        }
    }

    /// The sums within `[least (1 - tolerance), greatest (1 + tolerance)]`.
    ///
    /// Negative side lobes keep edges sharp, but also draw a second outline beside an edge of high
    /// contrast. The bound is relative, so that on black nothing of the outline is left, and so
    /// that it holds for premultiplied color too. It is never negative, because samples are not.
    #[inline(always)]
    fn clamped(self, tolerance: f32) -> [f32x8<S>; N] {
        let mut sums = self.sums;
        for (at, sum) in sums.iter_mut().enumerate() {
            let least = self.least[at] * (1.0 - tolerance);
            *sum = sum.max(least).min(self.greatest[at] * (1.0 + tolerance));
        }
        sums
    }
}

/// A row of the result, at the image's width.
#[inline(always)]
fn filter_vertical<S: Simd>(
    simd: S,
    rows: SourceRows<'_>,
    window: Window<'_>,
    tolerance: f32,
    line: &mut [f32],
) {
    if IS_SCALAR || line.len() < CHUNK {
        return vertical_scalar(rows, window, tolerance, line);
    }
    for at in chunks(line.len()) {
        vertical_chunk(simd, rows, window, tolerance, &mut line[at..], at);
    }
}

/// Where chunks begin that cover `length`. The last may overlap the one before: its samples are
/// computed twice, with the same result.
#[inline(always)]
fn chunks(length: usize) -> impl Iterator<Item = usize> {
    let rest = !length.is_multiple_of(CHUNK);
    let last = rest.then(|| length - CHUNK);
    (0..length / CHUNK).map(|at| at * CHUNK).chain(last)
}

#[inline(always)]
fn vertical_chunk<S: Simd>(
    simd: S,
    rows: SourceRows<'_>,
    window: Window<'_>,
    tolerance: f32,
    out: &mut [f32],
    at: usize,
) {
    let mut sums = Sums::<S, VECTORS>::new(simd);
    let mut y = window.first;
    for &weight in window.before {
        sums.add(floats(simd, rows.samples(y, at)), weight);
        y += 1;
    }
    for &weight in window.central {
        sums.add_central(floats(simd, rows.samples(y, at)), weight);
        y += 1;
    }
    for &weight in window.after {
        sums.add(floats(simd, rows.samples(y, at)), weight);
        y += 1;
    }
    let sums = sums.clamped(tolerance);
    for (out, sum) in out.as_chunks_mut::<LANES>().0.iter_mut().zip(sums) {
        *out = sum.into();
    }
}

/// A chunk of `samples`.
#[inline(always)]
fn floats<S: Simd>(simd: S, samples: &[u16]) -> [f32x8<S>; VECTORS] {
    let samples = &samples[..CHUNK];
    std::array::from_fn(|at| {
        let samples = u16x8::from_slice(simd, &samples[at * LANES..][..LANES]);
        let (low, high) = simd.widen_u16x8(samples);
        let wide: i32x8<S> = simd.combine_u32x4(low, high).bitcast();
        simd.cvt_f32_i32x8(wide)
    })
}

/// For an image narrower than a chunk, and where there are no vectors: the same operations, sample by
/// sample.
fn vertical_scalar(rows: SourceRows<'_>, window: Window<'_>, tolerance: f32, line: &mut [f32]) {
    let central = window.before.len()..window.before.len() + window.central.len();
    let weights = || {
        [window.before, window.central, window.after]
            .into_iter()
            .flatten()
    };
    for (at, out) in line.iter_mut().enumerate() {
        let (mut sum, mut least, mut greatest) = (0.0f32, f32::MAX, f32::MIN);
        for ((tap, y), &weight) in (window.first..).enumerate().zip(weights()) {
            let value = f32::from(rows.samples(y, at)[0]);
            sum += value * weight;
            if central.contains(&tap) {
                (least, greatest) = (least.min(value), greatest.max(value));
            }
        }
        *out = sum
            .max(least * (1.0 - tolerance))
            .min(greatest * (1.0 + tolerance));
    }
}

/// From eight lines to a vector of eight values for each column: three perfect shuffles transpose
/// eight columns.
#[inline(always)]
fn transpose<S: Simd>(simd: S, lines: &[f32], transposed: &mut [[f32; LANES]]) {
    let stride = transposed.len();
    if IS_SCALAR {
        for (at, column) in transposed.iter_mut().enumerate() {
            *column = std::array::from_fn(|lane| lines[lane * stride + at]);
        }
        return;
    }
    for (at, columns) in (0..)
        .step_by(LANES)
        .zip(transposed.as_chunks_mut::<LANES>().0)
    {
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

/// The values of two vectors, alternating.
#[inline(always)]
fn shuffled<S: Simd>(a: f32x8<S>, b: f32x8<S>) -> (f32x8<S>, f32x8<S>) {
    (a.zip_low(b), a.zip_high(b))
}

/// Eight rows, sample by sample of the columns from `first` on.
#[derive(Clone, Copy)]
struct Columns<'a> {
    first: u32,
    values: &'a [[f32; LANES]],
}

/// Up to eight rows of the result.
#[inline(always)]
fn filter_horizontal<const CHANNELS: usize, S: Simd>(
    simd: S,
    columns: Columns<'_>,
    across: &Windows,
    tolerance: f32,
    out: &mut [u16],
) {
    let pixels = columns.values.as_chunks::<CHANNELS>().0;
    let stride = across.count() * CHANNELS;
    for x in 0..across.count() {
        let window = across.window(x as u32);
        let seen = &pixels[(window.first - columns.first) as usize..];
        let sums = horizontal_pixel(simd, seen, window).clamped(tolerance);
        for (channel, sum) in sums.into_iter().enumerate() {
            // The range of a sample, because the cast below would wrap.
            let rounded = (sum + 0.5).max(0.0).min(FULL);
            let rounded: [i32; LANES] = simd.cvt_i32_f32x8(rounded).into();
            let places = out[x * CHANNELS + channel..].iter_mut().step_by(stride);
            for (sample, value) in places.zip(rounded) {
                *sample = value as u16;
            }
        }
    }
}

#[inline(always)]
fn horizontal_pixel<const CHANNELS: usize, S: Simd>(
    simd: S,
    pixels: &[[[f32; LANES]; CHANNELS]],
    window: Window<'_>,
) -> Sums<S, CHANNELS> {
    let mut sums = Sums::<S, CHANNELS>::new(simd);
    let (before, rest) = pixels.split_at(window.before.len());
    let (central, after) = rest.split_at(window.central.len());
    for (pixel, &weight) in before.iter().zip(window.before) {
        sums.add(pixel.map(|lanes| f32x8::simd_from(simd, lanes)), weight);
    }
    for (pixel, &weight) in central.iter().zip(window.central) {
        sums.add_central(pixel.map(|lanes| f32x8::simd_from(simd, lanes)), weight);
    }
    for (pixel, &weight) in after.iter().zip(window.after) {
        sums.add(pixel.map(|lanes| f32x8::simd_from(simd, lanes)), weight);
    }
    sums
}
