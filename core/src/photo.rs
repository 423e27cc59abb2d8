//! The input of a render: a file's bytes, or pixels that are already decoded; and which frame of an
//! animation is the photo.

use crate::error::{Error, Result};
use crate::geometry::{Orientation, Size};
use crate::limits::Limits;
#[cfg(feature = "serde")]
use crate::notation::{Notation, read_by_notation, whole};

/// A photo to render or to probe.
///
/// Both functions accept anything that converts into it: the bytes of a file as `&[u8]`,
/// `&Vec<u8>` or `&[u8; N]`, or [`Pixels`].
#[derive(Clone, Copy, Debug)]
pub enum Photo<'a> {
    /// A whole file in memory. Its format is recognized by its content.
    File(&'a [u8]),
    /// Decoded samples.
    Pixels(Pixels<'a>),
}

impl<'a> From<&'a [u8]> for Photo<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::File(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Photo<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::File(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Photo<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::File(bytes)
    }
}

impl<'a> From<Pixels<'a>> for Photo<'a> {
    fn from(pixels: Pixels<'a>) -> Self {
        Self::Pixels(pixels)
    }
}

/// Upright RGB pixels in sRGB. A [`DynamicImage`](image::DynamicImage) of another kind is converted
/// with its `to_rgb8` or `to_rgba8` first.
#[cfg(feature = "image")]
impl<'a> From<&'a image::RgbImage> for Photo<'a> {
    fn from(image: &'a image::RgbImage) -> Self {
        let (width, height) = image.dimensions();
        Self::Pixels(Pixels::rgb(Size::new(width, height), image))
    }
}

/// Upright RGBA pixels in sRGB, straight alpha.
#[cfg(feature = "image")]
impl<'a> From<&'a image::RgbaImage> for Photo<'a> {
    fn from(image: &'a image::RgbaImage) -> Self {
        let (width, height) = image.dimensions();
        Self::Pixels(Pixels::rgba(Size::new(width, height), image))
    }
}

/// A photo that is already decoded: 8-bit RGB or RGBA, interleaved, rows without padding.
///
/// ```
/// use roundel::{Options, Pixels, Size, render};
///
/// let red = [255, 0, 0].repeat(300 * 200);
/// let photo = Pixels::rgb(Size::new(300, 200), &red);
/// let rendered = render(photo, &Options::default())?;
/// assert_eq!(rendered.avatars[0].size, Size::square(256));
/// # Ok::<(), roundel::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    /// Width and height as stored.
    pub size: Size,
    /// `true` for RGBA (straight alpha, 4 bytes a pixel), `false` for RGB (3 bytes a pixel).
    pub alpha: bool,
    /// Width times height pixels, the top row first.
    pub samples: &'a [u8],
    /// The orientation to apply.
    pub orientation: Orientation,
    /// The ICC profile of the samples. Without one, or if it is broken, they are sRGB.
    pub icc: Option<&'a [u8]>,
}

impl<'a> Pixels<'a> {
    /// Upright RGB pixels in sRGB.
    pub fn rgb(size: Size, samples: &'a [u8]) -> Self {
        Self {
            size,
            alpha: false,
            samples,
            orientation: Orientation::Normal,
            icc: None,
        }
    }

    /// Upright RGBA pixels in sRGB, straight alpha.
    pub fn rgba(size: Size, samples: &'a [u8]) -> Self {
        Self {
            alpha: true,
            ..Self::rgb(size, samples)
        }
    }

    /// Bytes per pixel.
    pub(crate) fn channels(&self) -> usize {
        if self.alpha { 4 } else { 3 }
    }

    /// Checks the size against `limits` and the length of the samples against the size.
    ///
    /// # Errors
    ///
    /// `LimitExceeded`; `InvalidOptions` for samples of the wrong length, because the caller is at
    /// fault and not a file.
    pub(crate) fn check(&self, limits: &Limits) -> Result<()> {
        limits.check_size(self.size)?;
        let Size { width, height } = self.size;
        let channels = self.channels();
        let (expected, actual) = (self.size.pixels() * channels as u64, self.samples.len());
        if expected == 0 || expected != actual as u64 {
            return Err(Error::invalid_options(format!(
                "{width}x{height} pixels of {channels} bytes need {expected} bytes, not {actual}"
            )));
        }
        Ok(())
    }
}

/// The frame of an animation that is shown.
///
/// In JSON: a name, or the number of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Frame {
    /// The first frame, number 0. Of an APNG it is the image that every PNG decoder shows, although
    /// that need not be a part of the animation.
    #[default]
    First,
    /// The first frame that is not of one color, or the first frame if every frame is.
    Poster,
    /// The frame of this number, from 0. A still photo has one frame.
    #[cfg_attr(feature = "serde", serde(untagged))]
    Number(u32),
}

#[cfg(feature = "serde")]
read_by_notation!(Frame);

#[cfg(feature = "serde")]
impl TryFrom<Notation> for Frame {
    type Error = &'static str;

    fn try_from(notation: Notation) -> std::result::Result<Self, Self::Error> {
        match notation {
            Notation::Name(name) if name == "first" => Some(Self::First),
            Notation::Name(name) if name == "poster" => Some(Self::Poster),
            Notation::Number(number) => whole(number).map(Self::Number),
            _ => None,
        }
        .ok_or("expected first, poster or the number of a frame, from 0")
    }
}

#[cfg(all(test, feature = "image"))]
mod tests {
    use super::*;
    use crate::{Options, render};

    #[test]
    fn images_of_the_image_crate_are_photos() {
        let rgba =
            image::RgbaImage::from_fn(30, 20, |x, y| image::Rgba([x as u8, y as u8, 9, 255]));
        let rgb = image::DynamicImage::from(rgba.clone()).to_rgb8();
        let [from_rgb, from_rgba] = [Photo::from(&rgb), Photo::from(&rgba)].map(|photo| {
            let rendered = render(photo, &Options::default()).unwrap();
            assert_eq!(rendered.source.size, Size::new(30, 20));
            rendered.avatars
        });
        assert_eq!(from_rgb, from_rgba);
    }
}
