//! GIF through the `gif` crate, row by row: the first frame on its canvas.

use std::io::Cursor;

use gif::{Decoder, Frame, MemoryLimit};

use super::header::Header;
use super::malformed;
use super::rows::{DecodeReport, Row, RowSink, charge_row};
use super::sniff::SourceFormat;
use crate::error::{Error, Result};
use crate::geometry::{Orientation, Size};
use crate::limits::{Budget, Limits};
use crate::pixels::Layout;
use crate::plan::DecodeRequest;

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

pub(super) struct GifDecoder<'a> {
    reader: Reader<'a>,
}

impl<'a> GifDecoder<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Header<'a>)> {
        let reader = open(bytes)?;
        let frame = first_frame(&reader)?;
        let canvas = canvas(&reader, frame);
        limits.check_size(canvas)?;
        limits.check_size(Size::new(frame.width.into(), frame.height.into()))?;
        let header = Header {
            format: SourceFormat::Gif,
            size: canvas,
            orientation: Orientation::Normal,
            layout: layout(frame, canvas),
            icc: None,
            interlaced: frame.interlaced,
        };
        Ok((Self { reader }, header))
    }

    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        rows: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let region = request.region;
        let reader = &mut self.reader;
        let frame = first_frame(reader)?.clone();
        let canvas = canvas(reader, &frame);
        let palette = Palette::new(reader.palette().map_err(malformed)?, &frame);
        let layout = layout(&frame, canvas);
        let mut indices = budget.buffer::<u8>(frame.width.into())?;
        let mut line = budget.buffer::<u8>(canvas.width as usize * layout.channels())?;
        let inside = u32::from(frame.top)..(u32::from(frame.top) + u32::from(frame.height));
        for y in (region.y0..region.y1).filter(|y| !inside.contains(y)) {
            charge_row(canvas.width, layout, budget)?;
            rows(Row::whole(y, &line))?;
        }
        let mut ended = false;
        for y in stored_rows(&frame) {
            indices.fill(0); // what a frame that ends early is completed with
            if !ended {
                ended = !reader.fill_buffer(&mut indices).map_err(malformed)?;
            }
            charge_row(frame.width.into(), layout, budget)?;
            let y = u32::from(frame.top) + y;
            if y < canvas.height {
                palette.paint(&indices, frame.left.into(), layout, &mut line);
                rows(Row::whole(y, &line))?;
            }
            let last = region.y1.min(canvas.height);
            if !frame.interlaced && y + 1 >= last {
                break;
            }
        }
        Ok(DecodeReport::default())
    }
}

fn open(bytes: &[u8]) -> Result<Reader<'_>> {
    let mut options = gif::DecodeOptions::new();
    options.set_memory_limit(MemoryLimit::Unlimited); // nothing is decoded into its memory
    let mut reader = options.read_info(Cursor::new(bytes)).map_err(malformed)?;
    match reader.next_frame_info().map_err(malformed)? {
        Some(_) => Ok(reader),
        None => Err(Error::malformed("the file has no frame")),
    }
}

fn first_frame<'a>(reader: &'a Reader<'_>) -> Result<&'a Frame<'static>> {
    let frame = reader.current_frame_info();
    let frame = frame.ok_or_else(|| Error::malformed("the file has no frame"))?;
    let empty = frame.width == 0 || frame.height == 0;
    if empty {
        Err(Error::malformed("the first frame is empty"))
    } else {
        Ok(frame)
    }
}

/// The logical screen; some writers leave it empty and mean the frame.
fn canvas(reader: &Reader<'_>, frame: &Frame<'_>) -> Size {
    match (reader.width(), reader.height()) {
        (0, _) | (_, 0) => Size::new(
            u32::from(frame.left) + u32::from(frame.width),
            u32::from(frame.top) + u32::from(frame.height),
        ),
        (width, height) => Size::new(width.into(), height.into()),
    }
}

/// With alpha only where something can show through.
fn layout(frame: &Frame<'_>, canvas: Size) -> Layout {
    let covers = frame.left == 0
        && frame.top == 0
        && u32::from(frame.width) >= canvas.width
        && u32::from(frame.height) >= canvas.height;
    if covers && frame.transparent.is_none() {
        Layout::Rgb
    } else {
        Layout::Rgba
    }
}

/// The frame's rows in the order in which they are stored (GIF89a, appendix E).
fn stored_rows(frame: &Frame<'_>) -> Box<dyn Iterator<Item = u32>> {
    let height = u32::from(frame.height);
    if !frame.interlaced {
        return Box::new(0..height);
    }
    let passes = [(0, 8), (4, 8), (2, 4), (1, 2)];
    Box::new(
        passes
            .into_iter()
            .flat_map(move |(first, step)| (first..height).step_by(step)),
    )
}

/// The colours of 256 indices; those that the file does not define are black.
struct Palette([[u8; 4]; 256]);

impl Palette {
    fn new(colours: &[u8], frame: &Frame<'_>) -> Self {
        let mut palette = [[0, 0, 0, 255]; 256];
        for (entry, &[r, g, b]) in palette.iter_mut().zip(colours.as_chunks().0) {
            *entry = [r, g, b, 255];
        }
        if let Some(index) = frame.transparent {
            palette[usize::from(index)] = [0; 4];
        }
        Self(palette)
    }

    fn paint(&self, indices: &[u8], left: usize, layout: Layout, line: &mut [u8]) {
        let channels = layout.channels();
        let pixels = line.chunks_exact_mut(channels).skip(left);
        for (pixel, &index) in pixels.zip(indices) {
            pixel.copy_from_slice(&self.0[usize::from(index)][..channels]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interlaced_frame_stores_each_row_once_in_four_passes() {
        let frame = Frame {
            height: 10,
            interlaced: true,
            ..Frame::default()
        };
        let rows: Vec<u32> = stored_rows(&frame).collect();
        assert_eq!(rows, [0, 8, 4, 2, 6, 1, 3, 5, 7, 9]);
    }
}
