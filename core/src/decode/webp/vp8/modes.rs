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
    pub(super) fn parse(
        bits: &mut BoolDecoder<'_>,
        coding: MacroblockCoding,
        above: &mut [SubblockMode; 4],
        left: &mut [SubblockMode; 4],
    ) -> Self {
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
        Self {
            segment,
            skipped,
            luma,
            chroma,
        }
    }
}

fn segment(bits: &mut BoolDecoder<'_>, [root, low, high]: [u8; 3]) -> usize {
    if bits.read_bit(root) {
        2 + usize::from(bits.read_bit(high))
    } else {
        usize::from(bits.read_bit(low))
    }
}

/// The tree of luma modes after its first branch (11.2).
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
fn as_subblock(mode: BlockMode) -> SubblockMode {
    match mode {
        BlockMode::Dc => SubblockMode::Dc,
        BlockMode::Vertical => SubblockMode::Vertical,
        BlockMode::Horizontal => SubblockMode::Horizontal,
        BlockMode::TrueMotion => SubblockMode::TrueMotion,
    }
}

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
fn subblock_mode(
    bits: &mut BoolDecoder<'_>,
    above: SubblockMode,
    left: SubblockMode,
) -> SubblockMode {
    use SubblockMode::*;
    /// The next node for 0 and for 1; `!mode` ends the walk.
    const TREE: [[i8; 2]; 9] = [
        [!(Dc as i8), 1],
        [!(TrueMotion as i8), 2],
        [!(Vertical as i8), 3],
        [4, 6],
        [!(Horizontal as i8), 5],
        [!(DownRight as i8), !(VerticalRight as i8)],
        [!(DownLeft as i8), 7],
        [!(VerticalLeft as i8), 8],
        [!(HorizontalDown as i8), !(HorizontalUp as i8)],
    ];
    const MODES: [SubblockMode; 10] = [
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
    ];
    let probabilities = &SUBBLOCK_MODE_PROBABILITIES[above as usize][left as usize];
    let mut node = 0;
    while let Ok(inner) = usize::try_from(node) {
        node = TREE[inner][usize::from(bits.read_bit(probabilities[inner]))];
    }
    MODES[!node as usize]
}
