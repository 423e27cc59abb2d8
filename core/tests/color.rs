//! Colors come out right, whichever way the file describes them.
//!
//! Expected values are computed in f64 with NumPy from the definitions: the matrices from
//! chromaticities (SMPTE RP 177, Bradford), the transfer functions of the standards, and for PQ and HLG
//! the tone curve that `color/hdr.rs` states. lcms (by Pillow's ImageCms) agrees for the profiles.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::slice::from_ref;

use roundel::{Format, Options, Size, render};

const SIZE: u32 = 8;

type Chunk<'a> = (&'a [u8; 4], Vec<u8>);

/// A PNG of one color: color type, depth, the bytes of a pixel (or, below 8 bits, of a row), and
/// chunks before the image data.
fn png(kind: u8, depth: u8, pixel: &[u8], chunks: &[Chunk<'_>]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut add = |name: &[u8; 4], data: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(name);
        crc.update(data);
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(name);
        file.extend(data);
        file.extend(crc.sum().to_be_bytes());
    };
    let size = SIZE.to_be_bytes();
    add(
        b"IHDR",
        &[&size[..], &size, &[depth, kind, 0, 0, 0]].concat(),
    );
    for (name, data) in chunks {
        add(name, data);
    }
    let pixels = if depth < 8 { 1 } else { SIZE as usize };
    let row = [&[0][..], &pixel.repeat(pixels)].concat();
    add(b"IDAT", &zlib(&row.repeat(SIZE as usize)));
    add(b"IEND", &[]);
    file
}

fn rgb(pixel: [u8; 3], chunks: &[Chunk<'_>]) -> Vec<u8> {
    png(2, 8, &pixel, chunks)
}

fn rgb_16(pixel: [u16; 3], chunks: &[Chunk<'_>]) -> Vec<u8> {
    png(2, 16, pixel.map(u16::to_be_bytes).as_flattened(), chunks)
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// RGBA of the first pixel.
fn color(file: &[u8]) -> [u8; 4] {
    let options = Options {
        sizes: vec![Size::square(SIZE)],
        formats: vec![Format::Png],
        ..Options::default()
    };
    let avatar = render(file, &options).unwrap().avatars.remove(0).bytes;
    let mut decoder = png::Decoder::new(std::io::Cursor::new(avatar));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    match reader.next_frame(&mut samples).unwrap().color_type {
        png::ColorType::GrayscaleAlpha => [samples[0], samples[0], samples[0], samples[1]],
        _ => *samples.first_chunk().unwrap(),
    }
}

#[track_caller]
fn assert_color(file: &[u8], expected: [u8; 3], tolerance: u8) {
    let got = color(file);
    let near = got.iter().zip(expected);
    let near = near.fold(true, |near, (&got, expected)| {
        near && got.abs_diff(expected) <= tolerance
    });
    assert!(near && got[3] == 255, "{got:?}, expected {expected:?}");
}

fn cicp(primaries: u8, transfer: u8) -> Chunk<'static> {
    (b"cICP", vec![primaries, transfer, 0, 1])
}

fn gamma(gamma: u32) -> Chunk<'static> {
    (b"gAMA", gamma.to_be_bytes().to_vec())
}

fn chromaticities(points: [u32; 8]) -> Chunk<'static> {
    let bytes = points.iter().flat_map(|v| v.to_be_bytes());
    (b"cHRM", bytes.collect())
}

fn srgb() -> Chunk<'static> {
    (b"sRGB", vec![0])
}

fn iccp(profile: &[u8]) -> Chunk<'static> {
    (b"iCCP", [b"p\0\0", &zlib(profile)[..]].concat())
}

// ---- ICC profiles ------------------------------------------------------------------------------

type Tag = (&'static [u8; 4], Vec<u8>);

fn profile(space: &[u8; 4], tags: &[Tag]) -> Vec<u8> {
    let mut header = vec![0; 128];
    header[8] = 4;
    header[12..16].copy_from_slice(b"mntr");
    header[16..20].copy_from_slice(space);
    header[20..24].copy_from_slice(b"XYZ ");
    header[36..40].copy_from_slice(b"acsp");
    let mut table = (tags.len() as u32).to_be_bytes().to_vec();
    let mut data = Vec::new();
    for (signature, tag) in tags {
        let offset = 128 + 4 + 12 * tags.len() + data.len();
        table.extend(*signature);
        table.extend((offset as u32).to_be_bytes());
        table.extend((tag.len() as u32).to_be_bytes());
        data.extend(tag);
    }
    let mut profile = [header, table, data].concat();
    let length = (profile.len() as u32).to_be_bytes();
    profile[..4].copy_from_slice(&length);
    profile
}

fn fixed(values: &[f64]) -> Vec<u8> {
    let fixed = |v: &f64| ((v * 65_536.0).round() as i32).to_be_bytes();
    values.iter().flat_map(fixed).collect()
}

fn xyz(values: [f64; 3]) -> Vec<u8> {
    [b"XYZ \0\0\0\0", &fixed(&values)[..]].concat()
}

/// The sRGB curve as parametricCurveType.
fn para() -> Vec<u8> {
    let numbers = fixed(&[2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.04045]);
    [b"para\0\0\0\0\0\x03\0\0", &numbers[..]].concat()
}

/// The sRGB curve as curveType.
fn curv() -> Vec<u8> {
    let value = |i: u32| {
        let v = f64::from(i) / 1023.0;
        let linear = if v <= 0.04045 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        };
        ((linear * 65_535.0).round() as u16).to_be_bytes()
    };
    let values: Vec<u8> = (0..1024).flat_map(value).collect();
    [b"curv\0\0\0\0\0\0\x04\0", &values[..]].concat()
}

/// A curve that is a gamma.
fn curv_gamma(gamma: f64) -> Vec<u8> {
    let gamma = ((gamma * 256.0) as u16).to_be_bytes();
    [b"curv\0\0\0\0\0\0\0\x01", &gamma[..]].concat()
}

fn primaries() -> Vec<Tag> {
    vec![
        (b"rXYZ", xyz([0.515_12, 0.241_20, -0.001_05])),
        (b"gXYZ", xyz([0.291_98, 0.692_25, 0.041_89])),
        (b"bXYZ", xyz([0.157_10, 0.066_57, 0.784_07])),
    ]
}

fn p3_tags(curve: &[u8]) -> Vec<Tag> {
    let curves = [b"rTRC", b"gTRC", b"bTRC"].map(|name| (name, curve.to_vec()));
    [primaries(), curves.to_vec()].concat()
}

fn p3() -> Vec<u8> {
    profile(b"RGB ", &p3_tags(&para()))
}

const SAMPLE: [u8; 3] = [200, 100, 100];
/// `SAMPLE` of Display P3 in sRGB.
const FROM_P3: [u8; 3] = [215, 93, 97];

// ---- PNG: precedence ---------------------------------------------------------------------------

#[test]
fn cicp_counts_before_a_profile_and_that_before_srgb_and_that_before_gamma() {
    let linear = gamma(100_000);
    let from_linear = [229, 168, 168];
    let cases: [(&[Chunk<'_>], [u8; 3]); 8] = [
        (&[], SAMPLE),
        (from_ref(&linear), from_linear),
        (&[linear.clone(), srgb()], SAMPLE),
        (&[srgb(), iccp(&p3()), linear.clone()], FROM_P3),
        (&[iccp(&p3()), srgb()], FROM_P3),
        (&[iccp(&p3()), cicp(1, 13), linear.clone()], SAMPLE),
        (&[cicp(12, 13), srgb(), linear.clone()], FROM_P3),
        (&[cicp(12, 13), iccp(&profile(b"RGB ", &[]))], FROM_P3),
    ];
    for (chunks, expected) in cases {
        assert_color(&rgb(SAMPLE, chunks), expected, 1);
    }
}

#[test]
fn a_cicp_chunk_that_cannot_be_used_is_skipped() {
    let unusable: [&[u8]; 7] = [
        &[2, 13, 0, 1],
        &[200, 13, 0, 1],
        &[12, 2, 0, 1],
        &[12, 13, 1, 1],
        &[12, 13, 0, 2],
        &[12, 13, 0],
        &[12, 13, 0, 1, 0],
    ];
    for data in unusable {
        let cicp = (b"cICP", data.to_vec());
        assert_color(&rgb(SAMPLE, from_ref(&cicp)), SAMPLE, 0);
        assert_color(&rgb(SAMPLE, &[cicp.clone(), iccp(&p3())]), FROM_P3, 1);
        assert_color(
            &rgb(SAMPLE, &[cicp.clone(), srgb(), cicp.clone()]),
            SAMPLE,
            0,
        );
        assert_color(&rgb(SAMPLE, &[gamma(100_000), cicp]), [229, 168, 168], 1);
    }
}

#[test]
fn a_broken_profile_is_skipped() {
    let garbage = (b"iCCP", b"p\0\0not zlib".to_vec());
    let no_curves = iccp(&profile(b"RGB ", &primaries()));
    let gray = iccp(&profile(b"GRAY", &[(b"kTRC", curv_gamma(1.0))]));
    for broken in [garbage, no_curves, gray] {
        assert_color(&rgb(SAMPLE, from_ref(&broken)), SAMPLE, 0);
        assert_color(
            &rgb(SAMPLE, &[broken.clone(), srgb(), gamma(100_000)]),
            SAMPLE,
            0,
        );
        assert_color(&rgb(SAMPLE, &[broken, gamma(100_000)]), [229, 168, 168], 1);
    }
}

#[test]
fn a_profile_whose_compressed_tail_is_missing_counts() {
    let mut tags = p3_tags(&para());
    tags.push((
        b"desc",
        (0..5000u32).map(|i| ((i * i) >> 5) as u8).collect(),
    ));
    let (name, mut data) = iccp(&profile(b"RGB ", &tags));
    data.truncate(data.len() / 2);
    assert_color(&rgb(SAMPLE, &[(name, data)]), FROM_P3, 1);
}

#[test]
fn color_chunks_after_the_palette_are_ignored() {
    let palette = (b"PLTE", [SAMPLE, [0; 3]].concat());
    let late = [cicp(12, 13), gamma(100_000), iccp(&p3())];
    for chunk in late {
        let before = png(3, 8, &[0], &[chunk.clone(), palette.clone()]);
        assert!(color(&before)[..3] != SAMPLE);
        assert_color(&png(3, 8, &[0], &[palette.clone(), chunk]), SAMPLE, 0);
    }
}

#[test]
fn of_several_chunks_of_a_kind_the_first_counts() {
    let twice = [gamma(100_000), gamma(45_455)];
    assert_color(&rgb(SAMPLE, &twice), [229, 168, 168], 1);
    assert_color(&rgb(SAMPLE, &[cicp(12, 13), cicp(1, 13)]), FROM_P3, 1);
}

// ---- PNG: gAMA and cHRM ------------------------------------------------------------------------

#[test]
fn gamma_is_applied_to_rgb_gray_and_palettes() {
    let mac = [gamma(55_556)];
    assert_color(&rgb([64, 128, 255], &mac), [81, 146, 255], 1);
    assert_color(&png(0, 8, &[128], &mac), [146; 3], 1);
    assert_color(&png(0, 4, &[0x88; 4], &[gamma(100_000)]), [194; 3], 2);
    let palette = [mac[0].clone(), (b"PLTE", vec![64, 128, 255])];
    assert_color(&png(3, 8, &[0], &palette), [81, 146, 255], 1);
}

#[test]
fn absurd_gammas_and_chromaticities_are_ignored() {
    for gamma in [gamma(0), gamma(3), gamma(u32::MAX), (b"gAMA", vec![0, 1])] {
        assert_color(&rgb(SAMPLE, &[gamma]), SAMPLE, 0);
    }
    let points = [[0; 8], [u32::MAX; 8], [33_333; 8]].map(chromaticities);
    for points in points {
        assert_color(&rgb(SAMPLE, from_ref(&points)), SAMPLE, 0);
        assert_color(&rgb(SAMPLE, &[points, gamma(100_000)]), [229, 168, 168], 1);
    }
}

#[test]
fn the_gamma_and_chromaticities_of_srgb_change_nothing() {
    let points = [
        31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000,
    ];
    for sample in [[1, 2, 3], [10, 20, 30], SAMPLE] {
        let chunks = [gamma(45_455), chromaticities(points)];
        assert_eq!(color(&rgb(sample, &chunks))[..3], sample);
        assert_eq!(color(&rgb(sample, &chunks[..1]))[..3], sample);
    }
}

#[test]
fn chromaticities_with_a_gamma_are_converted() {
    let adobe = [
        31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000,
    ];
    let chunks = [chromaticities(adobe), gamma(45_455)];
    assert_color(&rgb([120, 180, 100], &chunks), [80, 181, 94], 1);
}

// ---- PNG: cICP ---------------------------------------------------------------------------------

#[test]
fn code_points_name_primaries_and_transfer_function() {
    let cases = [
        (cicp(9, 14), [200, 120, 100], [236, 104, 95]),
        (cicp(9, 1), [200, 120, 100], [236, 104, 95]),
        (cicp(4, 4), [150, 120, 100], [165, 119, 97]),
        (cicp(5, 5), [150, 120, 100], [132, 98, 77]),
        (cicp(11, 8), [100, 60, 50], [173, 132, 120]),
    ];
    for (cicp, sample, expected) in cases {
        let chunks = [cicp];
        assert_color(&rgb(sample, &chunks), expected, 1);
        let deep = sample.map(|v| u16::from(v) * 257);
        assert_color(&rgb_16(deep, &chunks), expected, 1);
    }
}

#[test]
fn the_narrow_range_is_expanded() {
    let narrow = (b"cICP", vec![1, 13, 0, 0]);
    assert_color(&rgb([16, 126, 235], from_ref(&narrow)), [0, 128, 255], 1);
    assert_color(&rgb([0, 8, 255], from_ref(&narrow)), [0, 0, 255], 0);
    assert_color(
        &rgb_16([16 << 8, 126 << 8, 235 << 8], &[narrow]),
        [0, 128, 255],
        1,
    );
}

#[test]
fn pq_is_tone_mapped() {
    let pq = [cicp(9, 16)];
    assert_color(&rgb_16([38_000, 30_000, 25_000], &pq), [255, 124, 86], 1);
    assert_color(&rgb_16([3_000, 4_000, 5_000], &pq), [0, 2, 3], 1);
    assert_color(&rgb_16([u16::MAX; 3], &pq), [255; 3], 0);
    assert_color(&rgb([148, 140, 120], &pq), [255, 214, 142], 1);
    // 203 cd/m2, diffuse white.
    assert_color(&png(0, 8, &[148], &pq), [249; 3], 1);
}

#[test]
fn hlg_is_tone_mapped() {
    let hlg = [cicp(9, 18)];
    assert_color(&rgb_16([38_000, 30_000, 25_000], &hlg), [178, 121, 103], 1);
    assert_color(&rgb_16([3_000, 4_000, 5_000], &hlg), [1, 5, 9], 1);
    assert_color(&rgb_16([u16::MAX; 3], &hlg), [255; 3], 0);
    assert_color(&rgb([148, 140, 120], &hlg), [171, 152, 129], 1);
    assert_color(
        &rgb_16([38_000, 30_000, 25_000], &[cicp(1, 18)]),
        [159, 126, 106],
        1,
    );
    // 75 %, diffuse white.
    assert_color(&png(0, 8, &[191], &hlg), [249; 3], 1);
}

#[test]
fn tone_mapped_color_keeps_its_alpha() {
    let pixel = png(6, 8, &[148, 140, 120, 128], &[cicp(9, 18)]);
    let [r, g, b, alpha] = color(&pixel);
    assert_eq!(alpha, 128);
    for (got, expected) in [r, g, b].into_iter().zip([171, 152, 129]) {
        assert!(got.abs_diff(expected) <= 2, "{got} {expected}");
    }
}

// ---- PNG: 16 bits ------------------------------------------------------------------------------

#[test]
fn linear_samples_of_16_bits_keep_their_shadows() {
    for (sample, expected) in [(30, 2), (100, 5), (400, 18), (3_000, 60)] {
        let linear = [gamma(100_000)];
        assert_color(&rgb_16([sample; 3], &linear), [expected; 3], 0);
        let gray = sample.to_be_bytes();
        assert_color(&png(0, 16, &gray, &linear), [expected; 3], 0);
    }
}

#[test]
fn srgb_samples_of_16_bits_are_rounded_once() {
    for v in (0..=255u16).step_by(5) {
        for shift in [-100, 0, 100] {
            let sample = (i32::from(v) * 257 + shift).clamp(0, 65_535) as u16;
            assert_eq!(color(&rgb_16([sample; 3], &[]))[0], v as u8);
        }
    }
}

#[test]
fn samples_of_16_bits_are_reduced_like_those_of_8_bits() {
    let size = 96usize;
    let samples: Vec<u8> = (0..size * size * 3).map(|i| (i * i / 97) as u8).collect();
    let write = |depth: png::BitDepth, samples: &[u8]| {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, size as u32, size as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(depth);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(samples).unwrap();
        writer.finish().unwrap();
        file
    };
    let doubled: Vec<u8> = samples.iter().flat_map(|&v| [v; 2]).collect();
    let eight = write(png::BitDepth::Eight, &samples);
    let sixteen = write(png::BitDepth::Sixteen, &doubled);
    for side in [96, 40, 8] {
        let options = Options {
            sizes: vec![Size::square(side)],
            formats: vec![Format::Png],
            ..Options::default()
        };
        let [a, b] = [&eight, &sixteen].map(|file| render(file, &options).unwrap().avatars);
        assert_eq!(a, b, "{side}");
    }
}

#[test]
fn alpha_of_16_bits_is_kept() {
    let sample = [50_000u16, 40_000, 30_000, 32_896].map(u16::to_be_bytes);
    let [r, g, b, alpha] = color(&png(6, 16, sample.as_flattened(), &[]));
    assert_eq!(alpha, 128);
    for (got, expected) in [r, g, b].into_iter().zip([195u8, 156, 117]) {
        assert!(got.abs_diff(expected) <= 1, "{got} {expected}");
    }
}

// ---- PNG: transparency -------------------------------------------------------------------------

#[test]
fn the_transparent_gray_is_masked_to_the_depth() {
    // Depth, gray of tRNS, a row of that gray, a row of another.
    let cases: [(u8, u16, u8, u8); 7] = [
        (1, 255, 0xFF, 0x00),
        (1, 1, 0xFF, 0x00),
        (1, 0xFFFE, 0x00, 0xFF),
        (2, 0xFE, 0b1010_1010, 0xFF),
        (4, 0xF5, 0x55, 0x45),
        (4, 5, 0x55, 0x45),
        (8, 0x0155, 0x55, 0x54),
    ];
    for (depth, gray, same, other) in cases {
        let trns = [(b"tRNS", gray.to_be_bytes().to_vec())];
        let bytes = if depth < 8 { usize::from(depth) } else { 1 };
        let alpha = |row: u8| color(&png(0, depth, &vec![row; bytes], &trns))[3];
        assert_eq!((alpha(same), alpha(other)), (0, 255), "{depth} {gray:#x}");
    }
}

#[test]
fn transparent_colors_of_16_bits_are_compared_in_16_bits() {
    let trns = |rgb: [u16; 3]| {
        let bytes = rgb.map(u16::to_be_bytes);
        [(b"tRNS", bytes.as_flattened().to_vec())]
    };
    let pixel = [0x1234, 0x5678, 0x9ABC];
    assert_eq!(color(&rgb_16(pixel, &trns(pixel)))[3], 0);
    assert_eq!(
        color(&rgb_16(pixel, &trns([0x1234, 0x5678, 0x9ABD])))[3],
        255
    );
}

// ---- ICC ---------------------------------------------------------------------------------------

#[test]
fn a_profile_counts_if_its_curves_and_primaries_are_there() {
    let tags = p3_tags(&para());
    let with = |tag: Tag| profile(b"RGB ", &[&tags[..], &[tag]].concat());
    let mut cut = with((b"desc", vec![7; 5000]));
    cut.truncate(1000);
    let mut huge_sizes = p3();
    for entry in huge_sizes[132..132 + 12 * 6].chunks_exact_mut(12) {
        entry[8..].fill(0xFF);
    }
    let mut other_class = p3();
    other_class[12..16].copy_from_slice(b"what");
    other_class[24..36].fill(0xFF);
    let variants = [
        p3(),
        profile(b"RGB ", &p3_tags(&curv())),
        with((b"desc", b"text\0\0\0\0P3".to_vec())),
        with((b"wtpt", b"junk".to_vec())),
        with((b"chad", vec![])),
        cut,
        huge_sizes,
        other_class,
    ];
    for (i, icc) in variants.iter().enumerate() {
        println!("variant {i}");
        assert_color(&rgb(SAMPLE, &[iccp(icc)]), FROM_P3, 1);
    }
}

#[test]
fn a_profile_without_a_usable_curve_is_ignored() {
    let mut flat = b"curv\0\0\0\0\0\0\0\x02".to_vec();
    flat.extend([0x80, 0, 0x80, 0]);
    let longer = [b"curv\0\0\0\0\0\0\x01\0", &[9; 100][..]].concat();
    let unknown = [b"para\0\0\0\0\0\x07\0\0", &[0; 64][..]].concat();
    for curve in [flat, longer, unknown, b"text\0\0\0\0".to_vec(), vec![]] {
        let icc = profile(b"RGB ", &p3_tags(&curve));
        assert_color(&rgb(SAMPLE, &[iccp(&icc)]), SAMPLE, 0);
    }
}

#[test]
fn every_parametric_function_is_read() {
    // Gamma 2.2 in each form; sRGB primaries, so that only the curve counts.
    let forms: [&[f64]; 5] = [
        &[2.2],
        &[2.2, 1.0, 0.0],
        &[2.2, 1.0, 0.0, 0.0],
        &[2.2, 1.0, 0.0, 0.5, 0.0],
        &[2.2, 1.0, 0.0, 0.5, 0.0, 0.0, 0.0],
    ];
    for (function, numbers) in (0u8..).zip(forms) {
        let curve = [&b"para\0\0\0\0\0"[..], &[function, 0, 0], &fixed(numbers)].concat();
        let gray = profile(b"GRAY", &[(b"kTRC", curve)]);
        assert_color(&png(0, 8, &[64], &[iccp(&gray)]), [62; 3], 1);
    }
}

#[test]
fn an_rgb_profile_describes_gray_too() {
    let linear = profile(b"RGB ", &p3_tags(&curv_gamma(1.0)));
    assert_color(&png(0, 8, &[100], &[iccp(&linear)]), [168; 3], 1);
    assert_color(&png(4, 8, &[100, 255], &[iccp(&linear)]), [168; 3], 1);
}

#[test]
fn code_points_of_a_profile_count_for_hdr_only() {
    let with = |cicp: [u8; 4]| {
        let tag: Tag = (b"cicp", [b"cicp\0\0\0\0", &cicp[..]].concat());
        profile(b"RGB ", &[&p3_tags(&para())[..], &[tag]].concat())
    };
    let pixel = [38_000, 30_000, 25_000];
    let hlg = rgb_16(pixel, &[iccp(&with([9, 18, 0, 1]))]);
    assert_color(&hlg, [178, 121, 103], 1);
    assert_color(&rgb(SAMPLE, &[iccp(&with([9, 13, 0, 1]))]), FROM_P3, 1);
}

/// lut8Type, all of whose colors are the Lab `color`; ICC.1:2022, 10.11.
#[cfg(feature = "icc-tables")]
fn lut8(color: [u8; 3]) -> Vec<u8> {
    let identity = fixed(&[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let ramp: Vec<u8> = (0..=255).collect();
    let head = b"mft1\0\0\0\0\x03\x03\x02\0";
    let (ramps, grid) = (ramp.repeat(3), color.repeat(8));
    [&head[..], &identity, &ramps, &grid, &ramps].concat()
}

#[cfg(feature = "icc-tables")]
fn table_profile(tags: &[Tag]) -> Vec<u8> {
    let mut icc = profile(b"RGB ", tags);
    icc[8] = 2;
    icc[20..24].copy_from_slice(b"Lab ");
    icc
}

#[cfg(feature = "icc-tables")]
#[test]
fn tables_count_before_curves_and_broken_tables_do_not() {
    // Lab 50 0 0 is sRGB 119.
    let gray = (b"A2B0", lut8([128, 128, 128]));
    let broken: Tag = (b"A2B0", b"mft1\0\0\0\0\x03\x03".to_vec());
    let curves = p3_tags(&para());
    let both = table_profile(&[&curves[..], from_ref(&gray)].concat());
    let bad: Tag = (b"B2A0", b"mft2".to_vec());
    let others_broken = table_profile(&[bad, (b"wtpt", vec![]), gray]);
    for icc in [both, others_broken] {
        assert_color(&rgb(SAMPLE, &[iccp(&icc)]), [119; 3], 2);
        assert_color(&rgb_16([9, 99, 999], &[iccp(&icc)]), [119; 3], 2);
        assert_color(&png(0, 8, &[9], &[iccp(&icc)]), [119; 3], 2);
        let alpha = png(6, 16, &[9, 9, 9, 9, 9, 9, 128, 128], &[iccp(&icc)]);
        assert_eq!(color(&alpha)[3], 128);
    }
    let icc = table_profile(&[&curves[..], &[broken]].concat());
    assert_color(&rgb(SAMPLE, &[iccp(&icc)]), FROM_P3, 1);
}

#[cfg(not(feature = "icc-tables"))]
#[test]
fn tables_are_refused_by_name_without_the_feature() {
    let tags = [p3_tags(&para()), vec![(b"A2B0", b"mft1\0\0\0\0".to_vec())]].concat();
    let file = rgb(SAMPLE, &[iccp(&profile(b"RGB ", &tags))]);
    let error = render(&file, &Options::default()).unwrap_err();
    assert_eq!(error.code(), "unsupported");
    let cicp = rgb(SAMPLE, &[cicp(12, 13), iccp(&profile(b"RGB ", &tags))]);
    assert_color(&cicp, FROM_P3, 1);
}

// ---- ICC in JPEG and BMP -----------------------------------------------------------------------

/// A JPEG of one color whose APP2 segments have these numbers and counts.
fn jpeg(sample: &[u8], chunks: &[(u8, u8, &[u8])]) -> Vec<u8> {
    let kind = match sample.len() {
        1 => jpeg_encoder::ColorType::Luma,
        _ => jpeg_encoder::ColorType::Rgb,
    };
    let mut file = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut file, 100);
    let pixels = sample.repeat((SIZE * SIZE) as usize);
    encoder
        .encode(&pixels, SIZE as u16, SIZE as u16, kind)
        .unwrap();
    let segments = chunks.iter().flat_map(|(number, count, data)| {
        let length = (2 + 12 + 2 + data.len() as u16).to_be_bytes();
        let head = [
            &[0xFF, 0xE2][..],
            &length,
            b"ICC_PROFILE\0",
            &[*number, *count],
        ];
        [&head.concat()[..], data].concat()
    });
    let segments: Vec<u8> = segments.collect();
    [&file[..2], &segments, &file[2..]].concat()
}

#[test]
fn a_jpeg_profile_counts_however_its_chunks_are_numbered() {
    let icc = p3();
    let (a, b) = icc.split_at(200);
    let cut = [&icc[..], &[0; 900]].concat();
    let layouts: [&[(u8, u8, &[u8])]; 9] = [
        &[(1, 1, &icc)],
        &[(1, 2, a), (2, 2, b)],
        &[(2, 2, b), (1, 2, a)],
        &[(1, 1, &icc), (1, 1, &icc)],
        &[(1, 2, a), (2, 2, b), (1, 2, a), (2, 2, b)],
        &[(1, 0, a), (2, 0, b)],
        &[(0, 2, a), (1, 2, b)],
        &[(1, 9, a), (2, 9, b)],
        &[(1, 3, &cut[..700])],
    ];
    for (i, chunks) in layouts.iter().enumerate() {
        println!("layout {i}");
        assert_color(&jpeg(&SAMPLE, chunks), FROM_P3, 2);
    }
}

#[test]
fn a_gray_jpeg_uses_profiles_of_gray_and_rgb() {
    let gray = profile(b"GRAY", &[(b"kTRC", curv_gamma(1.0))]);
    let rgb = profile(b"RGB ", &p3_tags(&curv_gamma(1.0)));
    for icc in [gray.clone(), rgb] {
        assert_color(&jpeg(&[100], &[(1, 1, &icc)]), [168; 3], 1);
    }
    assert_color(&jpeg(&SAMPLE, &[(1, 1, &gray)]), SAMPLE, 1);
}

#[test]
fn the_profile_of_a_bmp_is_used() {
    let mut header = vec![0; 124];
    let icc = p3();
    let pixels = [100, 100, 200].repeat((SIZE * SIZE) as usize);
    let fields: [(usize, u32); 7] = [
        (0, 124),
        (4, SIZE),
        (8, SIZE),
        (12, 1 | 24 << 16),
        (56, 0x4D42_4544),
        (112, 124 + pixels.len() as u32),
        (116, icc.len() as u32),
    ];
    for (offset, value) in fields {
        header[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    }
    let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
    file.extend((14 + 124u32).to_le_bytes());
    let file = [file, header, pixels, icc].concat();
    assert_color(&file, FROM_P3, 1);
}

#[test]
fn a_color_chunk_with_a_wrong_checksum_is_ignored() {
    let mut file = rgb([128; 3], &[gamma(100_000)]);
    let kind = file.windows(4).position(|kind| kind == b"gAMA").unwrap();
    // The checksum follows the type and four bytes of data.
    file[kind + 8] ^= 1;
    assert_color(&file, [128; 3], 0);
}

#[test]
fn a_large_exif_chunk_does_not_refuse_a_photo() {
    let file = rgb([1, 2, 3], &[(b"eXIf", vec![0; 5 << 20])]);
    assert_color(&file, [1, 2, 3], 0);
}

#[test]
fn gray_photos_use_all_curves_of_a_profile() {
    let curves = [(b"rTRC", 1.0), (b"gTRC", 1.5), (b"bTRC", 2.2)];
    let curves = curves.map(|(name, gamma)| (name, curv_gamma(gamma)));
    let icc = profile(b"RGB ", &[primaries(), curves.to_vec()].concat());
    let of_8_bits = color(&png(0, 8, &[100], &[iccp(&icc)]));
    assert_color(
        &png(0, 16, &[100, 100], &[iccp(&icc)]),
        [of_8_bits[0], of_8_bits[1], of_8_bits[2]],
        1,
    );
    assert!(
        of_8_bits[0] > of_8_bits[1] && of_8_bits[1] > of_8_bits[2],
        "{of_8_bits:?}"
    );
}
