//! Entropy-coded data to coefficients (T.81 annexes F and G).
//!
//! ```text
//! bits           stuffed bytes -> bits
//! huffman        bits -> symbols, or past many symbols at once
//! symbol         a symbol and its value bits
//! block_decoder  symbols -> a block of a sequential scan; DC coefficients of any scan
//! speculative    large baseline scans: the starts of blocks first, then each block by itself
//! band_decoder   symbols -> a block's band of AC coefficients in a progressive scan
//! ```

mod band_decoder;
mod bits;
mod block_decoder;
mod huffman;
mod speculative;
mod symbol;

pub(super) use self::band_decoder::{BandBlock, BandDecoder};
pub(super) use self::bits::BitReader;
pub(super) use self::block_decoder::BlockDecoder;
pub(super) use self::huffman::HuffmanTable;
pub(super) use self::speculative::{
    BlockFinder, BlockPlace, BlockReader, FoundBlocks, SUBSEQUENCE, SpeculativeTables,
};
pub(super) use self::symbol::SymbolClass;
