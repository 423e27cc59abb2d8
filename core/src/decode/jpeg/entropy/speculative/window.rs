//! A part of a scan without stuffed zeros, so that any bit of it can be addressed.

use memchr::{memchr, memchr_iter};

use crate::decode::jpeg::entropy::bits::BitReader;
use crate::error::Result;
use crate::limits::{Budget, Buffer};

/// Bytes of a window, a power of two.
pub(super) const CAPACITY: usize = 128 << 10;

/// Zeros after the data, for look-ups beyond its end.
const PADDING: usize = 16;

/// The bytes of a window. Their number is known to the compiler, so a look-up needs no check.
pub(crate) type WindowBytes = [u8; CAPACITY + PADDING];

/// Restart intervals that one window lists at most.
const MAX_INTERVALS: usize = 512;

/// A place in a scan: the file from a byte on, and the bits before the place in that byte.
pub(super) type Place<'a> = (&'a [u8], u32);

/// Whether two places of one file are the same.
pub(super) fn is_same(a: Place<'_>, b: Place<'_>) -> bool {
    a.0.len() == b.0.len() && a.1 == b.1
}

pub(super) struct ScanWindow<'a> {
    bytes: Buffer<u8>,
    pub(super) intervals: Vec<WindowInterval<'a>>,
    /// The file from the first interval on that is not listed, if only the list is full.
    unlisted: Option<&'a [u8]>,
}

/// A restart interval, or the part of it that is in the window.
#[derive(Clone, Copy)]
pub(super) struct WindowInterval<'a> {
    /// The file from there on.
    source: &'a [u8],
    /// The place in the window, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether its data ends in the window.
    pub(super) is_complete: bool,
}

impl<'a> ScanWindow<'a> {
    pub(super) fn new(budget: &Budget) -> Result<Self> {
        Ok(Self {
            bytes: budget.buffer(CAPACITY + PADDING)?,
            intervals: Vec::with_capacity(MAX_INTERVALS),
            unlisted: None,
        })
    }

    /// The bytes, of which a part is data, and the end of the data in bits.
    pub(super) fn data(&self) -> Option<(&WindowBytes, usize)> {
        let end = self.intervals.last().map_or(0, |interval| 8 * interval.end);
        self.bytes.first_chunk().zip(Some(end))
    }

    /// Fills `length` bytes of the window from `source`, across restart markers.
    #[inline(always)]
    pub(super) fn fill(&mut self, mut source: &'a [u8], length: usize) {
        let length = length.min(CAPACITY);
        self.intervals.clear();
        self.unlisted = None;
        let mut start = 0;
        loop {
            let (end, rest) = unstuff(source, &mut self.bytes[..length], start);
            self.intervals.push(WindowInterval {
                source,
                start,
                end,
                is_complete: end < length,
            });
            start = end;
            let [0xFF, 0xD0..=0xD7, next @ ..] = rest else {
                break;
            };
            if end == length || self.intervals.len() == MAX_INTERVALS {
                self.unlisted = (end < length).then_some(next);
                break;
            }
            source = next;
        }
        self.bytes[start..start + PADDING].fill(0);
    }

    /// The file from the start of an interval on, counted from the first in the window. `None` if it is
    /// not known.
    pub(super) fn interval_source(&self, index: usize) -> Option<&'a [u8]> {
        match self.intervals.get(index) {
            Some(interval) => Some(interval.source),
            None => self.unlisted.filter(|_| index == self.intervals.len()),
        }
    }

    /// The place in the file of bit `position` of an interval.
    pub(super) fn source_at(&self, interval: WindowInterval<'a>, position: usize) -> Place<'a> {
        let before = self.bytes.get(interval.start..position / 8);
        let before = before.unwrap_or_default();
        // Every FF in the window had a zero after it.
        let offset = before.len() + memchr_iter(0xFF, before).count();
        let rest = interval.source.get(offset..).unwrap_or_default();
        (rest, position as u32 & 7)
    }
}

impl<'a> WindowInterval<'a> {
    /// Whether the interval begins where `source` does. Both are ends of one file.
    pub(super) fn begins_at(&self, source: &[u8]) -> bool {
        self.source.len() == source.len()
    }
}

/// Copies `source` to `target` from `at` on, up to a marker. Returns the end of the copy, and the rest
/// of the source.
#[inline(always)]
fn unstuff<'a>(mut source: &'a [u8], target: &mut [u8], mut at: usize) -> (usize, &'a [u8]) {
    while at < target.len() {
        let mut clean = copy_clean_chunks(source, &mut target[at..]);
        source = &source[clean..];
        at += clean;
        // Less than a chunk, or a chunk with FF.
        let ahead = &source[..source.len().min(target.len() - at)];
        clean = memchr(0xFF, ahead).unwrap_or(ahead.len());
        target[at..at + clean].copy_from_slice(&source[..clean]);
        source = &source[clean..];
        at += clean;
        match (source.strip_prefix(&[0xFF, 0x00]), target.get_mut(at)) {
            (Some(rest), Some(byte)) => {
                *byte = 0xFF;
                at += 1;
                source = rest;
            }
            _ => break,
        }
    }
    (at, source)
}

/// Copies whole chunks without FF. Returns the length of the copy.
#[inline(always)]
fn copy_clean_chunks(source: &[u8], target: &mut [u8]) -> usize {
    let chunks = source.as_chunks::<32>().0;
    let targets = target.as_chunks_mut::<32>().0;
    let mut count = 0;
    for (chunk, target) in chunks.iter().zip(targets) {
        if chunk.iter().fold(false, |any, &byte| any | (byte == 0xFF)) {
            break;
        }
        *target = *chunk;
        count += 1;
    }
    32 * count
}

/// The 57 bits or more from bit `position` on. A position after the window gives any bits.
#[inline(always)]
pub(super) fn bits_at(bytes: &WindowBytes, position: usize) -> u64 {
    let at = (position >> 3) % CAPACITY;
    let next = bytes[at..].first_chunk().copied().unwrap_or_default();
    u64::from_be_bytes(next) << (position & 7)
}

/// A reader of the file from a place on.
pub(super) fn reader_at((source, bits): Place<'_>) -> BitReader<'_> {
    let mut reader = BitReader::new(source);
    reader.refill();
    reader.consume(bits);
    reader
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn a_window_has_no_stuffed_zeros_and_lists_its_intervals() {
        let file = [1, 0xFF, 0, 2, 0xFF, 0xD3, 3, 0xFF, 0, 0xFF, 0xD9, 4];
        let budget = Budget::new(&Limits::default());
        let mut window = ScanWindow::new(&budget).unwrap();
        window.fill(&file, 8);
        assert_eq!(window.data().unwrap().0[..6], [1, 0xFF, 2, 3, 0xFF, 0]);
        let intervals = window.intervals.iter();
        let intervals: Vec<_> = intervals.map(|i| (i.start, i.end, i.is_complete)).collect();
        assert_eq!(intervals, [(0, 3, true), (3, 5, true)]);
        let place = window.source_at(window.intervals[0], 8 * 2 + 5);
        assert_eq!(place, (&file[3..], 5));
        window.fill(&file, 2);
        assert_eq!(window.intervals[0].end, 2);
        assert!(!window.intervals[0].is_complete);
    }
}
