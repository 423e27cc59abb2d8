//! Converts the rows of decoded tiles and sends them, in pieces.

use super::alpha::AlphaPlane;
use super::coded::CodedFormat;
use super::container::{CodePoints, Tile};
use super::picture;
use super::planes::{RowConverter, output_depth};
use crate::error::{Error, Result};
use crate::geometry::Region;
use crate::limits::{Budget, Buffer};
use crate::pixels::{Row, RowSink, SampleDepth};
use crate::plan::ChromaMode;

/// The form of the pieces of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct PieceForm {
    pub format: CodedFormat,
    pub color: CodePoints,
    pub chroma: ChromaMode,
    /// How much it is reduced afterwards.
    pub shrink: u32,
    /// The visible part of the image, from which the positions of rows count.
    pub origin: Region,
}

/// Sends rows of tiles.
#[derive(Debug)]
pub(super) struct PieceWriter {
    form: PieceForm,
    converter: RowConverter,
    alpha: Option<AlphaPlane>,
    /// Color of a row.
    opaque: Buffer<u8>,
    /// Color and alpha of a row. Empty without alpha.
    woven: Buffer<u8>,
}

impl PieceWriter {
    /// For pieces of at most `width` pixels.
    pub(super) fn new(
        form: PieceForm,
        alpha: Option<AlphaPlane>,
        width: u32,
        budget: &Budget,
    ) -> Result<Self> {
        let PieceForm {
            format,
            color,
            chroma,
            ..
        } = form;
        if color.matrix == 0 && format.subsampled() {
            return Err(Error::malformed(
                "the color of the picture is coded in a contradictory way",
            ));
        }
        let depth = output_depth(format.bits);
        let bytes = |channels: usize| width as usize * channels * depth.bytes();
        let channels = format.channels();
        let woven = if alpha.is_some() { channels + 1 } else { 0 };
        Ok(Self {
            form,
            converter: RowConverter::new(&color, format.bits, depth, chroma, width, budget)?,
            opaque: budget.buffer(bytes(channels))?,
            woven: budget.buffer(bytes(woven))?,
            alpha,
        })
    }

    /// Decodes a tile and sends the rows of its part inside the region.
    pub(super) fn decode(
        &mut self,
        tile: &Tile<'_>,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<()> {
        let PieceForm { format, shrink, .. } = self.form;
        picture::decode(&tile.item, &format, shrink, budget, &mut |picture| {
            for y in tile.inside.y0..tile.inside.y1 {
                let length = self.row_bytes(tile);
                let row = &mut self.opaque[..length];
                self.converter
                    .convert(picture, tile.inside.x0 - tile.x, y - tile.y, row);
                self.send(tile, y, sink)?;
            }
            Ok(())
        })
    }

    /// Sends gray rows instead of a damaged tile.
    pub(super) fn fill(&mut self, tile: &Tile<'_>, sink: &mut RowSink<'_>) -> Result<()> {
        self.opaque.fill(0x80);
        for y in tile.inside.y0..tile.inside.y1 {
            self.send(tile, y, sink)?;
        }
        Ok(())
    }

    fn row_bytes(&self, tile: &Tile<'_>) -> usize {
        let depth = output_depth(self.form.format.bits);
        tile.inside.size().width as usize * self.form.format.channels() * depth.bytes()
    }

    fn send(&mut self, tile: &Tile<'_>, y: u32, sink: &mut RowSink<'_>) -> Result<()> {
        let opaque = &self.opaque[..self.row_bytes(tile)];
        let samples = match &self.alpha {
            None => opaque,
            Some(alpha) => {
                let channels = self.form.format.channels();
                let depth = output_depth(self.form.format.bits);
                let row = alpha.row(tile.inside, y);
                let woven = &mut self.woven[..opaque.len() + row.len()];
                weave(opaque, row, channels * depth.bytes(), depth, woven);
                if alpha.premultiplied {
                    unpremultiply(woven, channels + 1, depth);
                }
                woven
            }
        };
        sink(Row {
            y: y - self.form.origin.y0,
            x: tile.inside.x0 - self.form.origin.x0,
            step: 1,
            samples,
        })
    }
}

/// Alternates the color of a pixel, in `color` bytes, and its alpha.
fn weave(opaque: &[u8], alpha: &[u8], color: usize, depth: SampleDepth, out: &mut [u8]) {
    let pixels = out.chunks_exact_mut(color + depth.bytes());
    let sources = opaque
        .chunks_exact(color)
        .zip(alpha.chunks_exact(depth.bytes()));
    for (pixel, (opaque, alpha)) in pixels.zip(sources) {
        let (target, rest) = pixel.split_at_mut(color);
        target.copy_from_slice(opaque);
        rest.copy_from_slice(alpha);
    }
}

/// Divides color by alpha, which is the last of `channels`.
fn unpremultiply(row: &mut [u8], channels: usize, depth: SampleDepth) {
    let divide = |v: u32, alpha: u32, max: u32| match alpha {
        0 => 0,
        _ => ((v * max + alpha / 2) / alpha).min(max),
    };
    match depth {
        SampleDepth::Eight => {
            for pixel in row.chunks_exact_mut(channels) {
                if let Some((&mut alpha, color)) = pixel.split_last_mut() {
                    color
                        .iter_mut()
                        .for_each(|v| *v = divide((*v).into(), alpha.into(), 255) as u8);
                }
            }
        }
        SampleDepth::Sixteen => {
            for pixel in row.as_chunks_mut::<2>().0.chunks_exact_mut(channels) {
                if let Some((&mut alpha, color)) = pixel.split_last_mut() {
                    let alpha = u16::from_be_bytes(alpha).into();
                    for v in color {
                        let divided = divide(u16::from_be_bytes(*v).into(), alpha, 65_535);
                        *v = (divided as u16).to_be_bytes();
                    }
                }
            }
        }
    }
}
