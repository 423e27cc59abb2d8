//! Finished pixels to a file. No metadata is written.

#[cfg(feature = "avif-out")]
mod avif;
mod jpeg;
#[cfg(feature = "jpeg-small")]
mod jpeg_small;
mod max_bytes;
mod palette;
mod png;
#[cfg(any(feature = "webp-lossy", feature = "jpeg-small", feature = "avif-out"))]
mod same_look;
#[cfg(feature = "animation")]
mod webp_animation;
mod webp_lossless;
#[cfg(feature = "webp-lossy")]
mod webp_lossy;

use crate::error::{Error, Result};
use crate::format::Effort;
use crate::limits::Budget;
use crate::pixels::SrgbImage;
use crate::plan::{Output, OutputEncoding};
#[cfg(feature = "animation")]
use std::time::Duration;

#[cfg(feature = "animation")]
pub(crate) use self::webp_animation::{AnimatedFile, AnimationWriter};

/// The bytes of the file.
pub(crate) fn encode(image: &SrgbImage, output: &Output, budget: &Budget) -> Result<Vec<u8>> {
    let encoding = output.encoding;
    let _working = budget.reserve(working_memory(image, encoding))?;
    let Some(most) = output.max_bytes else {
        return write(image, encoding);
    };
    let Some(quality) = encoding.quality() else {
        return max_bytes::check(write(image, encoding)?, most);
    };
    // The best file so far is held while another one is written.
    let _best = budget.reserve(2 * u64::from(most).min(image.samples.len() as u64 * 2))?;
    max_bytes::highest_quality(quality, most, |quality| {
        write(image, encoding.with_quality(quality))
    })
}

/// Adds a frame to an animated WebP.
#[cfg(feature = "animation")]
pub(crate) fn add_frame(
    writer: &mut AnimationWriter,
    image: SrgbImage,
    duration: Duration,
    encoding: OutputEncoding,
    budget: &Budget,
) -> Result<()> {
    // Resizing and comparing take about as long as decoding as many samples.
    budget.work(image.samples.len() as u64)?;
    writer.push(image, duration, budget, &mut |part| {
        budget.work(part.size.pixels() * work_of_frame(encoding))?;
        let _working = budget.reserve(working_memory(part, encoding))?;
        write(part, encoding)
    })
}

/// The work of encoding a pixel of a frame. A still has one frame, so only animations are charged.
#[cfg(feature = "animation")]
fn work_of_frame(encoding: OutputEncoding) -> u64 {
    match encoding {
        OutputEncoding::LossyWebp {
            effort: Effort::Small,
            ..
        } => 16,
        OutputEncoding::LossyWebp { .. } => 8,
        _ => 4,
    }
}

/// An animated WebP of at most `most` bytes, if that of `quality` is larger. `encode` writes it at another
/// quality.
#[cfg(feature = "animation")]
pub(crate) fn shrink_animation(
    file: Vec<u8>,
    encoding: OutputEncoding,
    most: u32,
    mut encode: impl FnMut(u8) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let Some(quality) = encoding.quality() else {
        return max_bytes::check(file, most);
    };
    let mut first = Some(file);
    max_bytes::highest_quality(quality, most, |quality| match first.take() {
        Some(file) => Ok(file),
        None => encode(quality),
    })
}

fn write(image: &SrgbImage, encoding: OutputEncoding) -> Result<Vec<u8>> {
    match encoding {
        #[cfg(feature = "jpeg-small")]
        OutputEncoding::Jpeg {
            quality,
            progressive,
            subsampling,
            effort: Effort::Small,
        } => jpeg_small::encode(image, quality, progressive, subsampling),
        OutputEncoding::Jpeg {
            quality,
            progressive,
            subsampling,
            effort: Effort::Default,
        } => Ok(jpeg::encode(image, quality, progressive, subsampling)),
        OutputEncoding::Png => png::encode(image),
        OutputEncoding::LosslessWebp => webp_lossless::encode(image),
        #[cfg(feature = "webp-lossy")]
        OutputEncoding::LossyWebp { quality, effort } => webp_lossy::encode(image, quality, effort),
        #[cfg(feature = "avif-out")]
        OutputEncoding::Avif { quality, effort } => avif::encode(image, quality, effort),
        // Options::check refuses what this build cannot write.
        #[allow(unreachable_patterns)]
        _ => Err(Error::internal("an encoder is missing")),
    }
}

/// The work of encoding, which is charged before: that of AVIF, which takes 20 times as long as the
/// slowest of the others. A unit takes about 40 ns.
#[cfg(feature = "avif-out")]
pub(crate) fn work(image: &SrgbImage, output: &Output) -> u64 {
    let OutputEncoding::Avif { effort, .. } = output.encoding else {
        return 0;
    };
    let units = match effort {
        Effort::Default => 64,
        Effort::Small => 192,
    };
    let files = output.max_bytes.map_or(1, |_| max_bytes::MOST_FILES);
    image.size.pixels() * units * files
}

/// An upper bound on the allocations of the encoders for `image`, including the file.
fn working_memory(image: &SrgbImage, encoding: OutputEncoding) -> u64 {
    let pixels = image.size.pixels();
    let samples = pixels.saturating_mul(image.channels as u64);
    match encoding {
        OutputEncoding::Jpeg {
            subsampling,
            effort: Effort::Default,
            ..
        } => jpeg::memory(image.size, subsampling),
        // Full planes at 8 bits. Of the samples kept: coefficients at 16 bits, unrounded ones at 32 bits, and
        // the file. Trellises. If progressive, every scan that the search for the smallest script writes.
        OutputEncoding::Jpeg {
            subsampling,
            progressive,
            ..
        } => {
            let bytes = if progressive { 24 } else { 12 };
            samples * 2 + subsampling.kept(samples) * bytes + (1 << 20)
        }
        // The pixels in their smallest form, filtered rows, and the file. The file with a palette, which is
        // written first.
        OutputEncoding::Png => samples.saturating_mul(3) + 2 * pixels + (1 << 20),
        // The image after each transform, and the file.
        OutputEncoding::LosslessWebp => samples.saturating_mul(4) + (1 << 20),
        #[cfg(feature = "webp-lossy")]
        OutputEncoding::LossyWebp { .. } => webp_lossy::memory(image),
        #[cfg(feature = "avif-out")]
        OutputEncoding::Avif { quality, .. } => avif::memory(image, quality),
        // Options::check refuses what this build cannot write.
        #[allow(unreachable_patterns)]
        _ => 0,
    }
}
