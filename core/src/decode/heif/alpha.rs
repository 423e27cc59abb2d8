//! The alpha of an image, decoded before its color.

use super::container::{AlphaImage, CodePoints, PictureCodec};
use super::picture;
use super::planes::{PlanarPicture, RowConverter};
use crate::error::{Error, Result};
use crate::geometry::Region;
use crate::limits::{Budget, Buffer};
use crate::pixels::SampleDepth;
use crate::plan::ChromaMode;

/// Alpha of a region of an image, in samples of the depth of its color.
#[derive(Debug)]
pub(super) struct AlphaPlane {
    region: Region,
    depth: SampleDepth,
    samples: Buffer<u8>,
    /// Whether the color is multiplied by it already.
    pub premultiplied: bool,
}

impl AlphaPlane {
    /// Decodes the luma of the alpha image. It has the size of the color image.
    pub(super) fn decode(
        image: &AlphaImage<'_>,
        region: Region,
        depth: SampleDepth,
        shrink: u32,
        budget: &Budget,
    ) -> Result<Self> {
        let grid = &image.grid;
        if grid.size.width < region.x1 || grid.size.height < region.y1 {
            return Err(Error::malformed(
                "the alpha of the picture is smaller than its color",
            ));
        }
        let first = grid.first()?;
        let format = picture::format(first, budget)?;
        let meaning = CodePoints {
            // libheif reads the alpha of a HEIC so, whatever the coded picture states.
            full_range: first.codec == PictureCodec::Hevc || format.color.full_range,
            ..CodePoints::UNSPECIFIED
        };
        let (width, mode) = (region.size().width, ChromaMode::Full);
        let mut converter = RowConverter::new(&meaning, format.bits, depth, mode, width, budget)?;
        let bytes = region.size().pixels() * depth.bytes() as u64;
        let samples = budget.buffer(usize::try_from(bytes).unwrap_or(usize::MAX))?;
        let mut plane = Self {
            region,
            depth,
            samples,
            premultiplied: image.premultiplied,
        };
        for tile in grid.touched(region) {
            let inside = tile.inside;
            picture::decode(&tile.item, &format, shrink, budget, &mut |picture| {
                let gray = PlanarPicture {
                    subsampling: None,
                    ..*picture
                };
                for y in inside.y0..inside.y1 {
                    let row = plane.row_mut(inside, y);
                    converter.convert(&gray, inside.x0 - tile.x, y - tile.y, row);
                }
                Ok(())
            })?;
        }
        Ok(plane)
    }

    /// Alpha of the columns of `part` in row `y`, both of the image.
    pub(super) fn row(&self, part: Region, y: u32) -> &[u8] {
        &self.samples[self.range(part, y)]
    }

    fn row_mut(&mut self, part: Region, y: u32) -> &mut [u8] {
        let range = self.range(part, y);
        &mut self.samples[range]
    }

    fn range(&self, part: Region, y: u32) -> std::ops::Range<usize> {
        let row = (y - self.region.y0) as usize * self.region.size().width as usize;
        let first = row + (part.x0 - self.region.x0) as usize;
        let end = first + part.size().width as usize;
        first * self.depth.bytes()..end * self.depth.bytes()
    }
}
