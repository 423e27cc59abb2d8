//! The scale on which samples are filtered: linear light, sRGB-coded values, or a mix of the two.
//!
//! `w = (1 - linear) coded(v) + linear v`, for color before it is multiplied by alpha. Tables map
//! the 65,536 values of a sample in either direction.

use std::sync::LazyLock;

use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::simd;

const FULL: u32 = u16::MAX as u32;
const VALUES: usize = 1 << 16;

/// The sRGB transfer function (IEC 61966-2-1), from linear light to coded values.
///
/// ```text
/// for each few values, the fewer the steeper the curve:
///     estimate = a line from the first of them to the first after them
///     the estimate is near the border of two results -> compute the power
/// ```
///
/// So 8,000 powers make the table and not 65,536, which would take longer than the rest of a first
/// render.
static CODED: LazyLock<Box<[u16]>> = LazyLock::new(|| {
    // Counting to a value after the last one is faster than an inclusive range.
    let mut table: Box<[u16]> = (0..VALUES as u32).map(|value| value as u16).collect();
    let mut rest = &mut table[..];
    let (mut start, mut span) = (0, 1);
    for (end, next_span) in SPANS.into_iter().chain([(VALUES, 0)]) {
        let (values, after) = rest.split_at_mut(end - start);
        estimate(values, span);
        (rest, start, span) = (after, end, next_span);
    }
    table
});

/// From which value on a line has how many values.
const SPANS: [(usize, usize); 3] = [(512, 4), (4096, 16), (16_384, 32)];
/// More than the error of an estimate: 0.018, with the rounding of floats.
const SLACK: f32 = 0.03;

/// Replaces values by their coded ones, on lines of `span` values.
fn estimate(values: &mut [u16], span: usize) {
    let mut start = coded(values[0].into());
    for values in values.chunks_exact_mut(span) {
        let first = f32::from(values[0]);
        let end = coded(first + span as f32);
        let slope = (end - start) / span as f32;
        for value in values {
            let estimate = start + (f32::from(*value) - first) * slope;
            let fraction = estimate - f32::from(estimate as u16);
            let is_sure = (SLACK..1.0 - SLACK).contains(&fraction);
            *value = if is_sure {
                estimate
            } else {
                coded((*value).into())
            } as u16;
        }
        start = end;
    }
}

/// The coded value plus a half. libm and not std: its results are the same on every platform.
fn coded(value: f32) -> f32 {
    let light = value / FULL as f32;
    let coded = if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * libm::powf(light, 1.0 / 2.4) - 0.055
    };
    coded * FULL as f32 + 0.5
}

/// Tables from linear light to `w`, and back.
pub(super) struct Transfer {
    forward: Buffer<u16>,
    inverse: Buffer<u16>,
}

impl Transfer {
    /// Bytes that it takes.
    pub(super) const MEMORY: usize = 2 * VALUES * size_of::<u16>();

    /// For `linear` from 0 (coded values) to 1 (linear light).
    pub(super) fn new(linear: f64, budget: &Budget) -> Result<Self> {
        let mut forward = budget.buffer(VALUES)?;
        let mut inverse = budget.buffer(VALUES)?;
        let share = (linear * f64::from(FULL) + 0.5) as u32;
        simd::dispatch(
            #[inline(always)]
            || {
                mix(share, &mut forward);
                invert(&forward, &mut inverse);
            },
        );
        Ok(Self { forward, inverse })
    }

    /// From a row of linear, premultiplied pixels to a row on the scale.
    pub(super) fn forward(&self, channels: usize, row: &[u16], out: &mut [u16]) {
        match channels {
            4 => map_premultiplied(&self.forward, row, out),
            _ => map(&self.forward, row, out),
        }
    }

    /// The inverse of [`forward`](Self::forward), in place.
    pub(super) fn inverse(&self, channels: usize, row: &mut [u16]) {
        match channels {
            4 => {
                for pixel in row.as_chunks_mut::<4>().0 {
                    *pixel = premultiplied(&self.inverse, *pixel);
                }
            }
            _ => row
                .iter_mut()
                .for_each(|sample| *sample = self.inverse[usize::from(*sample)]),
        }
    }
}

fn map(table: &[u16], row: &[u16], out: &mut [u16]) {
    for (sample, w) in row.iter().zip(out) {
        *w = table[usize::from(*sample)];
    }
}

fn map_premultiplied(table: &[u16], row: &[u16], out: &mut [u16]) {
    let pixels = row.as_chunks::<4>().0.iter();
    for (pixel, target) in pixels.zip(out.as_chunks_mut::<4>().0) {
        *target = premultiplied(table, *pixel);
    }
}

/// Maps the straight color of a premultiplied pixel, and multiplies it by alpha again.
fn premultiplied(table: &[u16], [r, g, b, a]: [u16; 4]) -> [u16; 4] {
    let alpha = u32::from(a);
    let map = |sample: u16| match a {
        0 => 0,
        u16::MAX => table[usize::from(sample)],
        _ => {
            let straight = (u32::from(sample) * FULL + alpha / 2) / alpha;
            let mapped = table[straight.min(FULL) as usize];
            ((u32::from(mapped) * alpha + FULL / 2) / FULL) as u16
        }
    };
    [map(r), map(g), map(b), a]
}

/// `(1 - linear) coded(v) + linear v` for every value, where `share` is linear in 16 bits.
#[inline(always)]
fn mix(share: u32, forward: &mut [u16]) {
    // One iterator whose length is known: only then is the loop compiled to vectors.
    for (value, (w, &coded)) in forward.iter_mut().zip(CODED.iter()).enumerate() {
        // At most FULL * FULL + FULL / 2, which fits into 32 bits.
        let sum = (FULL - share) * u32::from(coded) + share * value as u32;
        *w = ((sum + FULL / 2) / FULL) as u16;
    }
}

/// Inverts a table that never falls and maps both 0 and the largest value to themselves.
///
/// If several inputs have the same output, it maps back to the middle one. An output that the table
/// skips maps to the input of the nearest one.
///
/// ```text
/// inverse[w] = the last input whose output is w, or 0
/// for each w:
///     below = the last input whose output is less
///     inverse[w] = the middle of below + 1 and inverse[w], or the nearer of below and below + 1
/// ```
#[inline(always)]
fn invert(forward: &[u16], inverse: &mut [u16]) {
    for (value, &w) in forward.iter().enumerate() {
        inverse[usize::from(w)] = value as u16;
    }
    let mut below = inverse[0];
    inverse[0] = below.div_ceil(2);
    for (w, value) in inverse.iter_mut().enumerate().skip(1) {
        if *value > below {
            let last = *value;
            *value = ((u32::from(below) + u32::from(last)) / 2 + 1) as u16;
            below = last;
            continue;
        }
        let above = below.saturating_add(1);
        let [low, high] = [below, above].map(|at| forward[usize::from(at)]);
        let nearer = w as u16 - low < high - w as u16;
        *value = if nearer { below } else { above };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn transfer(linear: f64) -> Transfer {
        Transfer::new(linear, &Budget::new(&Limits::default())).unwrap()
    }

    #[test]
    fn black_and_white_are_kept_and_nothing_moves_by_more_than_a_step() {
        for linear in [0.0, 0.2, 0.9, 1.0] {
            let transfer = transfer(linear);
            for value in 0..=u16::MAX {
                let mut row = [0; 3];
                transfer.forward(3, &[value; 3], &mut row);
                transfer.inverse(3, &mut row);
                assert!(row[0].abs_diff(value) <= 1, "{linear} {value} {row:?}");
            }
            let ends = [0, u16::MAX].map(|w| transfer.inverse[usize::from(w)]);
            assert_eq!(ends, [0, u16::MAX]);
        }
    }

    #[test]
    fn estimates_give_the_table_that_powers_give() {
        for value in 0..=u16::MAX {
            assert_eq!(
                CODED[usize::from(value)],
                coded(value.into()) as u16,
                "{value}"
            );
        }
    }

    #[test]
    fn both_tables_rise_and_never_fall() {
        for linear in [0.0, 0.5, 1.0] {
            let transfer = transfer(linear);
            assert!(transfer.forward.is_sorted());
            assert!(transfer.inverse.is_sorted());
        }
    }

    #[test]
    fn the_ends_of_the_scale_are_srgb_and_linear_light() {
        assert!(transfer(0.0).forward[..] == CODED[..]);
        assert!((0..=u16::MAX).eq(transfer(1.0).forward.iter().copied()));
        // 8-bit 128 is 0.215861 in linear light.
        assert_eq!((u32::from(CODED[14_146]) + 128) / 257, 128);
    }

    #[test]
    fn color_is_mapped_before_it_is_multiplied_by_alpha() {
        let transfer = transfer(0.0);
        let (mut opaque, mut half) = ([0; 4], [0; 4]);
        transfer.forward(4, &[30_000, 2_000, 0, 65_535], &mut opaque);
        transfer.forward(4, &[15_000, 1_000, 0, 32_768], &mut half);
        for (opaque, half) in opaque.iter().zip(half) {
            assert!((opaque / 2).abs_diff(half) <= 2, "{opaque} {half}");
        }
    }
}
