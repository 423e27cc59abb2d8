//! Decodes a damaged PNG as far as it goes.
//!
//! ```text
//! end = where the image data end or cannot be decompressed, in pieces of a few bytes
//! decode the file up to end: the decoder sends every row that is complete
//! all other rows are missing
//! ```
//!
//! Checksums are ignored. If every row can be decoded, yet a chunk has a wrong checksum, the place of
//! the error is not known: all rows that depend on this chunk count as missing, and are sent as
//! they are.
//!
//! A missing pixel is transparent. In an interlaced image, a pixel of a later pass has the color of
//! the last pixel that is known of its block (PNG 3rd ed., 8.1), as browsers show an image that is
//! still loading. For that, the whole image is kept in memory.

use super::input::PngInput;
use super::reader::{PngRows, ReadMode, layout, open, positions};
use crate::decode::metadata;
use crate::decode::rows::DecodeReport;
use crate::error::{Error, ErrorKind, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Row, RowSink};
use crate::plan::DecodeRequest;

/// Bytes that are handed to the decoder at once where the place of an error is searched for. The
/// last piece is lost.
const PIECE: usize = 16;

/// The file up to the first chunk of image data with a wrong checksum, or up to an end without IEND.
/// `None` if it has neither.
pub(super) fn sound_part(file: &[u8]) -> Option<PngInput<'_>> {
    let mut rest = file.get(8..)?;
    loop {
        let is_data = rest.get(4..8) == Some(b"IDAT");
        match metadata::next_png_chunk(rest) {
            Some((b"IEND", ..)) => return None,
            Some((.., next)) if !is_data || is_sound(rest) => rest = next,
            // The decoder reads a part of a chunk too.
            None if is_data => return None,
            None => return Some(PngInput::with_end(&file[..file.len() - rest.len()])),
            Some(_) => return Some(PngInput::new(&file[..file.len() - rest.len()])),
        }
    }
}

/// Whether the checksum of the chunk at the start of `bytes` is that of its type and data (PNG 3rd
/// ed., 5.5).
pub(super) fn is_sound(bytes: &[u8]) -> bool {
    metadata::next_png_chunk(bytes).is_some_and(|(_, data, _)| {
        let (checked, stored) = (4..8 + data.len(), 8 + data.len()..12 + data.len());
        crc32fast::hash(&bytes[checked]).to_be_bytes() == bytes[stored]
    })
}

/// Sends every row of the region, from top to bottom.
pub(super) fn rows(
    file: &[u8],
    memory: u64,
    request: &DecodeRequest,
    budget: &Budget,
    sink: &mut RowSink<'_>,
) -> Result<DecodeReport> {
    let input = PngInput::in_pieces(file, PIECE);
    let end = input.position();
    let mut ignore = |_: Row<'_>| Ok(());
    complete_rows(input, memory, budget, &mut ignore)?;
    let input = PngInput::new(file.get(..end.get()).unwrap_or(file));

    let mut image = RepairedImage::new(file, memory, request.region, budget)?;
    let mut known = complete_rows(input, memory, budget, &mut |row| image.push(&row, sink))?;
    if known == image.count()
        && let Some(sound) = sound_part(file)
    {
        known = complete_rows(sound, memory, budget, &mut ignore)?;
    }
    image.finish(sink)?;
    let missing = image.missing_after(known);
    Ok(DecodeReport { missing })
}

/// Sends the rows that can be decoded, in stored order. Returns their number.
pub(super) fn complete_rows(
    input: PngInput<'_>,
    memory: u64,
    budget: &Budget,
    sink: &mut RowSink<'_>,
) -> Result<usize> {
    let mut reader = match open(input, ReadMode::Lenient, memory, budget.limits()) {
        Ok(reader) => reader,
        // The file ends before its image data.
        Err(error) if error.kind() == ErrorKind::Malformed => return Ok(0),
        Err(error) => return Err(error),
    };
    let size = Size::new(reader.info().width, reader.info().height);
    let interlaced = reader.info().interlaced;
    let mut rows = PngRows::new(&mut reader, size, budget)?;
    let mut count = 0;
    for (y, x, step) in positions(size, interlaced) {
        let samples = match rows.next_row(budget) {
            Ok(samples) => samples,
            Err(error) if error.kind() == ErrorKind::Malformed => break,
            Err(error) => return Err(error),
        };
        sink(Row {
            y,
            x,
            step,
            samples,
        })?;
        count += 1;
    }
    Ok(count)
}

/// The image with its missing parts filled in.
struct RepairedImage {
    size: Size,
    interlaced: bool,
    region: Region,
    /// Bytes of a pixel.
    pixel_bytes: usize,
    /// All pixels if the image is interlaced; else one transparent row.
    samples: Buffer<u8>,
    /// The next row to send, if the image is not interlaced.
    next: u32,
}

impl RepairedImage {
    fn new(file: &[u8], memory: u64, region: Region, budget: &Budget) -> Result<Self> {
        let reader = open(
            PngInput::new(file),
            ReadMode::Lenient,
            memory,
            budget.limits(),
        )?;
        let info = reader.info();
        let size = Size::new(info.width, info.height);
        let (layout, depth) = layout(&reader)?;
        let pixel_bytes = layout.channels() * depth.bytes();
        let kept = if info.interlaced { size.height } else { 1 };
        let length = u64::from(size.width) * u64::from(kept) * pixel_bytes as u64;
        Ok(Self {
            size,
            interlaced: info.interlaced,
            region,
            pixel_bytes,
            samples: budget.buffer(usize::try_from(length).unwrap_or(usize::MAX))?,
            next: 0,
        })
    }

    /// Rows in the file.
    fn count(&self) -> usize {
        positions(self.size, self.interlaced).count()
    }

    fn push(&mut self, row: &Row<'_>, sink: &mut RowSink<'_>) -> Result<()> {
        if self.interlaced {
            self.fill_blocks(row);
            return Ok(());
        }
        self.next = row.y + 1;
        sink(Row::whole(row.y, row.samples))
    }

    /// Fills the block of each pixel: those of the later passes up to the next pixel.
    fn fill_blocks(&mut self, row: &Row<'_>) {
        let stride = self.size.width as usize * self.pixel_bytes;
        // The height and width of the blocks of each pass, by the first column and the step.
        let (height, width) = match (row.x, row.step) {
            (0, 8) => (8, 8),
            (4, 8) => (8, 4),
            (0, 4) => (4, 4),
            (2, 4) => (4, 2),
            (0, 2) => (2, 2),
            (1, 2) => (2, 1),
            _ => (1, 1),
        };
        let lines = self.samples.chunks_exact_mut(stride);
        for line in lines.skip(row.y as usize).take(height) {
            let columns = (row.x as usize..).step_by(row.step as usize);
            for (x, pixel) in columns.zip(row.samples.chunks_exact(self.pixel_bytes)) {
                let block = line[x * self.pixel_bytes..].chunks_exact_mut(self.pixel_bytes);
                block
                    .take(width)
                    .for_each(|target| target.copy_from_slice(pixel));
            }
        }
    }

    /// Sends the rows that are not sent yet.
    fn finish(&mut self, sink: &mut RowSink<'_>) -> Result<()> {
        let stride = self.size.width as usize * self.pixel_bytes;
        for y in self.region.y0.max(self.next)..self.region.y1 {
            let first = if self.interlaced {
                y as usize * stride
            } else {
                0
            };
            let row = self.samples.get(first..first + stride);
            let row = row.ok_or_else(|| Error::internal("a repaired image is too short"))?;
            sink(Row::whole(y, row))?;
        }
        Ok(())
    }

    /// Pixels of the region in all rows of the file after the first `known`.
    fn missing_after(&self, known: usize) -> u64 {
        let Region { x0, y0, x1, y1 } = self.region;
        let rows = positions(self.size, self.interlaced).skip(known);
        let rows = rows.filter(|(y, ..)| (y0..y1).contains(y));
        rows.map(|(_, x, step)| {
            let before = |end: u32| u64::from(end.saturating_sub(x).div_ceil(step));
            before(x1) - before(x0)
        })
        .sum()
    }
}

#[cfg(test)]
mod tests;
