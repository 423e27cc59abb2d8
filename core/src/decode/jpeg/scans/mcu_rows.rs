//! Rows of MCUs on their way from coefficients to pixels, which another thread may take.

use std::sync::Arc;

use super::mcu_decoder::McuDecoder;
use crate::decode::jpeg::markers::{JpegHeader, ScanHeader};
use crate::decode::jpeg::samples::{
    CoefficientTiles, Dequantizer, RowWriter, SampleStrip, ScaledGrid,
};
use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::threads::{Helpers, Processor, WorkQueue};

/// Transforms rows of MCUs and writes their pixels.
pub(super) struct McuRows<'w, 'a> {
    queue: Arc<WorkQueue<McuRowWriter<'w, 'a>>>,
    /// Zero coefficients for further rows.
    free: Vec<Vec<CoefficientTiles>>,
}

/// The coefficients of a row of MCUs.
struct McuRow {
    y: u32,
    /// In the order of the scan.
    tiles: Vec<CoefficientTiles>,
}

struct McuRowWriter<'w, 'a> {
    /// In the order of the scan: the index of a component in the frame, and its dequantizer.
    dequantizers: Vec<(usize, Dequantizer)>,
    /// The samples of each component, in the order of the frame.
    strips: Vec<SampleStrip>,
    writer: &'w mut RowWriter<'a>,
    /// The first error.
    result: Result<()>,
}

impl<'w, 'a> McuRows<'w, 'a> {
    pub(super) fn new(
        scan: &ScanHeader,
        header: &JpegHeader<'_>,
        grid: &ScaledGrid,
        budget: &Budget,
        writer: &'w mut RowWriter<'a>,
    ) -> Result<Self> {
        let mut dequantizers = Vec::new();
        for component in &scan.components {
            let index = component.index;
            let size = grid.components[index].block_size;
            let quant_table = header.tables.quant_table(&header.frame.components[index])?;
            dequantizers.push((index, Dequantizer::new(size, &quant_table, &[0; 64])));
        }
        let strips = grid.components.iter();
        let strips = strips.map(|component| SampleStrip::new(component, budget));
        Ok(Self {
            queue: WorkQueue::new(McuRowWriter {
                dequantizers,
                strips: strips.collect::<Result<_>>()?,
                writer,
                result: Ok(()),
            }),
            free: Vec::new(),
        })
    }

    /// Lets one more row wait for other threads.
    pub(super) fn add(&mut self, zero: Vec<CoefficientTiles>) {
        self.free.push(zero);
    }

    /// Writes row `y`, whose coefficients are in `decoder`, or lets it wait. Those in `decoder` are then
    /// zero.
    pub(super) fn write<'scope>(
        &mut self,
        y: u32,
        decoder: &mut McuDecoder<'_>,
        helpers: Helpers<'_, 'scope>,
    ) -> Result<()>
    where
        'w: 'scope,
        'a: 'scope,
    {
        let tiles = std::mem::take(&mut decoder.tiles);
        self.queue.give(McuRow { y, tiles });
        self.queue.call(helpers);
        let written = || self.queue.take().map(|row| row.tiles);
        let zero = self.free.pop().or_else(written);
        decoder.tiles = zero.ok_or_else(|| Error::internal("a row of MCUs is lost"))?;
        Ok(())
    }

    /// Writes the rows that wait. Returns the first error.
    pub(super) fn finish(self) -> Result<()> {
        let writer = self.queue.finish();
        writer.map_or(Ok(()), |writer| writer.result)
    }
}

impl Processor for McuRowWriter<'_, '_> {
    type Item = McuRow;

    fn process(&mut self, row: &mut McuRow) {
        for ((index, dequantizer), tiles) in self.dequantizers.iter().zip(&mut row.tiles) {
            let strip = &mut self.strips[*index];
            strip.begin_mcu_row(row.y);
            strip.transform(tiles, 0, dequantizer);
            tiles.zero_all();
        }
        if self.result.is_ok() {
            self.result = self.writer.write_rows_after(row.y, &self.strips);
        }
    }
}
