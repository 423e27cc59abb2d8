//! WebP through the `image-webp` crate, which decodes it whole: of an animation the first frame.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::header::{Header, IccProfile, MAX_ICC};
use super::rows::{DecodeReport, RowSink, send_rows};
use super::sniff::SourceFormat;
use super::{exif, malformed};
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Limits};
use crate::pixels::Layout;
use crate::plan::DecodeRequest;

type Reader<'a> = WebPDecoder<Cursor<&'a [u8]>>;

/// A WebP whose chunks are listed.
pub(super) struct WebpDecoder<'a> {
    reader: Reader<'a>,
    /// Bytes of the file.
    length: usize,
}

impl<'a> WebpDecoder<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Header<'a>)> {
        let mut reader = open(bytes)?;
        if reader.is_animated() {
            limits.check_frames(reader.num_frames())?;
        }
        reader.set_memory_limit(MAX_ICC); // longer metadata is ignored
        let tiff = reader.exif_metadata().ok().flatten();
        let icc = reader.icc_profile().ok().flatten();
        let header = Header {
            format: SourceFormat::Webp,
            size: size(&reader),
            orientation: tiff.as_deref().map(exif::orientation).unwrap_or_default(),
            layout: layout(&reader),
            icc: icc.map(IccProfile::owned),
            interlaced: false,
        };
        let length = bytes.len();
        Ok((Self { reader, length }, header))
    }

    pub(super) fn rows(
        &mut self,
        _request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let (size, layout) = (size(&self.reader), layout(&self.reader));
        let samples = size.pixels() * layout.channels() as u64;
        budget.work(samples)?;
        let mut image = budget.buffer::<u8>(usize::try_from(samples).unwrap_or(usize::MAX))?;
        {
            let working = working_memory(&mut self.reader, size, self.length);
            let _working = budget.reserve(working)?;
            self.reader.read_image(&mut image).map_err(malformed)?;
        }
        send_rows(&image, size, layout, sink)?;
        Ok(DecodeReport::default())
    }
}

fn open(bytes: &[u8]) -> Result<Reader<'_>> {
    WebPDecoder::new(Cursor::new(bytes)).map_err(malformed)
}

/// `image-webp` 0.2 takes a side of 16,384 pixels for 0.
fn size(reader: &Reader<'_>) -> Size {
    let side = |length: u32| if length == 0 { 16_384 } else { length };
    let (width, height) = reader.dimensions();
    Size::new(side(width), side(height))
}

fn layout(reader: &Reader<'_>) -> Layout {
    if reader.has_alpha() {
        Layout::Rgba
    } else {
        Layout::Rgb
    }
}

/// What `image-webp` 0.2 allocates beside the image that it is given.
fn working_memory(reader: &mut Reader<'_>, size: Size, file: usize) -> u64 {
    let whole_blocks = (u64::from(size.width) + 16) * (u64::from(size.height) + 16);
    let planes = whole_blocks * 3 / 2;
    let pixel_words = size.pixels() * 4;
    let frame = match (reader.is_animated(), reader.is_lossy()) {
        // Canvas, frame, and the frame's planes.
        (true, _) => 2 * pixel_words + planes,
        (false, true) if reader.has_alpha() => planes + size.pixels(),
        (false, true) => planes,
        // Decoded with alpha, which is then taken off.
        (false, false) if reader.has_alpha() => 0,
        (false, false) => pixel_words,
    };
    frame + file as u64 + (1 << 20)
}
