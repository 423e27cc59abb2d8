//! Whether a scan is decoded by [finding and reading](crate::decode::jpeg::entropy) its blocks, and
//! the reading of its MCUs.
//!
//! That is done if every condition holds:
//!
//! | of the | condition | because |
//! |---|---|---|
//! | build | not for wasm32 ([`ENABLED`]) | every page would load the code for few photos |
//! | frame | sequential, with one scan | bands of a progressive frame have other codes |
//! | scale | N/8 with N <= 3 | else most coefficients are kept, and nothing is saved |
//! | data | 100 KB or more ([`MIN_BYTES`]) | the tables take as long as decoding 10 KB |
//! | blocks | 8 bits or more on average, 40 at N = 3 ([`MIN_BITS_PER_BLOCK`]) | else a block costs more than its codes |
//! | MCU | 16 blocks or fewer ([`BlockFinder::MAX_BLOCKS_PER_MCU`]) | T.81 allows 10 |
//! | region | half of the width or more, if restart intervals are shorter than a row | short intervals outside of it are skipped, but would be found too |
//! | memory | 8 times what is needed is left ([`MEMORY_FACTOR`]) | then both ways succeed and fail for the same files |
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

use std::ops::Range;

use super::huffman_tables::ScanTables;
use super::mcu_decoder::{ComponentDecoder, McuDecoder};
use super::walk::ScanSpan;
use crate::decode::jpeg::entropy::{
    BitReader, BlockFinder, BlockPlace, BlockReader, FoundBlocks, SUBSEQUENCE, SpeculativeTables,
};
use crate::decode::jpeg::markers::{JpegHeader, ScanHeader, TableSpecs};
use crate::decode::jpeg::samples::ScaledGrid;
use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::simd;

const ENABLED: bool = cfg!(not(target_arch = "wasm32"));
const MIN_BYTES: usize = 100_000;
/// By N - 1.
const MIN_BITS_PER_BLOCK: [u64; 3] = [8, 8, 40];
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
        (bytes >= MIN_BYTES && 8 * bytes as u64 >= min_bits * blocks).then_some(SUBSEQUENCE)
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
    /// `None` if memory is scarce.
    pub(super) fn new(
        tables: &'t ComponentTables<'t>,
        components: &[ComponentDecoder<'_>],
        grid: &ScaledGrid,
        header: &JpegHeader<'_>,
        subsequence: usize,
        budget: &Budget,
    ) -> Option<Self> {
        if !ENABLED || budget.memory_left() / MEMORY_FACTOR < BlockFinder::memory(subsequence) {
            return None;
        }
        let mut blocks = Vec::new();
        let mut readers = Vec::new();
        for (component, tables) in components.iter().zip(tables.iter()) {
            blocks.extend(vec![tables; (component.h * component.v) as usize]);
        }
        let mut first = 0;
        for (component, tables) in components.iter().zip(tables.iter()) {
            let range = first..first + (component.h * component.v) as usize;
            first = range.end;
            let size = (range, blocks.len());
            readers.push(ComponentReader::new(tables, component, size, grid, budget).ok()?);
        }
        if blocks.len() > BlockFinder::MAX_BLOCKS_PER_MCU {
            return None;
        }
        let interval = header.tables.restart_interval;
        Some(Self {
            finder: BlockFinder::new(&blocks, interval, subsequence, budget).ok()?,
            components: readers,
            blocks_per_mcu: blocks.len(),
        })
    }

    /// A restart interval begins at the start of `data`.
    pub(super) fn begin_interval(&mut self, data: &'a [u8]) {
        if ENABLED {
            self.finder.begin_interval(data);
        }
    }

    /// As [`McuDecoder::decode_span`].
    pub(super) fn decode_span(
        &mut self,
        decoder: &mut McuDecoder<'_>,
        bits: &mut BitReader<'a>,
        span: ScanSpan,
    ) -> u32 {
        if !ENABLED {
            return decoder.decode_span(bits, span);
        }
        let mut x = span.x0;
        while x < span.x1 {
            let Some(found) = self.finder.next_mcus((span.x1 - x) as usize, bits) else {
                return decoder.decode_span(bits, ScanSpan { x0: x, ..span });
            };
            let count = (found.starts.len() / self.blocks_per_mcu) as u32;
            let mcus = ScanSpan {
                x0: x,
                x1: x + count,
                ..span
            };
            let readers = self.components.iter().zip(&mut decoder.components);
            simd::dispatch(
                #[inline(always)]
                || {
                    for (reader, component) in readers {
                        reader.read(&found, self.blocks_per_mcu, component, mcus);
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
        component: &ComponentDecoder<'_>,
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
                place.offset = component.tiles.place_of(x, y) as u32;
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
        component: &mut ComponentDecoder<'_>,
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
        let coefficients = component.tiles.all_mut();
        self.reader.read(
            found,
            (first as u32, places),
            decoder,
            &component.layout,
            coefficients,
        );
    }
}
