//! Photos of other people, compared with heifer's own assembly and conversion.
//!
//! They are not part of this repository. They are expected beside the checkout, in `../shared/corpus`,
//! or in the folder `ROUNDEL_CORPUS`. If they are absent, the test prints a note and passes.
#![allow(clippy::print_stdout)] // the figures

use std::path::{Path, PathBuf};

use super::{decode_region, psnr};
use crate::plan::ChromaMode;

fn corpus() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    std::env::var_os("ROUNDEL_CORPUS").map_or(beside, PathBuf::from)
}

/// File, and the least PSNR: heifer places chroma elsewhere between the pixels.
const PHOTOS: [(&str, f64); 2] = [
    ("heic/exif-samples__samplefilehub.heif", 45.0),
    ("heic/libheif__rainbow-451x461.heic", 45.0),
];

#[test]
fn photos_look_as_decoded_by_heifer() {
    for (path, least) in PHOTOS {
        let Ok(file) = std::fs::read(corpus().join(path)) else {
            println!("{path} is absent");
            continue;
        };
        let decoded = decode_region(&file, None, ChromaMode::Full).unwrap();
        let options = heifer::Options {
            max_threads: 1,
            ..heifer::Options::default()
        };
        let theirs = heifer::decode_rgba8(&file, &options).unwrap();
        let expected = theirs.data.chunks(4).flat_map(|pixel| &pixel[..3]);
        let quality = psnr(&decoded.samples, expected.map(|&v| v.into()));
        println!("{path}: {quality:.1} dB");
        assert!(quality > least, "{path}: {quality}");
    }
}
