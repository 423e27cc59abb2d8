use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use super::{Encoding, failed};
use crate::error::Result;
use crate::options::Subsampling;
use crate::pixels::Srgb;

pub(super) fn encode(image: &Srgb, encoding: &Encoding) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, encoding.quality);
    encoder.set_sampling_factor(match encoding.subsampling {
        Subsampling::Full => SamplingFactor::F_1_1,
        Subsampling::Half => SamplingFactor::F_2_1,
        Subsampling::Quarter => SamplingFactor::F_2_2,
    });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.set_progressive(encoding.progressive);
    encoder.set_optimized_huffman_tables(true);
    // No side is longer than Options::MAX_SIDE, which fits 16 bits.
    let (width, height) = (image.size.width as u16, image.size.height as u16);
    encoder
        .encode(&image.samples, width, height, ColorType::Rgb)
        .map_err(failed)?;
    Ok(bytes)
}
