//! Frames with every kind of header.

use super::writer::FrameSpec;
use super::{Random, decode_region, decode_whole, reference};
use crate::geometry::Region;
use crate::plan::ChromaMode;
use crate::simd::BASELINE_ONLY;

const PLAIN: FrameSpec = FrameSpec::PLAIN;

/// Headers that reach every branch.
const SPECS: [FrameSpec; 10] = [
    PLAIN,
    // Coefficients of up to 16 bits, whose sums have more.
    FrameSpec {
        quantizer: 127,
        ..PLAIN
    },
    FrameSpec {
        filter_level: 20,
        ..PLAIN
    },
    FrameSpec {
        filter_level: 63,
        sharpness: 3,
        log2_partitions: 1,
        ..PLAIN
    },
    FrameSpec {
        filter_level: 45,
        sharpness: 7,
        log2_partitions: 3,
        skip_probability: Some(128),
        ..PLAIN
    },
    FrameSpec {
        simple_filter: true,
        filter_level: 30,
        skip_probability: Some(200),
        ..PLAIN
    },
    FrameSpec {
        simple_filter: true,
        filter_level: 63,
        sharpness: 5,
        ..PLAIN
    },
    FrameSpec {
        filter_level: 10,
        filter_deltas: Some([5, -12]),
        log2_partitions: 2,
        ..PLAIN
    },
    FrameSpec {
        filter_level: 10,
        segments: Some((true, [0, 3, 9, 20], [0, 15, 40, 63])),
        skip_probability: Some(100),
        ..PLAIN
    },
    FrameSpec {
        filter_level: 30,
        filter_deltas: Some([-4, 9]),
        segments: Some((false, [-4, 0, 3, 9], [-30, -10, 10, 33])),
        ..PLAIN
    },
];

/// Every header at several sizes: less than a macroblock, whole macroblocks, and one sample more.
pub(super) fn for_every_frame(mut check: impl FnMut(FrameSpec, &[u8])) {
    let sizes = [
        (1, 1),
        (2, 17),
        (16, 16),
        (17, 2),
        (33, 48),
        (64, 31),
        (37, 35),
    ];
    for (spec, seed) in SPECS.into_iter().zip(1..) {
        for (width, height) in sizes {
            let spec = FrameSpec {
                width,
                height,
                ..spec
            };
            check(spec, &spec.random(seed));
        }
    }
}

#[test]
fn frames_are_decoded_as_by_an_independent_decoder() {
    for_every_frame(|spec, frame| {
        let decoded = decode_whole(frame).unwrap();
        assert_eq!(decoded.missing, 0, "{spec:?}");
        assert!(Some(decoded.rgb) == reference(frame), "{spec:?}");
    });
}

#[test]
fn every_instruction_set_gives_the_same_bytes() {
    for_every_frame(|spec, frame| {
        BASELINE_ONLY.set(true);
        let baseline = decode_whole(frame).unwrap();
        BASELINE_ONLY.set(false);
        assert!(baseline == decode_whole(frame).unwrap(), "{spec:?}");
    });
}

#[test]
fn a_region_is_a_part_of_the_whole() {
    let mut random = Random(7);
    for_every_frame(|FrameSpec { width, height, .. }, frame| {
        for chroma in [ChromaMode::Full, ChromaMode::AsStored] {
            let (x0, y0) = (random.below(width), random.below(height));
            let (x1, y1) = (
                x0 + 1 + random.below(width - x0),
                y0 + 1 + random.below(height - y0),
            );
            let all = Region {
                x0: 0,
                y0: 0,
                x1: width,
                y1: height,
            };
            let whole = decode_region(frame, all, chroma).unwrap().rgb;
            let rows = whole.chunks_exact(3 * width as usize);
            let rows = rows.take(y1 as usize).skip(y0 as usize);
            let columns = 3 * x0 as usize..3 * x1 as usize;
            let expected: Vec<u8> = rows.flat_map(|row| row[columns.clone()].to_vec()).collect();
            let region = Region { x0, y0, x1, y1 };
            let decoded = decode_region(frame, region, chroma).unwrap();
            assert!(decoded.rgb == expected, "{region:?}");
        }
    });
}

#[test]
fn a_frame_without_coefficients_is_gray() {
    // Without coefficients and with every mode DC, a frame is gray.
    let spec = FrameSpec {
        width: 5,
        height: 3,
        skip_probability: Some(1),
        ..PLAIN
    };
    let mut modes = spec.header();
    modes.bit(1, true);
    // Not by subblocks; DC; DC for chroma.
    modes.bit(145, true);
    modes.bit(156, false);
    modes.bit(163, false);
    modes.bit(142, false);
    let frame = spec.frame(&modes.finish(), &[Vec::new()]);
    let region = Region {
        x0: 0,
        y0: 0,
        x1: 5,
        y1: 3,
    };
    for chroma in [ChromaMode::Full, ChromaMode::AsStored] {
        let decoded = decode_region(&frame, region, chroma).unwrap();
        // (128 - 16) * 255 / 219, rounded.
        assert_eq!(decoded.rgb, [130; 45]);
        assert_eq!(decoded.missing, 0);
    }
}
