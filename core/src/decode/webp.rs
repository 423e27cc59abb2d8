//! WebP through the `image-webp` crate, which decodes the whole image at once. Of an animation, the
//! first frame is decoded, unless a later one is chosen (`frames.rs`).
//!
//! The crate decodes a damaged image not at all, so such a file is refused even where damage is
//! accepted.

mod frames;

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use self::frames::WebpFrames;
use super::animation;
use super::canvas::ComposedFrame;
use super::header::{Header, IccProfile};
use super::metadata;
use super::rows::{DecodeReport, send_rows};
use crate::error::{Error, Feature, Limit, Result};
use crate::format::SourceFormat;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer, Limits};
use crate::photo::Frame;
use crate::pixels::{Layout, RowSink};
use crate::plan::DecodeRequest;

type WebpReader<'a> = WebPDecoder<Cursor<&'a [u8]>>;

/// A WebP whose chunks are listed.
pub(super) struct WebpDecoder<'a> {
    reader: WebpReader<'a>,
    /// Bytes of the file.
    length: usize,
    /// The chosen frame, if it is not the first.
    composed: Option<ComposedFrame>,
}

impl<'a> WebpDecoder<'a> {
    pub(super) fn open(
        bytes: &'a [u8],
        frame: Frame,
        budget: &Budget,
    ) -> Result<(Self, Header<'a>)> {
        let limits = budget.limits();
        let reader = open(bytes, limits)?;
        let mut composed = None;
        if reader.is_animated() {
            limits.check_frames(reader.num_frames())?;
            let mut frames = WebpFrames::new(bytes);
            composed = animation::compose(&mut frames, size(&reader), frame, budget)?;
        } else {
            animation::check_still(frame)?;
        }
        let header = Header {
            format: SourceFormat::Webp,
            size: size(&reader),
            orientation: metadata::webp_orientation(bytes),
            layout: composed
                .as_ref()
                .map_or(layout(&reader), |composed| composed.layout),
            icc: icc_profile(bytes),
            interlaced: false,
        };
        let decoder = Self {
            reader,
            length: bytes.len(),
            composed,
        };
        Ok((decoder, header))
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
        let image = read_image(&mut self.reader, self.length, budget)?;
        send_rows(&image, size(&self.reader), layout(&self.reader), sink)?;
        Ok(DecodeReport::default())
    }
}

/// All samples. `file` is its length in bytes.
fn read_image(reader: &mut WebpReader<'_>, file: usize, budget: &Budget) -> Result<Buffer<u8>> {
    let (size, layout) = (size(reader), layout(reader));
    let samples = size.pixels() * layout.channels() as u64;
    budget.work(samples)?;
    let mut image = budget.buffer::<u8>(usize::try_from(samples).unwrap_or(usize::MAX))?;
    let _working = budget.reserve(working_memory(reader, size, file))?;
    let read = reader.read_image(&mut image);
    read.map_err(|error| refused(&error, budget.limits()))?;
    Ok(image)
}

fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<WebpReader<'a>> {
    WebPDecoder::new(Cursor::new(bytes)).map_err(|error| refused(&error, limits))
}

/// The size in pixels. `image-webp` 0.2 reads a side of 16,384 pixels as 0.
fn size(reader: &WebpReader<'_>) -> Size {
    let side = |length: u32| if length == 0 { 16_384 } else { length };
    let (width, height) = reader.dimensions();
    Size::new(side(width), side(height))
}

fn layout(reader: &WebpReader<'_>) -> Layout {
    if reader.has_alpha() {
        Layout::Rgba
    } else {
        Layout::Rgb
    }
}

/// Allocations of `image-webp` 0.2 besides the image that it is given, in bytes.
fn working_memory(reader: &mut WebpReader<'_>, size: Size, file: usize) -> u64 {
    let whole_blocks = (u64::from(size.width) + 16) * (u64::from(size.height) + 16);
    let planes = whole_blocks * 3 / 2;
    let pixel_words = size.pixels() * 4;
    let frame = match (reader.is_animated(), reader.is_lossy()) {
        // Canvas, frame, and the frame's planes.
        (true, _) => 2 * pixel_words + planes,
        (false, true) if reader.has_alpha() => planes + size.pixels(),
        (false, true) => planes,
        // Decoded with alpha, which is then dropped.
        (false, false) if reader.has_alpha() => 0,
        (false, false) => pixel_words,
    };
    frame + file as u64 + (1 << 20)
}

/// The first ICCP chunk of the extended format (WebP container specification, "Color Profile").
fn icc_profile(bytes: &[u8]) -> Option<IccProfile<'_>> {
    // 12 bytes of RIFF header. Only the extended format has metadata.
    let mut rest = bytes.get(12..)?;
    if !rest.starts_with(b"VP8X") {
        return None;
    }
    while let Some((kind, data, after)) = metadata::next_riff_chunk(rest) {
        if kind == b"ICCP" {
            return Some(IccProfile::whole(data));
        }
        rest = after;
    }
    None
}

fn refused(error: &DecodingError, limits: &Limits) -> Error {
    match error {
        DecodingError::IoError(_) => Error::malformed("the WebP ends early"),
        DecodingError::UnsupportedFeature(_)
        | DecodingError::VersionNumberInvalid(_)
        | DecodingError::ColorSpaceInvalid(_) => Error::unsupported(
            Feature::Webp,
            "a WebP with an unknown version or color space is not supported; save it as PNG or JPEG",
        ),
        DecodingError::ImageTooLarge | DecodingError::MemoryLimitExceeded => {
            let allowed = limits.memory;
            Error::limit(Limit::Memory, allowed.saturating_add(1), allowed)
        }
        DecodingError::InvalidParameter(_) => {
            Error::internal("the WebP decoder was called with invalid parameters")
        }
        DecodingError::ChunkMissing => Error::malformed("a chunk of the WebP is missing"),
        DecodingError::InconsistentImageSizes
        | DecodingError::AlphaChunkSizeMismatch
        | DecodingError::FrameOutsideImage => {
            Error::malformed("the sizes in the WebP contradict each other")
        }
        _ => Error::malformed("the WebP is damaged"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let mut chunk = kind.to_vec();
        chunk.extend((data.len() as u32).to_le_bytes());
        chunk.extend(data);
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    }

    #[test]
    fn a_profile_is_found_behind_other_chunks() {
        let chunks = [
            chunk(b"VP8X", &[0; 10]),
            chunk(b"odd ", b"abc"),
            chunk(b"ICCP", b"profile"),
        ];
        let file = [&b"RIFF\0\0\0\0WEBP"[..], &chunks.concat()].concat();
        let budget = Budget::new(&Limits::default());
        let profile = icc_profile(&file).unwrap().read(&budget).unwrap();
        assert_eq!(profile[..], *b"profile");
    }

    #[test]
    fn a_profile_that_the_file_cuts_off_is_ignored() {
        let chunks = [chunk(b"VP8X", &[0; 10]), chunk(b"ICCP", b"profile!")];
        let file = [&b"RIFF\0\0\0\0WEBP"[..], &chunks.concat()].concat();
        assert!(icc_profile(&file[..file.len() - 1]).is_none());
    }
}
