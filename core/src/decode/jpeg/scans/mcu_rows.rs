//! Rows of MCUs on their way from coefficients to pixels, which another thread may take.

use super::mcu_decoder::McuDecoder;
use crate::decode::jpeg::markers::{JpegHeader, ScanHeader};
use crate::decode::jpeg::samples::{
    CoefficientTiles, Dequantizer, RowWriter, SampleStrip, ScaledGrid,
};
#[cfg(feature = "parallel")]
use crate::error::Error;
use crate::error::Result;
use crate::limits::Budget;
use crate::threads::Helpers;
#[cfg(feature = "parallel")]
use crate::threads::{Processor, WorkQueue};

/// Transforms rows of MCUs and writes their pixels.
pub(super) struct McuRowWriter<'w, 'a> {
    /// In the order of the scan: the index of a component in the frame, and its dequantizer.
    dequantizers: Vec<(usize, Dequantizer)>,
    /// The samples of each component, in the order of the frame.
    strips: Vec<SampleStrip>,
    writer: &'w mut RowWriter<'a>,
    /// The first error of a row that waited.
    #[cfg(feature = "parallel")]
    result: Result<()>,
}

impl<'w, 'a> McuRowWriter<'w, 'a> {
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
            dequantizers,
            strips: strips.collect::<Result<_>>()?,
            writer,
            #[cfg(feature = "parallel")]
            result: Ok(()),
        })
    }

    /// Writes row `y`, and zeroes its coefficients.
    fn write(&mut self, y: u32, tiles: &mut [CoefficientTiles]) -> Result<()> {
        for ((index, dequantizer), tiles) in self.dequantizers.iter().zip(tiles) {
            let strip = &mut self.strips[*index];
            strip.begin_mcu_row(y);
            strip.transform(tiles, 0, dequantizer);
            tiles.zero_all();
        }
        self.writer.write_rows_after(y, &self.strips)
    }
}

/// Where rows are written.
pub(super) enum McuRows<'w, 'a> {
    /// On this thread, at once.
    Here(McuRowWriter<'w, 'a>),
    /// On any thread.
    #[cfg(feature = "parallel")]
    Queued {
        queue: std::sync::Arc<WorkQueue<McuRowWriter<'w, 'a>>>,
        /// Zero coefficients for further rows.
        free: Vec<Vec<CoefficientTiles>>,
    },
}

impl<'w, 'a> McuRows<'w, 'a> {
    /// With `zero` coefficients for the rows that may wait for another thread.
    #[cfg_attr(not(feature = "parallel"), allow(unused_variables))]
    pub(super) fn new(writer: McuRowWriter<'w, 'a>, zero: Vec<Vec<CoefficientTiles>>) -> Self {
        #[cfg(feature = "parallel")]
        if !zero.is_empty() {
            let queue = WorkQueue::new(writer);
            return Self::Queued { queue, free: zero };
        }
        Self::Here(writer)
    }

    /// Writes row `y`, whose coefficients are in `decoder`, or lets it wait. Those in `decoder` are then
    /// zero.
    #[cfg_attr(not(feature = "parallel"), allow(unused_variables))]
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
        match self {
            Self::Here(writer) => writer.write(y, &mut decoder.tiles),
            #[cfg(feature = "parallel")]
            Self::Queued { queue, free } => {
                let tiles = std::mem::take(&mut decoder.tiles);
                queue.give(McuRow { y, tiles });
                queue.call(helpers);
                let written = || queue.take().map(|row| row.tiles);
                let zero = free.pop().or_else(written);
                decoder.tiles = zero.ok_or_else(|| Error::internal("a row of MCUs is lost"))?;
                Ok(())
            }
        }
    }

    /// Writes the rows that wait. Returns the first error of them and of those before.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            Self::Here(_) => Ok(()),
            #[cfg(feature = "parallel")]
            Self::Queued { queue, .. } => {
                let writer = queue.finish();
                writer.map_or(Ok(()), |writer| writer.result)
            }
        }
    }
}

/// The coefficients of a row of MCUs.
#[cfg(feature = "parallel")]
pub(super) struct McuRow {
    y: u32,
    /// In the order of the scan.
    tiles: Vec<CoefficientTiles>,
}

#[cfg(feature = "parallel")]
impl Processor for McuRowWriter<'_, '_> {
    type Item = McuRow;

    fn process(&mut self, row: &mut McuRow) {
        if self.result.is_ok() {
            self.result = self.write(row.y, &mut row.tiles);
        }
    }
}
