//! Whether a scan is decoded by [finding and reading](crate::decode::jpeg::entropy) its blocks, and
//! the reading of its MCUs.
//!
//! That is done if every condition holds:
//!
//! | of the | condition | because |
//! |---|---|---|
//! | build | not for wasm32 ([`ENABLED`]) | it takes 1.0 to 1.15 times as long there, and 12 kB more |
//! | frame | sequential, with one scan | bands of a progressive frame have other codes |
//! | scale | N/8 with N <= 3 | else most coefficients are kept, and nothing is saved |
//! | data | 100 KB or more ([`MIN_BYTES`]) | the tables take as long as decoding 10 KB |
//! | blocks | 8 bits or more on average, 40 at N = 3 ([`MIN_BITS_PER_BLOCK`]) | else a block costs more than its codes |
//! | MCU | 16 blocks or fewer ([`BlockFinder::MAX_BLOCKS_PER_MCU`]) | T.81 allows 10 |
//! | region | half of the width or more, if restart intervals are shorter than a row | short intervals outside of it are skipped, but would be found too |
//! | memory | 8 times what is needed is left ([`MEMORY_FACTOR`]), beside the marks of damage | then both ways succeed and fail for the same files |
//!
//! The data is counted to the end of the file. If much of it does not belong to the scan, the blocks
//! that are found show it.
//!
//! The time of find and read, over that of single codes, with transform and color in both:
//!
//! ```text
//! bits a block      N = 1       N = 2       N = 3
//! 84 to 104       .4 to .6    .45 to .7   .65 to .8
//! 48 to 50           .5         .5           1
//! 8 to 25         .5 to .7    .7 to .8    1 to 1.05
//! ```
//!
//! Parts of a scan may have 4 bits a block.
//!
//! From 400 KB of data on, other threads help, if the caller allows it and 8 times the memory is left
//! that they need; else one thread decodes. The time of a whole render on two cores over that on one:
//!
//! ```text
//!                    to 64 px      to 128 px     to 256 px
//! 0.2 MB           1.11 to 1.24   .93 to .95
//! 0.3 MB           1.01 to 1.11   .89 to .90        .90
//! 0.4 MB            .96 to .99    .84 to .86    .80 to .86
//! 0.5 MB            .85 to .97    .82 to .83    .77 to .85
//! 0.6 MB            .82 to .92    .80 to .81    .75 to .79
//! 0.8 MB            .77 to .85    .75 to .76    .76 to .79
//! 12 megapixels:
//! 0.7 to 1.3 MB     .69 to .76                  .70 to .73
//! 1.7 to 2.3 MB     .65 to .70                  .66 to .69
//! 2.8 to 3.8 MB     .61 to .65                  .63 to .67
//! ```
//!
//! Three photos were scaled down to each amount of data, at quality 88. Four were saved with 12
//! megapixels at qualities 75, 88 and 95, and one of them is itself of that size. Below 400 KB, this
//! condition was taken out. Each figure is the quotient of two medians of 25 runs, which alternated. The
//! process had real-time priority, because other programs kept the cores busy. The processor time was
//! 1.18 to 1.36 times that of one thread at 0.4 MB, and 1.09 to 1.18 times at 2.8 to 3.8 MB.

use std::ops::Range;

use super::damage::DamageMap;
use super::huffman_tables::ScanTables;
use super::mcu_decoder::{ComponentDecoder, McuDecoder};
use super::walk::ScanSpan;
use crate::decode::jpeg::entropy::{
    BitReader, BlockFinder, BlockPlace, BlockReader, FoundBlocks, SUBSEQUENCE, SpeculativeTables,
};
use crate::decode::jpeg::markers::{JpegHeader, ScanHeader, TableSpecs};
use crate::decode::jpeg::samples::{CoefficientTiles, ScaledGrid};
use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::simd;
use crate::threads::Helpers;

pub(super) const ENABLED: bool = cfg!(not(target_arch = "wasm32"));
const MIN_BYTES: usize = 100_000;
/// Bytes of data from which on other threads help.
const MIN_PARALLEL_BYTES: usize = 400_000;
/// By N - 1.
const MIN_BITS_PER_BLOCK: [u64; 3] = [8, 8, 40];
/// For shorter blocks, a window has more of them than a long one has room for.
const MIN_BITS_FOR_LONG_WINDOWS: u64 = 16;
/// The memory that must be left, as a multiple of what is needed.
const MEMORY_FACTOR: u64 = 8;

/// How the entropy-coded data of a scan is decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum EntropyPath {
    /// As the facts of the scan suggest.
    #[default]
    ByFacts,
    /// Code by code.
    #[cfg(any(test, feature = "internals"))]
    Plain,
    /// Find and read, with subsequences of so many bytes.
    #[cfg(any(test, feature = "internals"))]
    Speculative { subsequence: usize },
}

impl EntropyPath {
    /// Whether a scan of `bytes` is worth several threads.
    pub(super) fn is_worth_threads(self, bytes: usize) -> bool {
        self != Self::ByFacts || bytes >= MIN_PARALLEL_BYTES
    }

    /// The bytes of a subsequence, if a scan of `bytes` is decoded by finding its blocks.
    pub(super) fn subsequence(
        self,
        bytes: usize,
        header: &JpegHeader<'_>,
        grid: &ScaledGrid,
        blocks_per_mcu: u64,
    ) -> Option<usize> {
        match self {
            Self::ByFacts => {}
            #[cfg(any(test, feature = "internals"))]
            Self::Plain => return None,
            #[cfg(any(test, feature = "internals"))]
            Self::Speculative { subsequence } => return Some(subsequence),
        }
        if !ENABLED {
            return None;
        }
        let (mcus, needed) = (header.frame.mcus(), grid.mcus.size());
        let interval = header.tables.restart_interval;
        if (1..mcus.width).contains(&interval) && needed.width < mcus.width / 2 {
            return None;
        }
        let scale = grid.mcu_size.width / header.frame.h_max;
        let min_bits = *MIN_BITS_PER_BLOCK.get(scale as usize - 1)?;
        let blocks = mcus.pixels() * blocks_per_mcu;
        let bits = 8 * bytes as u64;
        let length = if bits < MIN_BITS_FOR_LONG_WINDOWS * blocks {
            SUBSEQUENCE / 2
        } else {
            SUBSEQUENCE
        };
        (bytes >= MIN_BYTES && bits >= min_bits * blocks).then_some(length)
    }
}

/// Whether so much memory is left beside `bytes` that the scan needs no more: damage takes memory when it
/// is found.
pub(super) fn is_ample(bytes: u64, grid: &ScaledGrid, budget: &Budget) -> bool {
    let left = budget.memory_left().saturating_sub(DamageMap::memory(grid));
    left / MEMORY_FACTOR >= bytes
}

/// The bytes of a subsequence. The first of smaller windows is found sooner, and nothing is read before.
fn subsequence_for(subsequence: usize, has_helpers: bool) -> usize {
    if has_helpers {
        subsequence / 2
    } else {
        subsequence
    }
}

/// The tables of a scan's components, in the order of the scan. Components with equal tables share them.
pub(super) struct ComponentTables<'t> {
    tables: Vec<SpeculativeTables<'t>>,
    /// The index of each component's tables.
    indices: Vec<usize>,
}

impl<'t> ComponentTables<'t> {
    pub(super) fn new(
        scan: &ScanHeader,
        prepared: &'t ScanTables,
        specs: &TableSpecs<'_>,
    ) -> Result<Self> {
        let mut unique = Vec::new();
        let mut tables = Vec::new();
        let mut indices = Vec::new();
        for (index, component) in scan.components.iter().enumerate() {
            let pair = (specs.dc(component.dc_slot)?, specs.ac(component.ac_slot)?);
            let known = unique.iter().position(|other| *other == pair);
            indices.push(known.unwrap_or(unique.len()));
            if known.is_none() {
                let (dc, ac) = (prepared.dc(index)?, prepared.ac(index)?);
                tables.push(SpeculativeTables::new((&pair.0, dc), (&pair.1, ac))?);
                unique.push(pair);
            }
        }
        Ok(Self { tables, indices })
    }

    fn iter(&'t self) -> impl Iterator<Item = &'t SpeculativeTables<'t>> {
        self.indices.iter().map(|&index| &self.tables[index])
    }
}

/// Finds and reads the blocks of a scan.
pub(super) struct Speculation<'a, 't> {
    finder: BlockFinder<'a, 't>,
    /// In the order of the scan.
    components: Vec<ComponentReader<'t>>,
    blocks_per_mcu: usize,
}

/// Reads one component's blocks.
struct ComponentReader<'t> {
    reader: BlockReader<'t>,
    /// This component's blocks among those of an MCU.
    blocks: Range<usize>,
    /// The first column of MCUs that is needed.
    x0: u32,
    /// The needed blocks of a row of MCUs, in the order of the scan (A.2.3).
    places: Buffer<BlockPlace>,
}

impl<'a, 't> Speculation<'a, 't> {
    /// Bytes of the windows.
    pub(super) fn memory(subsequence: usize, has_helpers: bool) -> u64 {
        BlockFinder::memory(subsequence_for(subsequence, has_helpers), has_helpers)
    }

    /// `None` if memory is scarce.
    pub(super) fn new(
        tables: &'t ComponentTables<'t>,
        decoder: &McuDecoder<'_>,
        grid: &ScaledGrid,
        header: &JpegHeader<'_>,
        subsequence: usize,
        has_helpers: bool,
        budget: &Budget,
    ) -> Option<Self> {
        if !ENABLED || !is_ample(Self::memory(subsequence, has_helpers), grid, budget) {
            return None;
        }
        let components = &decoder.components;
        let mut blocks = Vec::new();
        let mut readers = Vec::new();
        for (component, tables) in components.iter().zip(tables.iter()) {
            blocks.extend(vec![tables; (component.h * component.v) as usize]);
        }
        let mut first = 0;
        let tiles = decoder.tiles.iter();
        for ((component, tables), tiles) in components.iter().zip(tables.iter()).zip(tiles) {
            let component = (component, tiles);
            let range = first..first + (component.0.h * component.0.v) as usize;
            first = range.end;
            let size = (range, blocks.len());
            readers.push(ComponentReader::new(tables, component, size, grid, budget).ok()?);
        }
        if blocks.len() > BlockFinder::MAX_BLOCKS_PER_MCU {
            return None;
        }
        let interval = header.tables.restart_interval;
        let length = subsequence_for(subsequence, has_helpers);
        Some(Self {
            finder: BlockFinder::new(&blocks, interval, length, has_helpers, budget).ok()?,
            components: readers,
            blocks_per_mcu: blocks.len(),
        })
    }

    /// A restart interval begins at the start of `data`.
    pub(super) fn begin_interval<'scope>(&mut self, data: &'a [u8], helpers: Helpers<'_, 'scope>)
    where
        'a: 'scope,
        't: 'scope,
    {
        if ENABLED {
            self.finder.begin_interval(data, helpers);
        }
    }

    /// As [`McuDecoder::decode_span`].
    pub(super) fn decode_span<'scope>(
        &mut self,
        decoder: &mut McuDecoder<'_>,
        bits: &mut BitReader<'a>,
        span: ScanSpan,
        helpers: Helpers<'_, 'scope>,
    ) -> u32
    where
        'a: 'scope,
        't: 'scope,
    {
        if !ENABLED {
            return decoder.decode_span(bits, span);
        }
        let mut x = span.x0;
        while x < span.x1 {
            let count = (span.x1 - x) as usize;
            let Some(found) = self.finder.next_mcus(count, bits, helpers) else {
                return decoder.decode_span(bits, ScanSpan { x0: x, ..span });
            };
            let count = (found.starts.len() / self.blocks_per_mcu) as u32;
            let mcus = ScanSpan {
                x0: x,
                x1: x + count,
                ..span
            };
            let readers = self.components.iter();
            let targets = decoder.components.iter_mut().zip(&mut decoder.tiles);
            simd::dispatch(
                #[inline(always)]
                || {
                    for (reader, target) in readers.zip(targets) {
                        reader.read(&found, self.blocks_per_mcu, target, mcus);
                    }
                },
            );
            x += count;
        }
        span.x1
    }
}

impl<'t> ComponentReader<'t> {
    /// The component has `blocks` among `blocks_per_mcu`.
    fn new(
        tables: &'t SpeculativeTables<'t>,
        (component, tiles): (&ComponentDecoder<'_>, &CoefficientTiles),
        (blocks, blocks_per_mcu): (Range<usize>, usize),
        grid: &ScaledGrid,
        budget: &Budget,
    ) -> Result<Self> {
        let mut places =
            budget.buffer::<BlockPlace>(grid.mcus.size().width as usize * blocks.len())?;
        let mcus = places.chunks_exact_mut(blocks.len());
        for ((mcu, places), x) in (0..).zip(mcus).zip(grid.mcus.x0..) {
            for (i, place) in (0..).zip(places) {
                let (x, y) = (x * component.h + i % component.h, i / component.h);
                place.index = (mcu * blocks_per_mcu + blocks.start) as u32 + i;
                place.offset = tiles.place_of(x, y) as u32;
            }
        }
        Ok(Self {
            reader: BlockReader::new(tables, &component.layout),
            blocks,
            x0: grid.mcus.x0,
            places,
        })
    }

    /// Reads or skips the blocks of `span`.
    #[inline(always)]
    fn read(
        &self,
        found: &FoundBlocks<'_>,
        blocks_per_mcu: usize,
        (component, tiles): (&mut ComponentDecoder<'_>, &mut CoefficientTiles),
        span: ScanSpan,
    ) {
        let decoder = &mut component.blocks;
        if !span.needed {
            return self
                .reader
                .skip(found, blocks_per_mcu, self.blocks.clone(), decoder);
        }
        let columns = (span.x0 - self.x0) as usize..(span.x1 - self.x0) as usize;
        let first = columns.start * blocks_per_mcu;
        let per_mcu = self.blocks.len();
        let places = &self.places[columns.start * per_mcu..columns.end * per_mcu];
        let coefficients = tiles.all_mut();
        self.reader.read(
            found,
            (first as u32, places),
            decoder,
            &component.layout,
            coefficients,
        );
    }
}
