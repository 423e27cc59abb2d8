use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};

use super::*;
use crate::limits::{Budget, Limits};

/// Noise of a strength that grows to the right, over slopes.
fn picture(size: Size) -> SrgbImage {
    let mut image = SrgbImage::new(size, 3, &Budget::new(&Limits::default())).unwrap();
    let mut state = 1u32;
    for (at, sample) in (0u32..).zip(image.samples.iter_mut()) {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (x, y) = (at / 3 % size.width, at / 3 / size.width);
        let noise = (state >> 24) * x / size.width;
        *sample = (noise + 2 * y + at % 3 * x) as u8;
    }
    image
}

/// The same, by the crate.
fn oracle(image: &SrgbImage, quality: u8, progressive: bool, subsampling: Subsampling) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(match subsampling {
        Subsampling::Full => SamplingFactor::F_1_1,
        Subsampling::Half => SamplingFactor::F_2_1,
        Subsampling::Quarter => SamplingFactor::F_2_2,
    });
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    if progressive {
        encoder.set_progressive_scans(2);
    }
    encoder.set_optimized_huffman_tables(true);
    let (width, height) = (image.size.width as u16, image.size.height as u16);
    let encoded = encoder.encode(&image.samples, width, height, ColorType::Rgb);
    encoded.unwrap();
    bytes
}

#[test]
fn the_bytes_are_those_of_jpeg_encoder() {
    let sizes = [
        (1, 1),
        (7, 9),
        (8, 8),
        (17, 40),
        (64, 15),
        (33, 34),
        (128, 128),
    ];
    for (width, height) in sizes {
        let image = picture(Size::new(width, height));
        for subsampling in [Subsampling::Full, Subsampling::Half, Subsampling::Quarter] {
            for (quality, progressive) in
                [(1, true), (30, false), (80, true), (80, false), (100, true)]
            {
                let case = (width, height, subsampling, quality, progressive);
                let bytes = encode(&image, quality, progressive, subsampling);
                let memory = memory(image.size, subsampling);
                assert!(
                    bytes == oracle(&image, quality, progressive, subsampling),
                    "{case:?}"
                );
                assert!((bytes.len() as u64) < memory / 2, "{case:?}");
            }
        }
    }
}

#[test]
fn codes_of_very_uneven_frequencies_are_at_most_16_bits_long() {
    let mut frequencies = Frequencies::new();
    // Each symbol is as frequent as all before it, so the best codes have up to 25 bits.
    for symbol in 0..25 {
        for _ in 0..1 << symbol {
            frequencies.count(symbol);
        }
    }
    let codes = HuffmanCodes::new(&frequencies);
    let lengths: Vec<u32> = (0..25).map(|symbol| codes.code(symbol).1).collect();
    assert!(
        lengths.iter().all(|length| (1..=16).contains(length)),
        "{lengths:?}"
    );
    // Kraft's sum leaves room for the code that is not allowed.
    let sum: u32 = lengths.iter().map(|length| 1 << (16 - length)).sum();
    assert!(sum < 1 << 16, "{sum}");
}
