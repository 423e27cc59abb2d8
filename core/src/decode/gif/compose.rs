//! A later frame of an animation, which is drawn over those before it (GIF89a, 23.c.iv).
//!
//! ```text
//! canvas = transparent
//! for each image, up to the chosen one:
//!     dispose of the image before:  Keep: nothing.  Background: its area = transparent.
//!                                   Previous: canvas = saved
//!     if this image will be disposed of by Previous:  saved = canvas
//!     draw it: its transparent index leaves the canvas as it is
//! ```
//!
//! Unlike the first frame, this needs the canvas in memory, and a second one if an image is
//! disposed of by Previous. Both are charged before they are allocated, and every pixel that is
//! drawn or restored counts as work. Images after the first do not enlarge the canvas; parts
//! outside of it are cut off, as in browsers.

use super::container::{Disposal, GifContainer, GifImage};
use super::lzw::IndexReader;
use super::palette::GifPalette;
use crate::decode::rows::DecodeReport;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Row, RowSink};

/// Which frame of an animation is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum FrameChoice {
    /// The frame of this number, from 0.
    Number(u32),
    /// The first frame with more than one color, or frame 0 if every frame has a single color.
    #[cfg_attr(not(test), expect(dead_code, reason = "no option names it yet"))]
    Poster,
}

/// A canvas with all images up to the chosen one.
#[derive(Debug)]
pub(super) struct ComposedFrame {
    pub size: Size,
    /// RGBA.
    pub pixels: Buffer<u8>,
    /// Pixels of the chosen image that the file lacks.
    pub missing: u64,
}

impl ComposedFrame {
    /// Draws `frame` of the file.
    ///
    /// # Errors
    ///
    /// `InvalidOptions` if the file has no frame of this number; `LimitExceeded` also if its number
    /// is over the limit of frames.
    pub(super) fn new(file: &[u8], frame: FrameChoice, budget: &Budget) -> Result<Self> {
        let mut composer = FrameComposer::open(file, budget)?;
        let frames = budget.limits().frames;
        match frame {
            FrameChoice::Number(number) => {
                budget.limits().check_frames(number.saturating_add(1))?;
                for drawn in 0..=number {
                    if !composer.draw_next(budget)? {
                        return Err(Error::invalid_options(format!(
                            "there is no frame {number}: the GIF has {drawn}"
                        )));
                    }
                }
            }
            FrameChoice::Poster => {
                let mut drawn = 0;
                while drawn < frames && composer.draw_next(budget)? {
                    if !composer.is_one_color(budget)? {
                        return Ok(composer.finish());
                    }
                    drawn += 1;
                }
                composer = FrameComposer::open(file, budget)?;
                composer.draw_next(budget)?;
            }
        }
        Ok(composer.finish())
    }
}

impl ComposedFrame {
    /// Sends the rows of `region` to `sink`. Their work is already charged.
    pub(super) fn rows(&self, region: Region, sink: &mut RowSink<'_>) -> Result<DecodeReport> {
        for y in region.y0..region.y1 {
            sink(Row {
                y,
                x: region.x0,
                step: 1,
                samples: &self.pixels[row_range(self.size, y, region.x0, region.x1)],
            })?;
        }
        Ok(DecodeReport {
            missing: self.missing,
        })
    }
}

/// Draws one image after the other.
struct FrameComposer<'a> {
    container: GifContainer<'a>,
    /// The image to draw next, which has been read but not drawn.
    next: Option<GifImage<'a>>,
    size: Size,
    pixels: Buffer<u8>,
    saved: Option<Buffer<u8>>,
    /// How the image drawn last is disposed of, and its area on the canvas.
    disposal: (Disposal, Region),
    missing: u64,
}

impl<'a> FrameComposer<'a> {
    fn open(file: &'a [u8], budget: &Budget) -> Result<Self> {
        let mut container = GifContainer::open(file)?;
        let first = container.next_image()?;
        let first = first.ok_or_else(|| Error::malformed("the GIF has no image"))?;
        let size = first.canvas(container.screen);
        budget.limits().check_size(size)?;
        Ok(Self {
            container,
            next: Some(first),
            size,
            pixels: budget.buffer(usize::try_from(size.pixels() * 4).unwrap_or(usize::MAX))?,
            saved: None,
            disposal: (Disposal::Keep, Region::whole(Size::new(0, 0))),
            missing: 0,
        })
    }

    /// Draws the next image; `false` if there is none.
    fn draw_next(&mut self, budget: &Budget) -> Result<bool> {
        let image = match self.next.take() {
            Some(image) => image,
            // A file that is cut among its later images has no more of them.
            None => match self.container.next_image() {
                Ok(Some(image)) => image,
                Ok(None) | Err(_) => return Ok(false),
            },
        };
        self.dispose(budget)?;
        if image.disposal == Disposal::Previous {
            self.save(budget)?;
        }
        self.draw(&image, budget)?;
        self.disposal = (image.disposal, self.area(&image));
        Ok(true)
    }

    /// The image's area, as far as the canvas has it.
    fn area(&self, image: &GifImage<'_>) -> Region {
        let (width, height) = (self.size.width, self.size.height);
        Region {
            x0: image.left.min(width),
            y0: image.top.min(height),
            x1: (image.left + image.size.width).min(width),
            y1: (image.top + image.size.height).min(height),
        }
    }

    fn dispose(&mut self, budget: &Budget) -> Result<()> {
        let (disposal, area) = self.disposal;
        let saved = match (disposal, &self.saved) {
            (Disposal::Keep, _) => return Ok(()),
            (Disposal::Previous, Some(saved)) => Some(saved),
            (Disposal::Background | Disposal::Previous, _) => None,
        };
        budget.work(area.size().pixels() * 4)?;
        for y in area.y0..area.y1 {
            let row = row_range(self.size, y, area.x0, area.x1);
            match saved {
                Some(saved) => self.pixels[row.clone()].copy_from_slice(&saved[row]),
                None => self.pixels[row].fill(0),
            }
        }
        Ok(())
    }

    fn save(&mut self, budget: &Budget) -> Result<()> {
        budget.work(self.size.pixels() * 4)?;
        let mut saved = match self.saved.take() {
            Some(saved) => saved,
            None => budget.buffer(self.pixels.len())?,
        };
        saved.copy_from_slice(&self.pixels);
        self.saved = Some(saved);
        Ok(())
    }

    fn draw(&mut self, image: &GifImage<'_>, budget: &Budget) -> Result<()> {
        budget.limits().check_size(image.size)?;
        let palette = GifPalette::new(image);
        let area = self.area(image);
        let mut reader = IndexReader::new(image, budget)?;
        let mut indices = budget.buffer::<u8>(image.size.width as usize)?;
        self.missing = 0;
        for y in image.stored_rows().map(|y| image.top + y) {
            budget.work(u64::from(image.size.width) * 4)?;
            let present = reader.read(&mut indices);
            if y >= area.y1 {
                continue;
            }
            let columns = (area.x1 - area.x0) as usize;
            self.missing += columns.saturating_sub(present) as u64;
            let row = row_range(self.size, y, area.x0, area.x1);
            palette.draw(&indices[..present], &mut self.pixels[row]);
        }
        Ok(())
    }

    /// Compares up to all pixels, even after a frame that drew few of them, so all are charged.
    fn is_one_color(&self, budget: &Budget) -> Result<bool> {
        budget.work(self.size.pixels() * 4)?;
        let (pixels, _) = self.pixels.as_chunks::<4>();
        Ok(pixels.windows(2).all(|pair| pair[0] == pair[1]))
    }

    fn finish(self) -> ComposedFrame {
        ComposedFrame {
            size: self.size,
            pixels: self.pixels,
            missing: self.missing,
        }
    }
}

/// The samples of columns `x0` to `x1` of row `y`.
fn row_range(size: Size, y: u32, x0: u32, x1: u32) -> std::ops::Range<usize> {
    let offset = |x: u32| (y as usize * size.width as usize + x as usize) * 4;
    offset(x0)..offset(x1)
}

#[cfg(test)]
mod tests;
