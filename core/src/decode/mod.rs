//! Sniff a file by its content, read its header, decode its rows.
//!
//! Every decoder hands over rows of 8-bit samples through the same seam, [`Row`], as they are
//! stored (not turned, not colour-converted). Only the JPEG decoder reduces on its own.

mod bmp;
mod exif;
mod gif;
pub(crate) mod jpeg;
mod png;
mod raw;
mod sniff;
mod webp;

pub use raw::Pixels;
pub(crate) use raw::read_header as pixels_header;
pub use sniff::SourceFormat;

use crate::error::{Error, Result};
use crate::geometry::{Orientation, Region, Size};
use crate::limits::{Budget, Limits};
use crate::pixels::Layout;

/// What a file says of itself before its first pixel.
#[derive(Debug)]
pub(crate) struct Header {
    pub format: SourceFormat,
    /// As stored.
    pub size: Size,
    pub orientation: Orientation,
    pub layout: Layout,
    pub icc: Option<Vec<u8>>,
    /// Whether rows come in another order than top to bottom, or in pieces.
    pub interlaced: bool,
    codec: Codec,
}

/// What a decoder remembers from the header.
#[derive(Debug)]
enum Codec {
    Jpeg,
    Png,
    Webp,
    Gif,
    Bmp,
    Pixels,
}

/// A row of decoded samples, or every `step`-th pixel of one.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    /// Its row in the image, at the scale that was asked for.
    pub y: u32,
    /// The column of its first pixel.
    pub x: u32,
    /// Columns from one pixel to the next.
    pub step: u32,
    /// Interleaved samples.
    pub samples: &'a [u8],
}

impl<'a> Row<'a> {
    fn whole(y: u32, samples: &'a [u8]) -> Self {
        Self {
            y,
            x: 0,
            step: 1,
            samples,
        }
    }
}

/// The longest ICC profile that is looked at, in bytes.
const MAX_ICC: usize = 4 << 20;

/// Takes decoded rows.
pub(crate) type Rows<'a> = dyn FnMut(Row<'_>) -> Result<()> + 'a;

impl Header {
    /// Whether the decoder can reduce in the DCT domain.
    pub(crate) fn scalable(&self) -> bool {
        matches!(self.codec, Codec::Jpeg)
    }
}

/// Recognises the format and reads the header. Allocates little, and nothing for pixels.
///
/// # Errors
///
/// `Unsupported` for a format that is not decoded here, naming it; `Malformed`; `LimitExceeded`.
pub(crate) fn read_header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    limits.check_input(bytes.len())?;
    let mut header = match sniff::sniff(bytes)? {
        SourceFormat::Jpeg => jpeg_header(bytes, limits),
        SourceFormat::Png => png::read_header(bytes, limits),
        SourceFormat::Webp => webp::read_header(bytes, limits),
        SourceFormat::Gif => gif::read_header(bytes, limits),
        SourceFormat::Bmp => bmp::read_header(bytes, limits),
        SourceFormat::Pixels => Err(Error::internal("pixels are not sniffed")),
    }?;
    if header.size.pixels() == 0 {
        return Err(Error::malformed("the image is empty"));
    }
    limits.check_size(header.size)?;
    header.icc = header.icc.filter(|icc| icc.len() <= MAX_ICC);
    Ok(header)
}

fn jpeg_header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    let (_, header) = jpeg::JpegDecoder::open(bytes, limits)?;
    Ok(Header {
        format: SourceFormat::Jpeg,
        size: header.size,
        orientation: header.orientation,
        layout: header.layout,
        icc: header.icc.map(|chunks| chunks.concat()),
        interlaced: false,
        codec: Codec::Jpeg,
    })
}

/// What to decode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// In eighths.
    pub scale: u8,
    /// In pixels of the scaled image.
    pub region: Region,
    /// Whether boxes of pixels will be averaged, so that the finest colour need not be there.
    pub averaged: bool,
}

/// Hands the rows that are wanted to `rows`; other rows may come too. Says whether any of it was
/// damaged and filled in.
pub(crate) fn decode(
    bytes: &[u8],
    header: &Header,
    wanted: &Wanted,
    budget: &Budget,
    rows: &mut Rows<'_>,
) -> Result<bool> {
    let region = wanted.region;
    match &header.codec {
        Codec::Jpeg => {
            let request = jpeg::DecodeRequest {
                scale: wanted.scale,
                chroma: if wanted.averaged {
                    jpeg::ChromaMode::AsStored
                } else {
                    jpeg::ChromaMode::Full
                },
                region,
            };
            let (mut decoder, _) = jpeg::JpegDecoder::open(bytes, budget.limits())?;
            return Ok(decoder.rows(&request, budget, rows)?.missing > 0);
        }
        Codec::Png => png::decode(bytes, region, budget, rows),
        Codec::Webp => webp::decode(bytes, budget, rows),
        Codec::Gif => gif::decode(bytes, region, budget, rows),
        Codec::Bmp => bmp::decode(bytes, budget, rows),
        Codec::Pixels => raw::decode(bytes, header, region, budget, rows),
    }?;
    Ok(false)
}

/// Charges the decoding of a row.
fn spend_row(size: Size, layout: Layout, budget: &Budget) -> Result<()> {
    budget.work(u64::from(size.width) * layout.channels() as u64)
}

/// Hands over the rows of an image that was decoded whole.
fn hand_over(samples: &[u8], size: Size, layout: Layout, rows: &mut Rows<'_>) -> Result<()> {
    let stride = size.width as usize * layout.channels();
    (0..)
        .zip(samples.chunks_exact(stride))
        .try_for_each(|(y, row)| rows(Row::whole(y, row)))
}

fn malformed(error: impl std::fmt::Display) -> Error {
    Error::malformed(error.to_string())
}
