//! The alpha of the rows that are sent.

use super::halving::average_alpha;
use crate::decode::webp::lossless::alpha::AlphaDecoder;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::plan::DecodeRequest;
use crate::simd;

pub(super) struct AlphaRows<'s, 'a> {
    decoder: &'s mut AlphaDecoder<'a>,
    /// Rows of the picture that are decoded.
    decoded: u32,
    height: u32,
    region: Region,
    halved: bool,
    /// Stored rows, with one more value if their number is odd. Two at half size.
    rows: [Buffer<u8>; 2],
    averages: Buffer<u8>,
}

impl<'s, 'a> AlphaRows<'s, 'a> {
    pub(super) fn new(
        decoder: &'s mut AlphaDecoder<'a>,
        size: Size,
        request: &DecodeRequest,
        budget: &Budget,
    ) -> Result<Self> {
        let halved = request.scale == 4;
        let row = || budget.buffer::<u8>((size.width as usize).next_multiple_of(2));
        let averages = if halved {
            request.region.size().width
        } else {
            0
        };
        Ok(Self {
            decoder,
            decoded: 0,
            height: size.height,
            region: request.region,
            halved,
            rows: [row()?, if halved { row()? } else { budget.buffer(0)? }],
            averages: budget.buffer(averages as usize)?,
        })
    }

    /// Decodes the alpha of row `y` of those that are sent.
    pub(super) fn decode(&mut self, y: u32) -> Result<()> {
        if !self.halved {
            return self.decode_row(0, y);
        }
        self.decode_row(0, 2 * y)?;
        if 2 * y + 1 < self.height {
            self.decode_row(1, 2 * y + 1)?;
        } else {
            let [upper, lower] = &mut self.rows;
            lower.copy_from_slice(upper);
        }
        let [upper, lower] = Self::columns(&self.rows, self.region);
        simd::dispatch(
            #[inline(always)]
            || average_alpha([upper, lower], &mut self.averages),
        );
        Ok(())
    }

    /// Decodes stored row `y` and those before.
    #[inline(never)]
    fn decode_row(&mut self, index: usize, y: u32) -> Result<()> {
        while self.decoded < y {
            self.decoder.next_row()?;
            self.decoded += 1;
        }
        let values = self.decoder.next_row()?;
        self.decoded += 1;
        let row = &mut self.rows[index];
        row[..values.len()].copy_from_slice(values);
        if let Some((last, [.., before])) = row.split_last_mut()
            && !values.len().is_multiple_of(2)
        {
            *last = *before;
        }
        Ok(())
    }

    /// At half size, the two rows of the region from which averages are made.
    pub(super) fn stored(&self) -> [&[u8]; 2] {
        Self::columns(&self.rows, self.region)
    }

    fn columns(rows: &[Buffer<u8>; 2], Region { x0, x1, .. }: Region) -> [&[u8]; 2] {
        let [upper, lower] = rows;
        let columns = 2 * x0 as usize..2 * x1 as usize;
        [&upper[columns.clone()], &lower[columns]]
    }

    /// The alpha of the pixels that are sent.
    pub(super) fn sent(&self) -> &[u8] {
        if self.halved {
            &self.averages
        } else {
            &self.rows[0][self.region.x0 as usize..self.region.x1 as usize]
        }
    }
}
