//! JPEG through the `jpeg-encoder` crate, which has the same output on every instruction set.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, EncodingError, SamplingFactor};

use crate::error::{Error, Result};
use crate::format::Subsampling;
use crate::pixels::SrgbImage;

pub(super) fn encode(
    image: &SrgbImage,
    quality: u8,
    progressive: bool,
    subsampling: Subsampling,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(match subsampling {
        Subsampling::Full => SamplingFactor::F_1_1,
        Subsampling::Half => SamplingFactor::F_2_1,
        Subsampling::Quarter => SamplingFactor::F_2_2,
    });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    if progressive {
        // One scan of DC and one of AC for each component. Each further split of AC adds 4 % or more,
        // because the encoder ends each block of each scan separately.
        encoder.set_progressive_scans(2);
    }
    encoder.set_optimized_huffman_tables(true);
    // No side is longer than Options::MAX_SIDE, which fits into 16 bits.
    let (width, height) = (image.size.width as u16, image.size.height as u16);
    encoder
        .encode(&image.samples, width, height, ColorType::Rgb)
        .map_err(|error| refused(&error))?;
    Ok(bytes)
}

/// An image of a checked size, written to memory, is always encoded, so any error is a defect.
fn refused(error: &EncodingError) -> Error {
    Error::internal(match error {
        EncodingError::BadImageData { .. } => "the JPEG encoder was given too few samples",
        EncodingError::ZeroImageDimensions { .. } => "the JPEG encoder was given an empty image",
        _ => "the JPEG encoder failed",
    })
}
