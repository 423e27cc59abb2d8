//! Where the blocks of a scan start: lanes, and how they join. See the [overview](super).
//!
//! A *turn* of a lane is three look-ups in the bits of one load:
//!
//! ```text
//! w = 57 bits at the lane's position;  sum = position in the block << 8
//! e = table[next 13 bits of w];  w <<= bits of e;  sum += e       the first table begins with DC
//! twice:
//!     e = table[next 13 bits of w], or 0 after an end of block
//!     w <<= bits of e;  sum += e
//! sum leads past the block: take single symbols to its end instead
//! position += bits of sum
//! end of block: its end is the start of the next
//! ```
//!
//! A block without an end of block is rare in most photos. So is a code of more than 13 bits.

use std::cell::Cell;
use std::hint::select_unpredictable;

use super::found::{Chain, FoundWindow};
use super::lengths::{END, INDEX_BITS, LengthTable, PAST_BLOCK, POSITION};
use super::tables::SpeculativeTables;
use super::window::{CAPACITY, Place, ScanWindow, WindowBytes, bits_at};
use crate::decode::jpeg::entropy::bits::BitReader;
use crate::decode::jpeg::entropy::huffman::HuffmanTable;
use crate::simd;

const LANES: usize = 4;

/// The bytes of a window for each lane.
pub(crate) const SEGMENT: usize = CAPACITY / LANES;

/// A window of fewer bytes for each lane is left to one lane.
const MIN_SEGMENT: usize = 2 << 10;

/// Bytes that a lane goes on into the next segment, and bytes that it goes on alone until it joins.
const OVERLAP: usize = 256;
const MAX_OVERLAP: usize = 4 << 10;

/// Turns between two looks at the lanes.
const TURNS: usize = 256;

/// How often a lane starts again in one segment before it is given up. In photos it is a few times.
const MAX_RESETS: u32 = 64;

/// The bits for each code that the tables do not know, at least.
const MIN_BITS_PER_UNKNOWN: usize = 64;

/// The bits that blocks have on average at least, and how many may be missing in all.
const MIN_BITS_PER_BLOCK: usize = 8;
const MAX_MISSING_BITS: i64 = 1 << 19;

/// Windows of one lane after lanes failed to join.
const MIN_BACK_OFF: u32 = 4;
const MAX_BACK_OFF: u32 = 64;

/// Finds the blocks of a scan, window by window.
pub(super) struct WindowFinder<'t> {
    machine: Machine<'t>,
    blocks_per_interval: Option<usize>,
    /// Bytes for each lane.
    segment: usize,
    back_off: BackOff,
    /// The bits that are missing in the blocks so far.
    missing_bits: i64,
}

impl<'t> WindowFinder<'t> {
    /// T.81 allows 10 in an MCU of several components (B.2.3).
    pub(super) const MAX_BLOCKS_PER_MCU: usize = 16;

    /// `blocks` are the tables of each block of an MCU: at least one, at most
    /// [`MAX_BLOCKS_PER_MCU`](Self::MAX_BLOCKS_PER_MCU).
    pub(super) fn new(
        blocks: &[&'t SpeculativeTables<'t>],
        mcus_per_interval: u32,
        segment: usize,
    ) -> Self {
        let blocks_per_interval = mcus_per_interval as usize * blocks.len();
        Self {
            machine: Machine::new(blocks),
            blocks_per_interval: (mcus_per_interval > 0).then_some(blocks_per_interval),
            segment,
            back_off: BackOff::default(),
            missing_bits: 0,
        }
    }

    /// The starts that a window has room for: one for each byte, so blocks of 8 bits.
    pub(super) fn room(segment: usize) -> usize {
        LANES * segment
    }

    /// Finds blocks in the window that begins at `place`.
    pub(super) fn search<'a>(&mut self, place: Place<'a>, found: &mut FoundWindow<'a>) {
        found.begin = place;
        found.chains.clear();
        let lanes = self.back_off.lanes();
        let length = lanes * self.segment;
        let mut search = WindowSearch {
            machine: &self.machine,
            blocks_per_interval: self.blocks_per_interval,
            segment: self.segment,
            back_off: &mut self.back_off,
            window: &mut found.window,
            starts: &mut found.starts,
            chains: &mut found.chains,
        };
        found.are_intervals = simd::dispatch(
            #[inline(always)]
            || {
                search.window.fill(place.0, length);
                let are_intervals = place.1 == 0 && search.search_intervals();
                if !are_intervals {
                    search.search_segments(place.1 as usize, lanes);
                }
                are_intervals
            },
        );
        found.is_last = !self.is_worthwhile(found);
    }

    /// Whether the blocks of the window suggest to go on.
    fn is_worthwhile(&mut self, found: &FoundWindow<'_>) -> bool {
        let mut bits = 0;
        for chain in &found.chains {
            let ends = [chain.first, chain.first + chain.blocks].map(|index| found.starts[index]);
            bits += (ends[1] - ends[0]) as usize;
            self.missing_bits += (MIN_BITS_PER_BLOCK * chain.blocks) as i64;
        }
        self.missing_bits -= bits as i64;
        let searched = found.window.data().map_or(0, |(_, end)| end);
        let unknown = self.machine.unknown_codes.take();
        unknown * MIN_BITS_PER_UNKNOWN <= searched && self.missing_bits <= MAX_MISSING_BITS
    }
}

/// The search in one window.
struct WindowSearch<'s, 'a, 't> {
    machine: &'s Machine<'t>,
    blocks_per_interval: Option<usize>,
    segment: usize,
    back_off: &'s mut BackOff,
    window: &'s mut ScanWindow<'a>,
    starts: &'s mut [u32],
    chains: &'s mut Vec<Chain<'a>>,
}

impl<'a> WindowSearch<'_, 'a, '_> {
    /// Finds the blocks of whole intervals, one in each lane. `false` if there are too few.
    #[inline(always)]
    fn search_intervals(&mut self) -> bool {
        let Some(blocks) = self.blocks_per_interval else {
            return false;
        };
        let intervals = self.window.intervals.iter().filter(|i| i.is_complete);
        let length = blocks + 1;
        let room = self.starts.len() / length;
        let chains = intervals.take(room).zip(0..).map(|(&interval, i)| Chain {
            interval,
            first: i * length,
            blocks: 0,
        });
        self.chains.extend(chains);
        if self.chains.len() < LANES {
            self.chains.clear();
            return false;
        }
        let Some(data) = self.window.data() else {
            return false;
        };
        let mut lists = self.starts.chunks_exact_mut(length);
        let mut chains = self.chains.iter_mut();
        let mut next_task = || Some((chains.next()?, lists.next()?));
        let mut lanes = [Lane::new(0); LANES];
        let mut tasks: [_; LANES] = [const { None }; LANES];
        for (lane, task) in lanes.iter_mut().zip(&mut tasks) {
            *task = begin(next_task(), lane);
        }
        let turns = (blocks / 8).clamp(4, TURNS);
        while tasks.iter().any(Option::is_some) {
            let mut outputs = tasks.each_mut().map(|task| match task {
                Some((_, list)) => &mut list[1..],
                None => &mut [],
            });
            for _ in 0..turns {
                self.machine.turn(data, &mut lanes, &mut outputs);
            }
            for (lane, task) in lanes.iter_mut().zip(&mut tasks) {
                let Some((chain, list)) = task else { continue };
                let end = 8 * chain.interval.end;
                if lane.count >= blocks || lane.position >= end || lane.resets > 0 {
                    let found = lane.before_reset().min(blocks);
                    chain.blocks = list[1..=found].partition_point(|&at| at as usize <= end);
                    *task = begin(next_task(), lane);
                }
            }
        }
        true
    }

    /// Finds the blocks of one interval, from bit `start` of the window on.
    #[inline(always)]
    fn search_segments(&mut self, start: usize, lanes: usize) {
        let Some(&interval) = self.window.intervals.first() else {
            return;
        };
        self.starts[0] = start as u32;
        let length = if lanes == 1 || interval.end < LANES * MIN_SEGMENT.min(self.segment) {
            self.search_alone(start, 8 * interval.end)
        } else {
            self.search_together(start, interval.end)
        };
        let found = self.starts[1..length].partition_point(|&at| at as usize <= 8 * interval.end);
        self.chains.push(Chain {
            interval,
            first: 0,
            blocks: found,
        });
    }

    /// Finds blocks up to bit `end` with one lane. Returns the length of the list.
    #[inline(always)]
    fn search_alone(&mut self, start: usize, end: usize) -> usize {
        let Some((bytes, _)) = self.window.data() else {
            return 1;
        };
        let mut lane = [Lane::new(start)];
        let list = &mut self.starts[1..];
        let room = list.len();
        while lane[0].position < end && lane[0].count < room && lane[0].resets == 0 {
            self.machine
                .turn((bytes, end), &mut lane, &mut [&mut *list]);
        }
        1 + lane[0].before_reset().min(room)
    }

    /// Finds blocks in the first `length` bytes with all lanes. Returns the length of the list.
    #[inline(always)]
    fn search_together(&mut self, start: usize, length: usize) -> usize {
        let Some((bytes, _)) = self.window.data() else {
            return 1;
        };
        let segment = length.div_ceil(LANES);
        let room = (self.starts.len() - 1) / LANES;
        let mut search = SegmentSearch {
            machine: self.machine,
            data: (bytes, 8 * length),
            starts: self.starts,
            room,
            segment,
            lanes: std::array::from_fn(|i| Lane::new(if i == 0 { start } else { 8 * i * segment })),
        };
        search.advance_lanes();
        let joined = search.join();
        self.back_off.update(joined.is_complete);
        joined.length
    }
}

/// Moves `lane` to the start of an interval.
fn begin<'l, 'a>(
    task: Option<(&'l mut Chain<'a>, &'l mut [u32])>,
    lane: &mut Lane,
) -> Option<(&'l mut Chain<'a>, &'l mut [u32])> {
    let (chain, list) = task?;
    let start = 8 * chain.interval.start;
    list[0] = start as u32;
    *lane = Lane::new(start);
    Some((chain, list))
}

/// A window cut into a segment for each lane.
struct SegmentSearch<'s, 't> {
    machine: &'s Machine<'t>,
    /// The window, and the end of the interval in bits.
    data: (&'s WindowBytes, usize),
    /// The start of the first block, then the list of each lane, `room` after the other.
    starts: &'s mut [u32],
    room: usize,
    /// In bytes.
    segment: usize,
    lanes: [Lane; LANES],
}

/// The blocks of all lanes in one list.
struct Joined {
    length: usize,
    /// Whether all lanes joined.
    is_complete: bool,
}

impl SegmentSearch<'_, '_> {
    /// The bit where the lane may end: a little behind its segment.
    fn limit(&self, lane: usize) -> usize {
        8 * ((lane + 1) * self.segment + OVERLAP)
    }

    /// Takes turns until every lane has passed its limit, or one of them fails.
    #[inline(always)]
    fn advance_lanes(&mut self) {
        let limits: [usize; LANES] = std::array::from_fn(|lane| self.limit(lane));
        let mut lists = self.starts[1..].chunks_mut(self.room);
        let mut lists: [&mut [u32]; LANES] =
            std::array::from_fn(|_| lists.next().unwrap_or_default());
        loop {
            let behind = self.lanes.iter().zip(limits);
            let behind = behind.map(|(lane, limit)| limit.saturating_sub(lane.position));
            let turns = (behind.max().unwrap_or(0) / 64).min(TURNS);
            if turns == 0 || is_stuck(&self.lanes, &limits, 8 * self.segment) {
                break;
            }
            for _ in 0..turns {
                self.machine.turn(self.data, &mut self.lanes, &mut lists);
            }
        }
    }

    /// Makes one list of those of the lanes, as far as they join.
    #[inline(always)]
    fn join(&mut self) -> Joined {
        let mut length = 1 + self.lanes[0].before_reset().min(self.room);
        let mut lane = self.lanes[0];
        let mut is_complete = true;
        for next in 1..LANES {
            let Some((at, blocks)) = self.meet(&mut length, &mut lane, next) else {
                is_complete = false;
                break;
            };
            length = at + blocks.len();
            self.starts.copy_within(blocks, at);
            // Before they met, the guess was wrong.
            lane = Lane {
                resets: 0,
                ..self.lanes[next]
            };
        }
        Joined {
            length,
            is_complete,
        }
    }

    /// Finds the first block of the list, which has `length` starts and was made by `lane`, that lane
    /// `next` has found too. Returns its index, and the starts of lane `next` from it on. Where there
    /// is none yet, `lane` goes on alone for a while.
    #[inline(always)]
    fn meet(
        &mut self,
        length: &mut usize,
        lane: &mut Lane,
        next: usize,
    ) -> Option<(usize, std::ops::Range<usize>)> {
        if lane.count > self.room {
            return None;
        }
        let begin = 8 * next * self.segment;
        let list = 1 + next * self.room;
        let other = self.lanes[next];
        let candidates = list + other.after_reset.min(self.room)..list + other.count.min(self.room);
        let mut i = self.starts[..*length].partition_point(|&at| (at as usize) < begin);
        let mut j = candidates.start;
        loop {
            while i < *length && j < candidates.end {
                let (a, b) = (self.starts[i], self.starts[j]);
                let blocks_after_reset = j - candidates.start + 1;
                if a == b && self.machine.is_same_block(i, blocks_after_reset) {
                    return Some((i, j..candidates.end));
                }
                i += usize::from(a <= b);
                j += usize::from(b <= a);
            }
            let can_go_on = lane.position < begin + 8 * MAX_OVERLAP && lane.resets == 0;
            if j == candidates.end || !can_go_on {
                return None;
            }
            // Up to the list of the other lane.
            let output = &mut self.starts[*length..list];
            if output.len() < TURNS {
                return None;
            }
            lane.count = 0;
            for _ in 0..TURNS {
                let lane = std::array::from_mut(lane);
                self.machine.turn(self.data, lane, &mut [&mut *output]);
            }
            *length += lane.before_reset();
        }
    }
}

/// Whether going on together is no use: damage, a lane that never synchronizes, or one that is far
/// behind another, which is `ahead` of its limit.
fn is_stuck(lanes: &[Lane; LANES], limits: &[usize; LANES], ahead: usize) -> bool {
    let mut others = lanes.iter().zip(limits);
    lanes[0].resets > 0
        || others.any(|(lane, limit)| lane.resets > MAX_RESETS || lane.position > limit + ahead)
}

/// How many windows have one lane because lanes failed to join before.
#[derive(Default)]
struct BackOff {
    windows_left: u32,
    next: u32,
}

impl BackOff {
    /// The lanes for the next window.
    fn lanes(&mut self) -> usize {
        match self.windows_left.checked_sub(1) {
            Some(left) => {
                self.windows_left = left;
                1
            }
            None => LANES,
        }
    }

    fn update(&mut self, joined: bool) {
        if joined {
            self.next /= 2;
        } else {
            self.next = (2 * self.next).clamp(MIN_BACK_OFF, MAX_BACK_OFF);
            self.windows_left = self.next;
        }
    }
}

/// A decoder of lengths.
#[derive(Clone, Copy)]
struct Lane {
    /// In bits.
    position: usize,
    /// The sum of the last turn. Its [`POSITION`] counts if the block has begun.
    sum: u32,
    /// An index of [`Machine::states`].
    state: u32,
    /// Blocks that have ended.
    count: usize,
    /// How often an invalid code was met in the data.
    resets: u32,
    /// `count` at the first of these, and at the last.
    first_reset: usize,
    after_reset: usize,
}

impl Lane {
    /// A lane at the first block of an MCU.
    fn new(position: usize) -> Self {
        Self {
            position,
            sum: 0,
            state: Machine::START,
            count: 0,
            resets: 0,
            first_reset: 0,
            after_reset: 0,
        }
    }

    /// Blocks before the first invalid code.
    fn before_reset(&self) -> usize {
        match self.resets {
            0 => self.count,
            _ => self.first_reset,
        }
    }

    /// Starts again one bit further. `is_past_end`: the code is not in the data.
    fn reset(&mut self, is_past_end: bool) {
        if !is_past_end {
            if self.resets == 0 {
                self.first_reset = self.count;
            }
            self.resets += 1;
            self.after_reset = self.count;
        }
        self.position += 1;
        self.sum = 0;
        self.state = Machine::START;
    }
}

/// Two for each block of an MCU.
const STATES: usize = 2 * WindowFinder::MAX_BLOCKS_PER_MCU;

/// The blocks of an MCU as a state machine.
struct Machine<'t> {
    /// For each block of an MCU, the state before its DC symbol and the one after it, repeated.
    states: [State<'t>; STATES],
    blocks_per_mcu: usize,
    /// Whether all blocks have the same tables.
    is_uniform: bool,
    /// Codes that the tables did not know.
    unknown_codes: Cell<usize>,
}

#[derive(Clone, Copy)]
struct State<'t> {
    /// The table of a turn's first look-up, and of the others.
    first: &'t LengthTable,
    middle: &'t LengthTable,
    /// The bits of the last sum that count: none before the DC symbol.
    mask: u32,
    /// The state after a turn within the block, and after its end.
    next: [u32; 2],
    dc: &'t HuffmanTable,
    ac: &'t HuffmanTable,
}

impl<'t> Machine<'t> {
    const START: u32 = 0;

    fn new(blocks: &[&'t SpeculativeTables<'t>]) -> Self {
        let states = std::array::from_fn(|index| {
            let block = index / 2 % blocks.len();
            let has_begun = index % 2 == 1;
            let tables = blocks[block];
            let lengths = &tables.lengths;
            State {
                first: if has_begun {
                    &lengths.middle
                } else {
                    &lengths.first
                },
                middle: &lengths.middle,
                mask: if has_begun { POSITION } else { 0 },
                next: [
                    2 * block as u32 + 1,
                    2 * ((block + 1) % blocks.len()) as u32,
                ],
                dc: tables.dc,
                ac: tables.ac,
            }
        });
        Self {
            states,
            blocks_per_mcu: blocks.len(),
            is_uniform: blocks.iter().all(|&block| std::ptr::eq(block, blocks[0])),
            unknown_codes: Cell::new(0),
        }
    }

    /// Whether blocks `a` and `b` after the start of an MCU have the same tables, and so have all that
    /// follow.
    #[inline(always)]
    fn is_same_block(&self, a: usize, b: usize) -> bool {
        self.is_uniform || a % self.blocks_per_mcu == b % self.blocks_per_mcu
    }

    /// One turn of each lane, look-up by look-up, so that they wait for memory together. Writes the
    /// ends of blocks to the lane's output, if it has room.
    #[inline(always)]
    fn turn<const LANES: usize>(
        &self,
        data: (&WindowBytes, usize),
        lanes: &mut [Lane; LANES],
        outputs: &mut [&mut [u32]; LANES],
    ) {
        use std::array::from_fn;
        let states = lanes
            .each_ref()
            .map(|lane| &self.states[lane.state as usize % STATES]);
        let mut bits = lanes.each_ref().map(|lane| bits_at(data.0, lane.position));
        let mut sums: [u32; LANES] = from_fn(|i| lanes[i].sum & states[i].mask);
        let first: [u32; LANES] = from_fn(|i| look_up(states[i].first, bits[i]));
        for i in 0..LANES {
            bits[i] = bits[i].wrapping_shl(first[i]);
            sums[i] += first[i];
        }
        for _ in 0..2 {
            let entries: [u32; LANES] = from_fn(|i| look_up(states[i].middle, bits[i]));
            for i in 0..LANES {
                let entry = unless(sums[i] & (END | PAST_BLOCK), entries[i]);
                bits[i] = bits[i].wrapping_shl(entry);
                sums[i] += entry;
            }
        }
        for i in 0..LANES {
            let lane = &mut lanes[i];
            if first[i] == 0 || sums[i] & PAST_BLOCK != 0 {
                self.take_symbols(data, lane, outputs[i], first[i] != 0);
                continue;
            }
            lane.position += (sums[i] & 0xFF) as usize;
            if let Some(start) = outputs[i].get_mut(lane.count) {
                *start = lane.position as u32;
            }
            let ended = (sums[i] / END) as usize & 1;
            lane.count += ended;
            lane.sum = sums[i];
            lane.state = states[i].next[ended];
        }
    }

    /// Takes one symbol, or all to the end of the block. At an invalid code the lane starts again.
    #[cold]
    #[inline(never)]
    fn take_symbols(
        &self,
        data: (&WindowBytes, usize),
        lane: &mut Lane,
        output: &mut [u32],
        to_end: bool,
    ) {
        if !to_end {
            self.unknown_codes.set(self.unknown_codes.get() + 1);
        }
        let state = &self.states[lane.state as usize % STATES];
        let mut k = ((lane.sum & state.mask) >> 8) as usize;
        loop {
            let table = if k == 0 { state.dc } else { state.ac };
            let symbol = table.decode(&BitReader::unstuffed(data.0, lane.position));
            k += symbol.advance();
            if !symbol.is_end_of_block() && k > 64 {
                return lane.reset(lane.position >= data.1);
            }
            lane.position += symbol.total_length() as usize;
            if k >= 64 {
                break;
            }
            if !to_end {
                lane.sum = (k as u32) << 8;
                lane.state = state.next[0];
                return;
            }
        }
        if let Some(start) = output.get_mut(lane.count) {
            *start = lane.position as u32;
        }
        lane.count += 1;
        lane.sum = 0;
        lane.state = state.next[1];
    }
}

#[inline(always)]
fn look_up(table: &LengthTable, bits: u64) -> u32 {
    table[(bits >> (64 - INDEX_BITS)) as usize].into()
}

/// `value`, or 0 if any of `flags` is set. Written so that it is not compiled to a jump.
#[inline(always)]
fn unless(flags: u32, value: u32) -> u32 {
    select_unpredictable(flags != 0, 0, value)
}
