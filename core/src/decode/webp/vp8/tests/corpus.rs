//! The lossy files of the shared corpus: `$ROUNDEL_CORPUS`, or `../shared/corpus` next to the checkout.

use std::fs;
use std::path::PathBuf;

use super::{decode_whole, reference};
use crate::decode::metadata::next_riff_chunk;

/// The data of a file's first chunk `VP8 `.
fn frame(file: &[u8]) -> Option<&[u8]> {
    let mut rest = file.get(12..)?;
    loop {
        let (kind, data, after) = next_riff_chunk(rest)?;
        if kind == b"VP8 " {
            return Some(data);
        }
        rest = after;
    }
}

#[test]
fn files_are_decoded_as_by_an_independent_decoder() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");
    let folder = std::env::var_os("ROUNDEL_CORPUS").map_or_else(|| default.into(), PathBuf::from);
    let Ok(files) = fs::read_dir(folder.join("webp")) else {
        println!("skipped: no corpus at {}", folder.display());
        return;
    };
    let mut compared = 0;
    for file in files {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let Some(frame) = frame(&bytes) else {
            continue;
        };
        let expected = reference(frame).unwrap();
        let decoded = decode_whole(frame).unwrap();
        assert!(decoded.rgb == expected && decoded.missing == 0, "{path:?}");
        compared += 1;
    }
    assert!(compared > 40, "{compared}");
}
