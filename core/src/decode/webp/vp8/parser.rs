//! Macroblocks from bits: their modes and coefficients.

use super::bool_decoder::BoolDecoder;
use super::coefficients::{self, Coefficients, NonzeroContext};
use super::header::{CoefficientProbabilities, FilterStrength, KeyFrameHeader, Quantizer};
use super::modes::{BlockMode, LumaMode, MacroblockCoding, MacroblockHeader, SubblockMode};
use super::prediction::Position;
use super::transform::inverse_walsh_hadamard;
use crate::error::Result;
use crate::limits::{Budget, Buffer};

/// A macroblock whose samples are not made yet.
pub(super) struct ParsedMacroblock {
    pub luma: LumaMode,
    pub chroma: BlockMode,
    pub coefficients: Coefficients,
    pub filter: FilterStrength,
}

impl ParsedMacroblock {
    pub(super) fn new() -> Self {
        Self {
            luma: LumaMode::Whole(BlockMode::Dc),
            chroma: BlockMode::Dc,
            coefficients: Coefficients::new(),
            filter: FilterStrength::default(),
        }
    }
}

/// State for the macroblock below, or to the right.
#[derive(Clone, Copy, Default)]
pub(super) struct ParserContext {
    modes: [SubblockMode; 4],
    nonzero: NonzeroContext,
}

/// Parses one macroblock after the other.
pub(super) struct MacroblockParser<'a> {
    header: KeyFrameHeader<'a>,
    /// By column.
    contexts: Buffer<ParserContext>,
    /// The first macroblock whose data are missing.
    damage: Option<Position>,
}

impl<'a> MacroblockParser<'a> {
    pub(super) fn new(header: KeyFrameHeader<'a>, columns: u32, budget: &Budget) -> Result<Self> {
        Ok(Self {
            header,
            contexts: budget.buffer(columns as usize)?,
            damage: None,
        })
    }

    /// The first macroblock whose data are missing.
    pub(super) fn damage(&self) -> Option<Position> {
        self.damage
    }

    /// Parses the macroblock at `position`. `left` is from the one before, or default in the first column.
    /// Returns whether its data are whole.
    #[inline(always)]
    pub(super) fn parse(
        &mut self,
        position: Position,
        left: &mut ParserContext,
        macroblock: &mut ParsedMacroblock,
    ) -> bool {
        if self.damage.is_some() {
            return false;
        }
        let header = &mut self.header;
        let coding = MacroblockCoding {
            segment_tree: header.segments.tree,
            skip_probability: header.skip_probability,
        };
        let above = &mut self.contexts[position.x as usize];
        let parsed =
            MacroblockHeader::parse(&mut header.modes, coding, &mut above.modes, &mut left.modes);
        let tokens = header.partitions.of_row(position.y);
        read_coefficients(
            &mut macroblock.coefficients,
            &parsed,
            tokens,
            &header.probabilities,
            &header.quantizers[parsed.segment],
            [&mut above.nonzero, &mut left.nonzero],
        );
        if header.modes.is_past_end() || tokens.is_past_end() {
            self.damage = Some(position);
            return false;
        }
        let by_subblocks = matches!(parsed.luma, LumaMode::Subblocks(_));
        let mut filter = header.filter.strengths[parsed.segment][usize::from(by_subblocks)];
        filter.inner = by_subblocks || !macroblock.coefficients.is_empty();
        macroblock.filter = filter;
        (macroblock.luma, macroblock.chroma) = (parsed.luma, parsed.chroma);
        true
    }
}

#[inline(always)]
fn read_coefficients(
    coefficients: &mut Coefficients,
    macroblock: &MacroblockHeader,
    tokens: &mut BoolDecoder<'_>,
    probabilities: &CoefficientProbabilities,
    quantizer: &Quantizer,
    [above, left]: [&mut NonzeroContext; 2],
) {
    coefficients.clear();
    let has_y2 = matches!(macroblock.luma, LumaMode::Whole(_));
    if macroblock.skipped {
        coefficients::skip(above, has_y2);
        coefficients::skip(left, has_y2);
    } else {
        coefficients.decode(tokens, probabilities, quantizer, has_y2, [above, left]);
        if has_y2 {
            inverse_walsh_hadamard(coefficients);
        }
    }
}
