//! Pixel art, enlarged with hard edges: fast_image_resize's nearest neighbor.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, ResizeAlg, ResizeOptions, Resizer};

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
    let kind = match image.channels {
        4 => PixelType::U16x4,
        _ => PixelType::U16x3,
    };
    let (x, width) = span(crop.x, crop.width, image.size.width);
    let (y, height) = span(crop.y, crop.height, image.size.height);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Nearest)
        .use_alpha(false)
        .crop(x, y, width, height);
    let samples = bytemuck::cast_slice(&image.samples);
    let source = ImageRef::new(image.size.width, image.size.height, samples, kind);
    let target = bytemuck::cast_slice_mut(&mut out.samples);
    let target = Image::from_slice_u8(size.width, size.height, target, kind);
    let internal = |error: &dyn std::fmt::Display| Error::internal(format!("resize: {error}"));
    let source = source.map_err(|error| internal(&error))?;
    let mut target = target.map_err(|error| internal(&error))?;
    let done = Resizer::new().resize(&source, &mut target, &options);
    done.map_err(|error| internal(&error))?;
    Ok(out)
}

/// `length` samples from `start` on, moved into an axis of `side` and made no shorter than
/// [`LEAST`].
fn span(start: f64, length: f64, side: u32) -> (f64, f64) {
    let side = f64::from(side);
    let start = start.clamp(0.0, side - LEAST);
    (start, length.clamp(LEAST, side - start))
}
