//! The frames of an animated WebP, as [`animation`](crate::decode::animation) draws them.
//!
//! ```text
//! ANMF: x / 2, y / 2, width - 1, height - 1, duration (24 bits each), flags (8 bits),
//!       then the chunks of a still image: ALPH? VP8, or VP8L             RFC 9649, 2.7.1.1
//! ```
//!
//! The `image-webp` crate decodes each frame as a file of its own. It can draw frames too, but version
//! 0.2 clears wrong areas.

use super::reader::{layout, open, read_image, size};
use crate::decode::animation::{Disposal, FramePlace, FrameReader};
use crate::decode::canvas::{Blend, Canvas};
use crate::decode::metadata::next_riff_chunk;
use crate::error::{Error, Result};
use crate::geometry::Region;
use crate::limits::{Budget, Buffer};
use crate::pixels::Row;

/// Reads one frame after the other.
pub(super) struct WebpFrames<'a> {
    /// The chunks that are not read yet.
    rest: &'a [u8],
    current: Option<WebpFrame<'a>>,
}

/// A frame that is not decoded.
struct WebpFrame<'a> {
    area: Region,
    disposal: Disposal,
    blend: Blend,
    /// The chunks of a still image.
    chunks: &'a [u8],
}

impl<'a> WebpFrames<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        Self {
            rest: file.get(12..).unwrap_or_default(),
            current: None,
        }
    }
}

impl<'a> WebpFrame<'a> {
    /// Parses an ANMF chunk.
    fn new(data: &'a [u8]) -> Result<Self> {
        let (fields, chunks) = data
            .split_first_chunk::<16>()
            .ok_or_else(|| Error::malformed("a frame of the WebP is too short"))?;
        let [x, y, width, height, _duration] = std::array::from_fn(|i| {
            let field = &fields[i * 3..i * 3 + 3];
            u32::from_le_bytes([field[0], field[1], field[2], 0])
        });
        let (x0, y0) = (x * 2, y * 2);
        Ok(Self {
            area: Region {
                x0,
                y0,
                x1: x0 + width + 1,
                y1: y0 + height + 1,
            },
            disposal: if fields[15] & 1 == 0 {
                Disposal::Keep
            } else {
                Disposal::Background
            },
            blend: if fields[15] & 2 == 0 {
                Blend::Over
            } else {
                Blend::Source
            },
            chunks,
        })
    }

    fn chunk(&self, kind: &[u8; 4]) -> Option<&'a [u8]> {
        let mut rest = self.chunks;
        while let Some((name, data, next)) = next_riff_chunk(rest) {
            if name == kind {
                return Some(data);
            }
            rest = next;
        }
        None
    }

    /// The frame as a file: the extended format if it has a chunk for alpha, else the simple one.
    fn to_file(&self, budget: &Budget) -> Result<Buffer<u8>> {
        let mut extended = [0; 10];
        extended[0] = 0x10; // alpha
        let size = self.area.size();
        extended[4..7].copy_from_slice(&(size.width - 1).to_le_bytes()[..3]);
        extended[7..].copy_from_slice(&(size.height - 1).to_le_bytes()[..3]);
        let alpha = self.chunk(b"ALPH");
        let chunks = [
            (b"VP8X", alpha.map(|_| &extended[..])),
            (b"ALPH", alpha),
            (b"VP8 ", self.chunk(b"VP8 ")),
            (b"VP8L", self.chunk(b"VP8L").filter(|_| alpha.is_none())),
        ];
        let chunks = chunks
            .into_iter()
            .filter_map(|(kind, data)| Some((kind, data?)));

        let padded = |data: &[u8]| 8 + data.len().next_multiple_of(2);
        let length = chunks.clone().map(|(_, data)| padded(data)).sum::<usize>();
        let mut file = budget.buffer(12 + length)?;
        file[..4].copy_from_slice(b"RIFF");
        file[4..8].copy_from_slice(&(length as u32 + 4).to_le_bytes());
        file[8..12].copy_from_slice(b"WEBP");
        let mut rest = &mut file[12..];
        for (kind, data) in chunks {
            let (chunk, next) = rest.split_at_mut(padded(data));
            chunk[..4].copy_from_slice(kind);
            chunk[4..8].copy_from_slice(&(data.len() as u32).to_le_bytes());
            chunk[8..8 + data.len()].copy_from_slice(data);
            rest = next;
        }
        Ok(file)
    }
}

impl FrameReader for WebpFrames<'_> {
    fn next_frame(&mut self) -> Result<Option<FramePlace>> {
        self.current = None;
        while let Some((kind, data, next)) = next_riff_chunk(self.rest) {
            self.rest = next;
            if kind == b"ANMF" {
                let frame = self.current.insert(WebpFrame::new(data)?);
                let (area, disposal) = (frame.area, frame.disposal);
                return Ok(Some(FramePlace { area, disposal }));
            }
        }
        Ok(None)
    }

    fn draw(&mut self, canvas: &mut Canvas, budget: &Budget) -> Result<()> {
        let frame = self.current.as_ref();
        let frame = frame.ok_or_else(|| Error::internal("no frame was read"))?;
        let file = frame.to_file(budget)?;
        let mut reader = open(&file, budget.limits())?;
        let (area, size) = (frame.area, size(&reader));
        if size != area.size() || area.x1 > canvas.size.width || area.y1 > canvas.size.height {
            return Err(Error::malformed(
                "the sizes in the WebP contradict each other",
            ));
        }
        let image = read_image(&mut reader, file.len(), budget)?;
        let mut pixels = budget.buffer::<u8>(size.width as usize * 4)?;
        let channels = layout(&reader).channels();
        for (y, row) in (area.y0..).zip(image.chunks_exact(size.width as usize * channels)) {
            to_rgba(row, channels, &mut pixels);
            let row = Row {
                y,
                x: area.x0,
                step: 1,
                samples: &pixels,
            };
            canvas.draw(&row, frame.blend);
        }
        Ok(())
    }
}

/// Copies RGBA pixels, or opaque ones.
fn to_rgba(samples: &[u8], channels: usize, pixels: &mut [u8]) {
    let pixels = pixels.as_chunks_mut::<4>().0;
    for (sample, pixel) in samples.chunks_exact(channels).zip(pixels) {
        *pixel = [255; 4];
        pixel[..channels].copy_from_slice(sample);
    }
}

#[cfg(test)]
mod tests;
