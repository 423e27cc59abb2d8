//! Where the blocks of a scan start: cursors over its subsequences, and how they join. See the
//! [overview](super).
//!
//! A *step* of a cursor is three look-ups in the bits of one load:
//!
//! ```text
//! w = 57 bits at the cursor's position;  sum = position in the block << 8
//! e = table[next 13 bits of w];  w <<= bits of e;  sum += e       the first table begins with DC
//! twice:
//!     e = table[next 13 bits of w], or 0 after an end of block
//!     w <<= bits of e;  sum += e
//! sum leads past the block: decode single symbols to its end instead
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

const CURSORS: usize = 4;

/// The bytes of a subsequence: a window has one for each cursor.
pub(crate) const SUBSEQUENCE: usize = CAPACITY / CURSORS;

/// Shorter subsequences are left to one cursor.
const MIN_SUBSEQUENCE: usize = 2 << 10;

/// Bytes that a cursor goes on into the next subsequence, and bytes that it goes on alone until it
/// joins.
const OVERLAP: usize = 256;
const MAX_OVERLAP: usize = 4 << 10;

/// Steps between two looks at the cursors.
const STEPS: usize = 256;

/// How often a cursor starts again in one subsequence before it is given up. In photos it is a few
/// times.
const MAX_RESETS: u32 = 64;

/// The bits for each symbol that the tables do not give, at least.
const MIN_BITS_PER_SLOW_SYMBOL: usize = 64;

/// The bits that blocks have on average at least, and how many may be missing in all.
const MIN_BITS_PER_BLOCK: usize = 4;
const MAX_MISSING_BITS: i64 = 1 << 19;

/// Windows of one cursor after cursors failed to join for the first time.
const MIN_BACK_OFF: u32 = 4;

/// How many more failures than successes end the search.
const MAX_FAILURES: u32 = 3;

/// Finds the blocks of a scan, window by window.
pub(super) struct WindowFinder<'t> {
    machine: Machine<'t>,
    blocks_per_interval: Option<usize>,
    /// Bytes of a subsequence.
    subsequence: usize,
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
        subsequence: usize,
    ) -> Self {
        let blocks_per_interval = mcus_per_interval as usize * blocks.len();
        Self {
            machine: Machine::new(blocks),
            blocks_per_interval: (mcus_per_interval > 0).then_some(blocks_per_interval),
            subsequence,
            back_off: BackOff::default(),
            missing_bits: 0,
        }
    }

    /// The starts that a window has room for: two for each byte, so blocks of 4 bits. Only one in the
    /// largest windows, which are for longer blocks.
    pub(super) fn room(subsequence: usize) -> usize {
        (2 * CURSORS * subsequence).min(CAPACITY)
    }

    /// Finds blocks in the window that begins at `place`.
    pub(super) fn search<'a>(&mut self, place: Place<'a>, found: &mut FoundWindow<'a>) {
        found.begin = place;
        found.chains.clear();
        let cursors = self.back_off.cursors();
        let length = cursors * self.subsequence;
        let mut search = WindowSearch {
            machine: &self.machine,
            blocks_per_interval: self.blocks_per_interval,
            subsequence: self.subsequence,
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
                    search.search_subsequences(place.1 as usize, cursors);
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
        let is_slow = self.machine.is_slow(searched);
        self.machine.slow_symbols.set(0);
        !is_slow && !self.back_off.is_final() && self.missing_bits <= MAX_MISSING_BITS
    }
}

/// The search in one window.
struct WindowSearch<'s, 'a, 't> {
    machine: &'s Machine<'t>,
    blocks_per_interval: Option<usize>,
    subsequence: usize,
    back_off: &'s mut BackOff,
    window: &'s mut ScanWindow<'a>,
    starts: &'s mut [u32],
    chains: &'s mut Vec<Chain<'a>>,
}

impl<'a> WindowSearch<'_, 'a, '_> {
    /// Finds the blocks of whole intervals, one by each cursor. `false` if there are too few.
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
        if self.chains.len() < CURSORS {
            self.chains.clear();
            return false;
        }
        let Some(data) = self.window.data() else {
            return false;
        };
        let mut lists = self.starts.chunks_exact_mut(length);
        let mut chains = self.chains.iter_mut();
        let mut next_task = || Some((chains.next()?, lists.next()?));
        let mut cursors = [Cursor::new(0); CURSORS];
        let mut tasks: [_; CURSORS] = [const { None }; CURSORS];
        for (cursor, task) in cursors.iter_mut().zip(&mut tasks) {
            *task = begin(next_task(), cursor);
        }
        let steps = (blocks / 8).clamp(4, STEPS);
        while tasks.iter().any(Option::is_some) {
            let mut outputs = tasks.each_mut().map(|task| match task {
                Some((_, list)) => &mut list[1..],
                None => &mut [],
            });
            for _ in 0..steps {
                self.machine.step(data, &mut cursors, &mut outputs);
            }
            for (cursor, task) in cursors.iter_mut().zip(&mut tasks) {
                let Some((chain, list)) = task else { continue };
                let end = 8 * chain.interval.end;
                if cursor.count >= blocks || cursor.position >= end || cursor.resets > 0 {
                    let found = cursor.before_reset().min(blocks);
                    chain.blocks = list[1..=found].partition_point(|&at| at as usize <= end);
                    *task = begin(next_task(), cursor);
                }
            }
        }
        true
    }

    /// Finds the blocks of one interval, from bit `start` of the window on.
    #[inline(always)]
    fn search_subsequences(&mut self, start: usize, cursors: usize) {
        let Some(&interval) = self.window.intervals.first() else {
            return;
        };
        self.starts[0] = start as u32;
        let length =
            if cursors == 1 || interval.end < CURSORS * MIN_SUBSEQUENCE.min(self.subsequence) {
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

    /// Finds blocks up to bit `end` with one cursor. Returns the length of the list.
    #[inline(always)]
    fn search_alone(&mut self, start: usize, end: usize) -> usize {
        let Some((bytes, _)) = self.window.data() else {
            return 1;
        };
        let mut cursor = [Cursor::new(start)];
        let list = &mut self.starts[1..];
        let room = list.len();
        while cursor[0].position < end && cursor[0].count < room && cursor[0].resets == 0 {
            self.machine
                .step((bytes, end), &mut cursor, &mut [&mut *list]);
        }
        1 + cursor[0].before_reset().min(room)
    }

    /// Finds blocks in the first `length` bytes with all cursors. Returns the length of the list.
    #[inline(always)]
    fn search_together(&mut self, start: usize, length: usize) -> usize {
        let Some((bytes, window_end)) = self.window.data() else {
            return 1;
        };
        let subsequence = length.div_ceil(CURSORS);
        let room = (self.starts.len() - 1) / CURSORS;
        let mut search = SubsequenceSearch {
            machine: self.machine,
            data: (bytes, 8 * length),
            window_end,
            starts: self.starts,
            room,
            subsequence,
            cursors: std::array::from_fn(|i| {
                Cursor::new(if i == 0 { start } else { 8 * i * subsequence })
            }),
        };
        search.advance_cursors();
        let joined = search.join();
        self.back_off.update(joined.is_complete);
        joined.length
    }
}

/// Moves `cursor` to the start of an interval.
fn begin<'l, 'a>(
    task: Option<(&'l mut Chain<'a>, &'l mut [u32])>,
    cursor: &mut Cursor,
) -> Option<(&'l mut Chain<'a>, &'l mut [u32])> {
    let (chain, list) = task?;
    let start = 8 * chain.interval.start;
    list[0] = start as u32;
    *cursor = Cursor::new(start);
    Some((chain, list))
}

/// A window cut into a subsequence for each cursor.
struct SubsequenceSearch<'s, 't> {
    machine: &'s Machine<'t>,
    /// The window, and the end of the interval in bits.
    data: (&'s WindowBytes, usize),
    /// The end of the window's data in bits.
    window_end: usize,
    /// The start of the first block, then the list of each cursor, `room` after the other.
    starts: &'s mut [u32],
    room: usize,
    /// In bytes.
    subsequence: usize,
    cursors: [Cursor; CURSORS],
}

/// The blocks of all cursors in one list.
struct Joined {
    length: usize,
    /// Whether all cursors joined.
    is_complete: bool,
}

impl SubsequenceSearch<'_, '_> {
    /// The bit where the cursor may end: a little behind its subsequence.
    fn limit(&self, cursor: usize) -> usize {
        8 * ((cursor + 1) * self.subsequence + OVERLAP)
    }

    /// Steps until every cursor has passed its limit, one of them fails, or too many symbols were decoded
    /// one by one.
    #[inline(always)]
    fn advance_cursors(&mut self) {
        let limits: [usize; CURSORS] = std::array::from_fn(|cursor| self.limit(cursor));
        let mut lists = self.starts[1..].chunks_mut(self.room);
        let mut lists: [&mut [u32]; CURSORS] =
            std::array::from_fn(|_| lists.next().unwrap_or_default());
        loop {
            let behind = self.cursors.iter().zip(limits);
            let behind = behind.map(|(cursor, limit)| limit.saturating_sub(cursor.position));
            let steps = (behind.max().unwrap_or(0) / 64).min(STEPS);
            let is_stuck = is_stuck(&self.cursors, &limits, 8 * self.subsequence);
            if steps == 0 || is_stuck || self.machine.is_slow(self.window_end) {
                break;
            }
            for _ in 0..steps {
                self.machine.step(self.data, &mut self.cursors, &mut lists);
            }
        }
    }

    /// Makes one list of those of the cursors, as far as they join.
    #[inline(always)]
    fn join(&mut self) -> Joined {
        let mut length = 1 + self.cursors[0].before_reset().min(self.room);
        let mut cursor = self.cursors[0];
        let mut is_complete = true;
        for next in 1..CURSORS {
            let is_slow = self.machine.is_slow(self.window_end);
            let met = (!is_slow).then(|| self.meet(&mut length, &mut cursor, next));
            let Some((at, blocks)) = met.flatten() else {
                is_complete = false;
                break;
            };
            length = at + blocks.len();
            self.starts.copy_within(blocks, at);
            // Before they met, the guess was wrong.
            cursor = Cursor {
                resets: 0,
                ..self.cursors[next]
            };
        }
        Joined {
            length,
            is_complete,
        }
    }

    /// Finds the first block of the list, which has `length` starts and was made by `cursor`, that
    /// cursor `next` has found too. Returns its index, and the starts of cursor `next` from it on. Where
    /// there is none yet, `cursor` goes on alone for a while.
    #[inline(always)]
    fn meet(
        &mut self,
        length: &mut usize,
        cursor: &mut Cursor,
        next: usize,
    ) -> Option<(usize, std::ops::Range<usize>)> {
        if cursor.count > self.room {
            return None;
        }
        let begin = 8 * next * self.subsequence;
        let list = 1 + next * self.room;
        let other = self.cursors[next];
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
            let can_go_on = cursor.position < begin + 8 * MAX_OVERLAP && cursor.resets == 0;
            if j == candidates.end || !can_go_on {
                return None;
            }
            // Up to the list of the other cursor.
            let output = &mut self.starts[*length..list];
            if output.len() < STEPS {
                return None;
            }
            cursor.count = 0;
            for _ in 0..STEPS {
                let cursor = std::array::from_mut(cursor);
                self.machine.step(self.data, cursor, &mut [&mut *output]);
            }
            *length += cursor.before_reset();
        }
    }
}

/// Whether going on together is no use: damage, a cursor that never synchronizes, or one that is far
/// behind another, which is `ahead` of its limit.
fn is_stuck(cursors: &[Cursor; CURSORS], limits: &[usize; CURSORS], ahead: usize) -> bool {
    let mut others = cursors.iter().zip(limits);
    cursors[0].resets > 0
        || others
            .any(|(cursor, limit)| cursor.resets > MAX_RESETS || cursor.position > limit + ahead)
}

/// How many windows have one cursor because cursors failed to join before.
#[derive(Default)]
struct BackOff {
    windows_left: u32,
    /// Failures to join, less the successes since.
    failures: u32,
}

impl BackOff {
    /// The cursors for the next window.
    fn cursors(&mut self) -> usize {
        match self.windows_left.checked_sub(1) {
            Some(left) => {
                self.windows_left = left;
                1
            }
            None => CURSORS,
        }
    }

    fn update(&mut self, joined: bool) {
        if joined {
            self.failures = self.failures.saturating_sub(1);
        } else {
            self.windows_left = MIN_BACK_OFF << self.failures.min(MAX_FAILURES);
            self.failures += 1;
        }
    }

    /// Whether more windows would hardly join.
    fn is_final(&self) -> bool {
        self.failures >= MAX_FAILURES
    }
}

/// A place in the window, and the state of a decoder of lengths there.
#[derive(Clone, Copy)]
struct Cursor {
    /// In bits.
    position: usize,
    /// The sum of the last step. Its [`POSITION`] counts if the block has begun.
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

impl Cursor {
    /// A cursor at the first block of an MCU.
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
    /// Symbols that were decoded one by one: their codes are not in the tables, or their block has no
    /// end of block.
    slow_symbols: Cell<usize>,
}

#[derive(Clone, Copy)]
struct State<'t> {
    /// The table of a step's first look-up, and of the others.
    first: &'t LengthTable,
    middle: &'t LengthTable,
    /// The bits of the last sum that count: none before the DC symbol.
    mask: u32,
    /// The state after a step within the block, and after its end.
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
            slow_symbols: Cell::new(0),
        }
    }

    /// Whether too many symbols of a window with so many bits were decoded one by one.
    fn is_slow(&self, bits: usize) -> bool {
        self.slow_symbols.get() * MIN_BITS_PER_SLOW_SYMBOL > bits
    }

    /// Whether blocks `a` and `b` after the start of an MCU have the same tables, and so have all that
    /// follow.
    #[inline(always)]
    fn is_same_block(&self, a: usize, b: usize) -> bool {
        self.is_uniform || a % self.blocks_per_mcu == b % self.blocks_per_mcu
    }

    /// One step of each cursor, look-up by look-up, so that they wait for memory together. Writes the
    /// ends of blocks to the cursor's output, if it has room.
    #[inline(always)]
    fn step<const N: usize>(
        &self,
        data: (&WindowBytes, usize),
        cursors: &mut [Cursor; N],
        outputs: &mut [&mut [u32]; N],
    ) {
        use std::array::from_fn;
        let states = cursors
            .each_ref()
            .map(|cursor| &self.states[cursor.state as usize % STATES]);
        let mut bits = cursors
            .each_ref()
            .map(|cursor| bits_at(data.0, cursor.position));
        let mut sums: [u32; N] = from_fn(|i| cursors[i].sum & states[i].mask);
        let first: [u32; N] = from_fn(|i| look_up(states[i].first, bits[i]));
        for i in 0..N {
            bits[i] = bits[i].wrapping_shl(first[i]);
            sums[i] += first[i];
        }
        for _ in 0..2 {
            let entries: [u32; N] = from_fn(|i| look_up(states[i].middle, bits[i]));
            for i in 0..N {
                let entry = unless(sums[i] & (END | PAST_BLOCK), entries[i]);
                bits[i] = bits[i].wrapping_shl(entry);
                sums[i] += entry;
            }
        }
        for i in 0..N {
            let cursor = &mut cursors[i];
            if first[i] == 0 || sums[i] & PAST_BLOCK != 0 {
                self.decode_symbols(data, cursor, outputs[i], first[i] != 0);
                continue;
            }
            cursor.position += (sums[i] & 0xFF) as usize;
            if let Some(start) = outputs[i].get_mut(cursor.count) {
                *start = cursor.position as u32;
            }
            let ended = (sums[i] / END) as usize & 1;
            cursor.count += ended;
            cursor.sum = sums[i];
            cursor.state = states[i].next[ended];
        }
    }

    /// Decodes one symbol, or all to the end of the block. At an invalid code the cursor starts
    /// again.
    #[cold]
    #[inline(never)]
    fn decode_symbols(
        &self,
        data: (&WindowBytes, usize),
        cursor: &mut Cursor,
        output: &mut [u32],
        to_end: bool,
    ) {
        let state = &self.states[cursor.state as usize % STATES];
        let mut k = ((cursor.sum & state.mask) >> 8) as usize;
        loop {
            self.slow_symbols.set(self.slow_symbols.get() + 1);
            let table = if k == 0 { state.dc } else { state.ac };
            let symbol = table.decode(&BitReader::unstuffed(data.0, cursor.position));
            k += symbol.advance();
            if !symbol.is_end_of_block() && k > 64 {
                return cursor.reset(cursor.position >= data.1);
            }
            cursor.position += symbol.total_length() as usize;
            if k >= 64 {
                break;
            }
            if !to_end {
                cursor.sum = (k as u32) << 8;
                cursor.state = state.next[0];
                return;
            }
        }
        if let Some(start) = output.get_mut(cursor.count) {
            *start = cursor.position as u32;
        }
        cursor.count += 1;
        cursor.sum = 0;
        cursor.state = state.next[1];
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The cursors of the windows up to the end of the search, or of the first 100. `joins` tells by
    /// the number of searches together whether the next one joins.
    fn windows(joins: impl Fn(usize) -> bool) -> Vec<usize> {
        let (mut back_off, mut windows, mut together) = (BackOff::default(), Vec::new(), 0);
        while windows.len() < 100 && !back_off.is_final() {
            let cursors = back_off.cursors();
            windows.push(cursors);
            if cursors > 1 {
                back_off.update(joins(together));
                together += 1;
            }
        }
        windows
    }

    #[test]
    fn cursors_that_never_join_end_the_search() {
        let alone = |count| vec![1; count];
        let expected = [vec![4], alone(4), vec![4], alone(8), vec![4]].concat();
        assert_eq!(windows(|_| false), expected);
    }

    #[test]
    fn cursors_that_join_more_often_than_not_go_on() {
        assert_eq!(windows(|_| true), [4; 100]);
        assert_eq!(windows(|i| i % 2 == 1).len(), 100);
    }
}
