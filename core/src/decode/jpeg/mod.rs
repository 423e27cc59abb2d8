//! JPEG (ITU-T T.81), decoded no further than an avatar needs.
//!
//! Nearly every avatar starts as a photo from a phone, a hundred times larger than itself. So this
//! decoder is asked for a *scale*, N/8 of the size, and a *region* of the scaled image, and leaves
//! out everything else as early as the format allows:
//!
//! ```text
//! marker       segments: frame, tables, Exif, ICC                      read_header
//! grid         the region -> MCUs, blocks, samples of each component   decode
//! scan         units in order; restart intervals: read, passed, lost
//!   bits       stuffed bytes -> bits
//!   huffman    bits -> symbols, or past as many as possible at once
//! sequential   one interleaved scan: a row of MCUs at a time, straight to samples
//! script       several scans: which of them matter
//! progressive  those scans -> store, the kept coefficients of the region's blocks
//!   band       a scan of AC coefficients
//! tiles        eight blocks' coefficients, side by side
//! idct         N x N coefficients -> N x N samples, in a strip of two rows of MCUs
//! upsample     what is left of a component's sampling ratio
//! ycbcr        components -> pixels
//! output       a row of pixels to the caller, as soon as it is complete
//! ```
//!
//! What is left out, at scale N/8:
//!
//! - *Frequencies.* The N x N lowest coefficients of a block become N x N samples; all others are
//!   passed without being decoded, where the format allows several at a time. Chroma that is
//!   sampled less densely is transformed to more points instead of being upsampled ([`grid`]).
//! - *Places.* Blocks outside the region are passed; after its last row, decoding stops. Restart
//!   intervals without a block of the region are not read at all.
//! - *Scans.* A scan that brings nothing needed is passed by a search for the next marker, and so
//!   are AC refinements below a bound on the error that [`script`] states. At 8/8, all is read.
//!
//! What remains in memory: for one interleaved scan, two rows of MCUs at the scaled size; for
//! several, the kept coefficients of the region, 2 bytes each, and with refinements one word a block.
//!
//! # Damage
//!
//! Entropy-coded data has no checksum. Whatever cannot be decoded is left medium gray (or at the
//! precision it had) up to the next restart marker, and [`DecodeReport::missing`] says so if it lay in
//! the region. A damaged segment is an error.
//!
//! # Work
//!
//! Before a unit of a scan is read, its coefficients are charged to the budget, 64 a block or as
//! many as the scan's band has, coded or not; each costs a look-up at most. An image of one scan
//! is so bounded by its size alone, one of several by its size times the scans that matter. Scans
//! are counted, read or not.

mod band;
mod bits;
mod frame;
mod grid;
mod huffman;
mod idct;
mod marker;
mod output;
mod progressive;
mod scan;
mod script;
mod sequential;
#[cfg(feature = "internals")]
pub(crate) mod stages;
mod store;
mod strip;
#[cfg(test)]
mod tests;
mod tiles;
mod upsample;
mod ycbcr;

use std::ops::Range;

use self::frame::Frame;
use self::grid::Grid;
use self::marker::{Segment, Tables};
use self::output::Output;
use self::scan::ScanHeader;
use self::ycbcr::Transform;
use super::exif;
use super::header::{Header as FileHeader, IccProfile};
use super::rows::{DecodeReport, Row as ImageRow, RowSink};
use super::sniff::SourceFormat;
use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::limits::{Budget, Limits};
use crate::pixels::Layout;
use crate::plan::DecodeRequest;

/// What the markers up to the first scan say.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) size: Size,
    pub(crate) color: Color,
    pub(crate) progressive: bool,
    /// The TIFF block of the first Exif segment.
    pub(crate) exif: Option<Range<usize>>,
    /// The payloads of the APP2 segments with an ICC profile.
    pub(crate) icc: Vec<Range<usize>>,
    frame: Frame,
    tables: Tables,
    transform: Transform,
    /// Where the first SOS marker stands.
    first_scan: usize,
}

/// What the samples of a row are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    Gray,
    Rgb,
    /// 255 is full ink.
    Cmyk,
}

/// One row of the region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// Which row of the scaled image.
    pub(crate) y: u32,
    /// 1, 3 or 4 samples for each of the region's columns.
    pub(crate) samples: &'a [u8],
}

/// A JPEG whose segments up to the first scan are read.
pub(crate) struct JpegDecoder<'a> {
    bytes: &'a [u8],
    header: Header,
}

impl<'a> JpegDecoder<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, FileHeader<'a>)> {
        let header = read_header(bytes, limits)?;
        let exif = header.exif.clone().and_then(|range| bytes.get(range));
        let icc = marker::icc_chunks(bytes, &header.icc);
        let file_header = FileHeader {
            format: SourceFormat::Jpeg,
            size: header.size,
            orientation: exif.map(exif::orientation).unwrap_or_default(),
            layout: match header.color {
                Color::Gray => Layout::Gray,
                Color::Rgb => Layout::Rgb,
                Color::Cmyk => Layout::Cmyk,
            },
            icc: icc.map(IccProfile::chunks),
            interlaced: false,
        };
        Ok((Self { bytes, header }, file_header))
    }

    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let mut place = |row: Row<'_>| {
            sink(ImageRow {
                y: row.y,
                x: request.region.x0,
                step: 1,
                samples: row.samples,
            })
        };
        decode(self.bytes, &self.header, request, budget, &mut place)
    }
}

/// Reads the segments up to the first scan.
pub(crate) fn read_header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    marker::read(bytes, limits)
}

/// Decodes the requested region and hands it over row by row, from top to bottom.
pub(crate) fn decode(
    bytes: &[u8],
    header: &Header,
    request: &DecodeRequest,
    budget: &Budget,
    rows: &mut dyn FnMut(Row<'_>) -> Result<()>,
) -> Result<DecodeReport> {
    check(header, request)?;
    let grid = Grid::new(&header.frame, request);
    let mut output = Output::new(&grid, header.transform, budget, rows)?;
    let segment = Segment::next(bytes, header.first_scan)?;
    let segment = segment.ok_or_else(|| Error::internal("the header is of another file"))?;
    let scan = ScanHeader::read(&segment, bytes, &header.frame)?;
    let single = scan.components.len() == header.frame.components.len();
    let missing = if single && !header.progressive {
        let data = bytes.get(segment.end()..).unwrap_or_default();
        sequential::decode(data, header, &scan, &grid, budget, &mut output)?
    } else {
        progressive::decode(bytes, header, &grid, budget, &mut output)?
    };
    let missing = u64::from(missing);
    Ok(DecodeReport { missing })
}

fn check(header: &Header, request: &DecodeRequest) -> Result<()> {
    let DecodeRequest { scale, region, .. } = *request;
    let scaled = header.size.scaled(scale);
    let inside = region.x0 < region.x1
        && region.y0 < region.y1
        && region.x1 <= scaled.width
        && region.y1 <= scaled.height;
    if matches!(scale, 1..=4 | 6 | 8) && inside {
        Ok(())
    } else {
        Err(Error::internal("a JPEG was to be decoded beyond its edges"))
    }
}
