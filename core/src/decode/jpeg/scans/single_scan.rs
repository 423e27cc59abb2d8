//! Sequential frames whose only scan has every component (T.81 F.2): decoded, transformed and
//! passed on one row of MCUs at a time.
//!
//! ```text
//! for each MCU up to the last row of the region:
//!     outside the region -> update the DC predictions, skip everything else
//!     inside             -> decode the coefficients that the scale keeps, skip the rest
//! after each row of MCUs: inverse DCT, rows of pixels
//! ```
//!
//! Where other threads help, they take parts of the work of a large scan. The thread that was called
//! reads the MCUs in their order, and does what no other thread has begun:
//!
//! ```text
//! blocks of the next windows -> [2 windows] -> coefficients of MCUs -> [4 rows of MCUs] -> rows of pixels,
//! other thread                                 this thread              linear light, averages
//!                                                                       other thread
//! ```

use super::damage::DamageMap;
use super::huffman_tables::ScanTables;
use super::mcu_decoder::{McuDecoder, row_memory, row_tiles};
use super::mcu_rows::{McuRowWriter, McuRows};
use super::speculation::{ComponentTables, ENABLED, EntropyPath, Speculation, is_ample};
use super::walk::{ScanWalk, SpanState};
use crate::decode::jpeg::markers::{JpegHeader, ScanHeader};
use crate::decode::jpeg::samples::{RowWriter, SampleStrip, ScaledGrid};
use crate::error::Result;
use crate::limits::Budget;
use crate::threads::with_helpers;

/// Rows of MCUs that may wait for another thread.
const ROWS_WAITING: u64 = 3;

/// The scan of a frame that has one.
pub(crate) struct SingleScan<'a> {
    pub(crate) header: ScanHeader,
    /// The file from the scan's entropy-coded data on.
    pub(crate) data: &'a [u8],
    pub(crate) path: EntropyPath,
    /// Whether other threads may help.
    pub(crate) is_parallel: bool,
}

/// Bytes that [`decode`] holds at once. It takes more for threads, and to find blocks in advance, but only
/// where there is ample memory.
pub(crate) fn memory(scan: &SingleScan<'_>, grid: &ScaledGrid) -> u64 {
    let strips = grid.components.iter().map(SampleStrip::memory);
    row_memory(&scan.header, grid) + strips.sum::<u64>()
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
    let mut decoder = McuDecoder::new(&scan.header, &tables, grid, budget)?;
    let row_writer = McuRowWriter::new(&scan.header, header, grid, budget, writer)?;
    let blocks_per_mcu = decoder.blocks_per_mcu();
    let bytes = scan.data.len();
    let subsequence = scan.path.subsequence(bytes, header, grid, blocks_per_mcu);
    let speculative =
        subsequence.map(|_| ComponentTables::new(&scan.header, &tables, &header.tables));
    let speculative = speculative.transpose()?;
    let is_parallel = scan.is_parallel
        && scan.path.is_worth_threads(bytes)
        && subsequence.is_some_and(|length| {
            let rows = ROWS_WAITING * row_memory(&scan.header, grid);
            is_ample(Speculation::memory(length, true) + rows, grid, budget)
        });
    with_helpers(is_parallel, |helpers| {
        let speculation = speculative.as_ref().zip(subsequence);
        let speculation = speculation.filter(|_| ENABLED);
        let mut speculation = speculation.and_then(|(tables, length)| {
            let has_helpers = helpers.exist();
            Speculation::new(tables, &decoder, grid, header, length, has_helpers, budget)
        });
        let mut zero = Vec::new();
        if helpers.exist() && speculation.is_some() {
            for _ in 0..ROWS_WAITING {
                zero.push(row_tiles(&scan.header, grid, budget)?);
            }
        }
        let mut rows = McuRows::new(row_writer, zero);
        let mut ys = walk.rows();
        let decode_row = |y| {
            let mut x = 0;
            while let Some(span) = walk.next_span(y, x) {
                x = span.x1;
                budget.work(span.cost(64 * blocks_per_mcu))?;
                if span.starts_interval {
                    decoder.reset();
                    if let Some(speculation) = &mut speculation
                        && span.state == SpanState::Ready
                    {
                        speculation.begin_interval(walk.interval(), helpers);
                    }
                }
                walk.decode_span(
                    span,
                    |bits, span| match &mut speculation {
                        Some(speculation) => {
                            speculation.decode_span(&mut decoder, bits, span, helpers)
                        }
                        None => decoder.decode_span(bits, span),
                    },
                    |mcus| damage.mark(mcus),
                )?;
            }
            if y >= grid.mcus.y0 {
                rows.write(y, &mut decoder, helpers)?;
            }
            Ok(())
        };
        let decoded = ys.try_for_each(decode_row);
        // An error of an earlier row counts first.
        rows.finish().and(decoded)
    })
}
