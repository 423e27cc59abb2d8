//! The frames of an APNG, as [`animation`](crate::decode::animation) draws them.
//!
//! ```text
//! IHDR  acTL  [fcTL]  IDAT...  then for each frame: fcTL  fdAT...        PNG 3rd ed., 11.3.6
//! ```
//!
//! The image in IDAT is frame 0. Without an fcTL before it, it is the default image only, and the
//! animation starts with frame 1, on a transparent canvas. Numbers count it all the same, as in
//! Pillow, so that frame 0 is always the photo that other programs show.
//!
//! The `png` crate decodes each frame as a file of its own, with the palette of the whole file.

#[cfg(feature = "animation")]
use std::time::Duration;

use super::damage::{complete_rows, is_sound};
use super::input::PngInput;
use super::reader::{PngReader, chunk, layout, positions};
use crate::decode::animation::{Disposal, FramePlace, FrameReader};
use crate::decode::canvas::{Blend, Canvas};
use crate::decode::metadata::next_png_chunk;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Row, SampleDepth, round_to_8_bits};

/// Reads one frame after the other.
pub(super) struct PngFrames<'a> {
    shared: SharedChunks<'a>,
    /// The chunks that are not read yet.
    rest: &'a [u8],
    canvas: Size,
    interlaced: bool,
    depth: SampleDepth,
    /// Upper bound on the allocations of the `png` crate, in bytes.
    memory: u64,
    /// Whether a default image that is not a part of the animation counts as a frame.
    with_default_image: bool,
    /// Frames that the file declares and that are not read yet.
    #[cfg(feature = "animation")]
    left: u32,
    #[cfg(feature = "animation")]
    plays: u16,
    current: Option<PngFrame<'a>>,
}

/// The chunks that every frame needs, searched for once.
struct SharedChunks<'a> {
    /// Bit depth, color type and methods in IHDR.
    ihdr: &'a [u8],
    palette: Option<&'a [u8]>,
    transparency: Option<&'a [u8]>,
}

impl<'a> SharedChunks<'a> {
    fn find(file: &'a [u8]) -> Result<Self> {
        let ihdr = chunk(file, b"IHDR").and_then(|data| data.get(8..13));
        Ok(Self {
            ihdr: ihdr.ok_or_else(|| Error::malformed("IHDR is too short"))?,
            palette: chunk(file, b"PLTE"),
            transparency: chunk(file, b"tRNS"),
        })
    }
}

/// A frame that is not decoded.
struct PngFrame<'a> {
    area: Region,
    disposal: Disposal,
    /// Numerator and denominator of the seconds that it is shown.
    #[cfg_attr(not(feature = "animation"), allow(dead_code))]
    delay: [u8; 4],
    blend: Blend,
    /// Its chunks of image data.
    data: DataChunks<'a>,
}

impl<'a> PngFrames<'a> {
    /// The frames of a `file` that `reader` has opened.
    pub(super) fn new(file: &'a [u8], reader: &PngReader<'_>, memory: u64) -> Result<Self> {
        let info = reader.info();
        Ok(Self {
            shared: SharedChunks::find(file)?,
            rest: file.get(8..).unwrap_or_default(),
            canvas: Size::new(info.width, info.height),
            interlaced: info.interlaced,
            depth: layout(reader)?.1,
            memory,
            with_default_image: true,
            #[cfg(feature = "animation")]
            left: info
                .animation_control()
                .map_or(1, |control| control.num_frames),
            #[cfg(feature = "animation")]
            plays: info.animation_control().map_or(1, |control| {
                control.num_plays.try_into().unwrap_or(u16::MAX)
            }),
            current: None,
        })
    }

    /// The frames that are shown as an animation.
    #[cfg(feature = "animation")]
    pub(super) fn without_default_image(self) -> Self {
        Self {
            with_default_image: false,
            ..self
        }
    }

    fn read_frame(&mut self) -> Result<Option<PngFrame<'a>>> {
        let mut control = None;
        while let Some((kind, data, next)) = next_png_chunk(self.rest) {
            let chunks = DataChunks::new(kind, self.rest);
            self.rest = next;
            match kind {
                b"fcTL" => control = data.first_chunk(),
                b"IDAT" | b"fdAT" => {
                    self.rest = chunks.skip_all();
                    let frame = self.frame(control.take(), chunks)?;
                    // Data without a frame belong to none.
                    if frame.is_some() {
                        return Ok(frame);
                    }
                }
                b"IEND" => return Ok(None),
                _ => {}
            }
        }
        self.check_end().map(|()| None)
    }

    /// Whether the file may end without IEND. A cut file is damaged, but not for a still: frames are
    /// counted only where all are shown.
    #[cfg(feature = "animation")]
    fn check_end(&self) -> Result<()> {
        if self.with_default_image || self.left == 0 {
            return Ok(());
        }
        Err(Error::malformed("the PNG ends before its last frame"))
    }

    #[cfg(not(feature = "animation"))]
    fn check_end(&self) -> Result<()> {
        Ok(())
    }

    fn frame(
        &self,
        control: Option<&[u8; 26]>,
        data: DataChunks<'a>,
    ) -> Result<Option<PngFrame<'a>>> {
        match control {
            Some(control) => PngFrame::new(control, self.canvas, data).map(Some),
            // The default image.
            None if &data.kind == b"IDAT" && self.with_default_image => Ok(Some(PngFrame {
                area: Region::whole(self.canvas),
                disposal: Disposal::Background,
                delay: [0; 4],
                blend: Blend::Source,
                data,
            })),
            None => Ok(None),
        }
    }
}

impl<'a> PngFrame<'a> {
    /// Parses an fcTL chunk (PNG 3rd ed., 11.3.6.2).
    fn new(control: &[u8; 26], canvas: Size, data: DataChunks<'a>) -> Result<Self> {
        let fields = control.as_chunks::<4>().0;
        let [_, width, height, x0, y0, _] = std::array::from_fn(|i| {
            let field = fields.get(i).copied().unwrap_or_default();
            u32::from_be_bytes(field)
        });
        let (x1, y1) = (x0.saturating_add(width), y0.saturating_add(height));
        if width == 0 || height == 0 || x1 > canvas.width || y1 > canvas.height {
            return Err(Error::malformed("a frame of the PNG leaves its canvas"));
        }
        Ok(Self {
            area: Region { x0, y0, x1, y1 },
            disposal: match control[24] {
                1 => Disposal::Background,
                2 => Disposal::Previous,
                _ => Disposal::Keep,
            },
            delay: [control[20], control[21], control[22], control[23]],
            blend: if control[25] == 1 {
                Blend::Over
            } else {
                Blend::Source
            },
            data,
        })
    }

    /// The frame as a file without IEND. Its checksums are zeros.
    fn to_file(&self, shared: &SharedChunks<'_>, budget: &Budget) -> Result<Buffer<u8>> {
        let mut header = [0; 13];
        let size = self.area.size();
        header[..4].copy_from_slice(&size.width.to_be_bytes());
        header[4..8].copy_from_slice(&size.height.to_be_bytes());
        header[8..].copy_from_slice(shared.ihdr);

        let shared = [(b"PLTE", shared.palette), (b"tRNS", shared.transparency)];
        let shared = shared
            .into_iter()
            .filter_map(|(kind, data)| Some((kind, data?)));
        let data = self.data.clone().map(|(_, data)| (b"IDAT", data));
        let chunks = || {
            [(b"IHDR", &header[..])]
                .into_iter()
                .chain(shared.clone())
                .chain(data.clone())
        };

        let length = chunks().map(|(_, data)| 12 + data.len()).sum::<usize>();
        let mut file = budget.buffer(8 + length)?;
        let (signature, mut rest) = file.split_at_mut(8);
        signature.copy_from_slice(b"\x89PNG\r\n\x1A\n");
        for (kind, data) in chunks() {
            let (chunk, next) = rest.split_at_mut(12 + data.len());
            chunk[..4].copy_from_slice(&(data.len() as u32).to_be_bytes());
            chunk[4..8].copy_from_slice(kind);
            chunk[8..8 + data.len()].copy_from_slice(data);
            rest = next;
        }
        Ok(file)
    }
}

impl FrameReader for PngFrames<'_> {
    fn next_frame(&mut self) -> Result<Option<FramePlace>> {
        self.current = self.read_frame()?;
        #[cfg(feature = "animation")]
        {
            self.left = self.left.saturating_sub(1);
        }
        Ok(self.current.as_ref().map(|frame| FramePlace {
            area: frame.area,
            disposal: frame.disposal,
        }))
    }

    #[cfg(feature = "animation")]
    fn duration(&self) -> Duration {
        let delay = self.current.as_ref().map_or([0; 4], |frame| frame.delay);
        duration(delay)
    }

    #[cfg(feature = "animation")]
    fn plays(&self) -> u16 {
        self.plays
    }

    fn draw(&mut self, canvas: &mut Canvas, budget: &Budget) -> Result<()> {
        let frame = self.current.as_ref();
        let frame = frame.ok_or_else(|| Error::internal("no frame was read"))?;
        let (size, Region { x0, y0, .. }) = (frame.area.size(), frame.area);
        let file = frame.to_file(&self.shared, budget)?;
        let _working = budget.reserve(self.memory)?;
        let mut pixels = budget.buffer::<u8>(size.width as usize * 4)?;
        let mut draw = |row: Row<'_>| {
            let count = size.width.saturating_sub(row.x).div_ceil(row.step) as usize;
            let samples = &mut pixels[..count * 4];
            to_rgba(row.samples, self.depth, samples);
            let (x, y) = (x0 + row.x, y0 + row.y);
            canvas.draw(
                &Row {
                    y,
                    x,
                    samples,
                    ..row
                },
                frame.blend,
            );
            Ok(())
        };
        let decoded = complete_rows(PngInput::with_end(&file), self.memory, budget, &mut draw)?;
        let sound = frame.data.clone().all(|(chunk, _)| is_sound(chunk));
        let known = if sound { decoded } else { 0 };
        for (y, x, step) in positions(size, self.interlaced).skip(known) {
            let count = size.width.saturating_sub(x).div_ceil(step) as usize;
            let samples = &pixels[..count * 4];
            let (x, y) = (x0 + x, y0 + y);
            canvas.mark_missing(
                &Row {
                    y,
                    x,
                    step,
                    samples,
                },
                budget,
            )?;
        }
        Ok(())
    }
}

/// A fraction of a second. A denominator of 0 stands for 100 (PNG 3rd ed., 11.3.6.2).
#[cfg(feature = "animation")]
fn duration([high, low, rest @ ..]: [u8; 4]) -> Duration {
    let numerator = u64::from(u16::from_be_bytes([high, low]));
    let denominator = match u16::from_be_bytes(rest) {
        0 => 100,
        denominator => u64::from(denominator),
    };
    Duration::from_nanos(numerator * 1_000_000_000 / denominator)
}

/// Copies RGBA pixels, or gray ones with alpha. Samples of 16 bits are rounded to 8.
fn to_rgba(samples: &[u8], depth: SampleDepth, pixels: &mut [u8]) {
    match depth {
        SampleDepth::Eight => spread(samples.iter().copied(), pixels),
        SampleDepth::Sixteen => {
            let pairs = samples.as_chunks().0.iter();
            spread(pairs.map(|&pair| round_to_8_bits(pair)), pixels);
        }
    }
}

/// Writes samples to RGBA pixels: as they are, or one gray to three colors.
fn spread(mut samples: impl ExactSizeIterator<Item = u8>, pixels: &mut [u8]) {
    if samples.len() == pixels.len() {
        let targets = pixels.iter_mut().zip(samples);
        return targets.for_each(|(target, sample)| *target = sample);
    }
    for pixel in pixels.as_chunks_mut::<4>().0 {
        if let (Some(gray), Some(alpha)) = (samples.next(), samples.next()) {
            *pixel = [gray, gray, gray, alpha];
        }
    }
}

/// Consecutive chunks of one type.
#[derive(Clone)]
struct DataChunks<'a> {
    kind: [u8; 4],
    rest: &'a [u8],
}

impl<'a> DataChunks<'a> {
    fn new(kind: &[u8; 4], rest: &'a [u8]) -> Self {
        Self { kind: *kind, rest }
    }

    /// The rest of the file after all of them.
    fn skip_all(&self) -> &'a [u8] {
        let mut chunks = self.clone();
        while chunks.next().is_some() {}
        chunks.rest
    }
}

impl<'a> Iterator for DataChunks<'a> {
    /// A chunk and all after it; and its part of the zlib stream.
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let chunk = self.rest;
        let (kind, data, next) = next_png_chunk(chunk)?;
        if *kind != self.kind {
            return None;
        }
        self.rest = next;
        // The data of an fdAT chunk follow its number.
        let number = if kind == b"fdAT" { 4 } else { 0 };
        Some((chunk, data.get(number..).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests;
