//! JPEG (ITU-T T.81), with Huffman tables made for the image.
//!
//! ```text
//! blocks      rows of pixels -> YCbCr -> blocks of samples
//! transform   a block of samples -> quantized coefficients
//! symbols     coefficients -> symbols (F.1.2, G.1.2)
//! huffman     how often each symbol occurs -> the best codes (K.2)
//! writer      segments and bits -> bytes
//! ```
//!
//! Each component has scans of its own: one, or in a progressive file one of DC and one of AC coefficients.
//! A further split of the AC coefficients adds 4 % or more, because each block of each scan ends
//! separately.
//!
//! The bytes are those of the crate `jpeg-encoder` with the same settings, which is the oracle of the tests.
//! That crate takes about twice as long.

mod blocks;
mod huffman;
mod symbols;
#[cfg(test)]
mod tests;
mod transform;
mod writer;

use self::blocks::{Component, components};
use self::huffman::{Frequencies, HuffmanCodes};
use self::symbols::{dc_symbol, for_each_ac};
use self::transform::BlockQuantizer;
use self::writer::{BitWriter, TableClass};
use crate::format::Subsampling;
use crate::geometry::Size;
use crate::pixels::SrgbImage;
use crate::simd;

/// An upper bound on the bytes that [`encode`] allocates, including the file: per coefficient, two for
/// itself and three for its share of the file.
pub(super) fn memory(size: Size, subsampling: Subsampling) -> u64 {
    let padded = |side: u32| u64::from(side).next_multiple_of(16);
    let pixels = padded(size.width) * padded(size.height);
    let samples = subsampling.kept(3 * pixels);
    let strips = 16 * 3 * padded(size.width);
    5 * samples + strips + (64 << 10)
}

/// More than the bytes of all segments.
const HEADERS: usize = 2048;

/// Encodes `image`, which has three channels.
pub(super) fn encode(
    image: &SrgbImage,
    quality: u8,
    progressive: bool,
    subsampling: Subsampling,
) -> Vec<u8> {
    let quantizers = [true, false].map(|is_luma| BlockQuantizer::new(is_luma, quality));
    simd::dispatch(
        #[inline(always)]
        || {
            let components = components(image, subsampling, &quantizers);
            let codes = [Tables::new(&components[..1]), Tables::new(&components[1..])];
            let bytes: u64 = codes.iter().map(Tables::total_bytes).sum();
            // A stuffed zero for 64 bytes; in photos it is one for 256.
            let mut writer = BitWriter::new((bytes + bytes / 64) as usize + HEADERS);
            write_header(&mut writer, image.size, progressive, &components);
            write_tables(&mut writer, &quantizers, &codes);
            write_scans(&mut writer, progressive, &components, &codes);
            writer.finish()
        },
    )
}

/// The codes of DC and AC symbols.
struct Tables {
    dc: HuffmanCodes,
    ac: HuffmanCodes,
}

impl Tables {
    /// The best codes for `components`.
    #[inline(always)]
    fn new(components: &[Component]) -> Self {
        let (mut dc, mut ac) = (Frequencies::new(), Frequencies::new());
        for component in components {
            let mut prediction = 0;
            for block in &component.blocks {
                dc.count(dc_symbol(block, &mut prediction).0);
                for_each_ac(block, |symbol, _| ac.count(symbol));
            }
        }
        Self {
            dc: HuffmanCodes::new(&dc),
            ac: HuffmanCodes::new(&ac),
        }
    }

    /// The bytes of all symbols.
    fn total_bytes(&self) -> u64 {
        (self.dc.total_bits + self.ac.total_bits) / 8
    }
}

/// Everything before the tables: B.2.1, B.2.2 and the segment of JFIF 1.02.
fn write_header(writer: &mut BitWriter, size: Size, progressive: bool, components: &[Component]) {
    writer.write_marker(0xD8);
    writer.write_segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
    // No side is longer than Options::MAX_SIDE, which fits into 16 bits.
    let [height, width] = [size.height, size.width].map(|side| (side as u16).to_be_bytes());
    let mut frame = [&[8][..], &height, &width, &[3]].concat();
    for (id, component) in (0..).zip(components) {
        frame.extend([id, component.h << 4 | component.v, table_of(id)]);
    }
    writer.write_segment(if progressive { 0xC2 } else { 0xC0 }, &frame);
}

/// Which of the two tables of each kind a component has.
fn table_of(id: u8) -> u8 {
    id.min(1)
}

fn write_tables(writer: &mut BitWriter, quantizers: &[BlockQuantizer; 2], codes: &[Tables; 2]) {
    for (slot, table) in (0..).zip(quantizers) {
        writer.write_segment(0xDB, &[&[slot][..], &table.in_zigzag()].concat());
    }
    for (slot, codes) in (0..).zip(codes) {
        writer.write_huffman(TableClass::Dc, slot, &codes.dc);
        writer.write_huffman(TableClass::Ac, slot, &codes.ac);
    }
}

#[inline(always)]
fn write_scans(
    writer: &mut BitWriter,
    progressive: bool,
    components: &[Component],
    codes: &[Tables; 2],
) {
    // The first and the last coefficient of each scan.
    let bands: &[[u8; 2]] = if progressive {
        &[[0, 0], [1, 63]]
    } else {
        &[[0, 63]]
    };
    for &[start, end] in bands {
        for (id, component) in (0..).zip(components) {
            let table = table_of(id);
            writer.write_segment(0xDA, &[1, id, table << 4 | table, start, end, 0]);
            let codes = &codes[usize::from(table)];
            write_scan(writer, component, codes, start == 0, end > 0);
            writer.end_scan();
        }
    }
}

/// The entropy-coded data of a scan with the DC coefficients, the AC coefficients or both.
#[inline(always)]
fn write_scan(
    writer: &mut BitWriter,
    component: &Component,
    codes: &Tables,
    has_dc: bool,
    has_ac: bool,
) {
    let mut prediction = 0;
    for block in &component.blocks {
        if has_dc {
            let (symbol, difference) = dc_symbol(block, &mut prediction);
            writer.write_symbol(&codes.dc, symbol, difference);
        }
        if has_ac {
            for_each_ac(block, |symbol, value| {
                writer.write_symbol(&codes.ac, symbol, value)
            });
        }
    }
}
