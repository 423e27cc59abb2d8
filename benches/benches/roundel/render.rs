//! Whole renders, from a file in memory to encoded avatars.
//!
//! - `render/PHOTO/256`: one avatar, on one thread; `fast`: with `Speed::Fast`; `threads`: on several
//! - `render/PHOTO/five`: 512, 256, 128, 64 and 32 pixels from one decode
//! - `stage/PHOTO/STAGE`: the parts of `256`
//! - `batch/...`: photos per second, a thread for each core

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use criterion::{BatchSize, Criterion, Throughput};
use roundel::{Options, Size, Speed, Stage, render};
use roundel_benches::Failed;
use roundel_benches::inputs::{INPUTS, photos};
use roundel_benches::timing::stage_time;

/// The photos of a batch: mostly JPEGs from phones.
const BATCH: [&str; 6] = [
    "jpeg-420-12mp",
    "jpeg-420-1mp",
    "jpeg-422-12mp",
    "jpeg-420-24mp",
    "jpeg-progressive-12mp",
    "webp-lossy-12mp",
];
const ROUNDS: usize = 4;

fn sized(sides: &[u32]) -> Options {
    Options {
        sizes: sides.iter().map(|&side| Size::square(side)).collect(),
        parallel: false,
        ..Options::default()
    }
}

fn cases() -> [(&'static str, Options); 4] {
    let one = || sized(&[256]);
    [
        ("256", one()),
        (
            "fast",
            Options {
                speed: Speed::Fast,
                ..one()
            },
        ),
        (
            "threads",
            Options {
                parallel: true,
                ..one()
            },
        ),
        ("five", sized(&[512, 256, 128, 64, 32])),
    ]
}

fn renders(criterion: &mut Criterion) -> Result<(), Failed> {
    for (name, bytes) in photos(&INPUTS.map(|input| input.name))? {
        let mut group = criterion.benchmark_group(format!("render/{name}"));
        for (id, options) in cases() {
            group.bench_function(id, |b| b.iter(|| black_box(render(&bytes, &options).ok())));
        }
        group.finish();
    }
    Ok(())
}

fn stages(criterion: &mut Criterion) -> Result<(), Failed> {
    let options = sized(&[256]);
    for (name, bytes) in photos(&["jpeg-420-12mp", "jpeg-progressive-12mp", "png-rgb-12mp"])? {
        let mut group = criterion.benchmark_group(format!("stage/{name}"));
        for stage in Stage::ALL {
            let time = || stage_time(stage, (&bytes).into(), &options);
            group.bench_function(stage.name(), |b| {
                b.iter_custom(|count| (0..count).map(|_| time()).sum());
            });
        }
        group.finish();
    }
    Ok(())
}

/// A thread for each core takes the next photo until all are rendered.
fn render_all(photos: &[(String, Vec<u8>)], options: &Options, threads: usize) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((_, bytes)) = photos
            .iter()
            .cycle()
            .take(ROUNDS * photos.len())
            .nth(next.fetch_add(1, Relaxed))
        {
            let _ = black_box(render(bytes, options));
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
}

fn batches(criterion: &mut Criterion) -> Result<(), Failed> {
    let photos = photos(&BATCH)?;
    let cores = thread::available_parallelism()?.get();
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Elements((ROUNDS * photos.len()) as u64));
    for (id, threads) in [("one-core", 1), ("all-cores", cores)] {
        let options = sized(&[256]);
        group.bench_function(id, |b| {
            b.iter_batched(
                || (),
                |()| render_all(&photos, &options, threads),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
    Ok(())
}

pub(super) fn renders_and_batches(criterion: &mut Criterion) -> Result<(), Failed> {
    renders(criterion)?;
    stages(criterion)?;
    batches(criterion)
}
