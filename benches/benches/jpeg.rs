//! The stages of the JPEG decoder, and the whole decoder: `make bench-jpeg`, or with your own photo
//! `ROUNDEL_PHOTO=photo.jpg cargo bench -p roundel-benches`.
//!
//! The stages need a baseline file of one scan without restart intervals, as phones write it.
//! With another file, only the whole decoder is measured. `scan` decodes a baseline file code by code,
//! and by finding the starts of its blocks first.

#![allow(missing_docs)] // criterion's macros

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use roundel::internals::jpeg::stages::{BlockRow, WholeScan, convert_ycbcr};
use roundel::internals::jpeg::{self, Path, SUBSEQUENCE};
use roundel::{Limits, Region};
use roundel_benches::Failed;
use roundel_benches::inputs::photos;

const SCALES: [u8; 6] = [1, 2, 3, 4, 6, 8];
/// Blocks in a row of a 12 megapixel photo.
const BLOCKS: u32 = 504;

/// The photo to measure, or the made one of 12 megapixels.
fn photo() -> Result<Vec<u8>, Failed> {
    let mut photos = photos(&["jpeg-420-12mp"])?;
    Ok(photos.swap_remove(0).1)
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
    Ok(())
}

fn all(criterion: &mut Criterion) {
    let measured = photo().and_then(|bytes| {
        entropy(criterion, &bytes);
        samples(criterion)?;
        whole(criterion, &bytes)
    });
    if let Err(error) = measured {
        eprintln!("not measured: {error}");
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(benches);
