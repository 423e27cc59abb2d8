//! The blocks of a scan in their order, from one window after the other.
//!
//! ```text
//! the window in use has no more MCUs: give it back, take the next that was found
//!     it does not begin here  -> find it again, from here on
//! ```
//!
//! Each window is searched from the end of the blocks of the one before. Where the data is damaged, or the
//! reader skips restart intervals, that is not the place where the reader goes on. Then what was found
//! ahead is lost, and nothing else.

use std::sync::Arc;

use super::find::WindowFinder;
use super::found::{FoundBlocks, FoundWindow};
use super::tables::SpeculativeTables;
use super::window::{CAPACITY, Place, is_same, reader_at};
use crate::decode::jpeg::entropy::bits::BitReader;
use crate::error::Result;
use crate::limits::Budget;
use crate::threads::{Helpers, Processor, WorkQueue};

/// Windows where other threads help: one is read while the next is found, and one lies between them so
/// that neither has to wait.
const WINDOWS_AHEAD: usize = 2;

/// Searches window after window.
struct WindowSearcher<'a, 't> {
    finder: WindowFinder<'t>,
    /// Where the next window begins, if it is known.
    next: Option<Place<'a>>,
}

impl<'a> Processor for WindowSearcher<'a, '_> {
    type Item = FoundWindow<'a>;

    fn is_ready(&self) -> bool {
        self.next.is_some()
    }

    fn process(&mut self, window: &mut FoundWindow<'a>) {
        if let Some(place) = self.next.take() {
            self.finder.search(place, window);
            self.next = window.next_place();
        }
    }
}

/// Finds the blocks of a scan, MCU by MCU.
pub(crate) struct BlockFinder<'a, 't> {
    queue: Arc<WorkQueue<WindowSearcher<'a, 't>>>,
    /// The window in use. `None` before the first.
    window: Option<FoundWindow<'a>>,
    /// Its chain in use, and how many MCUs of it were returned. `None` where the decoder of single
    /// codes goes on.
    current: Option<(usize, usize)>,
}

impl<'a, 't> BlockFinder<'a, 't> {
    /// The most blocks of an MCU.
    pub(crate) const MAX_BLOCKS_PER_MCU: usize = WindowFinder::MAX_BLOCKS_PER_MCU;

    /// `blocks` are the tables of each block of an MCU: at least one, at most
    /// [`MAX_BLOCKS_PER_MCU`](Self::MAX_BLOCKS_PER_MCU).
    pub(crate) fn new(
        blocks: &[&'t SpeculativeTables<'t>],
        mcus_per_interval: u32,
        subsequence: usize,
        has_helpers: bool,
        budget: &Budget,
    ) -> Result<Self> {
        let queue = WorkQueue::new(WindowSearcher {
            finder: WindowFinder::new(blocks, mcus_per_interval, subsequence),
            next: None,
        });
        for _ in 0..Self::windows(has_helpers) {
            let room = WindowFinder::room(subsequence);
            queue.give(FoundWindow::new(room, blocks.len(), budget)?);
        }
        Ok(Self {
            queue,
            window: None,
            current: None,
        })
    }

    /// Bytes that a finder holds.
    pub(crate) fn memory(subsequence: usize, has_helpers: bool) -> u64 {
        let starts = WindowFinder::room(subsequence) * size_of::<u32>();
        (Self::windows(has_helpers) * (CAPACITY + starts)) as u64
    }

    fn windows(has_helpers: bool) -> usize {
        1 + if has_helpers { WINDOWS_AHEAD } else { 0 }
    }

    /// A restart interval begins at the start of `source`.
    pub(crate) fn begin_interval<'scope>(&mut self, source: &'a [u8], helpers: Helpers<'_, 'scope>)
    where
        'a: 'scope,
        't: 'scope,
    {
        let place = (source, 0);
        let window = self.window.as_ref();
        self.current = match window.and_then(|window| window.chain_at(place)) {
            Some(chain) => Some((chain, 0)),
            None if window.is_some_and(|window| window.is_last) => None,
            None => self.go_to(place, helpers),
        }
    }

    /// The blocks of the next MCUs, at most `count`. `None` if the decoder of single codes must go on,
    /// to the end of the interval. Its reader is then set to the next MCU.
    pub(crate) fn next_mcus<'scope>(
        &mut self,
        count: usize,
        reader: &mut BitReader<'a>,
        helpers: Helpers<'_, 'scope>,
    ) -> Option<FoundBlocks<'_>>
    where
        'a: 'scope,
        't: 'scope,
    {
        let (mut chain, mut done) = self.current?;
        let window = self.window.as_ref()?;
        if done == window.mcus(chain) {
            let place = window.place_of(chain, done);
            // The rest of a whole interval is damaged. The other chains are needed for the next ones.
            let is_over = window.is_last || window.are_intervals;
            self.current = match is_over {
                true => None,
                false => self.go_to(place, helpers),
            };
            if self.current.is_none() {
                *reader = reader_at(place);
            }
            (chain, done) = self.current?;
        }
        let window = self.window.as_ref()?;
        let count = count.min(window.mcus(chain) - done);
        self.current = Some((chain, done + count));
        window.blocks(chain, done, count)
    }

    /// Goes to the window with a chain that begins at `place`. Returns the chain, if it has MCUs.
    fn go_to<'scope>(
        &mut self,
        place: Place<'a>,
        helpers: Helpers<'_, 'scope>,
    ) -> Option<(usize, usize)>
    where
        'a: 'scope,
        't: 'scope,
    {
        if let Some(used) = self.window.take() {
            self.queue.give(used);
        }
        let begins_here = |window: &FoundWindow<'a>| window.chain_at(place).is_some();
        let leads_here = |searcher: &WindowSearcher<'a, 't>| {
            searcher.next.is_some_and(|next| is_same(next, place))
        };
        self.window = self.queue.take_if(begins_here, leads_here).or_else(|| {
            self.queue.restart(|searcher| searcher.next = Some(place));
            self.queue.take()
        });
        self.queue.call(helpers);
        let window = self.window.as_ref()?;
        let chain = window.chain_at(place)?;
        (window.mcus(chain) > 0).then_some((chain, 0))
    }
}

impl Drop for BlockFinder<'_, '_> {
    fn drop(&mut self) {
        self.queue.close();
    }
}
