//! One scan of several, decoded into the coefficient stores.

use super::coefficients::CoefficientStore;
use super::huffman_tables::ScanTables;
use super::walk::ScanSpan;
use crate::decode::jpeg::block::BlockLayout;
use crate::decode::jpeg::entropy::{BandDecoder, BitReader, BlockDecoder};
use crate::decode::jpeg::markers::ScanHeader;
use crate::decode::jpeg::samples::ScaledGrid;
use crate::error::Result;
use crate::simd;

/// One scan while it is decoded.
pub(crate) struct ScanPass<'a> {
    scan: &'a ScanHeader,
    components: Vec<UnitComponent>,
    procedure: DecodingProcedure<'a>,
}

/// One component's blocks of a unit.
struct UnitComponent {
    /// The index of the component in the frame.
    index: usize,
    /// Blocks of this component in a unit, across and down.
    h: u32,
    v: u32,
}

enum DecodingProcedure<'a> {
    /// F.2.2: whole blocks.
    Sequential(Vec<BlockDecoder<'a>>),
    /// G.1.2.1: DC coefficients without their lowest Al bits.
    DcFirst(Vec<BlockDecoder<'a>>),
    /// G.1.2.1: one more bit of each DC coefficient.
    DcRefinement,
    /// G.1.2.2.
    AcFirst(BandDecoder<'a>),
    /// G.1.2.3.
    AcRefinement(BandDecoder<'a>),
}

impl<'a> ScanPass<'a> {
    pub(crate) fn new(
        scan: &'a ScanHeader,
        tables: &'a ScanTables,
        progressive: bool,
        grid: &ScaledGrid,
    ) -> Result<Self> {
        let interleaved = scan.components.len() > 1;
        let components = scan.components.iter().map(|component| {
            let grid = &grid.components[component.index];
            UnitComponent {
                index: component.index,
                h: if interleaved { grid.h } else { 1 },
                v: if interleaved { grid.v } else { 1 },
            }
        });
        Ok(Self {
            scan,
            components: components.collect(),
            procedure: DecodingProcedure::new(scan, tables, progressive)?,
        })
    }

    /// Coefficients that this scan has of each unit.
    pub(crate) fn coefficients_per_unit(&self) -> u64 {
        let blocks: u32 = self.components.iter().map(|c| c.h * c.v).sum();
        u64::from(blocks) * u64::from(self.scan.spectral_mask().count_ones())
    }

    /// Resets predictions and end-of-band runs, at the start of a restart interval.
    pub(crate) fn reset(&mut self) {
        match &mut self.procedure {
            DecodingProcedure::Sequential(decoders) | DecodingProcedure::DcFirst(decoders) => {
                decoders.iter_mut().for_each(BlockDecoder::reset);
            }
            DecodingProcedure::AcFirst(band) | DecodingProcedure::AcRefinement(band) => {
                band.reset();
            }
            DecodingProcedure::DcRefinement => {}
        }
    }

    /// Decodes the units of `span` into the stores. Returns the first that is damaged or past the
    /// end of the data, or the end of the span.
    pub(crate) fn decode_span(
        &mut self,
        stores: &mut [CoefficientStore],
        bits: &mut BitReader<'_>,
        span: ScanSpan,
    ) -> u32 {
        simd::dispatch(
            #[inline(always)]
            || self.decode_units(stores, bits, span),
        )
    }

    #[inline(always)]
    fn decode_units(
        &mut self,
        stores: &mut [CoefficientStore],
        bits: &mut BitReader<'_>,
        span: ScanSpan,
    ) -> u32 {
        // A copy of the reader stays in registers over the whole span.
        let mut cursor = *bits;
        let low = self.scan.approx_low;
        let units = SpanUnits {
            components: &self.components,
            span,
        };
        let reached = match &mut self.procedure {
            DecodingProcedure::Sequential(decoders) => units.decode_blocks(
                stores,
                &mut cursor,
                #[inline(always)]
                |index, bits, layout, block| {
                    decode_sequential(&mut decoders[index], bits, layout, block)
                },
            ),
            DecodingProcedure::DcFirst(decoders) => units.decode_blocks(
                stores,
                &mut cursor,
                #[inline(always)]
                |index, bits, _, block| decode_dc_first(&mut decoders[index], bits, block, low),
            ),
            DecodingProcedure::DcRefinement => units.refine_dc(stores, &mut cursor, low),
            DecodingProcedure::AcFirst(band) => {
                let store = &mut stores[self.components[0].index];
                decode_ac_first(band, &mut cursor, store, span)
            }
            DecodingProcedure::AcRefinement(band) => {
                let store = &mut stores[self.components[0].index];
                refine_ac(band, &mut cursor, store, span)
            }
        };
        *bits = cursor;
        reached
    }
}

impl<'a> DecodingProcedure<'a> {
    fn new(scan: &ScanHeader, tables: &'a ScanTables, progressive: bool) -> Result<Self> {
        let block_decoders = || {
            let decoders = (0..scan.components.len()).map(|index| tables.block_decoder(index));
            decoders.collect::<Result<_>>()
        };
        let band_decoder = || Ok(BandDecoder::new(scan, tables.ac(0)?));
        match (progressive, scan.spectral_start, scan.is_refinement()) {
            (false, _, _) => block_decoders().map(Self::Sequential),
            (true, 0, false) => block_decoders().map(Self::DcFirst),
            (true, 0, true) => Ok(Self::DcRefinement),
            (true, _, false) => band_decoder().map(Self::AcFirst),
            (true, _, true) => band_decoder().map(Self::AcRefinement),
        }
    }
}

/// The units of a span of a scan that may interleave components.
struct SpanUnits<'a> {
    components: &'a [UnitComponent],
    span: ScanSpan,
}

impl SpanUnits<'_> {
    /// Decodes every block of every unit in order. Calls `decode` with the index of the component
    /// in the scan and the place of the coefficients, which is empty for a block that is not
    /// needed. Returns as [`ScanPass::decode_span`]. A unit past the end of the data is left without
    /// coefficients.
    #[inline(always)]
    fn decode_blocks(
        &self,
        stores: &mut [CoefficientStore],
        bits: &mut BitReader<'_>,
        mut decode: impl FnMut(usize, &mut BitReader<'_>, &BlockLayout, &mut [i16]) -> Option<()>,
    ) -> u32 {
        for unit in self.span.x0..self.span.x1 {
            let mut sound = true;
            for (index, component) in self.components.iter().enumerate() {
                let CoefficientStore { tiles, layout, .. } = &mut stores[component.index];
                for y in self.span.y * component.v..(self.span.y + 1) * component.v {
                    for x in unit * component.h..(unit + 1) * component.h {
                        let block = if self.span.needed {
                            tiles.block_mut(x, y)
                        } else {
                            &mut []
                        };
                        sound &= decode(index, bits, layout, block).is_some();
                    }
                }
            }
            if bits.is_past_end() {
                self.zero_unit(stores, unit);
                return unit;
            }
            if !sound {
                return unit;
            }
        }
        self.span.x1
    }

    /// Reads one more bit of each DC coefficient (G.1.2.1). Returns as
    /// [`decode_blocks`](Self::decode_blocks), but a unit past the end keeps its coefficients.
    #[inline(always)]
    fn refine_dc(
        &self,
        stores: &mut [CoefficientStore],
        bits: &mut BitReader<'_>,
        low: u32,
    ) -> u32 {
        for unit in self.span.x0..self.span.x1 {
            for component in self.components {
                let tiles = &mut stores[component.index].tiles;
                for y in self.span.y * component.v..(self.span.y + 1) * component.v {
                    // One refill is enough for a row: H is at most 4.
                    bits.refill();
                    for x in unit * component.h..(unit + 1) * component.h {
                        let bit = bits.receive(1);
                        if self.span.needed
                            && let Some(dc) = tiles.block_mut(x, y).first_mut()
                        {
                            *dc |= (bit << low) as i16;
                        }
                    }
                }
            }
            // Bits after the end of the data read as 0 and change nothing.
            if bits.is_past_end() {
                return unit;
            }
        }
        self.span.x1
    }

    #[cold]
    fn zero_unit(&self, stores: &mut [CoefficientStore], unit: u32) {
        for component in self.components.iter().filter(|_| self.span.needed) {
            for y in self.span.y * component.v..(self.span.y + 1) * component.v {
                for x in unit * component.h..(unit + 1) * component.h {
                    stores[component.index].tiles.zero_block(x, y);
                }
            }
        }
    }
}

#[inline(always)]
fn decode_sequential(
    decoder: &mut BlockDecoder<'_>,
    bits: &mut BitReader<'_>,
    layout: &BlockLayout,
    block: &mut [i16],
) -> Option<()> {
    if block.is_empty() {
        decoder.skip(bits)
    } else {
        decoder.decode(bits, layout, block)
    }
}

#[inline(always)]
fn decode_dc_first(
    decoder: &mut BlockDecoder<'_>,
    bits: &mut BitReader<'_>,
    block: &mut [i16],
    low: u32,
) -> Option<()> {
    // An invalid code stands for a difference of 0, as in libjpeg.
    let dc = decoder.decode_dc(bits);
    if let Some(first) = block.first_mut() {
        *first = (decoder.dc_prediction() << low) as i16;
    }
    dc.map(drop)
}

/// Decodes the blocks of a span of a band's first scan. Returns as [`ScanPass::decode_span`].
#[inline(always)]
fn decode_ac_first(
    band: &mut BandDecoder<'_>,
    bits: &mut BitReader<'_>,
    store: &mut CoefficientStore,
    span: ScanSpan,
) -> u32 {
    let layout = store.layout;
    let needed = match (store.has_history(), span.needed) {
        (true, _) => band.last(),
        (false, true) => band.last().min(layout.last),
        (false, false) => 0,
    };
    let mut x = span.x0;
    loop {
        // Blocks of an end-of-band run have no symbols, so they are stepped over together.
        x += band.take_ended_blocks(span.x1 - x);
        if x == span.x1 {
            return x;
        }
        let block = store.band_block(x, span.y, span.needed);
        let decoded = band.decode_first(bits, &layout, block, needed);
        if decoded.is_none() || bits.is_past_end() {
            return x;
        }
        x += 1;
    }
}

/// Decodes the blocks of a span of a refinement scan. Returns as [`decode_ac_first`].
#[inline(always)]
fn refine_ac(
    band: &mut BandDecoder<'_>,
    bits: &mut BitReader<'_>,
    store: &mut CoefficientStore,
    span: ScanSpan,
) -> u32 {
    let layout = store.layout;
    for x in span.x0..span.x1 {
        let block = store.band_block(x, span.y, span.needed);
        let decoded = band.decode_refinement(bits, &layout, block);
        if decoded.is_none() || bits.is_past_end() {
            return x;
        }
    }
    span.x1
}
