//! Reverses the filters of rows (PNG 3rd ed., 9.2), eight rows at once.
//!
//! ```text
//! x = a filtered sample; a, b, c = the samples to its left, above, and above to the left
//! None  x        Sub  x + a        Up  x + b        Average  x + (a + b) / 2
//! Paeth  x + that of a, b, c which is nearest to a + b - c
//! ```
//!
//! A sample waits for the one to its left, so a Paeth pixel takes about ten cycles, one after the other.
//! But a pixel of the next row does not wait for the end of this row. So each step computes a pixel of
//! every row, along a diagonal:
//!
//! ```text
//! step           0  1  2  3  4
//! row 0, column  0  1  2  3  4
//! row 1, column     0  1  2  3       a = the row's result of the step before
//! row 2, column        0  1  2       b = that of the row above
//! row 3, column           0  1       c = b of the step before
//! ```
//!
//! Four rows share a vector, with four lanes for each. Two vectors take turns, because one alone would
//! wait for its own result.

use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, i16x16, u8x16, u32x4};

use crate::simd;

/// Rows that are unfiltered together.
pub(super) const GROUP: usize = VECTORS * ROWS;
const VECTORS: usize = 2;
/// Rows in a vector.
const ROWS: usize = 4;
/// Bytes of a pixel in a vector. A pixel of three bytes is followed by a byte of the next pixel, whose
/// result is overwritten.
const LANES: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFilter {
    None,
    Sub,
    Up,
    Average,
    Paeth,
}

impl RowFilter {
    /// From the byte before a row.
    pub(super) fn new(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::None,
            1 => Self::Sub,
            2 => Self::Up,
            3 => Self::Average,
            4 => Self::Paeth,
            _ => return None,
        })
    }
}

/// Rows of equal length, and the place of their results.
pub(super) struct RowGroup<'a> {
    pub filters: [RowFilter; GROUP],
    pub filtered: [&'a [u8]; GROUP],
    /// The row above the first one.
    pub above: &'a [u8],
    pub out: [&'a mut [u8]; GROUP],
}

/// Unfilters rows of pixels of `pixel` bytes, 3 or 4.
pub(super) fn unfilter(group: RowGroup<'_>, pixel: usize) {
    let simple = |filter: &RowFilter| matches!(filter, RowFilter::None | RowFilter::Up);
    if group.filters.iter().all(simple) {
        return unfilter_simple(group);
    }
    dispatch!(simd::level(), simd => match pixel {
        3 => unfilter_diagonally::<3, _>(simd, group),
        _ => unfilter_diagonally::<4, _>(simd, group),
    });
}

/// No sample waits for one to its left.
fn unfilter_simple(group: RowGroup<'_>) {
    let mut above = group.above;
    for ((filter, filtered), out) in group.filters.into_iter().zip(group.filtered).zip(group.out) {
        out.copy_from_slice(filtered);
        if filter == RowFilter::Up {
            let samples = out.iter_mut().zip(above);
            samples.for_each(|(sample, above)| *sample = sample.wrapping_add(*above));
        }
        above = out;
    }
}

#[inline(always)]
fn unfilter_diagonally<const PIXEL: usize, S: Simd>(simd: S, mut group: RowGroup<'_>) {
    let width = group.above.len() / PIXEL;
    let mut diagonal = Diagonal::new(simd, group.filters);
    // In between, every row has a pixel, and a byte after it.
    let start = (GROUP - 1).min(width);
    let end = width.saturating_sub(1).max(start);
    step_at_edge::<PIXEL, S>(simd, &mut group, &mut diagonal, 0..start);
    step_inside::<PIXEL, S>(simd, &mut group, &mut diagonal, start..end);
    step_at_edge::<PIXEL, S>(simd, &mut group, &mut diagonal, end..width + GROUP - 1);
}

#[inline(always)]
fn step_inside<const PIXEL: usize, S: Simd>(
    simd: S,
    group: &mut RowGroup<'_>,
    diagonal: &mut Diagonal<S>,
    steps: Range<usize>,
) {
    if steps.is_empty() {
        return;
    }
    // Slices of one length, so that one comparison checks the bounds of all.
    let length = (steps.len() - 1) * PIXEL + LANES;
    let bytes = |row: usize| (steps.start - row) * PIXEL..(steps.start - row) * PIXEL + length;
    let above = &group.above[bytes(0)];
    let filtered: [&[u8]; GROUP] = std::array::from_fn(|row| &group.filtered[row][bytes(row)]);
    let mut rows = 0..;
    let mut out = group.out.each_mut().map(|out| {
        let row = rows.next().unwrap_or_default();
        &mut out[bytes(row)]
    });
    // `step_by` takes twice the time.
    let mut at = 0;
    while at + LANES <= length {
        let filtered = std::array::from_fn(|row| word(&filtered[row][at..at + LANES]));
        let results = diagonal.step(simd, filtered, word(&above[at..at + LANES]));
        for (out, result) in out.iter_mut().zip(results) {
            out[at..at + LANES].copy_from_slice(&result.to_le_bytes());
        }
        at += PIXEL;
    }
}

/// Steps in which some rows have no pixel. Such a pixel is 0, as the standard wants it to the left of the
/// first one.
#[inline(always)]
fn step_at_edge<const PIXEL: usize, S: Simd>(
    simd: S,
    group: &mut RowGroup<'_>,
    diagonal: &mut Diagonal<S>,
    steps: Range<usize>,
) {
    for step in steps {
        let pixel = |bytes: &[u8], row: usize| {
            let first = step.checked_sub(row).map(|column| column * PIXEL);
            let rest = first.and_then(|first| bytes.get(first..));
            word(&rest.unwrap_or_default()[..rest.map_or(0, |rest| rest.len().min(PIXEL))])
        };
        let filtered = std::array::from_fn(|row| pixel(group.filtered[row], row));
        let results = diagonal.step(simd, filtered, pixel(group.above, 0));
        for (row, (out, result)) in group.out.iter_mut().zip(results).enumerate() {
            let first = step.checked_sub(row).map(|column| column * PIXEL);
            let place = first.and_then(|first| out.get_mut(first..first + PIXEL));
            place
                .into_iter()
                .for_each(|place| place.copy_from_slice(&result.to_le_bytes()[..PIXEL]));
        }
    }
}

/// Up to four bytes.
#[inline(always)]
fn word(bytes: &[u8]) -> u32 {
    let mut word = [0; LANES];
    word[..bytes.len()].copy_from_slice(bytes);
    u32::from_le_bytes(word)
}

/// The pixels of the last step.
struct Diagonal<S: Simd> {
    quads: [Quad<S>; VECTORS],
}

impl<S: Simd> Diagonal<S> {
    #[inline(always)]
    fn new(simd: S, filters: [RowFilter; GROUP]) -> Self {
        let quad = |at: usize| Quad::new(simd, std::array::from_fn(|row| filters[at * ROWS + row]));
        Self {
            quads: std::array::from_fn(quad),
        }
    }

    /// `above` is the pixel above the next one of the first row.
    #[inline(always)]
    fn step(&mut self, simd: S, filtered: [u32; GROUP], above: u32) -> [u32; GROUP] {
        let mut results = [0; GROUP];
        let rows = filtered.as_chunks().0.iter().zip(results.as_chunks_mut().0);
        let mut above = above;
        for (quad, (filtered, results)) in self.quads.iter_mut().zip(rows) {
            let next_above = quad.last;
            *results = quad.step(simd, *filtered, above);
            above = next_above;
        }
        results
    }
}

/// The pixels of four rows.
struct Quad<S: Simd> {
    left: i16x16<S>,
    above: i16x16<S>,
    /// The last row's pixel.
    last: u32,
    /// All bits of the rows that have this filter.
    sub: i16x16<S>,
    up: i16x16<S>,
    average: i16x16<S>,
    paeth: i16x16<S>,
}

impl<S: Simd> Quad<S> {
    #[inline(always)]
    fn new(simd: S, filters: [RowFilter; ROWS]) -> Self {
        let zero = i16x16::splat(simd, 0);
        let mask = |filter| {
            let lane = |lane: usize| -i16::from(filters[lane / LANES] == filter);
            let lanes: [i16; ROWS * LANES] = std::array::from_fn(lane);
            i16x16::simd_from(simd, lanes)
        };
        Self {
            left: zero,
            above: zero,
            last: 0,
            sub: mask(RowFilter::Sub),
            up: mask(RowFilter::Up),
            average: mask(RowFilter::Average),
            paeth: mask(RowFilter::Paeth),
        }
    }

    #[inline(always)]
    fn step(&mut self, simd: S, filtered: [u32; ROWS], above: u32) -> [u32; ROWS] {
        let (x, above) = (widen(simd, filtered), widen(simd, [0, 0, 0, above]));
        let (a, c) = (self.left, self.above);
        // The pixel above comes first; the results move to the lanes of the row below.
        let b = above.slide::<{ LANES * (ROWS - 1) }>(a);
        let prediction = (a & self.sub)
            | (b & self.up)
            | (((a + b) >> 1) & self.average)
            | (paeth(a, b, c) & self.paeth);
        self.left = (x + prediction) & 255;
        self.above = b;
        let results = narrow(simd, self.left);
        self.last = results[ROWS - 1];
        results
    }
}

/// The one of `a`, `b` and `c` that is nearest to `a + b - c`; the first of equals.
#[inline(always)]
fn paeth<S: Simd>(a: i16x16<S>, b: i16x16<S>, c: i16x16<S>) -> i16x16<S> {
    let (from_a, from_b) = (b - c, a - c);
    let from_c = (from_a + from_b).abs();
    let (from_a, from_b) = (from_a.abs(), from_b.abs());
    let least = from_a.min(from_b).min(from_c);
    let b_or_c = from_b.simd_eq(least).select(b, c);
    from_a.simd_eq(least).select(a, b_or_c)
}

#[inline(always)]
fn widen<S: Simd>(simd: S, words: [u32; ROWS]) -> i16x16<S> {
    let words: u32x4<S> = words.simd_into(simd);
    let bytes: u8x16<S> = words.bitcast();
    let (low, high) = simd.widen_u8x16(bytes);
    simd.combine_u16x8(low, high).bitcast()
}

#[inline(always)]
fn narrow<S: Simd>(simd: S, lanes: i16x16<S>) -> [u32; ROWS] {
    let (low, high) = simd.split_i16x16(lanes);
    let words: u32x4<S> = simd.narrow_u16x8(low.bitcast(), high.bitcast()).bitcast();
    words.into()
}

#[cfg(test)]
mod tests;
