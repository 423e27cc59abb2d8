//! Images that are built here.

use super::super::LosslessHeader;
use super::super::alpha::AlphaDecoder;
use super::writer::{BitWriter, ImageSpec, Random, random_image};
use super::{decode_whole, decode_with, reference};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};
use crate::plan::DecodeRequest;

fn image(width: usize, height: usize, seed: u32) -> Vec<u8> {
    let mut writer = BitWriter::header(width, height);
    random_image(width, height, &mut Random(seed), &mut writer);
    writer.finish()
}

#[test]
fn images_are_decoded_as_by_an_independent_decoder() {
    let mut sizes = Random(7);
    for seed in 0..400 {
        let (width, height) = (1 + sizes.below(40), 1 + sizes.below(40));
        let chunk = image(width, height, seed);
        let decoded = decode_whole(&chunk).unwrap();
        assert_eq!(decoded.missing, 0, "{seed}");
        assert!(
            decoded.samples == reference(&chunk).unwrap(),
            "{seed}: {width} x {height}"
        );
    }
}

#[test]
fn copies_reach_back_as_far_as_the_format_allows() {
    // More pixels than the window has, so that it is used several times over.
    let (width, height) = (1500, 1600);
    let mut writer = BitWriter::header(width, height);
    writer.put(0, 1);
    let spec = ImageSpec {
        width,
        height,
        greens: 256,
        others: 1,
        cache_bits: 0,
        groups: 1,
        copies: 13,
    };
    spec.write(true, &mut Random(1), &mut writer);
    let chunk = writer.finish();
    let decoded = decode_whole(&chunk).unwrap();
    assert!(decoded.missing == 0 && decoded.samples == reference(&chunk).unwrap());
}

#[test]
fn a_region_is_a_part_of_the_image_and_rows_after_it_are_not_decoded() {
    let chunk = image(30, 40, 3);
    let whole = decode_whole(&chunk).unwrap();
    let region = Region {
        x0: 5,
        y0: 7,
        x1: 25,
        y1: 20,
    };
    let budget = |work| {
        Budget::new(&Limits {
            work,
            ..Limits::default()
        })
    };
    let rows = whole.samples.chunks(4 * 30).skip(7).take(13);
    let expected: Vec<u8> = rows.flat_map(|row| &row[4 * 5..4 * 25]).copied().collect();
    let needed = (0..).map(|n| n * 100).find(|&work| {
        let decoded = decode_with(&chunk, Some(region), &budget(work));
        decoded.is_ok_and(|decoded| decoded.samples == expected)
    });
    let whole = decode_with(&chunk, None, &budget(needed.unwrap() + 160));
    assert_eq!(whole.err().unwrap().code(), "limit_exceeded");
}

#[test]
fn lossless_alpha_is_the_green_channel_of_an_image_without_header() {
    for seed in 0..40 {
        let mut writer = BitWriter::default();
        writer.put(1, 8);
        random_image(33, 17, &mut Random(seed), &mut writer);
        let budget = Budget::new(&Limits::default());
        let chunk = writer.finish();
        let mut alpha = AlphaDecoder::open(&chunk, Size::new(33, 17), &budget).unwrap();
        let decoded = decode_whole(&image(33, 17, seed)).unwrap();
        for row in decoded.samples.chunks(4 * 33) {
            let green: Vec<u8> = row.chunks(4).map(|pixel| pixel[1]).collect();
            assert_eq!(alpha.next_row().unwrap(), green, "{seed}");
        }
        assert_eq!(alpha.missing_values(&whole(33, 17)), 0);
    }
}

fn whole(width: u32, height: u32) -> DecodeRequest {
    DecodeRequest::full_size(Region::whole(Size::new(width, height)))
}

#[test]
fn filters_predict_alpha_from_its_neighbors() {
    let expected: [[u8; 6]; 4] = [
        [1, 2, 3, 4, 5, 250],
        [1, 3, 6, 5, 10, 4],
        [1, 3, 6, 5, 8, 0],
        // 5 + 3 - 1 = 7; 12 + 6 - 3 = 15
        [1, 3, 6, 5, 12, 9],
    ];
    for (filter, expected) in (0..).zip(expected) {
        let chunk = [filter << 2, 1, 2, 3, 4, 5, 250];
        let budget = Budget::new(&Limits::default());
        let mut alpha = AlphaDecoder::open(&chunk, Size::new(3, 2), &budget).unwrap();
        assert_eq!(alpha.next_row().unwrap(), &expected[..3]);
        assert_eq!(alpha.next_row().unwrap(), &expected[3..]);
    }
}

#[test]
fn alpha_that_ends_early_is_opaque_and_counted() {
    let budget = Budget::new(&Limits::default());
    let mut alpha = AlphaDecoder::open(&[0, 1, 2, 3, 4], Size::new(3, 3), &budget).unwrap();
    let rows: Vec<_> = (0..3)
        .flat_map(|_| alpha.next_row().unwrap().to_vec())
        .collect();
    assert_eq!(rows, [1, 2, 3, 4, 255, 255, 255, 255, 255]);
    assert_eq!(alpha.missing_values(&whole(3, 3)), 5);
    // At half size, each missing value counts for the pixel that it is a part of.
    let halved = DecodeRequest {
        scale: 4,
        ..whole(2, 2)
    };
    assert_eq!(alpha.missing_values(&halved), 4);
}

#[test]
fn alpha_of_an_impossible_size_or_compression_is_an_error() {
    let budget = Budget::new(&Limits::default());
    let open = |chunk: &[u8], width, height| {
        let decoder = AlphaDecoder::open(chunk, Size::new(width, height), &budget);
        decoder.err().map(|error| error.code())
    };
    assert_eq!(open(&[], 1, 1), Some("malformed"));
    assert_eq!(open(&[2], 1, 1), Some("malformed"));
    for size in [(0, 1), (1, 0), (1, 16_385), (u32::MAX, u32::MAX)] {
        assert_eq!(open(&[0, 0], size.0, size.1), Some("malformed"), "{size:?}");
        assert_eq!(open(&[1, 0], size.0, size.1), Some("malformed"), "{size:?}");
    }
}

#[test]
fn a_small_file_cannot_claim_much_memory() {
    // A predictor with blocks of 4 x 4 pixels, all of one mode: 16 MB of modes.
    let mut writer = BitWriter::header(16_384, 16_384);
    writer.put(0b1, 1);
    writer.put(0, 2 + 3);
    writer.put(0, 1);
    (0..5).for_each(|_| writer.put(0b0001, 4));
    let chunk = writer.finish();
    assert!(LosslessHeader::parse(&chunk).is_ok());
    let budget = Budget::new(&Limits {
        memory: 8 << 20,
        work: 1 << 20,
        ..Limits::default()
    });
    let error = decode_with(&chunk, None, &budget).err().unwrap();
    assert_eq!(
        error.to_string(),
        "the limit `memory` is 8388608, and this render needs 16777216"
    );
}
