//! Against the definitions of the standard, sample by sample.

use super::*;
use crate::simd::BASELINE_ONLY;

const FILTERS: [RowFilter; 5] = [
    RowFilter::None,
    RowFilter::Sub,
    RowFilter::Up,
    RowFilter::Average,
    RowFilter::Paeth,
];

struct Random(u32);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 24) as u8
    }

    fn row(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    fn filter(&mut self) -> RowFilter {
        FILTERS[usize::from(self.byte()) % FILTERS.len()]
    }
}

/// PNG 3rd ed., 9.2 to 9.4.
fn definition(filter: RowFilter, filtered: &[u8], above: &[u8], pixel: usize) -> Vec<u8> {
    let mut row = Vec::new();
    for (at, x) in filtered.iter().enumerate() {
        let left = |row: &[u8]| at.checked_sub(pixel).map_or(0, |left| row[left]);
        let (a, b, c) = (left(&row), above[at], left(above));
        let predicted = match filter {
            RowFilter::None => 0,
            RowFilter::Sub => a,
            RowFilter::Up => b,
            RowFilter::Average => ((u16::from(a) + u16::from(b)) / 2) as u8,
            RowFilter::Paeth => {
                let estimate = i16::from(a) + i16::from(b) - i16::from(c);
                let distance = |sample: &u8| (estimate - i16::from(*sample)).abs();
                [a, b, c].into_iter().min_by_key(distance).unwrap()
            }
        };
        row.push(x.wrapping_add(predicted));
    }
    row
}

/// Random rows through `unfilter` and through the definition.
fn check(filters: [RowFilter; GROUP], width: usize, pixel: usize, random: &mut Random) {
    let rows: [Vec<u8>; GROUP] = std::array::from_fn(|_| random.row(width * pixel));
    let first = random.row(width * pixel);
    let mut out = rows.each_ref().map(|row| vec![0; row.len()]);
    let group = RowGroup {
        filters,
        filtered: rows.each_ref().map(|row| &row[..]),
        above: &first,
        out: out.each_mut().map(|row| &mut row[..]),
    };
    unfilter(group, pixel);
    let mut above = first;
    for (row, (filter, filtered)) in filters.into_iter().zip(&rows).enumerate() {
        above = definition(filter, filtered, &above, pixel);
        assert_eq!(
            out[row], above,
            "row {row} of {filters:?}, {width} pixels of {pixel} bytes"
        );
    }
}

fn check_all() {
    let mut random = Random(1);
    for pixel in [3, 4] {
        for width in (1..30).chain([333]) {
            for filter in FILTERS {
                check([filter; GROUP], width, pixel, &mut random);
            }
            for _ in 0..20 {
                let filters = std::array::from_fn(|_| random.filter());
                check(filters, width, pixel, &mut random);
            }
        }
    }
}

#[test]
fn every_filter_is_reversed_as_the_standard_defines_it() {
    check_all();
    BASELINE_ONLY.set(true);
    check_all();
    BASELINE_ONLY.set(false);
}

#[test]
fn the_first_of_equal_distances_decides() {
    let mut random = Random(2);
    for _ in 0..2000 {
        // Few values, so that distances are often equal.
        let mut few =
            |length: usize| -> Vec<u8> { (0..length).map(|_| random.byte() % 3).collect() };
        let (filtered, above) = (few(12), few(12));
        let mut out = [[0; 12]; GROUP];
        let group = RowGroup {
            filters: [RowFilter::Paeth; GROUP],
            filtered: [&filtered; GROUP],
            above: &above,
            out: out.each_mut().map(|row| &mut row[..]),
        };
        unfilter(group, 3);
        assert_eq!(
            out[0][..],
            definition(RowFilter::Paeth, &filtered, &above, 3)[..]
        );
    }
}
