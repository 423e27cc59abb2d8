//! Rows of macroblocks on their way from bits to samples, which another thread may take.
//!
//! ```text
//! caller   parse row 0   parse row 1   parse row 2   ...
//! helper                 build row 0   build row 1   ...
//! ```

use fearless_simd::{Simd, dispatch};

use super::builder::{MacroblockBuilder, RowBuilder};
use super::parser::{MacroblockParser, ParsedMacroblock, ParserContext};
use super::prediction::Position;
use crate::error::{Error, Result};
use crate::limits::{Budget, Reservation};
use crate::simd;
use crate::threads::{Helpers, Processor, WorkQueue};

/// Rows that are parsed, or wait for another thread.
const ROWS: usize = 4;
/// The memory that must be left, as a multiple of what is needed. So one thread and several of them succeed
/// and fail for the same files.
const MEMORY_FACTOR: u64 = 8;

/// A row that is parsed.
struct ParsedRow {
    y: u32,
    macroblocks: Vec<ParsedMacroblock>,
    /// The macroblocks from there on are missing.
    valid: usize,
    /// Whether this row or one before could not be sent.
    has_failed: bool,
    _memory: Reservation,
}

impl ParsedRow {
    fn new(columns: u32, budget: &Budget) -> Result<Self> {
        let (mut macroblocks, memory) = budget.room(columns as usize)?;
        macroblocks.resize_with(columns as usize, ParsedMacroblock::new);
        Ok(Self {
            y: 0,
            macroblocks,
            valid: 0,
            has_failed: false,
            _memory: memory,
        })
    }

    fn parse(&mut self, parser: &mut MacroblockParser<'_>) {
        simd::dispatch(
            #[inline(always)]
            || {
                let mut left = ParserContext::default();
                self.valid = 0;
                for (x, macroblock) in (0..).zip(&mut self.macroblocks) {
                    let position = Position { x, y: self.y };
                    self.valid += usize::from(parser.parse(position, &mut left, macroblock));
                }
            },
        );
    }
}

/// Decodes the first `rows` rows of macroblocks, each of which is built here or by a helper.
pub(super) fn decode<'s, 'a, 'sink, 'scope>(
    parser: &mut MacroblockParser<'_>,
    builder: RowBuilder<'s, 'a, 'sink>,
    [columns, rows]: [u32; 2],
    budget: &Budget,
    helpers: Helpers<'_, 'scope>,
) -> Result<()>
where
    's: 'scope,
    'a: 'scope,
    'sink: 'scope,
{
    let free = (0..ROWS).map(|_| ParsedRow::new(columns, budget));
    let mut free = free.collect::<Result<Vec<_>>>()?;
    let result = Ok(());
    let queue = WorkQueue::new(QueuedBuilder { builder, result });
    for y in 0..rows {
        let Some(mut row) = free.pop().or_else(|| queue.take()) else {
            return Err(Error::internal("a row of macroblocks is lost"));
        };
        if row.has_failed {
            break;
        }
        row.y = y;
        row.parse(parser);
        queue.give(row);
        queue.call(helpers);
    }
    queue.finish().map_or(Ok(()), |builder| builder.result)
}

/// Builds and sends rows, up to the first error.
struct QueuedBuilder<'s, 'a, 'sink> {
    builder: RowBuilder<'s, 'a, 'sink>,
    result: Result<()>,
}

impl Processor for QueuedBuilder<'_, '_, '_> {
    type Item = ParsedRow;

    fn process(&mut self, row: &mut ParsedRow) {
        if self.result.is_ok() {
            dispatch!(simd::level(), simd => self.build(simd, row));
            self.result = self.builder.send_after(row.y);
        }
        row.has_failed = self.result.is_err();
    }
}

impl QueuedBuilder<'_, '_, '_> {
    #[inline(always)]
    fn build<S: Simd>(&mut self, simd: S, row: &ParsedRow) {
        let mut state = MacroblockBuilder::new(simd);
        for (x, macroblock) in (0..).zip(&row.macroblocks) {
            let is_valid = (x as usize) < row.valid;
            let position = Position { x, y: row.y };
            let macroblock = is_valid.then_some(macroblock);
            self.builder.build(&mut state, position, macroblock);
        }
        self.builder.filter(simd, row.y);
    }
}

/// Whether rows of `columns` macroblocks may wait.
pub(super) fn is_ample(columns: u32, budget: &Budget) -> bool {
    let row = u64::from(columns) * size_of::<ParsedMacroblock>() as u64;
    budget.memory_left() / MEMORY_FACTOR >= ROWS as u64 * row
}
