//! Tests of the decoder against a slow oracle, `djpeg`, and hostile files.
//!
//! - [`oracle`]: T.81's pseudocode as a program. It is compared with `djpeg` itself.
//! - [`writer`]: JPEGs of any frame and scan structure from random samples.
//! - [`corpus`]: the shared folder of real files. Without it, its tests say so and pass.
//! - [`full`], [`scaled`], [`region`], [`instruction_sets`]: sound files.
//! - [`speculative`]: both paths through the entropy-coded data of a single scan, and its threads.
//! - [`memory`]: the bytes that several scans take.
//! - [`segments`], [`truncated`], [`bit_errors`], [`hostile`]: unusual and damaged files.

mod bit_errors;
mod cmyk;
mod corpus;
mod full;
mod hostile;
mod instruction_sets;
mod memory;
mod oracle;
mod region;
mod scaled;
mod segments;
mod speculative;
mod truncated;
mod writer;

use jpeg_encoder::SamplingFactor;

use super::{EntropyPath, JpegDecoder};
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};
use crate::pixels::Row;
use crate::plan::{ChromaMode, DecodeRequest};

const SAMPLING_FACTORS: [SamplingFactor; 6] = [
    SamplingFactor::F_1_1,
    SamplingFactor::F_2_1,
    SamplingFactor::F_1_2,
    SamplingFactor::F_2_2,
    SamplingFactor::F_4_1,
    SamplingFactor::F_4_2,
];

/// A decoded part of an image at some scale.
#[derive(PartialEq)]
struct DecodedRegion {
    region: Region,
    channels: usize,
    samples: Vec<u8>,
    missing: u64,
}

/// Decodes the whole image at N/8.
fn decode_whole(bytes: &[u8], scale: u8) -> Result<DecodedRegion> {
    decode_whole_within(bytes, scale, &Limits::default())
}

fn decode_whole_within(bytes: &[u8], scale: u8, limits: &Limits) -> Result<DecodedRegion> {
    let request = whole(size(bytes, limits)?, scale, ChromaMode::Full);
    decode_region(bytes, request, limits)
}

fn decode_at(bytes: &[u8], scale: u8, chroma: ChromaMode) -> Result<DecodedRegion> {
    let limits = Limits::default();
    let request = whole(size(bytes, &limits)?, scale, chroma);
    decode_region(bytes, request, &limits)
}

fn size(bytes: &[u8], limits: &Limits) -> Result<Size> {
    JpegDecoder::open(bytes, limits).map(|(_, header)| header.size)
}

fn whole(size: Size, scale: u8, chroma: ChromaMode) -> DecodeRequest {
    DecodeRequest {
        scale,
        shrink: 1,
        chroma,
        region: Region::whole(size.scaled(scale)),
    }
}

/// Decodes a part of the image. Panics unless exactly the requested rows come, in order.
fn decode_region(bytes: &[u8], request: DecodeRequest, limits: &Limits) -> Result<DecodedRegion> {
    decode_by(EntropyPath::ByFacts, bytes, request, limits)
}

/// As [`decode_region`], by this path through a single scan.
fn decode_by(
    path: EntropyPath,
    bytes: &[u8],
    request: DecodeRequest,
    limits: &Limits,
) -> Result<DecodedRegion> {
    decode_with(path, false, bytes, request, limits)
}

/// As [`decode_by`]; other threads may help if `is_parallel`.
fn decode_with(
    path: EntropyPath,
    is_parallel: bool,
    bytes: &[u8],
    request: DecodeRequest,
    limits: &Limits,
) -> Result<DecodedRegion> {
    let (region, budget) = (request.region, Budget::new(limits));
    let (mut samples, mut next, mut length) = (Vec::new(), region.y0, None);
    let mut keep = |row: Row<'_>| {
        assert_eq!((row.y, row.x, row.step), (next, region.x0, 1));
        assert_eq!(*length.get_or_insert(row.samples.len()), row.samples.len());
        next += 1;
        samples.extend_from_slice(row.samples);
        Ok(())
    };
    let (mut decoder, _) = JpegDecoder::open(bytes, limits)?;
    decoder.force_path(path);
    decoder.set_parallel(is_parallel);
    let report = decoder.rows(&request, &budget, &mut keep)?;
    assert_eq!(next, region.y1, "the last row came");
    let pixels = region.size().pixels() as usize;
    let channels = samples.len() / pixels;
    assert_eq!(channels * pixels, samples.len());
    assert!(report.missing <= pixels as u64);
    Ok(DecodedRegion {
        region,
        channels,
        samples,
        missing: report.missing,
    })
}

/// The differences between samples and their expected values.
#[derive(Clone, Copy, Debug, Default)]
struct Distance {
    largest: f64,
    sum: f64,
    squares: f64,
    count: usize,
}

impl Distance {
    fn add(&mut self, found: f64, expected: f64) {
        let distance = (found - expected).abs();
        self.largest = self.largest.max(distance);
        self.sum += distance;
        self.squares += distance * distance;
        self.count += 1;
    }

    fn rms(&self) -> f64 {
        (self.squares / self.count.max(1) as f64).sqrt()
    }

    fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }
}
