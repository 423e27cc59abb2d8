//! The form of coded pictures: what the codecs have in common.

use super::container::CodePoints;
use super::planes::PlanarPicture;
use crate::error::Result;
use crate::format::Subsampling;
use crate::geometry::Size;

/// The form of a coded picture, from its configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CodedFormat {
    /// Width and height that are decoded; `None` if the configuration does not say.
    pub size: Option<Size>,
    /// Bits of a sample.
    pub bits: u8,
    /// `None` without chroma.
    pub subsampling: Option<Subsampling>,
    /// The meaning of the samples, which the container may state too.
    pub color: CodePoints,
}

impl CodedFormat {
    /// Samples of a pixel.
    pub(super) fn channels(&self) -> usize {
        if self.subsampling.is_some() { 3 } else { 1 }
    }

    /// Whether chroma has fewer samples than luma.
    pub(super) fn subsampled(&self) -> bool {
        matches!(
            self.subsampling,
            Some(Subsampling::Half | Subsampling::Quarter)
        )
    }
}

/// Receives a decoded picture.
pub(super) type UsePicture<'a> = dyn FnMut(&PlanarPicture<'_>) -> Result<()> + 'a;
