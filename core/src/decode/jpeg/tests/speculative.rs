//! Finding and reading the blocks of a scan gives the same as decoding code by code: samples, damage
//! and errors, on any number of threads. Short subsequences make many windows and joins of small files.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::super::SUBSEQUENCE;
use super::corpus::{Tally, files};
use super::writer::{JpegShape, Random, write};
use super::{
    ChromaMode, DecodeRequest, DecodedRegion, EntropyPath, SAMPLING_FACTORS, decode_by,
    decode_with, size,
};
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::Limits;
use crate::threads::HELP_AT_ONCE;

const SUBSEQUENCES: [usize; 3] = [100, 600, 5000];

/// `Err` tells the difference.
type Outcome = std::result::Result<(), String>;

/// Whether both paths give the same.
fn compare(bytes: &[u8], request: DecodeRequest, subsequence: usize) -> Outcome {
    let limits = Limits::default();
    let plain = decode_by(EntropyPath::Plain, bytes, request, &limits);
    let path = EntropyPath::Speculative { subsequence };
    let speculative = decode_by(path, bytes, request, &limits);
    check_same(&plain, &speculative)
        .map_err(|missing| format!("{request:?}, subsequences of {subsequence}: {missing}"))
}

fn check_same(plain: &Result<DecodedRegion>, other: &Result<DecodedRegion>) -> Outcome {
    let same = match (plain, other) {
        (Ok(plain), Ok(other)) => plain == other,
        (Err(plain), Err(other)) => plain.to_string() == other.to_string(),
        _ => false,
    };
    let missing = [plain, other].map(|decoded| decoded.as_ref().map(|decoded| decoded.missing));
    let shown = || format!("missing {missing:?}");
    same.then_some(()).ok_or_else(shown)
}

/// Compares at a few scales, whole and in part.
fn compare_often(bytes: &[u8], random: &mut Random) -> Outcome {
    let Ok(size) = size(bytes, &Limits::default()) else {
        return Ok(());
    };
    for scale in [1, 2, 3, random.pick(&[4, 6, 8])] {
        let scaled = size.scaled(scale);
        for region in [Region::whole(scaled), random_region(scaled, random)] {
            let chroma = random.pick(&[ChromaMode::Full, ChromaMode::AsStored]);
            let request = DecodeRequest {
                scale,
                shrink: 1,
                chroma,
                region,
            };
            compare(bytes, request, random.pick(&SUBSEQUENCES))?;
        }
    }
    Ok(())
}

fn random_region(size: Size, random: &mut Random) -> Region {
    let mut range = |length: u32| {
        let start = random.below(length as usize) as u32;
        let end = start + 1 + random.below((length - start) as usize) as u32;
        (start, end)
    };
    let ((x0, x1), (y0, y1)) = (range(size.width), range(size.height));
    Region { x0, y0, x1, y1 }
}

fn baseline(random: &mut Random) -> JpegShape {
    JpegShape {
        progressive: false,
        interleaved: true,
        ..JpegShape::random(random)
    }
}

/// A picture with areas of different detail, of about `side` pixels across and down.
fn encoded(side: u16, quality: u8, sampling: SamplingFactor, restart: u16) -> Vec<u8> {
    let mut random = Random(u64::from(side));
    let pixels = (0..usize::from(side).pow(2)).flat_map(|i| {
        let (x, y) = (i % usize::from(side), i / usize::from(side));
        let noise = random.below(1 + (x / 16 * 7 + y / 16 * 5) % 60);
        [x / 3 + noise, y / 2 + noise / 2, x / 5 + y / 7].map(|sample| sample as u8)
    });
    let pixels: Vec<u8> = pixels.collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(sampling);
    if restart > 0 {
        encoder.set_restart_interval(restart);
    }
    encoder.encode(&pixels, side, side, ColorType::Rgb).unwrap();
    bytes
}

#[test]
fn every_sampling_and_restart_interval_is_read_as_by_the_plain_decoder() {
    let mut random = Random(1);
    for sampling in SAMPLING_FACTORS {
        for restart in [0, 1, 3, 16, 100] {
            for quality in [30, 80, 98] {
                let bytes = encoded(200, quality, sampling, restart);
                if let Err(why) = compare_often(&bytes, &mut random) {
                    panic!("{sampling:?}, interval {restart}, quality {quality}: {why}");
                }
            }
        }
    }
}

#[test]
fn written_jpegs_are_read_as_by_the_plain_decoder() {
    for seed in 0..400 {
        let mut random = Random(seed);
        let shape = baseline(&mut random);
        let bytes = write(&shape, &mut random);
        if let Err(why) = compare_often(&bytes, &mut random) {
            panic!("seed {seed}, {shape:?}: {why}");
        }
    }
}

#[test]
fn every_cut_of_a_file_gives_the_same_rows_and_report() {
    for restart in [0, 4] {
        let bytes = encoded(64, 70, SamplingFactor::F_2_2, restart);
        let request = super::whole(Size::new(64, 64), 2, ChromaMode::Full);
        for end in 0..bytes.len() {
            compare(&bytes[..end], request, 100).unwrap_or_else(|why| panic!("{end}: {why}"));
        }
    }
}

#[test]
fn damaged_files_give_the_same_rows_and_report() {
    for seed in 0..800 {
        let mut random = Random(seed);
        let restart = random.pick(&[0, 0, 2, 9]);
        let sampling = random.pick(&[SamplingFactor::F_1_1, SamplingFactor::F_2_2]);
        let mut bytes = encoded(96, random.pick(&[50, 90]), sampling, restart);
        for _ in 0..random.pick(&[1, 3, 20]) {
            let at = 600 + random.below(bytes.len() - 600);
            bytes[at] ^= 1 << random.below(8);
        }
        if let Err(why) = compare_often(&bytes, &mut random) {
            panic!("seed {seed}: {why}");
        }
    }
}

/// A file in which cursors that guess never synchronize: luma and chroma have different tables, but all
/// codes that occur have the same lengths in both. So a cursor finds the blocks, but not which of the
/// three components they belong to.
fn never_joining() -> Vec<u8> {
    let (width, height) = (384, 384);
    let mut random = Random(5);
    let pixels: Vec<u8> = (0..width * height)
        .map(|i| (i / 500 + random.below(40)) as u8)
        .collect();
    let mut gray = Vec::new();
    let encoder = Encoder::new(&mut gray, 60);
    encoder
        .encode(&pixels, width as u16, height as u16, ColorType::Luma)
        .unwrap();
    let mut bytes = gray[..2].to_vec();
    let mut at = 2;
    loop {
        let (marker, length) = (
            gray[at + 1],
            usize::from(gray[at + 2]) << 8 | usize::from(gray[at + 3]),
        );
        let segment = &gray[at..at + 2 + length];
        at += 2 + length;
        match marker {
            // The gray blocks become those of three components, in a third of the width.
            0xC0 => {
                let size = [&[0xFF, 0xC0, 0, 17, 8][..], &[1, 128, 0, 128, 3]].concat();
                bytes.extend([&size[..], &[1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]].concat());
            }
            // Each table for both slots. In the second, two symbols that do not occur are swapped.
            0xC4 if segment[4] & 15 == 0 => {
                bytes.extend(segment);
                let mut second = segment.to_vec();
                second[4] |= 1;
                let end = second.len();
                second.swap(end - 2, end - 1);
                bytes.extend(second);
            }
            0xC4 => {}
            0xDA => {
                bytes.extend([0xFF, 0xDA, 0, 12, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
                bytes.extend(&gray[at..]);
                return bytes;
            }
            _ => bytes.extend(segment),
        }
    }
}

#[test]
fn a_file_whose_cursors_never_join_is_read_as_by_the_plain_decoder() {
    let bytes = never_joining();
    let limits = Limits::default();
    for scale in [1, 2, 3] {
        let request = super::whole(Size::new(128, 384), scale, ChromaMode::AsStored);
        let decoded = decode_by(EntropyPath::Plain, &bytes, request, &limits).unwrap();
        assert_eq!(decoded.missing, 0);
        for subsequence in SUBSEQUENCES {
            compare(&bytes, request, subsequence).unwrap();
        }
    }
}

#[test]
fn the_corpus_is_read_as_by_the_plain_decoder() {
    let classes = [
        "jpeg-matrix",
        "jpeg-variants",
        "jpeg-quirks",
        "jpeg-damaged",
        "damage-made",
        "bombs",
        "orientation",
    ];
    let mut tally = Tally::default();
    let mut random = Random(7);
    for file in files(&classes).unwrap_or_default() {
        let bytes = file.bytes();
        if bytes.starts_with(&[0xFF, 0xD8]) && bytes.len() < 200_000 {
            tally.add(&file, compare_often(&bytes, &mut random));
        }
    }
    tally.finish("plain and speculative");
}

/// Photos, in windows of the usual size.
#[test]
fn photos_are_read_as_by_the_plain_decoder() {
    let mut tally = Tally::default();
    for file in files(&["photos", "photos-small", "faces", "big"]).unwrap_or_default() {
        let bytes = file.bytes();
        let Ok(size) = size(&bytes, &Limits::default()) else {
            continue;
        };
        for (scale, chroma) in [
            (1, ChromaMode::Full),
            (2, ChromaMode::AsStored),
            (3, ChromaMode::Full),
        ] {
            let request = super::whole(size, scale, chroma);
            tally.add(&file, compare(&bytes, request, SUBSEQUENCE));
        }
    }
    tally.finish("plain and speculative photos");
}

/// Pools of several sizes.
fn pools() -> Vec<ThreadPool> {
    let pool = |threads| {
        ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
    };
    [1, 2, 3, 8].map(pool).into()
}

/// Whether threads give the same as one thread does code by code: those of `pools`, and helpers that do
/// all their work at once.
fn compare_threads(
    pools: &[ThreadPool],
    bytes: &[u8],
    request: DecodeRequest,
    subsequence: usize,
) -> Outcome {
    let limits = Limits::default();
    let plain = decode_by(EntropyPath::Plain, bytes, request, &limits);
    let path = EntropyPath::Speculative { subsequence };
    let parallel = || decode_with(path, true, bytes, request, &limits);
    for pool in pools {
        check_same(&plain, &pool.install(parallel)).map_err(|missing| {
            let threads = pool.current_num_threads();
            format!("{request:?}, {threads} threads, subsequences of {subsequence}: {missing}")
        })?;
    }
    HELP_AT_ONCE.set(true);
    let helped = parallel();
    HELP_AT_ONCE.set(false);
    check_same(&plain, &helped).map_err(|missing| format!("{request:?}, at once: {missing}"))
}

/// Compares the whole and a part at a few scales.
fn compare_threads_often(pools: &[ThreadPool], bytes: &[u8], random: &mut Random) -> Outcome {
    let Ok(size) = size(bytes, &Limits::default()) else {
        return Ok(());
    };
    for scale in [1, 2, 3] {
        let scaled = size.scaled(scale);
        for region in [Region::whole(scaled), random_region(scaled, random)] {
            let request = DecodeRequest {
                scale,
                shrink: 1,
                chroma: ChromaMode::AsStored,
                region,
            };
            compare_threads(pools, bytes, request, random.pick(&SUBSEQUENCES))?;
        }
    }
    Ok(())
}

#[test]
fn threads_read_every_sampling_and_restart_interval() {
    let (pools, mut random) = (pools(), Random(11));
    for sampling in SAMPLING_FACTORS {
        for restart in [0, 1, 3, 16, 100] {
            let bytes = encoded(200, 85, sampling, restart);
            if let Err(why) = compare_threads_often(&pools, &bytes, &mut random) {
                panic!("{sampling:?}, interval {restart}: {why}");
            }
        }
    }
}

#[test]
fn threads_read_written_jpegs() {
    let pools = pools();
    for seed in 0..60 {
        let mut random = Random(seed);
        let shape = baseline(&mut random);
        let bytes = write(&shape, &mut random);
        if let Err(why) = compare_threads_often(&pools, &bytes, &mut random) {
            panic!("seed {seed}, {shape:?}: {why}");
        }
    }
}

#[test]
fn threads_read_cut_and_damaged_files() {
    let pools = pools();
    for seed in 0..80 {
        let mut random = Random(seed);
        let restart = random.pick(&[0, 0, 2, 9]);
        let mut bytes = encoded(96, random.pick(&[50, 90]), SamplingFactor::F_2_2, restart);
        for _ in 0..random.pick(&[0, 1, 3, 20]) {
            let at = 600 + random.below(bytes.len() - 600);
            bytes[at] ^= 1 << random.below(8);
        }
        if random.below(2) == 0 {
            bytes.truncate(600 + random.below(bytes.len() - 600));
        }
        if let Err(why) = compare_threads_often(&pools, &bytes, &mut random) {
            panic!("seed {seed}: {why}");
        }
    }
}

#[test]
fn threads_read_a_file_whose_cursors_never_join() {
    let request = super::whole(Size::new(128, 384), 2, ChromaMode::AsStored);
    for subsequence in SUBSEQUENCES {
        compare_threads(&pools(), &never_joining(), request, subsequence).unwrap();
    }
}

/// Helpers that have not begun are not waited for, and those that have begun need no other thread.
#[test]
fn a_pool_with_more_photos_than_threads_reads_them_all() {
    let bytes = encoded(400, 90, SamplingFactor::F_2_2, 0);
    let request = super::whole(Size::new(400, 400), 2, ChromaMode::AsStored);
    let limits = Limits::default();
    let plain = decode_by(EntropyPath::Plain, &bytes, request, &limits);
    let path = EntropyPath::Speculative { subsequence: 600 };
    for pool in pools() {
        pool.install(|| {
            (0..40).into_par_iter().for_each(|_| {
                let decoded = decode_with(path, true, &bytes, request, &limits);
                check_same(&plain, &decoded).unwrap();
            });
        });
    }
}

/// A reader that fails leaves no task behind.
#[test]
fn a_limit_on_work_is_the_same_error_on_any_number_of_threads() {
    let bytes = encoded(400, 90, SamplingFactor::F_2_2, 0);
    let request = super::whole(Size::new(400, 400), 2, ChromaMode::AsStored);
    let limits = Limits {
        work: 100_000,
        ..Limits::default()
    };
    let plain = decode_by(EntropyPath::Plain, &bytes, request, &limits);
    assert_eq!(plain.as_ref().err().unwrap().code(), "limit_exceeded");
    let path = EntropyPath::Speculative { subsequence: 600 };
    for pool in pools() {
        let parallel = || decode_with(path, true, &bytes, request, &limits);
        check_same(&plain, &pool.install(parallel)).unwrap();
    }
}

/// Limits around the memory of the threads, and around the multiple of it that must be left.
#[test]
fn a_limit_on_memory_has_the_same_outcome_on_any_number_of_threads() {
    let bytes = encoded(200, 90, SamplingFactor::F_2_2, 0);
    let request = super::whole(Size::new(200, 200), 2, ChromaMode::AsStored);
    let path = EntropyPath::Speculative { subsequence: 600 };
    let (pools, mut refused) = (pools(), 0);
    let lowest = (0..20_000).step_by(1000);
    let limits = lowest.chain((400_000..430_000).step_by(1000));
    for memory in limits.chain((3_200_000..3_500_000).step_by(10_000)) {
        let limits = Limits {
            memory,
            ..Limits::default()
        };
        let plain = decode_by(EntropyPath::Plain, &bytes, request, &limits);
        refused += usize::from(plain.is_err());
        for pool in &pools[..2] {
            let parallel = || decode_with(path, true, &bytes, request, &limits);
            check_same(&plain, &pool.install(parallel))
                .unwrap_or_else(|missing| panic!("{memory} bytes: {missing}"));
        }
    }
    assert!((1..20).contains(&refused), "{refused}");
}

/// The marks of damage take memory late, and here more than the threads do.
#[test]
fn a_damaged_photo_under_the_least_memory_is_decoded_on_any_number_of_threads() {
    let size = Size::new(16_000, 14_000);
    let mut bytes = Vec::new();
    let encoder = Encoder::new(&mut bytes, 90);
    encoder.encode(&[90; 64], 8, 8, ColorType::Luma).unwrap();
    let frame = bytes.windows(2).position(|marker| marker == [0xFF, 0xC0]);
    let stored = [size.height, size.width].map(|side| (side as u16).to_be_bytes());
    bytes[frame.unwrap() + 5..][..4].copy_from_slice(stored.as_flattened());
    let request = super::whole(size, 1, ChromaMode::AsStored);
    let decode = |path, is_parallel, memory| {
        let limits = Limits {
            memory,
            ..Limits::default()
        };
        decode_with(path, is_parallel, &bytes, request, &limits)
    };
    let (mut refused, mut enough) = (0, 8 << 20);
    while enough - refused > 1 {
        let middle = (refused + enough) / 2;
        match decode(EntropyPath::Plain, false, middle) {
            Ok(_) => enough = middle,
            Err(_) => refused = middle,
        }
    }
    let path = EntropyPath::Speculative { subsequence: 100 };
    for memory in [refused, enough, enough + 100_000, enough + 400_000] {
        let plain = decode(EntropyPath::Plain, false, memory);
        check_same(&plain, &decode(path, false, memory)).unwrap();
        for pool in &pools()[..2] {
            let parallel = pool.install(|| decode(path, true, memory));
            check_same(&plain, &parallel).unwrap();
        }
    }
}

#[test]
fn threads_read_the_corpus() {
    let (pools, mut random, mut tally) = (pools(), Random(7), Tally::default());
    for file in files(&["jpeg-matrix", "jpeg-quirks", "jpeg-damaged"]).unwrap_or_default() {
        let bytes = file.bytes();
        if bytes.starts_with(&[0xFF, 0xD8]) && bytes.len() < 60_000 {
            let compared = compare_threads_often(&pools, &bytes, &mut random);
            tally.add(&file, compared);
        }
    }
    tally.finish("one thread and several");
}

#[test]
fn threads_read_photos() {
    let (pools, mut tally) = (pools(), Tally::default());
    for file in files(&["photos", "photos-small"]).unwrap_or_default() {
        let bytes = file.bytes();
        let Ok(size) = size(&bytes, &Limits::default()) else {
            continue;
        };
        let request = super::whole(size, 2, ChromaMode::AsStored);
        tally.add(
            &file,
            compare_threads(&pools[1..2], &bytes, request, SUBSEQUENCE),
        );
    }
    tally.finish("one thread and several, photos");
}
