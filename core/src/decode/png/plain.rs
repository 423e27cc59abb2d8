//! The rows of a plain PNG: RGB or RGBA with 8 bits a sample, not interlaced, without a transparent color.
//! Nearly every photo and screenshot is one.
//!
//! The `png` crate unfilters row by row, which takes a third of the time of a render. So the rows of a plain
//! file are made here, eight at a time.

use png::{BitDepth, ColorType, Info};

use super::inflate::FilteredRows;
use super::unfilter::{GROUP, RowFilter, RowGroup, unfilter};
use crate::decode::rows::charge_row;
use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::limits::Budget;
use crate::pixels::{Layout, Row, RowSink};

/// The layout of the pixels, if the image is plain.
pub(super) fn layout(info: &Info<'_>) -> Option<Layout> {
    let plain = info.bit_depth == BitDepth::Eight && !info.interlaced && info.trns.is_none();
    match info.color_type {
        ColorType::Rgb if plain => Some(Layout::Rgb),
        ColorType::Rgba if plain => Some(Layout::Rgba),
        _ => None,
    }
}

/// Sends the first `height` rows of a plain `file`, from top to bottom. Checksums are not verified.
pub(super) fn rows(
    file: &[u8],
    layout: Layout,
    Size { width, height }: Size,
    budget: &Budget,
    sink: &mut RowSink<'_>,
) -> Result<()> {
    let stride = width as usize * layout.channels();
    let mut filtered =
        FilteredRows::new(file, stride.saturating_add(1).saturating_mul(GROUP), budget)?;
    let mut above = budget.buffer(stride)?;
    let mut group = budget.buffer(stride.saturating_mul(GROUP))?;
    for first in (0..height).step_by(GROUP) {
        let count = GROUP.min((height - first) as usize);
        let compressed = filtered.read(count * (1 + stride))?;
        unfilter_rows(compressed, &above, &mut group, layout)?;
        for (y, samples) in (first..).zip(group.chunks_exact(stride).take(count)) {
            charge_row(width, layout, budget)?;
            sink(Row::whole(y, samples))?;
        }
        above.copy_from_slice(&group[(count - 1) * stride..count * stride]);
    }
    Ok(())
}

/// `filtered` has one to eight rows, each after the byte of its filter. Missing rows
/// repeat the last one; their results are not used.
fn unfilter_rows(filtered: &[u8], above: &[u8], out: &mut [u8], layout: Layout) -> Result<()> {
    let stride = above.len();
    let last = filtered.len() - (1 + stride);
    let start = |row: usize| (row * (1 + stride)).min(last);
    let filter = |row| RowFilter::new(filtered[start(row)]);
    let mut filters = [RowFilter::None; GROUP];
    for (row, known) in filters.iter_mut().enumerate() {
        let unknown = || Error::malformed("a row of the PNG has an unknown filter");
        *known = filter(row).ok_or_else(unknown)?;
    }
    let mut out = out.chunks_exact_mut(stride);
    let group = RowGroup {
        filters,
        filtered: std::array::from_fn(|row| &filtered[start(row) + 1..][..stride]),
        above,
        out: std::array::from_fn(|_| out.next().unwrap_or_default()),
    };
    unfilter(group, layout.channels());
    Ok(())
}

#[cfg(test)]
mod tests;
