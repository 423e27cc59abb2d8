//! The `png` crate's reader, and the order of its rows.

use png::{
    BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Info, Reader, Transformations,
};

use super::input::PngInput;
use super::transparency::{set_transparent, transparent_gray};
use crate::decode::metadata;
use crate::decode::rows::charge_row;
use crate::error::{Error, Feature, Limit, Result};
use crate::geometry::Size;
use crate::limits::{Budget, Buffer, Limits, Reservation};
use crate::pixels::{Layout, SampleDepth};

pub(super) type PngReader<'a> = Reader<PngInput<'a>>;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadMode {
    /// Checksums are verified.
    Strict,
    /// Checksums are ignored, and a channel for alpha is added.
    Lenient,
}

pub(super) fn open<'a>(
    input: PngInput<'a>,
    mode: ReadMode,
    memory: u64,
    limits: &Limits,
) -> Result<PngReader<'a>> {
    let bytes = input.bytes();
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    options.set_ignore_crc(mode == ReadMode::Lenient);
    let mut decoder = Decoder::new_with_options(input, options);
    decoder.set_limits(png::Limits {
        bytes: memory as usize,
    });
    decoder.set_transformations(match mode {
        ReadMode::Strict => Transformations::EXPAND,
        ReadMode::Lenient => Transformations::EXPAND | Transformations::ALPHA,
    });
    let reader = decoder.read_info();
    let reader = reader.map_err(|error| refused_header(error, bytes, limits))?;
    check_palette(reader.info())?;
    Ok(reader)
}

/// A palette has 1 to 256 colors of 3 bytes (PNG 3rd ed., 11.2.2). The `png` crate would panic where it
/// is used.
fn check_palette(info: &Info<'_>) -> Result<()> {
    let palette = info.palette.as_deref().unwrap_or_default();
    let is_used = info.color_type == ColorType::Indexed;
    if is_used && (palette.len() > 3 * 256 || !palette.len().is_multiple_of(3)) {
        return Err(Error::malformed(
            "the palette of the PNG has a wrong length",
        ));
    }
    Ok(())
}

/// The layout and the depth of the expanded samples.
pub(super) fn layout(reader: &PngReader<'_>) -> Result<(Layout, SampleDepth)> {
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
pub(super) fn positions(size: Size, interlaced: bool) -> Box<dyn Iterator<Item = (u32, u32, u32)>> {
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

/// The rows of an image of a reader.
pub(super) struct PngRows<'r, 'a> {
    reader: &'r mut PngReader<'a>,
    width: u32,
    layout: Layout,
    /// The gray that is transparent, if the reader does not make it so.
    transparent: Option<u8>,
    /// A row with this gray made transparent.
    line: Buffer<u8>,
    _rows: Reservation,
}

impl<'r, 'a> PngRows<'r, 'a> {
    pub(super) fn new(reader: &'r mut PngReader<'a>, size: Size, budget: &Budget) -> Result<Self> {
        let (layout, _) = layout(reader)?;
        let stride = size.width as usize * layout.channels();
        let transparent = transparent_gray(reader.info());
        Ok(Self {
            reader,
            width: size.width,
            layout,
            transparent,
            line: budget.buffer(transparent.map_or(0, |_| stride))?,
            // Two rows of up to 16 bits, before and after the filter, and some slack.
            _rows: budget.reserve(stride as u64 * 6)?,
        })
    }

    /// The next row as it is stored.
    pub(super) fn next_row(&mut self, budget: &Budget) -> Result<&[u8]> {
        charge_row(self.width, self.layout, budget)?;
        match (self.reader.next_interlaced_row(), self.transparent) {
            (Ok(Some(row)), None) => Ok(row.data()),
            (Ok(Some(row)), Some(gray)) => Ok(set_transparent(gray, row.data(), &mut self.line)),
            (Ok(None), _) => Err(Error::malformed("the image data end early")),
            (Err(error), _) => Err(refused(error, budget.limits())),
        }
    }
}

/// The data of the first chunk of a kind before the image data.
pub(super) fn chunk<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = bytes.get(8..)?;
    while let Some((name, data, after)) = metadata::next_png_chunk(rest) {
        match name {
            _ if name == kind => return Some(data),
            b"IDAT" => break,
            _ => rest = after,
        }
    }
    None
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
        DecodingError::IoError(_) => {
            Error::malformed("the PNG ends early, or its image data have a wrong checksum")
        }
        // Its text contains Debug output, so it is not passed on.
        DecodingError::Format(_) => Error::malformed("the PNG is damaged"),
        DecodingError::Parameter(_) => {
            Error::internal("the PNG decoder was called with invalid parameters")
        }
    }
}
