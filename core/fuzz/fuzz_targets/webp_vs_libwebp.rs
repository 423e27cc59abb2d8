//! A still picture is decoded as libwebp decodes it, bit by bit: all of a lossless one, the alpha of a
//! lossy one.
//!
//! The color of lossy pictures is compared by tests, of valid ones. In a picture that random bytes make,
//! coefficients exceed 16 bits, and the parts of libwebp then differ among themselves.

#![no_main]

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
    let format = BitstreamFeatures::new(bytes).and_then(|features| features.format());
    let same = match format {
        Some(BitstreamFormat::Lossless) => ours.eq(theirs),
        _ => ours.map(|pixel| pixel[3]).eq(theirs.map(|pixel| pixel[3])),
    };
    assert!(same, "{size:?}");
});

/// Pixels without alpha are opaque.
fn rgba(samples: &[u8], channels: usize) -> impl Iterator<Item = [u8; 4]> {
    samples.chunks_exact(channels).map(|pixel| match *pixel {
        [r, g, b, a] => [r, g, b, a],
        [r, g, b] => [r, g, b, 255],
        _ => [0; 4],
    })
}
