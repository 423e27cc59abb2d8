//! Damaged photos of every format: refused, or rendered as far as they go; and how much is missing.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use roundel::{Format, Frame, Options, Pixels, Rendered, Result, Size, render};

const SIZE: Size = Size::new(60, 40);

/// RGB noise, which no codec can compress much.
fn noise() -> Vec<u8> {
    let mut seed = 3u32;
    let mut sample = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        128 | (seed >> 25) as u8
    };
    (0..SIZE.pixels() * 3).map(|_| sample()).collect()
}

/// A file made by roundel itself.
fn encoded(format: Format) -> Vec<u8> {
    let options = Options {
        sizes: vec![SIZE],
        formats: vec![format],
        lossless: format == Format::Webp,
        quality: 95,
        ..Options::default()
    };
    let rendered = render(Pixels::rgb(SIZE, &noise()), &options).unwrap();
    rendered.avatars.into_iter().next().unwrap().bytes
}

/// An image of 256 indices in noise.
fn gif() -> Vec<u8> {
    let palette: Vec<u8> = (0..=255).flat_map(|i| [i, 255 - i, i]).collect();
    let mut file = Vec::new();
    let mut encoder = gif::Encoder::new(&mut file, 60, 40, &palette).unwrap();
    let indices = noise().into_iter().step_by(3).collect::<Vec<u8>>();
    let frame = gif::Frame::from_indexed_pixels(60, 40, indices, None);
    encoder.write_frame(&frame).unwrap();
    drop(encoder);
    file
}

fn bmp() -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    file.extend(SIZE.width.to_le_bytes());
    file.extend(SIZE.height.to_le_bytes());
    file.extend(b"\x01\0\x18\0");
    file.extend([0; 24]);
    file.extend(noise());
    file
}

fn rendered(file: &[u8], format: Format, accept_damaged: bool) -> Result<Rendered> {
    let options = Options {
        sizes: vec![SIZE],
        formats: vec![format],
        lossless: format == Format::Webp,
        accept_damaged,
        ..Options::default()
    };
    render(file, &options)
}

/// A still photo in each format.
fn every_format() -> [Vec<u8>; 5] {
    [
        encoded(Format::Jpeg),
        encoded(Format::Png),
        encoded(Format::Webp),
        gif(),
        bmp(),
    ]
}

fn half_cut(file: Vec<u8>) -> Vec<u8> {
    file[..file.len() * 6 / 10].to_vec()
}

/// A file whose middle is overwritten, and that is complete otherwise.
fn changed(mut file: Vec<u8>) -> Vec<u8> {
    let middle = file.len() / 2;
    file[middle..middle + 80].fill(0xFF);
    file
}

/// The share of an avatar's pixels that are transparent.
fn transparent(rendered: &Rendered) -> f64 {
    let file = std::io::Cursor::new(&rendered.avatars[0].bytes);
    let mut decoder = png::Decoder::new(file);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut samples).unwrap();
    let pixels = SIZE.pixels() as usize;
    let channels = samples.len() / pixels;
    let alphas = samples.chunks(channels).map(|pixel| pixel[channels - 1]);
    alphas.filter(|&alpha| alpha == 0).count() as f64 / pixels as f64
}

#[test]
fn a_whole_photo_lacks_nothing_whether_damage_is_accepted_or_not() {
    for file in every_format() {
        let strict = rendered(&file, Format::Webp, false).unwrap();
        let lenient = rendered(&file, Format::Webp, true).unwrap();
        assert_eq!(strict, lenient);
        assert_eq!(
            (strict.decoded.damaged, strict.decoded.missing),
            (false, 0.0)
        );
    }
}

#[test]
fn a_cut_photo_is_refused_or_rendered_with_the_share_that_is_missing() {
    // Ours would have a scan for each component.
    let jpeg = include_bytes!("../../examples/photos/astronaut.jpg");
    let webp = encoded(Format::Webp);
    for file in [jpeg.to_vec(), encoded(Format::Png), webp, gif(), bmp()] {
        let cut = half_cut(file);
        let error = rendered(&cut, Format::Png, false).unwrap_err();
        assert_eq!(error.code(), "malformed");
        let rendered = rendered(&cut, Format::Png, true).unwrap();
        let missing = rendered.decoded.missing;
        let format = rendered.source.format;
        assert!(
            rendered.decoded.damaged && (0.1..0.6).contains(&missing),
            "{format:?} {missing}"
        );
    }
}

#[test]
fn what_a_photo_lacks_is_transparent_even_if_its_end_is_there() {
    for file in [encoded(Format::Png), gif()] {
        let damaged = changed(file);
        assert_eq!(
            rendered(&damaged, Format::Png, false).unwrap_err().code(),
            "malformed"
        );
        let png = rendered(&damaged, Format::Png, true).unwrap();
        let missing = png.decoded.missing;
        assert!((0.3..0.7).contains(&missing), "{missing}");
        assert!((transparent(&png) - missing).abs() < 1e-9);
        assert!(!png.source.alpha, "the file has no alpha");
        assert!(rendered(&damaged, Format::Jpeg, true).is_ok());
    }
}

#[test]
fn a_still_photo_has_frame_0_and_no_other() {
    let of_frame = |frame| Options {
        frame,
        ..Options::default()
    };
    for file in every_format() {
        let expected = render(&file, &of_frame(Frame::First)).unwrap();
        for frame in [Frame::Number(0), Frame::Poster] {
            assert_eq!(render(&file, &of_frame(frame)).unwrap(), expected);
        }
        let error = render(&file, &of_frame(Frame::Number(1))).unwrap_err();
        assert_eq!(error.code(), "invalid_options");
        assert!(error.to_string().contains("one frame"), "{error}");
    }
    let samples = noise();
    let pixels = Pixels::rgb(SIZE, &samples);
    assert!(render(pixels, &of_frame(Frame::Poster)).is_ok());
    let error = render(pixels, &of_frame(Frame::Number(1))).unwrap_err();
    assert_eq!(error.code(), "invalid_options");
}
