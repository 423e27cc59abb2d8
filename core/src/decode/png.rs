//! PNG through the `png` crate, row by row. Of an APNG, the default image is decoded.
//!
//! The chunks about color are read here (`color_chunks.rs`), and 16-bit samples are not rounded.

mod color_chunks;
mod transparency;

use png::{BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Reader, Transformations};

use self::color_chunks::{ColorChunks, SplicedFile};
use self::transparency::{set_transparent, transparent_gray};
use super::header::Header;
use super::metadata;
use super::rows::{DecodeReport, charge_row};
use crate::error::{Error, Feature, Limit, Result};
use crate::format::SourceFormat;
use crate::geometry::Size;
use crate::limits::{Budget, Limits};
use crate::pixels::{Layout, Row, RowSink, SampleDepth};
use crate::plan::DecodeRequest;

/// Upper bound on the allocations of the `png` crate for chunks and rows, in bytes.
const WORKING_MEMORY: u64 = 4 << 20;

type PngReader<'a> = Reader<SplicedFile<'a>>;

/// A PNG whose chunks before the image data are read.
pub(super) struct PngDecoder<'a> {
    reader: PngReader<'a>,
    /// Upper bound on the allocations of the reader, in bytes.
    working_memory: u64,
}

impl<'a> PngDecoder<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Header<'a>)> {
        let working_memory = WORKING_MEMORY.min(limits.memory / 4);
        let reader = open(bytes, working_memory as usize, limits)?;
        let info = reader.info();
        if let Some(animation) = info.animation_control() {
            limits.check_frames(animation.num_frames)?;
        }
        let color = ColorChunks::read(bytes);
        let (layout, depth) = samples(&reader)?;
        let header = Header {
            format: SourceFormat::Png,
            size: Size::new(info.width, info.height),
            orientation: metadata::png_orientation(bytes),
            layout,
            depth,
            icc: color.icc,
            stated: color.stated,
            interlaced: info.interlaced,
        };
        let decoder = Self {
            reader,
            working_memory,
        };
        Ok((decoder, header))
    }

    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let _working = budget.reserve(self.working_memory)?;
        let reader = &mut self.reader;
        let size = Size::new(reader.info().width, reader.info().height);
        let interlaced = reader.info().interlaced;
        let layout = samples(reader)?.0;
        let stride = size.width as usize * layout.channels();
        // Two rows of up to 16 bits, before and after the filter, and some slack.
        let _rows = budget.reserve(stride as u64 * 6)?;
        let transparent = transparent_gray(reader.info());
        let mut line = budget.buffer::<u8>(transparent.map_or(0, |_| stride))?;
        for (y, x, step) in positions(size, interlaced) {
            let row = reader
                .next_interlaced_row()
                .map_err(|error| refused(error, budget.limits()))?;
            let Some(row) = row else {
                return Err(Error::malformed("the image data ends early"));
            };
            charge_row(size.width, layout, budget)?;
            let samples = match transparent {
                Some(gray) => set_transparent(gray, row.data(), &mut line),
                None => row.data(),
            };
            sink(Row {
                y,
                x,
                step,
                samples,
            })?;
            if !interlaced && y + 1 >= request.region.y1 {
                break;
            }
        }
        Ok(DecodeReport::default())
    }
}

fn open<'a>(bytes: &'a [u8], memory: usize, limits: &Limits) -> Result<PngReader<'a>> {
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = Decoder::new_with_options(SplicedFile::without_cicp(bytes), options);
    decoder.set_limits(png::Limits { bytes: memory });
    decoder.set_transformations(Transformations::EXPAND);
    decoder
        .read_info()
        .map_err(|error| refused_header(error, bytes, limits))
}

/// The layout and the depth of the expanded samples.
fn samples(reader: &PngReader<'_>) -> Result<(Layout, SampleDepth)> {
    let (color, depth) = reader.output_color_type();
    let layout = match color {
        ColorType::Grayscale => Layout::Gray,
        ColorType::GrayscaleAlpha => Layout::GrayAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
        ColorType::Indexed => return Err(Error::internal("the palette was not expanded")),
    };
    let depth = match depth {
        BitDepth::Sixteen => SampleDepth::Sixteen,
        _ => SampleDepth::Eight,
    };
    Ok((layout, depth))
}

/// Row, first column and step of every row, in stored order.
fn positions(size: Size, interlaced: bool) -> Box<dyn Iterator<Item = (u32, u32, u32)>> {
    if !interlaced {
        return Box::new((0..size.height).map(|y| (y, 0, 1)));
    }
    // Adam7 (PNG 3rd ed., 8.1): first column, step across, first row, step down.
    const PASSES: [[u32; 4]; 7] = [
        [0, 8, 0, 8],
        [4, 8, 0, 8],
        [0, 4, 4, 8],
        [2, 4, 0, 4],
        [0, 2, 2, 4],
        [1, 2, 0, 2],
        [0, 1, 1, 2],
    ];
    let passes = PASSES.into_iter().filter(move |[x, ..]| *x < size.width);
    Box::new(passes.flat_map(move |[x, across, y, down]| {
        (y..size.height)
            .step_by(down as usize)
            .map(move |y| (y, x, across))
    }))
}

/// The error of a file whose header cannot be read.
fn refused_header(error: DecodingError, bytes: &[u8], limits: &Limits) -> Error {
    // Compression, filter and interlace method in IHDR (PNG 3rd ed., 11.2.1).
    let methods = bytes.get(26..29);
    match (&error, bytes.get(12..16)) {
        (DecodingError::Format(_), Some(b"IHDR")) if !matches!(methods, Some([0, 0, 0 | 1])) => {
            let message = "a PNG with an unknown compression, filter or interlace method is not \
                           supported; save it again as PNG or JPEG";
            Error::unsupported(Feature::PngMethod, message)
        }
        _ => refused(error, limits),
    }
}

fn refused(error: DecodingError, limits: &Limits) -> Error {
    match error {
        DecodingError::LimitsExceeded => {
            let allowed = limits.memory;
            Error::limit(Limit::Memory, allowed.saturating_add(1), allowed)
        }
        DecodingError::IoError(_) => Error::malformed("the PNG ends early"),
        // Its text contains Debug output, so it is not passed on.
        DecodingError::Format(_) => Error::malformed("the PNG is damaged"),
        DecodingError::Parameter(_) => {
            Error::internal("the PNG decoder was called with invalid parameters")
        }
    }
}
