//! Every format of every size: the pixels of an independent decoder, the order, the metadata and the
//! byte budget.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(all(
    feature = "webp-lossy",
    feature = "jpeg-small",
    feature = "avif-out",
    feature = "avif"
))]

use std::io::Cursor;

use roundel::{Effort, ErrorKind, Format, Limit, Limits, Options, Pixels, Rendered, Size, render};

const SIZE: Size = Size::new(120, 96);

/// Smooth shapes with an edge and some noise, like a photo: RGBA.
fn scene(alpha: bool) -> Vec<u8> {
    let mut seed = 7u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 28) as i32
    };
    let mut pixel = |x: i32, y: i32| {
        let inside = (x - 60) * (x - 60) + (y - 40) * (y - 40) < 900;
        let [r, g, b] = if inside {
            [200, 150, 120]
        } else {
            [60, 90 + y / 2, 140]
        };
        let shade = (x * y / 97 % 40) + noise() - 8;
        let channel = |v: i32| (v + shade).clamp(0, 255) as u8;
        let opaque = if alpha { (x * 255 / 119) as u8 } else { 255 };
        [channel(r), channel(g), channel(b), opaque]
    };
    let places = (0..SIZE.height as i32).flat_map(|y| (0..SIZE.width as i32).map(move |x| (x, y)));
    places.flat_map(|(x, y)| pixel(x, y)).collect()
}

/// The scene at its own size.
fn rendered(alpha: bool, options: Options) -> Rendered {
    let options = Options {
        sizes: vec![SIZE],
        ..options
    };
    render(Pixels::rgba(SIZE, &scene(alpha)), &options).unwrap()
}

fn file(alpha: bool, options: Options) -> Vec<u8> {
    rendered(alpha, options).avatars.remove(0).bytes
}

fn webp(options: Options) -> Options {
    Options {
        formats: vec![Format::Webp],
        ..options
    }
}

fn avif(options: Options) -> Options {
    Options {
        formats: vec![Format::Avif],
        ..options
    }
}

/// RGBA, by the decoder of AVIF, which shares no code with the encoder.
fn avif_pixels(file: &[u8]) -> Vec<u8> {
    let options = Options {
        sizes: vec![SIZE],
        formats: vec![Format::Webp],
        lossless: true,
        ..Options::default()
    };
    webp_pixels(&render(file, &options).unwrap().avatars[0].bytes)
}

/// RGBA, by image-webp.
fn webp_pixels(file: &[u8]) -> Vec<u8> {
    let mut decoder = image_webp::WebPDecoder::new(Cursor::new(file)).unwrap();
    let mut samples = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut samples).unwrap();
    if decoder.has_alpha() {
        return samples;
    }
    let pixels = samples.as_chunks::<3>().0.iter();
    pixels.flat_map(|&[r, g, b]| [r, g, b, 255]).collect()
}

/// Decibels between two RGBA images, of color where `of` is not transparent, weighted by its alpha.
fn psnr(of: &[u8], other: &[u8]) -> f64 {
    assert_eq!(of.len(), other.len());
    let (mut sum, mut weight) = (0.0, 0.0);
    for (a, b) in of.as_chunks::<4>().0.iter().zip(other.as_chunks::<4>().0) {
        let alpha = f64::from(a[3]) / 255.0;
        let squares = (0..3).map(|i| f64::from(a[i].abs_diff(b[i])).powi(2));
        sum += alpha * squares.sum::<f64>();
        weight += 3.0 * alpha;
    }
    10.0 * (255.0 * 255.0 * weight / sum).log10()
}

#[test]
fn another_decoder_reads_a_lossy_webp_close_to_its_pixels() {
    for (quality, effort, least) in [
        (80, Effort::Default, 31.0),
        (80, Effort::Small, 31.0),
        (30, Effort::Default, 28.0),
        (100, Effort::Default, 34.0),
    ] {
        let options = Options {
            quality,
            effort,
            ..webp(Options::default())
        };
        let decibels = psnr(&scene(false), &webp_pixels(&file(false, options)));
        assert!(decibels >= least, "{quality} {effort:?}: {decibels}");
    }
}

#[test]
fn a_lossy_webp_keeps_alpha_exactly() {
    for effort in [Effort::Default, Effort::Small] {
        let options = Options {
            effort,
            ..webp(Options::default())
        };
        let pixels = webp_pixels(&file(true, options));
        let alpha = |rgba: &[u8]| rgba.iter().copied().skip(3).step_by(4).collect::<Vec<_>>();
        assert_eq!(alpha(&pixels), alpha(&scene(true)));
        assert!(psnr(&scene(true), &pixels) >= 29.0);
    }
}

#[test]
fn another_decoder_reads_an_avif_close_to_its_pixels() {
    for (quality, effort, least) in [
        (80, Effort::Default, 32.0),
        (80, Effort::Small, 32.0),
        (30, Effort::Default, 26.0),
        (100, Effort::Default, 38.0),
    ] {
        let options = Options {
            quality,
            effort,
            ..avif(Options::default())
        };
        let decibels = psnr(&scene(false), &avif_pixels(&file(false, options)));
        assert!(decibels >= least, "{quality} {effort:?}: {decibels}");
    }
}

#[test]
fn an_avif_keeps_alpha_within_a_few_levels() {
    // At a low quality too.
    let options = Options {
        quality: 30,
        ..avif(Options::default())
    };
    let pixels = avif_pixels(&file(true, options));
    let pairs = pixels.iter().zip(scene(true)).skip(3).step_by(4);
    let largest = pairs.map(|(a, b)| a.abs_diff(b)).max();
    assert!(largest <= Some(4), "{largest:?}");
    assert!(psnr(&scene(true), &pixels) >= 26.0);
}

#[test]
fn an_avif_states_srgb_and_has_no_metadata() {
    // In the sequence header: primaries of BT.709, transfer of sRGB, matrix of BT.601, full range.
    const COLOR: &str = "0000000100001101000001101";
    let contains = |file: &[u8], text: &[u8]| file.windows(text.len()).any(|part| part == text);
    for alpha in [false, true] {
        let file = file(alpha, avif(Options::default()));
        let bits: String = file.iter().map(|byte| format!("{byte:08b}")).collect();
        assert!(bits.contains(COLOR));
        assert_eq!(contains(&file, b"auxC"), alpha);
        for metadata in [&b"Exif"[..], b"mime", b"prof", b"rICC"] {
            assert!(!contains(&file, metadata));
        }
    }
}

/// The encoder has no vector code, so these are its bytes on every machine. An update of `ravif` or
/// `rav1e` may change them.
#[test]
fn an_avif_has_the_same_bytes_on_every_machine() {
    let digests = [
        (false, Effort::Default),
        (true, Effort::Default),
        (true, Effort::Small),
    ]
    .map(|(alpha, effort)| {
        let options = Options {
            effort,
            ..avif(Options::default())
        };
        rendered(alpha, options).digest()
    });
    assert_eq!(
        digests,
        [
            "093ff880ad635f61512dfef1f62d95c05de325c03c5c0b3d77b9dbbad2d8f0b7",
            "9668da4f30f32f04b65101017e73d32be376b575baa8c1281d301bc7f45625ed",
            "5ddc35d40a1f6e38fcf1d077ae630909e632fadeb7cc222910051c97538cec1b",
        ]
    );
}

#[test]
fn the_cost_of_an_avif_is_charged_before_it_is_encoded() {
    let refused = |limits: Limits| {
        let options = Options {
            sizes: vec![SIZE],
            limits,
            ..avif(Options::default())
        };
        let error = render(Pixels::rgba(SIZE, &scene(false)), &options).unwrap_err();
        match error.kind() {
            ErrorKind::LimitExceeded { limit, wanted, .. } => (limit, wanted),
            kind => panic!("{kind:?}"),
        }
    };
    let short_of_work = Limits {
        work: SIZE.pixels() * 64,
        ..Limits::default()
    };
    let (limit, wanted) = refused(short_of_work);
    assert_eq!(limit, Limit::Work);
    assert!(wanted > short_of_work.work, "{wanted}");
    let short_of_memory = Limits {
        memory: 4 << 20,
        ..Limits::default()
    };
    let (limit, wanted) = refused(short_of_memory);
    assert_eq!(limit, Limit::Memory);
    assert!(wanted > 128 * 128 * 152, "{wanted}");
}

#[test]
fn a_byte_budget_lowers_the_quality_of_an_avif() {
    let size = Size::new(40, 32);
    let avatar = |quality: u8, max_bytes: Option<u32>| {
        let options = Options {
            sizes: vec![size],
            quality,
            max_bytes,
            ..avif(Options::default())
        };
        render(Pixels::rgba(SIZE, &scene(false)), &options).map(|made| made.avatars[0].bytes.len())
    };
    let [lowest, low, high] = [1, 40, 80].map(|quality| avatar(quality, None).unwrap());
    assert!(lowest < low && low < high);
    let fitted = avatar(80, Some(low as u32)).unwrap();
    assert!(fitted <= low && fitted > lowest);
    let error = avatar(80, Some(lowest as u32 - 1)).unwrap_err();
    let expected = ErrorKind::LimitExceeded {
        limit: Limit::MaxBytes,
        wanted: lowest as u64,
        allowed: lowest as u64 - 1,
    };
    assert_eq!(error.kind(), expected);
}

#[test]
fn a_lossy_webp_has_no_metadata() {
    let chunks = |file: Vec<u8>| {
        let mut rest = &file[12..];
        let mut names = Vec::new();
        while let Some((header, after)) = rest.split_first_chunk::<8>() {
            names.push(String::from_utf8(header[..4].to_vec()).unwrap());
            let length = u32::from_le_bytes(header[4..].try_into().unwrap());
            rest = &after[length.next_multiple_of(2) as usize..];
        }
        names
    };
    assert_eq!(chunks(file(false, webp(Options::default()))), ["VP8 "]);
    let with_alpha = chunks(file(true, webp(Options::default())));
    assert_eq!(with_alpha, ["VP8X", "ALPH", "VP8 "]);
}

#[test]
fn a_lower_quality_or_more_effort_makes_a_smaller_file() {
    for format in [Format::Jpeg, Format::Webp, Format::Avif] {
        let bytes = |quality: u8, effort: Effort| {
            let options = Options {
                formats: vec![format],
                quality,
                effort,
                ..Options::default()
            };
            file(false, options).len()
        };
        assert!(bytes(40, Effort::Default) < bytes(80, Effort::Default));
        assert!(
            bytes(80, Effort::Small) < bytes(80, Effort::Default),
            "{format:?}"
        );
    }
}

#[test]
fn each_size_comes_in_every_format_in_order() {
    let formats = vec![Format::Avif, Format::Webp, Format::Jpeg, Format::Png];
    let options = Options {
        sizes: vec![Size::square(40), Size::new(30, 20)],
        formats: formats.clone(),
        ..Options::default()
    };
    let together = render(Pixels::rgba(SIZE, &scene(true)), &options).unwrap();
    let order: Vec<_> = together
        .avatars
        .iter()
        .map(|a| (a.size, a.format))
        .collect();
    let sizes = [Size::square(40), Size::new(30, 20)];
    let expected = sizes.map(|size| formats.iter().map(move |&format| (size, format)));
    assert_eq!(order, expected.into_iter().flatten().collect::<Vec<_>>());
    // Each is the avatar that its format alone gives.
    for (index, &format) in formats.iter().enumerate() {
        let alone = Options {
            formats: vec![format],
            ..options.clone()
        };
        let alone = render(Pixels::rgba(SIZE, &scene(true)), &alone).unwrap();
        let same = together.avatars.iter().skip(index).step_by(4);
        assert!(alone.avatars.iter().eq(same), "{format:?}");
    }
    let serial = Options {
        parallel: false,
        ..options
    };
    assert_eq!(
        render(Pixels::rgba(SIZE, &scene(true)), &serial).unwrap(),
        together
    );
}

#[test]
fn a_byte_budget_gives_the_highest_quality_that_fits() {
    for format in [Format::Jpeg, Format::Webp] {
        let options = |quality: u8, max_bytes: Option<u32>| Options {
            formats: vec![format],
            quality,
            max_bytes,
            ..Options::default()
        };
        let bytes: Vec<usize> = (1..=80)
            .map(|q| file(false, options(q, None)).len())
            .collect();
        for most in [bytes[79], bytes[79] - 1, bytes[40], bytes[12] + 1, bytes[0]] {
            let fitted = file(false, options(80, Some(most as u32)));
            let best = bytes.iter().rev().find(|&&bytes| bytes <= most).unwrap();
            assert_eq!(fitted.len(), *best, "{format:?} {most}");
        }
        let none = options(80, Some(bytes[0] as u32 - 1));
        let error = render(
            Pixels::rgba(SIZE, &scene(false)),
            &Options {
                sizes: vec![SIZE],
                ..none
            },
        );
        let expected = ErrorKind::LimitExceeded {
            limit: Limit::MaxBytes,
            wanted: bytes[0] as u64,
            allowed: bytes[0] as u64 - 1,
        };
        assert_eq!(error.unwrap_err().kind(), expected);
    }
}

#[test]
fn a_lossless_avatar_over_the_budget_is_refused_with_a_remedy() {
    for format in [Format::Png, Format::Webp] {
        let options = Options {
            sizes: vec![SIZE],
            formats: vec![format],
            lossless: true,
            max_bytes: Some(1000),
            ..Options::default()
        };
        let error = render(Pixels::rgba(SIZE, &scene(false)), &options).unwrap_err();
        assert_eq!(error.code(), "limit_exceeded");
        assert!(error.to_string().contains("lossy webp"), "{error}");
    }
}

#[test]
fn a_progressive_jpeg_takes_at_most_a_hundredth_more_than_a_baseline_one() {
    let size = Size::square(256);
    for effort in [Effort::Default, Effort::Small] {
        let bytes = |progressive: bool| {
            let options = Options {
                sizes: vec![size],
                progressive,
                effort,
                ..Options::default()
            };
            let photo = include_bytes!("../../examples/photos/astronaut.jpg");
            render(photo, &options).unwrap().avatars[0].bytes.len() as f64
        };
        assert!(bytes(true) <= bytes(false) * 1.01, "{effort:?}");
    }
}
