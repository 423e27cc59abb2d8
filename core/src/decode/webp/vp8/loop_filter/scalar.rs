//! The loop filter at one place of an edge, as the RFC writes it (RFC 6386, 15.2 and 15.3).
//!
//! Wasm without vectors filters by it: there, the code for 16 lanes takes 32 kB. The tests compare both.

use crate::decode::webp::vp8::header::EdgeLimits;

/// Filters the samples of a line across an edge: four before it, and four after it.
pub(super) fn filter_simple(samples: &mut [u8; 8], limits: EdgeLimits) {
    if is_within(samples, limits.edge) {
        let [_, _, p1, p0, q0, q1, _, _] = samples.map(signed);
        let (p0, q0, _) = adjust(p0, q0, clamp(p1 - q1));
        (samples[3], samples[4]) = (unsigned(p0), unsigned(q0));
    }
}

/// `outer` is true at the edge of a macroblock, and false at that of a block inside.
pub(super) fn filter_normal(samples: &mut [u8; 8], outer: bool, limits: EdgeLimits) {
    let [p3, p2, p1, p0, q0, q1, q2, q3] = *samples;
    let detail = p1.abs_diff(p0).max(q1.abs_diff(q0));
    let far = [
        p3.abs_diff(p2),
        p2.abs_diff(p1),
        q3.abs_diff(q2),
        q2.abs_diff(q1),
    ];
    let interior = far.into_iter().fold(detail, u8::max);
    if !is_within(samples, limits.edge) || interior > limits.interior {
        return;
    }
    let mut values = samples.map(signed);
    match (outer, detail <= limits.detail) {
        (true, true) => smooth_outer(&mut values),
        (_, is_smooth) => smooth_inner(&mut values, is_smooth),
    }
    *samples = values.map(unsigned);
}

fn is_within(&[_, _, p1, p0, q0, q1, _, _]: &[u8; 8], limit: u8) -> bool {
    let step = 2 * u16::from(p0.abs_diff(q0)) + u16::from(p1.abs_diff(q1) / 2);
    step <= limit.into()
}

/// Three samples on each side.
fn smooth_outer(values: &mut [i32; 8]) {
    let [_, _, p1, p0, q0, q1, _, _] = *values;
    let step = clamp(clamp(p1 - q1) + 3 * (q0 - p0));
    for (at, factor) in [(1, 9), (2, 18), (3, 27)] {
        let change = clamp((factor * step + 63) >> 7);
        values[at] = clamp(values[at] + change);
        values[7 - at] = clamp(values[7 - at] - change);
    }
}

/// Two samples on each side, or one where there is detail.
fn smooth_inner([_, _, p1, p0, q0, q1, _, _]: &mut [i32; 8], is_smooth: bool) {
    let far = if is_smooth { 0 } else { clamp(*p1 - *q1) };
    let change;
    (*p0, *q0, change) = adjust(*p0, *q0, far);
    if is_smooth {
        let half = (change + 1) >> 1;
        (*p1, *q1) = (clamp(*p1 + half), clamp(*q1 - half));
    }
}

/// Moves the samples at the edge towards each other. Returns also the change of q0.
fn adjust(p0: i32, q0: i32, far: i32) -> (i32, i32, i32) {
    let step = clamp(far + 3 * (q0 - p0));
    let (change_q, change_p) = (clamp(step + 4) >> 3, clamp(step + 3) >> 3);
    (clamp(p0 + change_p), clamp(q0 - change_q), change_q)
}

fn clamp(value: i32) -> i32 {
    value.clamp(-128, 127)
}

fn signed(sample: u8) -> i32 {
    i32::from(sample) - 128
}

fn unsigned(value: i32) -> u8 {
    (value + 128) as u8
}
