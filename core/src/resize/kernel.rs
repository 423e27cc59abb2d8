//! Kernels, and the window of image samples from which each sample of the result is computed.

use crate::error::Result;
use crate::limits::{Budget, Buffer};

/// A sample within this distance of the edge of the central lobe counts as outside of it: a
/// rounding error in the crop must not decide whether the sample bounds the result.
const EDGE: f64 = 1e-6;

/// Half of the width of Magic Kernel Sharp 2013.
const MOST_SUPPORT: f64 = 2.5;

/// `(1 - sharp) CatmullRom + sharp MagicKernelSharp2013`.
#[derive(Clone, Copy)]
pub(super) struct Kernel {
    pub(super) sharp: f64,
}

impl Kernel {
    /// Half of its width, in samples of the result (of the image, where that is larger).
    pub(super) fn support(self) -> f64 {
        if self.sharp > 0.0 { MOST_SUPPORT } else { 2.0 }
    }

    pub(super) fn at(self, x: f64) -> f64 {
        (1.0 - self.sharp) * catmull_rom(x) + self.sharp * magic_kernel_sharp(x)
    }
}

/// The interpolating cubic of Catmull and Rom (1974).
fn catmull_rom(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((2.5 - 0.5 * x) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}

/// Magic Kernel Sharp 2013 (Costella): a quadratic B-spline, sharpened by one step.
fn magic_kernel_sharp(x: f64) -> f64 {
    let x = x.abs();
    if x <= 0.5 {
        1.0625 - 1.75 * x * x
    } else if x <= 1.5 {
        (x - 2.75) * x + 1.75
    } else if x <= 2.5 {
        (0.625 - 0.125 * x) * x - 0.78125
    } else {
        0.0
    }
}

/// The windows of one axis.
pub(super) struct Windows {
    spans: Buffer<WindowSpan>,
    weights: Buffer<f32>,
}

/// Where a window's samples and weights are.
#[derive(Clone, Copy, Debug, Default)]
struct WindowSpan {
    /// The first sample of the image.
    first: u32,
    /// The first of `length` weights.
    start: usize,
    length: u32,
    /// The weights before the central lobe, and those in it.
    before: u32,
    central: u32,
}

/// The image samples from which one sample of the result is computed, with their weights.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    /// The first sample of the image.
    pub(super) first: u32,
    /// The weights before the central lobe (`|x| < 1`), in it, and after it.
    pub(super) before: &'a [f32],
    pub(super) central: &'a [f32],
    pub(super) after: &'a [f32],
}

impl Windows {
    /// The most samples in a window of any kernel.
    pub(super) fn widest(shrink: f64) -> usize {
        (2.0 * MOST_SUPPORT * shrink.max(1.0)).ceil() as usize + 1
    }

    /// The most bytes that `count` windows take.
    pub(super) fn memory(shrink: f64, count: u32) -> usize {
        count as usize * (size_of::<WindowSpan>() + Self::widest(shrink) * size_of::<f32>())
    }

    /// Maps the `length` samples from `start` on, of an axis of `side`, to `count`.
    pub(super) fn new(
        kernel: Kernel,
        (start, length): (f64, f64),
        side: u32,
        count: u32,
        budget: &Budget,
    ) -> Result<Self> {
        let shrink = length / f64::from(count);
        let scale = shrink.max(1.0);
        let widest = (2.0 * kernel.support() * scale).ceil() as usize + 1;
        let mut windows = Self {
            spans: budget.buffer(count as usize)?,
            weights: budget.buffer(count as usize * widest.min(side as usize))?,
        };
        let mut free = 0;
        for (at, span) in windows.spans.iter_mut().enumerate() {
            let center = start + (at as f64 + 0.5) * shrink;
            *span = WindowSpan::new(kernel.support() * scale, center, scale, side);
            span.start = free;
            free += span.length as usize;
            let weights = &mut windows.weights[span.start..free];
            weigh(kernel, span.first, center, scale, weights);
        }
        Ok(windows)
    }

    /// The window of sample `at` of the result.
    #[inline(always)]
    pub(super) fn window(&self, at: u32) -> Window<'_> {
        let span = self.spans[at as usize];
        let weights = &self.weights[span.start..][..span.length as usize];
        let (before, rest) = weights.split_at(span.before as usize);
        let (central, after) = rest.split_at(span.central as usize);
        Window {
            first: span.first,
            before,
            central,
            after,
        }
    }

    /// Samples of the result.
    pub(super) fn count(&self) -> usize {
        self.spans.len()
    }

    /// The image samples in the windows of the samples `range` of the result.
    pub(super) fn seen(&self, range: std::ops::Range<u32>) -> std::ops::Range<u32> {
        let (first, last) = (range.start, range.end - 1);
        let last = self.spans[last as usize];
        self.spans[first as usize].first..last.first + last.length
    }
}

impl WindowSpan {
    /// The samples of `side` within `reach` of `center`: at least the one that is nearest.
    fn new(reach: f64, center: f64, scale: f64, side: u32) -> Self {
        let first = (center - reach - 0.5).ceil().max(0.0);
        let first = (first as u32).min(side - 1);
        let last = (center + reach - 0.5).floor().max(0.0);
        let last = (last as u32).clamp(first, side - 1);
        let length = last - first + 1;
        let distance = |at: u32| ((f64::from(first + at) + 0.5 - center) / scale).abs();
        let is_central = |&at: &u32| distance(at) < 1.0 - EDGE;
        let before = (0..length).find(is_central);
        let central = before.map_or(0, |b| (b..length).take_while(is_central).count() as u32);
        Self {
            first,
            start: 0,
            length,
            // Where the crop ends outside of the image, the central lobe may have no sample. Then
            // all samples bound the result.
            before: before.unwrap_or(0),
            central: if central == 0 { length } else { central },
        }
    }
}

/// The weights of the samples from `first` on, normalized to add up to one. This also distributes
/// the weight of samples outside of the image among those inside.
fn weigh(kernel: Kernel, first: u32, center: f64, scale: f64, weights: &mut [f32]) {
    let value = |at: usize| kernel.at((f64::from(first) + at as f64 + 0.5 - center) / scale);
    let sum: f64 = (0..weights.len()).map(value).sum();
    for (at, weight) in weights.iter_mut().enumerate() {
        *weight = (value(at) / sum) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_adds_up_to_one_at_any_offset() {
        for sharp in [0.0, 0.3, 1.0] {
            let kernel = Kernel { sharp };
            for offset in [0.0, 0.1, 0.5, 0.77] {
                let sum: f64 = (-4..=4).map(|at| kernel.at(f64::from(at) + offset)).sum();
                assert!((sum - 1.0).abs() < 1e-12, "{sharp} {offset} {sum}");
            }
        }
    }

    #[test]
    fn kernels_are_continuous_where_their_pieces_meet() {
        for (kernel, seams) in [(0.0, [1.0, 2.0]), (1.0, [0.5, 1.5])] {
            let kernel = Kernel { sharp: kernel };
            for seam in seams {
                let step = kernel.at(seam - 1e-9) - kernel.at(seam + 1e-9);
                assert!(step.abs() < 1e-7, "{seam} {step}");
            }
        }
        assert!(Kernel { sharp: 1.0 }.at(2.5 - 1e-9).abs() < 1e-7);
    }

    #[test]
    fn catmull_rom_reproduces_a_sample_at_its_own_position() {
        let kernel = Kernel { sharp: 0.0 };
        let weights = [-2, -1, 0, 1, 2].map(|at| kernel.at(f64::from(at)));
        assert_eq!(weights, [0.0, 0.0, 1.0, 0.0, 0.0]);
    }
}
