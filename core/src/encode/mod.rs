//! Finished pixels to a file. No metadata is written.

mod jpeg;
mod palette;
mod png;
mod webp;

use crate::error::Result;
use crate::format::Subsampling;
use crate::limits::Budget;
use crate::pixels::SrgbImage;
use crate::plan::OutputEncoding;

/// The bytes of the file.
pub(crate) fn encode(
    image: &SrgbImage,
    encoding: OutputEncoding,
    budget: &Budget,
) -> Result<Vec<u8>> {
    let _working = budget.reserve(working_memory(image, encoding))?;
    match encoding {
        OutputEncoding::Jpeg {
            quality,
            progressive,
            subsampling,
        } => jpeg::encode(image, quality, progressive, subsampling),
        OutputEncoding::Png => png::encode(image),
        OutputEncoding::Webp => webp::encode(image),
    }
}

/// An upper bound on the allocations of the encoders for `image`, including the file.
fn working_memory(image: &SrgbImage, encoding: OutputEncoding) -> u64 {
    let samples = image.size.pixels().saturating_mul(image.channels as u64);
    match encoding {
        // Full planes at 8 bits; of the samples kept, coefficients at 16 bits and the file.
        OutputEncoding::Jpeg { subsampling, .. } => {
            samples + subsampled(samples, subsampling) * 4 + (256 << 10)
        }
        // The pixels in their smallest form, filtered rows, and the file.
        OutputEncoding::Png => samples.saturating_mul(3) + (1 << 20),
        // The image after each transform, and the file.
        OutputEncoding::Webp => samples.saturating_mul(4) + (1 << 20),
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
