//! The lossless files, and those with alpha, of the shared corpus: `$ROUNDEL_CORPUS`, or
//! `../shared/corpus` next to the checkout.

use std::fs;
use std::path::PathBuf;

use super::super::alpha::AlphaDecoder;
use super::{decode_whole, reference, reference_of_file};
use crate::decode::metadata::next_riff_chunk;
use crate::geometry::Size;
use crate::limits::{Budget, Limits};

/// The data of a file's first chunk of a kind.
fn chunk<'f>(file: &'f [u8], wanted: &[u8; 4]) -> Option<&'f [u8]> {
    let mut rest = file.get(12..)?;
    loop {
        let (kind, data, after) = next_riff_chunk(rest)?;
        if kind == wanted {
            return Some(data);
        }
        rest = after;
    }
}

/// The alpha channel, if the file has an ALPH chunk.
fn alpha(file: &[u8]) -> Option<Vec<u8>> {
    let data = chunk(file, b"ALPH")?;
    let [.., w0, w1, h0, h1] = *chunk(file, b"VP8 ")?.first_chunk::<10>()?;
    let size = [[w0, w1], [h0, h1]].map(|side| u32::from(u16::from_le_bytes(side) & 0x3FFF));
    let budget = Budget::new(&Limits::default());
    let mut decoder = AlphaDecoder::open(data, Size::new(size[0], size[1]), &budget).unwrap();
    let rows = (0..size[1]).map(|_| decoder.next_row().unwrap().to_vec());
    Some(rows.collect::<Vec<_>>().concat())
}

#[test]
fn files_are_decoded_as_by_an_independent_decoder() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");
    let folder = std::env::var_os("ROUNDEL_CORPUS").map_or_else(|| default.into(), PathBuf::from);
    let Ok(files) = fs::read_dir(folder.join("webp")) else {
        println!("skipped: no corpus at {}", folder.display());
        return;
    };
    let (mut lossless, mut with_alpha) = (0, 0);
    for file in files {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        if let Some(data) = chunk(&bytes, b"VP8L") {
            let decoded = decode_whole(data).unwrap();
            let expected = reference(data).unwrap();
            assert!(
                decoded.samples == expected && decoded.missing == 0,
                "{path:?}"
            );
            lossless += 1;
        } else if let Some(alpha) = alpha(&bytes) {
            let expected = reference_of_file(&bytes).unwrap();
            let expected = expected.chunks(4).map(|pixel| pixel[3]);
            assert!(expected.eq(alpha), "{path:?}");
            with_alpha += 1;
        }
    }
    assert!(lossless > 30 && with_alpha > 15, "{lossless} {with_alpha}");
}
