//! The gray that tRNS makes transparent, where it has more bits than a sample.

use png::{BitDepth, ColorType, Info};

/// The expanded gray that tRNS makes transparent, if the `png` crate does not do it itself.
///
/// Some writers store 255 for the white of 1 bit. Only the bits of a sample count (PNG 3rd ed.,
/// 11.3.1.1), but the crate compares all of them.
pub(super) fn transparent_gray(info: &Info<'_>) -> Option<u8> {
    let largest = match (info.color_type, info.bit_depth) {
        (ColorType::Grayscale, BitDepth::One) => 1,
        (ColorType::Grayscale, BitDepth::Two) => 3,
        (ColorType::Grayscale, BitDepth::Four) => 15,
        _ => return None,
    };
    let gray = *info.trns.as_ref()?.first()?;
    (gray > largest).then_some((gray & largest) * (255 / largest))
}

/// The row of gray and alpha with no alpha where it is `gray`.
pub(super) fn set_transparent<'a>(gray: u8, row: &[u8], line: &'a mut [u8]) -> &'a [u8] {
    let line = &mut line[..row.len()];
    line.copy_from_slice(row);
    for [v, alpha] in line.as_chunks_mut().0 {
        if *v == gray {
            *alpha = 0;
        }
    }
    line
}
