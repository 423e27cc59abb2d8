//! Coefficients as symbols (T.81 F.1.2): a symbol is `zeros before the value << 4 | bits of the value`.

use super::transform::Block;

/// A run of 16 zeros, ZRL, and the end of a block, EOB.
const ZERO_RUN: u8 = 0xF0;
const END_OF_BLOCK: u8 = 0;

/// The symbol of the DC coefficient, and its difference from `prediction`, the one before.
#[inline(always)]
pub(super) fn dc_symbol(block: &Block, prediction: &mut i16) -> (u8, i16) {
    let dc = block.coefficients[0];
    let difference = dc.wrapping_sub(std::mem::replace(prediction, dc));
    (value_bits(difference), difference)
}

/// Calls `visit` with each symbol of the AC coefficients, and its value.
#[inline(always)]
pub(super) fn for_each_ac(block: &Block, mut visit: impl FnMut(u8, i16)) {
    let mut nonzero = block.nonzero & !1;
    // The first coefficient that has no symbol yet.
    let mut next = 1;
    while nonzero != 0 {
        let k = nonzero.trailing_zeros();
        nonzero &= nonzero - 1;
        let mut zeros = k - next;
        while zeros > 15 {
            visit(ZERO_RUN, 0);
            zeros -= 16;
        }
        let value = block.coefficients[k as usize % 64];
        visit((zeros as u8) << 4 | value_bits(value), value);
        next = k + 1;
    }
    if next < 64 {
        visit(END_OF_BLOCK, 0);
    }
}

/// The bits of `value` after its code (table F.1).
#[inline(always)]
fn value_bits(value: i16) -> u8 {
    (16 - value.unsigned_abs().leading_zeros()) as u8
}
