//! Lossless WebP through the `image-webp` crate.

use image_webp::{ColorType, EncodingError, WebPEncoder};

use crate::error::{Error, Result};
use crate::pixels::SrgbImage;

pub(super) fn encode(image: &SrgbImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let color = if image.has_alpha() {
        ColorType::Rgba8
    } else {
        ColorType::Rgb8
    };
    let encoder = WebPEncoder::new(&mut bytes);
    let (width, height) = (image.size.width, image.size.height);
    encoder
        .encode(&image.samples, width, height, color)
        .map_err(|error| refused(&error))?;
    Ok(bytes)
}

/// An image of a checked size, written to memory, is always encoded, so any error is a defect.
fn refused(error: &EncodingError) -> Error {
    Error::internal(match error {
        EncodingError::InvalidDimensions => "the WebP encoder was given an image of a wrong size",
        EncodingError::IoError(_) => "the WebP encoder could not write to memory",
        _ => "the WebP encoder failed",
    })
}
