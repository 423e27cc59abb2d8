//! Finished pixels to a file. No metadata is written.

mod jpeg;
mod palette;
mod png;
mod webp;

use crate::error::Result;
use crate::format::Subsampling;
use crate::limits::Budget;
use crate::pixels::SrgbImage;
use crate::plan::Encoding;

/// The bytes of the file.
pub(crate) fn encode(image: &SrgbImage, encoding: Encoding, budget: &Budget) -> Result<Vec<u8>> {
    let _working = budget.reserve(working_memory(image, encoding))?;
    match encoding {
        Encoding::Jpeg {
            quality,
            progressive,
            subsampling,
        } => jpeg::encode(image, quality, progressive, subsampling),
        Encoding::Png => png::encode(image),
        Encoding::Webp => webp::encode(image),
    }
}

/// An upper bound on what the encoders allocate for `image`, including the file.
fn working_memory(image: &SrgbImage, encoding: Encoding) -> u64 {
    let samples = image.size.pixels().saturating_mul(image.channels as u64);
    match encoding {
        // Full planes at 8 bits; of the samples kept, coefficients at 16 bits and the file.
        Encoding::Jpeg { subsampling, .. } => {
            samples + subsampled(samples, subsampling) * 4 + (256 << 10)
        }
        // The pixels in their smallest form, filtered rows, and the file.
        Encoding::Png => samples.saturating_mul(3) + (1 << 20),
        // The image after each transform, and the file.
        Encoding::Webp => samples.saturating_mul(4) + (1 << 20),
    }
}

/// How many of an image's samples remain after chroma subsampling.
fn subsampled(samples: u64, subsampling: Subsampling) -> u64 {
    match subsampling {
        Subsampling::Full => samples,
        Subsampling::Half => samples * 2 / 3,
        Subsampling::Quarter => samples / 2,
    }
}
