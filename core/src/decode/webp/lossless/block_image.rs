//! A value for each block of an image: the mode or the multipliers of a transform, or the number of a
//! group of prefix codes (the RFC's entropy image).

use crate::limits::Buffer;

/// Values by block, row by row.
pub(super) struct BlockImage<T> {
    /// A block has 2^`block_bits` x 2^`block_bits` pixels.
    pub block_bits: u32,
    /// Blocks in a row.
    pub columns: usize,
    pub values: Buffer<T>,
}

impl<T> BlockImage<T> {
    /// The values of the blocks in row `y` of the image.
    #[inline(always)]
    pub(super) fn row(&self, y: u32) -> &[T] {
        let start = (y >> self.block_bits) as usize * self.columns;
        &self.values[start..][..self.columns]
    }
}
