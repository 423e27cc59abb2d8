//! The indices of an image, decompressed as they are asked for (GIF89a, appendix F).
//!
//! [`weezl`] decompresses, into whatever slice it is given. This file puts sub-blocks before it and
//! states what counts as the end of the data: the end code, the last sub-block, or a code that is
//! not in the table. What an image still lacks then is damage.
//!
//! ```text
//! until the row is full or the data end:
//!     if all input is consumed: input = the next sub-blocks, joined
//!     decompress from input into the rest of the row
//! ```
//!
//! Sub-blocks are joined because they hold at most 255 bytes, and the decoder is fastest on long
//! slices. Its state has a fixed size: 4,096 codes.

use weezl::decode::Decoder;
use weezl::{BitOrder, LzwStatus};

use super::container::{Image, SubBlocks};
use crate::error::{Error, Result};
use crate::limits::{Budget, Buffer, Reservation};

/// What a `weezl` decoder allocates: tables of 13 bytes an entry, and a string of 4,096 indices.
const LZW_MEMORY: u64 = 64 << 10;

/// Joined sub-blocks.
const INPUT: usize = 4 << 10;

/// Reads the indices of one image in the order in which they are stored.
pub(super) struct IndexReader<'a> {
    blocks: SubBlocks<'a>,
    decoder: Decoder,
    input: Buffer<u8>,
    /// The part of `input` that is not decompressed yet.
    unread: std::ops::Range<usize>,
    ended: bool,
    _memory: Reservation,
}

impl<'a> IndexReader<'a> {
    pub(super) fn new(image: &Image<'a>, budget: &Budget) -> Result<Self> {
        // Indices have at most 8 bits, and so have palettes.
        if image.code_size > 8 {
            return Err(Error::malformed("the GIF's code size is over 8 bits"));
        }
        let memory = budget.reserve(LZW_MEMORY)?;
        Ok(Self {
            blocks: image.data.clone(),
            decoder: Decoder::new(BitOrder::Lsb, image.code_size),
            input: budget.buffer(INPUT)?,
            unread: 0..0,
            ended: false,
            _memory: memory,
        })
    }

    /// Fills `indices` from its start and returns how many were there: fewer only where the data
    /// end.
    pub(super) fn read(&mut self, indices: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < indices.len() && !self.ended {
            if self.unread.is_empty() {
                self.unread = 0..self.join_blocks();
            }
            filled += self.decompress(&mut indices[filled..]);
        }
        filled
    }

    /// One step of decompression; empty input flushes what the decoder still holds.
    fn decompress(&mut self, indices: &mut [u8]) -> usize {
        let input = &self.input[self.unread.clone()];
        let step = self.decoder.decode_bytes(input, indices);
        self.unread.start += step.consumed_in;
        self.ended = match step.status {
            Ok(LzwStatus::Ok) => false,
            // Without progress there is nothing to wait for but more input.
            Ok(LzwStatus::NoProgress) => !self.unread.is_empty() || self.is_at_last_block(),
            Ok(LzwStatus::Done) | Err(_) => true,
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
