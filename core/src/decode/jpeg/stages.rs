//! Single stages on their own, for the benchmarks.

use super::bits::Bits;
use super::frame::{Component, Frame};
use super::grid::Grid;
use super::idct::Dequantiser;
use super::marker::Segment;
use super::scan::{ScanHeader, ScanTables, Walk};
use super::sequential::Coder;
use super::strip::Strip;
use super::tiles::{LANES, Layout, Tiles};
use super::ycbcr::{self, Transform};
use super::{Header, read_header};
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};
use crate::plan::{ChromaMode, DecodeRequest};
use crate::simd;

/// A file of one interleaved scan, up to that scan.
pub(crate) struct Scan<'a> {
    header: Header,
    scan: ScanHeader,
    data: &'a [u8],
}

impl<'a> Scan<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self> {
        let header = read_header(bytes, &Limits::default())?;
        let segment = Segment::next(bytes, header.first_scan)?;
        let segment = segment.ok_or_else(|| Error::internal("no scan"))?;
        let scan = ScanHeader::read(&segment, bytes, &header.frame)?;
        if header.tables.restart_interval > 0
            || scan.components.len() < header.frame.components.len()
        {
            return Err(Error::internal("restart intervals, or several scans"));
        }
        let data = bytes.get(segment.end()..).unwrap_or_default();
        Ok(Self { header, scan, data })
    }

    /// Reads the scan's bits, 56 at a time. Returns how often.
    pub(crate) fn unstuff(&self) -> u64 {
        simd::fastest(
            #[inline(always)]
            || {
                let mut bits = Bits::new(self.data);
                let mut reads = 0;
                while !bits.overran() {
                    bits.discard(56);
                    reads += 1;
                }
                reads
            },
        )
    }

    /// Reads every block's coefficients as far as `scale` needs them; a scan without restart
    /// intervals. Returns how many blocks.
    pub(crate) fn entropy(&self, scale: u8) -> Result<u64> {
        let size = self.header.frame.mcus();
        let whole = self.header.size.scaled(scale);
        let grid = Grid::new(&self.header.frame, &request(scale, whole));
        let tables = ScanTables::new(&self.scan, &self.header.tables, false, size)?;
        let mut components = Vec::new();
        for (index, listed) in self.scan.components.iter().enumerate() {
            let plane = &grid.planes[listed.component];
            let (layout, blocks) = (Layout::new(plane.points), plane.h * plane.v);
            components.push((tables.coder(index)?, layout, blocks));
        }
        let mut walk = Walk::new(self.data, size, 0, grid.mcus);
        simd::fastest(
            #[inline(always)]
            || units(&mut walk.bits, &mut components, size.pixels()),
        )
        .ok_or_else(|| Error::malformed("damaged"))
    }
}

fn request(scale: u8, whole: Size) -> DecodeRequest {
    DecodeRequest {
        scale,
        chroma: ChromaMode::Full,
        region: Region::whole(whole),
    }
}

#[inline(always)]
fn units(
    bits: &mut Bits<'_>,
    components: &mut [(Coder<'_>, Layout, u32)],
    count: u64,
) -> Option<u64> {
    let mut cursor = *bits;
    let mut block = [0; 64 * LANES];
    let mut blocks = 0;
    for _ in 0..count {
        for (coder, layout, each) in components.iter_mut() {
            for _ in 0..*each {
                coder.block(&mut cursor, layout, &mut block)?;
                blocks += 1;
            }
        }
    }
    *bits = cursor;
    Some(blocks)
}

/// A row of blocks to transform.
pub(crate) struct Blocks {
    tiles: Tiles,
    strip: Strip,
    dequantiser: Dequantiser,
}

impl Blocks {
    /// `count` blocks, at scale `n`/8.
    pub(crate) fn new(n: u8, count: u32) -> Result<Self> {
        let budget = Budget::new(&Limits::default());
        let component = Component {
            id: 1,
            h: 1,
            v: 1,
            quantisation: 0,
        };
        let frame = Frame {
            size: Size::new(8 * count, 8),
            progressive: false,
            components: vec![component],
            h_max: 1,
            v_max: 1,
        };
        let samples = Size::new(u32::from(n) * count, n.into());
        let grid = Grid::new(&frame, &request(n, samples));
        let plane = &grid.planes[0];
        let mut tiles = Tiles::new(plane.blocks, plane.points, &budget)?;
        for x in 0..count {
            let block = tiles.inside(x, 0).iter_mut().step_by(LANES);
            for (value, k) in block.take(usize::from(n * n)).zip(1..) {
                *value = 200 / k - (x % 40) as i16;
            }
        }
        Ok(Self {
            tiles,
            strip: Strip::new(plane, &budget)?,
            dequantiser: Dequantiser::new(plane.points, &[3; 64], &[0; 64]),
        })
    }

    pub(crate) fn transform(&mut self) {
        self.strip.take(&self.tiles, 0, &self.dequantiser);
    }
}

/// YCbCr to RGB, as many pixels as `planes` has samples each.
pub(crate) fn colour(planes: [&[u8]; 3], out: &mut [u8]) {
    let [y, cb, cr] = planes;
    simd::fastest(
        #[inline(always)]
        || ycbcr::interleave(Transform::Ycc, [y, cb, cr, &[]], out),
    );
}
