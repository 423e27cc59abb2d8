//! Pixel art, enlarged with hard edges: fast_image_resize's nearest neighbor.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U16x3, U16x4};
use fast_image_resize::{PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use crate::error::{Error, Result};
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
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Nearest)
        .use_alpha(false)
        .crop(x, y, width, height);
    match image.channels {
        4 => resize_typed::<U16x4>(image, &mut out, &options),
        _ => resize_typed::<U16x3>(image, &mut out, &options),
    }?;
    Ok(out)
}

/// Calls the resizer for one type of pixel. Its call that chooses the type at run time links the
/// code of every type, which doubles the size of the wasm build.
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
    resized.map_err(|_| Error::internal("the crop of a pixelated avatar is outside of its image"))
}

/// `length` samples from `start` on, moved into an axis of `side` and made no shorter than
/// [`LEAST`].
fn span(start: f64, length: f64, side: u32) -> (f64, f64) {
    let side = f64::from(side);
    let start = start.clamp(0.0, side - LEAST);
    (start, length.clamp(LEAST, side - start))
}
