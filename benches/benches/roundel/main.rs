//! Every stage and whole renders: `cargo bench -p roundel-benches --bench roundel -- FILTER`.
//!
//! | name | measures |
//! |---|---|
//! | `decode/PHOTO/full`, `half`, `quarter`, `eighth` | a decoder alone; the fractions for JPEGs |
//! | `color/SPACE` | a row of pixels to linear light |
//! | `encode/FORMAT` | an avatar of 512 pixels |
//! | `render/PHOTO/256`, `fast`, `threads`, `five` | whole renders |
//! | `stage/PHOTO/STAGE` | the parts of a render |
//! | `batch/one-core`, `batch/all-cores` | a set of photos |
//!
//! A filter is a part of these names or a regular expression: `render/jpeg`, `png`, `encode/webp`.
//! The photos are made, the first time, by `roundel_benches::inputs`. `ROUNDEL_PHOTO=file` or
//! `ROUNDEL_PHOTOS=folder` replaces them with your own. Other bench targets have the resizer (`resize`)
//! and the parts of the JPEG decoder (`jpeg`).

#![allow(missing_docs)] // criterion's macros

mod color;
mod decode;
mod encode;
mod render;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};

fn all(criterion: &mut Criterion) {
    for part in [
        color::color,
        encode::encode,
        render::renders_and_batches,
        decode::decode,
    ] {
        if let Err(error) = part(criterion) {
            eprintln!("not measured: {error}");
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(benches);
