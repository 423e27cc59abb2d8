//! An upper bound of the memory and the work that decoding takes, known before it begins.
//!
//! ```text
//! for each picture kept                  its planes, with padding
//!   one for each frame, up to 8 references and the current one;
//!   one more if the width is enlarged, one more with film grain
//! for each frame kept                    motion vectors and segments: 1/4 byte per pixel
//! for the current frame                  lines before the filters, edges, filter levels and masks
//! for each tile                          its symbol probabilities
//! ```
//!
//! The factors are read from the allocations of rusty_av1d 1.2.1 on one thread
//! (`rav1d_decode_frame_init`, `dav1d_default_picture_alloc`); a test compares them with what it takes.

use super::bits::{Obu, obus};
use super::frame::FrameExtent;
use super::sequence::SequenceHeader;

/// Frames that a decoder keeps: 8 references, and the current one.
const KEPT_FRAMES: u64 = 9;

/// The decoder itself, and symbol probabilities for each reference.
const FIXED: u64 = 1 << 20;

const PER_TILE: u64 = 16 << 10;

/// For each 128 columns, in each row of tiles.
const PER_BLOCK_CONTEXT: u64 = 1 << 10;

/// The cost of decoding an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DecodingCost {
    /// Bytes.
    pub memory: u64,
    /// Samples.
    pub work: u64,
    /// Frames that are coded in the item.
    pub frames: u64,
}

impl DecodingCost {
    /// The cost of decoding all frames in `data`; with film grain if `grain`.
    pub(super) fn new(sequence: &SequenceHeader, data: &[u8], grain: bool) -> Self {
        let headers = obus(data).filter(|unit| is_frame(unit.kind));
        let extents = headers.map(|unit| FrameExtent::new(sequence, unit.payload));
        let (frames, largest) = extents
            .fold((0, FrameExtent::default()), |(count, largest), one| {
                (count + 1, largest.max(one))
            });
        Self {
            memory: memory(sequence, largest, frames, grain) + data.len() as u64,
            work: samples(sequence, largest.pixels).saturating_mul(frames),
            frames,
        }
    }
}

fn is_frame(kind: u8) -> bool {
    matches!(
        kind,
        Obu::FRAME | Obu::FRAME_HEADER | Obu::REDUNDANT_FRAME_HEADER
    )
}

fn memory(sequence: &SequenceHeader, extent: FrameExtent, frames: u64, grain: bool) -> u64 {
    let kept = frames.min(KEPT_FRAMES);
    let enlarged = u64::from(sequence.super_resolution);
    let grained = u64::from(sequence.film_grain && grain);
    let bytes_per_sample = if sequence.depth > 8 { 2 } else { 1 };
    // Rows of a multiple of 1024 bytes have 64 more.
    let planes = samples(sequence, extent.pixels) * bytes_per_sample * 17 / 16;
    let lines = planes / 4 + 128 * bytes_per_sample * extent.columns;
    let filters = extent.pixels * 3 / 8;
    let motion = extent.pixels / 4;
    let contexts = extent.tile_rows * (extent.columns / 128) * PER_BLOCK_CONTEXT;
    planes * (kept + enlarged + grained)
        + motion * kept
        + lines
        + filters
        + contexts
        + extent.tiles * PER_TILE
        + FIXED
}

/// The samples of all planes.
fn samples(sequence: &SequenceHeader, pixels: u64) -> u64 {
    pixels * sequence.chroma.samples_per_two() / 2
}
