//! BlazeFace, executed.
//!
//! ```text
//! 128 x 128 pixels, RGB from -1 to 1
//! 5 x 5 convolution, stride 2, rectified              -> 64 x 64 x 24
//! 16 blocks, of these channels and strides:
//!     sum = pointwise(depthwise(x)) + x               (stride 2: + maximum of 2 x 2 of x)
//!     x = rectified sum
//! after block 11 (16 x 16 x 88) and block 16 (8 x 8 x 96), a pointwise convolution each:
//!     a score and a box for 2 or 6 anchors of each pixel
//! ```

use fearless_simd::{Simd, dispatch};

use super::layers::{LayerWeights, Tensor, add_and_rectify, depthwise, padded, pointwise, rectify};
use super::weights::Weights;
use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::simd;

/// The side of the picture, in pixels.
pub(super) const SIDE: usize = 128;

/// Output channels and stride of each block.
const BLOCKS: [(usize, usize); 16] = [
    (24, 1),
    (28, 1),
    (32, 2),
    (36, 1),
    (42, 1),
    (48, 2),
    (56, 1),
    (64, 1),
    (72, 1),
    (80, 1),
    (88, 1),
    (96, 2),
    (96, 1),
    (96, 1),
    (96, 1),
    (96, 1),
];

/// The blocks, counted from 1, whose results are read, and the anchors of a pixel there.
const HEADS: [(usize, usize); 2] = [(11, 2), (16, 6)];

/// The inputs of the first convolution: 5 x 5 pixels, RGB.
const PATCH: usize = 5 * 5 * 3;
/// Channels of its result.
const FIRST_CHANNELS: usize = 24;
/// The weights of the largest layer.
const MOST_WEIGHTS: usize = 96 * 96;
const MOST_CHANNELS: usize = 96;

/// The output for one anchor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Prediction {
    /// The center of the anchor, 0 to 1.
    pub(super) anchor: [f32; 2],
    /// The logit of the probability that this is a face.
    pub(super) logit: f32,
    /// Its center from the anchor's center, and its width and height, in pixels of the picture.
    pub(super) bounds: [f32; 4],
}

/// Memory for one picture after the other.
pub(super) struct Network {
    /// The output of a block and, during a block, the result between its convolutions and its output.
    x: Tensor,
    depthwise: Tensor,
    sum: Tensor,
    /// The inputs of a row of the first convolution.
    patches: Buffer<f32>,
    weights: Buffer<f32>,
    bias: Buffer<f32>,
}

impl Network {
    pub(super) fn new(budget: &Budget) -> Result<Self> {
        let tensor = || Tensor::new(SIDE / 2, 28, budget);
        Ok(Self {
            x: tensor()?,
            depthwise: tensor()?,
            sum: tensor()?,
            patches: budget.buffer(SIDE / 2 * padded(PATCH))?,
            weights: budget.buffer(MOST_WEIGHTS)?,
            bias: budget.buffer(MOST_CHANNELS)?,
        })
    }

    /// Calls `found` with the prediction for each anchor. `picture` has 128 x 128 pixels, RGB.
    pub(super) fn run(&mut self, picture: &[u8], found: &mut dyn FnMut(Prediction)) {
        let mut weights = Weights::new();
        dispatch!(simd::level(), simd => self.convolve_picture(simd, picture, &mut weights));
        for (block, (channels, stride)) in (1..).zip(BLOCKS) {
            dispatch!(simd::level(), simd => self.block(simd, channels, stride, &mut weights));
            if let Some(&(_, anchors)) = HEADS.iter().find(|head| head.0 == block) {
                dispatch!(simd::level(), simd => self.head(simd, anchors, &mut weights, found));
            }
        }
    }

    /// The first convolution. Each of its rows is a pointwise one over gathered patches. SAME padding:
    /// one pixel of zeros on the left and above, two on the right and below.
    #[inline(always)]
    fn convolve_picture<S: Simd>(&mut self, simd: S, picture: &[u8], weights: &mut Weights) {
        self.x.reshape(SIDE / 2, FIRST_CHANNELS);
        let layer = read(
            weights,
            PATCH,
            FIRST_CHANNELS,
            &mut self.weights,
            &mut self.bias,
        );
        let row = SIDE / 2 * padded(FIRST_CHANNELS);
        for (y, to) in self.x.values_mut().chunks_exact_mut(row).enumerate() {
            gather_patches(picture, y, &mut self.patches);
            pointwise(simd, PATCH, &self.patches, layer, to);
            rectify(to);
        }
    }

    #[inline(always)]
    fn block<S: Simd>(&mut self, simd: S, channels: usize, stride: usize, weights: &mut Weights) {
        let inputs = self.x.channels;
        let layer = read(weights, 9, inputs, &mut self.weights, &mut self.bias);
        depthwise(simd, &self.x, stride, layer, &mut self.depthwise);
        let layer = read(weights, inputs, channels, &mut self.weights, &mut self.bias);
        self.sum.reshape(self.depthwise.side, channels);
        pointwise(
            simd,
            inputs,
            self.depthwise.values(),
            layer,
            self.sum.values_mut(),
        );
        add_and_rectify(&self.x, &mut self.sum);
        std::mem::swap(&mut self.x, &mut self.sum);
    }

    /// Scores and boxes from the output of a block.
    #[inline(always)]
    fn head<S: Simd>(
        &mut self,
        simd: S,
        anchors: usize,
        weights: &mut Weights,
        found: &mut dyn FnMut(Prediction),
    ) {
        let (side, inputs) = (self.x.side, self.x.channels);
        for (out, outputs) in [(&mut self.sum, anchors), (&mut self.depthwise, 4 * anchors)] {
            out.reshape(side, outputs);
            let layer = read(weights, inputs, outputs, &mut self.weights, &mut self.bias);
            pointwise(simd, inputs, self.x.values(), layer, out.values_mut());
        }
        let logits = self.sum.values().chunks_exact(padded(anchors));
        let bounds = self.depthwise.values().chunks_exact(padded(4 * anchors));
        for (pixel, (logits, bounds)) in logits.zip(bounds).enumerate() {
            let anchor = [pixel % side, pixel / side].map(|at| (at as f32 + 0.5) / side as f32);
            for (&logit, &bounds) in logits.iter().zip(bounds.as_chunks().0).take(anchors) {
                found(Prediction {
                    anchor,
                    logit,
                    bounds,
                });
            }
        }
    }
}

/// The weights and bias of the next layer.
fn read<'w>(
    weights: &mut Weights,
    rows: usize,
    channels: usize,
    kernel: &'w mut [f32],
    bias: &'w mut [f32],
) -> LayerWeights<'w> {
    let kernel = &mut kernel[..rows * padded(channels)];
    let bias = &mut bias[..padded(channels)];
    weights.read(rows, channels, kernel);
    weights.read(1, channels, bias);
    LayerWeights {
        weights: kernel,
        bias,
    }
}

/// For each pixel of row `y` of the first convolution's result, the 5 x 5 pixels of the picture, from -1
/// to 1. Those outside are 0.
fn gather_patches(picture: &[u8], y: usize, patches: &mut [f32]) {
    let inside = |at: usize, tap: usize| (2 * at + tap).checked_sub(1).filter(|&at| at < SIDE);
    for (x, patch) in patches.chunks_exact_mut(padded(PATCH)).enumerate() {
        for (tap, to) in patch.as_chunks_mut::<3>().0.iter_mut().take(25).enumerate() {
            let from = inside(x, tap % 5).zip(inside(y, tap / 5));
            *to = from.map_or([0.0; 3], |(x, y)| {
                let pixel = &picture[3 * (y * SIDE + x)..][..3];
                std::array::from_fn(|channel| f32::from(pixel[channel]) / 127.5 - 1.0)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_is_used_once() {
        let mut weights = Weights::new();
        let mut inputs = FIRST_CHANNELS;
        let mut read = |rows: usize, channels: usize| {
            let mut out = vec![0.0; (rows + 1) * padded(channels)];
            weights.read(rows + 1, channels, &mut out);
        };
        read(PATCH, FIRST_CHANNELS);
        for (block, (channels, _)) in (1..).zip(BLOCKS) {
            read(9, inputs);
            read(inputs, channels);
            for (_, anchors) in HEADS.iter().filter(|head| head.0 == block) {
                read(channels, *anchors);
                read(channels, 4 * anchors);
            }
            inputs = channels;
        }
        assert_eq!(weights.left(), 0);
    }
}
