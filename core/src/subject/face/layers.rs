//! The layers of the network: pointwise and depthwise convolution, and the maximum of 2 x 2.
//!
//! A tensor is a square of pixels, and a pixel a row of channels, padded with zeros to whole vectors. A
//! vector holds eight channels of one pixel. Each output is one sum in one order, without fused
//! multiply-add, so it is the same on every CPU.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, f32x8};

use crate::error::Result;
use crate::limits::{Budget, Buffer};

/// Channels in a vector.
const LANES: usize = 8;
/// Pixels of a pointwise convolution that share the loading of a weight.
const PIXELS: usize = 4;
/// Vectors of weights that share the loading of a pixel.
const VECTORS: usize = 2;

/// `channels`, rounded up to whole vectors.
pub(super) const fn padded(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// A square of pixels.
pub(super) struct Tensor {
    pub(super) side: usize,
    pub(super) channels: usize,
    values: Buffer<f32>,
}

impl Tensor {
    /// Room for any square up to this size. All zero.
    pub(super) fn new(side: usize, channels: usize, budget: &Budget) -> Result<Self> {
        Ok(Self {
            side,
            channels,
            values: budget.buffer(side * side * padded(channels))?,
        })
    }

    /// Changes the shape. The values are then unspecified.
    pub(super) fn reshape(&mut self, side: usize, channels: usize) {
        (self.side, self.channels) = (side, channels);
    }

    /// All pixels, in rows from top to bottom.
    pub(super) fn values(&self) -> &[f32] {
        &self.values[..self.side * self.side * padded(self.channels)]
    }

    pub(super) fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.side * self.side * padded(self.channels)]
    }

    /// The pixels of row `y`.
    fn row(&self, y: usize) -> &[f32] {
        let stride = self.side * padded(self.channels);
        &self.values[y * stride..][..stride]
    }

    fn row_mut(&mut self, y: usize) -> &mut [f32] {
        let stride = self.side * padded(self.channels);
        &mut self.values[y * stride..][..stride]
    }
}

/// The weights of a convolution.
#[derive(Clone, Copy)]
pub(super) struct LayerWeights<'w> {
    /// For each input (pointwise) or tap (depthwise), a weight for each output channel.
    pub(super) weights: &'w [f32],
    /// For each output channel.
    pub(super) bias: &'w [f32],
}

/// 1 x 1 convolution: each output channel is a weighted sum of all `inputs` channels of the pixel.
/// `from` has rows of `padded(inputs)`, `to` rows of the length of the bias.
#[inline(always)]
pub(super) fn pointwise<S: Simd>(
    simd: S,
    inputs: usize,
    from: &[f32],
    layer: LayerWeights<'_>,
    to: &mut [f32],
) {
    let (stride, outputs) = (padded(inputs), layer.bias.len());
    let pixels = from.chunks(PIXELS * stride);
    for (from, to) in pixels.zip(to.chunks_mut(PIXELS * outputs)) {
        for at in (0..outputs).step_by(VECTORS * LANES) {
            // The last column of vectors may be single, and the last pixels may be few.
            match (
                outputs - at >= VECTORS * LANES,
                from.len() == PIXELS * stride,
            ) {
                (true, true) => {
                    pointwise_block::<PIXELS, VECTORS, _>(simd, inputs, from, layer, at, to)
                }
                (false, true) => pointwise_block::<PIXELS, 1, _>(simd, inputs, from, layer, at, to),
                (wide, false) => {
                    for (from, to) in from.chunks(stride).zip(to.chunks_mut(outputs)) {
                        match wide {
                            true => {
                                pointwise_block::<1, VECTORS, _>(simd, inputs, from, layer, at, to)
                            }
                            false => pointwise_block::<1, 1, _>(simd, inputs, from, layer, at, to),
                        }
                    }
                }
            }
        }
    }
}

/// `V` vectors of output channels, from channel `at` on, of `P` pixels.
#[inline(always)]
fn pointwise_block<const P: usize, const V: usize, S: Simd>(
    simd: S,
    inputs: usize,
    from: &[f32],
    layer: LayerWeights<'_>,
    at: usize,
    to: &mut [f32],
) {
    let (stride, outputs) = (padded(inputs), layer.bias.len());
    let pixels: [&[f32]; P] = std::array::from_fn(|pixel| &from[pixel * stride..][..inputs]);
    let bias: [f32x8<S>; V] = vectors(simd, &layer.bias[at..]);
    let mut sums = [bias; P];
    for (input, weights) in layer.weights.chunks_exact(outputs).take(inputs).enumerate() {
        let weights: [f32x8<S>; V] = vectors(simd, &weights[at..]);
        for (sums, pixel) in sums.iter_mut().zip(pixels) {
            let value = f32x8::splat(simd, pixel[input]);
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += weight * value;
            }
        }
    }
    for (pixel, sums) in sums.into_iter().enumerate() {
        let to = &mut to[pixel * outputs + at..][..V * LANES];
        for (to, sum) in to.as_chunks_mut::<LANES>().0.iter_mut().zip(sums) {
            *to = sum.into();
        }
    }
}

#[inline(always)]
fn vectors<const V: usize, S: Simd>(simd: S, values: &[f32]) -> [f32x8<S>; V] {
    let values = &values[..V * LANES];
    std::array::from_fn(|at| f32x8::from_slice(simd, &values[at * LANES..][..LANES]))
}

/// 3 x 3 convolution of each channel by itself. A stride of 2 halves the side. Pixels outside count as
/// zero: one row and column on each side, or with a stride of 2 one below and one on the right.
#[inline(always)]
pub(super) fn depthwise<S: Simd>(
    simd: S,
    from: &Tensor,
    stride: usize,
    layer: LayerWeights<'_>,
    to: &mut Tensor,
) {
    to.reshape(from.side / stride, from.channels);
    let channels = padded(from.channels);
    let first = if stride == 1 { -1 } else { 0 };
    for y in 0..to.side {
        let rows: [Option<&[f32]>; 3] = std::array::from_fn(|tap| {
            let y = (y * stride).checked_add_signed(first + tap as isize)?;
            (y < from.side).then(|| from.row(y))
        });
        for (x, to) in to.row_mut(y).chunks_exact_mut(channels).enumerate() {
            to.copy_from_slice(layer.bias);
            let taps = layer.weights.chunks_exact(3 * channels);
            for (row, taps) in rows.iter().zip(taps) {
                let Some(row) = row else { continue };
                for (tap, weights) in taps.chunks_exact(channels).enumerate() {
                    let x = (x * stride).checked_add_signed(first + tap as isize);
                    if let Some(x) = x.filter(|&x| x < from.side) {
                        add_product(simd, &row[x * channels..][..channels], weights, to);
                    }
                }
            }
        }
    }
}

/// `sums += values * weights`
#[inline(always)]
fn add_product<S: Simd>(simd: S, values: &[f32], weights: &[f32], sums: &mut [f32]) {
    let values = values.as_chunks::<LANES>().0.iter();
    let weights = weights.as_chunks::<LANES>().0.iter();
    for ((sum, value), weight) in sums
        .as_chunks_mut::<LANES>()
        .0
        .iter_mut()
        .zip(values)
        .zip(weights)
    {
        let [old, value, weight] = [sum, value, weight].map(|v| f32x8::from_slice(simd, &v[..]));
        *sum = (old + value * weight).into();
    }
}

/// Adds `from` to `to` and replaces what is negative by zero. `from` may have fewer channels. If it has
/// twice the side, the maximum of 2 x 2 pixels is added.
#[inline(always)]
pub(super) fn add_and_rectify(from: &Tensor, to: &mut Tensor) {
    let (stride, channels) = (padded(from.channels), padded(to.channels));
    let shrink = from.side / to.side;
    for y in 0..to.side {
        for (x, to) in to.row_mut(y).chunks_exact_mut(channels).enumerate() {
            let pixel = |dx: usize, dy: usize| {
                &from.row(y * shrink + dy)[(x * shrink + dx) * stride..][..stride]
            };
            let from = pixel(0, 0).iter().copied();
            if shrink == 1 {
                to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            } else {
                let others = pixel(1, 0).iter().zip(pixel(0, 1)).zip(pixel(1, 1));
                for ((to, from), ((&right, &below), &across)) in to.iter_mut().zip(from).zip(others)
                {
                    *to += from.max(right).max(below.max(across));
                }
            }
            rectify(to);
        }
    }
}

/// Replaces what is negative by zero (ReLU).
#[inline(always)]
pub(super) fn rectify(values: &mut [f32]) {
    for value in values {
        *value = value.max(0.0);
    }
}
