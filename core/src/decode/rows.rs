//! How decoders charge rows and report missing pixels.

use crate::error::Result;
use crate::limits::Budget;
use crate::pixels::Layout;

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
