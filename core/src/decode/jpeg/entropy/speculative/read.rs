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
//! are not kept. A symbol that the table does not know is marked in a high bit of `k`. If the block
//! was not done before, the decoder of single codes reads it.

use std::array;

use super::values::ValueEntry;
use super::{SpeculativeTables, bits_at};
use crate::decode::jpeg::block::{BlockLayout, LANES};
use crate::decode::jpeg::entropy::{BitReader, BlockDecoder};

/// Blocks that are read at once.
const GROUP: usize = 4;

/// Symbols that one load is enough for, besides a DC symbol.
const SYMBOLS_PER_LOAD: usize = 2;

/// Reads blocks of one component.
pub(crate) struct BlockReader<'t> {
    tables: &'t SpeculativeTables<'t>,
    /// By the position after a coefficient: its index among the kept ones, or `SPARE`.
    slots: [u8; 128],
    /// The last kept coefficient.
    last: usize,
    /// Coefficients kept of each block.
    count: usize,
}

impl<'t> BlockReader<'t> {
    /// The slot of coefficients that are not kept. It is reduced to the last of those at hand.
    const SPARE: u8 = 127;

    pub(crate) fn new(tables: &'t SpeculativeTables<'t>, layout: &BlockLayout) -> Self {
        let mut slots = [Self::SPARE; 128];
        for k in (0..64).filter(|k| layout.kept >> k & 1 == 1) {
            slots[k + 1] = (layout.slot_before(k + 1) / LANES) as u8;
        }
        Self {
            tables,
            slots,
            last: layout.last,
            count: layout.kept.count_ones() as usize,
        }
    }

    /// Reads the blocks that start at bits `starts` of `data`, in their order, and calls `write` with
    /// the kept coefficients of each. They have no damage.
    #[inline(always)]
    pub(crate) fn read(
        &self,
        (data, starts): (&[u8], &[u32]),
        decoder: &mut BlockDecoder<'_>,
        layout: &BlockLayout,
        write: impl FnMut(&[i16]),
    ) {
        match self.count {
            ..8 => self.read_groups::<8>(data, starts, decoder, layout, write),
            ..32 => self.read_groups::<32>(data, starts, decoder, layout, write),
            _ => self.read_groups::<128>(data, starts, decoder, layout, write),
        }
    }

    /// `SLOTS` is a power of two, and more than the kept coefficients.
    #[inline(always)]
    fn read_groups<const SLOTS: usize>(
        &self,
        data: &[u8],
        starts: &[u32],
        decoder: &mut BlockDecoder<'_>,
        layout: &BlockLayout,
        mut write: impl FnMut(&[i16]),
    ) {
        for group in starts.chunks(GROUP) {
            let mut positions = [0; GROUP];
            positions[..group.len()].copy_from_slice(group);
            let (mut blocks, is_read) = self.read_group::<SLOTS>(data, positions);
            for (i, &start) in group.iter().enumerate() {
                let block = &mut blocks[i];
                if is_read[i] {
                    block[0] = decoder.add_difference(block[0].into()) as i16;
                } else {
                    self.read_by_codes(data, start, decoder, layout, block);
                }
                write(&block[..self.count.min(SLOTS)]);
            }
        }
    }

    /// Four blocks, with differences as their DC coefficients, and whether each is read.
    #[inline(always)]
    fn read_group<const SLOTS: usize>(
        &self,
        data: &[u8],
        starts: [u32; GROUP],
    ) -> ([[i16; SLOTS]; GROUP], [bool; GROUP]) {
        let (dc, ac) = (&self.tables.dc_values, &self.tables.ac_values);
        let mut blocks = [[0; SLOTS]; GROUP];
        let mut positions = starts.map(|start| start as usize);
        let mut bits = positions.map(|position| bits_at(data, position));
        let entries = bits.map(|bits| dc.get(bits));
        let differences: [i16; GROUP] = array::from_fn(|i| entries[i].value(bits[i]));
        for i in 0..GROUP {
            bits[i] = bits[i].wrapping_shl(entries[i].bits.into());
            positions[i] += usize::from(entries[i].bits);
        }
        let mut k = [1; GROUP];
        // Each symbol covers one coefficient or more.
        for _ in 0..self.last.div_ceil(SYMBOLS_PER_LOAD) {
            for _ in 0..SYMBOLS_PER_LOAD {
                let entries = bits.map(|bits| ac.get(bits));
                for i in 0..GROUP {
                    k[i] += entries[i].advance;
                    let slot = usize::from(self.slots[k[i].min(127) as usize]);
                    blocks[i][slot & (SLOTS - 1)] = entries[i].value(bits[i]);
                    bits[i] = bits[i].wrapping_shl(entries[i].bits.into());
                    positions[i] += usize::from(entries[i].bits);
                }
            }
            if k.iter().all(|&k| k as usize > self.last) {
                break;
            }
            bits = positions.map(|position| bits_at(data, position));
        }
        let is_read = |i: usize| {
            let k = k[i] % ValueEntry::UNKNOWN_ADVANCE;
            entries[i].bits > 0 && k as usize > self.last
        };
        for (block, difference) in blocks.iter_mut().zip(differences) {
            block[0] = difference;
        }
        (blocks, array::from_fn(is_read))
    }

    /// Reads a block with a symbol that the tables do not know.
    #[cold]
    #[inline(never)]
    fn read_by_codes(
        &self,
        data: &[u8],
        start: u32,
        decoder: &mut BlockDecoder<'_>,
        layout: &BlockLayout,
        block: &mut [i16],
    ) {
        let mut coefficients = [0; 64 * LANES];
        let mut bits = BitReader::unstuffed(data, start as usize);
        // Find has decoded the same codes, so there is no damage.
        let _ = decoder.decode(&mut bits, layout, &mut coefficients);
        let coefficients = coefficients.iter().step_by(LANES);
        for (to, &coefficient) in block.iter_mut().take(self.count).zip(coefficients) {
            *to = coefficient;
        }
    }

    /// Skips blocks. The prediction stays up to date.
    #[inline(always)]
    pub(crate) fn skip(&self, (data, starts): (&[u8], &[u32]), decoder: &mut BlockDecoder<'_>) {
        for &start in starts {
            let bits = bits_at(data, start as usize);
            let entry = self.tables.dc_values.get(bits);
            if entry.bits > 0 {
                decoder.add_difference(entry.value(bits).into());
            } else {
                let mut bits = BitReader::unstuffed(data, start as usize);
                let _ = decoder.decode_dc(&mut bits);
            }
        }
    }
}
