//! JPEG (ITU-T T.81), decoded no further than an avatar needs.
//!
//! Nearly every avatar starts as a photo from a phone, a hundred times larger than itself. So this
//! decoder gets a *scale*, N/8 of the size, and a *region* of the scaled image, and leaves out
//! everything else as early as the format allows:
//!
//! ```text
//! JpegDecoder::open   markers   segments up to the first scan: frame, tables, Exif, ICC
//! JpegDecoder::memory scans     the list of all scans -> bytes that decoding them takes
//! JpegDecoder::rows   samples   the region -> MCUs, blocks and samples of each component
//!                     scans     one interleaved scan: a row of MCUs at a time, straight to samples
//!                               several scans: the needed ones -> coefficient stores -> samples
//!                     entropy   bits -> symbols -> coefficients of a block, or past them
//!                     samples   inverse DCT of eight blocks at once, upsampling, color, rows
//! ```
//!
//! Every marker is read once: up to the first scan by `open`, the rest by `memory` or `rows`. The
//! documentation of each folder lists its files. A folder imports only folders to its right, and there
//! are no import cycles:
//!
//! ```text
//! scans -> samples, entropy -> markers -> block
//! ```
//!
//! What is left out, at scale N/8:
//!
//! - *Frequencies.* The N x N lowest coefficients of a block become N x N samples. All others are
//!   skipped without being decoded, several at a time. Chroma that is sampled less densely is
//!   transformed to more points instead of being upsampled, if the avatar shows that much of it
//!   ([`samples`], `grid`).
//! - *Blocks.* Blocks outside the region are skipped. After the last row of the region, decoding
//!   stops. Restart intervals without a block of the region are not read at all.
//! - *Scans.* A scan that sends nothing needed is skipped by a search for the next marker. So are
//!   AC refinements below a bound on the error ([`scans`], `script`). At 8/8, every scan is decoded.
//!
//! Large baseline scans are not decoded code by code, but in two phases that the processor executes
//! faster ([`entropy`], `speculative`). The result is the same. Other threads may help with such a scan
//! ([`scans`], `single_scan`).
//!
//! Memory: for one interleaved scan, two rows of MCUs at the scaled size, and 0.6 MB for those two
//! phases, or 2 MB and the coefficients of three rows where other threads help. For several scans, the
//! kept coefficients of the region, 2 bytes each, and with refinements one word for each block; the plan
//! chooses a scale for which they fit into memory.
//!
//! # Damage
//!
//! Entropy-coded data has no checksum. After a code that cannot be valid, decoding goes on with the
//! next block, as in libjpeg: Huffman codes soon synchronize by themselves. Where the data ends
//! early, everything up to the next restart marker is left medium gray, or at the precision of the
//! scans before. [`DecodeReport::missing`] counts the pixels of the region that are damaged or
//! missing. A damaged segment before the first scan is an error; a later one ends the file.
//!
//! One loss does not count: the lowest bit of AC coefficients of a progressive file ([`scans`],
//! `script`).
//!
//! # Work
//!
//! Before a unit of a scan is decoded, its coefficients are charged to the budget: 64 for each
//! block, or as many as the band of the scan has, whether they are coded or not. Each costs at most
//! two look-ups. A search for a restart marker costs a unit for 16 bytes. So an image of one scan is
//! bounded by its size, and one of several scans by its size times the needed scans. The limit on scans
//! counts all of them, needed or not.

mod block;
mod entropy;
mod markers;
mod samples;
mod scans;
#[cfg(feature = "internals")]
pub(crate) mod stages;
#[cfg(test)]
mod tests;

use self::markers::{ColorTransform, JpegHeader, MarkerReader, ScanHeader};
use self::samples::{RowWriter, ScaledGrid};
pub(crate) use self::scans::EntropyPath;
use self::scans::single_scan::{self, SingleScan};
use self::scans::{DamageMap, ScanScript, multi_scan};
use super::header::{Header, IccProfile};
use super::metadata;
use super::rows::DecodeReport;
use crate::error::{Error, Result};
use crate::format::SourceFormat;
use crate::geometry::Size;
use crate::limits::{Budget, Limits};
use crate::pixels::{Layout, RowSink, SampleDepth, StatedColor};
use crate::plan::DecodeRequest;

/// Bytes of a subsequence of the speculative path.
#[cfg(any(test, feature = "internals"))]
pub(crate) const SUBSEQUENCE: usize = entropy::SUBSEQUENCE;

/// A JPEG whose segments up to the first scan are read.
pub(crate) struct JpegDecoder<'a> {
    header: JpegHeader<'a>,
    /// Positioned at the data of the first scan.
    reader: MarkerReader<'a>,
    path: EntropyPath,
    is_parallel: bool,
    /// The scans, once they are listed.
    scans: Option<Scans<'a>>,
}

enum Scans<'a> {
    /// A sequential frame's only scan, with every component.
    Single(SingleScan<'a>),
    Several(ScanScript<'a>),
}

impl<'a> JpegDecoder<'a> {
    /// Reads the segments up to the first scan.
    pub(crate) fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Header<'a>)> {
        let mut reader = MarkerReader::new(bytes)?;
        let header = JpegHeader::read(&mut reader, limits)?;
        let exif = header.metadata.exif_segments.iter().copied();
        let xmp = header.metadata.xmp_packets.iter().copied();
        let facts = Header {
            format: SourceFormat::Jpeg,
            size: header.frame.size,
            orientation: metadata::orientation(exif, xmp),
            halvable: false,
            layout: layout(header.color_transform),
            icc: header.metadata.icc_profile().map(IccProfile::chunks),
            depth: SampleDepth::Eight,
            stated: StatedColor::default(),
            out_of_order: false,
            band: 1,
        };
        let decoder = Self {
            header,
            reader,
            path: EntropyPath::default(),
            is_parallel: false,
            scans: None,
        };
        Ok((decoder, facts))
    }

    /// Decodes a single scan in this way, whatever its facts suggest.
    #[cfg(any(test, feature = "internals"))]
    pub(crate) fn force_path(&mut self, path: EntropyPath) {
        self.path = path;
    }

    /// Whether other threads may help. That changes nothing but the time.
    pub(crate) fn set_parallel(&mut self, is_parallel: bool) {
        self.is_parallel = is_parallel;
    }

    /// Bytes that [`rows`](Self::rows) holds at once for `request`: a few rows of a single scan, and the
    /// coefficients of several.
    pub(crate) fn memory(&mut self, request: &DecodeRequest, limits: &Limits) -> Result<u64> {
        let (header, scans) = self.scans(limits)?;
        let grid = ScaledGrid::new(&header.frame, request);
        let scans = match scans {
            Scans::Single(scan) => single_scan::memory(scan, &grid),
            Scans::Several(script) => multi_scan::memory(script, header, &grid),
        };
        Ok(scans + RowWriter::memory(&grid))
    }

    /// Decodes the requested region and sends its rows to `sink`, from top to bottom.
    pub(crate) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        check_request(self.header.frame.size, request)?;
        let is_parallel = self.is_parallel;
        let (header, scans) = self.scans(budget.limits())?;
        let grid = ScaledGrid::new(&header.frame, request);
        let mut damage = DamageMap::new(&grid, budget);
        let mut writer = RowWriter::new(&grid, header.color_transform, budget, sink)?;
        match scans {
            Scans::Single(scan) => {
                scan.is_parallel = is_parallel;
                single_scan::decode(scan, header, &grid, budget, &mut damage, &mut writer)?;
            }
            Scans::Several(script) => {
                multi_scan::decode(script, header, &grid, budget, &mut damage, &mut writer)?;
            }
        }
        Ok(DecodeReport {
            missing: damage.missing_pixels(),
        })
    }

    /// The header and the scans. They are listed once.
    fn scans(&mut self, limits: &Limits) -> Result<(&JpegHeader<'a>, &mut Scans<'a>)> {
        let header = &self.header;
        let scans = match &mut self.scans {
            Some(scans) => scans,
            empty => empty.insert(list_scans(header, self.reader, self.path, limits)?),
        };
        Ok((header, scans))
    }
}

/// `reader` is positioned at the data of the first scan.
fn list_scans<'a>(
    header: &JpegHeader<'a>,
    reader: MarkerReader<'a>,
    path: EntropyPath,
    limits: &Limits,
) -> Result<Scans<'a>> {
    let first = ScanHeader::parse(&header.first_scan, &header.frame)?;
    let is_interleaved = first.components.len() == header.frame.components.len();
    if header.frame.progressive || !is_interleaved {
        return ScanScript::read(header, first, reader, limits).map(Scans::Several);
    }
    Ok(Scans::Single(SingleScan {
        header: first,
        data: reader.remaining(),
        path,
        is_parallel: false,
    }))
}

/// The samples that pixels have after the color transform.
fn layout(transform: ColorTransform) -> Layout {
    match transform {
        ColorTransform::Gray => Layout::Gray,
        ColorTransform::Rgb | ColorTransform::YCbCr => Layout::Rgb,
        ColorTransform::Cmyk | ColorTransform::Ycck => Layout::Cmyk,
    }
}

fn check_request(size: Size, request: &DecodeRequest) -> Result<()> {
    let DecodeRequest { scale, region, .. } = *request;
    let scaled = size.scaled(scale);
    let is_inside = region.x0 < region.x1
        && region.y0 < region.y1
        && region.x1 <= scaled.width
        && region.y1 <= scaled.height;
    if matches!(scale, 1..=4 | 6 | 8) && is_inside {
        Ok(())
    } else {
        Err(Error::internal("a JPEG request is outside of the image"))
    }
}
