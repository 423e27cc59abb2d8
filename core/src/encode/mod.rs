//! Finished pixels -> a file. No metadata is written.

mod jpeg;
mod palette;
mod png;
mod webp;

use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::options::{Format, Subsampling};
use crate::pixels::Srgb;

/// How to write an avatar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub format: Format,
    pub quality: u8,
    pub progressive: bool,
    pub subsampling: Subsampling,
}

/// The bytes of the file.
pub(crate) fn encode(image: &Srgb, encoding: &Encoding, budget: &Budget) -> Result<Vec<u8>> {
    let _working = budget.reserve(working_memory(image, encoding))?;
    match encoding.format {
        Format::Jpeg => jpeg::encode(image, encoding),
        Format::Png => png::encode(image),
        Format::Webp => webp::encode(image),
    }
}

/// An upper bound on what the encoders allocate for `image`, the file included.
fn working_memory(image: &Srgb, encoding: &Encoding) -> u64 {
    let samples = image.size.pixels().saturating_mul(image.channels as u64);
    match encoding.format {
        // Full planes at 8 bits; of the samples kept, coefficients at 16 bits and the file.
        Format::Jpeg => samples + kept(samples, encoding.subsampling) * 4 + (256 << 10),
        // The pixels in their smallest form, filtered rows and the file.
        Format::Png => samples.saturating_mul(3) + (1 << 20),
        // The image after each transform and the file.
        Format::Webp => samples.saturating_mul(4) + (1 << 20),
    }
}

/// How many of an image's samples remain after chroma subsampling.
fn kept(samples: u64, subsampling: Subsampling) -> u64 {
    match subsampling {
        Subsampling::Full => samples,
        Subsampling::Half => samples * 2 / 3,
        Subsampling::Quarter => samples / 2,
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("encode: {error}"))
}
