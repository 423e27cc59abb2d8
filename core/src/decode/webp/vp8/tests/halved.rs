//! Frames decoded at half their size.

use super::writer::FrameSpec;
use super::{decode_halved, decode_request, decode_whole};
use crate::geometry::{Region, Size};
use crate::plan::DecodeRequest;
use crate::simd::BASELINE_ONLY;

/// An odd width and height, and a strong filter that all macroblocks have.
const FILTERED: FrameSpec = FrameSpec {
    width: 69,
    height: 51,
    filter_level: 60,
    ..FrameSpec::PLAIN
};

const HALF: Size = Size::new(35, 26);

#[test]
fn the_filter_is_left_out_only_at_half_size_and_after_fine_quantization() {
    let both = |quantizer| {
        let filtered = FrameSpec {
            quantizer,
            ..FILTERED
        };
        let unfiltered = FrameSpec {
            filter_level: 0,
            ..filtered
        };
        [filtered.random(5), unfiltered.random(5)]
    };
    // Steps of 44 and 45.
    let [filtered, unfiltered] = both(40);
    assert!(decode_halved(&filtered).unwrap() == decode_halved(&unfiltered).unwrap());
    assert!(decode_whole(&filtered).unwrap() != decode_whole(&unfiltered).unwrap());
    let [filtered, unfiltered] = both(41);
    assert!(decode_halved(&filtered).unwrap() != decode_halved(&unfiltered).unwrap());
}

#[test]
fn every_instruction_set_gives_the_same_bytes_at_half_size() {
    for quantizer in [4, 60] {
        let spec = FrameSpec {
            quantizer,
            ..FILTERED
        };
        let frame = spec.random(9);
        BASELINE_ONLY.set(true);
        let baseline = decode_halved(&frame).unwrap();
        BASELINE_ONLY.set(false);
        assert!(baseline == decode_halved(&frame).unwrap());
    }
}

#[test]
fn a_region_at_half_size_is_a_part_of_the_whole() {
    let frame = FILTERED.random(2);
    let whole = decode_halved(&frame).unwrap().rgb;
    assert_eq!(whole.len() as u64, 3 * HALF.pixels());
    for [x0, y0, x1, y1] in [[0, 0, 1, 1], [3, 7, 20, 26], [34, 25, 35, 26]] {
        let request = DecodeRequest {
            scale: 4,
            ..DecodeRequest::full_size(Region { x0, y0, x1, y1 })
        };
        let columns = 3 * x0 as usize..3 * x1 as usize;
        let rows = whole.chunks_exact(3 * HALF.width as usize);
        let rows = rows.take(y1 as usize).skip(y0 as usize);
        let expected: Vec<u8> = rows.flat_map(|row| row[columns.clone()].to_vec()).collect();
        assert!(decode_request(&frame, &request).unwrap().rgb == expected);
    }
}

#[test]
fn missing_pixels_are_counted_at_half_size() {
    let frame = FILTERED.random(3);
    for length in (frame.len() / 2..frame.len()).step_by(331) {
        let missing = decode_whole(&frame[..length]).unwrap().missing;
        let halved = decode_halved(&frame[..length]).unwrap().missing;
        // A quarter, and the odd last column and row.
        let [least, most] = [missing.div_ceil(4), missing.div_ceil(4) + 35 + 26];
        assert!((least..=most).contains(&halved), "{missing} {halved}");
    }
}

#[test]
fn a_region_outside_of_the_halved_frame_is_refused() {
    let frame = FILTERED.random(2);
    let request = |scale, width| DecodeRequest {
        scale,
        ..DecodeRequest::full_size(Region::whole(Size::new(width, 1)))
    };
    assert!(decode_request(&frame, &request(4, 35)).is_ok());
    assert!(decode_request(&frame, &request(4, 36)).is_err());
    assert!(decode_request(&frame, &request(2, 1)).is_err());
}
