//! Properties of any bytes and any options.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use roundel::{Crop, Fit, FocalPoint, Format, Frame, Gravity, Options, Rect, Shape, Size, render};

fn signature() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(vec![]),
        Just(b"\xFF\xD8\xFF\xC0\0\x0B\x08\0\x10\0\x10\x01\x01\x11\0".to_vec()),
        Just(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0".to_vec()),
        Just(b"RIFF\x40\0\0\0WEBPVP8L\x30\0\0\0\x2F\x07\xC0\x01\0".to_vec()),
        Just(b"GIF89a\x10\0\x10\0\x80\0\0\0\0\0\xFF\xFF\xFF,".to_vec()),
        Just(b"BM\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x10\0\0\0\x10\0\0\0\x01\0\x18\0".to_vec()),
        Just(b"\0\0\0\x1Cftypavif".to_vec()),
    ]
}

fn frames() -> impl Strategy<Value = Frame> {
    let number = any::<u32>().prop_map(|number| Frame::Number(number % 4));
    prop_oneof![Just(Frame::First), Just(Frame::Poster), number]
}

fn crops() -> impl Strategy<Value = Crop> {
    let number = -10.0..2000.0f64;
    prop_oneof![
        (0..9usize).prop_map(|i| Crop::Gravity(Gravity::NAMED[i].1)),
        (0.0..=1.0, 0.0..=1.0).prop_map(|(x, y)| Crop::Focal(FocalPoint { x, y })),
        [number.clone(), number.clone(), number.clone(), number].prop_map(
            |[x, y, width, height]| Crop::Rect(Rect {
                x,
                y,
                width,
                height
            })
        ),
    ]
}

fn shapes() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Rectangle),
        Just(Shape::Circle),
        (0..=50u8).prop_map(Shape::Rounded),
    ]
}

fn sizes() -> impl Strategy<Value = Vec<Size>> {
    prop::collection::vec(
        (1..200u32, 1..200u32).prop_map(|(w, h)| Size::new(w, h)),
        1..5,
    )
}

fn flat_png(size: Size) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.width, size.height);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels = vec![77; size.pixels() as usize];
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&pixels)
        .unwrap();
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_rendered_or_refused_with_a_typed_error(
        start in signature(),
        rest in prop::collection::vec(any::<u8>(), 0..600),
        frame in frames(),
        accept_damaged: bool,
    ) {
        let bytes: Vec<u8> = start.into_iter().chain(rest).collect();
        let options = Options { frame, accept_damaged, ..Options::default() };
        if let Err(error) = render(&bytes, &options) {
            prop_assert_ne!(error.code(), "internal", "{}", error);
        }
    }

    #[test]
    fn any_crop_of_any_photo_gives_exact_sizes(
        photo in (1..300u32, 1..300u32),
        crop in crops(),
        shape in shapes(),
        sizes in sizes(),
        contain: bool,
    ) {
        let photo = flat_png(Size::new(photo.0, photo.1));
        let fit = if contain { Fit::Contain } else { Fit::Cover };
        let wanted = sizes.clone();
        let options = Options { sizes, crop, fit, shape, formats: vec![Format::Png], ..Options::default() };
        match render(&photo, &options) {
            Ok(rendered) => {
                let made: Vec<Size> = rendered.avatars.iter().map(|avatar| avatar.size).collect();
                prop_assert_eq!(made, wanted);
            }
            Err(error) => prop_assert_eq!(error.code(), "invalid_options"),
        }
    }
}
