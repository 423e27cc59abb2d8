//! A still picture is decoded as libwebp decodes it, bit by bit.
//!
//! The color of a lossy one is compared where libwebp and `image-webp` agree. In a picture of random
//! bytes, coefficients can exceed 16 bits. Then every decoder has its own result, and even parts of
//! libwebp differ.

#![no_main]

use std::io::Cursor;

use image_webp::WebPDecoder;
use libfuzzer_sys::fuzz_target;
use roundel::internals::formats;
use roundel::{Frame, Region};
use roundel_fuzz::LIMITS;
use webp::{BitstreamFeatures, BitstreamFormat, Decoder, PixelLayout};

fuzz_target!(|bytes: &[u8]| {
    let Ok(size) = formats::size(bytes, &LIMITS) else {
        return;
    };
    let Ok(ours) = formats::decode(bytes, Frame::First, Region::whole(size), &LIMITS) else {
        return;
    };
    // `None` for an animation and for damage.
    let Some(theirs) = Decoder::new(bytes).decode() else {
        return;
    };
    if ours.missing > 0 {
        return;
    }
    assert_eq!((theirs.width(), theirs.height()), (size.width, size.height));
    let channels = match theirs.layout() {
        PixelLayout::Rgb => 3,
        PixelLayout::Rgba => 4,
    };
    let ours = rgba(&ours.samples, ours.channels);
    let theirs = rgba(&theirs, channels);
    let alpha = |pixels: &[[u8; 4]]| pixels.iter().map(|pixel| pixel[3]).collect::<Vec<u8>>();
    assert!(alpha(&ours) == alpha(&theirs), "alpha, {size:?}");
    if is_lossless(bytes) || agrees(bytes, &theirs) {
        assert!(ours == theirs, "{size:?}");
    }
});

/// Pixels without alpha are opaque.
fn rgba(samples: &[u8], channels: usize) -> Vec<[u8; 4]> {
    let pixels = samples.chunks_exact(channels).map(|pixel| match *pixel {
        [r, g, b, a] => [r, g, b, a],
        [r, g, b] => [r, g, b, 255],
        _ => [0; 4],
    });
    pixels.collect()
}

fn is_lossless(bytes: &[u8]) -> bool {
    let format = BitstreamFeatures::new(bytes).and_then(|features| features.format());
    matches!(format, Some(BitstreamFormat::Lossless))
}

/// Whether `image-webp` decodes the same colors.
fn agrees(bytes: &[u8], pixels: &[[u8; 4]]) -> bool {
    let Some((samples, channels)) = by_image_webp(bytes) else {
        return false;
    };
    let others = rgba(&samples, channels);
    let color = |pixel: &[u8; 4]| [pixel[0], pixel[1], pixel[2]];
    others.len() == pixels.len() && others.iter().map(color).eq(pixels.iter().map(color))
}

fn by_image_webp(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).ok()?;
    let mut samples = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut samples).ok()?;
    Some((samples, if decoder.has_alpha() { 4 } else { 3 }))
}
