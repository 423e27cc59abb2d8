//! Damaged files and bombs never panic, end in bounded time, and are refused where they must be.

use std::panic::catch_unwind;
use std::time::{Duration, Instant};

use super::corpus::{CorpusFile, Tally, files};
use super::writer::{JpegShape, Random, write};
use super::{DecodedRegion, decode_whole};
use crate::error::Result;

/// A decode that takes longer hangs, on any machine.
const HANGS_AFTER: Duration = Duration::from_secs(60);

#[test]
fn damaged_files_and_bombs_end_as_the_corpus_expects() {
    let classes = ["jpeg-damaged", "damage-made", "bombs", "jpeg-quirks"];
    let mut tally = Tally::default();
    let mut slowest = (Duration::ZERO, String::new());
    for file in files(&classes).unwrap_or_default() {
        let bytes = file.bytes();
        for scale in [8, 4, 2, 1] {
            let start = Instant::now();
            let outcome = catch_unwind(|| decode_whole(&bytes, scale));
            let took = start.elapsed();
            let checked = match outcome {
                Err(_) => Err(format!("panicked at {scale}/8")),
                Ok(_) if took > HANGS_AFTER => Err(format!("took {took:?} at {scale}/8")),
                Ok(outcome) if scale == 8 => check(&file, &bytes, &outcome),
                Ok(_) => Ok(()),
            };
            if checked.is_err() || scale == 1 {
                tally.add(&file, checked);
            }
            slowest = slowest.max((took, file.name.clone()));
        }
    }
    println!("slowest: {slowest:?}");
    tally.finish("hostile");
}

/// Compares with the `expect` column of the corpus. A file that is not a JPEG may be accepted by
/// another decoder.
fn check(
    file: &CorpusFile,
    bytes: &[u8],
    outcome: &Result<DecodedRegion>,
) -> std::result::Result<(), String> {
    let is_jpeg = bytes.starts_with(&[0xFF, 0xD8]);
    let complete = matches!(outcome, Ok(decoded) if decoded.missing == 0);
    let code = outcome.as_ref().err().map(|error| error.code());
    let met = match file.expect.split([':', ',', '-']).next() {
        _ if !is_jpeg => !complete,
        Some("ok") if file.expect.starts_with("ok-") => true,
        Some("ok") => complete,
        Some("refuse") if file.expect == "refuse:pixels" => code == Some("limit_exceeded"),
        Some("refuse") => !complete,
        Some("limit") => code == Some("limit_exceeded"),
        _ => true,
    };
    let shown = match outcome {
        Ok(decoded) if decoded.missing > 0 => "decoded with parts missing".into(),
        Ok(_) => "decoded".into(),
        Err(error) => format!("{}: {error}", error.code()),
    };
    if met {
        Ok(())
    } else {
        Err(format!("expected {}, {shown}", file.expect))
    }
}

#[test]
fn a_written_jpeg_with_flipped_or_missing_bytes_never_panics() {
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let shape = JpegShape::random(&mut random);
        let mut bytes = write(&shape, &mut random);
        for _ in 0..random.pick(&[0, 1, 4]) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        let cut = random.below(bytes.len());
        bytes.truncate(bytes.len() - random.pick(&[0, cut]));
        let scale = random.pick(&[1, 2, 3, 4, 6, 8]);
        let outcome = catch_unwind(|| decode_whole(&bytes, scale));
        assert!(outcome.is_ok(), "seed {seed}");
    }
}
