//! Each decoder alone, with rows that are read and dropped.
//!
//! `decode/PHOTO/full` is every format at full size. A JPEG is also decoded at 1/2, 1/4 and 1/8 of it.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use roundel::internals::{formats, jpeg};
use roundel::{Limits, Region};
use roundel_benches::Failed;
use roundel_benches::inputs::photos;

const NAMES: [&str; 13] = [
    "jpeg-420-12mp",
    "jpeg-420-50mp",
    "jpeg-422-12mp",
    "jpeg-444-12mp",
    "jpeg-restarts-12mp",
    "jpeg-progressive-12mp",
    "png-rgb-12mp",
    "png-rgba-12mp",
    "webp-lossy-12mp",
    "webp-alpha-12mp",
    "webp-lossless-12mp",
    "gif-1mp",
    "bmp-12mp",
];

/// A decoder alone holds more than a render: a progressive JPEG at full size, for example.
fn limits() -> Limits {
    Limits {
        memory: 1 << 30,
        ..Limits::default()
    }
}

pub(super) fn decode(criterion: &mut Criterion) -> Result<(), Failed> {
    for (name, bytes) in photos(&NAMES)? {
        let size = formats::size(&bytes, &limits())?;
        let mut group = criterion.benchmark_group(format!("decode/{name}"));
        group.throughput(Throughput::Elements(size.pixels()));
        group.bench_function("full", |b| {
            b.iter(|| black_box(formats::decode_only(&bytes, &limits()).ok()));
        });
        let is_jpeg = jpeg::size(&bytes, &limits()).is_ok();
        let scales = [(4, "half"), (2, "quarter"), (1, "eighth")];
        for (scale, id) in scales.into_iter().filter(|_| is_jpeg) {
            let region = Region::whole(jpeg::scaled(size, scale));
            group.bench_function(id, |b| {
                b.iter(|| black_box(jpeg::decode_only(&bytes, scale, region, &limits()).ok()));
            });
        }
        group.finish();
    }
    Ok(())
}
