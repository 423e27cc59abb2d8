//! The facts that every format's header gives.

use std::borrow::Cow;

use super::sniff::SourceFormat;
use crate::error::Result;
use crate::geometry::{Orientation, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::Layout;

/// The longest ICC profile that is used, in bytes. A longer one is ignored.
pub(crate) const MAX_ICC: usize = 4 << 20;

/// What a file says about itself before its first pixel.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub format: SourceFormat,
    /// Width and height as stored.
    pub size: Size,
    pub orientation: Orientation,
    /// The meaning of the samples in each decoded row.
    pub layout: Layout,
    pub icc: Option<IccProfile<'a>>,
    /// Whether rows come in another order than top to bottom, or in pieces.
    pub interlaced: bool,
}

impl Header<'_> {
    /// Whether the decoder can reduce in the DCT domain.
    pub(crate) fn scalable(&self) -> bool {
        self.format == SourceFormat::Jpeg
    }
}

/// An ICC profile in the pieces that the file stores it in, in order.
///
/// The pieces are joined only after their size is charged to the budget.
#[derive(Clone, Debug)]
pub(crate) struct IccProfile<'a>(Vec<Cow<'a, [u8]>>);

impl<'a> IccProfile<'a> {
    /// A profile in one piece.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Self(vec![Cow::Borrowed(bytes)])
    }

    /// A profile that had to be decompressed.
    pub(crate) fn owned(bytes: Vec<u8>) -> Self {
        Self(vec![Cow::Owned(bytes)])
    }

    /// A profile in several pieces of the file.
    pub(crate) fn chunks(chunks: Vec<&'a [u8]>) -> Self {
        Self(chunks.into_iter().map(Cow::Borrowed).collect())
    }

    /// Bytes of the whole profile.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|chunk| chunk.len()).sum()
    }

    /// Joins the pieces in memory that is charged to `budget`.
    pub(crate) fn join(&self, budget: &Budget) -> Result<Buffer<u8>> {
        let mut joined = budget.buffer(self.len())?;
        let mut rest = &mut joined[..];
        for chunk in &self.0 {
            let (target, tail) = rest.split_at_mut(chunk.len());
            target.copy_from_slice(chunk);
            rest = tail;
        }
        Ok(joined)
    }
}
