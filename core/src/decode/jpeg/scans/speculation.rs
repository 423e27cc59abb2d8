//! Whether a scan is decoded by [finding and reading](crate::decode::jpeg::entropy) its blocks, and
//! the reading of its MCUs.
//!
//! ```text
//! one interleaved baseline scan, and
//! the scale is N/8 with N <= 3:     where most coefficients are kept, nothing is saved
//! 100 KB of data or more:           the tables cost as much as decoding a part of that
//! 8 bits a block or more:           else the work that each block costs outweighs its codes
//! ample memory:                     both ways succeed and fail for the same files
//! ```

use super::huffman_tables::ScanTables;
use super::single_scan::{ComponentDecoder, McuDecoder, SingleScan};
use super::walk::ScanSpan;
use crate::decode::jpeg::block::LANES;
use crate::decode::jpeg::entropy::{
    BitReader, BlockFinder, BlockReader, FoundBlocks, SEGMENT, SpeculativeTables,
};
use crate::decode::jpeg::markers::{JpegHeader, ScanHeader, TableSpecs};
use crate::decode::jpeg::samples::ScaledGrid;
use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::simd;

const MAX_SCALE: u32 = 3;
const MIN_BYTES: usize = 100_000;
const MIN_BITS_PER_BLOCK: u64 = 8;
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
    /// Find and read, with so many bytes of a window for each lane.
    #[cfg(any(test, feature = "internals"))]
    Speculative { segment: usize },
}

impl EntropyPath {
    /// The bytes of a window for each lane, if the scan is decoded by finding its blocks.
    pub(super) fn segment(
        self,
        scan: &SingleScan<'_>,
        header: &JpegHeader<'_>,
        grid: &ScaledGrid,
        blocks_per_mcu: u64,
    ) -> Option<usize> {
        match self {
            Self::ByFacts => {}
            #[cfg(any(test, feature = "internals"))]
            Self::Plain => return None,
            #[cfg(any(test, feature = "internals"))]
            Self::Speculative { segment } => return Some(segment),
        }
        let blocks = header.frame.mcus().pixels() * blocks_per_mcu;
        let is_scaled = grid.mcu_size.width <= MAX_SCALE * header.frame.h_max;
        let is_large = scan.data.len() >= MIN_BYTES
            && 8 * scan.data.len() as u64 >= MIN_BITS_PER_BLOCK * blocks;
        (is_scaled && is_large).then_some(SEGMENT)
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
    readers: Vec<BlockReader<'t>>,
    blocks_per_mcu: usize,
    /// The starts of one component's blocks in a span.
    starts: Buffer<u32>,
}

impl<'a, 't> Speculation<'a, 't> {
    /// `None` if memory is scarce.
    pub(super) fn new(
        tables: &'t ComponentTables<'t>,
        components: &[ComponentDecoder<'_>],
        header: &JpegHeader<'_>,
        segment: usize,
        budget: &Budget,
    ) -> Option<Self> {
        if budget.memory_left() / MEMORY_FACTOR < BlockFinder::memory(segment) {
            return None;
        }
        let per_mcu = |component: &ComponentDecoder<'_>| (component.h * component.v) as usize;
        let mut blocks = Vec::new();
        for (component, tables) in components.iter().zip(tables.iter()) {
            blocks.extend(vec![tables; per_mcu(component)]);
        }
        let interval = header.tables.restart_interval;
        let readers = components.iter().zip(tables.iter());
        let most = components.iter().map(per_mcu).max()?;
        let starts = budget.buffer(header.frame.mcus().width as usize * most);
        if blocks.len() > BlockFinder::MAX_BLOCKS_PER_MCU {
            return None;
        }
        Some(Self {
            finder: BlockFinder::new(&blocks, interval, segment, budget).ok()?,
            readers: readers
                .map(|(component, tables)| BlockReader::new(tables, &component.layout))
                .collect(),
            blocks_per_mcu: blocks.len(),
            starts: starts.ok()?,
        })
    }

    /// A restart interval begins at the start of `data`.
    pub(super) fn begin_interval(&mut self, data: &'a [u8]) {
        self.finder.begin_interval(data);
    }

    /// As [`McuDecoder::decode_span`].
    pub(super) fn decode_span(
        &mut self,
        decoder: &mut McuDecoder<'_>,
        bits: &mut BitReader<'a>,
        span: ScanSpan,
    ) -> u32 {
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
            let (readers, starts) = (&self.readers, &mut self.starts);
            simd::dispatch(
                #[inline(always)]
                || read_mcus(readers, starts, found, decoder, mcus),
            );
            x += count;
        }
        span.x1
    }
}

/// Reads or skips the MCUs of `span`.
#[inline(always)]
fn read_mcus(
    readers: &[BlockReader<'_>],
    starts: &mut [u32],
    found: FoundBlocks<'_>,
    decoder: &mut McuDecoder<'_>,
    span: ScanSpan,
) {
    let mcus = (span.x1 - span.x0) as usize;
    let blocks_per_mcu = found.starts.len() / mcus;
    let mut first = 0;
    for (component, reader) in decoder.components.iter_mut().zip(readers) {
        let count = (component.h * component.v) as usize;
        let starts = &mut starts[..mcus * count];
        let found_mcus = found.starts.chunks_exact(blocks_per_mcu);
        for (to, mcu) in starts.chunks_exact_mut(count).zip(found_mcus) {
            to.copy_from_slice(&mcu[first..first + count]);
        }
        first += count;
        let blocks = (found.data, &*starts);
        if !span.needed {
            reader.skip(blocks, &mut component.blocks);
            continue;
        }
        let mut place = BlockPlace::new(component.h, component.v, span.x0);
        let tiles = &mut component.tiles;
        let write = |block: &[i16]| {
            let target = tiles.block_mut(place.x + place.h, place.v);
            let target = target.iter_mut().step_by(LANES);
            for (to, &coefficient) in target.zip(block) {
                *to = coefficient;
            }
            place.advance();
        };
        reader.read(blocks, &mut component.blocks, &component.layout, write);
    }
}

/// A place in a row of MCUs, in the order of the scan (A.2.3).
struct BlockPlace {
    /// Blocks of a component in an MCU, across and down.
    size: (u32, u32),
    /// The column of the MCU's first block.
    x: u32,
    /// The block in the MCU.
    h: u32,
    v: u32,
}

impl BlockPlace {
    fn new(across: u32, down: u32, mcu: u32) -> Self {
        Self {
            size: (across, down),
            x: mcu * across,
            h: 0,
            v: 0,
        }
    }

    #[inline(always)]
    fn advance(&mut self) {
        self.h += 1;
        if self.h < self.size.0 {
            return;
        }
        (self.h, self.v) = (0, self.v + 1);
        if self.v == self.size.1 {
            self.v = 0;
            self.x += self.size.0;
        }
    }
}
