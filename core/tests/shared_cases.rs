//! Files of public bug reports come out as their table says.
//!
//! The files are other people's images and are not part of this repository. They are looked for
//! beside the checkout, in `../shared/cases`, or where `ROUNDEL_CASES` says; where they are absent,
//! this test says so and passes. Each has a test with built input too, beside the code it is about.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

use roundel::{Format, Frame, Options, Orientation, Rendered, Result, Size, render};

/// What must be true of a file.
enum Expect {
    /// It renders, and nothing is missing.
    Whole,
    /// The same, and its pixels (RGBA, upright) have this FNV-1a hash: that of Pillow's.
    Pixels(u64),
    /// The same, and its pixels have this mean, and the first of them this color (RGB of sRGB, 0 to
    /// 255), within [`COLOR_TOLERANCE`].
    Colors([f64; 3], [u8; 3]),
    /// The same of a frame.
    Shows(Frame, u64),
    /// The same, and the header says whether there is transparency.
    Alpha(bool),
    /// The same, and this orientation is found.
    Turned(Orientation),
    /// A JPEG avatar of 64 px keeps all of its chroma.
    FullChroma,
    /// A PNG avatar has a palette, and is smaller than without.
    Palette,
    /// It is refused by default; with `accept_damaged` it renders, and the report says so.
    Damaged,
    /// It is refused; the feature's name, and words of the message.
    Refused(&'static str, &'static str),
    /// It renders or is refused with a typed error.
    Anything,
}

use Expect::{
    Alpha, Anything, Colors, Damaged, FullChroma, Palette, Pixels, Refused, Shows, Turned, Whole,
};

/// Of libavif 1.4, by Pillow 13.
const AVIF_COLORS: Expect = Colors([148.38, 110.22, 96.83], [161, 159, 162]);

/// Of libheif 1.23.
const HEIC_COLORS: Expect = Colors([148.83, 109.72, 97.17], [166, 160, 162]);

/// For the mean, and for the first pixel.
const COLOR_TOLERANCE: (f64, i32) = (0.6, 2);

/// File, and what must be true of it.
const CASES: &[(&str, Expect)] = &[
    // gif
    ("gr-icon-390m.gif", Pixels(0x2eaf_b5aa_3ed4_d9f9)),
    ("gr-icon-433s.gif", Pixels(0x3b90_17d1_c4c1_ab6d)),
    ("gr-lzwerr-131i.gif", Pixels(0x20b3_ab3b_b57d_9f76)),
    (
        "g03-screen-smaller-than-frame.gif",
        Pixels(0x6f16_e833_016d_54c2),
    ),
    ("g04-gce-long.gif", Pixels(0x6f16_e833_016d_54c2)),
    ("g02-data-ends-at-half.gif", Damaged),
    ("g02-truncated-60pct.gif", Damaged),
    ("p05-truncated-60pct.png", Damaged),
    // animation
    ("g07-animated.gif", Whole),
    ("w01-anim-full.webp", Whole),
    // Of Pillow's frames; the first is white.
    (
        "k07-first-frame-white.gif",
        Shows(Frame::First, 0x616d_c61f_2b7f_1325),
    ),
    (
        "k07-first-frame-white.gif",
        Shows(Frame::Number(1), 0xd8eb_8db2_c173_24f8),
    ),
    (
        "k07-first-frame-white.gif",
        Shows(Frame::Poster, 0xd8eb_8db2_c173_24f8),
    ),
    // exif
    ("e01-orientation-long.jpg", Turned(Orientation::Rotate90)),
    ("e02-orientation-byte.jpg", Turned(Orientation::Rotate90)),
    (
        "e12-webp-exif-orientation-long.webp",
        Turned(Orientation::Rotate90),
    ),
    (
        "e11-png-raw-profile-type-exif.png",
        Turned(Orientation::Rotate90),
    ),
    (
        "e08-two-exif-second-has-orientation.jpg",
        Turned(Orientation::Rotate90),
    ),
    (
        "e05-orientation-xmp-only.jpg",
        Turned(Orientation::Rotate90),
    ),
    // bmp
    ("b01-v5-32-alpha-all-zero.bmp", Alpha(false)),
    ("b07-v5-birgb-alpha-mask.bmp", Alpha(true)),
    ("b05-planes-0.bmp", Pixels(0x8fc4_2fbc_2a75_2ddf)),
    ("b04-truncated-last-2.bmp", Alpha(false)),
    // color. The figures are those of Pillow 13 for CMYK (with the inversion), of its ImageCms
    // (lcms) for profiles, and of the definitions in f64 for numbers: Display P3's matrix of CSS
    // Color 4, BT.2087's for BT.2020, the EOTF of BT.2100 and the tone curve of color/hdr.rs.
    (
        "c02-cmyk-no-profile-no-adobe.jpg",
        Colors([143.70, 102.29, 96.17], [158, 167, 173]),
    ),
    (
        "p02-cicp-pq-2020.png",
        Colors([148.73, 109.52, 96.90], [165, 160, 160]),
    ),
    (
        "p02-cicp-p3.png",
        Colors([148.80, 109.74, 97.09], [164, 160, 161]),
    ),
    (
        "p03-srgb-then-iccp-p3.png",
        Colors([148.79, 109.72, 97.07], [164, 160, 161]),
    ),
    (
        "p01-gama-linear-8.png",
        Colors([148.74, 109.69, 96.95], [164, 160, 161]),
    ),
    (
        "p02-chrm-gama-p3.png",
        Colors([148.80, 109.74, 97.07], [164, 160, 161]),
    ),
    (
        "i01-p3-twice.jpg",
        Colors([148.84, 109.81, 97.24], [161, 159, 160]),
    ),
    // White is transparent: 255 of 1 bit is 1, as in libpng. (Transparent pixels are black here.)
    ("k13-1bit-trns-255.png", Pixels(0xa9ac_06de_d9a5_e325)),
    // damage of JPEGs
    ("j08-progressive-truncated-95pct.jpg", Whole),
    ("j26-app-length-0.jpg", Whole),
    ("k15-one-bit-error.jpg", Damaged),
    // encode
    ("q1-red-256.png", FullChroma),
    ("s1-identicon-256-palette.png", Palette),
    // webp
    ("w02-12mp-with-alpha.webp", Alpha(true)),
    ("w02-16mp-4608x3456.webp", Whole),
    ("w07-alpha-flag-no-alph.webp", Alpha(false)),
    // message
    ("p07-cgbi.png", Refused("png_cgbi", "Xcode")),
    ("x-cr3.jpg", Refused("camera_raw", "raw file")),
    ("x-bm-text.txt", Refused("text", "not an image")),
    ("x-base64.jpg", Refused("base64", "base64 text")),
    (
        "j12-arithmetic.jpg",
        Refused("jpeg_arithmetic", "arithmetic"),
    ),
    // heic, avif
    (
        "x-heic-named.jpg",
        if cfg!(feature = "heic") {
            HEIC_COLORS
        } else {
            Refused("heic", "HEIC")
        },
    ),
    (
        "x-avif-named.jpg",
        if cfg!(feature = "avif") {
            AVIF_COLORS
        } else {
            Refused("avif", "AVIF")
        },
    ),
    ("panic_heifer_1.heic", Anything),
    ("panic_avif_1.avif", Anything),
];

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases");
    let folder = std::env::var_os("ROUNDEL_CASES").map_or(beside, PathBuf::from);
    folder.join("cases.tsv").exists().then_some(folder)
}

fn rendered(file: &[u8], accept_damaged: bool) -> Result<Rendered> {
    let options = Options {
        sizes: vec![Size::square(64)],
        format: Format::Png,
        accept_damaged,
        ..Options::default()
    };
    render(file, &options)
}

/// The RGBA samples of all pixels: those of an avatar of the photo's own size.
fn pixels(file: &[u8], size: Size, frame: Frame) -> Vec<u8> {
    let options = Options {
        sizes: vec![size],
        format: Format::Png,
        frame,
        ..Options::default()
    };
    samples(&render(file, &options).unwrap().avatars[0].bytes)
}

/// The RGBA samples of a PNG.
fn samples(png: &[u8]) -> Vec<u8> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut samples).unwrap();
    if reader.info().color_type == png::ColorType::Grayscale {
        let rgba = samples
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&[v, a]| [v, v, v, a]);
        return rgba.flatten().collect();
    }
    samples
}

fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// The mean and the first pixel, if they differ too much from what is expected.
fn other_colors(pixels: &[u8], mean: [f64; 3], first: [u8; 3]) -> Option<String> {
    let count = (pixels.len() / 4) as f64;
    let channel = |i: usize| pixels.iter().skip(i).step_by(4).map(|&v| f64::from(v));
    let got = [0, 1, 2].map(|i| channel(i).sum::<f64>() / count);
    let (of_mean, of_first) = COLOR_TOLERANCE;
    let mut pairs = got.iter().zip(mean);
    let far = pairs.any(|(got, mean)| (got - mean).abs() > of_mean)
        || pixels
            .iter()
            .zip(first)
            .any(|(&got, first)| (i32::from(got) - i32::from(first)).abs() > of_first);
    far.then(|| format!("mean {got:?}, first {:?}", &pixels[..3]))
}

/// The sampling factors in the frame header of a JPEG avatar, one byte for each component.
fn sampling_factors(file: &[u8]) -> Vec<u8> {
    let options = Options {
        sizes: vec![Size::square(64)],
        ..Options::default()
    };
    let jpeg = render(file, &options).unwrap().avatars.remove(0).bytes;
    let start = jpeg.windows(2).position(|marker| marker == [0xFF, 0xC0]);
    let components = &jpeg[start.unwrap() + 9..];
    let components = components[1..].chunks(3).take(components[0].into());
    components.map(|component| component[1]).collect()
}

/// The color type of a PNG avatar, its bytes, and the bytes of the same pixels in truecolor.
fn palette_and_truecolor(avatar: &[u8]) -> (u8, usize, usize) {
    let side = u32::from_be_bytes(avatar[16..20].try_into().unwrap());
    let rgb = samples(avatar)
        .as_chunks::<4>()
        .0
        .iter()
        .flat_map(|p| [p[0], p[1], p[2]])
        .collect::<Vec<_>>();
    let mut truecolor = Vec::new();
    let mut encoder = png::Encoder::new(&mut truecolor, side, side);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&rgb).unwrap();
    writer.finish().unwrap();
    (avatar[25], avatar.len(), truecolor.len())
}

/// What is wrong, if anything.
fn objection(file: &[u8], expect: &Expect) -> Option<String> {
    let outcome = rendered(file, false);
    match (expect, outcome) {
        (Anything, Ok(_)) => None,
        (Anything, Err(error)) => (error.code() == "internal").then(|| error.to_string()),
        (Refused(feature, words), Err(error)) => {
            let got = error.feature().map_or("none", |feature| feature.name());
            let named = got == *feature && error.to_string().contains(words);
            (!named).then(|| format!("{got}: {error}"))
        }
        (Damaged, Err(error)) if error.code() == "malformed" => match rendered(file, true) {
            Ok(rendered) => (!rendered.decoded.damaged).then(|| "not reported".into()),
            Err(error) => Some(format!("with accept_damaged: {error}")),
        },
        (_, Err(error)) => Some(error.to_string()),
        (_, Ok(rendered)) if rendered.decoded.damaged => Some("damaged".into()),
        (Whole, Ok(_)) => None,
        (Pixels(hash), Ok(rendered)) => {
            let got = fnv(&pixels(file, rendered.source.upright_size, Frame::First));
            (got != *hash).then(|| format!("pixels hash to {got:#x}"))
        }
        (Shows(frame, hash), Ok(rendered)) => {
            let got = fnv(&pixels(file, rendered.source.upright_size, *frame));
            (got != *hash).then(|| format!("pixels of {frame:?} hash to {got:#x}"))
        }
        (Colors(mean, first), Ok(rendered)) => {
            let pixels = pixels(file, rendered.source.upright_size, Frame::First);
            other_colors(&pixels, *mean, *first)
        }
        (FullChroma, Ok(_)) => {
            let factors = sampling_factors(file);
            (factors != [0x11; 3]).then(|| format!("sampling factors {factors:x?}"))
        }
        (Palette, Ok(rendered)) => {
            let (color, palette, truecolor) = palette_and_truecolor(&rendered.avatars[0].bytes);
            let smaller = color == 3 && palette < truecolor;
            (!smaller).then(|| format!("type {color}: {palette} bytes, truecolor {truecolor}"))
        }
        (Alpha(alpha), Ok(rendered)) => {
            (rendered.source.alpha != *alpha).then(|| format!("alpha: {}", !alpha))
        }
        (Turned(orientation), Ok(rendered)) => {
            let got = rendered.source.orientation;
            (got != *orientation).then(|| format!("{got:?}"))
        }
        (Damaged | Refused(..), Ok(_)) => Some("rendered".into()),
    }
}

#[test]
fn every_file_comes_out_as_its_table_says() {
    let Some(folder) = folder() else {
        println!("skipped: no shared cases beside this checkout");
        return;
    };
    let objections = CASES.iter().filter_map(|(name, expect)| {
        let file = std::fs::read(folder.join(name)).unwrap();
        objection(&file, expect).map(|objection| format!("{name}: {objection}"))
    });
    let objections: Vec<String> = objections.collect();
    assert!(objections.is_empty(), "{objections:#?}");
}
