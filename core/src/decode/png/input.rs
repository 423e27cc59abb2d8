//! A file as the `png` crate reads it.

use std::cell::Cell;
use std::io::{BufRead, ErrorKind, Read, Result, Seek, SeekFrom};
use std::rc::Rc;

/// A file, or its start. It can be handed over in pieces and tells how far it was read: the place of
/// an error, to within a piece.
pub(super) struct PngInput<'a> {
    bytes: &'a [u8],
    piece: usize,
    position: Rc<Cell<usize>>,
}

impl<'a> PngInput<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self::in_pieces(bytes, usize::MAX)
    }

    /// Hands over at most `piece` bytes at once.
    pub(super) fn in_pieces(bytes: &'a [u8], piece: usize) -> Self {
        Self {
            bytes,
            piece,
            position: Rc::default(),
        }
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The number of bytes that are read without an error, while they are read.
    pub(super) fn position(&self) -> Rc<Cell<usize>> {
        Rc::clone(&self.position)
    }
}

impl BufRead for PngInput<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        let rest = self.bytes.get(self.position.get()..).unwrap_or_default();
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
