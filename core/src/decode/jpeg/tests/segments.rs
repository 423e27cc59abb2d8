//! Unusual segments before the first scan.

use super::super::markers::{JpegHeader, MarkerReader};
use super::decode_whole;
use super::writer::{JpegShape, Random, write};
use crate::limits::Limits;

/// A written JPEG with `segments` after its SOI marker.
fn jpeg_with(segments: &[&[u8]]) -> Vec<u8> {
    let mut random = Random(5);
    let bytes = write(&JpegShape::random(&mut random), &mut random);
    [&bytes[..2], &segments.concat(), &bytes[2..]].concat()
}

fn segment(marker: u8, parameters: &[u8]) -> Vec<u8> {
    let length = (parameters.len() as u16 + 2).to_be_bytes();
    [&[0xFF, marker][..], &length[..], parameters].concat()
}

fn read(bytes: &[u8]) -> JpegHeader<'_> {
    let mut reader = MarkerReader::new(bytes).unwrap();
    JpegHeader::read(&mut reader, &Limits::default()).unwrap()
}

#[test]
fn an_application_segment_or_comment_of_length_0_or_1_is_skipped() {
    let plain = decode_whole(&jpeg_with(&[]), 8).unwrap();
    for marker in [0xE0, 0xE1, 0xEC, 0xEF, 0xFE] {
        for length in [0, 1] {
            let bytes = jpeg_with(&[&[0xFF, marker, 0, length]]);
            let decoded = decode_whole(&bytes, 8).unwrap();
            assert!(decoded == plain, "{marker:X} {length}");
        }
    }
}

#[test]
fn a_table_segment_of_length_0_or_1_is_malformed() {
    for length in [0, 1] {
        let bytes = jpeg_with(&[&[0xFF, 0xDB, 0, length]]);
        let error = decode_whole(&bytes, 8).err().unwrap();
        assert_eq!((error.code(), error.offset()), ("malformed", Some(2)));
    }
}

#[test]
fn a_reserved_marker_is_skipped_without_a_segment() {
    let plain = decode_whole(&jpeg_with(&[]), 8).unwrap();
    let decoded = decode_whole(&jpeg_with(&[&[0xFF, 0x08, 0x7F, 0xFF]]), 8).unwrap();
    assert!(decoded == plain);
}

#[test]
fn jpeg_ls_is_named() {
    let bytes = jpeg_with(&[&segment(0xF7, &[8, 0, 8, 0, 8, 1, 1, 0x11, 0])]);
    let error = decode_whole(&bytes, 8).err().unwrap();
    assert_eq!(error.feature(), Some(crate::Feature::JpegLossless));
}

#[test]
fn every_exif_segment_and_xmp_packet_is_found() {
    let xmp = |text: &[u8]| {
        segment(
            0xE1,
            &[&b"http://ns.adobe.com/xap/1.0/\0"[..], text].concat(),
        )
    };
    let exif = |tiff: &[u8]| segment(0xE1, &[&b"Exif\0\0"[..], tiff].concat());
    let bytes = jpeg_with(&[&exif(b"one"), &xmp(b"<a/>"), &exif(b"two"), &xmp(b"<b/>")]);
    let metadata = read(&bytes).metadata;
    assert_eq!(metadata.exif_segments, [&b"one"[..], b"two"]);
    assert_eq!(metadata.xmp_packets, [&b"<a/>"[..], b"<b/>"]);
}

#[test]
fn a_file_cannot_make_the_lists_of_metadata_large() {
    let segments = [
        segment(0xE1, b"Exif\0\0"),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
    ];
    let bytes = jpeg_with(&[&segments[0][..], &segments[1]].repeat(1000));
    let metadata = read(&bytes).metadata;
    assert!(metadata.exif_segments.len() <= 16 && metadata.xmp_packets.len() <= 16);
}

/// The ICC profile of a file whose chunks have these numbers, counts and data.
fn icc_profile(chunks: &[(u8, u8, &[u8])]) -> Option<Vec<u8>> {
    let segments: Vec<Vec<u8>> = chunks
        .iter()
        .map(|&(number, count, data)| {
            let parameters = [&b"ICC_PROFILE\0"[..], &[number, count], data].concat();
            segment(0xE2, &parameters)
        })
        .collect();
    let segments: Vec<&[u8]> = segments.iter().map(Vec::as_slice).collect();
    let bytes = jpeg_with(&segments);
    let profile = read(&bytes).metadata.icc_profile();
    profile.map(|chunks| chunks.concat())
}

#[test]
fn icc_chunks_are_joined_by_their_numbers() {
    let profile = icc_profile(&[(2, 2, b"c"), (1, 2, b"ab")]);
    assert_eq!(profile, Some(b"abc".to_vec()));
    assert_eq!(icc_profile(&[]), None);
}

#[test]
fn doubled_and_miscounted_icc_chunks_are_a_profile() {
    let files: [&[(u8, u8, &[u8])]; 7] = [
        &[(1, 2, b"ab"), (1, 2, b"ab"), (2, 2, b"c"), (2, 2, b"c")],
        &[(1, 1, b"ab"), (1, 1, b"c")],
        &[(0, 0, b"a"), (0, 0, b"b"), (0, 0, b"c")],
        &[(2, 2, b"abc")],
        &[(1, 0, b"ab"), (2, 0, b"c")],
        &[(1, 9, b"abc")],
        &[(0, 1, b"abc")],
    ];
    for chunks in files {
        assert_eq!(icc_profile(chunks), Some(b"abc".to_vec()), "{chunks:?}");
    }
}

#[test]
fn an_icc_profile_ends_before_a_missing_chunk() {
    let profile = icc_profile(&[(1, 4, b"ab"), (2, 4, b"c"), (4, 4, b"d")]);
    assert_eq!(profile, Some(b"abc".to_vec()));
    assert_eq!(icc_profile(&[(2, 3, b"c"), (3, 3, b"d")]), None);
}

#[test]
fn a_file_cannot_make_the_list_of_icc_chunks_large() {
    let chunk = segment(0xE2, b"ICC_PROFILE\0\x01\x01");
    let bytes = jpeg_with(&vec![&chunk[..]; 2000]);
    assert!(read(&bytes).metadata.icc_chunks.len() <= 510);
}
