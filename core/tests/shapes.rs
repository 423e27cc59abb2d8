//! Avatars that are cut to a shape: every format, letterboxed, oriented and transparent photos.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Cursor;

use roundel::{Fit, Format, Options, Orientation, Pixels, Rgb, Shape, Size, render};

const BLUE: [u8; 3] = [20, 60, 200];
const RED: Rgb = Rgb([200, 30, 30]);

fn options(format: Format) -> Options {
    Options {
        sizes: vec![Size::square(40)],
        formats: vec![format],
        lossless: format == Format::Webp,
        shape: Shape::Circle,
        ..Options::default()
    }
}

fn blue(size: Size) -> Vec<u8> {
    BLUE.repeat(size.pixels() as usize)
}

/// The one avatar, as RGBA.
fn avatar(photo: Pixels<'_>, options: &Options) -> Vec<[u8; 4]> {
    let file = render(photo, options).unwrap().avatars.remove(0).bytes;
    match options.formats[0] {
        Format::Png => png_pixels(&file),
        Format::Webp => webp_pixels(&file),
        format => panic!("{format:?}"),
    }
}

fn png_pixels(file: &[u8]) -> Vec<[u8; 4]> {
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(png::Transformations::ALPHA | png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut samples).unwrap();
    match frame.color_type {
        png::ColorType::Rgba => samples.as_chunks::<4>().0.to_vec(),
        color => panic!("{color:?}"),
    }
}

fn webp_pixels(file: &[u8]) -> Vec<[u8; 4]> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).unwrap();
    let mut samples = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut samples).unwrap();
    assert!(decoder.has_alpha());
    samples.as_chunks::<4>().0.to_vec()
}

fn at(pixels: &[[u8; 4]], x: usize, y: usize) -> [u8; 4] {
    pixels[y * 40 + x]
}

/// RGB of a JPEG, by the decoder of this crate.
fn jpeg_pixels(file: &[u8], size: Size) -> Vec<[u8; 3]> {
    let options = Options {
        sizes: vec![size],
        formats: vec![Format::Png],
        ..Options::default()
    };
    let file = render(file, &options).unwrap().avatars.remove(0).bytes;
    let mut decoder = png::Decoder::new(Cursor::new(&file[..]));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut samples).unwrap();
    samples.as_chunks::<3>().0.to_vec()
}

#[test]
fn an_opaque_photo_becomes_transparent_outside_of_a_circle() {
    let size = Size::square(50);
    for format in [Format::Png, Format::Webp] {
        let pixels = avatar(Pixels::rgb(size, &blue(size)), &options(format));
        let [r, g, b] = BLUE;
        assert_eq!(at(&pixels, 0, 0), [0; 4]);
        assert_eq!(at(&pixels, 39, 39), [0; 4]);
        assert_eq!(at(&pixels, 20, 20), [r, g, b, 255]);
        // The color of an edge pixel does not depend on its coverage.
        let edges = pixels.iter().filter(|pixel| (1..255).contains(&pixel[3]));
        let edges: Vec<_> = edges.collect();
        assert!(edges.len() > 80);
        assert!(edges.iter().all(|pixel| pixel[..3] == BLUE));
        let area: f64 = pixels.iter().map(|pixel| f64::from(pixel[3]) / 255.0).sum();
        assert!((area - std::f64::consts::PI * 400.0).abs() < 0.5, "{area}");
    }
}

#[test]
fn what_is_cut_off_is_not_in_the_file() {
    let size = Size::square(40);
    let mut samples = blue(size);
    samples[..3].copy_from_slice(&[250, 251, 252]);
    for format in [Format::Png, Format::Webp] {
        let pixels = avatar(Pixels::rgb(size, &samples), &options(format));
        assert_eq!(at(&pixels, 0, 0), [0; 4]);
    }
}

#[test]
fn a_jpeg_has_the_background_outside_or_white() {
    let size = Size::square(50);
    for (background, outside) in [(None, [255; 3]), (Some(RED), RED.0)] {
        let options = Options {
            background,
            quality: 100,
            ..options(Format::Jpeg)
        };
        let photo = blue(size);
        let file = render(Pixels::rgb(size, &photo), &options).unwrap();
        let pixels = jpeg_pixels(&file.avatars[0].bytes, Size::square(40));
        let differ = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).any(|(a, b)| a.abs_diff(b) > 4);
        assert!(!differ(pixels[0], outside), "{:?}", pixels[0]);
        assert!(!differ(pixels[20 * 40 + 20], BLUE));
    }
}

#[test]
fn a_background_fills_the_shape_and_not_the_outside() {
    let size = Size::square(50);
    let transparent = [0; 4].repeat(size.pixels() as usize);
    let options = Options {
        background: Some(RED),
        ..options(Format::Png)
    };
    let pixels = avatar(Pixels::rgba(size, &transparent), &options);
    let [r, g, b] = RED.0;
    assert_eq!(at(&pixels, 20, 20), [r, g, b, 255]);
    assert_eq!(at(&pixels, 0, 0), [0; 4]);
}

#[test]
fn a_letterboxed_photo_is_cut_with_its_background() {
    let size = Size::new(80, 20);
    let photo = blue(size);
    let letterboxed = |background: Option<Rgb>| {
        let options = Options {
            fit: Fit::Contain,
            background,
            ..options(Format::Png)
        };
        avatar(Pixels::rgb(size, &photo), &options)
    };
    let [r, g, b] = RED.0;
    // The photo covers rows 15 to 24 of the avatar.
    let filled = letterboxed(Some(RED));
    assert_eq!(at(&filled, 20, 5), [r, g, b, 255]);
    assert_eq!(at(&filled, 0, 0), [0; 4]);
    assert_eq!(at(&filled, 20, 20)[..3], BLUE);
    let empty = letterboxed(None);
    assert_eq!(at(&empty, 20, 5), [0; 4]);
    assert_eq!(at(&empty, 20, 20)[3], 255);
    assert!((1..255).contains(&at(&empty, 0, 17)[3]));
}

#[test]
fn alpha_of_the_photo_is_multiplied() {
    let size = Size::square(40);
    let half = [90, 90, 90, 128].repeat(size.pixels() as usize);
    let pixels = avatar(Pixels::rgba(size, &half), &options(Format::Png));
    let opaque = avatar(Pixels::rgb(size, &blue(size)), &options(Format::Png));
    for (pixel, opaque) in pixels.iter().zip(&opaque) {
        let expected = f64::from(opaque[3]) * 128.0 / 255.0;
        assert!((f64::from(pixel[3]) - expected).abs() <= 1.0);
    }
}

#[test]
fn an_oriented_photo_is_cut_upright() {
    let size = Size::new(50, 30);
    let photo = blue(size);
    let turned = Pixels {
        orientation: Orientation::Rotate90,
        ..Pixels::rgb(size, &photo)
    };
    let options = Options {
        sizes: vec![Size::new(40, 30)],
        shape: Shape::Rounded(50),
        ..options(Format::Png)
    };
    let upright = avatar(Pixels::rgb(size, &photo), &options);
    assert_eq!(avatar(turned, &options), upright);
    assert_eq!(upright[0], [0; 4]);
    assert_eq!(upright[20][3], 255);
}

#[test]
fn rounded_corners_have_the_same_look_at_every_size() {
    let size = Size::square(50);
    let photo = blue(size);
    let corner = |side: u32| {
        let options = Options {
            sizes: vec![Size::square(side)],
            shape: Shape::Rounded(25),
            ..options(Format::Png)
        };
        let pixels = avatar(Pixels::rgb(size, &photo), &options);
        let outside: f64 = pixels
            .iter()
            .map(|pixel| 1.0 - f64::from(pixel[3]) / 255.0)
            .sum();
        outside / f64::from(side * side)
    };
    // Four corners of (1 - pi / 4) r^2.
    let exact = (4.0 - std::f64::consts::PI) / 16.0;
    for side in [16, 40, 65] {
        assert!((corner(side) - exact).abs() < 0.001, "{side}");
    }
}

#[test]
fn the_background_around_a_shape_is_not_the_dominant_color() {
    let size = Size::square(64);
    // Many colors, each rarer than the white corners of a JPEG.
    let samples: Vec<u8> = (0..64 * 64u32)
        .flat_map(|i| [i % 64 * 4, i / 64 * 4, 128].map(|v| v as u8))
        .collect();
    let color = |shape: Shape| {
        let options = Options {
            shape,
            ..options(Format::Jpeg)
        };
        let rendered = render(Pixels::rgb(size, &samples), &options).unwrap();
        rendered.placeholder.color.0
    };
    assert!(color(Shape::Rectangle)[2].abs_diff(128) < 8);
    assert!(color(Shape::Circle)[2].abs_diff(128) < 8);
}
