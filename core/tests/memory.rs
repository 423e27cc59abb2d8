//! The real allocations of a render stay within its memory limit. There is only one test, because the
//! counting allocator is global to the process.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout)] // the limits and peaks

mod interlaced;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use interlaced::interlaced_png;
use roundel::{
    Effort, ErrorKind, Format, Frame, Limit, Limits, Options, Rendered, Result, Size, render,
};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grow(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(held, Relaxed);
}

// SAFETY: every call is forwarded to the system's allocator unchanged; only sizes are counted.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that were held at once while `work` ran, beyond those held before.
fn peak<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = HELD.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = work();
    (result, (PEAK.load(Relaxed) - before) as u64)
}

/// Samples that no codec can compress.
fn noise(length: usize) -> Vec<u8> {
    let mut seed = 1u32;
    let mut sample = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    (0..length).map(|_| sample()).collect()
}

/// A PNG of noise, whose last frame follows `frames - 1` others.
fn png(size: Size, frames: u32) -> Vec<u8> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, size.width, size.height);
    encoder.set_color(png::ColorType::Rgb);
    if frames > 1 {
        encoder.set_animated(frames, 0).unwrap();
    }
    let mut writer = encoder.write_header().unwrap();
    let pixels = noise(size.pixels() as usize * 3);
    (0..frames).for_each(|_| writer.write_image_data(&pixels).unwrap());
    writer.finish().unwrap();
    png
}

/// An interlaced PNG of noise that ends early.
fn cut_interlaced_png(size: Size) -> Vec<u8> {
    let mut png = interlaced_png(size, &noise(size.pixels() as usize * 3));
    png.truncate(png.len() * 6 / 10);
    png
}

/// A photo of enlarged noise, made by roundel itself.
fn photo(size: Size, format: Format, progressive: bool) -> Vec<u8> {
    let wide = Limits {
        memory: 1 << 30,
        ..Limits::default()
    };
    let options = Options {
        sizes: vec![size],
        formats: vec![format],
        lossless: format == Format::Webp,
        progressive,
        limits: wide,
        ..Options::default()
    };
    let small = png(Size::square(64), 1);
    render(&small, &options).unwrap().avatars.remove(0).bytes
}

/// A photo and what to make from it.
struct Case {
    name: String,
    photo: Vec<u8>,
    options: Options,
}

impl Case {
    fn new(name: &str, photo: Vec<u8>, options: Options) -> Self {
        Self {
            name: name.into(),
            photo,
            options,
        }
    }

    fn render(&self, memory: u64) -> Result<Rendered> {
        let limits = Limits {
            memory,
            ..Limits::default()
        };
        let options = Options {
            limits,
            ..self.options.clone()
        };
        render(&self.photo, &options)
    }

    /// The smallest memory limit under which the photo renders, to the byte.
    fn least_memory(&self) -> u64 {
        let (mut refused, mut enough) = (0, 64 << 20);
        while enough - refused > 1 {
            let middle = (refused + enough) / 2;
            match self.render(middle) {
                Ok(_) => enough = middle,
                Err(error) => {
                    assert!(matches!(
                        error.kind(),
                        ErrorKind::LimitExceeded {
                            limit: Limit::Memory,
                            ..
                        }
                    ));
                    refused = middle;
                }
            }
        }
        enough
    }

    /// Renders within `memory`, and checks that no more is allocated.
    fn check(&self, memory: u64) -> Result<Rendered> {
        // Small allocations are not charged: names, plans, tables of a codec.
        const UNCOUNTED: u64 = 256 << 10;
        let (result, peak) = peak(|| self.render(memory));
        let name = &self.name;
        println!("{name}: limit {memory}, peak {peak}");
        assert!(
            peak <= memory + UNCOUNTED,
            "{name}: peak {peak} over the limit {memory}"
        );
        result
    }
}

fn sized(format: Format, sizes: &[u32]) -> Options {
    Options {
        sizes: sizes.iter().map(|&side| Size::square(side)).collect(),
        formats: vec![format],
        lossless: format == Format::Webp,
        ..Options::default()
    }
}

/// Photos of each format to avatars of each format.
fn formats() -> Vec<Case> {
    let size = Size::new(1600, 1200);
    let mut cases = Vec::new();
    for source in [Format::Png, Format::Webp, Format::Jpeg] {
        let photo = photo(size, source, false);
        for (target, sizes) in [
            (Format::Jpeg, &[256][..]),
            (Format::Png, &[256]),
            (Format::Webp, &[256]),
            (Format::Jpeg, &[512, 256, 128, 64, 32]),
            (Format::Jpeg, &[2000]),
        ] {
            let name = format!("{source:?} to {target:?} {sizes:?}");
            cases.push(Case::new(&name, photo.clone(), sized(target, sizes)));
        }
    }
    cases
}

/// Noise as an AVIF of the highest quality.
fn avif() -> Option<Case> {
    let options = Options {
        quality: 100,
        ..sized(Format::Avif, &[64])
    };
    let case = Case::new("AVIF", png(Size::square(64), 1), options);
    cfg!(feature = "avif-out").then_some(case)
}

/// JPEGs of the encoder for small files. (The memory of libwebp, in C, is not counted here.)
fn small_files() -> Vec<Case> {
    if !cfg!(feature = "jpeg-small") {
        return Vec::new();
    }
    let case = |progressive: bool| {
        let options = Options {
            effort: Effort::Small,
            quality: 100,
            progressive,
            ..sized(Format::Jpeg, &[512])
        };
        let name = format!("small, progressive {progressive}");
        Case::new(&name, png(Size::square(512), 1), options)
    };
    vec![case(false), case(true)]
}

/// Photos that are held whole: a later frame of an animation, which is drawn on a canvas, and a damaged
/// interlaced PNG.
fn whole_images() -> [Case; 2] {
    let size = Size::new(800, 600);
    let frame = Options {
        frame: Frame::Number(1),
        ..sized(Format::Jpeg, &[64])
    };
    let damaged = Options {
        accept_damaged: true,
        ..sized(Format::Jpeg, &[64])
    };
    [
        Case::new("a later frame", png(size, 2), frame),
        Case::new("a damaged PNG", cut_interlaced_png(size), damaged),
    ]
}

/// Frames that are drawn, resized and written one after the other. Each has other pixels.
#[cfg(feature = "animation")]
fn animation() -> Option<Case> {
    let size = Size::new(300, 200);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size.width, size.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(6, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    let length = size.pixels() as usize * 3;
    let samples = noise(length + 6);
    (0..6).for_each(|i| writer.write_image_data(&samples[i..i + length]).unwrap());
    writer.finish().unwrap();
    let options = Options {
        animated: true,
        ..sized(Format::Webp, &[200, 64])
    };
    Some(Case::new("an animation", file, options))
}

#[cfg(not(feature = "animation"))]
fn animation() -> Option<Case> {
    None
}

/// A photo in tiles, and one in a single picture.
#[cfg(feature = "heic")]
fn heic() -> [Case; 3] {
    let photo = |size: Size| {
        let length = size.pixels() as usize * 3;
        let samples = noise(length.div_ceil(64)).into_iter().flat_map(|v| [v; 64]);
        let samples: Vec<u8> = samples.take(length).collect();
        let options = heifer::EncodeOptions {
            quality: 50,
            max_threads: 1,
        };
        heifer::encode_rgb8(size.width, size.height, &samples, &options).unwrap()
    };
    let (tiles, single) = (photo(Size::new(1088, 704)), photo(Size::new(500, 400)));
    [
        Case::new("HEIC in tiles", tiles.clone(), sized(Format::Jpeg, &[64])),
        Case::new("HEIC at full size", tiles, sized(Format::Jpeg, &[700])),
        Case::new("HEIC in one picture", single, sized(Format::Jpeg, &[64])),
    ]
}

#[cfg(not(feature = "heic"))]
fn heic() -> [Case; 0] {
    []
}

/// A progressive photo is reduced further as its memory becomes less, down to the smallest scale.
fn check_progressive() {
    let photo = photo(Size::new(3200, 2400), Format::Jpeg, true);
    let case = Case::new("progressive", photo, sized(Format::Jpeg, &[128]));
    let mut renders: Vec<Rendered> = Vec::new();
    for step in (1..36).rev() {
        let memory = step << 17;
        let Ok(rendered) = case.check(memory) else {
            break;
        };
        if renders.last() != Some(&rendered) {
            renders.push(rendered);
        }
    }
    let reductions = renders
        .iter()
        .map(|render| (render.decoded.scale, render.decoded.average));
    // Of two equal ones, the first has full chroma, the second chroma as stored.
    let expected = [(2, 1), (2, 1), (2, 2), (1, 1), (1, 1), (1, 2)];
    assert_eq!(reductions.collect::<Vec<_>>(), expected);
}

#[test]
fn allocations_stay_within_the_memory_limit() {
    // Static tables and thread pools are allocated once and do not belong to a photo.
    let warm = png(Size::square(16), 1);
    render(&warm, &sized(Format::Jpeg, &[8, 4])).unwrap();
    let cases = formats()
        .into_iter()
        .chain(small_files())
        .chain(avif())
        .chain(animation());
    for case in cases.chain(whole_images()).chain(heic()) {
        case.check(case.least_memory()).unwrap();
    }
    check_progressive();
}
