//! One picture: the chunk `VP8 ` alone or after `ALPH`, or the chunk `VP8L`.

use super::lossless::alpha::AlphaDecoder;
use super::lossless::{self, LosslessHeader};
use super::vp8::{self, FrameTag};
use crate::decode::metadata::riff_chunks;
use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::limits::Budget;
use crate::pixels::{Layout, RowSink};
use crate::plan::DecodeRequest;

/// A picture whose header is read.
#[derive(Clone, Copy)]
pub(super) enum Picture<'a> {
    Lossy(FrameTag<'a>),
    /// With the data of its chunk ALPH.
    LossyWithAlpha(FrameTag<'a>, &'a [u8]),
    Lossless(LosslessHeader<'a>),
}

impl<'a> Picture<'a> {
    /// The first picture among the chunks in `bytes`. A file that ends early gives the part it has.
    pub(super) fn find(bytes: &'a [u8]) -> Result<Self> {
        let mut alpha_data = None;
        for (kind, data) in riff_chunks(bytes) {
            match kind {
                b"ALPH" => alpha_data = alpha_data.or(Some(data)),
                b"VP8 " => {
                    let tag = FrameTag::parse(data)?;
                    return Ok(match alpha_data {
                        Some(alpha) => Self::LossyWithAlpha(tag, alpha),
                        None => Self::Lossy(tag),
                    });
                }
                b"VP8L" => return LosslessHeader::parse(data).map(Self::Lossless),
                _ => {}
            }
        }
        Err(Error::malformed(
            "the WebP has no picture, or ends before it",
        ))
    }

    pub(super) fn size(&self) -> Size {
        match self {
            Self::Lossy(tag) | Self::LossyWithAlpha(tag, _) => tag.size,
            Self::Lossless(header) => header.size,
        }
    }

    pub(super) fn layout(&self) -> Layout {
        match self {
            Self::Lossy(_) => Layout::Rgb,
            Self::LossyWithAlpha(..) => Layout::Rgba,
            Self::Lossless(header) if header.sends_alpha() => Layout::Rgba,
            Self::Lossless(_) => Layout::Rgb,
        }
    }

    /// Makes the missing pixels of a lossless picture transparent. `None` if that changes nothing.
    pub(super) fn repair(&mut self) -> Option<Layout> {
        match self {
            Self::Lossless(header) if !header.sends_alpha() => {
                header.shows_missing = true;
                Some(Layout::Rgba)
            }
            _ => None,
        }
    }

    /// Sends the rows of the requested region to `sink`. Returns the number of its pixels that are
    /// missing. Other threads may help if `is_parallel`.
    pub(super) fn decode(
        &self,
        request: &DecodeRequest,
        is_parallel: bool,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<u64> {
        match self {
            Self::Lossy(tag) => vp8::decode(tag, None, request, is_parallel, budget, sink),
            Self::LossyWithAlpha(tag, alpha) => {
                let mut alpha = AlphaDecoder::open(alpha, tag.size, budget)?;
                let color = vp8::decode(tag, Some(&mut alpha), request, is_parallel, budget, sink)?;
                // The number for color or for alpha, whichever is larger.
                Ok(color.max(alpha.missing_values(request)))
            }
            Self::Lossless(header) => lossless::decode(header, request, budget, sink),
        }
    }
}
