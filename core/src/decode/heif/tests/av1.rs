//! Pictures of 32 x 32 pixels in four colors, coded by libaom 3.13 and rav1e 0.8 at quality 92 and 95.

use super::writer::{HeifWriter, alpha_type, ispe, media_box, nclx};
use super::{code, decode};
use crate::decode::Decoder;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};
use crate::photo::{Frame, Photo};
use crate::pixels::{Layout, SampleDepth};
use crate::plan::DecodeRequest;
use crate::{Options, render};

/// 8 bits, 4:4:4, the full range, BT.601.
const FULL: &str = "\
    12000a0838113ff69010d06932371182334e8000f20000c4e1164fd1a0a1626abdb6b8bb8bf2cb64\
    573ab8cb6ded792bcbaa9c3b1c6322eac3f0be6901944bd75bdf88048e";
/// 8 bits, 4:2:2, the limited range, BT.601.
const HALF_WIDTH: &str = "\
    12000a0958113ff68808683080323511821b548000f20000c4e1164fd1a055738f9e6323b3904a70\
    48b76b8b05dbd721e6726f8cd6a342e11017422f59ba926fcb01ddfe";
/// 8 bits, 4:2:0, the limited range, BT.601.
const HALF: &str = "\
    12000a0918113ff6880868302032531181aa4000790000d15b81b933346012d4cd891193c27adec3\
    39151f9521723d0dac5d3f64dd231043702f34c0bc429c6057bbbccbc00d488ae4179d67d1709da4\
    0c1b95f9b5f7c3f8b8f66a2f844c1e148266";
/// 8 bits, 4:0:0, the full range.
const MONOCHROME: &str = "\
    12000a0818113ff69808683532191186a90001e4028b3722e39b84313d10a51bd5571ad60ca260";
/// 10 bits, 4:4:4, the full range, BT.601.
const TEN_BITS: &str = "\
    12000a083fd13ff2f010d06d324464620b1f170b04c0002000100000000000000000000002a006c2\
    eeac3fd6d80921d3b7392e3beda27026f264a570fd8e0bbf07f5e24d20e4d3829234fdd362bd3bee\
    ea40";
/// 10 bits, green, blue and red, the full range.
const TEN_BITS_RGB: &str = "\
    12000a083fd13ff2f010d00a324664620b1f170b04c0002000100000000000000000000002a006c2\
    eeac39e071c239d1fb71e2cc5bb688b25540b598fe814f03d0394d3de3b26f9b5422e062d1877c36\
    5e6137c0";
/// Alpha, 8 bits: 255, 64, 0 and 255.
const ALPHA: &str = "\
    12000a0518113ff615321711400001401223af537461e3bbb8916b0b32c75611dfc0";

/// A start of a picture of 1024 x 1024 pixels in 16 x 16 tiles.
const TILES: &str = "12000a0a19667ffffda2021a0d08329d581ffd8361e1e16738e38e0595800000";

/// Of the quarters, row by row.
const COLORS: [[u8; 3]; 4] = [[200, 40, 40], [40, 180, 60], [50, 60, 200], [230, 220, 90]];

fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

fn add(writer: &mut HeifWriter, data: &[u8], size: Size) -> u16 {
    let id = writer.item(b"av01", &[data]);
    writer.property(id, media_box(b"av1C", &[0x81, 0, 0x0C, 0]));
    writer.property(id, ispe(size));
    id
}

fn stated(data: &[u8], size: Size, properties: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = HeifWriter::new();
    let id = add(&mut writer, data, size);
    for property in properties {
        writer.property(id, property.clone());
    }
    writer.finish(id)
}

fn file(data: &[u8]) -> Vec<u8> {
    stated(data, Size::square(32), &[])
}

/// The 8 high bits of the samples in the middle of each quarter.
fn quarters(file: &[u8]) -> [Vec<u8>; 4] {
    let decoded = decode(file).unwrap();
    assert_eq!((decoded.size, decoded.missing), (Size::square(32), 0));
    let (channels, bytes) = (decoded.layout.channels(), decoded.depth.bytes());
    [(8, 8), (24, 8), (8, 24), (24, 24)].map(|(x, y)| {
        let pixel = &decoded.samples[(y * 32 + x) * channels * bytes..][..channels * bytes];
        pixel.iter().copied().step_by(bytes).collect()
    })
}

fn assert_close(found: &[u8], expected: &[u8]) {
    let close = found.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 3);
    assert!(
        found.len() == expected.len() && close,
        "{found:?} {expected:?}"
    );
}

#[test]
fn every_chroma_format_and_range_shows_its_colors() {
    for (data, depth) in [
        (FULL, SampleDepth::Eight),
        (HALF_WIDTH, SampleDepth::Eight),
        (HALF, SampleDepth::Eight),
        (TEN_BITS, SampleDepth::Sixteen),
        (TEN_BITS_RGB, SampleDepth::Sixteen),
    ] {
        let file = file(&bytes(data));
        assert_eq!(decode(&file).unwrap().depth, depth);
        for (found, expected) in quarters(&file).iter().zip(COLORS) {
            assert_close(found, &expected);
        }
    }
}

#[test]
fn without_chroma_a_picture_is_gray() {
    let file = file(&bytes(MONOCHROME));
    assert_eq!(decode(&file).unwrap().layout, Layout::Gray);
    for (found, [r, g, b]) in quarters(&file).iter().zip(COLORS) {
        let luma = 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b);
        assert_close(found, &[luma as u8]);
    }
}

#[test]
fn alpha_is_a_picture_of_its_own() {
    let mut writer = HeifWriter::new();
    let color = add(&mut writer, &bytes(HALF), Size::square(32));
    let alpha = add(&mut writer, &bytes(ALPHA), Size::square(32));
    writer.property(alpha, alpha_type());
    writer.refer(b"auxl", alpha, &[color]);
    let alphas = quarters(&writer.finish(color)).map(|pixel| pixel[3]);
    assert_close(&alphas, &[255, 64, 0, 255]);
}

#[test]
fn tiles_of_a_grid_are_put_together() {
    let mut writer = HeifWriter::new();
    let tiles = [FULL, FULL].map(|data| add(&mut writer, &bytes(data), Size::square(32)));
    let grid = writer.grid(2, Size::new(60, 32), &tiles);
    let decoded = decode(&writer.finish(grid)).unwrap();
    assert_eq!((decoded.size, decoded.missing), (Size::new(60, 32), 0));
    for (x, expected) in [
        (8, COLORS[0]),
        (24, COLORS[1]),
        (40, COLORS[0]),
        (56, COLORS[1]),
    ] {
        assert_close(&decoded.samples[(8 * 60 + x) * 3..][..3], &expected);
    }
}

#[test]
fn code_points_of_the_container_replace_those_of_the_picture() {
    let blue = |properties: &[Vec<u8>]| {
        let file = stated(&bytes(FULL), Size::square(32), properties);
        quarters(&file)[2].clone()
    };
    assert_eq!(blue(&[]), blue(&[nclx(1, 13, 6, true)]));
    // BT.709 makes blue of the same samples brighter.
    assert!(blue(&[nclx(1, 13, 1, true)])[2] > blue(&[])[2] + 5);
}

#[test]
fn skipped_filters_leave_a_small_avatar_as_it_is() {
    let options = Options {
        sizes: vec![Size::square(4)],
        format: crate::Format::Png,
        ..Options::default()
    };
    let png = render(&file(&bytes(HALF)), &options)
        .unwrap()
        .avatars
        .remove(0)
        .bytes;
    let small = decode(&png).unwrap();
    let channels = small.layout.channels();
    for (at, expected) in [0, 3, 12, 15].into_iter().zip(COLORS) {
        // Edges of the quarters are two pixels away.
        let found = &small.samples[at * channels..][..3];
        let near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 12);
        assert!(near, "{found:?} {expected:?}");
    }
}

#[test]
fn a_size_other_than_stated_is_malformed() {
    for size in [Size::square(33), Size::new(32, 64), Size::new(1, 1000)] {
        assert_eq!(
            code(&stated(&bytes(FULL), size, &[])),
            "malformed",
            "{size:?}"
        );
    }
}

#[test]
fn damage_is_malformed_wherever_it_is() {
    for data in [FULL, HALF, TEN_BITS, MONOCHROME] {
        let whole = bytes(data);
        for length in 0..whole.len() - 1 {
            assert_eq!(code(&file(&whole[..length])), "malformed", "{length}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x55;
            let code = code(&file(&changed));
            assert!(
                matches!(code, "ok" | "malformed" | "limit_exceeded" | "unsupported"),
                "{at}: {code}"
            );
        }
    }
}

#[test]
fn a_second_sequence_header_must_repeat_the_first() {
    // After the temporal delimiter.
    let with = |other: &str| {
        let other = bytes(other);
        let header = &other[2..4 + usize::from(other[3])];
        let mut data = bytes(FULL);
        data.splice(2..2, header.iter().copied());
        code(&file(&data))
    };
    assert_eq!(with(FULL), "ok");
    assert_eq!(with(HALF_WIDTH), "malformed");
}

/// Decodes within a memory limit.
fn within(data: &str, size: Size, memory: u64) -> Result<(), crate::Error> {
    let limits = Limits {
        memory,
        ..Limits::default()
    };
    let (file, budget) = (stated(&bytes(data), size, &[]), Budget::new(&limits));
    let mut decoder = Decoder::open(Photo::File(&file), Frame::First, &budget)?;
    let request = DecodeRequest::full_size(Region::whole(size));
    decoder.rows(&request, &budget, &mut |_| Ok(()))?;
    Ok(())
}

#[test]
fn memory_is_charged_before_the_decoder_allocates_it() {
    assert!(within(FULL, Size::square(32), 2 << 20).is_ok());
    let error = within(FULL, Size::square(32), 1 << 20).unwrap_err();
    assert_eq!(error.code(), "limit_exceeded");
}

#[test]
fn the_memory_of_tiles_is_charged() {
    // The picture is cut, so it is malformed if there is enough memory for its 256 tiles.
    let code = |memory| {
        within(TILES, Size::square(1024), memory)
            .unwrap_err()
            .code()
    };
    assert_eq!(code(7 << 20), "limit_exceeded");
    assert_eq!(code(9 << 20), "malformed");
}
