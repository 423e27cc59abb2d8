//! A file as the `png` crate reads it.

use std::cell::Cell;
use std::io::{BufRead, ErrorKind, Read, Result, Seek, SeekFrom};
use std::ops::Range;
use std::rc::Rc;

use crate::decode::metadata::next_png_chunk;

/// The chunk at the end of every PNG.
const IEND: &[u8] = b"\0\0\0\0IEND\xAE\x42\x60\x82";

/// A file, or its start. It can be handed over in pieces and tells how far it was read: the place of
/// an error, to within a piece.
///
/// The chunks cICP and eXIf before the image data are left out. The `png` crate refuses a whole file
/// for a cICP that it does not understand, or a large eXIf, and has no use for the others.
pub(super) struct PngInput<'a> {
    bytes: &'a [u8],
    /// A chunk after `bytes`, or nothing.
    end: &'static [u8],
    piece: usize,
    position: Rc<Cell<usize>>,
    /// The next chunk that is left out; empty if there is none.
    skipped: Range<usize>,
}

impl<'a> PngInput<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self::in_pieces(bytes, usize::MAX)
    }

    /// Hands over at most `piece` bytes at once.
    pub(super) fn in_pieces(bytes: &'a [u8], piece: usize) -> Self {
        Self {
            bytes,
            end: &[],
            piece,
            position: Rc::default(),
            // The chunks begin after the signature.
            skipped: next_skipped(bytes, 8),
        }
    }

    /// Hands over IEND after whole chunks that lack it. At the next chunk, the decoder sends the
    /// pixels that it holds back until then.
    pub(super) fn with_end(chunks: &'a [u8]) -> Self {
        Self {
            end: IEND,
            ..Self::new(chunks)
        }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes read so far without an error, updated while reading.
    pub(super) fn position(&self) -> Rc<Cell<usize>> {
        Rc::clone(&self.position)
    }
}

/// The first chunk from `start` on that is left out; an empty range at the end if there is none.
fn next_skipped(bytes: &[u8], start: usize) -> Range<usize> {
    let mut rest = bytes.get(start..).unwrap_or_default();
    while let Some((kind, _, next)) = next_png_chunk(rest) {
        match kind {
            b"cICP" | b"eXIf" => return bytes.len() - rest.len()..bytes.len() - next.len(),
            b"IDAT" => break,
            _ => rest = next,
        }
    }
    bytes.len()..bytes.len()
}

impl BufRead for PngInput<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        while self.position.get() == self.skipped.start && !self.skipped.is_empty() {
            self.position.set(self.skipped.end);
            self.skipped = next_skipped(self.bytes, self.skipped.end);
        }
        let (position, length) = (self.position.get(), self.bytes.len());
        let rest = match self.bytes.get(position..self.skipped.start.max(position)) {
            Some(rest) if !rest.is_empty() => rest,
            _ => self.end.get(position - length..).unwrap_or_default(),
        };
        Ok(&rest[..rest.len().min(self.piece)])
    }

    fn consume(&mut self, count: usize) {
        self.position.set(self.position.get() + count);
    }
}

impl Read for PngInput<'_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

/// The `png` crate requires it, but does not use it.
impl Seek for PngInput<'_> {
    fn seek(&mut self, _: SeekFrom) -> Result<u64> {
        Err(ErrorKind::Unsupported.into())
    }
}
