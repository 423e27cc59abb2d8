//! Macroblocks to samples, and rows of them to rows of pixels.

use fearless_simd::Simd;

use super::coefficients::{Coefficients, Content};
use super::header::{FilterKind, FilterStrength};
use super::loop_filter::LoopFilter;
use super::modes::LumaMode;
use super::parser::ParsedMacroblock;
use super::planes::RowRing;
use super::prediction::{self, BottomRow, MacroblockArea, Position};
use super::rgb_writer::RgbWriter;
use super::transform::{Residuals, inverse_dct};
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};

/// State of a column of macroblocks for the next row.
#[derive(Clone, Copy, Default)]
struct ColumnContext {
    bottom: BottomRow,
    /// The filter of the current macroblock.
    filter: FilterStrength,
}

/// Builds one row of macroblocks after the other, and sends their pixels.
pub(super) struct RowBuilder<'s, 'a, 'sink> {
    size: Size,
    filter: FilterKind,
    contexts: Buffer<ColumnContext>,
    luma: RowRing,
    chroma: RowRing,
    writer: RgbWriter<'s, 'a, 'sink>,
}

impl<'s, 'a, 'sink> RowBuilder<'s, 'a, 'sink> {
    pub(super) fn new(
        size: Size,
        filter: FilterKind,
        writer: RgbWriter<'s, 'a, 'sink>,
        budget: &Budget,
    ) -> Result<Self> {
        let columns = size.width.div_ceil(16);
        let mut contexts = budget.buffer::<ColumnContext>(columns as usize)?;
        contexts
            .iter_mut()
            .for_each(|context| context.bottom = prediction::ABOVE_FRAME);
        Ok(Self {
            size,
            filter,
            contexts,
            luma: RowRing::new(columns, 32, budget)?,
            chroma: RowRing::new(columns, 16, budget)?,
            writer,
        })
    }

    /// Builds a macroblock. `None` if its data are missing: it is gray.
    #[inline(always)]
    pub(super) fn build<S: Simd>(
        &mut self,
        row: &mut MacroblockBuilder<S>,
        position: Position,
        macroblock: Option<&ParsedMacroblock>,
    ) {
        let Position { x, y } = position;
        let right = self.contexts.get(x as usize + 1);
        let right = right.map(|context| context.bottom);
        let context = &mut self.contexts[x as usize];
        match macroblock {
            Some(macroblock) => {
                let above = context.bottom;
                let right = right.unwrap_or([above[15]; 32]);
                row.build(macroblock, position, [&above, &right]);
                context.bottom = row.area.bottom_row();
                context.filter = macroblock.filter;
            }
            None => {
                row.area.fill_gray();
                context.filter = FilterStrength::default();
            }
        }
        self.luma.store(x, 16 * y, row.area.luma_rows().copied());
        self.chroma.store(x, 8 * y, row.area.chroma_rows());
    }

    /// Filters row `y`, after all of its macroblocks are built.
    #[inline(always)]
    pub(super) fn filter<S: Simd>(&mut self, simd: S, y: u32) {
        let kind = self.filter;
        if kind != FilterKind::None {
            let filter = LoopFilter { simd, kind };
            for (x, context) in (0..).zip(self.contexts.iter()) {
                filter.filter([&mut self.luma, &mut self.chroma], [x, y], context.filter);
            }
        }
    }

    /// Sends the rows of pixels that are complete after row `y` of macroblocks.
    pub(super) fn send_after(&mut self, y: u32) -> Result<()> {
        let is_last = y + 1 == self.size.height.div_ceil(16);
        let end = if is_last {
            self.size.height
        } else {
            16 * y + 8
        };
        self.writer.send_before(end, &self.luma, &self.chroma)
    }
}

/// The state between two macroblocks of a row.
pub(super) struct MacroblockBuilder<S: Simd> {
    simd: S,
    area: MacroblockArea,
    luma_residuals: Residuals,
    chroma_residuals: Residuals,
}

impl<S: Simd> MacroblockBuilder<S> {
    #[inline(always)]
    pub(super) fn new(simd: S) -> Self {
        Self {
            simd,
            area: MacroblockArea::new(),
            luma_residuals: [[[0; 4]; 16]; 4],
            chroma_residuals: [[[0; 4]; 16]; 4],
        }
    }

    /// Predicts the macroblock and adds the residuals.
    #[inline(always)]
    fn build(
        &mut self,
        macroblock: &ParsedMacroblock,
        position: Position,
        [above, right]: [&BottomRow; 2],
    ) {
        self.area.begin(position, above, right);
        let Coefficients {
            values,
            luma,
            chroma,
            ..
        } = &macroblock.coefficients;
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
