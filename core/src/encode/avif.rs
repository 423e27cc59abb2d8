//! AVIF through the `ravif` crate, over the encoder rav1e: no C, no assembler, no threads.
//!
//! - **Bytes** do not depend on threads or instruction sets: there is one tile, and only the vector code
//!   that the compiler generates from integer code. One constant comes from the platform's `exp`, whose last
//!   bit may differ between operating systems; it weighs bits against distortion.
//! - **Color**: 10 bits, `YCbCr` at 4:4:4 by BT.601 in the full range. Its sequence
//!   header states sRGB; a `colr` box would only repeat that.
//! - **Alpha** is lossy too, at a high quality of its own. Colors of transparent pixels are replaced by
//!   those around them, and an opaque image has no alpha.
//! - **A panic** in the encoder is reported as a defect. It owns its data, so nothing here is left half
//!   changed. Where panics abort, AVIF is not written.

use std::panic::catch_unwind;

use ravif::{BitDepth, Encoder, Img, RGBA8};

use super::same_look;
use crate::error::{Error, Result};
use crate::format::Effort;
use crate::pixels::SrgbImage;

/// Of alpha, on ravif's scale.
const ALPHA_QUALITY: f32 = 95.0;

pub(super) fn encode(image: &SrgbImage, quality: u8, effort: Effort) -> Result<Vec<u8>> {
    let pixels = rgba(image);
    let (width, height) = (image.size.width as usize, image.size.height as usize);
    let encoder = Encoder::new()
        .with_quality(same_look::avif(quality).into())
        .with_alpha_quality(ALPHA_QUALITY)
        .with_bit_depth(BitDepth::Ten)
        .with_speed(match effort {
            Effort::Default => 8,
            Effort::Small => 4,
        })
        .with_num_threads(Some(1));
    // Only this function of ravif is compiled with it. The others would compile rav1e into this crate.
    let encoded = catch_unwind(|| encoder.encode_rgba(Img::new(&pixels[..], width, height)));
    match encoded {
        Ok(Ok(encoded)) => Ok(encoded.avif_file),
        Ok(Err(_)) => Err(Error::internal("the AVIF encoder failed")),
        Err(_) => Err(Error::internal("the AVIF encoder panicked")),
    }
}

/// An upper bound on the allocations of ravif, and of the copy of the pixels.
///
/// Measured for noise of black and white, whose coefficients are the largest, at speed 8 and 4, with each
/// side rounded up to a block: 3 MiB, and 126 bytes a pixel up to ravif's quality 91, 222 up to 95.
/// Most of it is the coded symbols, which are kept until the whole image is decided.
pub(super) fn memory(image: &SrgbImage, quality: u8) -> u64 {
    const BLOCK: u32 = 64;
    let side = |length: u32| u64::from(length.next_multiple_of(BLOCK));
    let bytes_per_pixel = match same_look::avif(quality) {
        ..=91 => 152,
        _ => 256,
    };
    side(image.size.width) * side(image.size.height) * bytes_per_pixel + (3 << 20)
}

fn rgba(image: &SrgbImage) -> Vec<RGBA8> {
    let pixels = image.samples.chunks_exact(image.channels);
    let pixel = |samples: &[u8]| match *samples {
        [r, g, b, a] => RGBA8::new(r, g, b, a),
        [r, g, b] => RGBA8::new(r, g, b, 255),
        _ => RGBA8::default(),
    };
    pixels.map(pixel).collect()
}
