//! A chosen frame of an animation, which is drawn over those before it: for GIF, APNG and WebP.
//!
//! ```text
//! canvas = transparent
//! for each frame, up to the chosen one:
//!     dispose of the frame before:  Keep: nothing.  Background: its area = transparent.
//!                                   Previous: its area = that of saved
//!     if this frame will be disposed of by Previous:  saved = canvas
//!     draw it
//! ```
//!
//! A first frame that fills the canvas is not drawn here: as a still photo, it is decoded row by row.
//! Any other frame needs the canvas in memory, and a second one if a frame is disposed of by Previous. Both are
//! charged before they are allocated, and every pixel that is drawn, restored or compared counts as
//! work.

#[cfg(feature = "animation")]
use std::time::Duration;

use super::canvas::{Canvas, ComposedFrame};
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::Budget;
use crate::photo::Frame;

/// A frame's place on the canvas, and what happens to it afterwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct FramePlace {
    /// As far as the canvas has it.
    pub area: Region,
    pub disposal: Disposal,
}

/// How a frame's area is changed before the next frame is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Disposal {
    /// It stays.
    #[default]
    Keep,
    /// It becomes transparent, as in browsers, which ignore a file's background color.
    Background,
    /// It is as it was before the frame was drawn.
    Previous,
}

/// Reads one frame of a file after the other.
pub(super) trait FrameReader {
    /// Advances to the next frame; `None` if the file has no more.
    fn next_frame(&mut self) -> Result<Option<FramePlace>>;

    /// Draws the frame on the canvas. Pixels that it lacks are marked as missing.
    fn draw(&mut self, canvas: &mut Canvas, budget: &Budget) -> Result<()>;

    /// How long the current frame is shown, as the file states.
    #[cfg(feature = "animation")]
    fn duration(&self) -> Duration;

    /// How many times the animation plays; 0 means without end. Known after the last frame.
    #[cfg(feature = "animation")]
    fn plays(&self) -> u16;
}

/// A reader of all frames of a file, and their canvas.
#[cfg(feature = "animation")]
pub(super) type OpenedFrames<'a> = (Box<dyn FrameReader + 'a>, Size);

/// Draws the chosen frame of an animation on a canvas of `size`. `None` stands for the first frame.
///
/// # Errors
///
/// `InvalidOptions` if there is no frame of the chosen number; `LimitExceeded` also if the number is
/// over the limit of frames.
pub(super) fn compose(
    reader: &mut dyn FrameReader,
    size: Size,
    frame: Frame,
    budget: &Budget,
) -> Result<Option<ComposedFrame>> {
    let wanted = match frame {
        Frame::First | Frame::Number(0) => return Ok(None),
        Frame::Number(number) => Some(number),
        Frame::Poster => None,
    };
    let limits = budget.limits();
    limits.check_frames(wanted.unwrap_or_default().saturating_add(1))?;
    let mut composer = FrameComposer::new(size, budget)?;
    for number in 0..limits.frames {
        if composer.draw_next(reader, budget)?.is_none() {
            return wanted.map_or(Ok(None), |wanted| Err(no_such_frame(wanted, number)));
        }
        let is_chosen = match wanted {
            Some(wanted) => number == wanted,
            None => !composer.canvas.is_one_color(budget)?,
        };
        match (is_chosen, number) {
            (false, _) => {}
            (true, 0) => break,
            (true, _) => return composer.canvas.finish(budget).map(Some),
        }
    }
    Ok(None)
}

/// Draws the first frame of an animation on a canvas of `size`: for a frame that does not fill it.
pub(super) fn compose_first(
    reader: &mut dyn FrameReader,
    size: Size,
    budget: &Budget,
) -> Result<ComposedFrame> {
    let mut composer = FrameComposer::new(size, budget)?;
    if composer.draw_next(reader, budget)?.is_none() {
        return Err(Error::malformed("the animation has no frames"));
    }
    composer.canvas.finish(budget)
}

/// Checks that a photo of one frame has the chosen one.
pub(super) fn check_still(frame: Frame) -> Result<()> {
    match frame {
        Frame::First | Frame::Poster | Frame::Number(0) => Ok(()),
        Frame::Number(number) => Err(no_such_frame(number, 1)),
    }
}

fn no_such_frame(number: u32, frames: u32) -> Error {
    let message = match frames {
        1 => format!("there is no frame {number}: the photo has one frame, number 0"),
        _ => format!("there is no frame {number}: the photo has {frames} frames, from number 0"),
    };
    Error::invalid_options(message)
}

/// Draws frames on a canvas, one after the other.
pub(super) struct FrameComposer {
    pub canvas: Canvas,
    saved: Option<Canvas>,
    /// The frame drawn last.
    last: Option<FramePlace>,
}

impl FrameComposer {
    pub(super) fn new(size: Size, budget: &Budget) -> Result<Self> {
        budget.limits().check_size(size)?;
        Ok(Self {
            canvas: Canvas::new(size, budget)?,
            saved: None,
            last: None,
        })
    }

    /// Draws the next frame; `None` if there is none.
    pub(super) fn draw_next(
        &mut self,
        reader: &mut dyn FrameReader,
        budget: &Budget,
    ) -> Result<Option<()>> {
        let Some(place) = reader.next_frame()? else {
            return Ok(None);
        };
        self.dispose(budget)?;
        if place.disposal == Disposal::Previous {
            self.save(budget)?;
        }
        reader.draw(&mut self.canvas, budget)?;
        self.last = Some(place);
        Ok(Some(()))
    }

    fn dispose(&mut self, budget: &Budget) -> Result<()> {
        let Some(FramePlace { area, disposal }) = self.last else {
            return Ok(());
        };
        match (disposal, &self.saved) {
            (Disposal::Keep, _) => Ok(()),
            (Disposal::Previous, Some(saved)) => self.canvas.restore(area, saved, budget),
            (Disposal::Background | Disposal::Previous, _) => self.canvas.clear(area, budget),
        }
    }

    fn save(&mut self, budget: &Budget) -> Result<()> {
        let mut saved = match self.saved.take() {
            Some(saved) => saved,
            None => Canvas::new(self.canvas.size, budget)?,
        };
        saved.restore(Region::whole(self.canvas.size), &self.canvas, budget)?;
        self.saved = Some(saved);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
