//! The blocks that were found in a window.

use super::window::{Place, ScanWindow, WindowBytes, WindowInterval, is_same};
use crate::error::Result;
use crate::limits::{Budget, Buffer};

/// Blocks of whole MCUs.
pub(crate) struct FoundBlocks<'f> {
    /// A window of the scan without stuffed zeros.
    pub(crate) data: &'f WindowBytes,
    /// The bits in `data` where the blocks start.
    pub(crate) starts: &'f [u32],
}

impl FoundBlocks<'_> {
    /// The start of a block.
    #[inline(always)]
    pub(super) fn start(&self, index: u32) -> usize {
        self.starts
            .get(index as usize)
            .map_or(0, |&start| start as usize)
    }
}

/// Blocks of an interval in their order: `starts[first..=first + blocks]`, with the end of the last.
#[derive(Clone, Copy)]
pub(super) struct Chain<'a> {
    pub(super) interval: WindowInterval<'a>,
    pub(super) first: usize,
    pub(super) blocks: usize,
}

/// A window of the scan, and the blocks that were found in it.
pub(super) struct FoundWindow<'a> {
    /// Where it begins.
    pub(super) begin: Place<'a>,
    pub(super) window: ScanWindow<'a>,
    pub(super) starts: Buffer<u32>,
    pub(super) chains: Vec<Chain<'a>>,
    /// Whether each chain is a whole restart interval, up to a damaged place.
    pub(super) are_intervals: bool,
    /// Whether the rest of the scan is left to the decoder of single codes.
    pub(super) is_last: bool,
    blocks_per_mcu: usize,
}

impl<'a> FoundWindow<'a> {
    /// A window without blocks, and room for `starts`.
    pub(super) fn new(starts: usize, blocks_per_mcu: usize, budget: &Budget) -> Result<Self> {
        Ok(Self {
            begin: (&[], 0),
            window: ScanWindow::new(budget)?,
            starts: budget.buffer(starts)?,
            chains: Vec::new(),
            are_intervals: false,
            is_last: false,
            blocks_per_mcu,
        })
    }

    /// The chain that begins at `place`.
    pub(super) fn chain_at(&self, place: Place<'a>) -> Option<usize> {
        let begins = |chain: &Chain<'_>| place.1 == 0 && chain.interval.begins_at(place.0);
        let is_begin = is_same(self.begin, place) && !self.chains.is_empty();
        let first = is_begin.then_some(0);
        first.or_else(|| self.chains.iter().position(begins))
    }

    /// The whole MCUs of a chain.
    pub(super) fn mcus(&self, chain: usize) -> usize {
        let chain = self.chains.get(chain);
        chain.map_or(0, |chain| chain.blocks / self.blocks_per_mcu)
    }

    /// The place of an MCU of a chain, or of the end of its last.
    pub(super) fn place_of(&self, chain: usize, mcu: usize) -> Place<'a> {
        let Chain {
            interval, first, ..
        } = self.chains[chain];
        let start = self.starts[first + mcu * self.blocks_per_mcu];
        self.window.source_at(interval, start as usize)
    }

    /// The blocks of `count` MCUs of a chain, from MCU `mcu` on.
    pub(super) fn blocks(&self, chain: usize, mcu: usize, count: usize) -> Option<FoundBlocks<'_>> {
        let first = self.chains.get(chain)?.first + mcu * self.blocks_per_mcu;
        Some(FoundBlocks {
            data: self.window.data()?.0,
            starts: self
                .starts
                .get(first..first + count * self.blocks_per_mcu)?,
        })
    }

    /// The place after the blocks, where the next window should begin. `None` if it is not known.
    pub(super) fn next_place(&self) -> Option<Place<'a>> {
        let last = self.chains.len().checked_sub(1)?;
        if self.is_last {
            return None;
        }
        let next_interval = || Some((self.window.interval_source(last + 1)?, 0));
        if self.are_intervals {
            return next_interval();
        }
        let Chain {
            interval, first, ..
        } = self.chains[last];
        let mcus = self.mcus(last);
        let end = self.starts[first + mcus * self.blocks_per_mcu] as usize;
        if interval.is_complete && end + 8 > 8 * interval.end {
            // Less than a byte is left, which is filled up with ones (F.1.2.3).
            next_interval()
        } else {
            (mcus > 0).then(|| self.place_of(last, mcus))
        }
    }
}
