//! Vectors, scalars and cuts of a region: the same bytes.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::super::{Row, decode, read_header};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};
use crate::plan::{ChromaMode, DecodeRequest};
use crate::simd::PLAIN;

const SAMPLINGS: [SamplingFactor; 6] = [
    SamplingFactor::F_1_1,
    SamplingFactor::F_2_1,
    SamplingFactor::F_1_2,
    SamplingFactor::F_2_2,
    SamplingFactor::F_4_1,
    SamplingFactor::F_4_2,
];

/// A noisy 83 x 61 picture.
fn jpeg(sampling: SamplingFactor, progressive: bool) -> Vec<u8> {
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

fn cut(bytes: &[u8], scale: u8, chroma: ChromaMode, region: Region) -> Vec<u8> {
    let limits = Limits::default();
    let header = read_header(bytes, &limits).unwrap();
    let request = DecodeRequest {
        scale,
        chroma,
        region,
    };
    let mut samples = Vec::new();
    let mut take = |row: Row<'_>| {
        samples.extend_from_slice(row.samples);
        Ok(())
    };
    let report = decode(bytes, &header, &request, &Budget::new(&limits), &mut take);
    assert_eq!(report.unwrap().missing, 0);
    samples
}

/// Calls `check` with every kind of file at every scale, and the size at that scale.
fn every(mut check: impl FnMut(&[u8], u8, ChromaMode, u32, u32)) {
    for sampling in SAMPLINGS {
        for progressive in [false, true] {
            let bytes = jpeg(sampling, progressive);
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
    every(|bytes, scale, chroma, x1, y1| {
        let (x0, y0) = (0, 0);
        let whole = Region { x0, y0, x1, y1 };
        PLAIN.set(true);
        let plain = cut(bytes, scale, chroma, whole);
        PLAIN.set(false);
        assert!(plain == cut(bytes, scale, chroma, whole), "at {scale}/8");
    });
}

#[test]
fn a_region_is_a_cut_of_the_whole() {
    let mut state = 7u32;
    let mut below = |bound: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % bound
    };
    every(|bytes, scale, chroma, width, height| {
        let (x0, y0) = (below(width), below(height));
        let (x1, y1) = (x0 + 1 + below(width - x0), y0 + 1 + below(height - y0));
        let whole = Region {
            x0: 0,
            y0: 0,
            x1: width,
            y1: height,
        };
        let rows = cut(bytes, scale, chroma, whole);
        let rows = rows.chunks_exact(3 * width as usize);
        let rows = rows.take(y1 as usize).skip(y0 as usize);
        let columns = 3 * x0 as usize..3 * x1 as usize;
        let expected: Vec<u8> = rows.flat_map(|row| row[columns.clone()].to_vec()).collect();
        let region = Region { x0, y0, x1, y1 };
        assert!(
            expected == cut(bytes, scale, chroma, region),
            "{region:?} at {scale}/8"
        );
    });
}
