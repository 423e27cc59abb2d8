//! Pixel buffers. Alpha and transfer function are part of the type, so that they cannot be
//! confused.

use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};

/// What the samples of a decoded pixel mean, 8 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// Cyan, magenta, yellow and black; 255 is full ink.
    Cmyk,
}

impl Layout {
    /// Samples per pixel.
    pub(crate) fn channels(self) -> usize {
        match self {
            Layout::Gray => 1,
            Layout::GrayAlpha => 2,
            Layout::Rgb => 3,
            Layout::Rgba | Layout::Cmyk => 4,
        }
    }

    /// Samples per pixel once in linear light.
    pub(crate) fn linear_channels(self) -> usize {
        if self.has_alpha() { 4 } else { 3 }
    }

    pub(crate) fn has_alpha(self) -> bool {
        matches!(self, Layout::GrayAlpha | Layout::Rgba)
    }
}

/// Linear light, alpha premultiplied: the only kind of pixel that may be averaged.
pub(crate) type Linear = Image<u16>;

/// sRGB transfer function, straight alpha: the only kind of pixel that is written.
pub(crate) type Srgb = Image<u8>;

/// Interleaved rows without padding; 3 channels, or 4 with alpha.
#[derive(Debug)]
pub(crate) struct Image<T> {
    pub size: Size,
    pub channels: usize,
    pub samples: Buffer<T>,
}

impl<T: Copy + Default> Image<T> {
    /// All samples zero.
    pub(crate) fn new(size: Size, channels: usize, budget: &Budget) -> Result<Self> {
        let pixels = usize::try_from(size.pixels()).unwrap_or(usize::MAX);
        let samples = budget.buffer(pixels.saturating_mul(channels))?;
        Ok(Self {
            size,
            channels,
            samples,
        })
    }

    pub(crate) fn has_alpha(&self) -> bool {
        self.channels == 4
    }

    /// Samples in a row.
    pub(crate) fn stride(&self) -> usize {
        self.size.width as usize * self.channels
    }

    pub(crate) fn row(&self, y: u32) -> &[T] {
        let stride = self.stride();
        &self.samples[y as usize * stride..][..stride]
    }

    pub(crate) fn row_mut(&mut self, y: u32) -> &mut [T] {
        let stride = self.stride();
        &mut self.samples[y as usize * stride..][..stride]
    }
}
