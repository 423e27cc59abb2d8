//! Each limit is exact at its edge.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use roundel::{ErrorKind, Format, Limit, Limits, Options, Size, render};

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

/// Renders `photo` under `limits` and returns the limit that refused it.
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
        Err(ErrorKind::LimitExceeded { limit, .. }) => Some(limit),
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

/// A gray JPEG of 15,900 x 15,900 with a restart interval of 1 and no restart marker.
fn lost_intervals(data: usize) -> Vec<u8> {
    let mut jpeg = b"\xFF\xD8\xFF\xDB\0\x43\0".to_vec();
    jpeg.extend([1; 64]);
    jpeg.extend(b"\xFF\xC0\0\x0B\x08\x3E\x1C\x3E\x1C\x01\x01\x11\0\xFF\xDD\0\x04\0\x01");
    jpeg.extend(b"\xFF\xDA\0\x08\x01\x01\0\0\x3F\0");
    jpeg.extend([0xFF, 0x00].repeat(data));
    jpeg.extend(b"\xFF\xD9");
    jpeg
}

#[test]
fn missing_restart_markers_are_searched_for_once() {
    // Searching once for each of four million intervals would take hours.
    let error = render(&lost_intervals(1 << 20), &Options::default()).unwrap_err();
    assert_eq!(error.code(), "malformed");
}

#[test]
fn an_interlaced_photo_less_than_twice_its_avatar_fits_into_memory() {
    let limits = Limits {
        memory: 48 << 20,
        ..Limits::default()
    };
    let sizes = vec![Size::square(1024)];
    let options = Options {
        sizes,
        limits,
        accept_damaged: true,
        ..Options::default()
    };
    let mut gif = b"GIF89a\xD0\x07\xD0\x07\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec();
    // An interlaced frame of 2000 x 2000 that ends at once.
    gif.extend(b",\0\0\0\0\xD0\x07\xD0\x07\x40\x02\x02\x44\x01\0;");
    assert_eq!(render(&gif, &options).map(|_| ()), Ok(()));
}

#[test]
fn a_photo_is_freed_before_its_only_avatar_is_converted() {
    // Linear light takes 6 MB for the photo and 4.9 MB for the avatar, and sRGB another 2.4 MB.
    let limits = Limits {
        memory: 12_000_000,
        ..Limits::default()
    };
    let options = Options {
        sizes: vec![Size::square(900)],
        limits,
        ..Options::default()
    };
    assert_eq!(render(&png(1000, 1000), &options).map(|_| ()), Ok(()));
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
