//! Prefix codes that are refused, or are not.

use super::decode_whole;
use super::writer::BitWriter;

/// An image of one pixel whose green code has the given lengths of symbols from 0 up.
fn with_green_lengths(lengths: &[usize]) -> Vec<u8> {
    let mut writer = BitWriter::header(1, 1);
    writer.put(0b000, 3);
    writer.put(0, 1);
    // The code for lengths: 0 to 15 have 4 bits each.
    writer.put(15, 4);
    for symbol in [
        17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ] {
        writer.put(if symbol < 16 { 4 } else { 0 }, 3);
    }
    // As many lengths as are given, and at least two: a number of 4 bits.
    writer.put(1, 1);
    writer.put(1, 3);
    writer.put(lengths.len().max(2) - 2, 4);
    for index in 0..lengths.len().max(2) {
        let length = lengths.get(index).copied().unwrap_or(0);
        writer.put((length as u8).reverse_bits() as usize >> 4, 4);
    }
    (0..4).for_each(|_| writer.put(0b0001, 4));
    writer.put(0, 32);
    writer.finish()
}

#[test]
fn incomplete_and_oversubscribed_codes_are_refused() {
    for lengths in [
        &[][..],
        &[1, 2],
        &[2, 2, 2],
        &[1, 1, 1],
        &[1, 1, 15],
        &[15, 15],
    ] {
        let error = decode_whole(&with_green_lengths(lengths)).err().unwrap();
        assert_eq!(error.to_string(), "the WebP is damaged", "{lengths:?}");
    }
}

#[test]
fn complete_codes_and_single_symbols_are_not_refused() {
    let longest: Vec<_> = (1..=15).chain([15]).collect();
    for lengths in [&[1, 1][..], &[2, 2, 1], &longest, &[0, 0, 7], &[1]] {
        let decoded = decode_whole(&with_green_lengths(lengths)).unwrap();
        assert_eq!(decoded.missing, 0, "{lengths:?}");
    }
}

#[test]
fn a_single_symbol_takes_no_bits() {
    // Nothing follows the codes.
    let mut writer = BitWriter::header(100, 100);
    writer.put(0b000, 3);
    (0..5).for_each(|_| writer.put(0b0001, 4));
    let decoded = decode_whole(&writer.finish()).unwrap();
    assert!(decoded.missing == 0 && decoded.samples == [0; 40_000]);
}

#[test]
fn a_symbol_outside_the_alphabet_has_no_code() {
    // Distances have 40 symbols. Two equal symbols are one.
    let with_distances = |first: usize, second: usize| {
        let mut writer = BitWriter::header(1, 1);
        writer.put(0b000, 3);
        (0..4).for_each(|_| writer.put(0b0001, 4));
        writer.put(0b111, 3);
        writer.put(first, 8);
        writer.put(second, 8);
        decode_whole(&writer.finish()).is_ok()
    };
    assert!(with_distances(1, 39) && with_distances(40, 1) && with_distances(1, 1));
    assert!(!with_distances(40, 41));
}
