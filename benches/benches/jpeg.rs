//! The stages of the JPEG decoder, and the whole decoder: `make bench-jpeg`, or with your own photo
//! `ROUNDEL_PHOTO=photo.jpg cargo bench -p roundel-benches`.
//!
//! The stages need a baseline file of one scan without restart intervals, as phones write it.
//! With another file, only the whole decoder is measured. `scan` decodes a baseline file code by code,
//! and by finding the starts of its blocks first. `stage` divides a render of 256 pixels.

#![allow(missing_docs)] // criterion's macros

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use roundel::internals::jpeg::stages::{BlockRow, WholeScan, convert_ycbcr};
use roundel::internals::jpeg::{self, Path, SUBSEQUENCE};
use roundel::{Limits, Options, Region, Size, Stage, render, render_observed};

const SCALES: [u8; 6] = [1, 2, 3, 4, 6, 8];
/// Blocks in a row of a 12 megapixel photo.
const BLOCKS: u32 = 504;

type Failed = Box<dyn std::error::Error>;

fn photo() -> Result<Vec<u8>, Failed> {
    let shipped = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/photos/astronaut.jpg"
    );
    let path = std::env::var("ROUNDEL_PHOTO").unwrap_or_else(|_| shipped.into());
    std::fs::read(&path).map_err(|error| format!("{path}: {error}").into())
}

fn entropy(criterion: &mut Criterion, bytes: &[u8]) {
    let scan = match WholeScan::open(bytes) {
        Ok(scan) => scan,
        Err(error) => return eprintln!("entropy skipped: {error}"),
    };
    let mut group = criterion.benchmark_group("entropy");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("bits", |b| b.iter(|| black_box(scan.read_bits())));
    for scale in SCALES {
        let id = BenchmarkId::new("blocks", scale);
        group.bench_function(id, |b| b.iter(|| black_box(scan.decode_blocks(scale).ok())));
    }
    group.finish();
}

fn samples(criterion: &mut Criterion) -> Result<(), Failed> {
    let mut group = criterion.benchmark_group("idct");
    group.throughput(Throughput::Elements(BLOCKS.into()));
    for scale in SCALES {
        let mut row = BlockRow::new(scale, BLOCKS)?;
        let id = BenchmarkId::new("row", scale);
        group.bench_function(id, |b| b.iter(|| row.transform()));
    }
    group.finish();
    let samples = vec![77; 8 * BLOCKS as usize];
    let mut out = vec![0; 3 * samples.len()];
    let mut group = criterion.benchmark_group("color");
    group.throughput(Throughput::Elements(samples.len() as u64));
    group.bench_function("row", |b| {
        b.iter(|| convert_ycbcr([&samples[..]; 3], black_box(&mut out)));
    });
    group.finish();
    Ok(())
}

fn whole(criterion: &mut Criterion, bytes: &[u8]) -> Result<(), Failed> {
    let limits = Limits::default();
    let size = jpeg::size(bytes, &limits)?;
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(size.pixels()));
    for scale in SCALES {
        let scaled = jpeg::scaled(size, scale);
        let region = Region::whole(scaled);
        let decode = || jpeg::decode_only(bytes, scale, region, &limits).ok();
        let id = BenchmarkId::new("whole", scale);
        group.bench_function(id, |b| b.iter(|| black_box(decode())));
    }
    group.finish();
    let mut group = criterion.benchmark_group("scan");
    for (name, path) in [
        ("plain", Path::Plain),
        ("speculative", Path::Speculative(SUBSEQUENCE)),
    ] {
        for scale in [1, 2, 3] {
            let scaled = jpeg::scaled(size, scale);
            let region = Region::whole(scaled);
            let decode = || jpeg::decode_only_by(path, bytes, scale, region, &limits).ok();
            let id = BenchmarkId::new(name, scale);
            group.bench_function(id, |b| b.iter(|| black_box(decode())));
        }
    }
    group.finish();
    let mut group = criterion.benchmark_group("render");
    for sizes in [&[256][..], &[512, 256, 128, 64, 32]] {
        let options = Options {
            sizes: sizes.iter().map(|&side| Size::square(side)).collect(),
            parallel: false,
            ..Options::default()
        };
        let id = BenchmarkId::new("sizes", sizes.len());
        group.bench_function(id, |b| b.iter(|| black_box(render(bytes, &options).ok())));
    }
    for (threads, parallel) in [("one", false), ("several", true)] {
        let options = Options {
            sizes: vec![Size::square(256)],
            parallel,
            ..Options::default()
        };
        let id = BenchmarkId::new("threads", threads);
        group.bench_function(id, |b| b.iter(|| black_box(render(bytes, &options).ok())));
    }
    group.finish();
    Ok(())
}

/// The time of a render that `wanted` takes.
fn time_of(wanted: Stage, bytes: &[u8], options: &Options) -> Duration {
    let (mut time, mut start) = (Duration::ZERO, Instant::now());
    let mut observe = |stage| {
        if stage == wanted {
            time = start.elapsed();
        }
        start = Instant::now();
    };
    let _ = black_box(render_observed(bytes, options, &mut observe));
    time
}

fn stages(criterion: &mut Criterion, bytes: &[u8]) {
    let options = Options {
        sizes: vec![Size::square(256)],
        parallel: false,
        ..Options::default()
    };
    let mut group = criterion.benchmark_group("stage");
    for stage in Stage::ALL {
        let times = |count| (0..count).map(|_| time_of(stage, bytes, &options)).sum();
        group.bench_function(stage.name(), |b| b.iter_custom(times));
    }
    group.finish();
}

fn all(criterion: &mut Criterion) {
    let measured = photo().and_then(|bytes| {
        entropy(criterion, &bytes);
        samples(criterion)?;
        stages(criterion, &bytes);
        whole(criterion, &bytes)
    });
    if let Err(error) = measured {
        eprintln!("not measured: {error}");
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
