//! Tokens to dequantized coefficients (RFC 6386, 13 and 14.1).
//!
//! The coefficients of a macroblock are stored position by position, with its 25 blocks as lanes. So
//! the inverse DCT transforms all blocks at once, one in each lane, without a transposition.

use super::bool_decoder::BoolDecoder;
use super::header::{CoefficientProbabilities, PositionProbabilities, Quantizer};

/// Lanes of the coefficients: 16 blocks of luma, 4 of U, 4 of V, then Y2.
const LANES: usize = 32;
/// The lane of the block Y2, whose coefficients are those of the luma blocks' DC coefficients.
pub(super) const Y2_LANE: usize = 24;

/// The lanes in the order in which blocks are coded (13). Y2 may be absent.
const CODED_ORDER: [usize; 25] = {
    let mut order = [Y2_LANE; 25];
    let mut lane = 0;
    while lane < Y2_LANE {
        order[lane + 1] = lane;
        lane += 1;
    }
    order
};

/// Positions in the order in which they are coded (13).
const ZIGZAG: [u8; 16] = [0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15];

/// For each position along an edge, whether the neighboring block there has coefficients: 4 of luma, 2
/// of U, 2 of V, and Y2.
pub(super) type NonzeroContext = [u8; 9];

/// The indices in [`NonzeroContext`] of each lane's block, for the contexts above and to the left.
const CONTEXTS: [[u8; 2]; 25] = {
    let mut contexts = [[8; 2]; 25];
    let mut lane = 0;
    while lane < 24 {
        contexts[lane] = match lane {
            0..16 => [lane as u8 % 4, lane as u8 / 4],
            _ => {
                let (plane, block) = ((lane as u8 - 16) / 4, lane as u8 % 4);
                [4 + 2 * plane + block % 2, 4 + 2 * plane + block / 2]
            }
        };
        lane += 1;
    }
    contexts
};

/// Which coefficients a group of blocks has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Content {
    #[default]
    None,
    /// DC coefficients only.
    Dc,
    Full,
}

/// The dequantized coefficients of a macroblock.
pub(super) struct Coefficients {
    pub values: [[i16; LANES]; 16],
    pub luma: Content,
    pub chroma: Content,
    /// Whether all of `values` are zero, those of Y2 included.
    is_clear: bool,
}

/// What the blocks of one kind have in common.
struct BlockKind<'a> {
    probabilities: &'a PositionProbabilities,
    quant: [i32; 2],
    /// The first position that is coded.
    first: usize,
}

impl Coefficients {
    pub(super) fn new() -> Self {
        Self {
            values: [[0; LANES]; 16],
            luma: Content::None,
            chroma: Content::None,
            is_clear: true,
        }
    }

    /// Whether there is none in luma and chroma.
    pub(super) fn is_empty(&self) -> bool {
        self.luma.max(self.chroma) == Content::None
    }

    /// Sets all coefficients to zero.
    #[inline(always)]
    pub(super) fn clear(&mut self) {
        if !self.is_clear {
            self.values = [[0; LANES]; 16];
        }
        self.is_clear = true;
        (self.luma, self.chroma) = (Content::None, Content::None);
    }

    /// Decodes the coefficients of a macroblock. With Y2, its DC coefficients are still in
    /// [`Y2_LANE`] afterwards.
    #[inline(always)]
    pub(super) fn decode(
        &mut self,
        bits: &mut BoolDecoder<'_>,
        probabilities: &CoefficientProbabilities,
        quantizer: &Quantizer,
        has_y2: bool,
        [above, left]: [&mut NonzeroContext; 2],
    ) {
        self.is_clear = false;
        let CoefficientProbabilities([after_y2, y2, chroma, with_dc]) = probabilities;
        let kind = |probabilities, quant, first| BlockKind {
            probabilities,
            quant,
            first,
        };
        let luma = if has_y2 { after_y2 } else { with_dc };
        let kinds = [
            kind(luma, quantizer.luma, usize::from(has_y2)),
            kind(chroma, quantizer.chroma, 0),
            kind(y2, quantizer.luma_dc, 0),
        ];
        // One loop for all kinds, because the decoder of tokens is inlined into it.
        for &lane in &CODED_ORDER[usize::from(!has_y2)..] {
            let kind = &kinds[lane / 16 + lane / Y2_LANE];
            let content = self.decode_block(bits, kind, lane, [above, left]);
            match lane {
                0..16 => self.luma = self.luma.max(content),
                16..Y2_LANE => self.chroma = self.chroma.max(content),
                _ => {}
            }
        }
    }

    #[inline(always)]
    fn decode_block(
        &mut self,
        bits: &mut BoolDecoder<'_>,
        kind: &BlockKind<'_>,
        lane: usize,
        [above, left]: [&mut NonzeroContext; 2],
    ) -> Content {
        let [above_at, left_at] = CONTEXTS[lane.min(Y2_LANE)];
        let (above, left) = (&mut above[above_at as usize], &mut left[left_at as usize]);
        let context = usize::from(*above + *left);
        let end = decode_tokens(bits, kind, context, lane, &mut self.values);
        *above = u8::from(end > kind.first);
        *left = *above;
        match end {
            2.. => Content::Full,
            _ if self.values[0][lane] != 0 => Content::Dc,
            _ => Content::None,
        }
    }
}

/// The contexts after a macroblock without coefficients. A macroblock without Y2 leaves that context.
pub(super) fn skip(context: &mut NonzeroContext, has_y2: bool) {
    let y2 = if has_y2 { 0 } else { context[8] };
    *context = [0; 9];
    context[8] = y2;
}

/// Decodes the tokens of one block (13.2). Returns the position after the last coefficient.
#[inline(always)]
fn decode_tokens(
    decoder: &mut BoolDecoder<'_>,
    kind: &BlockKind<'_>,
    context: usize,
    lane: usize,
    values: &mut [[i16; LANES]; 16],
) -> usize {
    let mut bits = *decoder;
    let mut position = kind.first;
    let mut node = &kind.probabilities[position][context.min(2)];
    let [dc_quant, ac_quant] = kind.quant;
    let mut quant = if position == 0 { dc_quant } else { ac_quant };
    while position < 16 {
        bits.refill();
        // End of block?
        if !bits.bit(node[0]) {
            break;
        }
        // Zeros. After one, the block cannot end.
        while !bits.bit(node[1]) {
            quant = ac_quant;
            position += 1;
            if position == 16 {
                *decoder = bits;
                return 16;
            }
            node = &kind.probabilities[position][0];
            bits.refill();
        }
        let next = &kind.probabilities[position + 1];
        let magnitude = if bits.bit(node[2]) {
            let large = large_magnitude(&mut bits, node);
            node = &next[2];
            large
        } else {
            node = &next[1];
            1
        };
        let value = bits.with_sign(magnitude) * quant;
        values[usize::from(ZIGZAG[position])][lane & (LANES - 1)] = value as i16;
        quant = ac_quant;
        position += 1;
    }
    *decoder = bits;
    position
}

/// The magnitude of a coefficient that is at least 2: the rest of the token tree, and the extra bits
/// of categories. Leaves enough bits for a sign.
#[inline(always)]
fn large_magnitude(bits: &mut BoolDecoder<'_>, node: &[u8; 16]) -> i32 {
    bits.refill();
    let magnitude = if !bits.bit(node[3]) {
        if !bits.bit(node[4]) {
            2
        } else {
            3 + i32::from(bits.bit(node[5]))
        }
    } else if !bits.bit(node[6]) {
        if !bits.bit(node[7]) {
            5 + i32::from(bits.read_bit(159))
        } else {
            7 + 2 * i32::from(bits.read_bit(165)) + i32::from(bits.read_bit(145))
        }
    } else {
        bits.refill();
        let high = bits.bit(node[8]);
        let low = bits.bit(node[9 + usize::from(high)]);
        extra_bits(bits, 2 * usize::from(high) + usize::from(low))
    };
    bits.refill();
    magnitude
}

/// Categories 3 to 6: the magnitude from 11, 19, 35 and 67 on.
#[inline(always)]
fn extra_bits(bits: &mut BoolDecoder<'_>, category: usize) -> i32 {
    const PROBABILITIES: [&[u8]; 4] = [
        &[173, 148, 140],
        &[176, 155, 140, 135],
        &[180, 157, 141, 134, 130],
        &[254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129],
    ];
    let add_bit = |value, &chance| 2 * value + i32::from(bits.read_bit(chance));
    let extra = PROBABILITIES[category].iter().fold(0, add_bit);
    3 + (8 << category) + extra
}
