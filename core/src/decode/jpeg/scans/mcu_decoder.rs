//! The MCUs of a scan that interleaves all components, decoded code by code.

use super::huffman_tables::ScanTables;
use super::walk::ScanSpan;
use crate::decode::jpeg::block::{BlockLayout, BlockSize};
use crate::decode::jpeg::entropy::{BitReader, BlockDecoder};
use crate::decode::jpeg::markers::ScanHeader;
use crate::decode::jpeg::samples::{CoefficientTiles, ScaledGrid};
use crate::error::Result;
use crate::geometry::Region;
use crate::limits::Budget;
use crate::simd;

/// Decodes MCUs.
pub(super) struct McuDecoder<'a> {
    /// In the order of the scan.
    pub(super) components: Vec<ComponentDecoder<'a>>,
    /// The coefficients of one row of MCUs, in the order of the scan.
    pub(super) tiles: Vec<CoefficientTiles>,
    /// Whether a block of the current MCU is damaged. Set on a cold path, and read once per MCU.
    is_damaged: bool,
}

/// Decodes one component's blocks of an MCU.
pub(super) struct ComponentDecoder<'a> {
    /// Blocks of this component in an MCU, across and down.
    pub(super) h: u32,
    pub(super) v: u32,
    pub(super) blocks: BlockDecoder<'a>,
    pub(super) layout: BlockLayout,
}

impl<'a> McuDecoder<'a> {
    pub(super) fn new(
        scan: &ScanHeader,
        tables: &'a ScanTables,
        grid: &ScaledGrid,
        budget: &Budget,
    ) -> Result<Self> {
        let mut components = Vec::new();
        for (index, component) in scan.components.iter().enumerate() {
            let grid = &grid.components[component.index];
            components.push(ComponentDecoder {
                h: grid.h,
                v: grid.v,
                blocks: tables.block_decoder(index)?,
                layout: BlockLayout::new(grid.block_size),
            });
        }
        Ok(Self {
            components,
            tiles: row_tiles(scan, grid, budget)?,
            is_damaged: false,
        })
    }

    pub(super) fn blocks_per_mcu(&self) -> u64 {
        let blocks = self.components.iter().map(|c| u64::from(c.h * c.v));
        blocks.sum()
    }

    /// Resets the predictions, at the start of a restart interval.
    pub(super) fn reset(&mut self) {
        for component in &mut self.components {
            component.blocks.reset();
        }
    }

    /// Decodes or skips the MCUs of `span`. Returns the first that is damaged or past the end of the
    /// data, or the end of the span.
    pub(super) fn decode_span(&mut self, bits: &mut BitReader<'_>, span: ScanSpan) -> u32 {
        if !span.needed {
            return simd::dispatch(
                #[inline(always)]
                || self.skip_mcus(bits, span),
            );
        }
        let stop = simd::dispatch(
            #[inline(always)]
            || self.decode_mcus(bits, span),
        );
        if bits.is_past_end() {
            // Without coefficients the MCU is medium gray. With only the first of them, it would
            // show wrong detail.
            self.zero_mcu(stop);
        }
        stop
    }

    #[inline(always)]
    fn decode_mcus(&mut self, bits: &mut BitReader<'_>, span: ScanSpan) -> u32 {
        // A copy of the reader stays in registers over the whole span.
        let mut cursor = *bits;
        let mut stop = span.x1;
        for x in span.x0..span.x1 {
            self.decode_mcu(&mut cursor, x);
            if self.is_damaged || cursor.is_past_end() {
                stop = x;
                break;
            }
        }
        *bits = cursor;
        self.is_damaged = false;
        stop
    }

    #[inline(always)]
    fn decode_mcu(&mut self, bits: &mut BitReader<'_>, x: u32) {
        for (component, tiles) in self.components.iter_mut().zip(&mut self.tiles) {
            for v in 0..component.v {
                for h in 0..component.h {
                    let block = tiles.block_mut(x * component.h + h, v);
                    let decoded = component.blocks.decode(bits, &component.layout, block);
                    if decoded.is_none() {
                        self.is_damaged = true;
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn skip_mcus(&mut self, bits: &mut BitReader<'_>, span: ScanSpan) -> u32 {
        let mut cursor = *bits;
        let mut stop = span.x1;
        for x in span.x0..span.x1 {
            for component in &mut self.components {
                for _ in 0..component.h * component.v {
                    if component.blocks.skip(&mut cursor).is_none() {
                        self.is_damaged = true;
                    }
                }
            }
            if self.is_damaged || cursor.is_past_end() {
                stop = x;
                break;
            }
        }
        *bits = cursor;
        self.is_damaged = false;
        stop
    }

    /// Zeroes the coefficients of the MCU in column `x`.
    fn zero_mcu(&mut self, x: u32) {
        for (component, tiles) in self.components.iter().zip(&mut self.tiles) {
            for v in 0..component.v {
                for x in x * component.h..(x + 1) * component.h {
                    tiles.zero_block(x, v);
                }
            }
        }
    }
}

/// Zero coefficients for a row of MCUs, in the order of the scan.
pub(super) fn row_tiles(
    scan: &ScanHeader,
    grid: &ScaledGrid,
    budget: &Budget,
) -> Result<Vec<CoefficientTiles>> {
    let tiles = row_shapes(scan, grid);
    let tiles = tiles.map(|(blocks, size)| CoefficientTiles::new(blocks, size, budget));
    tiles.collect()
}

/// Bytes that [`row_tiles`] takes.
pub(super) fn row_memory(scan: &ScanHeader, grid: &ScaledGrid) -> u64 {
    let tiles = row_shapes(scan, grid);
    tiles
        .map(|(blocks, size)| CoefficientTiles::memory(blocks, size))
        .sum()
}

/// The blocks of each component in a row of MCUs, and their size.
fn row_shapes(scan: &ScanHeader, grid: &ScaledGrid) -> impl Iterator<Item = (Region, BlockSize)> {
    scan.components.iter().map(|component| {
        let grid = &grid.components[component.index];
        let mcu_row = Region {
            y0: 0,
            y1: grid.v,
            ..grid.blocks
        };
        (mcu_row, grid.block_size)
    })
}
