//! A block of 8 x 8 coefficients: their order in the file, and the ones that a scale keeps.

/// Blocks that the inverse DCT transforms at once, one in each lane of its vectors.
pub(super) const LANES: usize = 8;

/// One coefficient of each of [`LANES`] blocks.
pub(super) type LaneCoefficients = [i16; LANES];

/// Quantization step sizes in natural order: row by row, the horizontal frequency fastest.
pub(super) type QuantTable = [u16; 64];

/// The position in natural order of each coefficient of the zigzag sequence (T.81 A.3.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Samples that a block becomes, and so the frequencies that are kept of it: 1, 2, 3, 4, 6 or 8
/// on each axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockSize {
    pub(super) width: usize,
    pub(super) height: usize,
}

impl BlockSize {
    pub(super) const FULL: Self = Self {
        width: 8,
        height: 8,
    };

    /// Coefficients kept of each block.
    pub(super) fn area(self) -> usize {
        self.width * self.height
    }

    /// Whether coefficient `k` of the zigzag sequence is kept.
    pub(super) fn keeps(self, k: usize) -> bool {
        let (u, v) = frequencies(k);
        u < self.width && v < self.height
    }

    /// The last coefficient of the zigzag sequence that is kept.
    pub(super) fn last_kept(self) -> usize {
        (0..64).rfind(|&k| self.keeps(k)).unwrap_or(0)
    }

    /// The index of coefficient `k` of the zigzag sequence among the kept ones, which are stored
    /// row by row. `k` must be kept.
    pub(super) fn index(self, k: usize) -> usize {
        let (u, v) = frequencies(k);
        v * self.width + u
    }
}

/// The horizontal and vertical frequency of coefficient `k` of the zigzag sequence.
pub(super) fn frequencies(k: usize) -> (usize, usize) {
    let natural = usize::from(ZIGZAG[k]);
    (natural % 8, natural / 8)
}

/// Where the entropy decoder writes the coefficients of a block.
///
/// The coefficients of a block are [`LANES`] apart, between those of its neighbors (see
/// [`CoefficientTiles`](crate::decode::jpeg::samples::CoefficientTiles)).
#[derive(Clone, Copy)]
pub(super) struct BlockLayout {
    /// `slots[k + 1]` is the offset of coefficient `k` of the zigzag sequence, or 0 if `k` is not
    /// kept.
    slots: [u16; 65],
    /// The kept coefficients, as a mask over the zigzag sequence.
    pub(super) kept: u64,
    /// The last kept coefficient.
    pub(super) last: usize,
}

impl BlockLayout {
    pub(super) fn new(size: BlockSize) -> Self {
        let mut layout = Self {
            slots: [0; 65],
            kept: 0,
            last: size.last_kept(),
        };
        for k in (0..64).filter(|&k| size.keeps(k)) {
            layout.slots[k + 1] = (size.index(k) * LANES) as u16;
            layout.kept |= 1 << k;
        }
        layout
    }

    /// The offset of the coefficient before `next`, where `next` is at most 64.
    ///
    /// A coefficient that is not kept gets the offset of the DC coefficient. The caller may write
    /// it there without a branch, and writes the DC coefficient last.
    #[inline(always)]
    pub(super) fn slot_before(&self, next: usize) -> usize {
        // The entropy decoder knows the position after a coefficient, so the table is shifted by
        // one instead of subtracting 1 for every coefficient.
        self.slots[next].into()
    }

    /// Coefficient `k` of `block`, if it is kept and `block` is not empty.
    #[inline(always)]
    pub(super) fn coefficient_mut<'a>(
        &self,
        block: &'a mut [i16],
        k: usize,
    ) -> Option<&'a mut i16> {
        if self.kept >> k & 1 == 0 {
            return None;
        }
        block.get_mut(self.slot_before(k + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lowest_frequencies_have_a_slot() {
        let layout = BlockLayout::new(BlockSize {
            width: 2,
            height: 2,
        });
        assert_eq!((layout.kept, layout.last), (0b10111, 4));
        let slots = [1, 2, 3, 4, 5].map(|next| layout.slot_before(next) / LANES);
        assert_eq!(slots, [0, 1, 2, 0, 3]);
    }
}
