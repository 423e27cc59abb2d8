//! The resizer in plain loops, for wasm that must do without simd128.
//!
//! fast_image_resize compiles its vector code into every wasm, and one function with vectors
//! brings them into the whole module. This is the same arithmetic: weights in fixed point, rows
//! before columns, 16 bits between the passes. A test holds it to the same samples.

use std::ops::Range;

use super::lanczos;
use crate::geometry::Rect;
use crate::pixels::Linear;

/// Where the filter is zero, in source pixels at scale 1.
const SUPPORT: f64 = 3.0;

/// The part `crop` of `image`, as large as `out`.
pub(super) fn resize(image: &Linear, crop: Rect, out: &mut Linear) {
    match image.channels {
        4 => both_passes::<4>(image, crop, out),
        _ => both_passes::<3>(image, crop, out),
    }
}

fn both_passes<const CHANNELS: usize>(image: &Linear, crop: Rect, out: &mut Linear) {
    let across = Weights::new(image.size.width, crop.x, crop.width, out.size.width);
    let down = Weights::new(image.size.height, crop.y, crop.height, out.size.height);
    let stride = out.size.width as usize * CHANNELS;
    let rows = down.reach();
    let mut between = vec![0u16; rows.len() * stride];
    for (y, row) in rows.clone().zip(between.chunks_exact_mut(stride)) {
        across.apply_across::<CHANNELS>(image.row(y as u32), row);
    }
    let between: Vec<&[u16]> = between.chunks_exact(stride).collect();
    for (window, row) in down
        .windows
        .iter()
        .zip(out.samples.chunks_exact_mut(stride))
    {
        let above = window.start - rows.start;
        down.apply_down(window, &between[above..above + window.weights.len()], row);
    }
}

/// The weights of one direction, in 1/2^precision.
struct Weights {
    precision: u32,
    windows: Vec<Window>,
}

/// The source pixels that make one pixel.
struct Window {
    start: usize,
    weights: Vec<i32>,
}

impl Weights {
    /// From the `length` of pixels from `start` on, of `source`, to `target` pixels.
    fn new(source: u32, start: f64, length: f64, target: u32) -> Self {
        if f64::from(target) == length && start == start.round() {
            return Self::copying(start as usize, target as usize);
        }
        let scale = length / f64::from(target);
        let windows = (0..target).map(|at| {
            let centre = start + (f64::from(at) + 0.5) * scale;
            sampled(centre, scale.max(1.0), source)
        });
        Self::in_fixed_point(&windows.collect::<Vec<_>>())
    }

    fn copying(start: usize, count: usize) -> Self {
        let window = |start| Window {
            start,
            weights: vec![1 << 30],
        };
        Self {
            precision: 30,
            windows: (start..start + count).map(window).collect(),
        }
    }

    /// As precise as 31 bits hold the largest weight.
    fn in_fixed_point(windows: &[(usize, Vec<f64>)]) -> Self {
        let all = windows.iter().flat_map(|(_, weights)| weights);
        let largest = all.copied().fold(f64::MIN, f64::max);
        let fits = |bits: u32| (largest * (1i64 << bits) as f64).round() < (1i64 << 31) as f64;
        let precision = (1..46).take_while(|&bits| fits(bits)).last().unwrap_or(0);
        let scale = (1i64 << precision) as f64;
        let window = |(start, weights): &(usize, Vec<f64>)| Window {
            start: *start,
            weights: weights.iter().map(|w| (w * scale).round() as i32).collect(),
        };
        Self {
            precision,
            windows: windows.iter().map(window).collect(),
        }
    }

    /// The source pixels that any window reaches.
    fn reach(&self) -> Range<usize> {
        let start = self.windows.first().map_or(0, |window| window.start);
        let last = self.windows.last();
        start..last.map_or(0, |window| window.start + window.weights.len())
    }

    fn apply_across<const CHANNELS: usize>(&self, source: &[u16], out: &mut [u16]) {
        let source = source.as_chunks::<CHANNELS>().0;
        for (window, pixel) in self.windows.iter().zip(out.as_chunks_mut::<CHANNELS>().0) {
            let mut sums = [self.half(); CHANNELS];
            for (&weight, samples) in window.weights.iter().zip(&source[window.start..]) {
                for (sum, &sample) in sums.iter_mut().zip(samples) {
                    *sum += i64::from(sample) * i64::from(weight);
                }
            }
            *pixel = sums.map(|sum| self.rounded(sum));
        }
    }

    fn apply_down(&self, window: &Window, rows: &[&[u16]], out: &mut [u16]) {
        for (x, sample) in out.iter_mut().enumerate() {
            let products = window.weights.iter().zip(rows);
            let sum = products.map(|(&weight, row)| i64::from(row[x]) * i64::from(weight));
            *sample = self.rounded(self.half() + sum.sum::<i64>());
        }
    }

    fn half(&self) -> i64 {
        1 << (self.precision - 1)
    }

    fn rounded(&self, sum: i64) -> u16 {
        (sum >> self.precision).clamp(0, u16::MAX.into()) as u16
    }
}

/// The filter at the pixels around `centre`, without zeros at either end; their sum is 1.
fn sampled(centre: f64, scale: f64, source: u32) -> (usize, Vec<f64>) {
    let radius = SUPPORT * scale;
    let first = (centre - radius).floor().max(0.0) as u32;
    let last = (centre + radius).ceil().min(source.into()) as u32;
    let weight = |x| lanczos((f64::from(x) - (centre - 0.5)) * (1.0 / scale));
    let mut weights: Vec<f64> = (first..last).map(weight).collect();
    let zeros = weights.iter().take_while(|&&weight| weight == 0.0).count();
    weights.drain(..zeros);
    while weights.last() == Some(&0.0) {
        weights.pop();
    }
    let sum: f64 = weights.iter().sum();
    if sum != 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    (first as usize + zeros, weights)
}
