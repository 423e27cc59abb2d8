//! The `image-webp` crate's reader.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use crate::error::{Error, Feature, Limit, Result};
use crate::geometry::Size;
use crate::limits::{Budget, Buffer, Limits};
use crate::pixels::Layout;

pub(super) type WebpReader<'a> = WebPDecoder<Cursor<&'a [u8]>>;

pub(super) fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<WebpReader<'a>> {
    WebPDecoder::new(Cursor::new(bytes)).map_err(|error| refused(&error, limits))
}

/// The size in pixels. `image-webp` 0.2 reads a side of 16,384 pixels as 0.
pub(super) fn size(reader: &WebpReader<'_>) -> Size {
    let side = |length: u32| if length == 0 { 16_384 } else { length };
    let (width, height) = reader.dimensions();
    Size::new(side(width), side(height))
}

pub(super) fn layout(reader: &WebpReader<'_>) -> Layout {
    if reader.has_alpha() {
        Layout::Rgba
    } else {
        Layout::Rgb
    }
}

/// Allocations of `image-webp` 0.2 besides the image that it is given, in bytes.
fn working_memory(reader: &mut WebpReader<'_>, size: Size, file: usize) -> u64 {
    let whole_blocks = (u64::from(size.width) + 16) * (u64::from(size.height) + 16);
    let planes = whole_blocks * 3 / 2;
    let pixel_words = size.pixels() * 4;
    let frame = match (reader.is_animated(), reader.is_lossy()) {
        // Canvas, frame, and the frame's planes.
        (true, _) => 2 * pixel_words + planes,
        (false, true) if reader.has_alpha() => planes + size.pixels(),
        (false, true) => planes,
        // Decoded with alpha, which is then dropped.
        (false, false) if reader.has_alpha() => 0,
        (false, false) => pixel_words,
    };
    frame + file as u64 + (1 << 20)
}

/// All samples. `file` is its length in bytes.
pub(super) fn read_image(
    reader: &mut WebpReader<'_>,
    file: usize,
    budget: &Budget,
) -> Result<Buffer<u8>> {
    let (size, layout) = (size(reader), layout(reader));
    let samples = size.pixels() * layout.channels() as u64;
    budget.work(samples)?;
    let mut image = budget.buffer::<u8>(usize::try_from(samples).unwrap_or(usize::MAX))?;
    let _working = budget.reserve(working_memory(reader, size, file))?;
    let read = reader.read_image(&mut image);
    read.map_err(|error| refused(&error, budget.limits()))?;
    Ok(image)
}

fn refused(error: &DecodingError, limits: &Limits) -> Error {
    match error {
        DecodingError::IoError(_) => Error::malformed("the WebP ends early"),
        DecodingError::UnsupportedFeature(_)
        | DecodingError::VersionNumberInvalid(_)
        | DecodingError::ColorSpaceInvalid(_) => Error::unsupported(
            Feature::Webp,
            "a WebP with an unknown version or color space is not supported; save it as PNG or JPEG",
        ),
        DecodingError::ImageTooLarge | DecodingError::MemoryLimitExceeded => {
            let allowed = limits.memory;
            Error::limit(Limit::Memory, allowed.saturating_add(1), allowed)
        }
        DecodingError::InvalidParameter(_) => {
            Error::internal("the WebP decoder was called with invalid parameters")
        }
        DecodingError::ChunkMissing => Error::malformed("a chunk of the WebP is missing"),
        DecodingError::InconsistentImageSizes
        | DecodingError::AlphaChunkSizeMismatch
        | DecodingError::FrameOutsideImage => {
            Error::malformed("the sizes in the WebP contradict each other")
        }
        _ => Error::malformed("the WebP is damaged"),
    }
}
