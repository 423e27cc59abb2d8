//! CMYK with and without an Adobe segment.

use super::writer::{JpegShape, Random, write};
use super::{DecodedRegion, decode_whole};

/// The same coefficients with another Adobe segment.
fn decoded(adobe: Option<u8>) -> DecodedRegion {
    let mut random = Random(11);
    let shape = JpegShape {
        factors: vec![(1, 1); 4],
        adobe,
        ..JpegShape::random(&mut random)
    };
    decode_whole(&write(&shape, &mut Random(3)), 8).unwrap()
}

#[test]
fn cmyk_without_an_adobe_segment_is_inverted_as_with_one() {
    assert!(decoded(None) == decoded(Some(0)));
}

#[test]
fn four_components_of_any_other_adobe_transform_are_ycck() {
    assert!(decoded(Some(1)) == decoded(Some(2)));
    assert!(decoded(Some(2)) != decoded(None));
}
