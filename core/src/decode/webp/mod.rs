//! WebP (RFC 9649), row by row.
//!
//! ```text
//! container     the chunks of the file: a picture or an animation, its size, its profile
//! picture       one picture: lossy, lossy with alpha, or lossless
//! vp8           lossy pictures
//! lossless      lossless pictures, and the alpha of lossy ones
//! frames        a frame of an animation that is drawn on a canvas: a later one, or a first one that
//!               does not fill the canvas
//! ```

mod container;
mod errors;
mod frames;
mod lossless;
mod picture;
mod vp8;

use self::container::{Animation, WebpContent};
use self::frames::WebpFrames;
use self::picture::Picture;
use super::animation;
use super::canvas::ComposedFrame;
use super::header::{Header, IccProfile};
use super::metadata;
use super::rows::DecodeReport;
use crate::error::Result;
use crate::format::SourceFormat;
use crate::geometry::Size;
use crate::limits::Budget;
use crate::photo::Frame;
use crate::pixels::{Layout, RowSink, SampleDepth, StatedColor};
use crate::plan::DecodeRequest;

/// Pixels from which on other threads help.
const MIN_PARALLEL: u64 = 1 << 20;

/// A WebP whose picture is found.
pub(super) struct WebpDecoder<'a> {
    frame: ChosenFrame<'a>,
    is_parallel: bool,
}

enum ChosenFrame<'a> {
    Picture(Picture<'a>),
    Composed(ComposedFrame),
}

impl<'a> WebpDecoder<'a> {
    pub(super) fn open(
        bytes: &'a [u8],
        frame: Frame,
        budget: &Budget,
    ) -> Result<(Self, Header<'a>)> {
        let (chosen, size) = match WebpContent::parse(bytes)? {
            WebpContent::Still(picture) => {
                animation::check_still(frame)?;
                (ChosenFrame::Picture(picture), picture.size())
            }
            WebpContent::Animation(animation) => {
                (choose_frame(&animation, frame, budget)?, animation.canvas)
            }
        };
        let header = Header {
            format: SourceFormat::Webp,
            size,
            orientation: metadata::webp_orientation(bytes),
            halvable: chosen.is_halvable(),
            layout: chosen.layout(),
            icc: container::icc_profile(bytes).map(IccProfile::whole),
            depth: SampleDepth::Eight,
            stated: StatedColor::default(),
            out_of_order: false,
            band: 1,
        };
        let decoder = Self {
            frame: chosen,
            is_parallel: false,
        };
        Ok((decoder, header))
    }

    /// A reader of all frames, and the canvas. `None` for a still.
    #[cfg(feature = "animation")]
    pub(super) fn frames(bytes: &'a [u8]) -> Result<Option<animation::OpenedFrames<'a>>> {
        Ok(match WebpContent::parse(bytes)? {
            WebpContent::Still(_) => None,
            WebpContent::Animation(animation) => {
                let frames = WebpFrames::new(animation.chunks);
                Some((Box::new(frames), animation.canvas))
            }
        })
    }

    /// Whether other threads may help. That changes nothing but the time.
    pub(super) fn set_parallel(&mut self, is_parallel: bool) {
        self.is_parallel = is_parallel;
    }

    /// Prepares another decoding of a damaged file. `None` if that changes nothing.
    pub(super) fn repair(&mut self) -> Option<Layout> {
        match &mut self.frame {
            ChosenFrame::Picture(picture) => picture.repair(),
            ChosenFrame::Composed(_) => None,
        }
    }

    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        match &self.frame {
            ChosenFrame::Picture(picture) => {
                let is_parallel = self.is_parallel && picture.size().pixels() >= MIN_PARALLEL;
                let missing = picture.decode(request, is_parallel, budget, sink)?;
                Ok(DecodeReport { missing })
            }
            ChosenFrame::Composed(composed) => composed.rows(request.region, budget, sink),
        }
    }
}

impl ChosenFrame<'_> {
    fn is_halvable(&self) -> bool {
        matches!(
            self,
            Self::Picture(Picture::Lossy(_) | Picture::LossyWithAlpha(..))
        )
    }

    fn layout(&self) -> Layout {
        match self {
            Self::Picture(picture) => picture.layout(),
            Self::Composed(composed) => composed.layout,
        }
    }
}

/// The chosen frame. The first is decoded row by row if it fills the canvas.
fn choose_frame<'a>(
    animation: &Animation<'a>,
    frame: Frame,
    budget: &Budget,
) -> Result<ChosenFrame<'a>> {
    let canvas: Size = animation.canvas;
    budget.limits().check_frames(animation.frames)?;
    budget.limits().check_size(canvas)?;
    let mut frames = WebpFrames::new(animation.chunks);
    let composed = animation::compose(&mut frames, canvas, frame, budget)?;
    if let Some(composed) = composed {
        return Ok(ChosenFrame::Composed(composed));
    }
    if let Some(picture) = WebpFrames::new(animation.chunks).first_picture(canvas)? {
        return Ok(ChosenFrame::Picture(picture));
    }
    let mut frames = WebpFrames::new(animation.chunks);
    animation::compose_first(&mut frames, canvas, budget).map(ChosenFrame::Composed)
}
