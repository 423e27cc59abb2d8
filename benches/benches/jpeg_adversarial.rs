//! Baseline scans made to slow down the search for the starts of blocks: decoded code by code, and by
//! that search. It must not take more than 1.7 times as long.
//! `cargo bench -p roundel-benches --bench jpeg_adversarial`.
//!
//! - *Never joining*: every bit is 0, and every code is zeros, so a wrong start is never noticed. With
//!   short values, many symbols at the ends of blocks take a look-up each. With longer ones, few do.
//! - *Resetting*: every wrong start soon leads to a code that the tables do not have.
//! - *Longest codes*: no table knows a code of 16 bits.

#![allow(missing_docs)] // criterion's macros

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use roundel::internals::jpeg::{self, Path, SUBSEQUENCE};
use roundel::{Limits, Region, Size};

const SIDE: u16 = 2048;
const BLOCKS: usize = (SIDE as usize / 8).pow(2);

/// The length of each code with its symbol, the shortest first.
type Codes<'a> = &'a [(usize, u8)];

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&[0xFF, marker][..], &length, content].concat()
}

fn huffman(class: u8, codes: Codes<'_>) -> Vec<u8> {
    let mut content = vec![0; 17];
    content[0] = class << 4;
    for &(length, symbol) in codes {
        content[length] += 1;
        content.push(symbol);
    }
    segment(0xC4, &content)
}

/// A gray image of equal blocks, whose code is `block`: a string of zeros and ones.
fn image(dc: Codes<'_>, ac: Codes<'_>, block: &str) -> Vec<u8> {
    let [high, low] = SIDE.to_be_bytes();
    let mut file = vec![0xFF, 0xD8];
    file.extend(segment(0xDB, &[&[0][..], &[1; 64]].concat()));
    file.extend(segment(0xC0, &[8, high, low, high, low, 1, 1, 0x11, 0]));
    file.extend(huffman(0, dc));
    file.extend(huffman(1, ac));
    file.extend(segment(0xDA, &[1, 1, 0, 0, 63, 0]));
    for bits in block.repeat(BLOCKS).as_bytes().chunks(8) {
        let byte = bits.iter().fold(0, |byte, bit| byte << 1 | bit & 1);
        file.push(byte);
        if byte == 0xFF {
            file.push(0);
        }
    }
    file.extend([0xFF, 0xD9]);
    file
}

fn images() -> [(&'static str, Vec<u8>); 4] {
    let value = "0".repeat(26);
    [
        // Two bits of code and two of a value, 63 times.
        (
            "never joining",
            image(&[(1, 0)], &[(2, 2)], &"0".repeat(1 + 63 * 4)),
        ),
        (
            "never joining, longer values",
            image(&[(1, 0)], &[(2, 6)], &"0".repeat(1 + 63 * 8)),
        ),
        (
            "resetting",
            image(
                &[(1, 0)],
                &[(1, 0), (2, 5)],
                &["0", &"1011111".repeat(10), "0"].concat(),
            ),
        ),
        (
            "longest codes",
            image(
                &[(16, 0)],
                &[(16, 10), (16, 0)],
                &["0".repeat(16), value.repeat(6), "0".repeat(15), "1".into()].concat(),
            ),
        ),
    ]
}

fn adversarial(criterion: &mut Criterion) {
    let limits = Limits::default();
    let paths = [
        ("plain", Path::Plain),
        ("speculative", Path::Speculative(SUBSEQUENCE)),
    ];
    for (name, bytes) in images() {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        for scale in [1, 2, 3] {
            let size = jpeg::scaled(Size::square(SIDE.into()), scale);
            for (path_name, path) in paths {
                let decode =
                    || jpeg::decode_only_by(path, &bytes, scale, Region::whole(size), &limits);
                assert!(decode().is_ok(), "{name} is not decoded");
                let id = BenchmarkId::new(path_name, scale);
                group.bench_function(id, |b| b.iter(|| black_box(decode().ok())));
            }
        }
        group.finish();
    }
}

criterion_group!(benches, adversarial);
criterion_main!(benches);
