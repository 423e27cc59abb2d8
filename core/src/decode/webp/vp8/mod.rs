//! VP8 key frames (RFC 6386): the lossy half of WebP.
//!
//! A frame is decoded one row of macroblocks at a time, and only two such rows are in memory:
//!
//! ```text
//! KeyFrameHeader::parse                    segments, filter, quantizers, probabilities, partitions
//! for each row of macroblocks, up to the region's last row:
//!     for each macroblock:
//!         parser: modes, coefficients   bits -> prediction modes, coefficients
//!         builder: transform            coefficients -> residuals, all blocks at once
//!                  prediction           neighbors before the filter + residuals -> samples
//!     loop_filter                       each macroblock, after the whole row is predicted
//!     rgb_writer                        the rows that no later filter changes -> RGB -> the sink
//! ```
//!
//! A row can be built while the next one is parsed (`row_queue`): by another thread, with the
//! feature `parallel`.
//!
//! The filter of a row changes up to three rows of samples above it. Interpolated chroma needs one
//! more. So rows are sent 8 rows late.
//!
//! Full-size output equals that of libwebp, bit by bit.
//!
//! # Half size
//!
//! At a scale of 4/8, each pixel is the average of 2 x 2. Chroma has that size already. Luma is averaged
//! in nearly linear light, so the difference from an average of full-size pixels is small. Measured on
//! avatars a sixth and an eighth as large as 8 photos of `cwebp` at qualities 20, 50 and 80, against the
//! same avatars from a full-size decode, the PSNR was 55 to 61 dB. (After a plain average of luma, it was
//! 43 dB for one photo.) With alpha, each of the four counts as much as it is visible.
//!
//! The plan asks for it only if an avatar has less than 1/5.8 of the photo's pixels across and down.
//! That hides the loop filter too, unless it smooths coarse quantization. So the filter is left out if
//! no step is above [`FINE`]. The lowest PSNR of the same avatars without the filter, against those with
//! it, in dB:
//!
//! ```text
//! quality of cwebp    largest step    a sixth    an eighth
//! 80                            31       50.3         51.7
//! 50                            56       45.7         47.7
//! 20                           106       42.9         44.8
//! ```
//!
//! At the limit, it was 47.2 dB for three of the photos, even with the strongest filter of `cwebp`.
//! The filter's level is no measure: by default, `cwebp` raises it where the filter changes little.
//!
//! # Damage
//!
//! The data have no checksum, and any string of bits decodes to something. Only the end of the data is
//! certain: from the first macroblock on that needs bits after the end of its partition, the frame is
//! gray, and its pixels count as missing. Macroblocks after it depend on it. (Interpolation mixes the gray
//! into the chroma of the row and the column next to them, which do not count.)
//!
//! # Work
//!
//! The 384 samples of each macroblock are charged before its row is decoded.

mod alpha_rows;
mod bool_decoder;
mod builder;
mod coefficients;
mod halving;
mod header;
mod loop_filter;
mod modes;
mod parser;
mod planes;
mod prediction;
mod rgb_writer;
#[cfg(feature = "parallel")]
mod row_queue;
mod tables;
#[cfg(test)]
mod tests;
mod transform;

use self::alpha_rows::AlphaRows;
use self::builder::{MacroblockBuilder, RowBuilder};
pub(super) use self::header::FrameTag;
use self::header::{FilterKind, KeyFrameHeader};
use self::parser::{MacroblockParser, ParsedMacroblock, ParserContext};
use self::prediction::Position;
use self::rgb_writer::RgbWriter;
use super::lossless::alpha::AlphaDecoder;
use crate::decode::rows::missing_pixels;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::Budget;
use crate::pixels::RowSink;
use crate::plan::DecodeRequest;
use crate::simd;
#[cfg(feature = "parallel")]
use crate::threads::with_helpers;

/// Up to this step of luma's AC coefficients, leaving out the loop filter is invisible at half size.
/// `cwebp` sets it at a quality of 65.
const FINE: i32 = 44;

/// Decodes the requested region and sends its rows to `sink`, as RGBA with the values of `alpha`, or as
/// RGB. Returns the number of its pixels whose color is missing.
pub(super) fn decode(
    tag: &FrameTag<'_>,
    alpha: Option<&mut AlphaDecoder<'_>>,
    request: &DecodeRequest,
    is_parallel: bool,
    budget: &Budget,
    sink: &mut RowSink<'_>,
) -> Result<u64> {
    check_request(tag.size, request)?;
    let mut header = KeyFrameHeader::parse(tag)?;
    if request.scale == 4 && header.largest_step() <= FINE {
        header.filter.kind = FilterKind::None;
    }
    let filter = header.filter.kind;
    let alpha = alpha.map(|alpha| AlphaRows::new(alpha, tag.size, request, budget));
    let writer = RgbWriter::new(tag.size, alpha.transpose()?, request, budget, sink)?;
    let builder = RowBuilder::new(tag.size, filter, writer, budget)?;
    let columns = tag.size.width.div_ceil(16);
    let mut parser = MacroblockParser::new(header, columns, budget)?;
    let rows = rows_to_decode(tag.size, request);
    // Before any thread charges alpha, so that the error does not depend on threads.
    budget.work(u64::from(rows) * u64::from(columns) * 384)?;
    decode_rows(&mut parser, builder, [columns, rows], is_parallel, budget)?;
    // Pixels of a macroblock across, 16 or 8.
    let side = 2 * u32::from(request.scale);
    let first = parser
        .damage()
        .map(|first| (side * first.x, side * first.y));
    Ok(missing_pixels(first, side, request.region))
}

fn check_request(size: Size, request: &DecodeRequest) -> Result<()> {
    let Region { x0, y0, x1, y1 } = request.region;
    let size = size.scaled(request.scale);
    let is_inside = x0 < x1 && y0 < y1 && x1 <= size.width && y1 <= size.height;
    if matches!(request.scale, 4 | 8) && is_inside {
        Ok(())
    } else {
        Err(Error::internal("a WebP request is outside of the image"))
    }
}

/// Rows of macroblocks that decide the pixels before the region's end: they are complete 8 rows late.
fn rows_to_decode(size: Size, request: &DecodeRequest) -> u32 {
    let end = request.region.y1 * 8 / u32::from(request.scale);
    let rows = end.saturating_sub(8).div_ceil(16) + 1;
    rows.min(size.height.div_ceil(16))
}

/// Decodes the first `rows` rows of macroblocks and sends their pixels.
#[cfg_attr(not(feature = "parallel"), allow(unused_variables))]
fn decode_rows(
    parser: &mut MacroblockParser<'_>,
    builder: RowBuilder<'_, '_, '_>,
    [columns, rows]: [u32; 2],
    is_parallel: bool,
    budget: &Budget,
) -> Result<()> {
    #[cfg(feature = "parallel")]
    if is_parallel && row_queue::is_ample(columns, budget) {
        return with_helpers(true, |helpers| match helpers.exist() {
            true => row_queue::decode(parser, builder, [columns, rows], budget, helpers),
            false => decode_rows_here(parser, builder, [columns, rows]),
        });
    }
    decode_rows_here(parser, builder, [columns, rows])
}

/// The same on the calling thread: a macroblock is built as soon as it is parsed.
fn decode_rows_here(
    parser: &mut MacroblockParser<'_>,
    mut builder: RowBuilder<'_, '_, '_>,
    [columns, rows]: [u32; 2],
) -> Result<()> {
    let mut macroblock = ParsedMacroblock::new();
    for y in 0..rows {
        fearless_simd::dispatch!(simd::level(), simd => {
            let mut left = ParserContext::default();
            let mut row = MacroblockBuilder::new(simd);
            for x in 0..columns {
                let position = Position { x, y };
                let is_whole = parser.parse(position, &mut left, &mut macroblock);
                builder.build(&mut row, position, is_whole.then_some(&macroblock));
            }
            builder.filter(simd, y);
        });
        builder.send_after(y)?;
    }
    Ok(())
}
