//! The resizer beside fast_image_resize: `cargo bench -p roundel-benches --bench resize`.
//!
//! fast_image_resize resizes the same samples with a kernel of the same width, in one call and
//! axis by axis, as it would have to where a bound follows each pass; the bound itself is left out.

#![allow(missing_docs)] // what criterion's macros make

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use roundel::internals::resize::Noise;
use roundel::{ResizeFilter, Size};

type Failed = Box<dyn std::error::Error>;

/// From, to.
const REDUCED: [(Size, Size); 3] = [
    (Size::new(756, 756), Size::new(256, 256)),
    (Size::new(1024, 768), Size::new(256, 192)),
    (Size::new(1512, 1134), Size::new(512, 384)),
];
const ENLARGED: [(Size, Size); 3] = [
    (Size::new(300, 300), Size::new(256, 256)),
    (Size::new(96, 96), Size::new(256, 256)),
    (Size::new(256, 256), Size::new(512, 512)),
];

fn ours(criterion: &mut Criterion) -> Result<(), Failed> {
    let mut group = criterion.benchmark_group("resize");
    for (from, to) in REDUCED.into_iter().chain(ENLARGED) {
        for channels in [3, 4] {
            let image = Noise::new(from, channels)?;
            let id = BenchmarkId::new(format!("{channels} channels"), name(from, to));
            group.bench_function(id, |b| {
                b.iter(|| black_box(image.resize(to, ResizeFilter::Auto).ok()));
            });
        }
    }
    let image = Noise::new(Size::square(64), 3)?;
    let to = Size::square(256);
    group.bench_function("pixelated", |b| {
        b.iter(|| black_box(image.resize(to, ResizeFilter::Pixelated).ok()));
    });
    group.finish();
    Ok(())
}

fn peer(criterion: &mut Criterion) -> Result<(), Failed> {
    let mut group = criterion.benchmark_group("fast_image_resize");
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false);
    for (from, to) in REDUCED.into_iter().chain(ENLARGED) {
        let image = Noise::new(from, 3)?;
        let bytes: Vec<u8> = image
            .samples()
            .iter()
            .flat_map(|v| v.to_ne_bytes())
            .collect();
        let source = ImageRef::new(from.width, from.height, &bytes, PixelType::U16x3)?;
        let mut middle = Image::new(from.width, to.height, PixelType::U16x3);
        let mut target = Image::new(to.width, to.height, PixelType::U16x3);
        let mut resizer = Resizer::new();
        group.bench_function(BenchmarkId::new("U16x3", name(from, to)), |b| {
            b.iter(|| resizer.resize(&source, &mut target, &options));
        });
        group.bench_function(BenchmarkId::new("U16x3 by axis", name(from, to)), |b| {
            b.iter(|| {
                resizer.resize(&source, &mut middle, &options)?;
                resizer.resize(&middle, &mut target, &options)
            });
        });
    }
    group.finish();
    Ok(())
}

fn name(from: Size, to: Size) -> String {
    let Size { width, height } = from;
    format!("{width}x{height} to {}x{}", to.width, to.height)
}

fn all(criterion: &mut Criterion) {
    for part in [ours, peer] {
        if let Err(error) = part(criterion) {
            eprintln!("left out: {error}");
        }
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
