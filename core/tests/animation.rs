//! Animated avatars: every frame shows the same as the still of that frame.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "animation")]

use std::io::Cursor;

use image_webp::{ColorType, WebPDecoder, WebPEncoder};
use roundel::{Avatar, Error, ErrorKind, Format, Frame, Limit, Options, Shape, Size, render};

/// An avatar, decoded by `image-webp`.
#[derive(Debug, PartialEq)]
struct Played {
    size: Size,
    /// How many times it plays; 0 means without end.
    plays: u16,
    /// Milliseconds, and RGBA pixels.
    frames: Vec<(u32, Vec<[u8; 4]>)>,
}

impl Played {
    fn decode(file: &[u8]) -> Self {
        let mut decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
        let (width, height) = decoder.dimensions();
        let channels = if decoder.has_alpha() { 4 } else { 3 };
        let mut samples = vec![0; decoder.output_buffer_size().unwrap()];
        let rgba = |samples: &[u8]| {
            let pixels = samples.chunks_exact(channels);
            let pixel = |p: &[u8]| match *p {
                [_, _, _, 0] => [0; 4],
                _ => [p[0], p[1], p[2], p.get(3).copied().unwrap_or(255)],
            };
            pixels.map(pixel).collect()
        };
        let mut frames = Vec::new();
        if decoder.is_animated() {
            for _ in 0..decoder.num_frames() {
                let duration = decoder.read_frame(&mut samples).unwrap();
                frames.push((duration, rgba(&samples)));
            }
        } else {
            decoder.read_image(&mut samples).unwrap();
            frames.push((0, rgba(&samples)));
        }
        let plays = match decoder.loop_count() {
            image_webp::LoopCount::Forever => 0,
            image_webp::LoopCount::Times(plays) => plays.get(),
        };
        Self {
            size: Size::new(width, height),
            plays,
            frames,
        }
    }

    fn durations(&self) -> Vec<u32> {
        self.frames.iter().map(|(duration, _)| *duration).collect()
    }

    /// The pixels at a time from the start.
    fn at(&self, time: u32) -> &[[u8; 4]] {
        let mut end = 0;
        let shown = self.frames.iter().find(|(duration, _)| {
            end += duration;
            time < end
        });
        &shown.unwrap().1
    }
}

fn lossless(sizes: &[Size]) -> Options {
    Options {
        sizes: sizes.to_vec(),
        formats: vec![Format::Webp],
        lossless: true,
        ..Options::default()
    }
}

fn animated(options: Options) -> Options {
    Options {
        animated: true,
        ..options
    }
}

fn avatars(file: &[u8], options: &Options) -> Vec<Avatar> {
    render(file, options).unwrap().avatars
}

fn refusal(file: &[u8], options: &Options) -> Error {
    let avatars = render(file, options).map(|rendered| rendered.avatars.len());
    avatars.unwrap_err()
}

fn exceeded(file: &[u8], options: &Options) -> Limit {
    match refusal(file, options).kind() {
        ErrorKind::LimitExceeded { limit, .. } => limit,
        kind => panic!("{kind:?}"),
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self, below: u32) -> u32 {
        let product = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = product.wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % below
    }

    fn pixels(&mut self, size: Size) -> Vec<[u8; 4]> {
        let alphas = [255, 255, 255, 255, 0, 100];
        // Large areas of one color, so that frames have parts in common.
        let colors: Vec<[u8; 4]> = (0..3)
            .map(|_| {
                let [r, g, b] = std::array::from_fn(|_| self.next(256) as u8);
                [r, g, b, alphas[self.next(6) as usize]]
            })
            .collect();
        (0..size.pixels())
            .map(|_| colors[self.next(5).saturating_sub(2) as usize])
            .collect()
    }

    /// A part of a canvas. If `even`, from even coordinates on.
    fn part(&mut self, canvas: Size, even: bool) -> Part {
        let (x, y) = (self.next(canvas.width), self.next(canvas.height));
        let (x, y) = if even { (x & !1, y & !1) } else { (x, y) };
        let size = Size::new(
            1 + self.next(canvas.width - x),
            1 + self.next(canvas.height - y),
        );
        self.frame(x, y, size)
    }

    fn frame(&mut self, x: u32, y: u32, size: Size) -> Part {
        Part {
            x,
            y,
            size,
            pixels: self.pixels(size),
            hundredths: 2 + self.next(30) as u16,
            disposal: self.next(3) as u8,
            over: self.next(2) == 1,
        }
    }
}

/// A frame of a test file.
#[derive(Clone, Debug)]
struct Part {
    x: u32,
    y: u32,
    size: Size,
    pixels: Vec<[u8; 4]>,
    hundredths: u16,
    /// 0 keeps, 1 clears, 2 restores.
    disposal: u8,
    over: bool,
}

impl Part {
    /// An opaque frame of one color.
    fn plain(size: Size, color: u8, hundredths: u16) -> Self {
        Self {
            x: 0,
            y: 0,
            size,
            pixels: vec![[color, 0, 255 - color, 255]; size.pixels() as usize],
            hundredths,
            disposal: 0,
            over: false,
        }
    }
}

fn gif_file(canvas: Size, parts: &[Part], repeat: Option<gif::Repeat>) -> Vec<u8> {
    let mut file = Vec::new();
    let (width, height) = (canvas.width as u16, canvas.height as u16);
    let mut encoder = gif::Encoder::new(&mut file, width, height, &[]).unwrap();
    if let Some(repeat) = repeat {
        encoder.set_repeat(repeat).unwrap();
    }
    for part in parts {
        let mut colors: Vec<[u8; 4]> = part.pixels.clone();
        colors.sort_unstable();
        colors.dedup();
        let index = |pixel: &[u8; 4]| colors.binary_search(pixel).unwrap() as u8;
        let indices: Vec<u8> = part.pixels.iter().map(index).collect();
        let palette: Vec<u8> = colors.iter().flat_map(|[rgb @ .., _]| *rgb).collect();
        let transparent = colors.iter().position(|[.., alpha]| *alpha < 255);
        let transparent = transparent.map(|index| index as u8);
        let (width, height) = (part.size.width as u16, part.size.height as u16);
        let mut frame =
            gif::Frame::from_palette_pixels(width, height, indices, palette, transparent);
        (frame.left, frame.top) = (part.x as u16, part.y as u16);
        frame.delay = part.hundredths;
        let disposals = [gif::DisposalMethod::Keep, gif::DisposalMethod::Background];
        let disposal = disposals.get(usize::from(part.disposal));
        frame.dispose = disposal.copied().unwrap_or(gif::DisposalMethod::Previous);
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    file
}

/// With a default image of its own if `separate`.
fn png_file(canvas: Size, parts: &[Part], separate: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, canvas.width, canvas.height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_animated(parts.len() as u32, 3).unwrap();
    encoder.set_sep_def_img(separate).unwrap();
    let mut writer = encoder.write_header().unwrap();
    if separate {
        let image = vec![77; canvas.pixels() as usize * 4];
        writer.write_image_data(&image).unwrap();
    }
    for part in parts {
        writer.reset_frame_position().unwrap();
        writer
            .set_frame_dimension(part.size.width, part.size.height)
            .unwrap();
        writer.set_frame_position(part.x, part.y).unwrap();
        writer.set_frame_delay(part.hundredths, 100).unwrap();
        let disposals = [png::DisposeOp::None, png::DisposeOp::Background];
        let disposal = disposals.get(usize::from(part.disposal));
        let disposal = disposal.copied().unwrap_or(png::DisposeOp::Previous);
        writer.set_dispose_op(disposal).unwrap();
        let blend = if part.over {
            png::BlendOp::Over
        } else {
            png::BlendOp::Source
        };
        writer.set_blend_op(blend).unwrap();
        writer.write_image_data(part.pixels.as_flattened()).unwrap();
    }
    writer.finish().unwrap();
    file
}

fn webp_file(canvas: Size, parts: &[Part], loops: u16) -> Vec<u8> {
    let bits = |value: u32| value.to_le_bytes()[..3].to_vec();
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let mut chunk = [kind, &(data.len() as u32).to_le_bytes()[..], data].concat();
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    };
    let frame = |part: &Part| {
        let mut still = Vec::new();
        let samples = part.pixels.as_flattened();
        let encoder = WebPEncoder::new(&mut still);
        let Size { width, height } = part.size;
        encoder
            .encode(samples, width, height, ColorType::Rgba8)
            .unwrap();
        let flags = [u8::from(part.disposal == 1) | if part.over { 0 } else { 2 }];
        let fields = [part.x / 2, part.y / 2, width - 1, height - 1];
        let fields = fields.map(bits).concat();
        let duration = bits(u32::from(part.hundredths) * 10);
        chunk(
            b"ANMF",
            &[&fields, &duration, &flags[..], &still[12..]].concat(),
        )
    };
    let size = [bits(canvas.width - 1), bits(canvas.height - 1)].concat();
    let header = chunk(b"VP8X", &[&[0x12, 0, 0, 0], &size[..]].concat());
    let loops = chunk(b"ANIM", &[&[0; 4], &loops.to_le_bytes()[..]].concat());
    let frames: Vec<u8> = parts.iter().flat_map(frame).collect();
    let body = [b"WEBP", &header[..], &loops, &frames].concat();
    [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
}

/// Compares every frame of the animated avatars with the still of the frame.
fn check_frames(file: &[u8], parts: &[Part], first: u32, what: &str) {
    let sizes = [Size::new(14, 10), Size::square(5), Size::square(23)];
    check_frames_with(&lossless(&sizes), file, parts, first, what);
}

fn check_frames_with(options: &Options, file: &[u8], parts: &[Part], first: u32, what: &str) {
    let animated = avatars(file, &animated(options.clone()));
    let total: u32 = parts
        .iter()
        .map(|part| 10 * u32::from(part.hundredths))
        .sum();
    let played: Vec<Played> = animated
        .iter()
        .map(|avatar| Played::decode(&avatar.bytes))
        .collect();
    for (avatar, played) in animated.iter().zip(&played) {
        assert_eq!(avatar.frames as usize, played.frames.len(), "{what}");
        let sum = played.durations().iter().sum::<u32>();
        assert!(avatar.frames == 1 || (sum == total && avatar.duration_ms == u64::from(total)));
    }
    let mut time = 0;
    for (number, part) in (first..).zip(parts) {
        let frame = Frame::Number(number);
        let stills = avatars(
            file,
            &Options {
                frame,
                ..options.clone()
            },
        );
        for ((still, played), avatar) in stills.iter().zip(&played).zip(&animated) {
            assert_eq!((still.size, still.crop), (avatar.size, avatar.crop));
            let still = Played::decode(&still.bytes);
            let at = if avatar.frames == 1 { 0 } else { time };
            let shown = if avatar.frames == 1 {
                &played.frames[0].1
            } else {
                played.at(at)
            };
            let differ = still.frames[0].1.iter().zip(shown).filter(|(a, b)| a != b);
            let differ: Vec<_> = differ.collect();
            assert_eq!(
                differ.first(),
                None,
                "{what}: frame {number}, {:?}",
                still.size
            );
        }
        time += 10 * u32::from(part.hundredths);
    }
}

/// Frames of which the first fills the canvas.
fn random_parts(random: &mut Random, canvas: Size, even: bool) -> Vec<Part> {
    let count = 1 + random.next(5);
    let mut parts = vec![random.frame(0, 0, canvas)];
    parts.extend((0..count).map(|_| random.part(canvas, even)));
    parts
}

const ROUNDS: u64 = 40;

#[test]
fn every_frame_of_a_gif_is_that_of_the_still() {
    for seed in 0..ROUNDS {
        let mut random = Random(seed);
        let canvas = Size::new(8 + random.next(20), 8 + random.next(20));
        let parts = random_parts(&mut random, canvas, false);
        let file = gif_file(canvas, &parts, None);
        check_frames(&file, &parts, 0, &format!("{seed}"));
    }
}

#[test]
fn every_frame_of_an_apng_is_that_of_the_still() {
    for seed in 0..ROUNDS {
        let mut random = Random(seed);
        let canvas = Size::new(8 + random.next(20), 8 + random.next(20));
        let parts = random_parts(&mut random, canvas, false);
        let separate = random.next(3) == 0;
        let file = png_file(canvas, &parts, separate);
        check_frames(
            &file,
            &parts,
            separate.into(),
            &format!("{seed} {separate}"),
        );
    }
}

#[test]
fn every_frame_is_cut_to_the_shape() {
    for seed in 0..ROUNDS / 4 {
        let mut random = Random(seed);
        let canvas = Size::new(8 + random.next(20), 8 + random.next(20));
        let parts = random_parts(&mut random, canvas, false);
        let file = gif_file(canvas, &parts, None);
        let shape = [Shape::Circle, Shape::Rounded(30)][seed as usize % 2];
        let options = Options {
            shape,
            ..lossless(&[Size::new(14, 10), Size::square(23)])
        };
        check_frames_with(&options, &file, &parts, 0, &format!("{seed}"));
    }
}

#[test]
fn every_frame_of_a_webp_is_that_of_the_still() {
    for seed in 0..ROUNDS {
        let mut random = Random(seed);
        let canvas = Size::new(8 + random.next(20), 8 + random.next(20));
        let mut parts = random_parts(&mut random, canvas, true);
        for part in &mut parts {
            part.disposal %= 2;
        }
        let file = webp_file(canvas, &parts, 1);
        check_frames(&file, &parts, 0, &format!("{seed}"));
    }
}

const CANVAS: Size = Size::new(40, 30);

/// Frames of one color each.
fn plain_gif(frames: &[(u8, u16)]) -> Vec<u8> {
    let part = |&(color, hundredths): &(u8, u16)| Part::plain(CANVAS, color, hundredths);
    let parts: Vec<Part> = frames.iter().map(part).collect();
    gif_file(CANVAS, &parts, None)
}

fn noise(count: u64) -> Vec<Part> {
    let mut random = Random(count);
    (0..count).map(|_| random.frame(0, 0, CANVAS)).collect()
}

fn small() -> Options {
    animated(lossless(&[Size::square(16)]))
}

fn played(file: &[u8], options: &Options) -> Played {
    Played::decode(&avatars(file, options)[0].bytes)
}

#[test]
fn a_duration_is_kept_unless_it_is_at_most_10_ms() {
    let file = plain_gif(&[(0, 0), (50, 1), (100, 2), (150, 50)]);
    assert_eq!(played(&file, &small()).durations(), [100, 100, 20, 500]);
}

#[test]
fn rounded_durations_do_not_drift() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 4, 4);
    encoder.set_animated(3, 0).unwrap();
    encoder.set_frame_delay(1, 30).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for gray in [0, 100, 200] {
        writer.write_image_data(&[gray; 16]).unwrap();
    }
    writer.finish().unwrap();
    let played = played(&file, &small());
    assert_eq!((played.durations(), played.plays), (vec![33, 34, 33], 0));
}

#[test]
fn the_animation_is_played_as_often_as_the_photo() {
    let parts = noise(2);
    let gif = |repeat| played(&gif_file(CANVAS, &parts, repeat), &small()).plays;
    assert_eq!(gif(None), 1);
    // Browsers repeat it 4 times after they have played it once.
    assert_eq!(gif(Some(gif::Repeat::Finite(4))), 5);
    assert_eq!(gif(Some(gif::Repeat::Finite(65_535))), 65_535);
    assert_eq!(gif(Some(gif::Repeat::Infinite)), 0);
    assert_eq!(played(&png_file(CANVAS, &parts, false), &small()).plays, 3);
    assert_eq!(played(&webp_file(CANVAS, &parts, 7), &small()).plays, 7);
    assert_eq!(played(&webp_file(CANVAS, &parts, 0), &small()).plays, 0);
}

#[test]
fn frames_that_look_the_same_are_one() {
    let file = plain_gif(&[(9, 5), (9, 6), (80, 7), (80, 0), (9, 9)]);
    let avatar = avatars(&file, &small()).remove(0);
    assert_eq!((avatar.frames, avatar.duration_ms), (3, 370));
    assert_eq!(Played::decode(&avatar.bytes).durations(), [110, 170, 90]);
}

#[test]
fn a_photo_that_does_not_change_stays_a_still() {
    let still = Options {
        animated: false,
        ..small()
    };
    for file in [plain_gif(&[(9, 5)]), plain_gif(&[(9, 5), (9, 6)])] {
        assert_eq!(avatars(&file, &small()), avatars(&file, &still));
    }
    let avatar = avatars(&plain_gif(&[(9, 5)]), &small()).remove(0);
    assert_eq!((avatar.frames, avatar.duration_ms), (1, 0));
}

#[test]
fn only_webp_is_animated_and_the_others_show_the_chosen_frame() {
    let file = gif_file(CANVAS, &noise(4), None);
    let still = Options {
        formats: vec![Format::Png, Format::Webp],
        frame: Frame::Number(2),
        sizes: vec![Size::square(16), Size::square(8)],
        ..lossless(&[])
    };
    let stills = render(&file, &still).unwrap();
    let rendered = render(&file, &animated(still)).unwrap();
    let frames: Vec<u32> = rendered
        .avatars
        .iter()
        .map(|avatar| avatar.frames)
        .collect();
    assert_eq!(frames, [1, 4, 1, 4]);
    assert_eq!(rendered.avatars[0], stills.avatars[0]);
    assert_eq!(rendered.avatars[2], stills.avatars[2]);
    assert_eq!(rendered.placeholder, stills.placeholder);
    assert_eq!(rendered.avatars[3].size, Size::square(8));
    assert_ne!(rendered.digest(), stills.digest());
}

#[test]
fn frames_pixels_and_time_are_limited() {
    type Change = fn(&mut roundel::Limits, u64);
    let file = gif_file(CANVAS, &noise(3), None);
    let duration = avatars(&file, &small())[0].duration_ms;
    let with = |change: Change, value| {
        let mut options = small();
        change(&mut options.limits, value);
        options
    };
    let checks: [(Change, u64, Limit); 3] = [
        (
            |limits, value| limits.frames = value as u32,
            3,
            Limit::Frames,
        ),
        (
            |limits, value| limits.pixels = value,
            3 * 40 * 30,
            Limit::Pixels,
        ),
        (
            |limits, value| limits.duration_ms = value as u32,
            duration,
            Limit::DurationMs,
        ),
    ];
    for (change, enough, limit) in checks {
        assert_eq!(avatars(&file, &with(change, enough))[0].frames, 3);
        let too_low = with(change, enough - 1);
        assert_eq!(exceeded(&file, &too_low), limit);
        // A still shows one frame.
        let still = Options {
            animated: false,
            ..too_low
        };
        assert_eq!(avatars(&file, &still)[0].frames, 1);
    }
}

/// Frames of a byte of data each, on a large canvas.
fn hostile_gif(frames: usize) -> Vec<u8> {
    let mut file = b"GIF89a\x00\x08\x00\x08\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec();
    let frame = b",\0\0\0\0\x00\x08\x00\x08\0\x02\x01\x2C\0";
    (0..frames).for_each(|_| file.extend(frame));
    file.push(b';');
    file
}

#[test]
fn many_small_frames_on_a_large_canvas_are_refused_before_they_are_drawn() {
    assert_eq!(exceeded(&hostile_gif(10_000), &small()), Limit::Pixels);
    let mut options = small();
    options.limits.pixels = u64::MAX;
    assert_eq!(exceeded(&hostile_gif(10_000), &options), Limit::DurationMs);
    options.limits.duration_ms = u32::MAX;
    assert_eq!(exceeded(&hostile_gif(10_001), &options), Limit::Frames);
    options.limits.work = 1 << 26;
    options.accept_damaged = true;
    let error = refusal(&hostile_gif(10_000), &options);
    assert_eq!(error.code(), "limit_exceeded", "{error}");
}

#[test]
fn a_damaged_animation_ends_before_its_first_damaged_frame() {
    let parts = noise(4);
    let files = [
        gif_file(CANVAS, &parts, None),
        png_file(CANVAS, &parts, false),
        webp_file(CANVAS, &parts, 0),
    ];
    for file in files {
        let whole = played(&file, &small());
        let cut = &file[..file.len() - 60];
        assert_eq!(refusal(cut, &small()).code(), "malformed");
        let accepting = Options {
            accept_damaged: true,
            ..small()
        };
        let ended = played(cut, &accepting);
        assert_eq!(ended.frames, whole.frames[..3]);
        // A still does not need the later frames.
        let still = Options {
            animated: false,
            ..small()
        };
        assert_eq!(avatars(cut, &still)[0].frames, 1);
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_rendered_or_refused() {
    let parts = noise(3);
    let files = [
        gif_file(CANVAS, &parts, None),
        png_file(CANVAS, &parts, true),
        webp_file(CANVAS, &parts, 0),
    ];
    for file in files {
        for accept_damaged in [false, true] {
            let options = Options {
                accept_damaged,
                ..small()
            };
            for length in (0..file.len()).step_by(7) {
                match render(&file[..length], &options) {
                    Ok(rendered) => drop(Played::decode(&rendered.avatars[0].bytes)),
                    Err(error) => assert_ne!(error.kind(), ErrorKind::Internal, "{error}"),
                }
            }
        }
    }
}

#[test]
fn a_duration_that_a_frame_cannot_store_is_split() {
    let parts = [Part::plain(CANVAS, 1, 2), Part::plain(CANVAS, 99, 2)];
    let mut file = png_file(CANVAS, &parts, false);
    // 65,535 s, by a denominator of 1.
    let at = file.windows(4).position(|kind| kind == b"fcTL").unwrap();
    file[at + 24..at + 28].copy_from_slice(&[0xFF, 0xFF, 0, 1]);
    let mut hasher = flate2::Crc::new();
    hasher.update(&file[at..at + 30]);
    file[at + 30..at + 34].copy_from_slice(&hasher.sum().to_be_bytes());
    assert_eq!(exceeded(&file, &small()), Limit::DurationMs);
    let mut options = small();
    options.limits.duration_ms = u32::MAX;
    let avatar = avatars(&file, &options).remove(0);
    assert_eq!((avatar.frames, avatar.duration_ms), (5, 65_535_020));
    let played = Played::decode(&avatar.bytes);
    assert_eq!(played.durations()[..3], [0xFF_FFFF; 3]);
    assert_eq!(played.frames[0].1, played.frames[3].1);
    assert_eq!(played.durations().iter().sum::<u32>(), 65_535_020);
}

#[test]
fn a_lossless_animation_that_is_too_large_is_refused() {
    let file = gif_file(CANVAS, &noise(3), None);
    let bytes = avatars(&file, &small())[0].bytes.len() as u32;
    let with = |max_bytes| Options {
        max_bytes: Some(max_bytes),
        ..small()
    };
    assert_eq!(avatars(&file, &with(bytes))[0].frames, 3);
    assert_eq!(exceeded(&file, &with(bytes - 1)), Limit::MaxBytes);
}

#[cfg(feature = "webp-lossy")]
#[test]
fn a_lossy_animation_gets_the_highest_quality_that_fits() {
    let file = gif_file(CANVAS, &noise(3), None);
    let sizes = vec![Size::square(32), Size::square(48)];
    let lossy = |quality| Options {
        lossless: false,
        quality,
        sizes: sizes.clone(),
        ..small()
    };
    let bytes = |options: &Options| {
        let avatars = avatars(&file, options);
        avatars
            .into_iter()
            .map(|avatar| avatar.bytes)
            .collect::<Vec<_>>()
    };
    let [high, low] = [90, 40].map(|quality| bytes(&lossy(quality)));
    let most = low[1].len() as u32;
    assert!(high[1].len() > low[1].len());
    let fitting = bytes(&Options {
        max_bytes: Some(most),
        ..lossy(90)
    });
    assert_eq!(fitting[1].len(), low[1].len());
    // The smaller avatar has a higher quality.
    assert!(fitting[0].len() > low[0].len() && fitting[0].len() <= most as usize);
    assert_eq!(Played::decode(&fitting[1]).frames.len(), 3);
    let impossible = Options {
        max_bytes: Some(100),
        ..lossy(90)
    };
    assert_eq!(exceeded(&file, &impossible), Limit::MaxBytes);
}

#[cfg(feature = "webp-lossy")]
#[test]
fn a_lossy_animation_looks_like_the_lossless_one() {
    let mut random = Random(5);
    // Smooth, so that a lossy encoder comes close.
    let mut part = |x, y, size: Size| Part {
        pixels: (0..size.pixels() as u32)
            .map(|i| {
                [
                    (i % size.width * 5) as u8,
                    (i / size.width * 7) as u8,
                    90,
                    255,
                ]
            })
            .collect(),
        ..random.frame(x, y, size)
    };
    let parts = [
        part(0, 0, CANVAS),
        part(4, 6, Size::square(20)),
        part(0, 0, Size::new(9, 30)),
    ];
    let file = webp_file(CANVAS, &parts, 0);
    let options = animated(lossless(&[CANVAS]));
    let [lossless, lossy] = [true, false].map(|lossless| {
        let options = Options {
            lossless,
            quality: 95,
            ..options.clone()
        };
        played(&file, &options)
    });
    assert_eq!(lossless.durations(), lossy.durations());
    for ((_, exact), (_, lossy)) in lossless.frames.iter().zip(&lossy.frames) {
        let samples = exact.as_flattened().iter().zip(lossy.as_flattened());
        let sum: u32 = samples.map(|(&a, &b)| u32::from(a.abs_diff(b))).sum();
        assert!(sum < 3 * 4 * exact.len() as u32, "{sum}");
    }
}

#[cfg(feature = "subject")]
#[test]
fn all_frames_have_the_crop_of_the_chosen_frame() {
    use roundel::{Crop, Subject};
    let canvas = Size::new(120, 40);
    let with_spot = |x: u32| {
        let mut part = Part::plain(canvas, 0, 10);
        let mut random = Random(x.into());
        for (i, pixel) in (0..).zip(&mut part.pixels) {
            if (x..x + 20).contains(&(i % 120)) {
                *pixel = [random.next(256) as u8, random.next(256) as u8, 40, 255];
            }
        }
        part
    };
    let file = webp_file(canvas, &[with_spot(2), with_spot(98)], 0);
    let crop = |frame, animated| {
        let options = Options {
            crop: Crop::Subject(Subject::Attention),
            frame: Frame::Number(frame),
            animated,
            ..small()
        };
        let avatar = avatars(&file, &options).remove(0);
        (avatar.crop, avatar.frames)
    };
    let [(left, _), (right, _)] = [0, 1].map(|frame| crop(frame, false));
    assert!(left.x < right.x);
    assert_eq!(
        [0, 1].map(|frame| crop(frame, true)),
        [(left, 2), (right, 2)]
    );
}
