//! How decoders charge rows and report missing pixels.

use crate::error::Result;
use crate::geometry::Region;
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

/// The pixels of `region` from the first missing one on. Decoding goes by bands of `height` rows, and in
/// a band from left to right: `first` is the column and row where it stopped.
pub(crate) fn missing_pixels(first: Option<(u32, u32)>, height: u32, region: Region) -> u64 {
    let Some((x, y)) = first else {
        return 0;
    };
    let pixels = |from: u32, rows: std::ops::Range<u32>| {
        let width = region.x1.saturating_sub(region.x0.max(from));
        let height = (region.y1.min(rows.end)).saturating_sub(region.y0.max(rows.start));
        u64::from(width) * u64::from(height)
    };
    pixels(x, y..y + height) + pixels(0, y + height..u32::MAX)
}
