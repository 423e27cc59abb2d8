//! PNG through the `png` crate, row by row. Of an APNG, the default image is decoded.
//!
//! The chunks about color are read here, as libpng does: they count before the palette and the image
//! data only, and the first valid one of a kind counts. [`color`](crate::color) decides which of
//! them describes the samples.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use png::{
    BitDepth, ColorType, DecodeOptions, Decoder, DecodingError, Info, Reader, Transformations,
};

use super::header::{Header, IccProfile};
use super::metadata;
use super::rows::{DecodeReport, charge_row};
use crate::error::{Error, Feature, Limit, Result};
use crate::format::SourceFormat;
use crate::geometry::Size;
use crate::limits::{Budget, Limits};
use crate::pixels::{Layout, Row, RowSink, SampleDepth, StatedColor};
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

/// A file without a part of it.
#[derive(Clone, Copy)]
struct SplicedFile<'a> {
    before: &'a [u8],
    after: &'a [u8],
}

impl<'a> SplicedFile<'a> {
    /// Without a cICP chunk before the palette: the `png` crate refuses the whole file for one that
    /// it does not understand, and has no use for the others.
    fn without_cicp(bytes: &'a [u8]) -> Self {
        let whole = Self {
            before: bytes,
            after: &[],
        };
        for (kind, _, at, rest) in early_chunks(bytes) {
            if kind == b"cICP" {
                let (before, after) = (&bytes[..at], rest);
                return Self { before, after };
            }
        }
        whole
    }
}

impl Read for SplicedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let length = available.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for SplicedFile<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.before.is_empty() {
            self.before = std::mem::take(&mut self.after);
        }
        Ok(self.before)
    }

    fn consume(&mut self, amount: usize) {
        self.before = self.before.get(amount..).unwrap_or_default();
    }
}

/// The `png` crate requires it, but never seeks.
impl Seek for SplicedFile<'_> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
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

/// The expanded gray that tRNS makes transparent, if the `png` crate does not do it itself.
///
/// Some writers store 255 for the white of 1 bit. Only the bits of a sample count (PNG 3rd ed.,
/// 11.3.1.1), but the crate compares all of them.
fn transparent_gray(info: &Info<'_>) -> Option<u8> {
    let largest = match (info.color_type, info.bit_depth) {
        (ColorType::Grayscale, BitDepth::One) => 1,
        (ColorType::Grayscale, BitDepth::Two) => 3,
        (ColorType::Grayscale, BitDepth::Four) => 15,
        _ => return None,
    };
    let gray = *info.trns.as_ref()?.first()?;
    (gray > largest).then_some((gray & largest) * (255 / largest))
}

/// The row of gray and alpha with no alpha where it is `gray`.
fn set_transparent<'a>(gray: u8, row: &[u8], line: &'a mut [u8]) -> &'a [u8] {
    let line = &mut line[..row.len()];
    line.copy_from_slice(row);
    for [v, alpha] in line.as_chunks_mut().0 {
        if *v == gray {
            *alpha = 0;
        }
    }
    line
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

/// The chunks about color.
#[derive(Default)]
struct ColorChunks<'a> {
    icc: Option<IccProfile<'a>>,
    stated: StatedColor,
}

impl<'a> ColorChunks<'a> {
    /// PNG 3rd ed., 11.3.2.
    fn read(bytes: &'a [u8]) -> Self {
        let mut color = Self::default();
        let stated = &mut color.stated;
        for (kind, data, ..) in early_chunks(bytes) {
            match kind {
                b"cICP" => stated.cicp = stated.cicp.or(data.try_into().ok()),
                b"iCCP" => color.icc = color.icc.take().or_else(|| icc_profile(data)),
                // The rendering intent.
                b"sRGB" => stated.srgb |= matches!(data, [0..=3]),
                b"gAMA" => stated.gamma = stated.gamma.or(numbers(data).map(|[gamma]| gamma)),
                b"cHRM" => {
                    let points = numbers(data);
                    let points =
                        points.map(|[a, b, c, d, e, f, g, h]| [[a, b], [c, d], [e, f], [g, h]]);
                    stated.chromaticities = stated.chromaticities.or(points);
                }
                _ => {}
            }
        }
        color
    }
}

/// The chunks before the palette and the image data: kind, data, offset in the file, and the file
/// from the next chunk on.
fn early_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8], usize, &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let offset = bytes.len() - rest.len();
        let (kind, data, after) = metadata::next_png_chunk(rest)?;
        rest = after;
        (kind != b"PLTE" && kind != b"IDAT").then_some((kind, data, offset, after))
    })
}

/// The data of a chunk that is N numbers and nothing else.
fn numbers<const N: usize>(data: &[u8]) -> Option<[u32; N]> {
    let numbers: &[[u8; 4]; N] = data.as_chunks().0.try_into().ok()?;
    (data.len() == 4 * N).then_some(numbers.map(u32::from_be_bytes))
}

/// The profile in an iCCP chunk (PNG 3rd ed., 11.3.2.3): a name, a zero byte, the compression
/// method 0, a zlib stream.
fn icc_profile(data: &[u8]) -> Option<IccProfile<'_>> {
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
        DecodingError::IoError(_) => Error::malformed("the PNG ends early"),
        // Its text contains Debug output, so it is not passed on.
        DecodingError::Format(_) => Error::malformed("the PNG is damaged"),
        DecodingError::Parameter(_) => {
            Error::internal("the PNG decoder was called with invalid parameters")
        }
    }
}
