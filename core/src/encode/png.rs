use png::{BitDepth, ColorType, Compression, Encoder};

use super::failed;
use crate::error::Result;
use crate::pixels::Srgb;

pub(super) fn encode(image: &Srgb) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, image.size.width, image.size.height);
    encoder.set_color(if image.has_alpha() {
        ColorType::Rgba
    } else {
        ColorType::Rgb
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&image.samples).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}
