use image_webp::{ColorType, WebPEncoder};

use super::failed;
use crate::error::Result;
use crate::pixels::Srgb;

pub(super) fn encode(image: &Srgb) -> Result<Vec<u8>> {
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
        .map_err(failed)?;
    Ok(bytes)
}
