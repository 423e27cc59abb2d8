//! PNG through the `png` crate, row by row. Of an APNG the default image is shown.

use std::io::Cursor;

use png::{BitDepth, ColorType, DecodeOptions, Decoder, Reader, Transformations};

use super::header::{Header, IccProfile};
use super::rows::{DecodeReport, Row, RowSink, charge_row};
use super::sniff::SourceFormat;
use super::{exif, malformed};
use crate::error::{Error, Limit, Result};
use crate::geometry::Size;
use crate::limits::{Budget, Limits};
use crate::pixels::Layout;
use crate::plan::DecodeRequest;

/// What the `png` crate may allocate for chunks and its own window.
const WORKING_MEMORY: u64 = 4 << 20;

/// A PNG whose chunks before the image data are read.
pub(super) struct PngDecoder<'a> {
    reader: Reader<Cursor<&'a [u8]>>,
    /// What the reader may allocate, in bytes.
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
        let icc = info.icc_profile.as_ref().filter(|_| info.srgb.is_none());
        let header = Header {
            format: SourceFormat::Png,
            size: Size::new(info.width, info.height),
            orientation: chunk(bytes, b"eXIf")
                .map(exif::orientation)
                .unwrap_or_default(),
            layout: layout(&reader)?.0,
            icc: icc.map(|icc| IccProfile::owned(icc.to_vec())),
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
        let (layout, deep) = layout(reader)?;
        let stride = size.width as usize * layout.channels();
        let _rows = budget.reserve(stride as u64 * 6)?;
        let mut line = budget.buffer::<u8>(stride)?;
        for (y, x, step) in positions(size, interlaced) {
            let row = reader
                .next_interlaced_row()
                .map_err(|error| refused(error, budget.limits()))?;
            let Some(row) = row else {
                return Err(Error::malformed("the image data ends early"));
            };
            charge_row(size.width, layout, budget)?;
            let samples = if deep {
                eight_bits(row.data(), &mut line)
            } else {
                row.data()
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

fn open<'a>(bytes: &'a [u8], memory: usize, limits: &Limits) -> Result<Reader<Cursor<&'a [u8]>>> {
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(bytes), options);
    decoder.set_limits(png::Limits { bytes: memory });
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info().map_err(|error| refused(error, limits))
}

/// The samples' layout once expanded, and whether they have 16 bits.
fn layout(reader: &Reader<Cursor<&[u8]>>) -> Result<(Layout, bool)> {
    let (color, depth) = reader.output_color_type();
    let layout = match color {
        ColorType::Grayscale => Layout::Gray,
        ColorType::GrayscaleAlpha => Layout::GrayAlpha,
        ColorType::Rgb => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
        ColorType::Indexed => return Err(Error::internal("the palette was not expanded")),
    };
    Ok((layout, depth == BitDepth::Sixteen))
}

/// Row, first column and step of every row in the order in which it is stored.
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

/// Rounds 16-bit samples to 8 bits.
fn eight_bits<'a>(samples: &[u8], line: &'a mut [u8]) -> &'a [u8] {
    let pairs = samples.as_chunks::<2>().0;
    for (&pair, sample) in pairs.iter().zip(line.iter_mut()) {
        *sample = ((u32::from(u16::from_be_bytes(pair)) * 255 + 32_767) / 65_535) as u8;
    }
    &line[..pairs.len().min(line.len())]
}

/// The data of the first chunk of a kind, wherever it stands. (eXIf may follow the image.)
fn chunk<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = bytes.get(8..)?;
    loop {
        let length = u32::from_be_bytes(*rest.first_chunk()?) as usize;
        let data = rest.get(8..)?.get(..length)?;
        if rest.get(4..8)? == kind {
            return Some(data);
        }
        rest = rest.get(length + 12..)?;
    }
}

fn refused(error: png::DecodingError, limits: &Limits) -> Error {
    match error {
        png::DecodingError::LimitsExceeded => {
            let allowed = limits.memory;
            Error::limit(Limit::Memory, allowed.saturating_add(1), allowed)
        }
        other => malformed(other),
    }
}
