//! The rows that a filter reads: those of the image, or a strip of them on another scale.

use std::ops::Range;

use super::transfer::Transfer;
use crate::error::Result;
use crate::limits::{Budget, Buffer};
use crate::pixels::LinearImage;

/// An image, of whose rows the filter reads the samples `columns`.
pub(super) struct RowSource<'a> {
    image: &'a LinearImage,
    columns: Range<usize>,
    /// Absent where the filter works in linear light.
    strip: Option<Strip>,
}

impl<'a> RowSource<'a> {
    /// `linear` is the scale (see [`Transfer`]), and `height` the most rows that
    /// [`rows`](Self::rows) will be called for.
    pub(super) fn new(
        image: &'a LinearImage,
        columns: Range<usize>,
        linear: f64,
        height: u32,
        budget: &Budget,
    ) -> Result<Self> {
        let strip = if linear < 1.0 {
            let transfer = Transfer::new(linear, budget)?;
            Some(Strip::new(transfer, columns.len(), height, budget)?)
        } else {
            None
        };
        Ok(Self {
            image,
            columns,
            strip,
        })
    }

    /// `rows` of the image; they begin and end no earlier than those of the call before.
    pub(super) fn rows(&mut self, rows: Range<u32>) -> SourceRows<'_> {
        match &mut self.strip {
            None => SourceRows {
                samples: &self.image.samples,
                stride: self.image.stride(),
                first: 0,
                offset: self.columns.start,
            },
            Some(strip) => strip.advance(self.image, &self.columns, rows),
        }
    }

    /// Takes `samples`, which the filter made of these rows, to linear light.
    pub(super) fn linearize(&self, samples: &mut [u16]) {
        if let Some(strip) = &self.strip {
            strip.transfer.inverse(self.image.channels, samples);
        }
    }
}

/// Rows of samples, from row `first` of the image on.
#[derive(Clone, Copy)]
pub(super) struct SourceRows<'a> {
    samples: &'a [u16],
    stride: usize,
    first: u32,
    /// Where in a row the columns begin that the filter reads.
    offset: usize,
}

impl<'a> SourceRows<'a> {
    /// The samples of row `y`, from `at` on.
    #[inline(always)]
    pub(super) fn samples(&self, y: u32, at: usize) -> &'a [u16] {
        &self.samples[(y - self.first) as usize * self.stride + self.offset + at..]
    }
}

/// The few rows that eight rows of the result see, on the scale of a [`Transfer`]. Each row is
/// mapped once: rows that are still needed move to the front.
struct Strip {
    transfer: Transfer,
    mapped: Buffer<u16>,
    rows: Range<u32>,
}

impl Strip {
    fn new(transfer: Transfer, stride: usize, height: u32, budget: &Budget) -> Result<Self> {
        Ok(Self {
            transfer,
            mapped: budget.buffer(stride * height as usize)?,
            rows: 0..0,
        })
    }

    fn advance(
        &mut self,
        image: &LinearImage,
        columns: &Range<usize>,
        rows: Range<u32>,
    ) -> SourceRows<'_> {
        let stride = columns.len();
        let kept = rows.start..self.rows.end.max(rows.start);
        let moved = (kept.start - self.rows.start) as usize * stride;
        let length = kept.len() * stride;
        if length > 0 {
            self.mapped.copy_within(moved..moved + length, 0);
        }
        let free = self.mapped[length..].chunks_exact_mut(stride);
        for (y, out) in (kept.end..rows.end).zip(free) {
            let row = &image.row(y)[columns.clone()];
            self.transfer.forward(image.channels, row, out);
        }
        self.rows = rows;
        SourceRows {
            samples: &self.mapped,
            stride,
            first: self.rows.start,
            offset: 0,
        }
    }
}
