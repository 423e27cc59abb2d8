//! WebP (RFC 9649).
//!
//! ```text
//! container     the chunks of the file: which picture it has, its profile
//! vp8           lossy pictures without alpha, row by row
//! whole_image   everything else, decoded as a whole by a crate: lossless pictures, pictures with
//!               alpha, and the first frame of an animation
//! ```

mod container;
mod vp8;
mod whole_image;

use self::vp8::FrameTag;
use self::whole_image::WholeImage;
use super::header::{Header, IccProfile};
use super::metadata;
use super::rows::DecodeReport;
use crate::error::Result;
use crate::format::SourceFormat;
use crate::limits::{Budget, Limits};
use crate::pixels::{Layout, RowSink, SampleDepth, StatedColor};
use crate::plan::DecodeRequest;

/// A WebP whose picture is found.
pub(super) struct WebpDecoder<'a>(Picture<'a>);

enum Picture<'a> {
    Lossy(FrameTag<'a>),
    Other(WholeImage<'a>),
}

impl<'a> WebpDecoder<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Header<'a>)> {
        let (picture, size, layout) = match container::opaque_lossy_picture(bytes) {
            Some(data) => {
                let tag = FrameTag::parse(data)?;
                (Picture::Lossy(tag), tag.size, Layout::Rgb)
            }
            None => {
                let image = WholeImage::open(bytes, limits)?;
                let (size, layout) = (image.size(), image.layout());
                (Picture::Other(image), size, layout)
            }
        };
        let header = Header {
            format: SourceFormat::Webp,
            size,
            orientation: metadata::webp_orientation(bytes),
            layout,
            icc: container::icc_profile(bytes).map(IccProfile::whole),
            depth: SampleDepth::Eight,
            stated: StatedColor::default(),
            interlaced: false,
        };
        Ok((Self(picture), header))
    }

    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        match &mut self.0 {
            Picture::Lossy(tag) => {
                let missing = vp8::decode(tag, request, budget, sink)?;
                Ok(DecodeReport { missing })
            }
            Picture::Other(image) => {
                image.rows(budget, sink)?;
                Ok(DecodeReport::default())
            }
        }
    }
}
