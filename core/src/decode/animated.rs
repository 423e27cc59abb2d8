//! Every frame of an animation, one after the other, on the canvas of [`animation`](super::animation).
//!
//! The limits of an animation are checked on its frames' headers, before the first one is drawn.
//! Frames are drawn with 8 bits, and every one may be transparent.

use std::time::Duration;

use super::animation::{FrameComposer, FrameReader};
use super::rows::DecodeReport;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};
use crate::pixels::{Layout, RowSink};

/// A frame of at most this duration is shown for [`DEFAULT_DURATION`], as in browsers: old encoders wrote 0 where
/// they meant no duration in particular.
const MAX_IGNORED_DURATION: Duration = Duration::from_millis(10);
/// The duration of a frame that states none.
const DEFAULT_DURATION: Duration = Duration::from_millis(100);

/// Draws the frames, and sends the rows of the last one drawn.
pub(super) struct AnimatedDecoder<'a> {
    reader: Box<dyn FrameReader + 'a>,
    composer: FrameComposer,
    layout: Layout,
}

impl<'a> AnimatedDecoder<'a> {
    pub(super) fn new(
        reader: Box<dyn FrameReader + 'a>,
        canvas: Size,
        layout: Layout,
        budget: &Budget,
    ) -> Result<Self> {
        let composer = FrameComposer::new(canvas, budget)?;
        Ok(Self {
            reader,
            composer,
            layout,
        })
    }

    /// Draws the next frame, and returns how long it is shown.
    pub(super) fn next_frame(&mut self, budget: &Budget) -> Result<Option<Duration>> {
        let drawn = self.composer.draw_next(&mut *self.reader, budget)?;
        Ok(drawn.map(|()| shown_duration(self.reader.duration())))
    }

    /// How many times the animation plays; 0 means without end. Known after the last frame.
    pub(super) fn plays(&self) -> u16 {
        self.reader.plays()
    }

    pub(super) fn rows(
        &self,
        region: Region,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        budget.work(region.size().pixels() * self.layout.channels() as u64)?;
        let canvas = &self.composer.canvas;
        canvas.send_rows(region, self.layout, budget, sink)
    }
}

/// The layout of drawn frames, of a file whose stills have this one.
pub(super) fn drawn_layout(still: Layout) -> Layout {
    match still {
        Layout::Gray | Layout::GrayAlpha => Layout::GrayAlpha,
        _ => Layout::Rgba,
    }
}

/// Reads the headers of all frames. Returns whether there are several, as far as they are sound.
///
/// # Errors
///
/// `LimitExceeded` as soon as a limit is.
pub(super) fn check_frames(
    reader: &mut dyn FrameReader,
    canvas: Size,
    limits: &Limits,
) -> Result<bool> {
    limits.check_size(canvas)?;
    let (mut frames, mut time) = (0, Duration::ZERO);
    loop {
        match reader.next_frame() {
            Ok(Some(_)) => {
                frames += 1;
                time = time.saturating_add(shown_duration(reader.duration()));
                limits.check_animation(frames, canvas, time)?;
            }
            Ok(None) => return Ok(frames > 1),
            // It is reported when this frame is drawn.
            Err(_) => return Ok(true),
        }
    }
}

fn shown_duration(stated: Duration) -> Duration {
    if stated <= MAX_IGNORED_DURATION {
        DEFAULT_DURATION
    } else {
        stated
    }
}
