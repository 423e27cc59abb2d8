//! The images of an animation, as [`animation`](crate::decode::animation) draws them.
//!
//! Images after the first do not enlarge the canvas; parts outside of it are cut off, as in browsers.

#[cfg(feature = "animation")]
use std::time::Duration;

use super::container::{GifContainer, GifImage};
use super::lzw::IndexReader;
use super::palette::GifPalette;
use crate::decode::animation::{FramePlace, FrameReader};
use crate::decode::canvas::{Blend, Canvas};
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::Budget;
use crate::pixels::Row;

/// Reads one image after the other.
pub(super) struct GifFrames<'a> {
    container: GifContainer<'a>,
    canvas: Size,
    /// The first image, until it is the current one.
    first: Option<GifImage<'a>>,
    current: Option<GifImage<'a>>,
}

impl<'a> GifFrames<'a> {
    /// `container` is positioned after the image `first`.
    pub(super) fn new(first: GifImage<'a>, container: GifContainer<'a>, canvas: Size) -> Self {
        Self {
            container,
            canvas,
            first: Some(first),
            current: None,
        }
    }

    /// The image's area, as far as the canvas has it.
    fn area(&self, image: &GifImage<'_>) -> Region {
        let Size { width, height } = self.canvas;
        Region {
            x0: image.left.min(width),
            y0: image.top.min(height),
            x1: (image.left + image.size.width).min(width),
            y1: (image.top + image.size.height).min(height),
        }
    }
}

impl FrameReader for GifFrames<'_> {
    fn next_frame(&mut self) -> Result<Option<FramePlace>> {
        self.current = match self.first.take() {
            Some(first) => Some(first),
            // A file that is cut among its later images has no more of them.
            None => self.container.next_image().unwrap_or_default(),
        };
        Ok(self.current.as_ref().map(|image| FramePlace {
            area: self.area(image),
            disposal: image.disposal,
        }))
    }

    #[cfg(feature = "animation")]
    fn duration(&self) -> Duration {
        let delay = self.current.as_ref().map_or(0, |image| image.delay);
        Duration::from_millis(10 * u64::from(delay))
    }

    #[cfg(feature = "animation")]
    fn plays(&self) -> u16 {
        self.container.plays
    }

    fn draw(&mut self, canvas: &mut Canvas, budget: &Budget) -> Result<()> {
        let image = self.current.as_ref();
        let image = image.ok_or_else(|| Error::internal("no image was read"))?;
        budget.limits().check_size(image.size)?;
        let width = image.size.width;
        let palette = GifPalette::new(image);
        let mut reader = IndexReader::new(image, budget)?;
        let mut indices = budget.buffer::<u8>(width as usize)?;
        let mut pixels = budget.buffer::<u8>(width as usize * 4)?;
        for y in image.stored_rows().map(|y| image.top + y) {
            budget.work(u64::from(width) * 4)?;
            let present = reader.read(&mut indices);
            palette.paint::<4>(&indices[..present], &mut pixels);
            let (present, missing) = pixels.split_at(present * 4);
            let row = |x: usize, samples| Row {
                y,
                x: image.left + x as u32,
                step: 1,
                samples,
            };
            canvas.draw(&row(0, present), Blend::Over);
            if !missing.is_empty() {
                canvas.mark_missing(&row(present.len() / 4, missing), budget)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
