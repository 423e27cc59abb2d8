//! PNG through the `png` crate.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use crate::error::{Error, Result};
use crate::pixels::SrgbImage;

pub(super) fn encode(image: &SrgbImage) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, image.size.width, image.size.height);
    encoder.set_color(if image.has_alpha() {
        ColorType::Rgba
    } else {
        ColorType::Rgb
    });
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Balanced);
    let mut writer = encoder.write_header().map_err(refused)?;
    writer.write_image_data(&image.samples).map_err(refused)?;
    writer.finish().map_err(refused)?;
    Ok(bytes)
}

/// An image of a checked size, written to memory, is always encoded, so any error is a defect.
fn refused(error: EncodingError) -> Error {
    Error::internal(match error {
        EncodingError::Format(_) => "the PNG encoder was given an inconsistent image",
        EncodingError::Parameter(_) => "the PNG encoder was called in the wrong order",
        EncodingError::LimitsExceeded => "the PNG encoder ran out of its limits",
        EncodingError::IoError(_) => "the PNG encoder could not write to memory",
    })
}
