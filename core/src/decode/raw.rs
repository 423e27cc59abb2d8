//! Pixels that the caller had decoded: rows as they lie in memory.

use super::{Codec, Header, Row, Rows, SourceFormat, spend_row};
use crate::error::{Error, Result};
use crate::geometry::{Orientation, Region, Size};
use crate::limits::{Budget, Limits};
use crate::pixels::Layout;

/// A photo that is already decoded: 8-bit RGB or RGBA, interleaved, rows without padding.
///
/// ```
/// use roundel::{Options, Pixels, Size, render_pixels};
///
/// let red = [255, 0, 0].repeat(300 * 200);
/// let photo = Pixels::rgb(Size::new(300, 200), &red);
/// let rendered = render_pixels(&photo, &Options::default())?;
/// assert_eq!(rendered.avatars[0].size, Size::square(256));
/// # Ok::<(), roundel::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    /// Width and height as stored.
    pub size: Size,
    /// Whether a pixel is RGBA (straight alpha, 4 bytes) and not RGB (3 bytes).
    pub alpha: bool,
    /// Width times height pixels, the top row first.
    pub samples: &'a [u8],
    /// How the photo is to be turned.
    pub orientation: Orientation,
    /// The ICC profile of the samples; sRGB without one, or if it is broken.
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

    fn layout(&self) -> Layout {
        if self.alpha {
            Layout::Rgba
        } else {
            Layout::Rgb
        }
    }

    /// The caller is at fault if not, and no file.
    fn check(&self) -> Result<()> {
        let Size { width, height } = self.size;
        let channels = self.layout().channels();
        let (wanted, got) = (self.size.pixels() * channels as u64, self.samples.len());
        if wanted == 0 || wanted != got as u64 {
            return Err(Error::invalid_options(format!(
                "{width}x{height} pixels of {channels} bytes take {wanted} bytes, not {got}"
            )));
        }
        Ok(())
    }
}

pub(crate) fn read_header(pixels: &Pixels<'_>, limits: &Limits) -> Result<Header> {
    limits.check_size(pixels.size)?;
    pixels.check()?;
    Ok(Header {
        format: SourceFormat::Pixels,
        size: pixels.size,
        orientation: pixels.orientation,
        layout: pixels.layout(),
        icc: pixels.icc.map(<[u8]>::to_vec),
        interlaced: false,
        codec: Codec::Pixels,
    })
}

pub(super) fn decode(
    samples: &[u8],
    header: &Header,
    region: Region,
    budget: &Budget,
    rows: &mut Rows<'_>,
) -> Result<()> {
    let stride = header.size.width as usize * header.layout.channels();
    let stored = (0..).zip(samples.chunks_exact(stride));
    let inside = region.y0 as usize..region.y1 as usize;
    for (y, row) in stored.skip(inside.start).take(inside.len()) {
        spend_row(header.size, header.layout, budget)?;
        rows(Row::whole(y, row))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Options, render, render_pixels};

    fn gradient(size: Size) -> Vec<u8> {
        let rows = 0..size.height;
        let pixels = rows.flat_map(|y| (0..size.width).map(move |x| [x as u8, y as u8, 128]));
        pixels.flatten().collect()
    }

    #[test]
    fn pixels_give_the_same_avatar_as_the_file_they_came_from() {
        let size = Size::new(120, 90);
        let samples = gradient(size);
        let whole = Options {
            sizes: vec![size],
            format: Format::Png,
            ..Options::default()
        };
        let photo = Pixels::rgb(size, &samples);
        let file = render_pixels(&photo, &whole).unwrap();
        let small = Options::default();
        let from_file = render(&file.avatars[0].bytes, &small).unwrap();
        let from_pixels = render_pixels(&photo, &small).unwrap();
        assert_eq!(from_file.avatars, from_pixels.avatars);
        assert_eq!(from_pixels.source.format.name(), "pixels");
    }

    #[test]
    fn samples_of_another_length_are_the_callers_fault() {
        let samples = [0; 12];
        for size in [Size::new(2, 3), Size::new(0, 4), Size::new(65_535, 3_000)] {
            let error = render_pixels(&Pixels::rgb(size, &samples), &Options::default());
            assert_eq!(error.unwrap_err().code(), "invalid_options", "{size:?}");
        }
    }
}
