//! Animated WebP: the container around frames that the encoders of stills have written.
//!
//! ```text
//! RIFF  length of the rest, "WEBP"                                       RFC 9649, 2.4
//! VP8X  flags, 24 bits of 0, width - 1, height - 1                       2.7
//! ANIM  background color (32 bits), loop count (16 bits)                 2.7.1.1
//! for each frame:
//!     ANMF  x / 2, y / 2, width - 1, height - 1, duration in ms, flags,  2.7.1.1
//!           then the chunks of a still: ALPH? VP8, or VP8L
//! ```
//!
//! Fields without a length have 24 bits, flags have 8.
//!
//! The first frame fills the canvas. A later one replaces the smallest rectangle that holds all pixels
//! that have changed, from even coordinates on. It is not blended and not disposed of. A frame without
//! changes makes the one before it last longer.
//!
//! Durations are whole milliseconds. The end of each frame is rounded, so that errors do not add up.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Reservation};
use crate::pixels::SrgbImage;

/// Flags in VP8X.
const ANIMATION: u8 = 0x02;
const ALPHA: u8 = 0x10;
/// A flag in ANMF: the frame replaces pixels.
const NO_BLENDING: u8 = 0x02;
/// The longest duration of a frame, in milliseconds.
const MAX_DURATION: u64 = 0xFF_FFFF;
/// `RIFF`, VP8X and ANIM.
const HEADER: usize = 12 + 18 + 14;
/// From the start of a chunk ANMF to its duration, and to the chunks in it.
const DURATION: usize = 8 + 12;
const FRAME_HEADER: usize = 8 + 16;

/// Encodes a frame as the file of a still.
pub(crate) type EncodeStill<'a> = dyn FnMut(&SrgbImage) -> Result<Vec<u8>> + 'a;

/// A finished file.
pub(crate) struct AnimatedFile {
    pub bytes: Vec<u8>,
    pub size: Size,
    pub frames: u32,
    pub duration_ms: u64,
    /// The memory of `bytes`.
    _held: Reservation,
}

/// Writes one frame after the other.
pub(crate) struct AnimationWriter {
    file: GrowingFile,
    frames: u32,
    alpha: bool,
    /// All pixels of the last frame.
    shown: Option<SrgbImage>,
    /// Where its chunk begins, in the file.
    chunk: usize,
    /// When it begins, in milliseconds.
    start: u64,
    /// When it ends.
    end: Duration,
}

impl AnimationWriter {
    pub(crate) fn new(budget: &Budget) -> Result<Self> {
        let mut file = GrowingFile::new(budget)?;
        file.append(&[0; HEADER], budget)?;
        Ok(Self {
            file,
            frames: 0,
            alpha: false,
            shown: None,
            chunk: 0,
            start: 0,
            end: Duration::ZERO,
        })
    }

    /// Adds a frame. All have one size and the same channels.
    pub(crate) fn push(
        &mut self,
        image: SrgbImage,
        duration: Duration,
        budget: &Budget,
        encode: &mut EncodeStill<'_>,
    ) -> Result<()> {
        let start = milliseconds(self.end);
        self.end = self.end.saturating_add(duration);
        let changed = match &self.shown {
            Some(shown) => changed_area(shown, &image),
            None => Some(Region::whole(image.size)),
        };
        if let Some(area) = changed {
            self.add_frame(&image, area, start, budget, encode)?;
            self.shown = Some(image);
        }
        self.extend_last(budget, encode)
    }

    /// Lets the last frame last until the end. Where a field cannot store that, a pixel is repeated.
    fn extend_last(&mut self, budget: &Budget, encode: &mut EncodeStill<'_>) -> Result<()> {
        loop {
            let duration = milliseconds(self.end).saturating_sub(self.start);
            let at = self.chunk + DURATION;
            put_24_bits(&mut self.file.bytes, at, duration.min(MAX_DURATION) as u32);
            if duration <= MAX_DURATION {
                return Ok(());
            }
            let Some(image) = self.shown.take() else {
                return Ok(());
            };
            let pixel = Region::whole(Size::square(1));
            self.add_frame(&image, pixel, self.start + MAX_DURATION, budget, encode)?;
            self.shown = Some(image);
        }
    }

    fn add_frame(
        &mut self,
        image: &SrgbImage,
        area: Region,
        start: u64,
        budget: &Budget,
        encode: &mut EncodeStill<'_>,
    ) -> Result<()> {
        let part = cut(image, area, budget)?;
        let still = encode(&part)?;
        let _held = budget.reserve(still.capacity() as u64)?;
        let chunks = chunks_of_still(&still)?;
        let mut header = [0; FRAME_HEADER];
        let length = FRAME_HEADER - 8 + chunks.len().next_multiple_of(2);
        header[..4].copy_from_slice(b"ANMF");
        header[4..8].copy_from_slice(&chunk_length(length)?);
        let Size { width, height } = area.size();
        for (at, field) in [area.x0 / 2, area.y0 / 2, width - 1, height - 1]
            .into_iter()
            .enumerate()
        {
            put_24_bits(&mut header, 8 + 3 * at, field);
        }
        header[FRAME_HEADER - 1] = NO_BLENDING;

        self.chunk = self.file.bytes.len();
        self.file.append(&header, budget)?;
        self.file.append(chunks, budget)?;
        self.file.append(&[0][..chunks.len() % 2], budget)?;
        self.frames += 1;
        self.alpha |= part.has_alpha();
        self.start = start;
        Ok(())
    }

    /// Ends the file. `plays` is how often it is played, or 0 without end. `None` if it has fewer than two
    /// frames.
    pub(crate) fn finish(mut self, plays: u16) -> Result<Option<AnimatedFile>> {
        let Some(image) = self.shown.filter(|_| self.frames > 1) else {
            return Ok(None);
        };
        let bytes = &mut self.file.bytes;
        bytes[..4].copy_from_slice(b"RIFF");
        let length = chunk_length(bytes.len() - 8)?;
        bytes[4..8].copy_from_slice(&length);
        bytes[8..20].copy_from_slice(b"WEBPVP8X\x0A\0\0\0");
        bytes[20] = ANIMATION | if self.alpha { ALPHA } else { 0 };
        put_24_bits(bytes, 24, image.size.width - 1);
        put_24_bits(bytes, 27, image.size.height - 1);
        // The background color stays transparent.
        bytes[30..38].copy_from_slice(b"ANIM\x06\0\0\0");
        bytes[42..HEADER].copy_from_slice(&plays.to_le_bytes());
        Ok(Some(AnimatedFile {
            bytes: self.file.bytes,
            size: image.size,
            frames: self.frames,
            duration_ms: milliseconds(self.end),
            _held: self.file.held,
        }))
    }
}

/// Rounded.
fn milliseconds(time: Duration) -> u64 {
    let nanoseconds = time.as_nanos() + 500_000;
    (nanoseconds / 1_000_000).try_into().unwrap_or(u64::MAX)
}

fn put_24_bits(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 3].copy_from_slice(&value.to_le_bytes()[..3]);
}

fn chunk_length(length: usize) -> Result<[u8; 4]> {
    let length = u32::try_from(length).map_err(|_| {
        Error::invalid_options("an animated WebP cannot store this much; choose a smaller size")
    })?;
    Ok(length.to_le_bytes())
}

/// The smallest area, from even coordinates on, outside of which both images are the same. `None` if
/// they are the same everywhere.
fn changed_area(before: &SrgbImage, after: &SrgbImage) -> Option<Region> {
    let mut rows = (0..after.size.height).filter(|&y| before.row(y) != after.row(y));
    let first = rows.next()?;
    let last = rows.next_back().unwrap_or(first);
    let (mut x0, mut x1) = (after.size.width as usize, 0);
    for y in first..=last {
        let before = before.row(y).chunks_exact(before.channels);
        let pairs = before.zip(after.row(y).chunks_exact(after.channels));
        let mut differs = pairs.map(|(before, after)| before != after);
        let Some(left) = differs.clone().position(|differs| differs) else {
            continue;
        };
        x0 = x0.min(left);
        x1 = x1.max(1 + differs.rposition(|differs| differs).unwrap_or(left));
    }
    Some(Region {
        x0: x0 as u32 & !1,
        y0: first & !1,
        x1: x1 as u32,
        y1: last + 1,
    })
}

/// A part of `image`, with alpha only if a pixel of it is not opaque.
fn cut(image: &SrgbImage, area: Region, budget: &Budget) -> Result<SrgbImage> {
    let from = image.channels;
    let rows = (area.y0..area.y1).map(|y| {
        let columns = area.x0 as usize * from..area.x1 as usize * from;
        &image.row(y)[columns]
    });
    let is_transparent = |row: &[u8]| {
        row.as_chunks()
            .0
            .iter()
            .any(|[.., alpha]: &[u8; 4]| *alpha < 255)
    };
    let transparent = image.has_alpha() && rows.clone().any(is_transparent);
    let channels = if transparent { 4 } else { 3 };
    let mut part = SrgbImage::new(area.size(), channels, budget)?;
    for (y, row) in (0..).zip(rows) {
        let pixels = part.row_mut(y).chunks_exact_mut(channels);
        for (pixel, from) in pixels.zip(row.chunks_exact(from)) {
            pixel.copy_from_slice(&from[..channels]);
        }
    }
    Ok(part)
}

/// The chunks of a file that an encoder of stills has written, without VP8X.
fn chunks_of_still(file: &[u8]) -> Result<&[u8]> {
    let chunks = file.get(12..).unwrap_or_default();
    let chunks = if chunks.starts_with(b"VP8X") {
        chunks.get(18..).unwrap_or_default()
    } else {
        chunks
    };
    if chunks.is_empty() {
        return Err(Error::internal("the WebP encoder has written no picture"));
    }
    Ok(chunks)
}

/// A file whose memory is charged.
struct GrowingFile {
    bytes: Vec<u8>,
    held: Reservation,
}

impl GrowingFile {
    fn new(budget: &Budget) -> Result<Self> {
        let (bytes, held) = budget.room(4 << 10)?;
        Ok(Self { bytes, held })
    }

    fn append(&mut self, more: &[u8], budget: &Budget) -> Result<()> {
        let length = self.bytes.len() + more.len();
        if length > self.bytes.capacity() {
            let (mut bytes, held) = budget.room(length + length / 2)?;
            bytes.extend_from_slice(&self.bytes);
            *self = Self { bytes, held };
        }
        self.bytes.extend_from_slice(more);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
