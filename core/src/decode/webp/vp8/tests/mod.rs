//! Tests of whole frames. `image-webp` is the independent decoder.

mod alpha;
mod corpus;
mod damage;
mod frames;
mod halved;
#[cfg(feature = "parallel")]
mod threads;
pub(super) mod writer;

use std::cell::Cell;

use super::{AlphaDecoder, FrameTag, decode};
use crate::error::Result;
use crate::geometry::Region;
use crate::limits::{Budget, Limits};
use crate::pixels::Row;
use crate::plan::{ChromaMode, DecodeRequest};

/// A decoded region. Not `Debug`: a failure would print all samples.
#[derive(PartialEq, Eq)]
struct Decoded {
    /// RGBA with alpha.
    rgb: Vec<u8>,
    missing: u64,
}

thread_local! {
    /// Whether frames of this thread are decoded with helpers.
    static IS_PARALLEL: Cell<bool> = const { Cell::new(false) };
}

fn decode_region(frame: &[u8], region: Region, chroma: ChromaMode) -> Result<Decoded> {
    let request = DecodeRequest {
        chroma,
        ..DecodeRequest::full_size(region)
    };
    decode_request(frame, &request)
}

/// All of the frame at half its size.
fn decode_halved(frame: &[u8]) -> Result<Decoded> {
    let size = FrameTag::parse(frame)?.size.scaled(4);
    let request = DecodeRequest {
        scale: 4,
        ..DecodeRequest::full_size(Region::whole(size))
    };
    decode_request(frame, &request)
}

fn decode_request(frame: &[u8], request: &DecodeRequest) -> Result<Decoded> {
    decode_with(frame, None, request)
}

fn decode_with(
    frame: &[u8],
    alpha: Option<&mut AlphaDecoder<'_>>,
    request: &DecodeRequest,
) -> Result<Decoded> {
    let mut rgb = Vec::new();
    let mut sink = |row: Row<'_>| {
        rgb.extend_from_slice(row.samples);
        Ok(())
    };
    let budget = Budget::new(&Limits::default());
    let missing = decode(
        &FrameTag::parse(frame)?,
        alpha,
        request,
        IS_PARALLEL.get(),
        &budget,
        &mut sink,
    )?;
    Ok(Decoded { rgb, missing })
}

fn decode_whole(frame: &[u8]) -> Result<Decoded> {
    let size = FrameTag::parse(frame)?.size;
    decode_region(frame, Region::whole(size), ChromaMode::Full)
}

/// RGB by `image-webp`.
fn reference(frame: &[u8]) -> Option<Vec<u8>> {
    let mut file = b"RIFF\0\0\0\0WEBPVP8 ".to_vec();
    file.extend((frame.len() as u32).to_le_bytes());
    file.extend(frame);
    file.resize(file.len().next_multiple_of(2), 0);
    let riff = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&riff.to_le_bytes());
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(file)).ok()?;
    let mut rgb = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut rgb).ok()?;
    Some(rgb)
}

/// A generator of pseudorandom numbers.
struct Random(u32);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) % bound
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }
}
