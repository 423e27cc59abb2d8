//! Every file of the corpus meets the expectation in its manifest.
//!
//! The corpus is other people's images and is not part of this repository. It is expected beside the
//! checkout, in `../shared/corpus`, or in the folder `ROUNDEL_CORPUS`. If it is absent, this test prints
//! a note and passes.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use roundel::{Error, Options, Rendered, Size, render};

struct Entry {
    path: String,
    class: String,
    expect: String,
}

fn corpus() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let root = std::env::var_os("ROUNDEL_CORPUS").map_or(beside, PathBuf::from);
    root.join("manifest.tsv").exists().then_some(root)
}

fn manifest(root: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(root.join("manifest.tsv")).unwrap();
    let entry = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [path, class, expect] = [columns[0], columns[3], columns[4]].map(String::from);
        Entry {
            path,
            class,
            expect,
        }
    };
    text.lines().skip(1).map(entry).collect()
}

/// Files that are refused although others render them: file -> reason.
const EXCEPTIONS: [(&str, &str); 1] = [(
    "jpeg-variants/jpeg-decoder__partial_progressive.jpg",
    "the data of its second scan end early; rendered with accept_damaged",
)];

/// The files that libheif decodes too; the rest of their class are damaged. Their expectation in the
/// manifest is that of a build without the feature `heic`.
const HEIC: [&str; 3] = [
    "heic/exif-samples__IMG_5195.HEIC",
    "heic/exif-samples__samplefilehub.heif",
    "heic/libheif__rainbow-451x461.heic",
];

/// The color of one of its tiles is that of another's alpha, without chroma. libavif refuses it too.
const MIXED_TILES: &str = "avif/libavif__color_grid_alpha_grid_tile_shared_in_dimg.avif";

/// A description of a wrong outcome.
fn objection(entry: &Entry, file: &[u8]) -> Option<String> {
    let options = Options {
        sizes: vec![Size::square(64)],
        ..Options::default()
    };
    let Ok(outcome) = catch_unwind(AssertUnwindSafe(|| render(file, &options))) else {
        return Some("panicked".into());
    };
    if let Err(error) = &outcome
        && error.code() == "internal"
    {
        return Some(format!("internal: {error}"));
    }
    if let Some(wrong) = expectation(entry, &outcome) {
        return Some(wrong);
    }
    outcome.ok().and_then(|rendered| leftovers(&rendered))
}

fn expectation(entry: &Entry, outcome: &Result<Rendered, Error>) -> Option<String> {
    let expect = entry.expect.as_str();
    let either = expect.contains("-or-") || expect.contains(" or ");
    let refused_by_type = expect.contains("refuse:type");
    let got = match outcome {
        Ok(_) => "ok",
        Err(error) => error.code(),
    };
    let wanted: &[&str] = match expect {
        _ if cfg!(feature = "heic") && HEIC.contains(&entry.path.as_str()) => &["ok"],
        _ if entry.class == "heic" => &["unsupported", "malformed", "limit_exceeded"],
        _ if entry.path == MIXED_TILES => &["unsupported", "malformed"],
        _ if entry.class == "avif" && cfg!(feature = "avif") => &["ok"],
        _ if entry.class == "avif" => &["unsupported", "malformed"],
        _ if refused_by_type => &["unsupported"],
        _ if either => return None,
        "refuse:pixels" => &["limit_exceeded"],
        _ if expect.starts_with("limit:") => &["limit_exceeded"],
        _ if expect.starts_with("refuse") => &["malformed", "unsupported", "limit_exceeded"],
        _ => &["ok"],
    };
    let why = outcome
        .as_ref()
        .err()
        .map(ToString::to_string)
        .unwrap_or_default();
    (!wanted.contains(&got)).then(|| format!("{got} and not {wanted:?}: {why}"))
}

/// Metadata or a payload that survived.
fn leftovers(rendered: &Rendered) -> Option<String> {
    const TRACES: [&[u8]; 5] = [b"Exif", b"<?php", b"<script", b"http", b"ICC_PROFILE"];
    rendered.avatars.iter().find_map(|avatar| {
        let left = TRACES
            .iter()
            .find(|trace| avatar.bytes.windows(trace.len()).any(|w| w == **trace));
        let segment = metadata_segment(&avatar.bytes).map(|marker| format!("segment {marker:#x}"));
        left.map(|trace| String::from_utf8_lossy(trace).into_owned())
            .or(segment)
    })
}

/// The first APP1 to APP15 or COM segment of a JPEG, which contain Exif, XMP, ICC and comments.
fn metadata_segment(jpeg: &[u8]) -> Option<u8> {
    let mut at = 2;
    loop {
        let marker = jpeg[at + 1];
        match marker {
            0xDA => return None,
            0xE1..=0xEF | 0xFE => return Some(marker),
            _ => at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]])),
        }
    }
}

#[test]
fn every_file_of_the_corpus_meets_its_expectation() {
    let Some(root) = corpus() else {
        println!("skipped: no corpus beside this checkout");
        return;
    };
    let entries = manifest(&root);
    let outcome = |entry: &Entry| {
        let file = std::fs::read(root.join(&entry.path)).unwrap();
        (
            entry.class.clone(),
            entry.path.clone(),
            objection(entry, &file),
        )
    };
    let outcomes: Vec<_> = entries.par_iter().map(outcome).collect();
    let mut classes: BTreeMap<String, (usize, usize, Vec<String>)> = BTreeMap::new();
    for (class, path, objection) in outcomes {
        let (met, known, not_met) = classes.entry(class).or_default();
        match objection {
            None => *met += 1,
            Some(objection) => match EXCEPTIONS.iter().find(|(file, _)| *file == path) {
                Some((_, reason)) => {
                    *known += 1;
                    println!("not met, known: {path}: {reason}");
                }
                None => not_met.push(format!("{path}: {objection}")),
            },
        }
    }
    for (class, (met, known, not_met)) in &classes {
        let missed = known + not_met.len();
        println!("{class:16} met {met:4}   not met {missed:3}, of them known {known:3}");
        not_met.iter().for_each(|line| println!("    {line}"));
    }
    assert!(classes.values().all(|(_, _, not_met)| not_met.is_empty()));
}
