//! Files that end early.

use super::writer::{JpegShape, Random, write};
use super::{Distance, decode_whole};

/// A gray progressive JPEG of one random scan structure. Its steps are 1 to 6.
fn gray_progressive(seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    let shape = JpegShape {
        width: 64,
        height: 64,
        factors: vec![(1, 1)],
        adobe: None,
        progressive: true,
        restart_interval: 0,
        steps: (1, 6),
        ..JpegShape::random(&mut random)
    };
    write(&shape, &mut random)
}

/// The offsets of the last scan's SOS marker and of its entropy-coded data, and its band and bits.
fn last_scan(bytes: &[u8]) -> (usize, usize, [u8; 3]) {
    let sos = bytes.windows(2).rposition(|pair| pair == [0xFF, 0xDA]);
    let sos = sos.unwrap();
    let data = sos + 2 + usize::from(bytes[sos + 3]);
    (sos, data, bytes[data - 3..data].try_into().unwrap())
}

/// Files whose last scan sends the lowest bit of AC coefficients, and that scan's marker and data.
fn files_with_a_last_ac_refinement() -> impl Iterator<Item = (Vec<u8>, usize, usize)> {
    (0..200).filter_map(|seed| {
        let bytes = gray_progressive(seed);
        let (sos, data, [start, _, bits]) = last_scan(&bytes);
        (start > 0 && bits == 0x10).then_some((bytes, sos, data))
    })
}

#[test]
fn a_file_that_ends_in_its_last_refinement_scan_is_whole() {
    let mut count = 0;
    for (bytes, sos, data) in files_with_a_last_ac_refinement() {
        let whole = decode_whole(&bytes, 8).unwrap();
        for end in [sos, data + 1, (data + bytes.len()) / 2] {
            let truncated = decode_whole(&bytes[..end], 8).unwrap();
            assert_eq!(truncated.missing, 0);
            let mut distance = Distance::default();
            for (&found, &expected) in truncated.samples.iter().zip(&whole.samples) {
                distance.add(found.into(), expected.into());
            }
            // Every AC coefficient off by the coarsest step: 1/8 sqrt(63 * 6^2), and rounding.
            let found = (
                distance.rms(),
                distance.largest,
                end - sos,
                bytes.len() - data,
            );
            assert!(distance.rms() < 6.0 + 0.5, "{found:?}");
        }
        count += 1;
    }
    assert!(count > 10, "{count}");
}

#[test]
fn a_file_that_ends_before_its_last_two_refinements_is_not_whole() {
    for (bytes, sos, _) in files_with_a_last_ac_refinement() {
        let (earlier, _, [start, _, bits]) = last_scan(&bytes[..sos]);
        if start > 0 && bits & 15 > 0 {
            assert!(decode_whole(&bytes[..earlier], 8).unwrap().missing > 0);
        }
    }
}

#[test]
fn a_file_that_ends_in_its_first_scan_reports_the_part_that_is_missing() {
    let mut random = Random(3);
    let shape = JpegShape {
        width: 64,
        height: 64,
        factors: vec![(1, 1)],
        progressive: false,
        restart_interval: 0,
        ..JpegShape::random(&mut random)
    };
    let bytes = write(&shape, &mut random);
    let (_, data, _) = last_scan(&bytes);
    let missing = |end: usize| decode_whole(&bytes[..end], 8).unwrap().missing;
    assert_eq!(missing(bytes.len()), 0);
    assert_eq!(missing(data), 64 * 64);
    let half = missing((data + bytes.len()) / 2);
    assert!((1000..3000).contains(&half) && half % 64 == 0, "{half}");
}

#[test]
fn a_damaged_segment_after_the_first_scan_ends_the_file_and_is_reported() {
    let mut count = 0;
    for seed in 0..100 {
        let bytes = gray_progressive(seed);
        let pairs = bytes.windows(2).enumerate();
        let mut scans = pairs.filter(|(_, pair)| *pair == [0xFF, 0xDA]);
        let Some((second, _)) = scans.nth(1) else {
            continue;
        };
        let mut damaged_scan = bytes.clone();
        damaged_scan[second + 4] = 77;
        let damaged_table = [0xFF, 0xC4, 0, 3, 0x77];
        let damaged_table = [&bytes[..second], &damaged_table, &bytes[second..]].concat();
        for damaged in [damaged_scan, damaged_table] {
            assert!(
                decode_whole(&damaged, 8).unwrap().missing > 0,
                "seed {seed}"
            );
        }
        count += 1;
    }
    assert!(count > 20, "{count}");
}
