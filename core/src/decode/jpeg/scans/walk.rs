//! The order of a scan (T.81 A.2, E.2): units in rows, divided by restart markers.
//!
//! A unit is an MCU where a scan interleaves components, and a single block where it does not. The
//! walk returns *spans*: units of one row that lie in one restart interval, either all inside or
//! all outside the needed rectangle. So the loop over the units of a span has no conditions.
//!
//! ```text
//! at the start of each restart interval:
//!     no unit of it is needed               -> skip it: it ends at the next marker
//!     the marker before it is out of order  -> the interval is lost
//! the data of an interval ends early        -> the rest of it is lost
//! a damaged unit inside an interval         -> decoding goes on after it
//! ```
//!
//! RSTm has the number of its interval modulo 8, so up to three lost markers in a row are detected.
//! A marker that is late, from one of the three intervals before, is ignored. A number that differs by 4
//! has one wrong bit; as in libjpeg, the marker counts as the expected one.

use crate::decode::jpeg::entropy::BitReader;
use crate::error::Result;
use crate::geometry::{Region, Size};

/// Bytes that a search passes in the time of one unit of work.
const BYTES_PER_WORK: usize = 16;

/// A cursor over the units of one scan.
pub(crate) struct ScanWalk<'a> {
    /// Units across and down.
    size: Size,
    /// Units in a restart interval.
    restart_interval: Option<u32>,
    /// The units that are needed.
    needed: Region,
    /// Whether intervals without a needed unit are skipped.
    skips_intervals: bool,
    /// The file from the current interval on.
    interval: &'a [u8],
    /// Bytes that were searched for markers since the last span.
    bytes_searched: usize,
    bits: BitReader<'a>,
    state: SpanState,
    /// Whether a unit that is not needed was damaged. DC predictions may be wrong after it.
    is_suspect: bool,
    /// Intervals that are lost before the one whose marker was found.
    lost_intervals: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanState {
    /// The data is positioned at the span's first unit.
    Ready,
    /// Nothing is needed before the next restart marker.
    Skipped,
    /// The data has ended: nothing can be decoded before the next restart marker.
    Lost,
}

/// Units `x0..x1` of row `y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScanSpan {
    pub(crate) y: u32,
    pub(crate) x0: u32,
    pub(crate) x1: u32,
    pub(crate) needed: bool,
    /// Whether a restart interval begins here: predictions and end-of-band runs are reset.
    pub(crate) starts_interval: bool,
    pub(crate) state: SpanState,
    /// Bytes that were searched for the marker before the span.
    pub(crate) bytes_searched: usize,
}

impl ScanSpan {
    /// The work that the span costs, where decoding a unit costs `unit`.
    pub(crate) fn cost(&self, unit: u64) -> u64 {
        let search = (self.bytes_searched / BYTES_PER_WORK) as u64;
        match self.state {
            SpanState::Ready => search + unit * u64::from(self.x1 - self.x0),
            _ => search + 1,
        }
    }

    /// Units `x0..x1` of the span's row.
    pub(crate) fn region(&self, x0: u32, x1: u32) -> Region {
        Region {
            x0,
            y0: self.y,
            x1,
            y1: self.y + 1,
        }
    }
}

impl<'a> ScanWalk<'a> {
    pub(crate) fn new(data: &'a [u8], size: Size, restart_interval: u32, needed: Region) -> Self {
        Self {
            size,
            restart_interval: (restart_interval > 0).then_some(restart_interval),
            needed,
            skips_intervals: true,
            interval: data,
            bytes_searched: 0,
            bits: BitReader::new(data),
            state: SpanState::Ready,
            is_suspect: false,
            lost_intervals: 0,
        }
    }

    /// Decodes every interval, needed or not.
    pub(crate) fn without_skipping(self) -> Self {
        Self {
            skips_intervals: false,
            ..self
        }
    }

    /// The file from the current restart interval on.
    pub(crate) fn interval(&self) -> &'a [u8] {
        self.interval
    }

    /// The rows up to the last needed one.
    pub(crate) fn rows(&self) -> std::ops::Range<u32> {
        0..self.needed.y1.min(self.size.height)
    }

    /// The span that begins at unit `x` of row `y`, where the one before ended. `None` at the end
    /// of the row.
    pub(crate) fn next_span(&mut self, y: u32, x: u32) -> Option<ScanSpan> {
        if x >= self.size.width {
            return None;
        }
        // At most 8192 x 8192 blocks, so 32 bits are enough.
        let unit = y * self.size.width + x;
        let mut starts_interval = unit == 0;
        let mut x1 = self.size.width;
        if let Some(interval) = self.restart_interval {
            let offset = unit % interval;
            x1 = x1.min(x + (interval - offset));
            if offset == 0 {
                starts_interval = true;
                self.enter_interval(unit, interval);
            }
        }
        let (x1, needed) = self.clip(y, x, x1);
        Some(ScanSpan {
            y,
            x0: x,
            x1,
            needed,
            starts_interval,
            state: self.state,
            bytes_searched: std::mem::take(&mut self.bytes_searched),
        })
    }

    /// Decodes the units of `span`. `decode` returns the first unit that is damaged or past the end
    /// of the data, or else the end of the span. `on_missing` gets the needed units that are missing.
    ///
    /// ```text
    /// after a damaged unit:     go on with the next one
    /// at the end of the data:   give up the rest of the restart interval
    /// ```
    pub(crate) fn decode_span(
        &mut self,
        span: ScanSpan,
        mut decode: impl FnMut(&mut BitReader<'a>, ScanSpan) -> u32,
        mut on_missing: impl FnMut(Region) -> Result<()>,
    ) -> Result<()> {
        if span.state == SpanState::Skipped {
            return Ok(());
        }
        if span.needed && std::mem::take(&mut self.is_suspect) {
            // Damage before the needed units is reported as one missing unit.
            on_missing(span.region(span.x0, span.x0 + 1))?;
        }
        let mut x = span.x0;
        while x < span.x1 && span.state == SpanState::Ready {
            let stop = decode(&mut self.bits, ScanSpan { x0: x, ..span });
            if self.bits.is_past_end() {
                self.state = SpanState::Lost;
                x = stop;
                break;
            }
            if stop < span.x1 && span.needed {
                on_missing(span.region(stop, stop + 1))?;
            } else if stop < span.x1 {
                self.is_suspect = true;
            }
            x = stop + 1;
        }
        if x < span.x1 && span.needed {
            on_missing(span.region(x, span.x1))?;
        }
        Ok(())
    }

    /// Ends units `x..x1` where the needed rectangle begins or ends. Returns the new end, and
    /// whether the units before it are needed.
    fn clip(&self, y: u32, x: u32, x1: u32) -> (u32, bool) {
        let needed = self.needed;
        if !(needed.y0..needed.y1).contains(&y) || x >= needed.x1 {
            (x1, false)
        } else if x < needed.x0 {
            (x1.min(needed.x0), false)
        } else {
            (x1.min(needed.x1), true)
        }
    }

    /// Enters the interval that begins at `unit`.
    fn enter_interval(&mut self, unit: u32, interval: u32) {
        self.is_suspect = false;
        self.state = if unit == 0 {
            SpanState::Ready
        } else {
            self.find_restart((unit / interval - 1) & 7)
        };
        if self.state == SpanState::Ready && self.skips_intervals && !self.needs(unit, interval) {
            self.state = SpanState::Skipped;
        }
    }

    /// Moves past the marker before an interval, RSTm with m = `expected` if none was lost.
    fn find_restart(&mut self, expected: u32) -> SpanState {
        if self.lost_intervals > 0 {
            // The marker of a later interval was found before.
            self.lost_intervals -= 1;
            return self.state_before_marker();
        }
        while let Some((marker @ 0xD0..=0xD7, rest)) = self.next_marker() {
            self.bits = BitReader::new(rest);
            // How many intervals the marker is early, modulo 8: 5 to 7 means late.
            let early = (u32::from(marker & 7) + 8 - expected) & 7;
            if early <= 4 {
                self.lost_intervals = early % 4;
                return self.state_before_marker();
            }
        }
        // No marker follows. Without data, the next interval does not search the same bytes again.
        self.bits = BitReader::new(&[]);
        SpanState::Lost
    }

    /// The next marker, and the file after it.
    fn next_marker(&mut self) -> Option<(u8, &'a [u8])> {
        let found = self.bits.next_marker();
        let rest = found.map_or(&[][..], |(_, rest)| rest);
        self.bytes_searched += self.interval.len() - rest.len();
        self.interval = rest;
        found
    }

    fn state_before_marker(&self) -> SpanState {
        match self.lost_intervals {
            0 => SpanState::Ready,
            _ => SpanState::Lost,
        }
    }

    /// Whether any of `count` units from `unit` on is needed.
    fn needs(&self, unit: u32, count: u32) -> bool {
        let Region { x0, x1, y0, y1 } = self.needed;
        let (y, x) = (unit / self.size.width, unit % self.size.width);
        // The first needed unit that is not before `unit`.
        let (y, x) = if y < y0 {
            (y0, x0)
        } else if x >= x1 {
            (y + 1, x0)
        } else {
            (y, x.max(x0))
        };
        y < y1 && y * self.size.width + x < unit.saturating_add(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(data: &[u8], restart_interval: u32) -> Vec<(u32, u32, u32, bool, SpanState)> {
        let needed = Region {
            x0: 1,
            y0: 1,
            x1: 3,
            y1: 3,
        };
        let mut walk = ScanWalk::new(data, Size::new(4, 4), restart_interval, needed);
        let mut spans = Vec::new();
        for y in walk.rows() {
            let mut x = 0;
            while let Some(span) = walk.next_span(y, x) {
                x = span.x1;
                spans.push((span.y, span.x0, span.x1, span.needed, span.state));
            }
        }
        spans
    }

    #[test]
    fn spans_end_at_the_needed_rectangle() {
        use SpanState::Ready;
        let expected = [
            (0, 0, 4, false, Ready),
            (1, 0, 1, false, Ready),
            (1, 1, 3, true, Ready),
            (1, 3, 4, false, Ready),
            (2, 0, 1, false, Ready),
            (2, 1, 3, true, Ready),
            (2, 3, 4, false, Ready),
        ];
        assert_eq!(spans(&[], 0), expected);
    }

    #[test]
    fn skipping_an_interval_costs_in_proportion_to_its_bytes() {
        let needed = Region {
            x0: 0,
            y0: 1,
            x1: 4,
            y1: 2,
        };
        let cost = |bytes: usize| {
            let data = [&vec![1; bytes][..], &[0xFF, 0xD0, 0]].concat();
            let mut walk = ScanWalk::new(&data, Size::new(4, 4), 4, needed);
            let spans = walk.rows().map(|y| walk.next_span(y, 0).unwrap().cost(64));
            spans.sum::<u64>()
        };
        assert_eq!(cost(16_000) - cost(0), 1000);
    }

    #[test]
    fn unneeded_intervals_are_skipped_and_a_missing_marker_loses_one_interval() {
        use SpanState::{Lost, Ready, Skipped};
        // Four units an interval; RST1 is missing.
        let data = [0, 0xFF, 0xD0, 0, 0xFF, 0xD2, 0];
        let states: Vec<_> = spans(&data, 4).iter().map(|span| span.4).collect();
        assert_eq!(states, [Skipped, Ready, Ready, Ready, Lost, Lost, Lost]);
    }

    #[test]
    fn neither_a_reserved_marker_nor_a_wrong_bit_in_the_number_loses_later_intervals() {
        use SpanState::{Ready, Skipped};
        for wrong in [
            [0xFF, 0xD0, 0, 0xFF, 0x08, 0xFF, 0xD1, 0],
            [0xFF, 0xD0, 0, 0, 0, 0xFF, 0xD5, 0],
        ] {
            let data = [&[0], &wrong[..], &[0xFF, 0xD2, 0]].concat();
            let states: Vec<_> = spans(&data, 4).iter().map(|span| span.4).collect();
            let expected = [Skipped, Ready, Ready, Ready, Ready, Ready, Ready];
            assert_eq!(states, expected, "{wrong:X?}");
        }
    }
}
