//! The MCUs of a scan that interleaves all components, decoded code by code.

use super::huffman_tables::ScanTables;
use super::walk::ScanSpan;
use crate::decode::jpeg::block::BlockLayout;
use crate::decode::jpeg::entropy::{BitReader, BlockDecoder};
use crate::decode::jpeg::markers::{JpegHeader, ScanComponent, ScanHeader};
use crate::decode::jpeg::samples::{CoefficientTiles, Dequantizer, SampleStrip, ScaledGrid};
use crate::error::Result;
use crate::geometry::Region;
use crate::limits::Budget;
use crate::simd;

/// Decodes MCUs.
pub(super) struct McuDecoder<'a> {
    /// In the order of the scan.
    pub(super) components: Vec<ComponentDecoder<'a>>,
    /// The samples of each component, in the order of the frame.
    pub(super) strips: Vec<SampleStrip>,
    /// Whether a block of the current MCU is damaged. Set on a cold path, and read once per MCU.
    is_damaged: bool,
}

/// Decodes one component's blocks of an MCU.
pub(super) struct ComponentDecoder<'a> {
    /// The index of the component in the frame.
    index: usize,
    /// Blocks of this component in an MCU, across and down.
    pub(super) h: u32,
    pub(super) v: u32,
    pub(super) blocks: BlockDecoder<'a>,
    pub(super) layout: BlockLayout,
    /// The coefficients of one row of MCUs.
    pub(super) tiles: CoefficientTiles,
    dequantizer: Dequantizer,
}

impl<'a> McuDecoder<'a> {
    pub(super) fn new(
        header: &JpegHeader<'_>,
        scan: &ScanHeader,
        tables: &'a ScanTables,
        grid: &ScaledGrid,
        budget: &Budget,
    ) -> Result<Self> {
        let components = scan
            .components
            .iter()
            .enumerate()
            .map(|(index, component)| {
                let blocks = tables.block_decoder(index)?;
                ComponentDecoder::new(header, component, blocks, grid, budget)
            });
        let strips = grid.components.iter();
        let strips = strips.map(|component| SampleStrip::new(component, budget));
        Ok(Self {
            components: components.collect::<Result<_>>()?,
            strips: strips.collect::<Result<_>>()?,
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
        for component in &mut self.components {
            for v in 0..component.v {
                for h in 0..component.h {
                    let block = component.tiles.block_mut(x * component.h + h, v);
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

    /// Transforms the coefficients of MCU row `y` to samples.
    pub(super) fn transform_row(&mut self, y: u32) {
        for component in &mut self.components {
            let strip = &mut self.strips[component.index];
            strip.begin_mcu_row(y);
            strip.transform(&component.tiles, 0, &component.dequantizer);
            component.tiles.zero_all();
        }
    }

    /// Zeroes the coefficients of the MCU in column `x`.
    fn zero_mcu(&mut self, x: u32) {
        for component in &mut self.components {
            for v in 0..component.v {
                for x in x * component.h..(x + 1) * component.h {
                    component.tiles.zero_block(x, v);
                }
            }
        }
    }
}

impl<'a> ComponentDecoder<'a> {
    fn new(
        header: &JpegHeader<'_>,
        component: &ScanComponent,
        blocks: BlockDecoder<'a>,
        grid: &ScaledGrid,
        budget: &Budget,
    ) -> Result<Self> {
        let index = component.index;
        let grid = &grid.components[index];
        let quant_table = header.tables.quant_table(&header.frame.components[index])?;
        let mcu_row = Region {
            y0: 0,
            y1: grid.v,
            ..grid.blocks
        };
        Ok(Self {
            index,
            h: grid.h,
            v: grid.v,
            blocks,
            layout: BlockLayout::new(grid.block_size),
            tiles: CoefficientTiles::new(mcu_row, grid.block_size, budget)?,
            dequantizer: Dequantizer::new(grid.block_size, &quant_table, &[0; 64]),
        })
    }
}
