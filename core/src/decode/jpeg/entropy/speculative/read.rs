//! Blocks whose starts are known: the kept coefficients, four blocks at once.
//!
//! ```text
//! for each four blocks:
//!     w = 57 bits at each start; the DC difference of each
//!     until all four are past the last kept coefficient:
//!         two times, for each of the four:
//!             (bits, value, advance) = table[next 11 bits of w]
//!             k += advance;  coefficient[slot[k]] = value;  w <<= bits
//!         w = the next 57 bits of each
//! ```
//!
//! A block that is done goes on harmlessly: `k` only grows, and its slots are a place for values that
//! are not kept. A symbol that the table does not know adds a high bit to `k`. If the block was not
//! done before, the decoder of single codes reads it.

use std::array;
use std::ops::Range;

use super::found::FoundBlocks;
use super::tables::SpeculativeTables;
use super::values;
use super::window::bits_at;
use crate::decode::jpeg::block::{BlockLayout, LANES};
use crate::decode::jpeg::entropy::bits::BitReader;
use crate::decode::jpeg::entropy::block_decoder::BlockDecoder;

/// Blocks that are read at once.
const GROUP: usize = 4;

/// Symbols that one load is enough for, besides a DC symbol.
const SYMBOLS_PER_LOAD: usize = 2;

/// More than any position that the symbols of a load lead to.
const POSITIONS: usize = 2048;

/// A block among those of a row of MCUs.
#[derive(Clone, Copy, Default)]
pub(crate) struct BlockPlace {
    /// Its index in the order of the scan.
    pub(crate) index: u32,
    /// Where its coefficients are stored.
    pub(crate) offset: u32,
}

/// Reads blocks of one component.
pub(crate) struct BlockReader<'t> {
    tables: &'t SpeculativeTables<'t>,
    /// By the position after a coefficient: its index among the kept ones, or `SPARE`.
    slots: Box<[u8; POSITIONS]>,
    /// The last kept coefficient.
    last: u32,
    /// Coefficients kept of each block.
    count: usize,
}

impl<'t> BlockReader<'t> {
    /// The slot of coefficients that are not kept. It is reduced to the last of those at hand.
    const SPARE: u8 = 127;

    pub(crate) fn new(tables: &'t SpeculativeTables<'t>, layout: &BlockLayout) -> Self {
        let mut slots = Box::new([Self::SPARE; POSITIONS]);
        for k in (0..64).filter(|k| layout.kept >> k & 1 == 1) {
            slots[k + 1] = (layout.slot_before(k + 1) / LANES) as u8;
        }
        Self {
            tables,
            slots,
            last: layout.last as u32,
            count: layout.kept.count_ones() as usize,
        }
    }

    /// Reads the blocks at `places` into `coefficients`. The blocks of `found` begin with the one of
    /// index `first`, and have no damage.
    #[inline(always)]
    pub(crate) fn read(
        &self,
        found: &FoundBlocks<'_>,
        (first, places): (u32, &[BlockPlace]),
        decoder: &mut BlockDecoder<'_>,
        layout: &BlockLayout,
        coefficients: &mut [i16],
    ) {
        let target = (decoder, layout, coefficients);
        match self.count {
            1 => self.read_groups::<8, 1>(found, first, places, target),
            4 => self.read_groups::<8, 4>(found, first, places, target),
            ..32 => self.read_groups::<32, 0>(found, first, places, target),
            _ => self.read_groups::<128, 0>(found, first, places, target),
        }
    }

    /// `SLOTS` is a power of two, and more than the kept coefficients. They are `COUNT`, unless that is
    /// 0: where the compiler knows their number, there is no loop over them.
    #[inline(always)]
    fn read_groups<const SLOTS: usize, const COUNT: usize>(
        &self,
        found: &FoundBlocks<'_>,
        first: u32,
        places: &[BlockPlace],
        (decoder, layout, coefficients): (&mut BlockDecoder<'_>, &BlockLayout, &mut [i16]),
    ) {
        let count = if COUNT > 0 {
            COUNT
        } else {
            self.count.min(SLOTS)
        };
        let length = (count - 1) * LANES + 1;
        let mut prediction = decoder.dc_prediction();
        for places in places.chunks(GROUP) {
            let group = places.first_chunk().copied();
            let group: [_; GROUP] = group.unwrap_or_else(|| padded(places));
            let starts = group.map(|place| found.start(place.index - first));
            let mut blocks = [[0; SLOTS]; GROUP];
            let is_read = self.read_group(found, starts, &mut blocks);
            for (i, place) in places.iter().enumerate() {
                let offset = place.offset as usize;
                let Some(target) = coefficients.get_mut(offset..offset + length) else {
                    continue;
                };
                if is_read[i] {
                    let block = &mut blocks[i];
                    prediction = prediction.wrapping_add(block[0].into());
                    block[0] = prediction as i16;
                    for k in 0..count {
                        target[k * LANES] = block[k];
                    }
                } else {
                    decoder.set_dc_prediction(prediction);
                    let mut bits = BitReader::unstuffed(found.data, starts[i]);
                    // Find has decoded the same codes, so there is no damage.
                    let _ = decoder.decode(&mut bits, layout, target);
                    prediction = decoder.dc_prediction();
                }
            }
        }
        decoder.set_dc_prediction(prediction);
    }

    /// Reads four blocks into `blocks`, with differences as their DC coefficients. Returns whether each
    /// is read.
    #[inline(always)]
    fn read_group<const SLOTS: usize>(
        &self,
        found: &FoundBlocks<'_>,
        mut positions: [usize; GROUP],
        blocks: &mut [[i16; SLOTS]; GROUP],
    ) -> [bool; GROUP] {
        let mut bits = positions.map(|position| bits_at(found.data, position));
        let entries = bits.map(|bits| self.tables.dc_values.get(bits));
        let differences: [i16; GROUP] = array::from_fn(|i| entries[i].value(bits[i]));
        let mut k = entries.map(|entry| entry.advance);
        for i in 0..GROUP {
            bits[i] = bits[i].wrapping_shl(entries[i].bits.into());
            positions[i] += usize::from(entries[i].bits);
        }
        // Each symbol covers one coefficient or more.
        let mut loads = self.last.div_ceil(SYMBOLS_PER_LOAD as u32);
        while loads > 0 {
            for _ in 0..SYMBOLS_PER_LOAD {
                let entries = bits.map(|bits| self.tables.ac_values.get(bits));
                for i in 0..GROUP {
                    k[i] += entries[i].advance;
                    let slot = usize::from(self.slots[k[i] as usize % POSITIONS]);
                    blocks[i][slot % SLOTS] = entries[i].value(bits[i]);
                    bits[i] = bits[i].wrapping_shl(entries[i].bits.into());
                    positions[i] += usize::from(entries[i].bits);
                }
            }
            loads -= 1;
            if loads == 0 || k.iter().all(|&k| k > self.last) {
                break;
            }
            k = k.map(values::bounded);
            bits = positions.map(|position| bits_at(found.data, position));
        }
        for i in 0..GROUP {
            blocks[i][0] = differences[i];
        }
        k.map(|k| values::is_known(k) && values::bounded(k) > self.last)
    }

    /// Skips one component's blocks of every MCU, `range` in each. The prediction stays up to date.
    #[inline(always)]
    pub(crate) fn skip(
        &self,
        found: &FoundBlocks<'_>,
        blocks_per_mcu: usize,
        range: Range<usize>,
        decoder: &mut BlockDecoder<'_>,
    ) {
        let mut prediction = decoder.dc_prediction();
        for mcu in found.starts.chunks_exact(blocks_per_mcu) {
            for &start in &mcu[range.clone()] {
                let bits = bits_at(found.data, start as usize);
                let entry = self.tables.dc_values.get(bits);
                if entry.bits > 0 {
                    prediction = prediction.wrapping_add(entry.value(bits).into());
                } else {
                    decoder.set_dc_prediction(prediction);
                    let mut bits = BitReader::unstuffed(found.data, start as usize);
                    let _ = decoder.decode_dc(&mut bits);
                    prediction = decoder.dc_prediction();
                }
            }
        }
        decoder.set_dc_prediction(prediction);
    }
}

/// The last places, which are less than a group.
#[cold]
fn padded(places: &[BlockPlace]) -> [BlockPlace; GROUP] {
    let mut group = [places[0]; GROUP];
    group[..places.len()].copy_from_slice(places);
    group
}
