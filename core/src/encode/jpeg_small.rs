//! Smaller JPEGs through the `mozjpeg-rs` crate, which chooses coefficients by their cost in bits
//! (trellis quantization). It takes several times as long as `jpeg`.

use mozjpeg_rs::{Encoder, Preset, Subsampling as ChromaSampling};

use super::same_look;
use crate::error::{Error, Result};
use crate::format::Subsampling;
use crate::pixels::SrgbImage;

pub(super) fn encode(
    image: &SrgbImage,
    quality: u8,
    progressive: bool,
    subsampling: Subsampling,
) -> Result<Vec<u8>> {
    let preset = if progressive {
        Preset::ProgressiveSmallest
    } else {
        Preset::BaselineBalanced
    };
    let encoder = Encoder::new(preset)
        .quality(same_look::mozjpeg(quality))
        .subsampling(match subsampling {
            Subsampling::Full => ChromaSampling::S444,
            Subsampling::Half => ChromaSampling::S422,
            Subsampling::Quarter => ChromaSampling::S420,
        });
    let (width, height) = (image.size.width, image.size.height);
    encoder
        .encode_rgb(&image.samples, width, height)
        // An image of a checked size, written to memory, is always encoded.
        .map_err(|_| Error::internal("the encoder of small JPEGs failed"))
}
