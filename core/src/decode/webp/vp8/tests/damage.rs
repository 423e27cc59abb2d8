//! Frames that end early or are changed.

use super::writer::FrameSpec;
use super::{Random, decode_region, decode_whole};
use crate::geometry::Region;
use crate::limits::{Budget, Limits};
use crate::plan::{ChromaMode, DecodeRequest};

const SPEC: FrameSpec = FrameSpec {
    width: 70,
    height: 50,
    filter_level: 20,
    ..FrameSpec::PLAIN
};

#[test]
fn rows_before_the_end_of_the_data_are_whole_and_the_rest_is_missing() {
    let frame = SPEC.random(3);
    let whole = decode_whole(&frame).unwrap();
    let mut last_missing = 70 * 50;
    for length in (frame.len() / 8..frame.len()).step_by(97) {
        let decoded = decode_whole(&frame[..length]).unwrap();
        assert!(decoded.missing <= last_missing);
        last_missing = decoded.missing;
        assert_eq!(decoded.rgb.len(), whole.rgb.len());
        // A whole row of macroblocks and the start of the next one, less the samples that the
        // filter and chroma change across their edge.
        let rows = (50 - decoded.missing.div_ceil(70)) / 16 * 16;
        let same = (3 * 70 * rows.saturating_sub(5)) as usize;
        assert!(decoded.rgb[..same] == whole.rgb[..same], "{length}");
    }
    assert_eq!(last_missing, 0);
}

#[test]
fn missing_pixels_are_gray_and_counted_within_the_region() {
    // No data at all after the header: even the first macroblock is missing.
    let spec = FrameSpec {
        log2_partitions: 1,
        ..SPEC
    };
    let mut first = spec.header().finish();
    first.extend([0x55; 200]);
    let frame = spec.frame(&first, &[Vec::new(), vec![0x55; 4000]]);
    let region = Region {
        x0: 5,
        y0: 20,
        x1: 25,
        y1: 50,
    };
    let decoded = decode_region(&frame, region, ChromaMode::Full).unwrap();
    assert_eq!(decoded.missing, 20 * 30);
    assert!(decoded.rgb.iter().all(|&sample| sample == 130));
}

#[test]
fn a_header_that_ends_early_is_an_error() {
    let frame = SPEC.random(3);
    // The last 4 bytes of the encoder are padding.
    let header = 10 + SPEC.header().finish().len() - 5;
    for length in 0..header {
        let error = decode_whole(&frame[..length]).err();
        assert_eq!(error.map(|e| e.code()), Some("malformed"), "{length}");
    }
}

#[test]
fn frames_that_are_not_shown_key_frames_are_refused() {
    let frame = SPEC.random(3);
    let decode = |index: usize, bits: u8| {
        let mut frame = frame.clone();
        frame[index] ^= bits;
        decode_whole(&frame).err().map(|error| error.code())
    };
    assert_eq!(decode(0, 0x01), Some("malformed"));
    assert_eq!(decode(0, 0x10), Some("malformed"));
    assert_eq!(decode(3, 0x01), Some("malformed"));
    assert_eq!(decode(0, 0x08), Some("unsupported"));
}

#[test]
fn changed_bytes_never_panic() {
    let mut random = Random(11);
    let frame = SPEC.random(3);
    for _ in 0..300 {
        let mut frame = frame.clone();
        for _ in 0..=random.below(4) {
            // Mostly in the header and the modes. The size stays.
            let range = [120, frame.len() as u32 - 10][random.below(2) as usize];
            let at = 10 + random.below(range) as usize;
            frame[at] ^= 1 << random.below(8);
        }
        let length = frame.len() - random.below(2) as usize * random.below(3000) as usize;
        let decoded = decode_whole(&frame[..length]).unwrap();
        assert_eq!(decoded.rgb.len(), 3 * 70 * 50);
    }
}

#[test]
fn work_is_charged_before_a_row_is_decoded() {
    let frame = SPEC.random(3);
    let decode = |work| {
        let limits = Limits {
            work,
            ..Limits::default()
        };
        let request = DecodeRequest::full_size(Region {
            x0: 0,
            y0: 0,
            x1: 70,
            y1: 50,
        });
        let tag = super::FrameTag::parse(&frame).unwrap();
        super::decode(
            &tag,
            None,
            &request,
            false,
            &Budget::new(&limits),
            &mut |_| Ok(()),
        )
    };
    // 5 x 4 macroblocks of 384 samples.
    assert_eq!(decode(20 * 384), Ok(0));
    let error = decode(20 * 384 - 1).unwrap_err();
    assert_eq!(error.code(), "limit_exceeded");
}
