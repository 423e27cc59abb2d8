//! WebP through the `image-webp` crate, which decodes the whole image at once. Of an animation, the
//! first frame is decoded, unless a later one is chosen (`frames.rs`).
//!
//! The crate does not decode a damaged image at all, so such a file is refused even where damage is
//! accepted.

mod frames;
mod reader;

use self::frames::WebpFrames;
use self::reader::{WebpReader, layout, open, read_image, size};
use super::animation;
use super::canvas::ComposedFrame;
use super::header::{Header, IccProfile};
use super::metadata;
use super::rows::{DecodeReport, send_rows};
use crate::error::Result;
use crate::format::SourceFormat;
use crate::limits::Budget;
use crate::photo::Frame;
use crate::pixels::{RowSink, SampleDepth, StatedColor};
use crate::plan::DecodeRequest;

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
            depth: SampleDepth::Eight,
            stated: StatedColor::default(),
            out_of_order: false,
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
