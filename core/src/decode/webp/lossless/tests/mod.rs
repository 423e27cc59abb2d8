//! Tests of whole images. `image-webp` is the independent decoder.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod codes;
mod corpus;
mod damage;
mod images;
pub(super) mod writer;

use super::{LosslessHeader, decode};
use crate::error::Result;
use crate::geometry::Region;
use crate::limits::{Budget, Limits};
use crate::pixels::Row;
use crate::plan::DecodeRequest;

/// A decoded region. Not `Debug`: a failure would print all samples.
#[derive(PartialEq, Eq)]
struct Decoded {
    samples: Vec<u8>,
    missing: u64,
}

fn decode_with(chunk: &[u8], region: Option<Region>, budget: &Budget) -> Result<Decoded> {
    let header = LosslessHeader::parse(chunk)?;
    let request = DecodeRequest::full_size(region.unwrap_or(Region::whole(header.size)));
    let mut samples = Vec::new();
    let mut sink = |row: Row<'_>| {
        samples.extend_from_slice(row.samples);
        Ok(())
    };
    let missing = decode(&header, &request, budget, &mut sink)?;
    Ok(Decoded { samples, missing })
}

fn decode_whole(chunk: &[u8]) -> Result<Decoded> {
    decode_with(chunk, None, &Budget::new(&Limits::default()))
}

/// The image by `image-webp`.
fn reference(chunk: &[u8]) -> Option<Vec<u8>> {
    let mut file = b"RIFF\0\0\0\0WEBPVP8L".to_vec();
    file.extend((chunk.len() as u32).to_le_bytes());
    file.extend(chunk);
    file.resize(file.len().next_multiple_of(2), 0);
    let riff = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&riff.to_le_bytes());
    reference_of_file(&file)
}

fn reference_of_file(file: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(file)).ok()?;
    let mut samples = vec![0; decoder.output_buffer_size()?];
    decoder.read_image(&mut samples).ok()?;
    Some(samples)
}
