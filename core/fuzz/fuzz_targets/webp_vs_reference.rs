//! A whole WebP is decoded as the `image-webp` crate decodes it: a lossless picture exactly, of a lossy
//! one the alpha. (The color of an invalid lossy picture is compared by tests only: its coefficients
//! can exceed 16 bits, and then the two decoders differ by design.)

#![no_main]

use std::io::Cursor;

use image_webp::WebPDecoder;
use libfuzzer_sys::fuzz_target;
use roundel::internals::formats;
use roundel::{Frame, Region};
use roundel_fuzz::LIMITS;

fuzz_target!(|bytes: &[u8]| {
    let Ok(size) = formats::size(bytes, &LIMITS) else {
        return;
    };
    let Ok(ours) = formats::decode(bytes, Frame::First, Region::whole(size), &LIMITS) else {
        return;
    };
    let Some((reference, lossy)) = reference(bytes, ours.samples.len()) else {
        return;
    };
    if ours.missing > 0 {
        return;
    }
    if !lossy {
        assert!(ours.samples == reference, "{size:?}");
    } else if ours.channels == 4 {
        let alpha = |samples: &[u8]| -> Vec<u8> {
            samples.iter().skip(3).step_by(4).copied().collect()
        };
        assert!(alpha(&ours.samples) == alpha(&reference), "{size:?}");
    }
});

/// The samples of a still picture, if there are `length`, and whether it is lossy.
fn reference(bytes: &[u8], length: usize) -> Option<(Vec<u8>, bool)> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).ok()?;
    if decoder.is_animated() || decoder.output_buffer_size()? != length {
        return None;
    }
    let mut samples = vec![0; length];
    decoder.read_image(&mut samples).ok()?;
    Some((samples, decoder.is_lossy()))
}
