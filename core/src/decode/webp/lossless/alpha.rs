//! The ALPH chunk (RFC 9649, 2.7.1.2): the alpha channel of a lossy picture.
//!
//! Alpha is raw, or the green channel of a lossless image. On top of that, a filter may have predicted
//! each value from its neighbors:
//!
//! ```text
//! horizontal   left; in the first column, above
//! vertical     above; in the first row, left
//! gradient     left + above - above left, clamped; in the first row, left; in the first column, above
//! ```
//!
//! Values that are missing are opaque.

use super::decoder::{LosslessDecoder, LosslessHeader};
use crate::decode::rows::missing_pixels;
use crate::decode::webp::errors::{damaged, ends_early};
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};
use crate::plan::DecodeRequest;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    None,
    Horizontal,
    Vertical,
    Gradient,
}

enum AlphaSource<'a> {
    /// The values that are left.
    Raw(&'a [u8]),
    Lossless(Box<LosslessDecoder<'a>>),
}

/// Decodes alpha row by row.
pub(in super::super) struct AlphaDecoder<'a> {
    filter: Filter,
    source: AlphaSource<'a>,
    /// The current row, or the one before.
    row: Buffer<u8>,
    /// The next row.
    y: u32,
    /// Column and row of the first missing value.
    damage: Option<(u32, u32)>,
    budget: Budget,
}

impl<'a> AlphaDecoder<'a> {
    /// Reads everything before the values. `size` is that of the picture.
    pub(in super::super) fn open(chunk: &'a [u8], size: Size, budget: &Budget) -> Result<Self> {
        let Some((&header, data)) = chunk.split_first() else {
            return Err(ends_early());
        };
        let lossless = LosslessHeader::without_signature(data, size)?;
        let filter = match header >> 2 & 3 {
            0 => Filter::None,
            1 => Filter::Horizontal,
            2 => Filter::Vertical,
            _ => Filter::Gradient,
        };
        let source = match header & 3 {
            0 => AlphaSource::Raw(data),
            1 => AlphaSource::Lossless(Box::new(LosslessDecoder::open(&lossless, budget)?)),
            _ => return Err(damaged()),
        };
        Ok(Self {
            filter,
            source,
            row: budget.buffer(size.width as usize)?,
            y: 0,
            damage: None,
            budget: budget.clone(),
        })
    }

    /// The next row. There are as many rows as the picture is high.
    pub(in super::super) fn next_row(&mut self) -> Result<&[u8]> {
        if self.damage.is_none() {
            let valid = self.decode_row()?;
            if valid < self.row.len() {
                self.row[valid..].fill(0xFF);
                self.damage = Some((valid as u32, self.y));
            }
        } else {
            self.row.fill(0xFF);
        }
        self.y += 1;
        Ok(&self.row)
    }

    /// The pixels of the request whose alpha is missing in part or as a whole, of those that are decoded.
    pub(in super::super) fn missing_values(&self, request: &DecodeRequest) -> u64 {
        let halve = |(x, y): (u32, u32)| match y % 2 {
            // The row below is missing from its start.
            0 => (0, y / 2),
            _ => (x / 2, y / 2),
        };
        let first = match request.scale {
            4 => self.damage.map(halve),
            _ => self.damage,
        };
        missing_pixels(first, 1, request.region)
    }

    /// Adds the predictions to the stored values. Returns the number of valid ones.
    fn decode_row(&mut self) -> Result<usize> {
        let (filter, is_first) = (self.filter, self.y == 0);
        match &mut self.source {
            AlphaSource::Raw(data) => {
                let width = self.row.len();
                self.budget.work(width as u64)?;
                let (values, rest) = data.split_at(width.min(data.len()));
                *data = rest;
                unfilter(filter, is_first, values.iter().copied(), &mut self.row);
                Ok(values.len())
            }
            AlphaSource::Lossless(decoder) => {
                let pixels = decoder.next_row()?;
                let green = pixels.iter().map(|pixel| (pixel >> 8) as u8);
                unfilter(filter, is_first, green, &mut self.row);
                let valid = decoder.damage().map(|(x, _)| x as usize);
                Ok(valid.unwrap_or(self.row.len()))
            }
        }
    }
}

/// Adds predictions to `values`. `row` holds the row before; zeros before the first row.
fn unfilter(filter: Filter, is_first: bool, values: impl Iterator<Item = u8>, row: &mut [u8]) {
    match filter {
        Filter::None => row
            .iter_mut()
            .zip(values)
            .for_each(|(sample, value)| *sample = value),
        Filter::Horizontal => add_predictions(row, values, |left, _, _| left),
        _ if is_first => add_predictions(row, values, |left, _, _| left),
        Filter::Vertical => add_predictions(row, values, |_, above, _| above),
        Filter::Gradient => add_predictions(row, values, |left, above, above_left| {
            let gradient = i16::from(left) + i16::from(above) - i16::from(above_left);
            gradient.clamp(0, 255) as u8
        }),
    }
}

/// `predict` gets the values to the left, above, and above left. In the first column, all of them are
/// the value above, so that this is the prediction of every filter.
#[inline(always)]
fn add_predictions(
    row: &mut [u8],
    values: impl Iterator<Item = u8>,
    predict: impl Fn(u8, u8, u8) -> u8,
) {
    let mut left = row.first().copied().unwrap_or(0);
    let mut above_left = left;
    for (sample, value) in row.iter_mut().zip(values) {
        let above = *sample;
        left = value.wrapping_add(predict(left, above, above_left));
        above_left = above;
        *sample = left;
    }
}
