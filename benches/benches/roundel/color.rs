//! Rows to linear light: `color/SPACE`.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use moxcms::ColorProfile;
use roundel::internals::color::Conversion;
use roundel_benches::Failed;

const PIXELS: usize = 4032;

pub(super) fn color(criterion: &mut Criterion) -> Result<(), Failed> {
    let p3 = ColorProfile::new_display_p3().encode()?;
    let adobe = ColorProfile::new_adobe_rgb().encode()?;
    let cases = [
        ("gray", 1, None),
        ("srgb", 3, None),
        ("srgb-alpha", 4, None),
        ("display-p3", 3, Some(&p3)),
        ("adobe-rgb", 3, Some(&adobe)),
    ];
    let mut group = criterion.benchmark_group("color");
    group.throughput(Throughput::Elements(PIXELS as u64));
    for (name, channels, icc) in cases {
        let mut conversion = Conversion::new(channels, icc.map(Vec::as_slice), PIXELS)?;
        group.bench_function(name, |b| b.iter(|| black_box(conversion.linearize().ok())));
    }
    group.finish();
    Ok(())
}
