//! Ranges, matrices, depths, and what the header states.

use super::writer::{Coded, Source, media_box, nclx, single};
use super::{Decoder, Layout, SampleDepth, code, decode, gradient};
use crate::decode::Header;
use crate::limits::{Budget, Limits};
use crate::photo::{Frame, Photo};
use crate::pixels::StatedColor;

fn with_header<T>(file: &[u8], read: impl FnOnce(&Header<'_>) -> T) -> T {
    let budget = Budget::new(&Limits::default());
    let decoder = Decoder::open(Photo::File(file), Frame::First, &budget).unwrap();
    read(decoder.header())
}

fn picture() -> Coded {
    Source::color(64, 48, gradient).code()
}

#[test]
fn code_points_of_the_container_replace_those_of_the_picture() {
    let stated = |properties: &[Vec<u8>]| {
        let file = single(&picture(), properties);
        with_header(&file, |header| header.stated.cicp)
    };
    assert_eq!(stated(&[]), Some([1, 13, 0, 1]));
    assert_eq!(stated(&[nclx(12, 16, 6, true)]), Some([12, 16, 0, 1]));
    // Where one is unspecified, it is that of sRGB.
    assert_eq!(stated(&[nclx(12, 2, 6, true)]), Some([12, 13, 0, 1]));
    assert_eq!(stated(&[nclx(2, 18, 6, true)]), Some([1, 18, 0, 1]));
    assert_eq!(stated(&[nclx(2, 2, 6, true)]), Some([2, 2, 0, 1]));
}

#[test]
fn a_profile_replaces_primaries_and_transfer_function() {
    let profile = media_box(b"colr", b"profsome profile");
    let file = single(&picture(), &[nclx(12, 13, 6, true), profile]);
    with_header(&file, |header| {
        assert_eq!(header.icc.as_ref().map(|icc| icc.stored_len()), Some(12));
        assert_eq!(header.stated, StatedColor::default());
    });
}

#[test]
fn the_limited_range_is_expanded() {
    let flat = Source::color(64, 48, |_, _| [126, 128, 128]).code();
    let pixel = |full| {
        decode(&single(&flat, &[nclx(1, 13, 6, full)]))
            .unwrap()
            .samples[0]
    };
    assert!(pixel(true).abs_diff(126) <= 1);
    // (126 - 16) * 255 / 219
    assert!(pixel(false).abs_diff(128) <= 1);
}

#[test]
fn rgb_needs_chroma_for_each_pixel() {
    assert_eq!(
        code(&single(&picture(), &[nclx(1, 13, 0, true)])),
        "malformed"
    );
    assert_eq!(
        code(&single(&picture(), &[nclx(1, 13, 14, true)])),
        "unsupported"
    );
}

#[test]
fn deep_samples_are_scaled_to_16_bits() {
    let deep = Source {
        bits: 10,
        ..Source::color(64, 48, |x, _| [x as u16 * 16, 512, 512])
    };
    let decoded = decode(&single(&deep.code(), &[])).unwrap();
    assert_eq!(
        (decoded.layout, decoded.depth),
        (Layout::Rgb, SampleDepth::Sixteen)
    );
    for (x, pixel) in decoded.samples.chunks(6).take(64).enumerate() {
        let expected = x as f64 * 16.0 / 1023.0 * 65_535.0;
        let got = f64::from(u16::from_be_bytes([pixel[0], pixel[1]]));
        assert!((got - expected).abs() < 260.0, "{x}: {got} {expected}");
    }
}

#[test]
fn a_picture_without_chroma_is_gray() {
    let decoded = decode(&single(&Source::gray(64, 48, gradient).code(), &[])).unwrap();
    assert_eq!(decoded.layout, Layout::Gray);
    let expected = (0..48).flat_map(|y| (0..64).map(move |x| f64::from(gradient(x, y)[0])));
    assert!(super::psnr(&decoded.samples, expected) > 45.0);
}
