//! The filtered rows of an image, from the zlib data in its IDAT chunks (PNG 3rd ed., 10.1 and 11.2.3).
//!
//! ```text
//! window:  | up to 32 KiB that may be repeated | rows that are not read | free |
//! ```
//!
//! Where the window is full, its used part moves to the front.

use std::ops::Range;

use fdeflate::Decompressor;

use crate::decode::metadata::next_png_chunk;
use crate::error::{Error, Result};
use crate::limits::{Budget, Buffer, Reservation};

/// The largest distance of a repetition (RFC 1951, 3.2.5).
const HISTORY: usize = 32 << 10;
/// The least space after the history, so that moves are rare.
const LEAST_ROOM: usize = 64 << 10;
/// Bytes that the decompressor allocates for its tables, and some slack.
const TABLES: u64 = 32 << 10;

pub(super) struct FilteredRows<'a> {
    /// The file after `data`.
    chunks: &'a [u8],
    /// The data of a chunk that are not decompressed yet.
    data: &'a [u8],
    decompressor: Decompressor,
    window: Buffer<u8>,
    unread: Range<usize>,
    _tables: Reservation,
}

impl<'a> FilteredRows<'a> {
    /// `most` is the largest number of bytes that are read at once.
    pub(super) fn new(file: &'a [u8], most: usize, budget: &Budget) -> Result<Self> {
        let mut decompressor = Decompressor::new();
        // The checksum of the decompressed data. Those of the chunks are known.
        decompressor.ignore_adler32();
        Ok(Self {
            chunks: image_chunks(file),
            data: &[],
            decompressor,
            window: budget.buffer(
                most.saturating_mul(2)
                    .max(LEAST_ROOM)
                    .saturating_add(HISTORY),
            )?,
            unread: 0..0,
            _tables: budget.reserve(TABLES)?,
        })
    }

    /// The next `length` bytes.
    pub(super) fn read(&mut self, length: usize) -> Result<&[u8]> {
        if self.unread.start + length > self.window.len() {
            self.make_room();
        }
        while self.unread.len() < length {
            self.decompress()?;
        }
        let first = self.unread.start;
        self.unread.start += length;
        Ok(&self.window[first..first + length])
    }

    fn make_room(&mut self) {
        let moved = self
            .unread
            .end
            .saturating_sub(HISTORY)
            .min(self.unread.start);
        self.window.copy_within(moved..self.unread.end, 0);
        self.unread = self.unread.start - moved..self.unread.end - moved;
    }

    /// Decompresses a part of a chunk, or goes on to the next.
    fn decompress(&mut self) -> Result<()> {
        let end = self.unread.end;
        let read = self
            .decompressor
            .read(self.data, &mut self.window, end, false);
        let (read, written) = read.map_err(|_| Error::malformed("the PNG is damaged"))?;
        self.data = &self.data[read..];
        self.unread.end += written;
        if (read, written) == (0, 0) {
            let next = self.data.is_empty().then(|| next_data(&mut self.chunks));
            let early = || Error::malformed("the image data end early");
            self.data = next.flatten().ok_or_else(early)?;
        }
        Ok(())
    }
}

/// The file from its first IDAT chunk on.
fn image_chunks(file: &[u8]) -> &[u8] {
    let mut rest = file.get(8..).unwrap_or_default();
    while rest.get(4..8) != Some(b"IDAT") {
        rest = next_png_chunk(rest).map_or(&[], |(_, _, next)| next);
        if rest.is_empty() {
            break;
        }
    }
    rest
}

/// The data of the IDAT chunk at the start of `chunks`, which goes on to the next one. The file may end
/// inside of it.
fn next_data<'a>(chunks: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (&length, rest) = chunks.split_first_chunk::<4>()?;
    let rest = rest.strip_prefix(b"IDAT")?;
    let length = (u32::from_be_bytes(length) as usize).min(rest.len());
    let (data, rest) = rest.split_at(length);
    *chunks = rest.get(4..).unwrap_or_default();
    Some(data)
}
