//! PNG, row by row: RGB and RGBA of 8 bits by `plain.rs`, everything else by the `png` crate. Of an
//! APNG, the default image is decoded, unless a later frame is chosen (`frames.rs`).
//!
//! The chunks about color are read here (`color_chunks.rs`). 16-bit samples are sent as they are; only
//! those of a later frame are rounded to 8 bits.
//!
//! # Damage
//!
//! An error where the image data end early or cannot be decompressed, and at the first chunk of image
//! data with a wrong checksum, if rows of the region depend on it. `damage.rs` decodes such a file
//! again, as far as it goes. Not damage, as in browsers: a wrong checksum of the decompressed data
//! alone, an ancillary chunk with a wrong checksum, and an end without IEND.

mod color_chunks;
mod damage;
mod frames;
#[cfg(not(target_arch = "wasm32"))]
mod inflate;
mod input;
#[cfg(not(target_arch = "wasm32"))]
mod plain;
mod reader;
mod transparency;
#[cfg(not(target_arch = "wasm32"))]
mod unfilter;

use png::ColorType;

use self::color_chunks::ColorChunks;
use self::frames::PngFrames;
use self::input::PngInput;
use self::reader::{PngReader, PngRows, ReadMode, layout, open, positions};
use super::animation;
use super::canvas::ComposedFrame;
use super::header::Header;
use super::metadata;
use super::rows::DecodeReport;
use crate::error::Result;
use crate::format::SourceFormat;
use crate::geometry::Size;
use crate::limits::{Budget, Reservation};
use crate::photo::Frame;
use crate::pixels::{Layout, Row, RowSink, SampleDepth};
use crate::plan::DecodeRequest;

/// Upper bound on the allocations of the `png` crate for chunks and rows, in bytes.
const WORKING_MEMORY: u64 = 4 << 20;

/// A PNG whose chunks before the image data are read.
pub(super) struct PngDecoder<'a> {
    bytes: &'a [u8],
    reader: PngReader<'a>,
    /// Held with the reader.
    _working: Reservation,
    /// Upper bound on the allocations of the reader, in bytes.
    working_memory: u64,
    /// The chosen frame, if it is not the first.
    composed: Option<ComposedFrame>,
    /// Whether the file proved damaged and is decoded again.
    repairing: bool,
}

impl<'a> PngDecoder<'a> {
    pub(super) fn open(
        bytes: &'a [u8],
        frame: Frame,
        budget: &Budget,
    ) -> Result<(Self, Header<'a>)> {
        let limits = budget.limits();
        let working_memory = WORKING_MEMORY.min(limits.memory / 4);
        let _working = budget.reserve(working_memory)?;
        let reader = open(
            PngInput::new(bytes),
            ReadMode::Strict,
            working_memory,
            limits,
        )?;
        let info = reader.info();
        let size = Size::new(info.width, info.height);
        let interlaced = info.interlaced;
        let mut composed = None;
        if let Some(animation) = info.animation_control() {
            limits.check_frames(animation.num_frames)?;
            limits.check_size(size)?;
            // A default image outside of the animation has no control.
            if animation.num_frames == 1 && info.frame_control().is_some() {
                animation::check_still(frame)?;
            }
            let mut frames = PngFrames::new(bytes, &reader, working_memory)?;
            composed = animation::compose(&mut frames, size, frame, budget)?;
        } else {
            animation::check_still(frame)?;
        }
        let (stored, depth) = layout(&reader)?;
        if matches!(stored, Layout::Gray | Layout::GrayAlpha) {
            composed = composed.map(ComposedFrame::into_gray);
        }
        let color = ColorChunks::read(bytes);
        let header = Header {
            format: SourceFormat::Png,
            size,
            orientation: metadata::png_orientation(bytes),
            halvable: false,
            layout: composed.as_ref().map_or(stored, |composed| composed.layout),
            depth: match composed {
                Some(_) => SampleDepth::Eight,
                None => depth,
            },
            icc: color.icc,
            stated: color.stated,
            out_of_order: composed.is_none() && interlaced,
            band: 1,
        };
        let decoder = Self {
            bytes,
            reader,
            _working,
            working_memory,
            composed,
            repairing: false,
        };
        Ok((decoder, header))
    }

    /// A reader of the frames of an APNG, and the canvas. `None` for another PNG.
    #[cfg(feature = "animation")]
    pub(super) fn frames(
        bytes: &'a [u8],
        budget: &Budget,
    ) -> Result<Option<animation::OpenedFrames<'a>>> {
        let limits = budget.limits();
        let memory = WORKING_MEMORY.min(limits.memory / 4);
        let _working = budget.reserve(memory)?;
        let reader = open(PngInput::new(bytes), ReadMode::Strict, memory, limits)?;
        let info = reader.info();
        if info.animation_control().is_none() {
            return Ok(None);
        }
        let frames = PngFrames::new(bytes, &reader, memory)?.without_default_image();
        let canvas = Size::new(info.width, info.height);
        Ok(Some((Box::new(frames), canvas)))
    }

    /// Lets `rows` send what can be decoded. Returns the layout then.
    pub(super) fn repair(&mut self) -> Option<Layout> {
        self.repairing = self.composed.is_none();
        let (color, _) = self.reader.output_color_type();
        let layout = match color {
            ColorType::Grayscale | ColorType::GrayscaleAlpha => Layout::GrayAlpha,
            _ => Layout::Rgba,
        };
        self.repairing.then_some(layout)
    }

    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        if let Some(composed) = &self.composed {
            return composed.rows(request.region, budget, sink);
        }
        if self.repairing {
            // For the readers of the sound part and of the whole.
            let _working = budget.reserve(2 * self.working_memory)?;
            return damage::rows(self.bytes, self.working_memory, request, budget, sink);
        }
        let sound_part = damage::sound_part(self.bytes);
        #[cfg(not(target_arch = "wasm32"))] // There is no space for it.
        if let Some(layout) = plain::layout(self.reader.info()) {
            let sound = sound_part.as_ref().map_or(self.bytes, PngInput::bytes);
            let size = Size::new(self.reader.info().width, request.region.y1);
            plain::rows(sound, layout, size, budget, sink)?;
            return Ok(DecodeReport::default());
        }
        if let Some(sound) = sound_part {
            let _working = budget.reserve(self.working_memory)?;
            self.reader = open(
                sound,
                ReadMode::Strict,
                self.working_memory,
                budget.limits(),
            )?;
        }
        let reader = &mut self.reader;
        let size = Size::new(reader.info().width, reader.info().height);
        let interlaced = reader.info().interlaced;
        let mut rows = PngRows::new(reader, size, budget)?;
        for (y, x, step) in positions(size, interlaced) {
            let samples = rows.next_row(budget)?;
            sink(Row {
                y,
                x,
                step,
                samples,
            })?;
            if !interlaced && y + 1 >= request.region.y1 {
                break;
            }
        }
        Ok(DecodeReport::default())
    }
}

#[cfg(test)]
mod tests;
