//! GIF: one image on its canvas, row by row.
//!
//! ```text
//! open:   container.rs   blocks -> the first image: its place, palette, transparent index, data
//! rows:   lzw.rs         data -> indices, a row of the image at a time
//!         this file      indices -> RGB or RGBA of a row of the canvas -> sink
//! ```
//!
//! Memory holds one row of indices, one of samples, and a decompressor of fixed size, however large
//! the image is. An interlaced image comes in four passes (appendix E), so its rows reach the sink
//! out of order; [`Header::interlaced`] says so.
//!
//! # Decisions
//!
//! - **The canvas** is the logical screen, grown to hold the whole first image, as in browsers. The
//!   canvas is transparent where the image does not reach: browsers ignore the background index.
//! - **Layout** is RGB if the image covers the canvas, has no transparent index and seems complete;
//!   else RGBA.
//! - **Without a palette** the standard leaves colors to the decoder and recommends that the first
//!   two be black and white (GIF89a, 18). Ours is a gray ramp over the code size's indices; with
//!   the smallest code size, 2, which black-and-white images have too, it begins black, white.
//! - **Indices beyond the palette** are black.
//! - **Data that end early** without an end code are damage: the pixels that they lack are
//!   transparent (black in an RGB layout) and counted in [`DecodeReport::missing`]. After an early
//!   end code, the other indices are 0. Data that go on after the last pixel, and a missing end of
//!   the file, do not matter.

mod container;
mod lzw;

use container::{Container, Image};
use lzw::IndexReader;

use super::header::Header;
use super::rows::{DecodeReport, charge_row};
use crate::error::{Error, Result};
use crate::format::SourceFormat;
use crate::geometry::{Orientation, Region, Size};
use crate::limits::{Budget, Buffer, Limits};
use crate::pixels::{Layout, Row, RowSink};
use crate::plan::DecodeRequest;

/// Decodes the first image of a GIF.
#[derive(Debug)]
pub(super) struct GifDecoder<'a> {
    image: Image<'a>,
    canvas: Size,
    layout: Layout,
}

impl<'a> GifDecoder<'a> {
    /// Reads all blocks up to the first image.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Header<'a>)> {
        let mut container = Container::open(bytes)?;
        let image = container.next_image()?;
        let image = image.ok_or_else(|| Error::malformed("the GIF has no image"))?;
        let canvas = canvas(container.screen, &image);
        limits.check_size(canvas)?;
        let layout = layout(&image, canvas);
        let header = Header {
            format: SourceFormat::Gif,
            size: canvas,
            orientation: Orientation::Normal,
            layout,
            icc: None,
            interlaced: image.interlaced,
        };
        let decoder = Self {
            image,
            canvas,
            layout,
        };
        Ok((decoder, header))
    }

    /// Hands the rows of `request.region` to `sink`: top to bottom, or by passes.
    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let image = &self.image;
        let mut painter = Painter::new(image, self.layout, request.region, budget)?;
        let mut reader = IndexReader::new(image, budget)?;
        let mut indices = budget.buffer::<u8>(image.size.width as usize)?;
        let (first, last) = (image.top, image.top + image.size.height);
        painter.blank_rows(0..first, sink)?;
        let mut missing = 0;
        for y in stored_rows(image) {
            let y = first + y;
            if !image.interlaced && y >= request.region.y1 {
                break;
            }
            let present = reader.read(&mut indices);
            charge_row(image.size.width, self.layout, budget)?;
            if painter.shows(y) {
                missing += painter.paint(&indices[..present]);
                sink(painter.row(y))?;
            }
        }
        painter.blank_rows(last..self.canvas.height, sink)?;
        Ok(DecodeReport { missing })
    }
}

/// The logical screen, grown to hold all of `image`.
fn canvas(screen: Size, image: &Image<'_>) -> Size {
    Size::new(
        screen.width.max(image.left + image.size.width),
        screen.height.max(image.top + image.size.height),
    )
}

/// With alpha only where something can show through.
fn layout(image: &Image<'_>, canvas: Size) -> Layout {
    // The canvas is no smaller than the image, so an image of its size is at its corner.
    let covers = image.size == canvas && image.transparent.is_none();
    if covers && !lzw::may_be_cut(image) {
        Layout::Rgb
    } else {
        Layout::Rgba
    }
}

/// The image's rows in the order in which they are stored (GIF89a, appendix E).
fn stored_rows(image: &Image<'_>) -> impl Iterator<Item = u32> + use<> {
    // First row and step of each pass.
    const SEQUENTIAL: &[(u32, usize)] = &[(0, 1)];
    const INTERLACED: &[(u32, usize)] = &[(0, 8), (4, 8), (2, 4), (1, 2)];
    let passes = if image.interlaced {
        INTERLACED
    } else {
        SEQUENTIAL
    };
    let height = image.size.height;
    passes
        .iter()
        .flat_map(move |&(first, step)| (first..height).step_by(step))
}

/// Turns indices of the image into samples of the canvas, within the region's columns.
struct Painter {
    palette: Palette,
    region: Region,
    /// Columns of the region that the image covers; empty if it covers none.
    columns: std::ops::Range<u32>,
    /// Where the image begins.
    left: u32,
    layout: Layout,
    samples: Buffer<u8>,
}

impl Painter {
    fn new(image: &Image<'_>, layout: Layout, region: Region, budget: &Budget) -> Result<Self> {
        let start = region.x0.max(image.left).min(region.x1);
        let end = region.x1.min(image.left + image.size.width).max(start);
        Ok(Self {
            palette: Palette::new(image),
            region,
            columns: start..end,
            left: image.left,
            layout,
            samples: budget.buffer(region.size().width as usize * layout.channels())?,
        })
    }

    fn shows(&self, y: u32) -> bool {
        (self.region.y0..self.region.y1).contains(&y)
    }

    /// Hands over those of `rows` that are in the region. The image covers none of them.
    fn blank_rows(&mut self, rows: std::ops::Range<u32>, sink: &mut RowSink<'_>) -> Result<()> {
        self.samples.fill(0);
        let (y0, y1) = (rows.start.max(self.region.y0), rows.end.min(self.region.y1));
        (y0..y1).try_for_each(|y| sink(self.row(y)))
    }

    /// Paints a row that begins with `indices`, and returns how many pixels it lacks.
    fn paint(&mut self, indices: &[u8]) -> u64 {
        let channels = self.layout.channels();
        let offset = |x: u32| (x - self.region.x0) as usize * channels;
        let samples = &mut self.samples[offset(self.columns.start)..offset(self.columns.end)];
        let first = (self.columns.start - self.left.min(self.columns.start)) as usize;
        let indices = indices.get(first..).unwrap_or_default();
        let painted = indices.len().min(self.columns.len());
        let (present, missing) = samples.split_at_mut(painted * channels);
        match self.layout {
            Layout::Rgb => self.palette.paint::<3>(indices, present),
            _ => self.palette.paint::<4>(indices, present),
        }
        missing.fill(0);
        (self.columns.len() - painted) as u64
    }

    fn row(&self, y: u32) -> Row<'_> {
        Row {
            y,
            x: self.region.x0,
            step: 1,
            samples: &self.samples,
        }
    }
}

/// The color and alpha of each of 256 indices.
struct Palette([[u8; 4]; 256]);

impl Palette {
    fn new(image: &Image<'_>) -> Self {
        let mut palette = Self([[0, 0, 0, 255]; 256]);
        match image.palette {
            Some(colors) => palette.set(colors),
            None => palette.set_gray(image.code_size),
        }
        if let Some(index) = image.transparent {
            palette.0[usize::from(index)] = [0; 4];
        }
        palette
    }

    fn set(&mut self, colors: &[u8]) {
        for (entry, &[red, green, blue]) in self.0.iter_mut().zip(colors.as_chunks().0) {
            *entry = [red, green, blue, 255];
        }
    }

    /// The colors of a file without a palette.
    fn set_gray(&mut self, code_size: u8) {
        let white = if code_size <= 2 {
            1
        } else {
            (1 << code_size) - 1
        };
        for (index, entry) in self.0.iter_mut().enumerate() {
            let gray = (index * 255 / white).min(255) as u8;
            *entry = [gray, gray, gray, 255];
        }
    }

    fn paint<const CHANNELS: usize>(&self, indices: &[u8], samples: &mut [u8]) {
        let pixels = samples.as_chunks_mut::<CHANNELS>().0;
        for (pixel, &index) in pixels.iter_mut().zip(indices) {
            pixel.copy_from_slice(&self.0[usize::from(index)][..CHANNELS]);
        }
    }
}

#[cfg(test)]
mod tests;
