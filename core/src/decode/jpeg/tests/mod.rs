//! What proves the decoder right: a slow oracle, `djpeg`, and files that mean harm.
//!
//! - [`oracle`]: T.81 as pseudocode that runs. It is itself judged by `djpeg`.
//! - [`writer`]: JPEGs of any frame and scan structure from random samples.
//! - [`corpus`]: the shared folder of other people's files; absent, its tests say so and pass.
//! - [`full`], [`scaled`], [`region`], [`hostile`]: the tests.

mod corpus;
mod full;
mod hostile;
mod instruction_sets;
mod oracle;
mod region;
mod scaled;
mod writer;

use super::{Header, Row, decode, read_header};
use crate::error::Result;
use crate::geometry::Region;
use crate::limits::{Budget, Limits};
use crate::plan::{ChromaMode, DecodeRequest};

/// What the decoder made of a file at some scale, in some region.
#[derive(PartialEq)]
struct Decoded {
    region: Region,
    channels: usize,
    samples: Vec<u8>,
    missing: bool,
}

/// The whole image at N/8.
fn decode_whole(bytes: &[u8], scale: u8) -> Result<Decoded> {
    decode_whole_within(bytes, scale, &Limits::default())
}

fn decode_whole_within(bytes: &[u8], scale: u8, limits: &Limits) -> Result<Decoded> {
    let header = read_header(bytes, limits)?;
    let request = whole(&header, scale, ChromaMode::Full);
    decode_region(bytes, &header, request, limits)
}

fn decode_at(bytes: &[u8], scale: u8, chroma: ChromaMode) -> Result<Decoded> {
    let limits = Limits::default();
    let header = read_header(bytes, &limits)?;
    let request = whole(&header, scale, chroma);
    decode_region(bytes, &header, request, &limits)
}

fn whole(header: &Header, scale: u8, chroma: ChromaMode) -> DecodeRequest {
    DecodeRequest {
        scale,
        chroma,
        region: Region::whole(header.size.scaled(scale)),
    }
}

/// A part of the image. Panics where the rows are not the ones that were asked for.
fn decode_region(
    bytes: &[u8],
    header: &Header,
    request: DecodeRequest,
    limits: &Limits,
) -> Result<Decoded> {
    let (region, budget) = (request.region, Budget::new(limits));
    let (mut samples, mut next, mut length) = (Vec::new(), region.y0, None);
    let mut keep = |row: Row<'_>| {
        assert_eq!(row.y, next, "rows come in order, none left out");
        assert_eq!(*length.get_or_insert(row.samples.len()), row.samples.len());
        next += 1;
        samples.extend_from_slice(row.samples);
        Ok(())
    };
    let report = decode(bytes, header, &request, &budget, &mut keep)?;
    assert_eq!(next, region.y1, "the last row came");
    let pixels = region.size().pixels() as usize;
    let channels = samples.len() / pixels;
    assert_eq!(channels * pixels, samples.len());
    Ok(Decoded {
        region,
        channels,
        samples,
        missing: report.missing > 0,
    })
}

/// How far samples are from where they should be.
#[derive(Clone, Copy, Debug, Default)]
struct Distance {
    most: f64,
    sum: f64,
    squares: f64,
    count: usize,
}

impl Distance {
    fn add(&mut self, found: f64, wanted: f64) {
        let distance = (found - wanted).abs();
        self.most = self.most.max(distance);
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
