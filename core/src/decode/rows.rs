//! How decoders charge and send rows, and report missing pixels.

use crate::error::Result;
use crate::geometry::Size;
use crate::limits::Budget;
use crate::pixels::{Layout, Row, RowSink};

/// The outcome of decoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DecodeReport {
    /// Pixels of the request's region, at its scale, that were damaged or absent and were filled
    /// in. 0 if the region is whole.
    pub missing: u64,
}

/// Charges the decoding of a row of `width` pixels.
pub(crate) fn charge_row(width: u32, layout: Layout, budget: &Budget) -> Result<()> {
    budget.work(u64::from(width) * layout.channels() as u64)
}

/// Sends the rows of an image that is decoded whole.
pub(crate) fn send_rows(
    samples: &[u8],
    size: Size,
    layout: Layout,
    sink: &mut RowSink<'_>,
) -> Result<()> {
    let stride = size.width as usize * layout.channels();
    (0..)
        .zip(samples.chunks_exact(stride))
        .try_for_each(|(y, row)| sink(Row::whole(y, row)))
}
