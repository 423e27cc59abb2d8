//! Images that end early or are changed.

use super::super::alpha::AlphaDecoder;
use super::writer::{BitWriter, ImageSpec, Random, random_image};
use super::{decode_whole, decode_with};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};

fn image(seed: u32) -> Vec<u8> {
    let mut writer = BitWriter::header(23, 19);
    random_image(23, 19, &mut Random(seed), &mut writer);
    writer.finish()
}

#[test]
fn pixels_before_any_end_of_the_data_are_whole_and_the_rest_is_missing() {
    for seed in 0..30 {
        let chunk = image(seed);
        let whole = decode_whole(&chunk).unwrap();
        let mut last_missing = 23 * 19;
        for length in 0..chunk.len() {
            let Ok(decoded) = decode_whole(&chunk[..length]) else {
                assert_eq!(last_missing, 23 * 19, "{seed}: {length}");
                continue;
            };
            assert!(decoded.missing <= last_missing, "{seed}: {length}");
            last_missing = decoded.missing;
            let (start, rest) = decoded
                .samples
                .split_at(4 * (23 * 19 - last_missing as usize));
            assert!(whole.samples.starts_with(start), "{seed}: {length}");
            assert!(rest.iter().all(|&sample| sample == 0), "{seed}: {length}");
        }
    }
}

/// The least limit of work with which `chunk` is decoded.
fn least_work(chunk: &[u8]) -> u64 {
    let is_enough = |work: &u64| {
        let limits = Limits {
            work: *work,
            ..Limits::default()
        };
        decode_with(chunk, None, &Budget::new(&limits)).is_ok()
    };
    let works: Vec<u64> = (0..1 << 20).collect();
    works.partition_point(|work| !is_enough(work)) as u64
}

#[test]
fn missing_rows_are_charged_like_others() {
    let chunk = image(0);
    let cut = &chunk[..chunk.len() - 20];
    assert!(decode_whole(cut).unwrap().missing > 23);
    assert_eq!(least_work(cut), least_work(&chunk));
}

#[test]
fn a_copy_from_outside_the_image_is_damage_at_its_place() {
    // Two literals of one color, then the green symbol of a copy of 1 pixel, whose distance of 3
    // reaches before the first pixel.
    let mut writer = BitWriter::header(4, 2);
    // No transform, no cache, one group.
    writer.put(0b000, 3);
    // Two symbols of green that cannot be written as a simple code: 0 and 256, of one bit each.
    writer.put(0, 1);
    // Lengths of the code for lengths, in its order: 17, 18, 0 and 1 have 2 bits each.
    writer.put(0, 4);
    (0..4).for_each(|_| writer.put(2, 3));
    writer.put(0, 1);
    let lengths_code = |symbol: usize| [0b00, 0b10, 0b01, 0b11][symbol];
    // 1; 255 zeros: 138 + 117; 1; 23 zeros.
    writer.put(lengths_code(1), 2);
    for count in [138, 117] {
        writer.put(lengths_code(3), 2);
        writer.put(count - 11, 7);
    }
    writer.put(lengths_code(1), 2);
    writer.put(lengths_code(3), 2);
    writer.put(23 - 11, 7);
    (0..3).for_each(|_| writer.put(0b0001, 4));
    // The only distance symbol: 4, which is 5 or 6, with one more bit: code 5, two rows up.
    writer.put(0b101, 3);
    writer.put(4, 8);
    writer.put(0b100, 3);
    writer.put(0, 1);
    writer.put(0, 16);
    let decoded = decode_whole(&writer.finish()).unwrap();
    assert_eq!(decoded.missing, 6);
}

#[test]
fn missing_pixels_are_counted_within_the_region() {
    let mut writer = BitWriter::header(20, 20);
    writer.put(0, 1);
    let spec = ImageSpec {
        width: 20,
        height: 20,
        greens: 256,
        others: 256,
        cache_bits: 0,
        groups: 1,
        copies: 0,
    };
    spec.write(true, &mut Random(5), &mut writer);
    let chunk = writer.finish();
    let cut = &chunk[..chunk.len() - 300];
    let budget = Budget::new(&Limits::default());
    let missing = |region| decode_with(cut, Some(region), &budget).unwrap().missing;
    let region = |x0, y0, x1, y1| Region { x0, y0, x1, y1 };
    let whole = missing(region(0, 0, 20, 20));
    let columns: u64 = (0..20).map(|x| missing(region(x, 0, x + 1, 20))).sum();
    let rows: u64 = (0..20).map(|y| missing(region(0, y, 20, y + 1))).sum();
    assert!(whole > 20 && whole % 20 != 0, "{whole}");
    assert_eq!((columns, rows), (whole, whole));
}

#[test]
fn changed_bits_do_not_panic_and_do_no_more_work_than_charged() {
    let limits = Limits {
        memory: 1 << 20,
        work: 1 << 20,
        ..Limits::default()
    };
    let mut random = Random(11);
    for seed in 0..600 {
        let mut chunk = image(seed % 50);
        for _ in 0..1 + random.below(4) {
            let bit = random.below(8 * chunk.len());
            chunk[bit / 8] ^= 1 << (bit % 8);
        }
        let _ = decode_with(&chunk, None, &Budget::new(&limits));
        chunk[0] &= 0x0D;
        let budget = Budget::new(&limits);
        if let Ok(mut alpha) = AlphaDecoder::open(&chunk, Size::new(23, 19), &budget) {
            (0..19).for_each(|_| assert_eq!(alpha.next_row().map_or(23, <[u8]>::len), 23));
        }
    }
}
