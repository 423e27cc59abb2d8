//! Pixel art, enlarged with hard edges: fast_image_resize's nearest neighbor, or the same in plain
//! loops in wasm.

use crate::error::Result;
use crate::geometry::{Rect, Size};
use crate::limits::Budget;
use crate::pixels::LinearImage;

/// The shortest side of a crop, in samples, and its least distance from the end of the image. With
/// a shorter one, positions in fast_image_resize 6.1 round up to the end of the row, and it reads
/// the pixel after it without a check.
const LEAST: f64 = 1.0 / 1024.0;

/// Each pixel of the result is the one of `image` in which its center falls.
pub(super) fn pixelated(
    image: &LinearImage,
    crop: Rect,
    size: Size,
    budget: &Budget,
) -> Result<LinearImage> {
    let mut out = LinearImage::new(size, image.channels, budget)?;
    // A table of the columns, which fast_image_resize allocates.
    let _table = budget.reserve(u64::from(size.width) * 8)?;
    let (x, width) = span(crop.x, crop.width, image.size.width);
    let (y, height) = span(crop.y, crop.height, image.size.height);
    let crop = Rect {
        x,
        y,
        width,
        height,
    };
    nearest(image, crop, &mut out)?;
    Ok(out)
}

#[cfg(target_arch = "wasm32")]
use plain::nearest;

#[cfg(not(target_arch = "wasm32"))]
use library::nearest;

/// fast_image_resize.
#[cfg(not(target_arch = "wasm32"))]
mod library {
    use fast_image_resize::images::{TypedImage, TypedImageRef};
    use fast_image_resize::pixels::{U16x3, U16x4};
    use fast_image_resize::{PixelTrait, ResizeAlg, ResizeOptions, Resizer};

    use crate::error::{Error, Result};
    use crate::geometry::{Rect, Size};
    use crate::pixels::LinearImage;

    pub(super) fn nearest(image: &LinearImage, crop: Rect, out: &mut LinearImage) -> Result<()> {
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Nearest)
            .use_alpha(false)
            .crop(crop.x, crop.y, crop.width, crop.height);
        match image.channels {
            4 => resize_typed::<U16x4>(image, out, &options),
            _ => resize_typed::<U16x3>(image, out, &options),
        }
    }

    /// Calls the resizer for one type of pixel. Its call that chooses the type at run time links the
    /// code of every type.
    fn resize_typed<P: PixelTrait>(
        image: &LinearImage,
        out: &mut LinearImage,
        options: &ResizeOptions,
    ) -> Result<()> {
        let samples = bytemuck::cast_slice(&image.samples);
        let source = TypedImageRef::<P>::from_buffer(image.size.width, image.size.height, samples);
        let Size { width, height } = out.size;
        let samples = bytemuck::cast_slice_mut(&mut out.samples);
        let target = TypedImage::<P>::from_buffer(width, height, samples);
        let (Ok(source), Ok(mut target)) = (source, target) else {
            return Err(Error::internal(
                "an image has not as many samples as its size says",
            ));
        };
        let resized = Resizer::new().resize_typed(&source, &mut target, options);
        resized.map_err(|_| Error::internal("a pixelated avatar is outside of its image"))
    }
}

/// The same positions as those of fast_image_resize, whose code takes 1.6 kB of the wasm build after
/// brotli. A test compares both.
#[cfg(any(test, target_arch = "wasm32"))]
pub(super) mod plain {
    use crate::error::Result;
    use crate::geometry::Rect;
    use crate::pixels::LinearImage;

    /// ```text
    /// column x: floor(crop.x + step / 2 + step x)
    /// row y:    floor(crop.y + step / 2 + step + ... + step), added y times
    /// ```
    pub(crate) fn nearest(image: &LinearImage, crop: Rect, out: &mut LinearImage) -> Result<()> {
        let (size, channels) = (out.size, out.channels);
        let across = crop.width / f64::from(size.width);
        let down = crop.height / f64::from(size.height);
        let first = crop.x + across * 0.5;
        // The sum is rounded at each row, so it is not a product.
        let mut y = crop.y + down * 0.5;
        for row in 0..size.height {
            let source = image.row((y as u32).min(image.size.height - 1));
            for (x, pixel) in out.row_mut(row).chunks_exact_mut(channels).enumerate() {
                let column = (first + across * x as f64) as usize;
                let start = column.min(image.size.width as usize - 1) * channels;
                pixel.copy_from_slice(&source[start..start + channels]);
            }
            y += down;
        }
        Ok(())
    }
}

/// `length` samples from `start` on, moved into an axis of `side` and made no shorter than
/// [`LEAST`].
fn span(start: f64, length: f64, side: u32) -> (f64, f64) {
    let side = f64::from(side);
    let start = start.clamp(0.0, side - LEAST);
    (start, length.clamp(LEAST, side - start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn plain_loops_find_the_same_pixels_as_fast_image_resize() {
        let budget = Budget::new(&Limits::default());
        for (channels, side) in [(3, 16), (4, 7), (3, 1), (4, 33)] {
            let mut image = LinearImage::new(Size::new(side, side + 2), channels, &budget).unwrap();
            for (sample, value) in image.samples.iter_mut().zip(0..) {
                *sample = value;
            }
            for (x, width, target) in [
                (0.0, 1.0, 64),
                (0.3, 0.61, 37),
                (0.9, 0.1, 128),
                (0.0, 1.0, 3),
            ] {
                let side = f64::from(side);
                let crop = Rect {
                    x: x * side,
                    y: x * side / 2.0,
                    width: width * side,
                    height: width * side / 3.0,
                };
                let size = Size::new(target, target + 5);
                let library = pixelated(&image, crop, size, &budget).unwrap();
                let mut loops = LinearImage::new(size, channels, &budget).unwrap();
                plain::nearest(&image, crop, &mut loops).unwrap();
                assert_eq!(library.samples[..], loops.samples[..], "{side} {crop:?}");
            }
        }
    }
}
