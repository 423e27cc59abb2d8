//! The samples of two rows of macroblocks.

use crate::error::Result;
use crate::limits::{Budget, Buffer};

/// Rows of 16 bytes for each macroblock: of luma, or of U and V by turns. A row takes the place of the
/// row `height` above it.
pub(super) struct RowRing {
    samples: Buffer<u8>,
    stride: usize,
    /// A power of two.
    height: u32,
}

impl RowRing {
    pub(super) fn new(macroblocks: u32, height: u32, budget: &Budget) -> Result<Self> {
        let stride = macroblocks as usize * 16;
        Ok(Self {
            samples: budget.buffer(stride * height as usize)?,
            stride,
            height,
        })
    }

    pub(super) fn row(&self, y: u32) -> &[u8] {
        &self.samples[self.start(y)..][..self.stride]
    }

    /// The bytes of macroblock `x` in row `y`.
    #[inline(always)]
    pub(super) fn block(&self, x: u32, y: u32) -> &[u8; 16] {
        let blocks = self.samples[self.start(y)..].as_chunks().0;
        &blocks[x as usize]
    }

    /// The bytes of macroblock `x` in row `y`.
    #[inline(always)]
    pub(super) fn block_mut(&mut self, x: u32, y: u32) -> &mut [u8; 16] {
        let start = self.start(y);
        let blocks = self.samples[start..].as_chunks_mut().0;
        &mut blocks[x as usize]
    }

    /// Stores the bytes of macroblock `x` in the rows from `y` on, which do not pass the end of the ring.
    #[inline(always)]
    pub(super) fn store(&mut self, x: u32, y: u32, rows: impl Iterator<Item = [u8; 16]>) {
        let (first, stride) = (self.start(y) / 16 + x as usize, self.stride / 16);
        let blocks = &mut self.samples.as_chunks_mut::<16>().0[first..];
        for (block, samples) in blocks.iter_mut().step_by(stride).zip(rows) {
            *block = samples;
        }
    }

    #[inline(always)]
    fn start(&self, y: u32) -> usize {
        (y & (self.height - 1)) as usize * self.stride
    }
}
