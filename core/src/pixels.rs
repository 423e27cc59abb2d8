//! Pixel buffers.
//!
//! [`LinearImage`] and [`SrgbImage`] are different types, so that a stage cannot be given the
//! wrong one: only linear, premultiplied pixels may be averaged, and only sRGB pixels with straight
//! alpha may be written.

use std::ops::{Deref, DerefMut};

use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};

/// The meaning of the samples of a decoded pixel.
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

    /// Samples per pixel in linear light.
    pub(crate) fn linear_channels(self) -> usize {
        if self.has_alpha() { 4 } else { 3 }
    }

    pub(crate) fn has_alpha(self) -> bool {
        matches!(self, Layout::GrayAlpha | Layout::Rgba)
    }
}

/// The bits of each decoded sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SampleDepth {
    #[default]
    Eight,
    /// Two bytes, the high one first.
    Sixteen,
}

impl SampleDepth {
    /// Bytes of a sample.
    pub(crate) fn bytes(self) -> usize {
        match self {
            SampleDepth::Eight => 1,
            SampleDepth::Sixteen => 2,
        }
    }
}

/// Rounds a sample of 16 bits to 8.
pub(crate) fn round_to_8_bits(sample: [u8; 2]) -> u8 {
    ((u32::from(u16::from_be_bytes(sample)) * 255 + 32_767) / 65_535) as u8
}

/// Statements of a file about the color of its samples, besides an ICC profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StatedColor {
    /// Code points of ITU-T H.273: primaries, transfer function, matrix coefficients, and 1 for
    /// the full range.
    pub cicp: Option<[u8; 4]>,
    /// Whether the samples are said to be sRGB.
    pub srgb: bool,
    /// The exponent from light to samples, in 1/100,000.
    pub gamma: Option<u32>,
    /// CIE x and y of white, red, green and blue, in 1/100,000.
    pub chromaticities: Option<[[u32; 2]; 4]>,
}

/// A row of decoded samples, or every `step`-th pixel of one.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// Its row in the image, at the requested scale.
    pub y: u32,
    /// The column of its first pixel.
    pub x: u32,
    /// Columns from one pixel to the next.
    pub step: u32,
    /// Interleaved samples, of the depth that the header states.
    pub samples: &'a [u8],
}

impl<'a> Row<'a> {
    /// All pixels of row `y`.
    pub(crate) fn whole(y: u32, samples: &'a [u8]) -> Self {
        Self {
            y,
            x: 0,
            step: 1,
            samples,
        }
    }
}

/// Receives decoded rows, one after the other, possibly on another thread.
pub(crate) type RowSink<'a> = dyn FnMut(Row<'_>) -> Result<()> + Send + 'a;

/// Linear light with premultiplied alpha, 16 bits. 65,535 is full intensity.
#[derive(Debug)]
pub(crate) struct LinearImage(Raster<u16>);

impl LinearImage {
    /// All samples zero. `channels` is 3, or 4 with alpha.
    pub(crate) fn new(size: Size, channels: usize, budget: &Budget) -> Result<Self> {
        Raster::new(size, channels, budget).map(Self)
    }
}

impl Deref for LinearImage {
    type Target = Raster<u16>;

    fn deref(&self) -> &Raster<u16> {
        &self.0
    }
}

impl DerefMut for LinearImage {
    fn deref_mut(&mut self) -> &mut Raster<u16> {
        &mut self.0
    }
}

/// sRGB with straight alpha, 8 bits.
#[derive(Debug)]
pub(crate) struct SrgbImage(Raster<u8>);

impl SrgbImage {
    /// All samples zero. `channels` is 3, or 4 with alpha.
    pub(crate) fn new(size: Size, channels: usize, budget: &Budget) -> Result<Self> {
        Raster::new(size, channels, budget).map(Self)
    }
}

impl Deref for SrgbImage {
    type Target = Raster<u8>;

    fn deref(&self) -> &Raster<u8> {
        &self.0
    }
}

impl DerefMut for SrgbImage {
    fn deref_mut(&mut self) -> &mut Raster<u8> {
        &mut self.0
    }
}

/// Interleaved rows without padding.
#[derive(Debug)]
pub(crate) struct Raster<T> {
    pub size: Size,
    /// Samples per pixel.
    pub channels: usize,
    pub samples: Buffer<T>,
}

impl<T: Copy + Default> Raster<T> {
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

/// An opaque sRGB color. In JSON a string `"RRGGBB"` in hexadecimal, with or without a leading
/// `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rgb(
    /// Red, green and blue, 0 to 255.
    pub [u8; 3],
);

impl Rgb {
    /// White.
    pub const WHITE: Self = Self([255; 3]);
}

impl std::str::FromStr for Rgb {
    type Err = Error;

    /// Parses `RRGGBB` or `#RRGGBB`.
    fn from_str(text: &str) -> Result<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        // from_str_radix accepts a sign, so the digits are checked as well.
        let hexadecimal = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        match u32::from_str_radix(digits, 16) {
            Ok(value) if hexadecimal => {
                let [_, rgb @ ..] = value.to_be_bytes();
                Ok(Self(rgb))
            }
            _ => Err(Error::invalid_options(format!(
                "a color is RRGGBB, not {text:?}"
            ))),
        }
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "{r:02x}{g:02x}{b:02x}")
    }
}

impl TryFrom<String> for Rgb {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Rgb> for String {
    fn from(color: Rgb) -> Self {
        color.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_is_six_hexadecimal_digits() {
        assert_eq!("#0a0B0c".parse(), Ok(Rgb([10, 11, 12])));
        for wrong in ["", "fff", "+12345", "#1234567", "gggggg", "é1234"] {
            let error = wrong.parse::<Rgb>().unwrap_err();
            assert_eq!(error.code(), "invalid_options", "{wrong}");
        }
    }
}
