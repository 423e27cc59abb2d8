//! Each encoder on an avatar of 512 pixels, with its digest: `encode/FORMAT`.

use criterion::Criterion;
use roundel::{Effort, Format, Options, Pixels, Size, Stage, Subsampling};
use roundel_benches::Failed;
use roundel_benches::scene::photo;
use roundel_benches::timing::stage_time;

const SIDE: u32 = 512;

fn options(format: Format) -> Options {
    Options {
        sizes: vec![Size::square(SIDE)],
        formats: vec![format],
        parallel: false,
        ..Options::default()
    }
}

fn small(format: Format) -> Options {
    Options {
        effort: Effort::Small,
        ..options(format)
    }
}

fn cases() -> [(&'static str, Options); 9] {
    let jpeg = || options(Format::Jpeg);
    let full = Some(Subsampling::Full);
    [
        ("jpeg", jpeg()),
        (
            "jpeg-444",
            Options {
                subsampling: full,
                ..jpeg()
            },
        ),
        (
            "jpeg-progressive",
            Options {
                progressive: true,
                ..jpeg()
            },
        ),
        ("jpeg-small", small(Format::Jpeg)),
        (
            "jpeg-max-bytes",
            Options {
                max_bytes: Some(30_000),
                ..jpeg()
            },
        ),
        ("webp", options(Format::Webp)),
        ("webp-small", small(Format::Webp)),
        (
            "webp-lossless",
            Options {
                lossless: true,
                ..options(Format::Webp)
            },
        ),
        ("png", options(Format::Png)),
    ]
}

/// The reduced photo is sharper than the drawn one, as an avatar is.
pub(super) fn encode(criterion: &mut Criterion) -> Result<(), Failed> {
    let large = photo(Size::square(2 * SIDE), 14);
    let pixels = Pixels::rgb(large.size, &large.samples);
    let mut group = criterion.benchmark_group("encode");
    for (name, options) in cases() {
        let time = || stage_time(Stage::Encode, pixels.into(), &options);
        group.bench_function(name, |b| {
            b.iter_custom(|count| (0..count).map(|_| time()).sum());
        });
    }
    group.finish();
    Ok(())
}
