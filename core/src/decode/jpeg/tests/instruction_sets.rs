//! Every instruction set gives the same bytes, whole or in part.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{ChromaMode, DecodeRequest, SAMPLING_FACTORS, decode_region};
use crate::geometry::{Region, Size};
use crate::limits::Limits;
use crate::simd::BASELINE_ONLY;

/// A noisy picture of 83 x 61 pixels.
fn noisy_jpeg(sampling: SamplingFactor, progressive: bool) -> Vec<u8> {
    let mut state = 1u32;
    let mut noise = |at: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (at / 60 + (state >> 26)) as u8
    };
    let pixels: Vec<u8> = (0..83 * 61 * 3).map(&mut noise).collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 85);
    encoder.set_sampling_factor(sampling);
    encoder.set_progressive(progressive);
    encoder.encode(&pixels, 83, 61, ColorType::Rgb).unwrap();
    bytes
}

fn decode_samples(bytes: &[u8], scale: u8, chroma: ChromaMode, region: Region) -> Vec<u8> {
    let request = DecodeRequest {
        scale,
        shrink: 1,
        chroma,
        region,
    };
    let decoded = decode_region(bytes, request, &Limits::default()).unwrap();
    assert_eq!(decoded.missing, 0);
    decoded.samples
}

/// Calls `check` with every kind of file at every scale, and the size at that scale.
fn for_every_file(mut check: impl FnMut(&[u8], u8, ChromaMode, u32, u32)) {
    for sampling in SAMPLING_FACTORS {
        for progressive in [false, true] {
            let bytes = noisy_jpeg(sampling, progressive);
            for scale in [1, 2, 3, 4, 6, 8] {
                let scaled = Size::new(83, 61).scaled(scale);
                for chroma in [ChromaMode::Full, ChromaMode::AsStored] {
                    check(&bytes, scale, chroma, scaled.width, scaled.height);
                }
            }
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bytes() {
    for_every_file(|bytes, scale, chroma, x1, y1| {
        let (x0, y0) = (0, 0);
        let whole = Region { x0, y0, x1, y1 };
        BASELINE_ONLY.set(true);
        let baseline = decode_samples(bytes, scale, chroma, whole);
        BASELINE_ONLY.set(false);
        let best = decode_samples(bytes, scale, chroma, whole);
        assert!(baseline == best, "at {scale}/8");
    });
}

#[test]
fn a_region_is_a_part_of_the_whole() {
    let mut state = 7u32;
    let mut below = |bound: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % bound
    };
    for_every_file(|bytes, scale, chroma, width, height| {
        let (x0, y0) = (below(width), below(height));
        let (x1, y1) = (x0 + 1 + below(width - x0), y0 + 1 + below(height - y0));
        let whole = Region::whole(Size::new(width, height));
        let rows = decode_samples(bytes, scale, chroma, whole);
        let rows = rows.chunks_exact(3 * width as usize);
        let rows = rows.take(y1 as usize).skip(y0 as usize);
        let columns = 3 * x0 as usize..3 * x1 as usize;
        let expected: Vec<u8> = rows.flat_map(|row| row[columns.clone()].to_vec()).collect();
        let region = Region { x0, y0, x1, y1 };
        assert!(
            expected == decode_samples(bytes, scale, chroma, region),
            "{region:?} at {scale}/8"
        );
    });
}
