//! The prediction modes of macroblocks (RFC 6386, 8 and 11).

use super::bool_decoder::BoolDecoder;
use super::tables::SUBBLOCK_MODE_PROBABILITIES;

/// How a whole macroblock or its chroma is predicted (8.2, 12.2, 12.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockMode {
    /// The mean of the samples above and to the left.
    Dc,
    /// Each column as the sample above it.
    Vertical,
    /// Each row as the sample to its left.
    Horizontal,
    /// Above + left - above left.
    TrueMotion,
}

/// How a subblock of 4 x 4 samples is predicted (8.3, 12.3), in the order of
/// [`SUBBLOCK_MODE_PROBABILITIES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum SubblockMode {
    #[default]
    Dc,
    TrueMotion,
    Vertical,
    Horizontal,
    DownLeft,
    DownRight,
    VerticalRight,
    VerticalLeft,
    HorizontalDown,
    HorizontalUp,
}

/// How luma is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LumaMode {
    Whole(BlockMode),
    Subblocks([[SubblockMode; 4]; 4]),
}

/// The fields of a macroblock in the first partition (19.3).
#[derive(Clone, Copy)]
pub(super) struct MacroblockHeader {
    pub segment: usize,
    /// Whether the macroblock has no coefficients.
    pub skipped: bool,
    pub luma: LumaMode,
    pub chroma: BlockMode,
}

/// How the fields before the modes are coded.
#[derive(Clone, Copy)]
pub(super) struct MacroblockCoding {
    pub segment_tree: Option<[u8; 3]>,
    pub skip_probability: Option<u8>,
}

impl MacroblockHeader {
    /// `above` and `left` are the modes of the subblocks next to this macroblock. Those of the
    /// macroblock replace them.
    #[inline(always)]
    pub(super) fn parse(
        decoder: &mut BoolDecoder<'_>,
        coding: MacroblockCoding,
        above: &mut [SubblockMode; 4],
        left: &mut [SubblockMode; 4],
    ) -> Self {
        // A copy, which can stay in registers.
        let mut local = *decoder;
        let bits = &mut local;
        let segment = coding.segment_tree.map_or(0, |tree| segment(bits, tree));
        let skipped = coding
            .skip_probability
            .is_some_and(|chance| bits.read_bit(chance));
        let luma = if bits.read_bit(145) {
            let mode = luma_mode(bits);
            *above = [as_subblock(mode); 4];
            *left = *above;
            LumaMode::Whole(mode)
        } else {
            LumaMode::Subblocks(subblock_modes(bits, above, left))
        };
        let chroma = chroma_mode(bits);
        *decoder = local;
        Self {
            segment,
            skipped,
            luma,
            chroma,
        }
    }
}

#[inline(always)]
fn segment(bits: &mut BoolDecoder<'_>, [root, low, high]: [u8; 3]) -> usize {
    if bits.read_bit(root) {
        2 + usize::from(bits.read_bit(high))
    } else {
        usize::from(bits.read_bit(low))
    }
}

/// The tree of luma modes after its first branch (11.2).
#[inline(always)]
fn luma_mode(bits: &mut BoolDecoder<'_>) -> BlockMode {
    if bits.read_bit(156) {
        if bits.read_bit(128) {
            BlockMode::TrueMotion
        } else {
            BlockMode::Horizontal
        }
    } else if bits.read_bit(163) {
        BlockMode::Vertical
    } else {
        BlockMode::Dc
    }
}

#[inline(always)]
fn chroma_mode(bits: &mut BoolDecoder<'_>) -> BlockMode {
    if !bits.read_bit(142) {
        BlockMode::Dc
    } else if !bits.read_bit(114) {
        BlockMode::Vertical
    } else if bits.read_bit(183) {
        BlockMode::TrueMotion
    } else {
        BlockMode::Horizontal
    }
}

/// The mode that the subblocks of a macroblock count as, for the contexts of their neighbors (11.3).
#[inline(always)]
fn as_subblock(mode: BlockMode) -> SubblockMode {
    match mode {
        BlockMode::Dc => SubblockMode::Dc,
        BlockMode::Vertical => SubblockMode::Vertical,
        BlockMode::Horizontal => SubblockMode::Horizontal,
        BlockMode::TrueMotion => SubblockMode::TrueMotion,
    }
}

#[inline(always)]
fn subblock_modes(
    bits: &mut BoolDecoder<'_>,
    above: &mut [SubblockMode; 4],
    left: &mut [SubblockMode; 4],
) -> [[SubblockMode; 4]; 4] {
    let mut modes = [[SubblockMode::Dc; 4]; 4];
    for (row, left) in modes.iter_mut().zip(left) {
        for (mode, above) in row.iter_mut().zip(above.iter_mut()) {
            *mode = subblock_mode(bits, *above, *left);
            (*above, *left) = (*mode, *mode);
        }
    }
    modes
}

/// The tree of subblock modes (11.2).
#[inline(always)]
fn subblock_mode(
    bits: &mut BoolDecoder<'_>,
    above: SubblockMode,
    left: SubblockMode,
) -> SubblockMode {
    let chances = &SUBBLOCK_MODE_PROBABILITIES[above as usize][left as usize];
    bits.refill();
    if !bits.bit(chances[0]) {
        return SubblockMode::Dc;
    }
    if !bits.bit(chances[1]) {
        return SubblockMode::TrueMotion;
    }
    if !bits.bit(chances[2]) {
        return SubblockMode::Vertical;
    }
    bits.refill();
    if bits.bit(chances[3]) {
        if !bits.bit(chances[6]) {
            SubblockMode::DownLeft
        } else if !bits.bit(chances[7]) {
            SubblockMode::VerticalLeft
        } else if !bits.read_bit(chances[8]) {
            SubblockMode::HorizontalDown
        } else {
            SubblockMode::HorizontalUp
        }
    } else if !bits.bit(chances[4]) {
        SubblockMode::Horizontal
    } else if !bits.bit(chances[5]) {
        SubblockMode::DownRight
    } else {
        SubblockMode::VerticalRight
    }
}
