//! PNG through the `png` crate, row by row. Of an APNG, the default image is decoded, unless a later
//! frame is chosen (`frames.rs`).
//!
//! # Damage
//!
//! An error where the image data end early or cannot be decompressed, and at the first chunk of image
//! data with a wrong checksum, if rows of the region depend on it. `damage.rs` decodes such a file
//! again, as far as it goes. Not damage, as in browsers: a wrong checksum of the decompressed data
//! alone, a wrong checksum in an ancillary chunk, which is ignored, and an end without IEND.

mod damage;
mod frames;
mod input;

use png::{BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Reader, Transformations};

use self::frames::PngFrames;
use self::input::PngInput;
use super::animation;
use super::canvas::ComposedFrame;
use super::header::{Header, IccProfile};
use super::metadata;
use super::rows::{DecodeReport, charge_row};
use crate::error::{Error, Feature, Limit, Result};
use crate::format::SourceFormat;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer, Limits, Reservation};
use crate::photo::Frame;
use crate::pixels::{Layout, Row, RowSink};
use crate::plan::DecodeRequest;

/// Upper bound on the allocations of the `png` crate for chunks and rows, in bytes.
const WORKING_MEMORY: u64 = 4 << 20;

type PngReader<'a> = Reader<PngInput<'a>>;

/// A PNG whose chunks before the image data are read.
pub(super) struct PngDecoder<'a> {
    bytes: &'a [u8],
    reader: PngReader<'a>,
    /// Upper bound on the allocations of the reader, in bytes.
    working_memory: u64,
    /// The chosen frame, if it is not the first.
    composed: Option<ComposedFrame>,
    /// Whether the file proved damaged and is decoded again.
    repairing: bool,
}

impl<'a> PngDecoder<'a> {
    pub(super) fn open(
        bytes: &'a [u8],
        frame: Frame,
        budget: &Budget,
    ) -> Result<(Self, Header<'a>)> {
        let limits = budget.limits();
        let working_memory = WORKING_MEMORY.min(limits.memory / 4);
        let reader = open(PngInput::new(bytes), Checks::On, working_memory, limits)?;
        let info = reader.info();
        let size = Size::new(info.width, info.height);
        let interlaced = info.interlaced;
        let mut composed = None;
        if let Some(animation) = info.animation_control() {
            limits.check_frames(animation.num_frames)?;
            limits.check_size(size)?;
            let mut frames = PngFrames::new(bytes, size, interlaced, working_memory);
            composed = animation::compose(&mut frames, size, frame, budget)?;
        } else {
            animation::check_still(frame)?;
        }
        let (stored, _) = layout(&reader)?;
        if matches!(stored, Layout::Gray | Layout::GrayAlpha) {
            composed = composed.map(ComposedFrame::into_gray);
        }
        // An sRGB chunk takes precedence over a profile (PNG 3rd ed., 4.3).
        let icc = icc_profile(bytes).filter(|_| info.srgb.is_none());
        let header = Header {
            format: SourceFormat::Png,
            size,
            orientation: metadata::png_orientation(bytes),
            layout: composed.as_ref().map_or(stored, |composed| composed.layout),
            icc,
            interlaced: composed.is_none() && interlaced,
        };
        let decoder = Self {
            bytes,
            reader,
            working_memory,
            composed,
            repairing: false,
        };
        Ok((decoder, header))
    }

    /// Lets `rows` send what can be decoded. Returns the layout then.
    pub(super) fn repair(&mut self) -> Option<Layout> {
        self.repairing = self.composed.is_none();
        let (color, _) = self.reader.output_color_type();
        let layout = match color {
            ColorType::Grayscale | ColorType::GrayscaleAlpha => Layout::GrayAlpha,
            _ => Layout::Rgba,
        };
        self.repairing.then_some(layout)
    }

    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        if let Some(composed) = &self.composed {
            return composed.rows(request.region, budget, sink);
        }
        let _working = budget.reserve(self.working_memory)?;
        if self.repairing {
            return damage::rows(self.bytes, self.working_memory, request, budget, sink);
        }
        if let Some(sound) = damage::sound_part(self.bytes) {
            self.reader = open(sound, Checks::On, self.working_memory, budget.limits())?;
        }
        let reader = &mut self.reader;
        let size = Size::new(reader.info().width, reader.info().height);
        let interlaced = reader.info().interlaced;
        let mut rows = PngRows::new(reader, size, budget)?;
        for (y, x, step) in positions(size, interlaced) {
            let samples = rows.next_row(budget)?;
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

/// The rows of an image of a reader, with 8 bits a sample.
struct PngRows<'r, 'a> {
    reader: &'r mut PngReader<'a>,
    width: u32,
    layout: Layout,
    /// Whether the stored samples have 16 bits.
    deep: bool,
    line: Buffer<u8>,
    _rows: Reservation,
}

impl<'r, 'a> PngRows<'r, 'a> {
    fn new(reader: &'r mut PngReader<'a>, size: Size, budget: &Budget) -> Result<Self> {
        let (layout, deep) = layout(reader)?;
        let stride = size.width as usize * layout.channels();
        Ok(Self {
            reader,
            width: size.width,
            layout,
            deep,
            line: budget.buffer(stride)?,
            // Two rows of up to 16 bits, before and after the filter, and some slack.
            _rows: budget.reserve(stride as u64 * 6)?,
        })
    }

    /// The next row as it is stored.
    fn next_row(&mut self, budget: &Budget) -> Result<&[u8]> {
        charge_row(self.width, self.layout, budget)?;
        match self.reader.next_interlaced_row() {
            Ok(Some(row)) if self.deep => Ok(eight_bits(row.data(), &mut self.line)),
            Ok(Some(row)) => Ok(row.data()),
            Ok(None) => Err(Error::malformed("the image data end early")),
            Err(error) => Err(refused(error, budget.limits())),
        }
    }
}

/// Whether checksums are verified, and a channel for alpha is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Checks {
    On,
    OffWithAlpha,
}

fn open<'a>(
    input: PngInput<'a>,
    checks: Checks,
    memory: u64,
    limits: &Limits,
) -> Result<PngReader<'a>> {
    let bytes = input.bytes();
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    options.set_ignore_crc(checks == Checks::OffWithAlpha);
    let mut decoder = Decoder::new_with_options(input, options);
    decoder.set_limits(png::Limits {
        bytes: memory as usize,
    });
    decoder.set_transformations(match checks {
        Checks::On => Transformations::EXPAND,
        Checks::OffWithAlpha => Transformations::EXPAND | Transformations::ALPHA,
    });
    decoder
        .read_info()
        .map_err(|error| refused_header(error, bytes, limits))
}

/// The layout of the expanded samples, and whether they have 16 bits.
fn layout(reader: &PngReader<'_>) -> Result<(Layout, bool)> {
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

/// Rounds 16-bit samples to 8 bits.
fn eight_bits<'a>(samples: &[u8], line: &'a mut [u8]) -> &'a [u8] {
    let pairs = samples.as_chunks::<2>().0;
    for (&pair, sample) in pairs.iter().zip(line.iter_mut()) {
        *sample = ((u32::from(u16::from_be_bytes(pair)) * 255 + 32_767) / 65_535) as u8;
    }
    &line[..pairs.len().min(line.len())]
}

/// The data of the first chunk of a kind.
fn chunk<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = bytes.get(8..)?;
    while let Some((name, data, after)) = metadata::next_png_chunk(rest) {
        if name == kind {
            return Some(data);
        }
        rest = after;
    }
    None
}

/// The profile in the iCCP chunk (PNG 3rd ed., 11.3.2.3): a name, a zero byte, the compression
/// method 0, a zlib stream.
fn icc_profile(bytes: &[u8]) -> Option<IccProfile<'_>> {
    let data = chunk(bytes, b"iCCP")?;
    let name = data.iter().take(80).position(|&byte| byte == 0)?;
    match data.get(name + 1..)?.split_first()? {
        (0, stream) if name > 0 => Some(IccProfile::Compressed(stream)),
        _ => None,
    }
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

#[cfg(test)]
mod tests;
