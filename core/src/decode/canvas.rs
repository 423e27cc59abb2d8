//! The canvas on which frames of an animation are drawn: RGBA, straight alpha.

use super::rows::DecodeReport;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Buffer};
use crate::pixels::{Layout, Row, RowSink};

/// How far the samples of a frame of one color may differ from each other: the noise of a lossy
/// WebP.
const NOISE: u8 = 4;

/// How a frame's pixels are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blend {
    /// They replace those of the canvas.
    Source,
    /// They cover those of the canvas as far as they are opaque.
    Over,
}

/// All pixels, and which of them are missing.
#[derive(Debug)]
pub(super) struct Canvas {
    pub size: Size,
    pixels: Buffer<u8>,
    /// Whether a pixel is missing. Empty while none is.
    missing: Buffer<bool>,
}

impl Canvas {
    /// A transparent canvas.
    pub(super) fn new(size: Size, budget: &Budget) -> Result<Self> {
        Ok(Self {
            size,
            pixels: budget.buffer(usize::try_from(size.pixels() * 4).unwrap_or(usize::MAX))?,
            missing: budget.buffer(0)?,
        })
    }

    /// Draws RGBA pixels, `row.step` columns apart. Those outside of the canvas are cut off.
    pub(super) fn draw(&mut self, row: &Row<'_>, blend: Blend) {
        for (at, &source) in self.positions(row).zip(row.samples.as_chunks().0) {
            let pixel = &mut self.pixels.as_chunks_mut::<4>().0[at];
            *pixel = match blend {
                Blend::Source => source,
                Blend::Over => over(source, *pixel),
            };
            if let Some(missing) = self.missing.get_mut(at) {
                *missing &= blend == Blend::Over && source[3] < 255;
            }
        }
    }

    /// Marks the same pixels as missing. They keep their color.
    pub(super) fn mark_missing(&mut self, row: &Row<'_>, budget: &Budget) -> Result<()> {
        if self.missing.is_empty() {
            self.missing = budget.buffer(self.pixels.len() / 4)?;
        }
        let count = row.samples.len() / 4;
        budget.work(count as u64)?;
        for at in self.positions(row).take(count) {
            self.missing[at] = true;
        }
        Ok(())
    }

    /// The indices of a row's pixels, up to the canvas's right edge.
    fn positions(&self, row: &Row<'_>) -> impl Iterator<Item = usize> + use<> {
        let Size { width, height } = self.size;
        let end = if row.y < height { width } else { 0 };
        let start = row.y as usize * width as usize;
        let columns = (row.x..end).step_by(row.step as usize);
        columns.map(move |x| start + x as usize)
    }

    /// Makes an area transparent.
    pub(super) fn clear(&mut self, area: Region, budget: &Budget) -> Result<()> {
        budget.work(area.size().pixels() * 4)?;
        for row in self.rows(area) {
            self.pixels[row.start * 4..row.end * 4].fill(0);
            self.missing.get_mut(row).unwrap_or_default().fill(false);
        }
        Ok(())
    }

    /// Copies an area from a canvas of the same size.
    pub(super) fn restore(&mut self, area: Region, from: &Self, budget: &Budget) -> Result<()> {
        budget.work(area.size().pixels() * 4)?;
        if self.missing.len() < from.missing.len() {
            self.missing = budget.buffer(from.missing.len())?;
        }
        for row in self.rows(area) {
            let samples = row.start * 4..row.end * 4;
            self.pixels[samples.clone()].copy_from_slice(&from.pixels[samples]);
            let missing = self.missing.get_mut(row.clone()).unwrap_or_default();
            match from.missing.get(row) {
                Some(from) => missing.copy_from_slice(from),
                None => missing.fill(false),
            }
        }
        Ok(())
    }

    /// The indices of an area's pixels, row by row.
    fn rows(&self, area: Region) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let width = self.size.width as usize;
        (area.y0..area.y1).map(move |y| {
            let start = y as usize * width;
            start + area.x0 as usize..start + area.x1 as usize
        })
    }

    /// Whether no pixel differs visibly from the first. Compares up to all pixels, even after a frame
    /// that drew few of them, so all are charged.
    pub(super) fn is_one_color(&self, budget: &Budget) -> Result<bool> {
        budget.work(self.pixels.len() as u64)?;
        let pixels = self.pixels.as_chunks::<4>().0;
        let first = pixels.first().copied().unwrap_or_default();
        let equal = |pixel: &[u8; 4]| {
            let both_transparent = pixel[3] == 0 && first[3] == 0;
            let mut samples = pixel.iter().zip(first);
            both_transparent || samples.all(|(&sample, first)| sample.abs_diff(first) <= NOISE)
        };
        Ok(pixels.iter().all(equal))
    }

    /// Sends the rows of `region` to `sink`. Their work is charged by the caller.
    pub(super) fn send_rows(
        &self,
        region: Region,
        layout: Layout,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let width = region.size().width as usize;
        let mut samples = budget.buffer::<u8>(width * layout.channels())?;
        let mut missing = 0;
        for (y, row) in (region.y0..).zip(self.rows(region)) {
            let pixels = &self.pixels[row.start * 4..row.end * 4];
            pack(pixels.as_chunks().0, layout, &mut samples);
            let flags = self.missing.get(row).unwrap_or_default();
            missing += flags.iter().filter(|&&flag| flag).count() as u64;
            sink(Row {
                y,
                x: region.x0,
                step: 1,
                samples: &samples,
            })?;
        }
        Ok(DecodeReport { missing })
    }

    /// Ends the drawing. The layout has alpha only if a pixel is not opaque.
    pub(super) fn finish(self, budget: &Budget) -> Result<ComposedFrame> {
        budget.work(self.pixels.len() as u64)?;
        let opaque = self.pixels.as_chunks::<4>().0.iter().all(|p| p[3] == 255);
        let layout = if opaque { Layout::Rgb } else { Layout::Rgba };
        Ok(ComposedFrame {
            canvas: self,
            layout,
        })
    }
}

/// Copies the samples that the layout has.
fn pack(pixels: &[[u8; 4]], layout: Layout, samples: &mut [u8]) {
    let kept: &[usize] = match layout {
        Layout::Gray => &[0],
        Layout::GrayAlpha => &[0, 3],
        Layout::Rgb => &[0, 1, 2],
        _ => &[0, 1, 2, 3],
    };
    for (pixel, out) in pixels.iter().zip(samples.chunks_exact_mut(kept.len())) {
        for (out, &channel) in out.iter_mut().zip(kept) {
            *out = pixel[channel];
        }
    }
}

/// Porter and Duff's "over" with straight alpha, rounded to the nearest.
fn over(source: [u8; 4], canvas: [u8; 4]) -> [u8; 4] {
    let (source_alpha, canvas_alpha) = (u32::from(source[3]), u32::from(canvas[3]));
    // In 255ths of a level of alpha.
    let through = canvas_alpha * (255 - source_alpha);
    let total = source_alpha * 255 + through;
    if source_alpha == 0 || total == 0 {
        return canvas;
    }
    let mut out = [((total + 127) / 255) as u8; 4];
    for ((out, source), canvas) in out.iter_mut().zip(source).zip(canvas).take(3) {
        let sum = u32::from(source) * source_alpha * 255 + u32::from(canvas) * through;
        *out = ((sum + total / 2) / total) as u8;
    }
    out
}

/// A canvas with all frames up to the chosen one.
#[derive(Debug)]
pub(super) struct ComposedFrame {
    canvas: Canvas,
    pub layout: Layout,
}

impl ComposedFrame {
    /// Leaves out two of three equal colors: for a file whose pixels are gray.
    pub(super) fn into_gray(mut self) -> Self {
        self.layout = match self.layout {
            Layout::Rgb => Layout::Gray,
            _ => Layout::GrayAlpha,
        };
        self
    }

    /// Sends the rows of `region` to `sink`. Their work is already charged.
    pub(super) fn rows(
        &self,
        region: Region,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        self.canvas.send_rows(region, self.layout, budget, sink)
    }
}

#[cfg(test)]
impl ComposedFrame {
    /// All pixels.
    pub(super) fn pixels(&self) -> &[[u8; 4]] {
        self.canvas.pixels.as_chunks().0
    }
}
