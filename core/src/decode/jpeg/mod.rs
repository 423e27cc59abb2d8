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
//!   sampled less densely is transformed to more points instead of being upsampled ([`samples::grid`]).
//! - *Places.* Blocks outside the region are passed; after its last row, decoding stops. Restart
//!   intervals without a block of the region are not read at all.
//! - *Scans.* A scan that brings nothing needed is passed by a search for the next marker, and so
//!   are AC refinements below a bound on the error that [`scans::script`] states. At 8/8, all is read.
//!
//! What remains in memory: for one interleaved scan, two rows of MCUs at the scaled size; for
//! several, the kept coefficients of the region, 2 bytes each, and with refinements one word a block.
//!
//! # Damage
//!
//! Entropy-coded data has no checksum. Whatever cannot be decoded is left medium gray (or at the
//! precision it had) up to the next restart marker, and [`Report::missing`] says so if it lay in
//! the region. A damaged segment is an error.
//!
//! # Work
//!
//! Before a unit of a scan is read, its coefficients are charged to the budget, 64 a block or as
//! many as the scan's band has, coded or not; each costs a look-up at most. An image of one scan
//! is so bounded by its size alone, one of several by its size times the scans that matter. Scans
//! are counted, read or not.

mod entropy;
mod markers;
mod samples;
mod scans;
#[cfg(feature = "internals")]
pub(crate) mod stages;
#[cfg(test)]
mod tests;

use std::ops::Range;

use self::markers::frame::Frame;
use self::markers::segment::{Segment, Tables};
use self::samples::color::Transform;
use self::samples::grid::Grid;
use self::samples::row_writer::Output;
use self::scans::walk::ScanHeader;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};

/// What the markers up to the first scan say.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) size: Size,
    pub(crate) color: Color,
    pub(crate) progressive: bool,
    /// The TIFF block of the first Exif segment.
    pub(crate) exif: Option<Range<usize>>,
    /// The ICC profile, put together from its chunks.
    pub(crate) icc: Option<Vec<u8>>,
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

/// What to decode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// N of N/8: 1, 2, 3, 4, 6 or 8. The scaled image has ceil(width N/8) x ceil(height N/8) pixels.
    pub(crate) scale: u8,
    pub(crate) chroma: Chroma,
    /// Pixels of the scaled image.
    pub(crate) region: Region,
}

/// How components with fewer samples are brought to the image's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chroma {
    /// By transforms of more points, where their blocks hold them: every detail that the file has.
    Full,
    /// By interpolation: less to decode and to store, for an image that is averaged afterwards.
    AsStored,
}

/// One row of the region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    /// Which row of the scaled image.
    pub(crate) y: u32,
    /// 1, 3 or 4 samples for each of the region's columns.
    pub(crate) samples: &'a [u8],
}

/// What decoding found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// Something inside the region was damaged or absent, and was filled in.
    pub(crate) missing: bool,
}

/// Reads the segments up to the first scan.
pub(crate) fn read_header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    markers::segment::read(bytes, limits)
}

/// Decodes the requested region and hands it over row by row, from top to bottom.
pub(crate) fn decode(
    bytes: &[u8],
    header: &Header,
    request: &Request,
    budget: &Budget,
    rows: &mut dyn FnMut(Row<'_>) -> Result<()>,
) -> Result<Report> {
    check(header, request)?;
    let grid = Grid::new(&header.frame, request);
    let mut output = Output::new(&grid, header.transform, budget, rows)?;
    let segment = Segment::next(bytes, header.first_scan)?;
    let segment = segment.ok_or_else(|| Error::internal("the header is of another file"))?;
    let scan = ScanHeader::read(&segment, bytes, &header.frame)?;
    let single = scan.components.len() == header.frame.components.len();
    let missing = if single && !header.progressive {
        let data = bytes.get(segment.end()..).unwrap_or_default();
        scans::single_scan::decode(data, header, &scan, &grid, budget, &mut output)?
    } else {
        scans::multi_scan::decode(bytes, header, &grid, budget, &mut output)?
    };
    Ok(Report { missing })
}

fn check(header: &Header, request: &Request) -> Result<()> {
    let Request { scale, region, .. } = *request;
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
