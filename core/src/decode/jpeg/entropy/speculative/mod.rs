//! A baseline scan in two phases: *find* where its blocks start, then *read* each block by itself.
//!
//! Decoding code after code takes most of the time of a JPEG, and the processor waits most of that
//! time: each look-up depends on the one before, and a branch on its result is mispredicted once or
//! twice in each block. The two phases have neither.
//!
//! - *Find* ([`find`]) adds up the lengths of codes and ignores values. Four *cursors* at different
//!   places of the scan advance in turn, so their look-ups overlap. There is no branch on the data.
//! - *Read* ([`read`]) knows where the blocks start, so four of them are read at once.
//!
//! ```text
//! until the last row of the region:                                      blocks
//!     window = the next 128 KiB of the scan, without stuffed zeros       window
//!     subsequences = the four parts of the window, 32 KiB each
//!     find:
//!         cursor 0 starts at a block. Cursor i guesses: it starts with its subsequence
//!         each cursor collects the starts of its blocks, to a little after its subsequence
//!         join: where cursor i has found the same block as cursor i + 1, cursor i + 1 goes on
//!     read: the kept coefficients of every whole MCU; only DC differences outside the region
//! ```
//!
//! **Synchronization.** A cursor that guesses reads nonsense at first. But Huffman codes synchronize:
//! sooner or later a code ends where a true one does, and from there on both decode the same. The
//! join compares the starts of blocks *and* their position in the MCU, which gives the tables. Then
//! the state of a decoder is equal as a whole, so everything after it is. In photos the median is
//! 10 to 130 bytes, and 99 % of the cursors are right after 1.1 KB.
//!
//! **Threads.** Where other threads help, they find windows while others are read ([`blocks`]).
//!
//! **Restart intervals** start at known places. Where several are in a window, each cursor finds a
//! whole interval, then the next, and nothing is joined. The decoder of single codes decodes the rest
//! of a damaged interval, and the next one is not searched again.
//!
//! **Damage.** A code that cannot be valid shows that a guess was wrong, and the cursor starts again
//! one bit further. In cursor 0, or after a join, it is damage. The starts end before it. When no
//! whole MCU is left, the decoder of single codes goes on from there. The end of the data is the
//! same case. So damage has one implementation, and its reports are the same.
//!
//! **Bounds.** Cursors may fail to join: in a synthetic image they can stay unsynchronized. Then the
//! window ends after cursor 0, and the next 4 windows have one cursor. After a second failure they are 8.
//! Three more failures than successes leave the rest of the scan to the decoder of single codes. So no
//! byte passes more than two cursors, but for overlaps, and a scan whose cursors never join is searched
//! in its first 480 KiB only. A cursor that has started again too often ends its window in the same way.
//! The rest of the scan is also left to that decoder where many symbols take a look-up of their own,
//! because the tables do not know their codes or their blocks have no end of block, and where most blocks
//! are a few bits. The scans of the benchmark `jpeg_adversarial` have 0.6 to 4 MB, and take at most 1.3
//! times as long as by that decoder.
//!
//! The idea is that of Klein and Wiseman ("Parallel Huffman Decoding with Applications to JPEG Files",
//! 2003). Weißenberger and Schmidt ("Massively Parallel Huffman Decoding on GPUs", 2018) call the parts
//! subsequences.

mod blocks;
mod find;
mod found;
mod lengths;
mod listed_symbol;
mod read;
mod tables;
mod values;
mod window;

pub(crate) use self::blocks::BlockFinder;
pub(crate) use self::find::SUBSEQUENCE;
pub(crate) use self::found::FoundBlocks;
pub(crate) use self::read::{BlockPlace, BlockReader};
pub(crate) use self::tables::SpeculativeTables;
