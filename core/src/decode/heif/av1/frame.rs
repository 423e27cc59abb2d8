//! The largest size of a frame and the number of its tiles, from the start of its header
//! (AV1 bitstream specification, 5.9).
//!
//! A decoder keeps about 15 kB for each tile, and up to 64 x 64 tiles fit into an image of 16 megapixels:
//! without the count, the bound of the memory of a usual photo would be several times too high.

use super::bits::ObuFields;
use super::sequence::SequenceHeader;
use crate::geometry::Size;

/// Tiles in a row, and in a column, at most.
const MAX_TILES: u32 = 64;

/// What a frame needs at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameExtent {
    /// Columns and pixels, with the padding to multiples of 128.
    pub columns: u64,
    pub pixels: u64,
    pub tile_rows: u64,
    pub tiles: u64,
}

impl FrameExtent {
    /// The extent of the frame with the header `payload`.
    pub(super) fn new(sequence: &SequenceHeader, payload: &[u8]) -> Self {
        let show_existing_frame = payload.first().is_some_and(|byte| byte & 0x80 != 0);
        if show_existing_frame && !sequence.reduced_still {
            return Self::default();
        }
        match IntraHeader::read(sequence, &mut ObuFields::new(payload)) {
            Some(header) => Self::of_intra(&header),
            None => Self::largest(sequence),
        }
    }

    /// The larger one in each respect.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            columns: self.columns.max(other.columns),
            pixels: self.pixels.max(other.pixels),
            tile_rows: self.tile_rows.max(other.tile_rows),
            tiles: self.tiles.max(other.tiles),
        }
    }

    fn of_intra(header: &IntraHeader) -> Self {
        let columns = padded(header.size.width.into());
        let [tile_columns, tile_rows] = header.tiles.map(u64::from);
        Self {
            columns,
            pixels: columns * padded(header.size.height.into()),
            tile_rows,
            tiles: tile_columns * tile_rows,
        }
    }

    /// Any frame. The decoder checks only that it has no more pixels than the sequence header states.
    ///
    /// ```text
    /// padded(w) padded(h) <= (w + 127) (h + 127), and w < 2^w_bits, h < 2^h_bits
    /// ```
    fn largest(sequence: &SequenceHeader) -> Self {
        let [columns, rows] = sequence.side_bits.map(|bits| 1u64 << bits);
        let pixels = sequence.size.pixels() + 127 * (columns + rows) + 127 * 127;
        let superblocks = pixels / (64 * 64) + 1;
        Self {
            columns: padded(columns),
            pixels,
            tile_rows: superblocks.min(MAX_TILES.into()),
            tiles: superblocks.min(u64::from(MAX_TILES * MAX_TILES)),
        }
    }
}

fn padded(length: u64) -> u64 {
    length.next_multiple_of(128)
}

/// The header of a key frame or of an intra-only frame, up to its tiles.
struct IntraHeader {
    size: Size,
    /// Columns and rows of tiles.
    tiles: [u32; 2],
}

impl IntraHeader {
    /// `uncompressed_header()`, 5.9.2. `None` for frames that refer to others, or are larger than the
    /// sequence header states, and if there is a decoder model, which no writer of still pictures uses.
    fn read(sequence: &SequenceHeader, fields: &mut ObuFields<'_>) -> Option<Self> {
        const KEY: u32 = 0;
        const INTRA_ONLY: u32 = 2;
        if sequence.decoder_model {
            return None;
        }
        let mut shown_key = true;
        let mut error_resilient = true;
        if !sequence.reduced_still {
            let _show_existing_frame = fields.flag();
            let kind = fields.bits(2);
            if !matches!(kind, KEY | INTRA_ONLY) {
                return None;
            }
            let shown = fields.flag();
            let _showable = !shown && fields.flag();
            shown_key = shown && kind == KEY;
            error_resilient = shown_key || fields.flag();
        }
        let disable_cdf_update = fields.flag();
        let screen_content_tools = sequence.screen_content_tools.read(fields);
        if screen_content_tools {
            sequence.integer_vectors.read(fields);
        }
        fields.bits(sequence.frame_id_bits);
        let has_size = !sequence.reduced_still && fields.flag();
        fields.bits(sequence.order_hint_bits);
        let refreshed = if shown_key { 0xFF } else { fields.bits(8) };
        if refreshed != 0xFF && error_resilient && sequence.order_hint_bits > 0 {
            for _ in 0..8 {
                fields.bits(sequence.order_hint_bits);
            }
        }
        let (size, coded_width) = frame_size(sequence, has_size, fields)?;
        if screen_content_tools && coded_width == size.width {
            let _allow_intrabc = fields.flag();
        }
        if !sequence.reduced_still && !disable_cdf_update {
            let _disable_frame_end_update_cdf = fields.flag();
        }
        let coded = Size::new(coded_width, size.height);
        let tiles = tile_counts(coded, sequence.superblock, fields);
        Some(Self { size, tiles })
    }
}

/// `frame_size()`, `superres_params()` and `render_size()`. Returns the size, and the width before it is
/// enlarged.
fn frame_size(
    sequence: &SequenceHeader,
    has_size: bool,
    fields: &mut ObuFields<'_>,
) -> Option<(Size, u32)> {
    let largest = sequence.size;
    let mut size = largest;
    if has_size {
        let [width, height] = sequence.side_bits.map(|count| fields.bits(count) + 1);
        size = Size::new(width, height);
    }
    if size.width > largest.width || size.height > largest.height {
        return None;
    }
    let mut coded_width = size.width;
    if sequence.super_resolution && fields.flag() {
        let denominator = fields.bits(3) + 9;
        coded_width = (size.width * 8 + denominator / 2) / denominator;
    }
    if fields.flag() {
        let _render_size = fields.bits(32);
    }
    Some((size, coded_width))
}

/// `tile_info()`, 5.9.15: columns and rows of tiles.
fn tile_counts(size: Size, superblock: u32, fields: &mut ObuFields<'_>) -> [u32; 2] {
    let columns = size.width.div_ceil(superblock);
    let rows = size.height.div_ceil(superblock);
    let max_width = 4096 / superblock;
    let max_area = 4096 * 2304 / (superblock * superblock);
    let min_log2_columns = tile_log2(max_width, columns);
    let min_log2 = min_log2_columns.max(tile_log2(max_area, rows * columns));
    if fields.flag() {
        let columns_log2 = uniform_log2(min_log2_columns, columns, fields);
        let rows_log2 = uniform_log2(min_log2.saturating_sub(columns_log2), rows, fields);
        return [
            columns.div_ceil(columns.div_ceil(1 << columns_log2)),
            rows.div_ceil(rows.div_ceil(1 << rows_log2)),
        ];
    }
    let (tile_columns, widest) = explicit_spans(columns, max_width, fields);
    let area = match min_log2 {
        0 => rows * columns,
        _ => (rows * columns) >> (min_log2 + 1),
    };
    let (tile_rows, _) = explicit_spans(rows, (area / widest).max(1), fields);
    [tile_columns, tile_rows]
}

/// The smallest exponent by which `block` is doubled to reach `target`.
fn tile_log2(block: u32, target: u32) -> u32 {
    (0..31).find(|&log2| block << log2 >= target).unwrap_or(31)
}

/// Each set bit doubles the number of tiles.
fn uniform_log2(min: u32, superblocks: u32, fields: &mut ObuFields<'_>) -> u32 {
    let max = tile_log2(1, superblocks.min(MAX_TILES));
    let increments = (min..max).take_while(|_| fields.flag()).count();
    min + increments as u32
}

/// The number of tiles with sizes of their own, and the largest of these sizes, in superblocks.
fn explicit_spans(superblocks: u32, longest: u32, fields: &mut ObuFields<'_>) -> (u32, u32) {
    let (mut start, mut count, mut widest) = (0, 0, 1);
    while start < superblocks && count < MAX_TILES {
        let span = 1 + fields.below(longest.min(superblocks - start));
        widest = widest.max(span);
        start += span;
        count += 1;
    }
    (count, widest)
}
