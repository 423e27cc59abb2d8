//! The loop filter, which smooths the edges of blocks (RFC 6386, 15).
//!
//! For each macroblock, from the upper left to the lower right:
//!
//! ```text
//! columns = the macroblock's 16 columns, and the 4 to their left
//! filter the left edge of the macroblock, then the edges of blocks inside, across columns
//! rows = the macroblock's 16 rows, and the 4 above
//! filter the upper edge of the macroblock, then the edges of blocks inside, across rows
//! ```
//!
//! A *line* is a column or a row: 16 samples, one in each lane. So one function filters both kinds of
//! edges, 16 places of an edge at once. Chroma has 8 samples of U and 8 of V in a line.
//!
//! The filter is the RFC's: samples minus 128, in saturating arithmetic of 8 bits.
//!
//! Wasm without vectors has 16 instructions for each operation on 16 lanes. There, the samples are filtered
//! one by one ([`scalar`]), and the larger functions are not inlined.

#[cfg(any(test, all(target_arch = "wasm32", not(target_feature = "simd128"))))]
mod scalar;

use fearless_simd::prelude::*;
use fearless_simd::{Simd, u8x16};
#[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
use fearless_simd::{i8x16, mask8x16};

use super::header::{EdgeLimits, FilterKind, FilterStrength};
use super::planes::RowRing;

/// The lines before the first edge.
const BEFORE: usize = 4;
/// Lines of luma: those before the edge, and those of the macroblock.
const LUMA: usize = BEFORE + 16;
const CHROMA: usize = BEFORE + 8;

/// Filters the edges of macroblocks.
#[derive(Clone, Copy)]
pub(super) struct LoopFilter<S: Simd> {
    pub simd: S,
    pub kind: FilterKind,
}

impl<S: Simd> LoopFilter<S> {
    /// Filters macroblock `x` in row `y` of macroblocks.
    #[inline(always)]
    pub(super) fn filter(
        self,
        [luma, chroma]: [&mut RowRing; 2],
        [x, y]: [u32; 2],
        strength: FilterStrength,
    ) {
        if strength.edge_limit == 0 || self.kind == FilterKind::None {
            return;
        }
        self.filter_luma(luma, [x, y], strength);
        if self.kind == FilterKind::Normal {
            self.filter_chroma(chroma, [x, y], strength);
        }
    }

    #[inline(always)]
    fn filter_luma(self, ring: &mut RowRing, [x, y]: [u32; 2], strength: FilterStrength) {
        let mut lines = [self.zero(); LUMA];
        for (row, line) in (16 * y..).zip(&mut lines[BEFORE..]) {
            *line = self.load(ring.block(x, row));
        }
        if x > 0 || strength.inner {
            self.transpose_luma(&mut lines);
            if x > 0 {
                self.load_luma_before(ring, [x - 1, y], &mut lines);
            }
            self.filter_lines(&mut lines, x > 0, strength);
            if x > 0 {
                self.store_luma_before(ring, [x - 1, y], &lines);
            }
            self.transpose_luma(&mut lines);
        }
        self.filter_rows(ring, [x, y], strength, &mut lines);
    }

    #[inline(always)]
    fn filter_chroma(self, ring: &mut RowRing, [x, y]: [u32; 2], strength: FilterStrength) {
        let mut lines = [self.zero(); CHROMA];
        for (row, line) in (8 * y..).zip(&mut lines[BEFORE..]) {
            *line = self.load(ring.block(x, row));
        }
        if x > 0 || strength.inner {
            let [_, _, _, _, rows @ ..] = &mut lines;
            *rows = self.rotate::<8, 3>(*rows);
            if x > 0 {
                self.load_chroma_before(ring, [x - 1, y], &mut lines);
            }
            self.filter_lines(&mut lines, x > 0, strength);
            if x > 0 {
                self.store_chroma_before(ring, [x - 1, y], &lines);
            }
            let [_, _, _, _, columns @ ..] = &mut lines;
            *columns = self.rotate::<8, 4>(*columns);
        }
        self.filter_rows(ring, [x, y], strength, &mut lines);
    }

    /// Filters across rows, of which `lines` has those of the macroblock, and stores them.
    #[inline(always)]
    fn filter_rows<const N: usize>(
        self,
        ring: &mut RowRing,
        [x, y]: [u32; 2],
        strength: FilterStrength,
        lines: &mut [u8x16<S>; N],
    ) {
        let first = (N - BEFORE) as u32 * y;
        if y > 0 {
            for (row, line) in (first - 4..).zip(&mut lines[..BEFORE]) {
                *line = self.load(ring.block(x, row));
            }
        }
        self.filter_lines(lines, y > 0, strength);
        if y > 0 {
            // The first line before an edge is never changed.
            for (row, line) in (first - 3..).zip(&lines[1..BEFORE]) {
                *ring.block_mut(x, row) = (*line).into();
            }
        }
        for (row, line) in (first..).zip(&lines[BEFORE..]) {
            *ring.block_mut(x, row) = (*line).into();
        }
    }

    /// Filters the edge of the macroblock if it `has_outer` neighbors, and the edges inside.
    #[inline(always)]
    fn filter_lines<const N: usize>(
        self,
        lines: &mut [u8x16<S>; N],
        has_outer: bool,
        strength: FilterStrength,
    ) {
        let limits = |edge| EdgeLimits {
            edge,
            interior: strength.interior_limit,
            detail: strength.detail_threshold,
        };
        if has_outer {
            self.filter_edge::<true>(lines, BEFORE, limits(strength.edge_limit + 4));
        }
        if strength.inner {
            for edge in (2 * BEFORE..N).step_by(4) {
                self.filter_edge::<false>(lines, edge, limits(strength.edge_limit));
            }
        }
    }

    /// Filters the edge before line `at`.
    #[inline(always)]
    fn filter_edge<const OUTER: bool>(self, lines: &mut [u8x16<S>], at: usize, limits: EdgeLimits) {
        let Some(around) = lines[at - 4..].first_chunk_mut::<8>() else {
            return;
        };
        #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
        match self.kind {
            FilterKind::Simple => self.filter_simple(around, limits),
            _ => self.filter_normal::<OUTER>(around, limits),
        }
        #[cfg(all(target_arch = "wasm32", not(target_feature = "simd128")))]
        self.filter_one_by_one(around, OUTER, limits);
    }

    /// Each lane by itself.
    #[cfg(any(test, all(target_arch = "wasm32", not(target_feature = "simd128"))))]
    fn filter_one_by_one(self, lines: &mut [u8x16<S>; 8], outer: bool, limits: EdgeLimits) {
        let mut samples: [[u8; 16]; 8] = lines.map(Into::into);
        for lane in 0..16 {
            let mut across = samples.map(|line| line[lane]);
            match self.kind {
                FilterKind::Simple => scalar::filter_simple(&mut across, limits),
                _ => scalar::filter_normal(&mut across, outer, limits),
            }
            for (line, sample) in samples.iter_mut().zip(across) {
                line[lane] = sample;
            }
        }
        *lines = samples.map(|line| self.load(&line));
    }

    /// 15.2.
    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn filter_simple(self, lines: &mut [u8x16<S>; 8], limits: EdgeLimits) {
        let [_, _, p1, p0, q0, q1, _, _] = *lines;
        let limit = u8x16::splat(self.simd, limits.edge);
        let within = self.is_zero(self.excess_of_step([p1, p0, q0, q1], limit));
        let far = self
            .simd
            .saturating_sub_i8x16(self.signed(p1), self.signed(q1));
        let (p0, q0) = (self.signed(p0), self.signed(q0));
        let step = self.step([p0, q0], far);
        let step = self.keep(within, step);
        let ([p0, q0], _) = self.adjust([p0, q0], step);
        (lines[3], lines[4]) = (self.unsigned(p0), self.unsigned(q0));
    }

    /// 15.3.
    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn filter_normal<const OUTER: bool>(self, lines: &mut [u8x16<S>; 8], limits: EdgeLimits) {
        let simd = self.simd;
        let [edge, interior_limit, detail_limit] =
            [limits.edge, limits.interior, limits.detail].map(|limit| u8x16::splat(simd, limit));
        let [p3, p2, p1, p0, q0, q1, q2, q3] = *lines;
        let max = |a, b| simd.max_u8x16(a, b);
        let detail = max(self.difference(p1, p0), self.difference(q1, q0));
        let far_p = max(self.difference(p3, p2), self.difference(p2, p1));
        let far_q = max(self.difference(q3, q2), self.difference(q2, q1));
        let interior = max(detail, max(far_p, far_q));
        let excess = simd.or_u8x16(
            self.excess_of_step([p1, p0, q0, q1], edge),
            simd.saturating_sub_u8x16(interior, interior_limit),
        );
        let within = self.is_zero(excess);
        let smooth = self.is_zero(simd.saturating_sub_u8x16(detail, detail_limit));
        let mut signed = [
            self.signed(p2),
            self.signed(p1),
            self.signed(p0),
            self.signed(q0),
            self.signed(q1),
            self.signed(q2),
        ];
        if OUTER {
            self.smooth_outer(&mut signed, within, smooth);
        } else {
            self.smooth_inner(&mut signed, within, smooth);
        }
        for (line, signed) in lines[1..7].iter_mut().zip(signed) {
            *line = self.unsigned(signed);
        }
    }

    /// The edge of a macroblock: three samples on each side, where there is no detail.
    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn smooth_outer(
        self,
        [p2, p1, p0, q0, q1, q2]: &mut [i8x16<S>; 6],
        within: mask8x16<S>,
        smooth: mask8x16<S>,
    ) {
        let simd = self.simd;
        let step = self.step([*p0, *q0], simd.saturating_sub_i8x16(*p1, *q1));
        let step = self.keep(within, step);
        let zero = i8x16::splat(simd, 0);
        let at_detail = simd.select_i8x16(smooth, zero, step);
        let ([new_p0, new_q0], _) = self.adjust([*p0, *q0], at_detail);
        (*p0, *q0) = (new_p0, new_q0);
        let (low, high) = simd.widen_i8x16(self.keep(smooth, step));
        let (low, high) = (low * 9, high * 9);
        let (mut low_sum, mut high_sum) = (low + 63, high + 63);
        for (p, q) in [(p2, q2), (p1, q1), (p0, q0)] {
            let (low_change, high_change) =
                (simd.shr_i16x8(low_sum, 7), simd.shr_i16x8(high_sum, 7));
            let change = simd.saturating_narrow_i16x8(low_change, high_change);
            *p = simd.saturating_add_i8x16(*p, change);
            *q = simd.saturating_sub_i8x16(*q, change);
            (low_sum, high_sum) = (low_sum + low, high_sum + high);
        }
    }

    /// The edge of a block: two samples on each side, or one where there is detail.
    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn smooth_inner(
        self,
        [_, p1, p0, q0, q1, _]: &mut [i8x16<S>; 6],
        within: mask8x16<S>,
        smooth: mask8x16<S>,
    ) {
        let simd = self.simd;
        let zero = i8x16::splat(simd, 0);
        let far = simd.select_i8x16(smooth, zero, simd.saturating_sub_i8x16(*p1, *q1));
        let step = self.keep(within, self.step([*p0, *q0], far));
        let ([new_p0, new_q0], change) = self.adjust([*p0, *q0], step);
        (*p0, *q0) = (new_p0, new_q0);
        let half = self.shift_right::<1>(change + 1);
        let half = self.keep(smooth, half);
        *p1 = simd.saturating_add_i8x16(*p1, half);
        *q1 = simd.saturating_sub_i8x16(*q1, half);
    }

    /// `far` + 3 (q0 - p0).
    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn step(self, [p0, q0]: [i8x16<S>; 2], far: i8x16<S>) -> i8x16<S> {
        let near = self.simd.saturating_sub_i8x16(q0, p0);
        let add = |sum| self.simd.saturating_add_i8x16(sum, near);
        add(add(add(far)))
    }

    /// Moves the samples at the edge towards each other. Returns also the change of q0.
    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn adjust(self, [p0, q0]: [i8x16<S>; 2], step: i8x16<S>) -> ([i8x16<S>; 2], i8x16<S>) {
        let simd = self.simd;
        let rounded = |offset| simd.saturating_add_i8x16(step, i8x16::splat(simd, offset));
        let change_q = self.shift_right::<3>(rounded(4));
        let change_p = self.shift_right::<3>(rounded(3));
        let p0 = simd.saturating_add_i8x16(p0, change_p);
        let q0 = simd.saturating_sub_i8x16(q0, change_q);
        ([p0, q0], change_q)
    }

    /// How far 2 |p0 - q0| + |p1 - q1| / 2 is above the limit.
    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn excess_of_step(self, [p1, p0, q0, q1]: [u8x16<S>; 4], limit: u8x16<S>) -> u8x16<S> {
        let simd = self.simd;
        let near = self.difference(p0, q0);
        let far = simd.shr_u8x16(self.difference(p1, q1), 1);
        let step = simd.saturating_add_u8x16(simd.saturating_add_u8x16(near, near), far);
        simd.saturating_sub_u8x16(step, limit)
    }

    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn difference(self, a: u8x16<S>, b: u8x16<S>) -> u8x16<S> {
        let simd = self.simd;
        simd.or_u8x16(
            simd.saturating_sub_u8x16(a, b),
            simd.saturating_sub_u8x16(b, a),
        )
    }

    /// An arithmetic shift. Vectors of bytes have only logical shifts.
    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn shift_right<const BITS: u32>(self, value: i8x16<S>) -> i8x16<S> {
        let shifted = self.simd.shr_u8x16(self.unsigned(value), BITS);
        (shifted - (128 >> BITS)).bitcast()
    }

    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn keep(self, mask: mask8x16<S>, value: i8x16<S>) -> i8x16<S> {
        self.simd
            .select_i8x16(mask, value, i8x16::splat(self.simd, 0))
    }

    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn is_zero(self, value: u8x16<S>) -> mask8x16<S> {
        self.simd.simd_eq_u8x16(value, self.zero())
    }

    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn signed(self, value: u8x16<S>) -> i8x16<S> {
        (value ^ 128).bitcast()
    }

    #[cfg(any(not(target_arch = "wasm32"), target_feature = "simd128"))]
    #[inline(always)]
    fn unsigned(self, value: i8x16<S>) -> u8x16<S> {
        value.bitcast::<u8x16<S>>() ^ 128
    }

    #[inline(always)]
    fn zero(self) -> u8x16<S> {
        u8x16::splat(self.simd, 0)
    }

    #[inline(always)]
    fn load(self, samples: &[u8; 16]) -> u8x16<S> {
        u8x16::load_array_ref(self.simd, samples)
    }
}

/// Rows to columns and back. The samples of a block are one string of bytes, whose places have
/// numbers of `log2(16 N)` bits: those of the row, then those of the column. Interleaving the first
/// half of the string with the second half rotates the bits of every place to the left by one. So a
/// rotation by the bits of the row is a transposition.
impl<S: Simd> LoopFilter<S> {
    #[cfg_attr(
        any(not(target_arch = "wasm32"), target_feature = "simd128"),
        inline(always)
    )]
    fn rotate<const N: usize, const BITS: usize>(self, mut string: [u8x16<S>; N]) -> [u8x16<S>; N] {
        for _ in 0..BITS {
            let halves = string;
            for i in 0..N / 2 {
                let (first, second) = (halves[i], halves[i + N / 2]);
                string[2 * i] = self.simd.zip_low_u8x16(first, second);
                string[2 * i + 1] = self.simd.zip_high_u8x16(first, second);
            }
        }
        string
    }

    #[inline(always)]
    fn load_string(self, [s0, s1, s2, s3]: &[[u8; 16]; 4]) -> [u8x16<S>; 4] {
        [self.load(s0), self.load(s1), self.load(s2), self.load(s3)]
    }

    #[inline(always)]
    fn store_string(self, [s0, s1, s2, s3]: [u8x16<S>; 4]) -> [[u8; 16]; 4] {
        [s0.into(), s1.into(), s2.into(), s3.into()]
    }

    #[inline(always)]
    fn transpose_luma(self, lines: &mut [u8x16<S>; LUMA]) {
        let [_, _, _, _, block @ ..] = lines;
        *block = self.rotate::<16, 4>(*block);
    }

    /// The last four columns of macroblock `x`.
    #[inline(always)]
    fn load_luma_before(self, ring: &RowRing, [x, y]: [u32; 2], lines: &mut [u8x16<S>; LUMA]) {
        let mut string = [[0; 16]; 4];
        let rows = string.as_flattened_mut().as_chunks_mut::<4>().0;
        for (row, out) in (16 * y..).zip(rows) {
            out.copy_from_slice(&ring.block(x, row)[12..]);
        }
        // 4 bits of the row, 2 of the column.
        let columns = self.rotate::<4, 4>(self.load_string(&string));
        lines[..BEFORE].copy_from_slice(&columns);
    }

    #[inline(always)]
    fn store_luma_before(
        self,
        ring: &mut RowRing,
        [x, y]: [u32; 2],
        [l0, l1, l2, l3, ..]: &[u8x16<S>; LUMA],
    ) {
        let string = self.rotate::<4, 2>([*l0, *l1, *l2, *l3]);
        let string = self.store_string(string);
        for (row, bytes) in (16 * y..).zip(string.as_flattened().as_chunks::<4>().0) {
            ring.block_mut(x, row)[12..].copy_from_slice(bytes);
        }
    }

    #[inline(always)]
    fn load_chroma_before(self, ring: &RowRing, [x, y]: [u32; 2], lines: &mut [u8x16<S>; CHROMA]) {
        let mut string = [[0; 16]; 4];
        let rows = string.as_flattened_mut().as_chunks_mut::<8>().0;
        for (row, out) in (8 * y..).zip(rows) {
            out.copy_from_slice(&ring.block(x, row)[8..]);
        }
        // 3 bits of the row, 2 of the column, 1 of the plane.
        let columns = self.rotate::<4, 3>(self.load_string(&string));
        lines[..BEFORE].copy_from_slice(&columns);
    }

    #[inline(always)]
    fn store_chroma_before(
        self,
        ring: &mut RowRing,
        [x, y]: [u32; 2],
        [l0, l1, l2, l3, ..]: &[u8x16<S>; CHROMA],
    ) {
        let string = self.rotate::<4, 3>([*l0, *l1, *l2, *l3]);
        let string = self.store_string(string);
        for (row, bytes) in (8 * y..).zip(string.as_flattened().as_chunks::<8>().0) {
            ring.block_mut(x, row)[8..].copy_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::{Level, dispatch};

    use super::*;
    use crate::simd;

    /// Numbers near each other, so that most edges are filtered.
    fn samples(seed: &mut u32, spread: u32) -> [[u8; 16]; 8] {
        let mut next = || {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *seed >> 16
        };
        let mut sample = || (next() % 4 * 85 + next() % spread) as u8;
        std::array::from_fn(|_| std::array::from_fn(|_| sample()))
    }

    fn both(level: Level, kind: FilterKind, lines: [[u8; 16]; 8], limits: EdgeLimits) {
        dispatch!(level, simd => {
            let filter = LoopFilter { simd, kind };
            let loaded = lines.map(|line| filter.load(&line));
            for outer in [true, false] {
                let (mut vectors, mut one_by_one) = (loaded, loaded);
                match outer {
                    true => filter.filter_edge::<true>(&mut vectors, 4, limits),
                    false => filter.filter_edge::<false>(&mut vectors, 4, limits),
                }
                filter.filter_one_by_one(&mut one_by_one, outer, limits);
                let [a, b] = [vectors, one_by_one].map(|lines| lines.map(<[u8; 16]>::from));
                assert_eq!(a, b, "{outer} {limits:?} {lines:?}");
            }
        });
    }

    #[test]
    fn vectors_filter_like_the_rfc_writes_it() {
        let mut seed = 1;
        for round in 0..4000u32 {
            let spread = [2, 8, 30, 90][round as usize % 4];
            let lines = samples(&mut seed, spread);
            let limits = EdgeLimits {
                edge: (round % 194) as u8,
                interior: (round % 64) as u8,
                detail: (round % 5) as u8,
            };
            let kind = [FilterKind::Simple, FilterKind::Normal][round as usize / 4 % 2];
            both(simd::level(), kind, lines, limits);
            both(Level::baseline(), kind, lines, limits);
        }
    }
}
