//! GIF: one image on its canvas, row by row.
//!
//! ```text
//! open:   container.rs   blocks -> the first image: its place, palette, transparent index, data
//! rows:   lzw.rs         data -> indices, a row of the image at a time
//!         palette.rs     indices -> RGB or RGBA
//!         this file      the row of the canvas -> sink
//! ```
//!
//! The first frame is the first image alone, and is decoded by default. For a later frame, all images
//! up to it are drawn on a canvas in memory, which frames.rs and [`animation`] do.
//!
//! The first frame needs one row of indices, one of samples, and a decompressor of fixed size,
//! however large the image is. An interlaced image comes in four passes (appendix E), so its rows
//! reach the sink out of order; [`Header::out_of_order`] says so.
//!
//! # Decisions
//!
//! - **The canvas** is the logical screen, grown to hold the whole first image, as in browsers. The
//!   canvas is transparent where the image does not reach: browsers ignore the background index.
//! - **Layout** is RGB if the image covers the canvas, has no transparent index and seems complete;
//!   else RGBA. Data that are damaged in their middle seem complete. After [`GifDecoder::repair`],
//!   layout is RGBA.
//! - **Data that end early** without an end code are damage: the pixels that they lack are
//!   transparent (black in an RGB layout) and counted in [`DecodeReport::missing`]. After an early
//!   end code, the other indices are 0. Data that go on after the last pixel, and a missing end of
//!   the file, do not matter.

mod container;
mod frames;
mod lzw;
mod palette;

use container::{GifContainer, GifImage};
use frames::GifFrames;
use lzw::IndexReader;
use palette::GifPalette;

use super::animation;
use super::canvas::ComposedFrame;
use super::header::Header;
use super::rows::{DecodeReport, charge_row};
use crate::error::{Error, Result};
use crate::format::SourceFormat;
use crate::geometry::{Orientation, Region, Size};
use crate::limits::{Budget, Buffer};
use crate::photo::Frame;
use crate::pixels::{Layout, Row, RowSink, SampleDepth, StatedColor};
use crate::plan::DecodeRequest;

/// Decodes one frame of a GIF.
#[derive(Debug)]
pub(super) struct GifDecoder<'a> {
    image: GifImage<'a>,
    canvas: Size,
    layout: Layout,
    /// The chosen frame, if it is not the first.
    composed: Option<ComposedFrame>,
}

impl<'a> GifDecoder<'a> {
    /// Reads all blocks up to the first image, and composes a later frame.
    pub(super) fn open(
        bytes: &'a [u8],
        frame: Frame,
        budget: &Budget,
    ) -> Result<(Self, Header<'a>)> {
        let mut container = GifContainer::open(bytes)?;
        let image = container.next_image()?;
        let image = image.ok_or_else(|| Error::malformed("the GIF has no image"))?;
        let canvas = image.canvas(container.screen);
        budget.limits().check_size(canvas)?;
        let mut decoder = Self {
            layout: layout(&image, canvas),
            image,
            canvas,
            composed: None,
        };
        decoder.select(frame, container, budget)?;
        let composed = decoder.composed.as_ref();
        let header = Header {
            format: SourceFormat::Gif,
            size: canvas,
            orientation: Orientation::Normal,
            halvable: false,
            layout: composed.map_or(decoder.layout, |composed| composed.layout),
            icc: None,
            depth: SampleDepth::Eight,
            stated: StatedColor::default(),
            out_of_order: composed.is_none() && decoder.image.interlaced,
            band: 1,
        };
        Ok((decoder, header))
    }

    /// A reader of all frames, and the canvas.
    #[cfg(feature = "animation")]
    pub(super) fn frames(bytes: &'a [u8]) -> Result<animation::OpenedFrames<'a>> {
        let mut container = GifContainer::open(bytes)?;
        let image = container.next_image()?;
        let image = image.ok_or_else(|| Error::malformed("the GIF has no image"))?;
        let canvas = image.canvas(container.screen);
        let frames = GifFrames::new(image, container, canvas);
        Ok((Box::new(frames), canvas))
    }

    /// `container` is positioned after the first image.
    fn select(&mut self, frame: Frame, container: GifContainer<'a>, budget: &Budget) -> Result<()> {
        if matches!(frame, Frame::First | Frame::Number(0)) {
            return Ok(());
        }
        let is_animated = matches!(container.clone().next_image(), Ok(Some(_)));
        if !is_animated {
            return animation::check_still(frame);
        }
        let mut frames = GifFrames::new(self.image.clone(), container, self.canvas);
        self.composed = animation::compose(&mut frames, self.canvas, frame, budget)?;
        Ok(())
    }

    /// Makes the missing pixels transparent. Returns the layout then, if it is another one.
    pub(super) fn repair(&mut self) -> Option<Layout> {
        let needed = self.composed.is_none() && self.layout == Layout::Rgb;
        needed.then(|| {
            self.layout = Layout::Rgba;
            self.layout
        })
    }

    /// Sends the rows of `request.region` to `sink`: top to bottom, or pass by pass.
    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        if let Some(composed) = &self.composed {
            return composed.rows(request.region, budget, sink);
        }
        let image = &self.image;
        let mut painter = Painter::new(image, self.layout, request.region, budget)?;
        let mut reader = IndexReader::new(image, budget)?;
        let mut indices = budget.buffer::<u8>(image.size.width as usize)?;
        let (first, last) = (image.top, image.top + image.size.height);
        painter.blank_rows(0..first, budget, sink)?;
        let mut missing = 0;
        for y in image.stored_rows() {
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
        painter.blank_rows(last..self.canvas.height, budget, sink)?;
        Ok(DecodeReport { missing })
    }
}

/// With alpha only if a pixel can be transparent.
fn layout(image: &GifImage<'_>, canvas: Size) -> Layout {
    // The canvas is no smaller than the image, so an image of its size is at its corner.
    let covers = image.size == canvas && image.transparent.is_none();
    if covers && !lzw::may_be_cut(image) {
        Layout::Rgb
    } else {
        Layout::Rgba
    }
}

/// Turns indices of the image into samples of the canvas, within the region's columns.
struct Painter {
    palette: GifPalette,
    region: Region,
    /// Columns of the region that the image covers; empty if it covers none.
    columns: std::ops::Range<u32>,
    /// Where the image begins.
    left: u32,
    layout: Layout,
    samples: Buffer<u8>,
}

impl Painter {
    fn new(image: &GifImage<'_>, layout: Layout, region: Region, budget: &Budget) -> Result<Self> {
        let start = region.x0.max(image.left).min(region.x1);
        let end = region.x1.min(image.left + image.size.width).max(start);
        Ok(Self {
            palette: GifPalette::new(image),
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

    /// Sends those of `rows` that are in the region. The image covers none of them.
    fn blank_rows(
        &mut self,
        rows: std::ops::Range<u32>,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<()> {
        self.samples.fill(0);
        let (y0, y1) = (rows.start.max(self.region.y0), rows.end.min(self.region.y1));
        (y0..y1).try_for_each(|y| {
            charge_row(self.region.size().width, self.layout, budget)?;
            sink(self.row(y))
        })
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

#[cfg(test)]
mod tests;
