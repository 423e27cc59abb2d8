//! VP8 key frames (RFC 6386): the lossy half of WebP.
//!
//! A frame is decoded one row of macroblocks at a time, and only two such rows are in memory:
//!
//! ```text
//! KeyFrameHeader::parse                    segments, filter, quantizers, probabilities, partitions
//! for each row of macroblocks, up to the region's last row:
//!     for each macroblock:
//!         modes, tokens                 bits -> prediction modes, coefficients
//!         transform                     coefficients -> residuals, all blocks at once
//!         prediction                    neighbors before the filter + residuals -> samples
//!     loop_filter                       each macroblock, after the whole row is predicted
//!     rgb_writer                        the rows that no later filter changes -> RGB -> the sink
//! ```
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
mod coefficients;
mod halving;
mod header;
mod loop_filter;
mod modes;
mod planes;
mod prediction;
mod rgb_writer;
mod tables;
#[cfg(test)]
mod tests;
mod transform;

use fearless_simd::Simd;

use self::alpha_rows::AlphaRows;
use self::bool_decoder::BoolDecoder;
use self::coefficients::{Coefficients, Content, NonzeroContext};
pub(super) use self::header::FrameTag;
use self::header::{FilterKind, FilterStrength, KeyFrameHeader};
use self::loop_filter::LoopFilter;
use self::modes::{LumaMode, MacroblockCoding, MacroblockHeader, SubblockMode};
use self::planes::RowRing;
use self::prediction::{BottomRow, MacroblockArea, Position};
use self::rgb_writer::RgbWriter;
use self::transform::{Residuals, inverse_dct, inverse_walsh_hadamard};
use super::lossless::alpha::AlphaDecoder;
use crate::decode::rows::missing_pixels;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::RowSink;
use crate::plan::DecodeRequest;
use crate::simd;

/// Up to this step of luma's AC coefficients, leaving out the loop filter is invisible at half size.
/// `cwebp` sets it at a quality of 65.
const FINE: i32 = 44;

/// Decodes the requested region and sends its rows to `sink`, as RGBA with the values of `alpha`, or as
/// RGB. Returns the number of its pixels whose color is missing.
pub(super) fn decode(
    tag: &FrameTag<'_>,
    alpha: Option<&mut AlphaDecoder<'_>>,
    request: &DecodeRequest,
    budget: &Budget,
    sink: &mut RowSink<'_>,
) -> Result<u64> {
    check_request(tag.size, request)?;
    let mut header = KeyFrameHeader::parse(tag)?;
    if request.scale == 4 && header.largest_step() <= FINE {
        header.filter.kind = FilterKind::None;
    }
    let alpha = alpha.map(|alpha| AlphaRows::new(alpha, tag.size, request, budget));
    let mut writer = RgbWriter::new(tag.size, alpha.transpose()?, request, budget, sink)?;
    let mut frame = FrameDecoder::new(header, tag.size, budget)?;
    for y in 0..frame.rows {
        budget.work(u64::from(frame.columns) * 384)?;
        frame.decode_row(y);
        let is_last = y + 1 == frame.rows;
        let end = if is_last { tag.size.height } else { 16 * y + 8 };
        writer.send_before(end, &frame.luma, &frame.chroma)?;
        if writer.is_done() {
            break;
        }
    }
    // Pixels of a macroblock across, 16 or 8.
    let side = 2 * u32::from(request.scale);
    let first = frame.damage.map(|first| (side * first.x, side * first.y));
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

/// What a column of macroblocks keeps for the next row.
#[derive(Clone, Copy, Default)]
struct ColumnContext {
    modes: [SubblockMode; 4],
    nonzero: NonzeroContext,
    bottom: BottomRow,
    /// The filter of the current macroblock.
    filter: FilterStrength,
}

/// The state of a frame between two rows of macroblocks.
struct FrameDecoder<'a> {
    header: KeyFrameHeader<'a>,
    /// Macroblocks across and down.
    columns: u32,
    rows: u32,
    contexts: Buffer<ColumnContext>,
    luma: RowRing,
    chroma: RowRing,
    /// The first macroblock whose data are missing.
    damage: Option<Position>,
}

impl<'a> FrameDecoder<'a> {
    fn new(header: KeyFrameHeader<'a>, size: Size, budget: &Budget) -> Result<Self> {
        let (columns, rows) = (size.width.div_ceil(16), size.height.div_ceil(16));
        let mut contexts = budget.buffer::<ColumnContext>(columns as usize)?;
        contexts
            .iter_mut()
            .for_each(|context| context.bottom = prediction::ABOVE_FRAME);
        Ok(Self {
            header,
            columns,
            rows,
            contexts,
            luma: RowRing::new(columns, 32, budget)?,
            chroma: RowRing::new(columns, 16, budget)?,
            damage: None,
        })
    }

    /// Decodes row `y` of macroblocks.
    fn decode_row(&mut self, y: u32) {
        fearless_simd::dispatch!(simd::level(), simd => self.decode_row_with(simd, y));
    }

    #[inline(always)]
    fn decode_row_with<S: Simd>(&mut self, simd: S, y: u32) {
        let mut row = MacroblockRow::new(simd);
        for x in 0..self.columns {
            if self.damage.is_none() {
                self.decode_macroblock(&mut row, Position { x, y });
            }
            if self.damage.is_some() {
                row.area.fill_gray();
                self.contexts[x as usize].filter = FilterStrength::default();
            }
            self.store(&row.area, Position { x, y });
        }
        let filter = LoopFilter {
            simd,
            kind: self.header.filter.kind,
        };
        if filter.kind != FilterKind::None {
            for x in 0..self.columns {
                let strength = self.contexts[x as usize].filter;
                filter.filter([&mut self.luma, &mut self.chroma], [x, y], strength);
            }
        }
    }

    #[inline(always)]
    fn decode_macroblock<S: Simd>(&mut self, row: &mut MacroblockRow<S>, position: Position) {
        let header = &mut self.header;
        let coding = MacroblockCoding {
            segment_tree: header.segments.tree,
            skip_probability: header.skip_probability,
        };
        let right = self.contexts.get(position.x as usize + 1);
        let right = right.map(|context| context.bottom);
        let context = &mut self.contexts[position.x as usize];
        let macroblock = MacroblockHeader::parse(
            &mut header.modes,
            coding,
            &mut context.modes,
            &mut row.left_modes,
        );
        let tokens = header.partitions.of_row(position.y);
        row.read_coefficients(
            &macroblock,
            tokens,
            &header.probabilities,
            &header.quantizers[macroblock.segment],
            &mut context.nonzero,
        );
        if header.modes.is_past_end() || tokens.is_past_end() {
            self.damage = Some(position);
            return;
        }
        let by_subblocks = matches!(macroblock.luma, LumaMode::Subblocks(_));
        context.filter = header.filter.strengths[macroblock.segment][usize::from(by_subblocks)];
        context.filter.inner = by_subblocks || row.has_coefficients();
        let above = context.bottom;
        let right = right.unwrap_or([above[15]; 32]);
        row.build(&macroblock, position, [&above, &right]);
        context.bottom = row.area.bottom_row();
    }

    /// Stores the samples of a macroblock.
    #[inline(always)]
    fn store(&mut self, area: &MacroblockArea, position: Position) {
        let Position { x, y } = position;
        self.luma.store(x, 16 * y, area.luma_rows().copied());
        self.chroma.store(x, 8 * y, area.chroma_rows());
    }
}

/// The state between two macroblocks of a row.
struct MacroblockRow<S: Simd> {
    simd: S,
    left_modes: [SubblockMode; 4],
    left_nonzero: NonzeroContext,
    area: MacroblockArea,
    coefficients: Coefficients,
    luma_residuals: Residuals,
    chroma_residuals: Residuals,
}

impl<S: Simd> MacroblockRow<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        Self {
            simd,
            left_modes: [SubblockMode::Dc; 4],
            left_nonzero: [0; 9],
            area: MacroblockArea::new(),
            coefficients: Coefficients::new(),
            luma_residuals: [[[0; 4]; 16]; 4],
            chroma_residuals: [[[0; 4]; 16]; 4],
        }
    }

    #[inline(always)]
    fn read_coefficients(
        &mut self,
        macroblock: &MacroblockHeader,
        tokens: &mut BoolDecoder<'_>,
        probabilities: &header::CoefficientProbabilities,
        quantizer: &header::Quantizer,
        above: &mut NonzeroContext,
    ) {
        self.coefficients.clear();
        let has_y2 = matches!(macroblock.luma, LumaMode::Whole(_));
        let contexts = [above, &mut self.left_nonzero];
        if macroblock.skipped {
            let [above, left] = contexts;
            coefficients::skip(above, has_y2);
            coefficients::skip(left, has_y2);
        } else {
            self.coefficients
                .decode(tokens, probabilities, quantizer, has_y2, contexts);
            if has_y2 {
                inverse_walsh_hadamard(&mut self.coefficients);
            }
        }
    }

    fn has_coefficients(&self) -> bool {
        self.coefficients.luma.max(self.coefficients.chroma) != Content::None
    }

    /// Predicts the macroblock and adds the residuals.
    #[inline(always)]
    fn build(
        &mut self,
        macroblock: &MacroblockHeader,
        position: Position,
        [above, right]: [&BottomRow; 2],
    ) {
        self.area.begin(position, above, right);
        let Coefficients {
            values,
            luma,
            chroma,
            ..
        } = &self.coefficients;
        let (has_luma, has_chroma) = (*luma != Content::None, *chroma != Content::None);
        // Both before the prediction, so that their results are ready when they are added.
        if has_luma {
            inverse_dct::<S, 0>(self.simd, values, *luma, &mut self.luma_residuals);
        }
        if has_chroma {
            inverse_dct::<S, 1>(self.simd, values, *chroma, &mut self.chroma_residuals);
        }
        let residuals = has_luma.then_some(&self.luma_residuals);
        match &macroblock.luma {
            LumaMode::Whole(mode) => self.area.build_luma(*mode, position, residuals),
            LumaMode::Subblocks(modes) => self.area.build_luma_subblocks(modes, residuals),
        }
        let residuals = has_chroma.then_some(&self.chroma_residuals);
        self.area
            .build_chroma(macroblock.chroma, position, residuals);
    }
}
