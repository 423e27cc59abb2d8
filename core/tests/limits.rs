//! Each limit is exact at its edge.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use roundel::{Format, Kind, Limit, Limits, Options, Size, render};

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let pixels = vec![90; (width * height * 3) as usize];
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&pixels)
        .unwrap();
    bytes
}

/// Renders `photo` under `limits` and says which limit refused it.
fn refused_by(photo: &[u8], limits: Limits) -> Option<Limit> {
    let sizes = vec![Size::square(8)];
    let options = Options {
        sizes,
        format: Format::Png,
        limits,
        ..Options::default()
    };
    match render(photo, &options).map_err(|error| error.kind()) {
        Ok(_) => None,
        Err(Kind::LimitExceeded { limit, .. }) => Some(limit),
        Err(other) => panic!("refused for another reason: {other:?}"),
    }
}

#[test]
fn input_bytes_width_height_and_pixels_are_exact() {
    let photo = png(40, 30);
    let exact = Limits {
        input_bytes: photo.len() as u64,
        width: 40,
        height: 30,
        pixels: 1200,
        ..Limits::default()
    };
    assert_eq!(refused_by(&photo, exact), None);
    let tighter = |change: fn(&mut Limits)| {
        let mut limits = exact;
        change(&mut limits);
        refused_by(&photo, limits)
    };
    assert_eq!(tighter(|l| l.input_bytes -= 1), Some(Limit::InputBytes));
    assert_eq!(tighter(|l| l.width -= 1), Some(Limit::Width));
    assert_eq!(tighter(|l| l.height -= 1), Some(Limit::Height));
    assert_eq!(tighter(|l| l.pixels -= 1), Some(Limit::Pixels));
}

#[test]
fn work_counts_every_sample_that_is_decoded() {
    let photo = png(40, 40);
    let work = |units| Limits {
        work: units,
        ..Limits::default()
    };
    assert_eq!(refused_by(&photo, work(40 * 40 * 3)), None);
    assert_eq!(refused_by(&photo, work(40 * 40 * 3 - 1)), Some(Limit::Work));
}

#[test]
fn frames_of_an_animation_are_counted_from_its_header() {
    let mut photo = Vec::new();
    let mut encoder = png::Encoder::new(&mut photo, 1, 1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(3, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    (0..3).for_each(|_| writer.write_image_data(&[1, 2, 3]).unwrap());
    writer.finish().unwrap();
    let frames = |frames| Limits {
        frames,
        ..Limits::default()
    };
    assert_eq!(refused_by(&photo, frames(3)), None);
    assert_eq!(refused_by(&photo, frames(2)), Some(Limit::Frames));
}
