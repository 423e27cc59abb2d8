//! Recognizes a file by its content, reads its header, decodes its rows.
//!
//! Every decoder sends rows of samples to a [`RowSink`], as they are stored (not oriented, not
//! color-converted). They have 8 bits; those of a PNG of 16 bits have 16 ([`Header::depth`]). Only the
//! JPEG decoder reduces on its own.

#[cfg(feature = "animation")]
mod animated;
mod animation;
mod bmp;
mod canvas;
mod exif;
mod find;
mod gif;
mod header;
#[cfg(any(feature = "heic", feature = "avif"))]
mod heif;
pub(crate) mod jpeg;
mod metadata;
mod pixels;
mod png;
mod rows;
mod sniff;
mod webp;
mod xmp;

#[cfg(feature = "animation")]
use std::time::Duration;

pub(crate) use header::Header;

use self::header::MAX_ICC;
use self::rows::DecodeReport;
use crate::error::{Error, Result};
use crate::format::SourceFormat;
use crate::limits::{Budget, Limits};
use crate::photo::{Frame, Photo};
use crate::pixels::RowSink;
#[cfg(feature = "animation")]
use crate::pixels::SampleDepth;
use crate::plan::DecodeRequest;

/// A photo whose header is read, ready to decode. The file is parsed once: the reader that read
/// the header is the one that decodes.
pub(crate) struct Decoder<'a> {
    header: Header<'a>,
    codec: FormatDecoder<'a>,
}

enum FormatDecoder<'a> {
    Jpeg(Box<jpeg::JpegDecoder<'a>>),
    Png(Box<png::PngDecoder<'a>>),
    Webp(Box<webp::WebpDecoder<'a>>),
    Gif(Box<gif::GifDecoder<'a>>),
    Bmp(Box<bmp::BmpDecoder<'a>>),
    #[cfg(any(feature = "heic", feature = "avif"))]
    Heif(Box<heif::HeifDecoder<'a>>),
    Pixels(pixels::PixelsDecoder<'a>),
    #[cfg(feature = "animation")]
    Animated(Box<animated::AnimatedDecoder<'a>>),
}

impl<'a> Decoder<'a> {
    /// Recognizes the format and reads the header. Allocates little, and nothing for pixels, unless the
    /// chosen frame of an animation needs a canvas: that is drawn at once.
    ///
    /// # Errors
    ///
    /// `Unsupported` for a format that is not decoded here, naming it; `Malformed`;
    /// `LimitExceeded`; `InvalidOptions` if the photo does not have `frame`.
    pub(crate) fn open(photo: Photo<'a>, frame: Frame, budget: &Budget) -> Result<Self> {
        let limits = budget.limits();
        let (codec, mut header) = match photo {
            Photo::File(bytes) => open_file(bytes, frame, budget)?,
            Photo::Pixels(pixels) => {
                animation::check_still(frame)?;
                let (decoder, header) = pixels::PixelsDecoder::open(pixels, limits)?;
                (FormatDecoder::Pixels(decoder), header)
            }
        };
        if header.size.pixels() == 0 {
            return Err(Error::malformed("the image is empty").in_file(header.format));
        }
        limits.check_size(header.size)?;
        header.icc = header.icc.filter(|icc| icc.stored_len() <= MAX_ICC);
        Ok(Self { header, codec })
    }

    /// The facts that the header gives.
    pub(crate) fn header(&self) -> &Header<'a> {
        &self.header
    }

    /// Prepares another decoding of a file that proved damaged, in which what is missing becomes
    /// transparent. `false` if that changes nothing.
    pub(crate) fn repair(&mut self) -> bool {
        let layout = match &mut self.codec {
            FormatDecoder::Gif(decoder) => decoder.repair(),
            FormatDecoder::Webp(decoder) => decoder.repair(),
            FormatDecoder::Png(decoder) => {
                // Interlaced rows are put together first.
                self.header.out_of_order = false;
                decoder.repair()
            }
            _ => None,
        };
        self.header.layout = layout.unwrap_or(self.header.layout);
        layout.is_some()
    }

    /// Whether other threads may help. That changes nothing but the time.
    pub(crate) fn set_parallel(&mut self, is_parallel: bool) {
        match &mut self.codec {
            FormatDecoder::Jpeg(decoder) => decoder.set_parallel(is_parallel),
            FormatDecoder::Webp(decoder) => decoder.set_parallel(is_parallel),
            _ => {}
        }
    }

    /// Bytes that [`rows`](Self::rows) holds at once for `request`, if that is known in advance.
    pub(crate) fn memory(
        &mut self,
        request: &DecodeRequest,
        limits: &Limits,
    ) -> Result<Option<u64>> {
        match &mut self.codec {
            FormatDecoder::Jpeg(decoder) => {
                let memory = decoder.memory(request, limits).map(Some);
                memory.map_err(|error| error.in_file(SourceFormat::Jpeg))
            }
            _ => Ok(None),
        }
    }

    /// Decodes and sends every row of the requested region to `sink`; other rows may come too.
    pub(crate) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let report = match &mut self.codec {
            FormatDecoder::Jpeg(decoder) => decoder.rows(request, budget, sink),
            FormatDecoder::Png(decoder) => decoder.rows(request, budget, sink),
            FormatDecoder::Webp(decoder) => decoder.rows(request, budget, sink),
            FormatDecoder::Gif(decoder) => decoder.rows(request, budget, sink),
            FormatDecoder::Bmp(decoder) => decoder.rows(request, budget, sink),
            #[cfg(any(feature = "heic", feature = "avif"))]
            FormatDecoder::Heif(decoder) => decoder.rows(request, budget, sink),
            FormatDecoder::Pixels(decoder) => decoder.rows(request, budget, sink),
            #[cfg(feature = "animation")]
            FormatDecoder::Animated(decoder) => decoder.rows(request.region, budget, sink),
        };
        report.map_err(|error| error.in_file(self.header.format))
    }
}

#[cfg(feature = "animation")]
impl<'a> Decoder<'a> {
    /// A decoder of every frame: [`rows`](Self::rows) sends those of the frame that
    /// [`next_frame`](Self::next_frame) has drawn. `None` if the photo has one frame.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and `LimitExceeded` for a long animation.
    pub(crate) fn open_animation(photo: Photo<'a>, budget: &Budget) -> Result<Option<Self>> {
        let Photo::File(bytes) = photo else {
            return Ok(None);
        };
        let Some((mut reader, canvas)) = open_frames(bytes, budget)? else {
            return Ok(None);
        };
        if !animated::check_frames(&mut *reader, canvas, budget.limits())? {
            return Ok(None);
        }
        let Self { mut header, .. } = Self::open(photo, Frame::First, budget)?;
        header.layout = animated::drawn_layout(header.layout);
        header.depth = SampleDepth::Eight;
        header.halvable = false;
        header.out_of_order = false;
        // The frames from the first one on.
        let Some((reader, canvas)) = open_frames(bytes, budget)? else {
            return Ok(None);
        };
        let decoder = animated::AnimatedDecoder::new(reader, canvas, header.layout, budget)?;
        let codec = FormatDecoder::Animated(Box::new(decoder));
        Ok(Some(Self { header, codec }))
    }

    /// Draws the next frame, and returns how long it is shown.
    pub(crate) fn next_frame(&mut self, budget: &Budget) -> Result<Option<Duration>> {
        let FormatDecoder::Animated(decoder) = &mut self.codec else {
            return Ok(None);
        };
        let drawn = decoder.next_frame(budget);
        drawn.map_err(|error| error.in_file(self.header.format))
    }

    /// How many times the animation plays; 0 means without end. Known after the last frame.
    pub(crate) fn plays(&self) -> u16 {
        match &self.codec {
            FormatDecoder::Animated(decoder) => decoder.plays(),
            _ => 1,
        }
    }
}

/// `None` if the file is no animation.
#[cfg(feature = "animation")]
fn open_frames<'a>(
    bytes: &'a [u8],
    budget: &Budget,
) -> Result<Option<animation::OpenedFrames<'a>>> {
    match sniff::sniff(bytes)? {
        SourceFormat::Gif => gif::GifDecoder::frames(bytes).map(Some),
        SourceFormat::Png => png::PngDecoder::frames(bytes, budget),
        SourceFormat::Webp => webp::WebpDecoder::frames(bytes),
        _ => Ok(None),
    }
}

fn open_file<'a>(
    bytes: &'a [u8],
    frame: Frame,
    budget: &Budget,
) -> Result<(FormatDecoder<'a>, Header<'a>)> {
    budget.limits().check_input(bytes.len())?;
    let format = sniff::sniff(bytes)?;
    open_format(format, bytes, frame, budget).map_err(|error| error.in_file(format))
}

fn open_format<'a>(
    format: SourceFormat,
    bytes: &'a [u8],
    frame: Frame,
    budget: &Budget,
) -> Result<(FormatDecoder<'a>, Header<'a>)> {
    let limits = budget.limits();
    Ok(match format {
        SourceFormat::Jpeg => {
            animation::check_still(frame)?;
            let (decoder, header) = jpeg::JpegDecoder::open(bytes, limits)?;
            (FormatDecoder::Jpeg(Box::new(decoder)), header)
        }
        SourceFormat::Png => {
            let (decoder, header) = png::PngDecoder::open(bytes, frame, budget)?;
            (FormatDecoder::Png(Box::new(decoder)), header)
        }
        SourceFormat::Webp => {
            let (decoder, header) = webp::WebpDecoder::open(bytes, frame, budget)?;
            (FormatDecoder::Webp(Box::new(decoder)), header)
        }
        SourceFormat::Gif => {
            let (decoder, header) = gif::GifDecoder::open(bytes, frame, budget)?;
            (FormatDecoder::Gif(Box::new(decoder)), header)
        }
        SourceFormat::Bmp => {
            animation::check_still(frame)?;
            let (decoder, header) = bmp::BmpDecoder::open(bytes, limits)?;
            (FormatDecoder::Bmp(Box::new(decoder)), header)
        }
        #[cfg(any(feature = "heic", feature = "avif"))]
        SourceFormat::Heic | SourceFormat::Avif => {
            animation::check_still(frame)?;
            let (decoder, header) = heif::HeifDecoder::open(bytes, budget)?;
            (FormatDecoder::Heif(Box::new(decoder)), header)
        }
        #[cfg(not(any(feature = "heic", feature = "avif")))]
        SourceFormat::Heic | SourceFormat::Avif => return Err(Error::internal("no decoder")),
        SourceFormat::Pixels => return Err(Error::internal("pixels are not in a file")),
    })
}

/// The orientation of bytes read as an Exif block, an XMP packet, a PNG and a WebP, for `internals`.
#[cfg(feature = "internals")]
pub(crate) fn orientations(bytes: &[u8]) -> [crate::geometry::Orientation; 4] {
    [
        metadata::orientation([bytes], None),
        metadata::orientation(None, [bytes]),
        metadata::png_orientation(bytes),
        metadata::webp_orientation(bytes),
    ]
}
