//! The order of a scan (T.81 A.2, E.2): units in rows, cut up by restart markers.
//!
//! A unit is an MCU where a scan interleaves components and a single block where it does not.
//! The walk hands out *runs*: stretches of units of one row that lie in one restart interval and
//! wholly inside or wholly outside the wanted rectangle. So the loop over a run's units needs to
//! ask no questions.
//!
//! ```text
//! at the start of each restart interval:
//!     nothing wanted in it?  pass it: its end is the next marker
//!     the marker before it is not the expected one?  the interval is lost
//! damage inside an interval: what is left of it is lost
//! ```
//!
//! RSTm tells the number of its interval modulo 8, so up to three lost markers in a row are
//! noticed; a marker that comes late, from one of the four intervals before, is ignored.

use crate::decode::jpeg::entropy::bits::Bits;
use crate::decode::jpeg::entropy::huffman::{Class, Table};
use crate::decode::jpeg::markers::frame::Frame;
use crate::decode::jpeg::markers::segment::{Segment, Tables};
use crate::decode::jpeg::scans::single_scan::Coder;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};

/// What a SOS segment says (B.2.3).
#[derive(Clone, Debug)]
pub(crate) struct ScanHeader {
    pub(crate) components: Vec<Listed>,
    /// Spectral selection: the first and last coefficient, Ss and Se.
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// Successive approximation: the bits still missing before and after this scan, Ah and Al.
    pub(crate) high: u32,
    pub(crate) low: u32,
}

/// A component of a scan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    /// Its index in the frame.
    pub(crate) component: usize,
    /// Which Huffman tables.
    dc: usize,
    ac: usize,
}

impl ScanHeader {
    pub(crate) fn read(segment: &Segment, bytes: &[u8], frame: &Frame) -> Result<Self> {
        let scan = Self::parse(segment.payload(bytes), frame);
        scan.ok_or_else(|| Error::malformed("a damaged scan header").at(segment.offset))
    }

    fn parse(payload: &[u8], frame: &Frame) -> Option<Self> {
        let (&count, rest) = payload.split_first()?;
        let (list, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let &[first, last, bits] = rest.first_chunk::<3>()?;
        let mut components: Vec<Listed> = Vec::with_capacity(4);
        for entry in list.as_chunks().0 {
            let listed = Listed::parse(*entry, frame, &components)?;
            components.push(listed);
        }
        let scan = Self {
            components,
            first: first.into(),
            last: last.into(),
            high: u32::from(bits >> 4),
            low: u32::from(bits & 15),
        };
        scan.checked(frame.progressive)
    }

    /// Sequential scans have no choice, so whatever theirs say is ignored (table B.3).
    fn checked(self, progressive: bool) -> Option<Self> {
        if !progressive {
            return (!self.components.is_empty()).then_some(Self {
                first: 0,
                last: 63,
                high: 0,
                low: 0,
                ..self
            });
        }
        let band = if self.first == 0 {
            self.last == 0 && !self.components.is_empty()
        } else {
            self.first <= self.last && self.last <= 63 && self.components.len() == 1
        };
        let step = self.high == 0 || self.high == self.low + 1;
        (band && step && self.low <= 13).then_some(self)
    }

    /// Whether this scan brings another bit of coefficients sent before.
    pub(crate) fn refines(&self) -> bool {
        self.high > 0
    }

    /// The coefficients of this scan, one bit each.
    pub(crate) fn band(&self) -> u64 {
        u64::MAX >> (63 - self.last) & u64::MAX << self.first
    }
}

impl Listed {
    /// Components are named by their identifiers. Where several have the same one, each is taken
    /// in turn.
    fn parse([id, tables]: [u8; 2], frame: &Frame, before: &[Self]) -> Option<Self> {
        let taken = |index| before.iter().any(|listed| listed.component == index);
        let mut named = frame
            .components
            .iter()
            .enumerate()
            .filter(|(_, c)| c.id == id);
        let (component, _) = named.find(|&(index, _)| !taken(index))?;
        let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
        (dc < 4 && ac < 4).then_some(Self { component, dc, ac })
    }
}

/// The Huffman tables that a scan uses, ready to decode with.
pub(crate) struct ScanTables {
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    chosen: Vec<Listed>,
}

impl ScanTables {
    /// Prepares the tables for a scan of `units` units.
    pub(crate) fn new(
        scan: &ScanHeader,
        tables: &Tables,
        progressive: bool,
        units: Size,
    ) -> Result<Self> {
        let class = if progressive {
            Class::AcProgressive
        } else {
            Class::Ac
        };
        let skipping = units.pixels() > 1000;
        let mut ready = Self {
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            chosen: scan.components.clone(),
        };
        for listed in &scan.components {
            if scan.first == 0 && !scan.refines() && ready.dc[listed.dc].is_none() {
                let spec = tables.dc(listed.dc)?;
                ready.dc[listed.dc] = Some(Table::new(&spec, Class::Dc, false)?);
            }
            if scan.last > 0 && ready.ac[listed.ac].is_none() {
                let spec = tables.ac(listed.ac)?;
                ready.ac[listed.ac] = Some(Table::new(&spec, class, skipping)?);
            }
        }
        Ok(ready)
    }

    /// What decodes the blocks of the scan's component `index`.
    pub(crate) fn coder(&self, index: usize) -> Result<Coder<'_>> {
        let dc = self.dc(index)?;
        let ac = self.ac(index).unwrap_or(dc);
        Ok(Coder::new(dc, ac))
    }

    pub(crate) fn dc(&self, index: usize) -> Result<&Table> {
        let table = self
            .chosen
            .get(index)
            .and_then(|listed| self.dc[listed.dc].as_ref());
        table.ok_or_else(|| Error::internal("a DC table was not prepared"))
    }

    pub(crate) fn ac(&self, index: usize) -> Result<&Table> {
        let table = self
            .chosen
            .get(index)
            .and_then(|listed| self.ac[listed.ac].as_ref());
        table.ok_or_else(|| Error::internal("an AC table was not prepared"))
    }
}

/// A cursor over the units of one scan.
pub(crate) struct Walk<'a> {
    /// Units across and down.
    size: Size,
    /// Units in a restart interval.
    interval: Option<u32>,
    /// Units that matter.
    wanted: Region,
    /// Whether intervals without wanted units may be passed unread.
    passing: bool,
    pub(crate) bits: Bits<'a>,
    state: State,
    /// Intervals to give up before the marker that was found is due.
    ahead: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The data stands at the next unit.
    Live,
    /// Nothing is wanted before the next restart marker.
    Passed,
    /// Damage: nothing can be decoded before the next restart marker.
    Lost,
}

/// Units `x0..x1` of row `y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) y: u32,
    pub(crate) x0: u32,
    pub(crate) x1: u32,
    pub(crate) wanted: bool,
    /// Predictions and end-of-band runs start anew.
    pub(crate) fresh: bool,
    pub(crate) state: State,
}

impl Run {
    /// What the run costs, if a unit that is read costs `unit`.
    pub(crate) fn cost(&self, unit: u64) -> u64 {
        match self.state {
            State::Live => unit * u64::from(self.x1 - self.x0),
            _ => 1,
        }
    }
}

impl<'a> Walk<'a> {
    pub(crate) fn new(data: &'a [u8], size: Size, interval: u32, wanted: Region) -> Self {
        Self {
            size,
            interval: (interval > 0).then_some(interval),
            wanted,
            passing: true,
            bits: Bits::new(data),
            state: State::Live,
            ahead: 0,
        }
    }

    /// Reads every interval, wanted or not.
    pub(crate) fn without_passing(self) -> Self {
        Self {
            passing: false,
            ..self
        }
    }

    /// The rows up to the last wanted one.
    pub(crate) fn rows(&self) -> std::ops::Range<u32> {
        0..self.wanted.y1.min(self.size.height)
    }

    /// The run that starts at unit `x` of row `y`, where the last one ended; `None` at a row's end.
    pub(crate) fn run(&mut self, y: u32, x: u32) -> Option<Run> {
        if x >= self.size.width {
            return None;
        }
        let unit = y * self.size.width + x;
        let mut fresh = unit == 0;
        let mut x1 = self.size.width;
        if let Some(interval) = self.interval {
            let into = unit % interval;
            x1 = x1.min(x + (interval - into));
            if into == 0 {
                fresh = true;
                self.start(unit, interval);
            }
        }
        let (x1, wanted) = self.cut(y, x, x1);
        Some(Run {
            y,
            x0: x,
            x1,
            wanted,
            fresh,
            state: self.state,
        })
    }

    /// Gives up the rest of the restart interval.
    pub(crate) fn damaged(&mut self) {
        self.state = State::Lost;
    }

    /// Ends a run where the wanted rectangle begins or ends.
    fn cut(&self, y: u32, x: u32, x1: u32) -> (u32, bool) {
        let Region {
            x0: left,
            x1: right,
            y0,
            y1,
        } = self.wanted;
        if !(y0..y1).contains(&y) || x >= right {
            (x1, false)
        } else if x < left {
            (x1.min(left), false)
        } else {
            (x1.min(right), true)
        }
    }

    /// Enters the interval that begins at `unit`.
    fn start(&mut self, unit: u32, interval: u32) {
        self.state = if unit == 0 {
            State::Live
        } else {
            self.restart((unit / interval - 1) & 7)
        };
        if self.state == State::Live && self.passing && !self.wants(unit, interval) {
            self.state = State::Passed;
        }
    }

    /// Moves past the marker before an interval; it should be RST`due`.
    fn restart(&mut self, due: u32) -> State {
        if self.ahead > 0 {
            self.ahead -= 1;
            return if self.ahead == 0 {
                State::Live
            } else {
                State::Lost
            };
        }
        while let Some((code @ 0xD0..=0xD7, rest)) = self.bits.next_marker() {
            let early = (u32::from(code & 7) + 8 - due) & 7;
            if early > 3 {
                self.bits = Bits::new(rest);
                continue;
            }
            self.bits = Bits::new(rest);
            self.ahead = early;
            return if early == 0 { State::Live } else { State::Lost };
        }
        // Nothing follows; do not search the same bytes again for the next interval.
        self.bits = Bits::new(&[]);
        State::Lost
    }

    /// Whether any of `count` units from `unit` on is wanted.
    fn wants(&self, unit: u32, count: u32) -> bool {
        let Region { x0, x1, y0, y1 } = self.wanted;
        let (y, x) = (unit / self.size.width, unit % self.size.width);
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

    fn runs(data: &[u8], interval: u32) -> Vec<(u32, u32, u32, bool, State)> {
        let wanted = Region {
            x0: 1,
            y0: 1,
            x1: 3,
            y1: 3,
        };
        let mut walk = Walk::new(data, Size::new(4, 4), interval, wanted);
        let mut runs = Vec::new();
        for y in walk.rows() {
            let mut x = 0;
            while let Some(run) = walk.run(y, x) {
                x = run.x1;
                runs.push((run.y, run.x0, run.x1, run.wanted, run.state));
            }
        }
        runs
    }

    #[test]
    fn runs_end_at_the_wanted_rectangle() {
        use State::Live;
        let expected = [
            (0, 0, 4, false, Live),
            (1, 0, 1, false, Live),
            (1, 1, 3, true, Live),
            (1, 3, 4, false, Live),
            (2, 0, 1, false, Live),
            (2, 1, 3, true, Live),
            (2, 3, 4, false, Live),
        ];
        assert_eq!(runs(&[], 0), expected);
    }

    #[test]
    fn intervals_without_wanted_units_are_passed_and_a_missing_marker_loses_one() {
        use State::{Live, Lost, Passed};
        // Four units an interval; RST1 is missing.
        let data = [0, 0xFF, 0xD0, 0, 0xFF, 0xD2, 0];
        let states: Vec<_> = runs(&data, 4).iter().map(|run| run.4).collect();
        assert_eq!(states, [Passed, Live, Live, Live, Lost, Lost, Lost]);
    }
}
