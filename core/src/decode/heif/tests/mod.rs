//! Files are made here; pictures are coded by heifer's encoder.

#[cfg(feature = "avif")]
mod av1;
mod color;
mod corpus;
mod hostile;
mod writer;

use self::writer::{
    Coded, HeifWriter, Source, alpha_type, clap, full_box, media_box, single, tiled,
};
use crate::decode::Decoder;
use crate::error::Result;
use crate::geometry::{Orientation, Region, Size};
use crate::limits::{Budget, Limits};
use crate::photo::{Frame, Photo};
use crate::pixels::{Layout, SampleDepth};
use crate::plan::{ChromaMode, DecodeRequest};
use crate::{Format, Options, render};

/// Decoded pixels.
struct Decoded {
    size: Size,
    layout: Layout,
    depth: SampleDepth,
    samples: Vec<u8>,
    missing: u64,
}

/// Decodes a region, or everything. Every pixel comes once, and rows are complete from top to bottom.
fn decode_region(file: &[u8], region: Option<Region>, chroma: ChromaMode) -> Result<Decoded> {
    let budget = Budget::new(&Limits::default());
    let mut decoder = Decoder::open(Photo::File(file), Frame::First, &budget)?;
    let header = decoder.header();
    let (layout, depth, band) = (header.layout, header.depth, header.band);
    let region = region.unwrap_or(Region::whole(header.size));
    let size = region.size();
    let bytes = layout.channels() * depth.bytes();
    let mut samples = vec![0; size.pixels() as usize * bytes];
    let mut filled = vec![0; size.height as usize];
    let request = DecodeRequest {
        chroma,
        // As in a render: what is averaged is not filtered.
        shrink: match chroma {
            ChromaMode::Full => 1,
            ChromaMode::AsStored => 8,
        },
        ..DecodeRequest::full_size(region)
    };
    let report = decoder.rows(&request, &budget, &mut |row| {
        let y = (row.y - region.y0) as usize;
        let x = (row.x - region.x0) as usize;
        assert_eq!(filled[y], x, "pieces come from left to right");
        let first = (y * size.width as usize + x) * bytes;
        samples[first..first + row.samples.len()].copy_from_slice(row.samples);
        filled[y] += row.samples.len() / bytes;
        let open = filled
            .iter()
            .filter(|&&width| width > 0 && width < size.width as usize);
        assert!(open.count() <= band as usize);
        Ok(())
    })?;
    assert!(filled.iter().all(|&width| width == size.width as usize));
    Ok(Decoded {
        size,
        layout,
        depth,
        samples,
        missing: report.missing,
    })
}

fn decode(file: &[u8]) -> Result<Decoded> {
    decode_region(file, None, ChromaMode::Full)
}

fn code(file: &[u8]) -> &'static str {
    decode(file).map_or_else(|error| error.code(), |_| "ok")
}

/// Smooth in both directions, with colors.
fn gradient(x: u32, y: u32) -> [u16; 3] {
    [(x + y / 2) % 256, 100 + x % 256 / 4, 150 - y % 256 / 4].map(|v| v as u16)
}

/// The color of a pixel of [`gradient`] (BT.601, the full range).
fn gradient_rgb(x: u32, y: u32) -> [f64; 3] {
    let [luma, cb, cr] = gradient(x, y).map(f64::from);
    let (cb, cr) = (cb - 128.0, cr - 128.0);
    let rgb = [
        luma + 1.402 * cr,
        luma - 0.344_136 * cb - 0.714_136 * cr,
        luma + 1.772 * cb,
    ];
    rgb.map(|v| v.clamp(0.0, 255.0))
}

fn psnr(samples: &[u8], expected: impl Iterator<Item = f64>) -> f64 {
    let errors = samples
        .iter()
        .zip(expected)
        .map(|(&v, e)| (f64::from(v) - e).powi(2));
    let mean = errors.sum::<f64>() / samples.len() as f64;
    10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
}

fn expected_gradient(region: Region) -> impl Iterator<Item = f64> {
    let pixels =
        (region.y0..region.y1).flat_map(move |y| (region.x0..region.x1).map(move |x| (x, y)));
    pixels.flat_map(|(x, y)| gradient_rgb(x, y))
}

#[test]
fn a_picture_is_decoded() {
    let decoded = decode(&single(&Source::color(100, 60, gradient).code(), &[])).unwrap();
    assert_eq!(
        (decoded.size, decoded.layout),
        (Size::new(100, 60), Layout::Rgb)
    );
    let quality = psnr(
        &decoded.samples,
        expected_gradient(Region::whole(decoded.size)),
    );
    assert!(quality > 40.0, "{quality}");
}

#[test]
fn a_grid_is_put_together_and_cut_to_its_size() {
    let (writer, grid) = tiled(Source::color(150, 100, gradient));
    let decoded = decode(&writer.finish(grid)).unwrap();
    assert_eq!(decoded.size, Size::new(150, 100));
    let quality = psnr(
        &decoded.samples,
        expected_gradient(Region::whole(decoded.size)),
    );
    assert!(quality > 40.0, "{quality}");
}

#[test]
fn a_region_equals_the_same_part_of_the_whole() {
    let (writer, grid) = tiled(Source::color(150, 100, gradient));
    let file = writer.finish(grid);
    for chroma in [ChromaMode::Full, ChromaMode::AsStored] {
        let whole = decode_region(&file, None, chroma).unwrap();
        for (x0, y0, x1, y1) in [
            (0, 0, 1, 1),
            (63, 63, 65, 65),
            (7, 3, 150, 4),
            (129, 1, 140, 99),
        ] {
            let region = Region { x0, y0, x1, y1 };
            let part = decode_region(&file, Some(region), chroma).unwrap();
            let rows = whole
                .samples
                .chunks(150 * 3)
                .skip(y0 as usize)
                .take((y1 - y0) as usize);
            let cut = rows.flat_map(|row| &row[x0 as usize * 3..x1 as usize * 3]);
            assert!(part.samples.iter().eq(cut), "{region:?}");
        }
    }
}

/// A grid of two tiles whose second is damaged.
fn half_damaged() -> Vec<u8> {
    let mut writer = HeifWriter::new();
    let source = Source::color(128, 64, gradient);
    let good = source.part(0, 0, Size::square(64));
    let mut bad = source.part(64, 0, Size::square(64));
    bad.data.truncate(bad.data.len() / 2);
    let tiles = [writer.coded(&good), writer.coded(&bad)];
    let grid = writer.grid(2, Size::new(128, 64), &tiles);
    writer.finish(grid)
}

#[test]
fn tiles_that_the_region_does_not_touch_are_not_decoded() {
    let region = |x0, x1| {
        Some(Region {
            x0,
            y0: 0,
            x1,
            y1: 64,
        })
    };
    let decode = |region| decode_region(&half_damaged(), region, ChromaMode::Full).unwrap();
    assert_eq!(decode(region(0, 64)).missing, 0);
    assert_eq!(decode(region(60, 70)).missing, 6 * 64);
}

#[test]
fn a_damaged_tile_is_gray_and_counts_as_missing() {
    let decoded = decode(&half_damaged()).unwrap();
    assert_eq!(decoded.missing, 64 * 64);
    assert_eq!(decoded.samples[64 * 3..128 * 3], [0x80; 64 * 3]);
    let options = Options::default();
    assert_eq!(
        render(&half_damaged(), &options).unwrap_err().code(),
        "malformed"
    );
    let options = Options {
        accept_damaged: true,
        ..options
    };
    assert!(render(&half_damaged(), &options).unwrap().decoded.damaged);
}

/// Luma that differs in each quarter.
fn quarters(x: u32, y: u32) -> [u16; 3] {
    [
        20 + 60 * u16::from(x >= 32) + 120 * u16::from(y >= 16),
        128,
        128,
    ]
}

/// The quarters of an upright avatar, row by row: which quarter of [`quarters`] is there.
fn seen(properties: &[Vec<u8>]) -> (Orientation, [u8; 4]) {
    let file = single(&Source::color(64, 32, quarters).code(), properties);
    let source = crate::probe(&file, &Limits::default()).unwrap();
    let Size { width, height } = source.upright_size;
    let options = Options {
        sizes: vec![source.upright_size],
        format: Format::Png,
        ..Options::default()
    };
    let png = render(&file, &options).unwrap().avatars.remove(0).bytes;
    let picture = decode(&png).unwrap();
    let channels = picture.layout.channels();
    let quarter = |x, y| (picture.samples[(y * width + x) as usize * channels] + 10) / 60;
    let (x, y) = (width / 4, height / 4);
    let places = [(x, y), (3 * x, y), (x, 3 * y), (3 * x, 3 * y)];
    (source.orientation, places.map(|(x, y)| quarter(x, y)))
}

#[test]
fn rotation_and_mirroring_are_applied_in_the_order_of_their_association() {
    let irot = |angle: u8| media_box(b"irot", &[angle]);
    let imir = |axis: u8| media_box(b"imir", &[axis]);
    let cases = [
        (vec![], Orientation::Normal, [0, 1, 2, 3]),
        (vec![irot(1)], Orientation::Rotate270, [1, 3, 0, 2]),
        (vec![irot(2)], Orientation::Rotate180, [3, 2, 1, 0]),
        (vec![irot(3)], Orientation::Rotate90, [2, 0, 3, 1]),
        (vec![imir(0)], Orientation::FlipVertical, [2, 3, 0, 1]),
        (vec![imir(1)], Orientation::FlipHorizontal, [1, 0, 3, 2]),
        (vec![irot(1), imir(0)], Orientation::Transpose, [0, 2, 1, 3]),
        (
            vec![imir(0), irot(1)],
            Orientation::Transverse,
            [3, 1, 2, 0],
        ),
        (
            vec![irot(3), imir(0)],
            Orientation::Transverse,
            [3, 1, 2, 0],
        ),
    ];
    for (properties, orientation, quarters) in cases {
        assert_eq!(seen(&properties), (orientation, quarters), "{properties:?}");
    }
}

#[test]
fn the_clean_aperture_is_cut_before_or_after_the_rotation() {
    let file =
        |properties: &[Vec<u8>]| single(&Source::color(100, 60, gradient).code(), properties);
    let irot = media_box(b"irot", &[1]);
    // Centered, the offset in half pixels: from (20, 14) to (70, 44) of the stored picture.
    let before = file(&[clap(50, 30, -10, -2), irot.clone()]);
    // Counterclockwise, its columns are the rows of the upright picture from the bottom up.
    let after = file(&[irot, clap(30, 50, -2, 10)]);
    let expected = expected_gradient(Region {
        x0: 20,
        y0: 14,
        x1: 70,
        y1: 44,
    });
    let decoded = decode(&before).unwrap();
    assert_eq!(decoded.size, Size::new(50, 30));
    assert!(psnr(&decoded.samples, expected) > 40.0);
    assert_eq!(decode(&after).unwrap().samples, decoded.samples);
}

#[test]
fn a_clean_aperture_is_clipped_to_the_picture_and_never_empty() {
    let size = |clap| {
        let file = single(&Source::color(100, 60, gradient).code(), &[clap]);
        decode(&file)
            .map(|decoded| decoded.size)
            .map_err(|error| error.code())
    };
    assert_eq!(size(clap(1000, 1000, 0, 0)), Ok(Size::new(100, 60)));
    assert_eq!(size(clap(100, 60, 20, 0)), Ok(Size::new(90, 60)));
    assert_eq!(size(clap(0, 60, 0, 0)), Err("malformed"));
    assert_eq!(size(clap(10, 10, 1000, 0)), Err("malformed"));
    let zero = media_box(b"clap", &[0; 32]);
    assert_eq!(size(zero), Err("malformed"));
}

fn ramp(x: u32, _: u32) -> [u16; 3] {
    [x as u16 * 2, 128, 128]
}

/// A file with alpha that is a ramp.
fn with_alpha(alpha: &Coded, premultiplied: bool) -> Vec<u8> {
    let mut writer = HeifWriter::new();
    let color = writer.coded(&Source::color(100, 60, gradient).code());
    let alpha = writer.coded(alpha);
    writer.property(alpha, alpha_type());
    writer.refer(b"auxl", alpha, &[color]);
    if premultiplied {
        writer.refer(b"prem", color, &[alpha]);
    }
    writer.finish(color)
}

#[test]
fn alpha_is_the_luma_of_an_auxiliary_image() {
    let decoded = decode(&with_alpha(&Source::gray(100, 60, ramp).code(), false)).unwrap();
    assert_eq!(decoded.layout, Layout::Rgba);
    let pixels: Vec<&[u8]> = decoded.samples.chunks(4).collect();
    for (x, pixel) in pixels.iter().take(100).enumerate() {
        assert!(pixel[3].abs_diff(x as u8 * 2) <= 2, "{x}: {pixel:?}");
    }
}

#[test]
fn premultiplied_color_is_divided_by_alpha() {
    let alpha = Source::gray(100, 60, |_, _| [128, 128, 128]).code();
    let [straight, divided] = [false, true]
        .map(|premultiplied| decode(&with_alpha(&alpha, premultiplied)).unwrap().samples);
    for (straight, divided) in straight.chunks(4).zip(divided.chunks(4)) {
        let expected = (u32::from(straight[1]) * 255 + 64) / u32::from(straight[3]);
        assert!(expected.min(255).abs_diff(divided[1].into()) <= 1);
    }
}

#[test]
fn alpha_that_is_too_small_or_damaged_is_malformed() {
    assert_eq!(
        code(&with_alpha(&Source::gray(50, 60, ramp).code(), false)),
        "malformed"
    );
    let mut cut = Source::gray(100, 60, ramp).code();
    cut.data.truncate(20);
    assert_eq!(code(&with_alpha(&cut, false)), "malformed");
}

#[test]
fn alpha_of_a_grid_may_be_one_picture() {
    let (mut writer, grid) = tiled(Source::color(150, 100, gradient));
    let alpha = writer.coded(&Source::gray(150, 100, |x, _| [x as u16, 0, 0]).code());
    writer.property(alpha, alpha_type());
    writer.refer(b"auxl", alpha, &[grid]);
    let decoded = decode(&writer.finish(grid)).unwrap();
    let row = decoded.samples.chunks(4).take(150).enumerate();
    assert!(
        row.into_iter()
            .all(|(x, pixel)| pixel[3].abs_diff(x as u8) <= 2)
    );
}

#[test]
fn auxiliary_images_other_than_alpha_are_ignored() {
    let mut writer = HeifWriter::new();
    let color = writer.coded(&Source::color(100, 60, gradient).code());
    let map = writer.coded(&Source::gray(50, 30, ramp).code());
    let kind = b"urn:com:apple:photo:2020:aux:hdrgainmap\0";
    writer.property(map, full_box(b"auxC", kind));
    writer.refer(b"auxl", map, &[color]);
    assert_eq!(decode(&writer.finish(color)).unwrap().layout, Layout::Rgb);
}

#[test]
fn data_may_be_in_idat_and_in_several_extents() {
    let coded = Source::color(100, 60, gradient).code();
    let expected = decode(&single(&coded, &[])).unwrap().samples;
    for idat in [false, true] {
        let mut writer = HeifWriter::new();
        writer.idat = idat;
        let (first, rest) = coded.data.split_at(3);
        let (second, third) = rest.split_at(50);
        let id = writer.item(b"hvc1", &[first, second, third]);
        writer.property(id, media_box(b"hvcC", &coded.config));
        writer.property(id, writer::ispe(coded.size));
        assert_eq!(decode(&writer.finish(id)).unwrap().samples, expected);
    }
}

#[test]
fn units_may_have_lengths_of_two_bytes() {
    let coded = Source::color(64, 64, gradient).code();
    let expected = decode(&single(&coded, &[])).unwrap().samples;
    let mut short = coded.clone();
    short.config[21] &= !2;
    short.data = coded.data[2..].to_vec();
    assert_eq!(decode(&single(&short, &[])).unwrap().samples, expected);
}

#[test]
fn a_sequence_shows_its_first_picture() {
    let coded = Source::color(100, 60, gradient).code();
    let expected = decode(&single(&coded, &[])).unwrap().samples;
    let decoded = decode(&hostile::sequence(&coded)).unwrap();
    assert_eq!(decoded.samples, expected);
}

#[test]
fn a_photo_of_tiles_is_rendered_like_the_same_pixels() {
    let (writer, grid) = tiled(Source::color(700, 500, gradient));
    let file = writer.finish(grid);
    let decoded = decode_region(&file, None, ChromaMode::AsStored).unwrap();
    let options = Options {
        sizes: vec![Size::square(48)],
        format: Format::Png,
        ..Options::default()
    };
    let tiles = render(&file, &options).unwrap();
    assert!(tiles.decoded.average > 1);
    let pixels = crate::Pixels::rgb(decoded.size, &decoded.samples);
    assert_eq!(tiles.avatars, render(pixels, &options).unwrap().avatars);
}
