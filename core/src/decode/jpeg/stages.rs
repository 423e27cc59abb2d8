//! Single stages of the decoder, for the benchmarks.

use super::block::{BlockLayout, BlockSize, LANES};
use super::entropy::{BitReader, BlockDecoder};
use super::markers::{
    ColorTransform, FrameComponent, FrameHeader, JpegHeader, MarkerReader, ScanHeader,
};
use super::samples::{CoefficientTiles, Dequantizer, SampleStrip, ScaledGrid, convert_row};
use super::scans::ScanTables;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};
use crate::plan::{ChromaMode, DecodeRequest};
use crate::simd;

/// The only scan of a file, with every component.
pub(crate) struct WholeScan<'a> {
    header: JpegHeader<'a>,
    scan: ScanHeader,
    data: &'a [u8],
}

impl<'a> WholeScan<'a> {
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = MarkerReader::new(bytes)?;
        let header = JpegHeader::read(&mut reader, &Limits::default())?;
        let scan = ScanHeader::parse(&header.first_scan, &header.frame)?;
        let single = scan.components.len() == header.frame.components.len();
        if header.tables.restart_interval > 0 || !single {
            return Err(Error::internal("restart intervals or several scans"));
        }
        let data = reader.remaining();
        Ok(Self { header, scan, data })
    }

    /// Reads the bits of the scan, 56 at a time. Returns the number of reads.
    pub(crate) fn read_bits(&self) -> u64 {
        simd::dispatch(
            #[inline(always)]
            || {
                let mut bits = BitReader::new(self.data);
                let mut reads = 0;
                while !bits.is_past_end() {
                    bits.skip_bits(56);
                    reads += 1;
                }
                reads
            },
        )
    }

    /// Decodes the coefficients of every block that `scale` keeps. Returns the number of blocks.
    pub(crate) fn decode_blocks(&self, scale: u8) -> Result<u64> {
        let mcus = self.header.frame.mcus();
        let whole = self.header.frame.size.scaled(scale);
        let grid = ScaledGrid::new(&self.header.frame, &request(scale, whole));
        let tables = ScanTables::new(&self.scan, &self.header.tables, false, mcus)?;
        let mut components = Vec::new();
        for (index, component) in self.scan.components.iter().enumerate() {
            let grid = &grid.components[component.index];
            components.push(ComponentBlocks {
                decoder: tables.block_decoder(index)?,
                layout: BlockLayout::new(grid.block_size),
                per_mcu: grid.h * grid.v,
            });
        }
        simd::dispatch(
            #[inline(always)]
            || decode_mcus(BitReader::new(self.data), &mut components, mcus.pixels()),
        )
        .ok_or_else(|| Error::malformed("damaged"))
    }
}

/// One component's blocks of an MCU.
struct ComponentBlocks<'a> {
    decoder: BlockDecoder<'a>,
    layout: BlockLayout,
    per_mcu: u32,
}

fn request(scale: u8, whole: Size) -> DecodeRequest {
    DecodeRequest {
        scale,
        shrink: 1,
        chroma: ChromaMode::Full,
        region: Region::whole(whole),
    }
}

#[inline(always)]
fn decode_mcus(
    mut bits: BitReader<'_>,
    components: &mut [ComponentBlocks<'_>],
    count: u64,
) -> Option<u64> {
    let mut block = [0; 64 * LANES];
    let mut blocks = 0;
    for _ in 0..count {
        for component in components.iter_mut() {
            for _ in 0..component.per_mcu {
                let layout = &component.layout;
                component.decoder.decode(&mut bits, layout, &mut block)?;
                blocks += 1;
            }
        }
    }
    Some(blocks)
}

/// A row of blocks to transform.
pub(crate) struct BlockRow {
    tiles: CoefficientTiles,
    strip: SampleStrip,
    dequantizer: Dequantizer,
}

impl BlockRow {
    /// `count` blocks at scale `n`/8.
    pub(crate) fn new(n: u8, count: u32) -> Result<Self> {
        let budget = Budget::new(&Limits::default());
        let samples = Size::new(u32::from(n) * count, n.into());
        let grid = ScaledGrid::new(&gray_frame(count), &request(n, samples));
        let component = &grid.components[0];
        let size = component.block_size;
        let mut tiles = CoefficientTiles::new(component.blocks, size, &budget)?;
        for x in 0..count {
            let block = tiles.block_mut(x, 0).iter_mut().step_by(LANES);
            for (coefficient, k) in block.take(BlockSize::area(size)).zip(1..) {
                *coefficient = 200 / k - (x % 40) as i16;
            }
        }
        Ok(Self {
            tiles,
            strip: SampleStrip::new(component, &budget)?,
            dequantizer: Dequantizer::new(size, &[3; 64], &[0; 64]),
        })
    }

    pub(crate) fn transform(&mut self) {
        self.strip.transform(&self.tiles, 0, &self.dequantizer);
    }
}

/// A frame of one component with one row of `blocks` blocks.
fn gray_frame(blocks: u32) -> FrameHeader {
    FrameHeader {
        size: Size::new(8 * blocks, 8),
        progressive: false,
        components: vec![FrameComponent {
            id: 1,
            h: 1,
            v: 1,
            quant_slot: 0,
        }],
        h_max: 1,
        v_max: 1,
    }
}

/// Converts YCbCr to RGB, as many pixels as each component has samples.
pub(crate) fn convert_ycbcr([y, cb, cr]: [&[u8]; 3], out: &mut [u8]) {
    simd::dispatch(
        #[inline(always)]
        || convert_row(ColorTransform::YCbCr, [y, cb, cr, &[]], out),
    );
}
