//! Segments and entropy-coded data (T.81 annex B).

use super::huffman::HuffmanCodes;

/// The class of a Huffman table (B.2.4.2).
#[derive(Clone, Copy)]
pub(super) enum TableClass {
    Dc = 0,
    Ac = 1,
}

/// Writes a file.
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that are not in `bytes`, the last of them in the lowest position.
    buffer: u64,
    /// How many bits `buffer` has room for.
    room: u32,
}

impl BitWriter {
    /// Has room for a file of `capacity` bytes.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
            buffer: 0,
            room: 64,
        }
    }

    /// The file, ended by its last marker.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.write_marker(0xD9);
        self.bytes
    }

    pub(super) fn write_marker(&mut self, marker: u8) {
        self.bytes.extend([0xFF, marker]);
    }

    pub(super) fn write_segment(&mut self, marker: u8, content: &[u8]) {
        self.write_marker(marker);
        self.bytes.extend((content.len() as u16 + 2).to_be_bytes());
        self.bytes.extend_from_slice(content);
    }

    pub(super) fn write_huffman(&mut self, class: TableClass, slot: u8, codes: &HuffmanCodes) {
        let destination = (class as u8) << 4 | slot;
        self.write_segment(
            0xC4,
            &[&[destination][..], &codes.counts, &codes.symbols].concat(),
        );
    }

    /// Writes the code of a symbol, and the bits of `value` that the symbol says.
    #[inline(always)]
    pub(super) fn write_symbol(&mut self, codes: &HuffmanCodes, symbol: u8, value: i16) {
        let (code, length) = codes.code(symbol);
        let value_bits = u32::from(symbol & 15);
        // Negative values have one less, so that they begin with 0 (table F.1).
        let value = (i32::from(value) + (i32::from(value) >> 31)) as u32;
        let value = value & ((1 << value_bits) - 1);
        self.write_bits(code << value_bits | value, length + value_bits);
    }

    /// Writes the lowest `count` bits of `bits`, at most 31. The others must be zero.
    #[inline(always)]
    fn write_bits(&mut self, bits: u32, count: u32) {
        let bits = u64::from(bits);
        if count <= self.room {
            self.room -= count;
            self.buffer = self.buffer << count | bits;
            return;
        }
        let left = count - self.room;
        let full = self.buffer << self.room | bits >> left;
        self.write_bytes(full.to_be_bytes());
        self.buffer = bits;
        self.room = 64 - left;
    }

    /// Writes bytes of entropy-coded data. After FF goes a zero (B.1.1.5).
    #[inline(never)] // It is called once in 64 bits, from many places.
    fn write_bytes(&mut self, bytes: [u8; 8]) {
        if bytes.contains(&0xFF) {
            bytes.iter().for_each(|&byte| self.write_byte(byte));
        } else {
            self.bytes.extend_from_slice(&bytes);
        }
    }

    fn write_byte(&mut self, byte: u8) {
        self.bytes.push(byte);
        if byte == 0xFF {
            self.bytes.push(0);
        }
    }

    /// Fills the last byte with ones (F.1.2.3).
    pub(super) fn end_scan(&mut self) {
        self.write_bits(0x7F, 7);
        while self.room <= 56 {
            let byte = self.buffer >> (56 - self.room);
            self.write_byte(byte as u8);
            self.room += 8;
        }
        self.buffer = 0;
        self.room = 64;
    }
}
