//! What graphics look like at an avatar's size: no second outline, no ring, no fringe, no lost line.
//!
//! Each promise is checked on an image that is drawn here, and on other people's files of the same
//! kind where they are beside the checkout, in `../shared/cases` or where `ROUNDEL_CASES` says.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout)] // names a file that it skips

use std::path::Path;

use roundel::{Format, Options, ResizeFilter, Size, render};

/// A square of RGBA pixels.
#[derive(Clone)]
struct Picture {
    side: usize,
    pixels: Vec<[u8; 4]>,
}

type Rgba = [u8; 4];
const WHITE: Rgba = [255; 4];
const BLACK: Rgba = [0, 0, 0, 255];
const NAVY: Rgba = [16, 28, 74, 255];
const SKIN: Rgba = [244, 196, 152, 255];

impl Picture {
    fn flat(side: usize, color: Rgba) -> Self {
        let pixels = vec![color; side * side];
        Self { side, pixels }
    }

    fn at(&self, x: usize, y: usize) -> Rgba {
        self.pixels[y * self.side + x]
    }

    /// Paints with `color` where `distance` to a shape is negative, with a soft edge of one pixel.
    fn paint(&mut self, color: Rgba, distance: impl Fn(f64, f64) -> f64) {
        let side = self.side;
        for (at, pixel) in self.pixels.iter_mut().enumerate() {
            let (x, y) = ((at % side) as f64 + 0.5, (at / side) as f64 + 0.5);
            let cover = (0.5 - distance(x, y)).clamp(0.0, 1.0);
            for (sample, ink) in pixel.iter_mut().zip(color) {
                let mixed = f64::from(*sample) * (1.0 - cover) + f64::from(ink) * cover;
                *sample = mixed.round() as u8;
            }
        }
    }

    /// Strokes of `width` between points, in units of the side.
    fn stroke(&mut self, color: Rgba, width: f64, lines: &[[f64; 4]]) {
        let side = self.side as f64;
        self.paint(color, |x, y| {
            let distances = lines.iter().map(|line| segment(x / side, y / side, *line));
            (distances.fold(f64::MAX, f64::min) - width / 2.0) * side
        });
    }

    fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.side as u32, self.side as u32);
        encoder.set_color(png::ColorType::Rgba);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(self.pixels.as_flattened()).unwrap();
        writer.finish().unwrap();
        bytes
    }

    fn read(png: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut samples).unwrap();
        let pixels = samples.chunks_exact(info.color_type.samples());
        let rgba = |pixel: &[u8]| match *pixel {
            [v] => [v, v, v, 255],
            [v, a] => [v, v, v, a],
            [r, g, b] => [r, g, b, 255],
            [r, g, b, a] => [r, g, b, a],
            _ => panic!("{info:?}"),
        };
        // A file may be wider than high: its central square, as in an avatar.
        let (width, height) = (info.width as usize, info.height as usize);
        let side = width.min(height);
        let (left, top) = ((width - side) / 2, (height - side) / 2);
        let all: Vec<Rgba> = pixels.map(rgba).collect();
        let rows = (top..top + side).flat_map(|y| &all[y * width + left..][..side]);
        Self {
            side,
            pixels: rows.copied().collect(),
        }
    }

    fn avatar(&self, side: u32, filter: ResizeFilter) -> Self {
        let options = Options {
            sizes: vec![Size::square(side)],
            formats: vec![Format::Png],
            filter,
            ..Options::default()
        };
        Self::read(&render(&self.png(), &options).unwrap().avatars[0].bytes)
    }

    fn resized(&self, side: u32) -> Self {
        self.avatar(side, ResizeFilter::Auto)
    }
}

fn segment(x: f64, y: f64, [x0, y0, x1, y1]: [f64; 4]) -> f64 {
    let (dx, dy) = (x1 - x0, y1 - y0);
    let along = (((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
    (x - x0 - along * dx).hypot(y - y0 - along * dy)
}

/// A file of `../shared/cases`.
fn case(name: &str) -> Option<Picture> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases");
    let folder = std::env::var_os("ROUNDEL_CASES").map_or(beside, Into::into);
    let file = std::fs::read(folder.join(name)).ok();
    if file.is_none() {
        println!("skipped: no {name} beside this checkout");
    }
    file.map(|file| Picture::read(&file))
}

/// The letters A, M and X.
fn letters(ground: Rgba) -> Picture {
    let mut picture = Picture::flat(1024, ground);
    let a = [
        [0.06, 0.7, 0.17, 0.3],
        [0.17, 0.3, 0.28, 0.7],
        [0.1, 0.56, 0.24, 0.56],
    ];
    let m = [
        [0.38, 0.7, 0.38, 0.3],
        [0.38, 0.3, 0.5, 0.55],
        [0.5, 0.55, 0.62, 0.3],
        [0.62, 0.3, 0.62, 0.7],
    ];
    let x = [[0.72, 0.3, 0.94, 0.7], [0.94, 0.3, 0.72, 0.7]];
    picture.stroke(WHITE, 0.05, &[&a[..], &m, &x].concat());
    picture
}

/// The avatar's pixels, of those that lie off every edge pixel and its neighbors: by how much
/// they differ from the ground, which is the picture's first pixel.
fn ghost(picture: &Picture, side: usize) -> u8 {
    let ground = picture.at(0, 0);
    let avatar = picture.resized(side as u32);
    let step = picture.side / side;
    let plain = |x: usize, y: usize| {
        let rows = y * step..(y + 1) * step;
        rows.flat_map(|y| &picture.pixels[y * picture.side + x * step..][..step])
            .all(|pixel| *pixel == ground)
    };
    let plain: Vec<bool> = (0..side * side)
        .map(|at| plain(at % side, at / side))
        .collect();
    let around = |at: usize| at.saturating_sub(1)..(at + 2).min(side);
    let mut worst = 0;
    for (x, y) in (0..side * side).map(|at| (at % side, at / side)) {
        if around(y).all(|y| around(x).all(|x| plain[y * side + x])) {
            let apart = avatar.at(x, y).into_iter().zip(ground);
            worst = apart.map(|(a, b)| a.abs_diff(b)).fold(worst, u8::max);
        }
    }
    worst
}

#[test]
fn no_second_outline_stands_beside_white_letters_on_black() {
    let drawn = letters(BLACK);
    let file = case("white-letters-on-black-1024.png");
    for picture in [Some(drawn), file].into_iter().flatten() {
        for side in [512, 256, 128, 64] {
            assert!(ghost(&picture, side) <= 1, "{side}");
        }
    }
}

#[test]
fn no_halo_stands_beside_initials_on_navy() {
    let drawn = letters(NAVY);
    let file = case("r4-initials-512.png");
    for picture in [Some(drawn), file].into_iter().flatten() {
        for side in [256, 128, 64] {
            let ghost = ghost(&picture, side);
            assert!(ghost <= 8, "{side}: {ghost}");
        }
    }
}

/// A face of 16 x 16 pixels in an outline.
fn face() -> Picture {
    const ROWS: [&str; 16] = [
        "................",
        ".....######.....",
        "...##oooooo##...",
        "..#oooooooooo#..",
        ".#oooooooooooo#.",
        ".#ooo##oo##ooo#.",
        "#oooo##oo##oooo#",
        "#oooooooooooooo#",
        "#oooooooooooooo#",
        "#ooo#oooooo#ooo#",
        "#oooo######oooo#",
        ".#oooooooooooo#.",
        ".#oooooooooooo#.",
        "..##oooooooo##..",
        "....########....",
        "................",
    ];
    let color = |c| match c {
        b'#' => BLACK,
        b'o' => SKIN,
        _ => WHITE,
    };
    let pixels = ROWS.iter().flat_map(|row| row.bytes().map(color)).collect();
    Picture { side: 16, pixels }
}

fn is_dark(pixel: Rgba) -> bool {
    pixel[3] == 255 && pixel[..3].iter().all(|&v| v < 40)
}

/// The brightest sample that a dark pixel has become at its center.
fn brightest_outline(picture: &Picture, avatar: &Picture) -> u8 {
    let scale = avatar.side as f64 / picture.side as f64;
    let center = |at: usize| ((at as f64 + 0.5) * scale) as usize;
    let places = (0..picture.side).flat_map(|y| (0..picture.side).map(move |x| (x, y)));
    let dark = places.filter(|&(x, y)| is_dark(picture.at(x, y)));
    let samples = dark.flat_map(|(x, y)| avatar.at(center(x), center(y))[..3].to_vec());
    samples.max().unwrap()
}

/// The most that a sample leaves the range of the 3 x 3 pixels of the picture around it.
fn ring(picture: &Picture, avatar: &Picture) -> f64 {
    let scale = picture.side as f64 / avatar.side as f64;
    let near = |at: usize| {
        let at = ((at as f64 + 0.5) * scale) as usize;
        at.saturating_sub(1)..(at + 2).min(picture.side)
    };
    let mut worst = 0.0f64;
    for (x, y) in (0..avatar.side * avatar.side).map(|at| (at % avatar.side, at / avatar.side)) {
        for channel in 0..4 {
            let around = near(y).flat_map(|y| near(x).map(move |x| (x, y)));
            let values = around.map(|(x, y)| f64::from(picture.at(x, y)[channel]));
            let (least, most) = values.fold((255.0f64, 0.0f64), |(a, b), v| (a.min(v), b.max(v)));
            let value = f64::from(avatar.at(x, y)[channel]);
            worst = worst.max(value - most).max(least - value);
        }
    }
    worst
}

/// The most that a pixel leaves the straight line between the colors `a` and `b`.
fn fringe(avatar: &Picture, a: Rgba, b: Rgba) -> f64 {
    let [a, b] = [a, b].map(|color| [0, 1, 2].map(|i| f64::from(color[i])));
    let along: [f64; 3] = std::array::from_fn(|i| b[i] - a[i]);
    let length: f64 = along.iter().map(|v| v * v).sum();
    let off = |pixel: &Rgba| {
        let from: [f64; 3] = std::array::from_fn(|i| f64::from(pixel[i]) - a[i]);
        let dot: f64 = from.iter().zip(along).map(|(v, w)| v * w).sum();
        let rest = from
            .iter()
            .zip(along)
            .map(|(v, w)| (v - w * dot / length).powi(2));
        rest.sum::<f64>().sqrt()
    };
    avatar.pixels.iter().map(off).fold(0.0, f64::max)
}

#[test]
fn an_enlarged_face_keeps_its_outline_black_and_whole() {
    for picture in [Some(face()), case("pixel-face-16.png")]
        .into_iter()
        .flatten()
    {
        for side in [64, 128, 256] {
            let avatar = picture.resized(side);
            let brightest = brightest_outline(&picture, &avatar);
            assert!(brightest < 64, "{side}: {brightest}");
        }
    }
}

#[test]
fn an_enlarged_face_has_no_ring() {
    for picture in [Some(face()), case("pixel-face-16.png")]
        .into_iter()
        .flatten()
    {
        for side in [20, 64, 128, 256] {
            let ring = ring(&picture, &picture.resized(side));
            assert!(ring <= 22.0, "{side}: {ring}");
        }
    }
}

#[test]
fn between_two_colors_an_enlarged_picture_has_no_third() {
    let mut picture = face();
    for pixel in &mut picture.pixels {
        *pixel = if *pixel == BLACK { BLACK } else { SKIN };
    }
    for side in [20, 64, 128] {
        let fringe = fringe(&picture.resized(side), BLACK, SKIN);
        assert!(fringe < 10.0, "{side}: {fringe}");
    }
}

/// A ring of black, a pixel and a half wide.
fn outline() -> Picture {
    let mut picture = Picture::flat(48, WHITE);
    picture.paint(SKIN, |x, y| (x - 24.0).hypot(y - 24.0) - 19.0);
    picture.paint(BLACK, |x, y| {
        ((x - 24.0).hypot(y - 24.0) - 19.0).abs() - 0.75
    });
    picture
}

#[test]
fn an_enlarged_thin_outline_stays_dark_all_the_way_round() {
    let picture = outline();
    for side in [64usize, 128, 256] {
        let avatar = picture.resized(side as u32);
        let scale = side as f64 / 48.0;
        for angle in 0..360 {
            let (sin, cos) = f64::from(angle).to_radians().sin_cos();
            let radii = (170..210).map(|r| f64::from(r) / 10.0 * scale);
            let sample = |r: f64| {
                let at = |v: f64| (24.0 * scale + r * v) as usize;
                avatar.at(at(cos), at(sin))[1]
            };
            let darkest = radii.map(sample).min().unwrap();
            assert!(darkest < 100, "{side} {angle}: {darkest}");
        }
        let ring = ring(&picture, &avatar);
        assert!(ring <= 22.0, "{side}: {ring}");
    }
}

#[test]
fn a_thin_outline_from_a_file_stays_dark() {
    let Some(picture) = case("r3-thin-outline-48.png") else {
        return;
    };
    for side in [128, 256] {
        let avatar = picture.resized(side);
        let brightest = brightest_outline(&picture, &avatar);
        assert!(brightest < 90, "{side}: {brightest}");
        let ring = ring(&picture, &avatar);
        assert!(ring <= 22.0, "{side}: {ring}");
    }
}

#[test]
fn a_white_logo_on_transparency_stays_white() {
    let mut logo = Picture::flat(512, [255, 255, 255, 0]);
    logo.paint(WHITE, |x, y| {
        ((x - 256.0).hypot(y - 256.0) - 180.0).abs() - 22.5
    });
    for picture in [Some(logo), case("q5-white-logo-transparent.png")]
        .into_iter()
        .flatten()
    {
        for side in [32, 128, 400, 700] {
            let avatar = picture.resized(side);
            let visible = avatar.pixels.iter().filter(|pixel| pixel[3] > 0);
            let darkest = visible.flat_map(|pixel| &pixel[..3]).min();
            assert!(darkest >= Some(&254), "{side}: {darkest:?}");
        }
    }
}

/// The light of an sRGB sample.
fn light(sample: u8) -> f64 {
    let v = f64::from(sample) / 255.0;
    if v <= 0.04045 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

fn mean_light(picture: &Picture) -> f64 {
    let sum: f64 = picture.pixels.iter().map(|pixel| light(pixel[1])).sum();
    sum / picture.pixels.len() as f64
}

/// How far the light of the pixels spreads, as a standard deviation.
fn contrast(picture: &Picture) -> f64 {
    let mean = mean_light(picture);
    let squares = picture
        .pixels
        .iter()
        .map(|pixel| (light(pixel[1]) - mean).powi(2));
    (squares.sum::<f64>() / picture.pixels.len() as f64).sqrt()
}

/// Lines of strokes, one to two pixels wide.
fn text() -> Picture {
    let mut picture = Picture::flat(800, WHITE);
    for (at, pixel) in picture.pixels.iter_mut().enumerate() {
        let (x, y) = (at % 800, at / 800);
        let (glyph, line) = (x / 9 + 7 * (y / 18), y % 18);
        let stroke = match glyph % 4 {
            0 => x % 9 == 2,
            1 => x % 9 == 2 || line == 8,
            2 => (2..4).contains(&(x % 9)) || line == 5 || line == 12,
            _ => false,
        };
        if stroke && (3..14).contains(&line) {
            *pixel = BLACK;
        }
    }
    picture
}

/// The contrast of the means of squares of pixels. They alias, and so have more of it than any
/// smooth kernel: Lanczos3 keeps 0.91 to 1.01 of theirs on the file, Catmull-Rom 0.87 to 0.95.
fn area_average(picture: &Picture, side: usize) -> f64 {
    let step = picture.side / side;
    let mean = mean_light(picture);
    let mut squares = 0.0;
    for (x, y) in (0..side * side).map(|at| (at % side, at / side)) {
        let rows = y * step..(y + 1) * step;
        let pixels = rows.flat_map(|y| &picture.pixels[y * picture.side + x * step..][..step]);
        let sum: f64 = pixels.map(|pixel| light(pixel[1])).sum();
        squares += (sum / (step * step) as f64 - mean).powi(2);
    }
    (squares / (side * side) as f64).sqrt()
}

#[test]
fn text_keeps_its_light_and_its_contrast() {
    for picture in [Some(text()), case("q4-text-screenshot-800.png")]
        .into_iter()
        .flatten()
    {
        for side in [400, 200, 100] {
            let avatar = picture.resized(side);
            let change = mean_light(&avatar) / mean_light(&picture) - 1.0;
            assert!(change.abs() < 0.02, "{side}: {change}");
            let kept = contrast(&avatar) / area_average(&picture, side as usize);
            assert!(kept > 0.85, "{side}: {kept}");
        }
    }
}

/// What a checkerboard of black and white is from afar: half the light, and not half the value.
#[test]
fn a_checkerboard_becomes_half_the_light() {
    let mut picture = Picture::flat(512, BLACK);
    for (at, pixel) in picture.pixels.iter_mut().enumerate() {
        if (at % 512 + at / 512) % 2 == 0 {
            *pixel = WHITE;
        }
    }
    let avatar = picture.resized(128);
    assert!(
        (mean_light(&avatar) - 0.5).abs() < 0.01,
        "{}",
        mean_light(&avatar)
    );
}

#[test]
fn pixel_art_can_be_enlarged_to_blocks_without_new_colors() {
    let picture = face();
    let avatar = picture.avatar(128, ResizeFilter::Pixelated);
    for (at, &pixel) in avatar.pixels.iter().enumerate() {
        let (x, y) = (at % 128 / 8, at / 128 / 8);
        assert_eq!(pixel, picture.at(x, y));
    }
    let uneven = picture.avatar(100, ResizeFilter::Pixelated);
    assert!(
        uneven
            .pixels
            .iter()
            .all(|pixel| picture.pixels.contains(pixel))
    );
}

#[test]
fn a_photo_of_the_avatars_size_is_not_resampled() {
    for picture in [face(), outline(), text()] {
        let same = picture.resized(picture.side as u32);
        assert!(same.pixels == picture.pixels);
    }
}
