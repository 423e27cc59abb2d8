//! The appearance of avatars: orientation, color, alpha, crop, size.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod interlaced;

use interlaced::interlaced_png;
use roundel::{Crop, Fit, FocalPoint, Format, Gravity, Options, Orientation, Rect, Rgb, Size};
use roundel::{Rendered, render};

/// A picture that photos are made from: rows of samples, straight alpha.
#[derive(Clone)]
struct Picture {
    size: Size,
    color: png::ColorType,
    samples: Vec<u8>,
}

impl Picture {
    fn rgb(size: Size, paint: impl Fn(u32, u32) -> [u8; 3]) -> Self {
        Self {
            size,
            color: png::ColorType::Rgb,
            samples: painted(size, paint),
        }
    }

    fn rgba(size: Size, paint: impl Fn(u32, u32) -> [u8; 4]) -> Self {
        Self {
            size,
            color: png::ColorType::Rgba,
            samples: painted(size, paint),
        }
    }

    fn png(&self, orientation: Orientation, icc: Option<Vec<u8>>) -> Vec<u8> {
        let mut info = png::Info::with_size(self.size.width, self.size.height);
        info.color_type = self.color;
        info.bit_depth = png::BitDepth::Eight;
        info.icc_profile = icc.map(Into::into);
        info.exif_metadata = Some(exif(orientation).into());
        let mut bytes = Vec::new();
        let encoder = png::Encoder::with_info(&mut bytes, info).unwrap();
        encoder
            .write_header()
            .unwrap()
            .write_image_data(&self.samples)
            .unwrap();
        bytes
    }
}

fn painted<const N: usize>(size: Size, paint: impl Fn(u32, u32) -> [u8; N]) -> Vec<u8> {
    let rows = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
    rows.flat_map(|(x, y)| paint(x, y)).collect()
}

/// A TIFF block with an orientation only.
fn exif(orientation: Orientation) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation.exif(), 0, 0, 0, 0, 0, 0]);
    tiff
}

fn pngs(sizes: &[Size]) -> Options {
    Options {
        sizes: sizes.to_vec(),
        formats: vec![Format::Png],
        ..Options::default()
    }
}

/// The pixels of the first avatar, and how many channels they have.
fn pixels(rendered: &Rendered) -> (Vec<u8>, usize) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(&rendered.avatars[0].bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut samples).unwrap();
    assert_eq!(Size::new(info.width, info.height), rendered.avatars[0].size);
    match info.color_type.samples() {
        1 => (samples.iter().flat_map(|&v| [v; 3]).collect(), 3),
        2 => {
            let (pixels, _) = samples.as_chunks::<2>();
            (pixels.iter().flat_map(|&[v, a]| [v, v, v, a]).collect(), 4)
        }
        channels => (samples, channels),
    }
}

fn avatar(photo: &[u8], options: &Options) -> Vec<u8> {
    pixels(&render(photo, options).unwrap()).0
}

/// A scene without symmetry.
fn scene(x: u32, y: u32) -> [u8; 3] {
    [(x * 3) as u8, (y * 5) as u8, if x < y { 200 } else { 20 }]
}

#[test]
fn every_exif_orientation_of_a_scene_gives_the_same_avatar() {
    let upright = Size::new(80, 48);
    for crop in [Crop::default(), Crop::Gravity(Gravity::Southeast)] {
        let options = Options {
            crop,
            ..pngs(&[Size::square(48)])
        };
        let mut seen = Vec::new();
        for orientation in Orientation::ALL {
            let stored = orientation.orient_size(upright);
            let mut picture = Picture::rgb(stored, |_, _| [0; 3]);
            for (x, y) in (0..48).flat_map(|y| (0..80).map(move |x| (x, y))) {
                let (sx, sy) = stored_position(orientation, x, y, upright);
                let at = (sy * stored.width + sx) as usize * 3;
                picture.samples[at..at + 3].copy_from_slice(&scene(x, y));
            }
            let rendered = render(&picture.png(orientation, None), &options).unwrap();
            assert_eq!(rendered.source.orientation, orientation);
            assert_eq!(rendered.source.size, stored);
            seen.push(pixels(&rendered).0);
        }
        assert!(seen.iter().all(|avatar| *avatar == seen[0]), "{crop:?}");
    }
}

/// The stored position of an upright pixel, from the wording of the EXIF standard: the visual side of
/// the 0th row and of the 0th column.
fn stored_position(orientation: Orientation, x: u32, y: u32, upright: Size) -> (u32, u32) {
    let (left, top) = (x, y);
    let (right, bottom) = (upright.width - 1 - x, upright.height - 1 - y);
    match orientation.exif() {
        1 => (left, top),
        2 => (right, top),
        3 => (right, bottom),
        4 => (left, bottom),
        5 => (top, left),
        6 => (top, right),
        7 => (bottom, right),
        _ => (bottom, left),
    }
}

#[test]
fn display_p3_red_is_not_srgb_red() {
    let picture = Picture::rgb(Size::square(16), |_, _| [200, 60, 60]);
    let icc = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let options = pngs(&[Size::square(8)]);
    let srgb = avatar(&picture.png(Orientation::Normal, None), &options);
    let p3 = avatar(&picture.png(Orientation::Normal, Some(icc)), &options);
    assert_eq!(srgb[..3], [200, 60, 60]);
    // By the matrices of both spaces: (200, 60, 60) in P3 is (217.6, 41, 53) in sRGB.
    assert!(
        p3[0].abs_diff(218) <= 1 && p3[1] < 50 && p3[2] < 60,
        "{:?}",
        &p3[..3]
    );
}

#[test]
fn a_gamma_checkerboard_averages_to_its_linear_mean() {
    let board = |x: u32, y: u32| {
        if (x + y).is_multiple_of(2) {
            [255; 3]
        } else {
            [0; 3]
        }
    };
    let picture = Picture::rgb(Size::square(256), board);
    let photo = picture.png(Orientation::Normal, None);
    for side in [16, 32, 100] {
        let avatar = avatar(&photo, &pngs(&[Size::square(side)]));
        // Half the light is 188 in sRGB, not 128. Where the sizes do not divide, Lanczos3 lets
        // through a hundredth of so fine a pattern.
        let most = if 256 % side == 0 { 1 } else { 3 };
        let off = avatar.iter().map(|v| v.abs_diff(188)).max().unwrap();
        assert!(off <= most, "{side}: off by {off}");
    }
}

#[test]
fn white_on_transparent_has_no_dark_fringe() {
    let disc = |x: u32, y: u32| {
        let (dx, dy) = (f64::from(x) - 99.5, f64::from(y) - 99.5);
        if dx * dx + dy * dy < 80.0 * 80.0 {
            [255; 4]
        } else {
            [0; 4]
        }
    };
    let photo = Picture::rgba(Size::square(200), disc).png(Orientation::Normal, None);
    let rendered = render(&photo, &pngs(&[Size::square(48)])).unwrap();
    let (samples, channels) = pixels(&rendered);
    assert_eq!(channels, 4);
    for pixel in samples.chunks_exact(4).filter(|pixel| pixel[3] > 0) {
        assert!(pixel[..3].iter().all(|&v| v >= 250), "{pixel:?}");
    }
    let flat = Options {
        formats: vec![Format::Png],
        background: Some(Rgb::WHITE),
        ..pngs(&[Size::square(48)])
    };
    let flat = pixels(&render(&photo, &flat).unwrap());
    assert!(flat.1 == 3 && flat.0.iter().all(|&v| v == 255));
}

#[test]
fn transparency_is_flattened_onto_the_background_of_a_jpeg() {
    let photo = Picture::rgba(Size::square(32), |_, _| [0; 4]).png(Orientation::Normal, None);
    let red = Rgb([255, 0, 0]);
    let options = Options {
        background: Some(red),
        sizes: vec![Size::square(16)],
        ..Options::default()
    };
    let jpeg = render(&photo, &options).unwrap().avatars.remove(0).bytes;
    let again = avatar(&jpeg, &pngs(&[Size::square(16)]));
    let wrong = again
        .chunks_exact(3)
        .find(|p| p[0] < 250 || p[1] > 5 || p[2] > 5);
    assert_eq!(wrong, None);
}

#[test]
fn a_contained_photo_is_whole_with_the_background_beside_it() {
    let photo =
        Picture::rgb(Size::new(64, 32), |_, _| [10, 200, 10]).png(Orientation::Normal, None);
    let blue = Rgb([0, 0, 255]);
    let contain = Options {
        fit: Fit::Contain,
        ..pngs(&[Size::square(16)])
    };
    let colored = Options {
        background: Some(blue),
        ..contain.clone()
    };
    let avatar = avatar(&photo, &colored);
    assert_eq!(avatar[..3], [0, 0, 255]);
    assert_eq!(avatar[(8 * 16 + 8) * 3..][..3], [10, 200, 10]);
    let (transparent, channels) = pixels(&render(&photo, &contain).unwrap());
    assert_eq!((channels, &transparent[..4]), (4, &[0u8; 4][..]));
    assert_eq!(transparent[(8 * 16 + 8) * 4..][..4], [10, 200, 10, 255]);
}

/// Left half black, right half white.
fn halves() -> Vec<u8> {
    let paint = |x: u32, _| if x < 64 { [0; 3] } else { [255; 3] };
    Picture::rgb(Size::new(128, 32), paint).png(Orientation::Normal, None)
}

#[test]
fn gravity_focal_point_and_rectangle_select_the_visible_part() {
    let photo = halves();
    let mean = |crop: Crop| {
        let avatar = avatar(
            &photo,
            &Options {
                crop,
                ..pngs(&[Size::square(16)])
            },
        );
        avatar.iter().map(|&v| u32::from(v)).sum::<u32>() / avatar.len() as u32
    };
    assert_eq!(mean(Crop::Gravity(Gravity::West)), 0);
    assert_eq!(mean(Crop::Gravity(Gravity::Northeast)), 255);
    assert!((100..155).contains(&mean(Crop::Gravity(Gravity::Center))));
    assert_eq!(mean(Crop::Focal(FocalPoint { x: 0.2, y: 0.5 })), 0);
    assert_eq!(mean(Crop::Focal(FocalPoint { x: 1.0, y: 0.0 })), 255);
    let rect = |x: f64| {
        Crop::Rect(Rect {
            x,
            y: 4.0,
            width: 20.0,
            height: 20.0,
        })
    };
    assert_eq!((mean(rect(10.0)), mean(rect(100.0))), (0, 255));
}

#[test]
fn a_fractional_crop_shifts_the_picture_by_a_fraction() {
    let photo = halves();
    let column = |x: f64| {
        let crop = Crop::Rect(Rect {
            x,
            y: 0.0,
            width: 32.0,
            height: 32.0,
        });
        avatar(
            &photo,
            &Options {
                crop,
                ..pngs(&[Size::square(32)])
            },
        )[16 * 3]
    };
    // The border is at column 64, the middle of the crop that starts at 48.
    assert_eq!((column(48.0), column(47.0)), (255, 0));
    assert!((100..220).contains(&column(47.5)));
}

#[test]
fn every_size_is_exact_and_in_the_order_of_the_options() {
    let photo = Picture::rgb(Size::new(300, 200), scene).png(Orientation::Rotate90, None);
    let sizes = [
        Size::new(33, 77),
        Size::square(512),
        Size::square(1),
        Size::new(200, 3),
    ];
    for format in Format::ALL {
        let options = Options {
            formats: vec![format],
            ..pngs(&sizes)
        };
        let rendered = render(&photo, &options).unwrap();
        let made: Vec<Size> = rendered.avatars.iter().map(|avatar| avatar.size).collect();
        assert_eq!(made, sizes);
        for avatar in &rendered.avatars {
            let source = roundel::probe(&avatar.bytes, &options.limits).unwrap();
            assert_eq!(
                (source.size, source.format.name()),
                (avatar.size, format.name())
            );
        }
    }
}

/// Renders in pools of several sizes, which must all give the same.
fn check_threads(photo: &[u8], options: &Options) {
    let one = Options {
        parallel: false,
        ..options.clone()
    };
    let serial = render(photo, &one).unwrap();
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let parallel = pool.build().unwrap().install(|| render(photo, options));
        assert_eq!(parallel.unwrap(), serial, "{threads} threads");
    }
}

#[test]
fn threads_do_not_change_a_byte() {
    let photo = Picture::rgb(Size::new(500, 400), scene).png(Orientation::Normal, None);
    let sizes = [256, 128, 64, 32].map(Size::square);
    check_threads(&photo, &pngs(&sizes));
    check_threads(&photo, &pngs(&sizes[..1]));
}

/// A JPEG that several threads decode.
fn large_jpeg() -> Vec<u8> {
    let mut seed = 1u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let (width, height) = (3000, 1500);
    let pixels: Vec<u8> = (0..width * height * 3).map(|_| noise()).collect();
    let mut photo = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut photo, 60);
    let color = jpeg_encoder::ColorType::Rgb;
    encoder
        .encode(&pixels, width as u16, height as u16, color)
        .unwrap();
    photo
}

#[test]
fn threads_do_not_change_a_byte_of_a_large_jpeg() {
    let photo = large_jpeg();
    for sizes in [&[256][..], &[512, 64]] {
        let sizes: Vec<Size> = sizes.iter().map(|&side| Size::square(side)).collect();
        check_threads(&photo, &pngs(&sizes));
    }
}

/// Runs itself in a process whose threads would need a stack beyond the address space.
#[cfg(target_os = "linux")]
#[test]
fn where_no_thread_can_start_one_thread_renders() {
    const CHILD: &str = "ROUNDEL_TEST_WITHOUT_THREADS";
    if std::env::var_os(CHILD).is_none() {
        let name = "where_no_thread_can_start_one_thread_renders";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--test-threads=1", "--nocapture"])
            .env(CHILD, "1")
            .env("RUST_MIN_STACK", (1u64 << 60).to_string())
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{child:?}");
        assert!(!log.contains("panicked"), "{log}");
        return;
    }
    let thread = std::thread::Builder::new().spawn(|| ());
    assert!(thread.is_err(), "a thread has started");
    let photo = large_jpeg();
    for sizes in [&[256][..], &[512, 64]] {
        let options = pngs(
            &sizes
                .iter()
                .map(|&side| Size::square(side))
                .collect::<Vec<_>>(),
        );
        let serial = Options {
            parallel: false,
            ..options.clone()
        };
        assert_eq!(
            render(&photo, &options).unwrap(),
            render(&photo, &serial).unwrap()
        );
    }
}

#[test]
fn an_avatar_looks_the_same_beside_a_larger_one() {
    let waves = |x: u32, y: u32| {
        let wave = |v: u32, period: f64| (f64::from(v) / period).sin() * 100.0 + 128.0;
        [
            wave(x, 9.0) as u8,
            wave(y, 13.0) as u8,
            wave(x + y, 31.0) as u8,
        ]
    };
    let photo = Picture::rgb(Size::new(700, 700), waves).png(Orientation::Normal, None);
    let alone = avatar(&photo, &pngs(&[Size::square(64)]));
    let beside = avatar(&photo, &pngs(&[Size::square(64), Size::square(256)]));
    let squares = alone
        .iter()
        .zip(&beside)
        .map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2));
    let psnr = 10.0 * (255.0 * 255.0 * alone.len() as f64 / squares.sum::<f64>()).log10();
    assert!(psnr >= 42.0, "{psnr} dB");
}

#[test]
fn adam7_and_plain_png_give_the_same_avatar() {
    // The png crate does not write Adam7. These are its seven passes, unfiltered.
    let picture = Picture::rgb(Size::new(37, 29), scene);
    let plain = avatar(
        &picture.png(Orientation::Normal, None),
        &pngs(&[Size::square(16)]),
    );
    let interlaced = interlaced_png(picture.size, &picture.samples);
    let interlaced = avatar(&interlaced, &pngs(&[Size::square(16)]));
    assert_eq!(plain, interlaced);
}

#[test]
fn placeholders_have_the_dominant_color() {
    let paint = |x: u32, _| if x < 80 { [250, 30, 40] } else { [10, 10, 90] };
    let photo = Picture::rgb(Size::square(100), paint).png(Orientation::Normal, None);
    let placeholder = render(&photo, &pngs(&[Size::square(50)]))
        .unwrap()
        .placeholder;
    let Rgb([r, g, b]) = placeholder.color;
    assert!(r > 240 && g < 50 && b < 60, "{:?}", placeholder.color);
    assert!((5..=37).contains(&placeholder.thumbhash.len()));
}

/// The pixels of the first avatar of a lossless WebP, as RGBA.
fn webp_pixels(photo: &[u8], size: Size) -> Vec<u8> {
    let options = Options {
        formats: vec![Format::Webp],
        lossless: true,
        ..pngs(&[size])
    };
    let file = render(photo, &options).unwrap().avatars.remove(0).bytes;
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(file)).unwrap();
    let mut samples = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut samples).unwrap();
    with_alpha(samples, if decoder.has_alpha() { 4 } else { 3 })
}

fn with_alpha(samples: Vec<u8>, channels: usize) -> Vec<u8> {
    let opaque = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2], 255];
    match channels {
        4 => samples,
        _ => samples.chunks_exact(channels).flat_map(opaque).collect(),
    }
}

#[test]
fn a_png_has_the_same_pixels_in_every_form() {
    use png::{BitDepth, ColorType};
    let size = Size::new(40, 30);
    let photo = |paint: &dyn Fn(u32, u32) -> [u8; 4]| {
        Picture::rgba(size, paint).png(Orientation::Normal, None)
    };
    // Gray of `count` levels.
    let gray = |i: u32, count: u32| [(i % count * 255 / (count - 1)) as u8; 3];
    // Filters do not help with it.
    let noise = |x: u32, y: u32| {
        let mixed = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77);
        mixed.wrapping_mul(0xC2B2_AE3D) >> 20
    };
    let cases: [(Vec<u8>, ColorType, BitDepth); 7] = [
        (
            photo(&|x, y| {
                let [v, ..] = gray(noise(x, y), 2);
                [v, v, v, 255]
            }),
            ColorType::Indexed,
            BitDepth::One,
        ),
        (
            photo(&|x, y| {
                let [v, ..] = gray(noise(x, y), 4);
                [v, 0, v, 255]
            }),
            ColorType::Indexed,
            BitDepth::Two,
        ),
        (
            photo(&|x, y| {
                let v = noise(x, y);
                [v as u8 % 4 * 60, 9, 200, if v % 3 == 0 { 0 } else { 255 }]
            }),
            ColorType::Indexed,
            BitDepth::Four,
        ),
        (
            photo(&|x, y| {
                let [v, ..] = gray(x + 40 * y, 200);
                [v, v, v, 255]
            }),
            ColorType::Grayscale,
            BitDepth::Eight,
        ),
        (
            photo(&|x, y| [x as u8 * 6, y as u8 * 8, 7, 255]),
            ColorType::Rgb,
            BitDepth::Eight,
        ),
        (
            photo(&|x, y| [x as u8 * 6, y as u8 * 8, 7, 128 + x as u8]),
            ColorType::Rgba,
            BitDepth::Eight,
        ),
        (
            // A palette of 30 colors would take more bytes than the filtered samples.
            photo(&|_, y| [255, 0, 0, 8 * y as u8]),
            ColorType::Rgba,
            BitDepth::Eight,
        ),
    ];
    for (photo, color, depth) in cases {
        let rendered = render(&photo, &pngs(&[size])).unwrap();
        let file = std::io::Cursor::new(&rendered.avatars[0].bytes);
        let reader = png::Decoder::new(file).read_info().unwrap();
        let written = (reader.info().color_type, reader.info().bit_depth);
        assert_eq!(written, (color, depth));
        let (samples, channels) = pixels(&rendered);
        assert_eq!(with_alpha(samples, channels), webp_pixels(&photo, size));
    }
}
