//! The frames of an animated WebP, as [`animation`](crate::decode::animation) draws them.
//!
//! ```text
//! ANMF: x / 2, y / 2, width - 1, height - 1, duration (24 bits each), flags (8 bits),
//!       then the chunks of a still image: ALPH? VP8, or VP8L             RFC 9649, 2.7.1.1
//! ```
//!
//! If a part of a frame is missing, all of it counts as missing.

#[cfg(feature = "animation")]
use std::time::Duration;

use super::errors::contradicting_sizes;
use super::picture::Picture;
use crate::decode::animation::{Disposal, FramePlace, FrameReader};
use crate::decode::canvas::{Blend, Canvas};
use crate::decode::metadata::riff_chunks;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::Budget;
use crate::pixels::Row;
use crate::plan::DecodeRequest;

/// Reads one frame after the other.
pub(super) struct WebpFrames<'a> {
    /// The data of the chunks ANMF that are not read yet.
    frames: Box<dyn Iterator<Item = &'a [u8]> + 'a>,
    #[cfg(feature = "animation")]
    plays: u16,
    current: Option<WebpFrame<'a>>,
}

/// A frame that is not decoded.
struct WebpFrame<'a> {
    area: Region,
    disposal: Disposal,
    /// In milliseconds.
    #[cfg_attr(not(feature = "animation"), allow(dead_code))]
    duration: u32,
    blend: Blend,
    picture: Picture<'a>,
}

impl<'a> WebpFrames<'a> {
    /// The frames among the chunks in `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let frames = riff_chunks(bytes).filter(|(kind, _)| *kind == b"ANMF");
        Self {
            frames: Box::new(frames.map(|(_, data)| data)),
            #[cfg(feature = "animation")]
            plays: plays(bytes),
            current: None,
        }
    }

    /// The first frame's picture, if it fills the canvas.
    pub(super) fn first_picture(mut self, canvas: Size) -> Result<Option<Picture<'a>>> {
        let first = self.frames.next().map(WebpFrame::new).transpose()?;
        let first = first.ok_or_else(|| Error::malformed("the animation has no frames"))?;
        let fills = first.area == Region::whole(canvas);
        Ok(fills.then_some(first.picture))
    }
}

impl<'a> WebpFrame<'a> {
    /// Parses an ANMF chunk.
    fn new(data: &'a [u8]) -> Result<Self> {
        let (fields, chunks) = data
            .split_first_chunk::<16>()
            .ok_or_else(|| Error::malformed("a frame of the WebP is too short"))?;
        let [x, y, width, height, duration] = std::array::from_fn(|i| {
            let field = &fields[i * 3..i * 3 + 3];
            u32::from_le_bytes([field[0], field[1], field[2], 0])
        });
        let (x0, y0) = (x * 2, y * 2);
        let area = Region {
            x0,
            y0,
            x1: x0 + width + 1,
            y1: y0 + height + 1,
        };
        let picture = Picture::find(chunks)?;
        if picture.size() != area.size() {
            return Err(contradicting_sizes());
        }
        Ok(Self {
            area,
            duration,
            disposal: if fields[15] & 1 == 0 {
                Disposal::Keep
            } else {
                Disposal::Background
            },
            blend: if fields[15] & 2 == 0 {
                Blend::Over
            } else {
                Blend::Source
            },
            picture,
        })
    }
}

impl FrameReader for WebpFrames<'_> {
    fn next_frame(&mut self) -> Result<Option<FramePlace>> {
        self.current = self.frames.next().map(WebpFrame::new).transpose()?;
        Ok(self.current.as_ref().map(|frame| FramePlace {
            area: frame.area,
            disposal: frame.disposal,
        }))
    }

    #[cfg(feature = "animation")]
    fn duration(&self) -> Duration {
        let milliseconds = self.current.as_ref().map_or(0, |frame| frame.duration);
        Duration::from_millis(milliseconds.into())
    }

    #[cfg(feature = "animation")]
    fn plays(&self) -> u16 {
        self.plays
    }

    fn draw(&mut self, canvas: &mut Canvas, budget: &Budget) -> Result<()> {
        let frame = self.current.as_ref();
        let frame = frame.ok_or_else(|| Error::internal("no frame was read"))?;
        let (area, picture) = (frame.area, &frame.picture);
        if area.x1 > canvas.size.width || area.y1 > canvas.size.height {
            return Err(Error::malformed("a frame of the WebP leaves its canvas"));
        }
        budget.limits().check_size(picture.size())?;
        budget.work(4 * area.size().pixels())?;
        let request = DecodeRequest::full_size(Region::whole(picture.size()));
        let channels = picture.layout().channels();
        let mut pixels = budget.buffer::<u8>(area.size().width as usize * 4)?;
        let mut draw = |row: Row<'_>| {
            to_rgba(row.samples, channels, &mut pixels);
            canvas.draw(&on_canvas(area, row.y, &pixels), frame.blend);
            Ok(())
        };
        if picture.decode(&request, false, budget, &mut draw)? > 0 {
            let mut rows = 0..area.size().height;
            rows.try_for_each(|y| canvas.mark_missing(&on_canvas(area, y, &pixels), budget))?;
        }
        Ok(())
    }
}

/// The loop count in the chunk ANIM (2.7.1.1), 0 for no end; 1 without that chunk.
#[cfg(feature = "animation")]
fn plays(chunks: &[u8]) -> u16 {
    let mut chunks = riff_chunks(chunks);
    let animation = chunks.find(|(kind, _)| *kind == b"ANIM");
    match animation {
        Some((_, &[_, _, _, _, low, high, ..])) => u16::from_le_bytes([low, high]),
        _ => 1,
    }
}

/// Row `y` of a frame that covers `area`.
fn on_canvas(area: Region, y: u32, samples: &[u8]) -> Row<'_> {
    Row {
        y: area.y0 + y,
        x: area.x0,
        step: 1,
        samples,
    }
}

/// Copies RGBA pixels, or opaque ones.
fn to_rgba(samples: &[u8], channels: usize, pixels: &mut [u8]) {
    let pixels = pixels.as_chunks_mut::<4>().0;
    for (sample, pixel) in samples.chunks_exact(channels).zip(pixels) {
        *pixel = [255; 4];
        pixel[..channels].copy_from_slice(sample);
    }
}

#[cfg(test)]
mod tests;
