//! Sequential frames whose only scan has every component (T.81 F.2): decoded, transformed and
//! passed on one row of MCUs at a time.
//!
//! ```text
//! for each MCU up to the last row of the region:
//!     outside the region -> update the DC predictions, skip everything else
//!     inside             -> decode the coefficients that the scale keeps, skip the rest
//! after each row of MCUs: inverse DCT, rows of pixels
//! ```

use super::damage::DamageMap;
use super::huffman_tables::ScanTables;
use super::mcu_decoder::McuDecoder;
use super::speculation::{ComponentTables, EntropyPath, Speculation};
use super::walk::{ScanWalk, SpanState};
use crate::decode::jpeg::markers::{JpegHeader, ScanHeader};
use crate::decode::jpeg::samples::{RowWriter, ScaledGrid};
use crate::error::Result;
use crate::limits::Budget;

/// The scan of a frame that has one.
pub(crate) struct SingleScan<'a> {
    pub(crate) header: ScanHeader,
    /// The file from the scan's entropy-coded data on.
    pub(crate) data: &'a [u8],
    pub(crate) path: EntropyPath,
}

/// Decodes `scan`. Marks missing MCUs in `damage`.
pub(crate) fn decode(
    scan: &SingleScan<'_>,
    header: &JpegHeader<'_>,
    grid: &ScaledGrid,
    budget: &Budget,
    damage: &mut DamageMap<'_>,
    writer: &mut RowWriter<'_>,
) -> Result<()> {
    let size = header.frame.mcus();
    let tables = ScanTables::new(&scan.header, &header.tables, false, size)?;
    let mut walk = ScanWalk::new(scan.data, size, header.tables.restart_interval, grid.mcus);
    let mut decoder = McuDecoder::new(header, &scan.header, &tables, grid, budget)?;
    let blocks_per_mcu = decoder.blocks_per_mcu();
    let subsequence = scan
        .path
        .subsequence(scan.data.len(), header, grid, blocks_per_mcu);
    let speculative =
        subsequence.map(|_| ComponentTables::new(&scan.header, &tables, &header.tables));
    let speculative = speculative.transpose()?;
    let mut speculation =
        speculative
            .as_ref()
            .zip(subsequence)
            .and_then(|(tables, subsequence)| {
                Speculation::new(
                    tables,
                    &decoder.components,
                    grid,
                    header,
                    subsequence,
                    budget,
                )
            });
    for y in walk.rows() {
        let mut x = 0;
        while let Some(span) = walk.next_span(y, x) {
            x = span.x1;
            budget.work(span.cost(64 * blocks_per_mcu))?;
            if span.starts_interval {
                decoder.reset();
                if let Some(speculation) = &mut speculation
                    && span.state == SpanState::Ready
                {
                    speculation.begin_interval(walk.interval());
                }
            }
            walk.decode_span(
                span,
                |bits, span| match &mut speculation {
                    Some(speculation) => speculation.decode_span(&mut decoder, bits, span),
                    None => decoder.decode_span(bits, span),
                },
                |mcus| damage.mark(mcus),
            )?;
        }
        if y >= grid.mcus.y0 {
            decoder.transform_row(y);
            writer.write_rows_after(y, &decoder.strips)?;
        }
    }
    Ok(())
}
