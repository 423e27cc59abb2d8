//! Intra prediction, and the sum of prediction and residual (RFC 6386, 12).
//!
//! A macroblock is built in a small area that includes the samples above and to the left:
//!
//! ```text
//!          7 8              24  28
//!     0    X A A A A ... A A B B     X: above left; A: above; B: above right
//!     1    L . . . . ... . .
//!     ...                            L: left; the macroblock
//!     16   L . . . . ... . .
//! ```
//!
//! Prediction uses samples before the loop filter. Outside of the frame, samples above are 127, and
//! those to the left are 129.

use super::modes::{BlockMode, SubblockMode};
use super::transform::Residuals;

/// The column of a macroblock's first sample.
const ORIGIN: usize = 8;

/// The samples of a macroblock and those next to it.
pub(super) struct MacroblockArea {
    luma: [[u8; 32]; 17],
    u: [[u8; 16]; 9],
    v: [[u8; 16]; 9],
}

/// The last row of a macroblock before the loop filter: 16 samples of luma, 8 of U, 8 of V.
pub(super) type BottomRow = [u8; 32];

/// The samples above the first row.
pub(super) const ABOVE_FRAME: BottomRow = [127; 32];

/// The position of a macroblock.
#[derive(Clone, Copy)]
pub(super) struct Position {
    pub x: u32,
    pub y: u32,
}

impl MacroblockArea {
    pub(super) fn new() -> Self {
        Self {
            luma: [[0; 32]; 17],
            u: [[0; 16]; 9],
            v: [[0; 16]; 9],
        }
    }

    /// Fills in the samples around the macroblock at `position`. The area still has the macroblock to
    /// its left.
    #[inline(always)]
    pub(super) fn begin(&mut self, position: Position, above: &BottomRow, right: &BottomRow) {
        if position.x == 0 {
            begin_row(&mut self.luma, position.y);
            begin_row(&mut self.u, position.y);
            begin_row(&mut self.v, position.y);
        } else {
            self.luma.iter_mut().for_each(|row| row[7] = row[23]);
            self.u.iter_mut().for_each(|row| row[7] = row[15]);
            self.v.iter_mut().for_each(|row| row[7] = row[15]);
        }
        let (luma, chroma) = above.split_at(16);
        let (u, v) = chroma.split_at(8);
        self.luma[0][ORIGIN..24].copy_from_slice(luma);
        self.u[0][ORIGIN..].copy_from_slice(u);
        self.v[0][ORIGIN..].copy_from_slice(v);
        // The last subblock of each row has the same samples above to its right: the others are not
        // decoded yet.
        for row in [0, 4, 8, 12] {
            self.luma[row][24..28].copy_from_slice(&right[..4]);
        }
    }

    /// Predicts luma as a whole and adds the residuals of 16 blocks.
    #[inline(always)]
    pub(super) fn build_luma(
        &mut self,
        mode: BlockMode,
        position: Position,
        residuals: Option<&Residuals>,
    ) {
        predict_block::<16, 32, 17>(&mut self.luma, mode, position);
        let Some(residuals) = residuals else {
            return;
        };
        for (y, row) in self.luma[1..].iter_mut().enumerate() {
            let residuals = residuals[y % 4].as_chunks::<4>().0[y / 4].as_flattened();
            add_row(&mut row[ORIGIN..24], residuals);
        }
    }

    /// Predicts luma by subblocks and adds the residuals, because a subblock is predicted from others.
    #[inline(always)]
    pub(super) fn build_luma_subblocks(
        &mut self,
        modes: &[[SubblockMode; 4]; 4],
        residuals: Option<&Residuals>,
    ) {
        for (by, row) in modes.iter().enumerate() {
            for (bx, &mode) in row.iter().enumerate() {
                let samples = predict_subblock(&self.luma, bx, by, mode);
                let rows = self.luma[4 * by + 1..].iter_mut().zip(samples);
                for (y, (row, mut samples)) in rows.enumerate() {
                    if let Some(residuals) = residuals {
                        add_row(&mut samples, &residuals[y][4 * by + bx]);
                    }
                    row.as_chunks_mut::<4>().0[2 + bx] = samples;
                }
            }
        }
    }

    /// Predicts chroma and adds the residuals of 4 blocks of U and 4 of V.
    #[inline(always)]
    pub(super) fn build_chroma(
        &mut self,
        mode: BlockMode,
        position: Position,
        residuals: Option<&Residuals>,
    ) {
        predict_block::<8, 16, 9>(&mut self.u, mode, position);
        predict_block::<8, 16, 9>(&mut self.v, mode, position);
        let Some(residuals) = residuals else {
            return;
        };
        for (plane, first) in [(&mut self.u, 0), (&mut self.v, 2)] {
            for (y, row) in plane[1..].iter_mut().enumerate() {
                let residuals = &residuals[y % 4].as_chunks::<2>().0[first + y / 4];
                add_row(&mut row[ORIGIN..], residuals.as_flattened());
            }
        }
    }

    /// Gray, for a macroblock whose data are missing.
    pub(super) fn fill_gray(&mut self) {
        self.luma.as_flattened_mut().fill(128);
        self.u.as_flattened_mut().fill(128);
        self.v.as_flattened_mut().fill(128);
    }

    /// The rows of luma.
    #[inline(always)]
    pub(super) fn luma_rows(&self) -> impl Iterator<Item = &[u8; 16]> {
        self.luma[1..]
            .iter()
            .filter_map(|row| row[ORIGIN..].first_chunk())
    }

    /// The rows of chroma: U and V by turns.
    #[inline(always)]
    pub(super) fn chroma_rows(&self) -> impl Iterator<Item = [u8; 16]> {
        let rows = self.u[1..].iter().zip(&self.v[1..]);
        rows.map(|(u, v)| {
            let mut out = [0; 16];
            let pairs = out.as_chunks_mut::<2>().0.iter_mut();
            for ((pair, &u), &v) in pairs.zip(&u[ORIGIN..]).zip(&v[ORIGIN..]) {
                *pair = [u, v];
            }
            out
        })
    }

    #[inline(always)]
    pub(super) fn bottom_row(&self) -> BottomRow {
        let mut out = [0; 32];
        out[..16].copy_from_slice(&self.luma[16][ORIGIN..24]);
        out[16..24].copy_from_slice(&self.u[8][ORIGIN..]);
        out[24..].copy_from_slice(&self.v[8][ORIGIN..]);
        out
    }
}

/// The samples outside of the frame, to the left of a row of macroblocks.
fn begin_row<const WIDTH: usize>(area: &mut [[u8; WIDTH]], y: u32) {
    area.iter_mut().for_each(|row| row[7] = 129);
    if y == 0 {
        area[0][7] = 127;
    }
}

#[inline(always)]
fn add_row(samples: &mut [u8], residuals: &[i16]) {
    for (sample, &residual) in samples.iter_mut().zip(residuals) {
        *sample = i16::from(*sample).saturating_add(residual).clamp(0, 255) as u8;
    }
}

/// Predicts `N` x `N` samples (12.2, 12.3).
#[inline(always)]
fn predict_block<const N: usize, const WIDTH: usize, const HEIGHT: usize>(
    area: &mut [[u8; WIDTH]; HEIGHT],
    mode: BlockMode,
    position: Position,
) {
    let mut above = [0; N];
    above.copy_from_slice(&area[0][ORIGIN..ORIGIN + N]);
    let corner = i16::from(area[0][ORIGIN - 1]);
    let mean = match mode {
        BlockMode::Dc => mean(area, &above, position),
        _ => 0,
    };
    for row in &mut area[1..] {
        let left = row[ORIGIN - 1];
        let out = &mut row[ORIGIN..ORIGIN + N];
        match mode {
            BlockMode::Dc => out.fill(mean),
            BlockMode::Vertical => out.copy_from_slice(&above),
            BlockMode::Horizontal => out.fill(left),
            BlockMode::TrueMotion => {
                let change = i16::from(left) - corner;
                for (out, &above) in out.iter_mut().zip(&above) {
                    *out = (i16::from(above) + change).clamp(0, 255) as u8;
                }
            }
        }
    }
}

/// The mean of the samples above and to the left, as far as they are inside of the frame.
#[inline(always)]
fn mean<const N: usize, const WIDTH: usize>(
    area: &[[u8; WIDTH]],
    above: &[u8; N],
    position: Position,
) -> u8 {
    let above = above.iter().map(|&sample| u32::from(sample)).sum::<u32>();
    let left = area[1..]
        .iter()
        .map(|row| u32::from(row[ORIGIN - 1]))
        .sum::<u32>();
    let n = N as u32;
    let mean = match (position.x, position.y) {
        (0, 0) => 128,
        (0, _) => (above + n / 2) / n,
        (_, 0) => (left + n / 2) / n,
        (_, _) => (above + left + n) / (2 * n),
    };
    mean as u8
}

/// Predicts the subblock in column `bx` and row `by` (12.3).
///
/// Most modes average two or three neighbors along the edge from the lower left to the upper right,
/// and differ only in the direction in which they continue those averages:
///
/// ```text
/// index   0 1 2 3 4 5 6 7 8 9 10 11 12 13 14
/// edge    L L K J I X A B C D E  F  G  H  H     I to L: left, downward; X: above left; A to H: above
/// ```
#[inline(always)]
fn predict_subblock(
    area: &[[u8; 32]; 17],
    bx: usize,
    by: usize,
    mode: SubblockMode,
) -> [[u8; 4]; 4] {
    let (top, left) = (4 * by, 4 * bx + ORIGIN - 1);
    let mut edge = [0u8; 16];
    let mut above = [0u8; 8];
    above.copy_from_slice(&area[top][left + 1..left + 9]);
    edge[6..14].copy_from_slice(&above);
    edge[14] = above[7];
    edge[5] = area[top][left];
    for i in 0..4 {
        edge[4 - i] = area[top + 1 + i][left];
    }
    edge[0] = edge[1];
    match mode {
        SubblockMode::Dc => {
            let samples = edge[1..5].iter().chain(&edge[6..10]);
            let sum = samples.map(|&sample| u32::from(sample)).sum::<u32>();
            [[((sum + 4) >> 3) as u8; 4]; 4]
        }
        SubblockMode::TrueMotion => std::array::from_fn(|y| {
            let change = i16::from(edge[4 - y]) - i16::from(edge[5]);
            std::array::from_fn(|x| (i16::from(above[x]) + change).clamp(0, 255) as u8)
        }),
        _ => directional(&edge, mode),
    }
}

#[inline(always)]
fn directional(edge: &[u8; 16], mode: SubblockMode) -> [[u8; 4]; 4] {
    let at = |i: usize| u16::from(edge[i & 15]);
    // Averages of two neighbors from `i` on, and of three around `i`.
    let two: [u8; 16] = std::array::from_fn(|i| ((at(i) + at(i + 1) + 1) >> 1) as u8);
    let three: [u8; 16] =
        std::array::from_fn(|i| ((at(i.wrapping_sub(1)) + 2 * at(i) + at(i + 1) + 2) >> 2) as u8);
    let two_from = |i: usize| [two[i], two[i + 1], two[i + 2], two[i + 3]];
    let three_from = |i: usize| [three[i], three[i + 1], three[i + 2], three[i + 3]];
    match mode {
        SubblockMode::Vertical => [three_from(6); 4],
        SubblockMode::Horizontal => [4, 3, 2, 1].map(|i| [three[i]; 4]),
        SubblockMode::DownRight => [5, 4, 3, 2].map(three_from),
        SubblockMode::DownLeft => [7, 8, 9, 10].map(three_from),
        SubblockMode::VerticalRight => [
            two_from(5),
            three_from(5),
            [three[4], two[5], two[6], two[7]],
            [three[3], three[5], three[6], three[7]],
        ],
        SubblockMode::VerticalLeft => [
            two_from(6),
            three_from(7),
            [two[7], two[8], two[9], three[11]],
            [three[8], three[9], three[10], three[12]],
        ],
        SubblockMode::HorizontalDown => [
            [two[4], three[5], three[6], three[7]],
            [two[3], three[4], two[4], three[5]],
            [two[2], three[3], two[3], three[4]],
            [two[1], three[2], two[2], three[3]],
        ],
        _ => [
            [two[3], three[3], two[2], three[2]],
            [two[2], three[2], two[1], three[1]],
            [two[1], three[1], edge[1], edge[1]],
            [edge[1]; 4],
        ],
    }
}
