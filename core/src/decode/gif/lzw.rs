//! The indices of an image, decompressed on demand (GIF89a, appendix F).
//!
//! [`weezl`] decompresses into any slice that it is given. This file joins sub-blocks in front of it
//! and decides what the end of the data means.
//!
//! ```text
//! until the row is full or the data end:
//!     if all input is consumed: input = the next sub-blocks, joined
//!     decompress from input into the rest of the row
//! ```
//!
//! Data end in one of two ways. An end code is the writer's own decision: the image's other indices
//! are 0. The end of the last sub-block, and a code that is not in the table, are damage: the other
//! indices are missing.
//!
//! Sub-blocks are joined because they hold at most 255 bytes, and the decoder is fastest on long
//! slices. Its state has a fixed size: 4,096 codes.

use weezl::decode::Decoder;
use weezl::{BitOrder, LzwStatus};

use super::container::{GifImage, SubBlocks};
use crate::error::Result;
use crate::limits::{Budget, Buffer, Reservation};

/// Upper bound on the allocations of a `weezl` decoder: tables of 13 bytes an entry, and a string
/// of 4,096 indices.
const LZW_MEMORY: u64 = 64 << 10;

/// Bytes of joined sub-blocks.
const INPUT: usize = 4 << 10;

/// How the data ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DataEnd {
    EndCode,
    Damage,
}

/// Reads the indices of one image in the order in which they are stored.
pub(super) struct IndexReader<'a> {
    blocks: SubBlocks<'a>,
    decoder: Decoder,
    input: Buffer<u8>,
    /// The part of `input` that is not decompressed yet.
    unread: std::ops::Range<usize>,
    end: Option<DataEnd>,
    _memory: Reservation,
}

impl<'a> IndexReader<'a> {
    pub(super) fn new(image: &GifImage<'a>, budget: &Budget) -> Result<Self> {
        let memory = budget.reserve(LZW_MEMORY)?;
        Ok(Self {
            blocks: image.data.clone(),
            decoder: Decoder::new(BitOrder::Lsb, image.code_size),
            input: budget.buffer(INPUT)?,
            unread: 0..0,
            end: None,
            _memory: memory,
        })
    }

    /// Fills `indices` from its start and returns how many there are: fewer only if the data are
    /// damaged.
    pub(super) fn read(&mut self, indices: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < indices.len() && self.end.is_none() {
            if self.unread.is_empty() {
                self.unread = 0..self.join_blocks();
            }
            filled += self.decompress(&mut indices[filled..]);
        }
        if self.end == Some(DataEnd::EndCode) {
            indices[filled..].fill(0);
            filled = indices.len();
        }
        filled
    }

    /// One step of decompression. Without input, it flushes the string that `weezl` still holds.
    fn decompress(&mut self, indices: &mut [u8]) -> usize {
        let input = &self.input[self.unread.clone()];
        let step = self.decoder.decode_bytes(input, indices);
        self.unread.start += step.consumed_in;
        self.end = match step.status {
            Ok(LzwStatus::Ok) => None,
            // The decoder needs more input, and the file has some.
            Ok(LzwStatus::NoProgress) if self.unread.is_empty() && !self.is_at_last_block() => None,
            Ok(LzwStatus::Done) => Some(DataEnd::EndCode),
            Ok(LzwStatus::NoProgress) | Err(_) => Some(DataEnd::Damage),
        };
        step.consumed_out
    }

    /// Copies as many whole sub-blocks to `input` as fit.
    fn join_blocks(&mut self) -> usize {
        let mut length = 0;
        while length + 255 <= INPUT
            && let Some(block) = self.blocks.next()
        {
            self.input[length..length + block.len()].copy_from_slice(block);
            length += block.len();
        }
        length
    }

    fn is_at_last_block(&self) -> bool {
        self.blocks.clone().next().is_none()
    }
}

/// Whether the data may end before the image does, judged without decompressing: a row's layout has
/// to be known before its first index is.
///
/// Data are cut if the file ends among them. Otherwise, complete data end with the end code, and
/// fewer than 8 bits of zeros to fill a byte. If no code width makes the last bits an end code, the
/// data may be cut. Bits look like an end code by chance in 1 of 130 photos of 256 colors, and in
/// half of the drawings of 4 colors.
pub(super) fn may_be_cut(image: &GifImage<'_>) -> bool {
    // The last 32 bits; codes are packed from the low bits up, so the last code is the highest.
    let mut tail = 0u32;
    let mut blocks = image.data.clone();
    for block in &mut blocks {
        for &byte in &block[block.len().saturating_sub(4)..] {
            tail = tail >> 8 | u32::from(byte) << 24;
        }
    }
    let end_code = (1 << image.code_size) + 1;
    let widths = u32::from(image.code_size) + 1..=12;
    // After a shift by the padding, the last code is in the highest bits.
    let ends = |padding: u32| {
        let last = |width: u32| tail << padding >> (32 - width) == end_code;
        tail.leading_zeros() >= padding && widths.clone().any(last)
    };
    blocks.is_at_end_of_file() || !(0..8).any(ends)
}
