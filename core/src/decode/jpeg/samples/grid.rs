//! The scaled image: where each component's samples lie, and which of them a region needs (T.81 A.1
//! and A.2, with every length times N/8).
//!
//! At scale N/8 a block becomes N x N samples. A component that is sampled half as densely would
//! then have to be upsampled to twice its size. Instead its blocks become 2N samples long, up to
//! the 8 samples that they hold. The axes are independent: at 4/8, the chroma blocks of 4:2:2
//! become 8 samples across and 4 down. Each sample is in the middle of the area that it covers, so
//! components stay aligned. An image that is averaged afterwards does not need this
//! ([`ChromaMode::AsStored`]).
//!
//! Only the rest of the ratio is left to [upsampling](super::upsample).

use crate::decode::jpeg::block::BlockSize;
use crate::decode::jpeg::markers::{FrameComponent, FrameHeader};
use crate::geometry::{Region, Size};
use crate::plan::{ChromaMode, DecodeRequest};

/// The scaled image, and the part of it to decode.
#[derive(Debug)]
pub(crate) struct ScaledGrid {
    /// The requested pixels.
    pub(crate) region: Region,
    /// The MCUs that the region depends on, with the neighbors that upsampling reads.
    pub(crate) mcus: Region,
    /// Pixels of an MCU.
    pub(crate) mcu_size: Size,
    /// In the order of the frame.
    pub(crate) components: Vec<ComponentGrid>,
}

/// One component of the scaled image.
#[derive(Debug)]
pub(crate) struct ComponentGrid {
    /// Blocks of this component in an MCU, across and down.
    pub(crate) h: u32,
    pub(crate) v: u32,
    pub(crate) block_size: BlockSize,
    /// The component's samples at this scale.
    pub(crate) size: Size,
    /// The blocks to decode.
    pub(crate) blocks: Region,
    pub(crate) horizontal: SamplingRatio,
    pub(crate) vertical: SamplingRatio,
    pub(crate) upsampling: Upsampling,
}

/// How a component is brought to the image's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upsampling {
    None,
    /// Twice the size by a triangle filter, on the axes that are `true`.
    Triangle {
        horizontal: bool,
        vertical: bool,
    },
    /// Every sample is repeated.
    Replicate,
}

/// Pixels per sample along an axis, as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SamplingRatio {
    pixels: u32,
    samples: u32,
}

impl ScaledGrid {
    /// The requested region must not be empty, and must lie within the scaled image.
    pub(crate) fn new(frame: &FrameHeader, request: &DecodeRequest) -> Self {
        let (region, scale) = (request.region, u32::from(request.scale));
        let components = frame.components.iter();
        let mut components: Vec<_> = components
            .map(|component| ComponentGrid::new(frame, component, request))
            .collect();
        let mut needed = components.iter().map(|grid| grid.mcus_of(region));
        let first = needed.next().unwrap_or(region);
        let mcus = needed.fold(first, union);
        for grid in &mut components {
            grid.blocks = Region {
                x0: mcus.x0 * grid.h,
                y0: mcus.y0 * grid.v,
                x1: mcus.x1 * grid.h,
                y1: mcus.y1 * grid.v,
            };
        }
        Self {
            region,
            mcus,
            mcu_size: Size::new(scale * frame.h_max, scale * frame.v_max),
            components,
        }
    }

    /// Whether pixels depend on the row of samples below their own.
    pub(crate) fn needs_row_below(&self) -> bool {
        let is_vertical =
            |upsampling| matches!(upsampling, Upsampling::Triangle { vertical: true, .. });
        self.components
            .iter()
            .any(|grid| is_vertical(grid.upsampling))
    }
}

impl ComponentGrid {
    fn new(frame: &FrameHeader, component: &FrameComponent, request: &DecodeRequest) -> Self {
        let scale = u32::from(request.scale);
        let (block_width, block_height) = match request.chroma {
            ChromaMode::Full => (
                block_length(scale, frame.h_max, component.h),
                block_length(scale, frame.v_max, component.v),
            ),
            ChromaMode::AsStored => (scale, scale),
        };
        let width = (frame.size.width * component.h * block_width).div_ceil(8 * frame.h_max);
        let height = (frame.size.height * component.v * block_height).div_ceil(8 * frame.v_max);
        let horizontal = SamplingRatio::new(frame.h_max * scale, component.h * block_width);
        let vertical = SamplingRatio::new(frame.v_max * scale, component.v * block_height);
        Self {
            h: component.h,
            v: component.v,
            block_size: BlockSize {
                width: block_width as usize,
                height: block_height as usize,
            },
            size: Size::new(width, height),
            blocks: Region::whole(Size::new(0, 0)),
            horizontal,
            vertical,
            upsampling: Upsampling::choose(horizontal, vertical, width),
        }
    }

    /// The MCUs with the samples that the pixels of `region` depend on.
    fn mcus_of(&self, region: Region) -> Region {
        let (margin_x, margin_y) = match self.upsampling {
            Upsampling::Triangle {
                horizontal,
                vertical,
            } => (u32::from(horizontal), u32::from(vertical)),
            _ => (0, 0),
        };
        let samples = self.block_size.width as u32 * self.h;
        let (x0, x1) = self.horizontal.samples_of(region.x0, region.x1, margin_x);
        let (x0, x1) = (x0 / samples, x1.min(self.size.width).div_ceil(samples));
        let samples = self.block_size.height as u32 * self.v;
        let (y0, y1) = self.vertical.samples_of(region.y0, region.y1, margin_y);
        let (y0, y1) = (y0 / samples, y1.min(self.size.height).div_ceil(samples));
        Region { x0, y0, x1, y1 }
    }
}

impl Upsampling {
    /// As libjpeg chooses, so that full size gives the same samples. The triangle filter needs a
    /// component of more than two samples across.
    fn choose(horizontal: SamplingRatio, vertical: SamplingRatio, width: u32) -> Self {
        match (horizontal.integer(), vertical.integer()) {
            (Some(1), Some(1)) => Self::None,
            (Some(1), Some(2)) => Self::Triangle {
                horizontal: false,
                vertical: true,
            },
            (Some(2), Some(down @ (1 | 2))) if width > 2 => Self::Triangle {
                horizontal: true,
                vertical: down == 2,
            },
            _ => Self::Replicate,
        }
    }
}

impl SamplingRatio {
    fn new(pixels: u32, samples: u32) -> Self {
        Self { pixels, samples }
    }

    /// The ratio, if it is an integer.
    fn integer(self) -> Option<u32> {
        (self.pixels.is_multiple_of(self.samples)).then(|| self.pixels / self.samples)
    }

    /// The sample that covers the top left corner of a pixel.
    pub(crate) fn sample_at(self, pixel: u32) -> u32 {
        pixel * self.samples / self.pixels
    }

    /// The samples that pixels `start..end` depend on, where a filter reads `margin` samples on
    /// each side.
    fn samples_of(self, start: u32, end: u32, margin: u32) -> (u32, u32) {
        let first = self.sample_at(start).saturating_sub(margin);
        (first, self.sample_at(end - 1) + 1 + margin)
    }
}

/// The length of a component's blocks along an axis: N doubled as often as its sampling ratio and
/// the 8 samples of a block allow.
fn block_length(scale: u32, max_factor: u32, factor: u32) -> u32 {
    let fits = |&length: &u32| length <= 8 && max_factor.is_multiple_of(factor * (length / scale));
    let lengths = [scale, 2 * scale, 4 * scale, 8 * scale];
    lengths.into_iter().filter(fits).max().unwrap_or(scale)
}

fn union(a: Region, b: Region) -> Region {
    Region {
        x0: a.x0.min(b.x0),
        y0: a.y0.min(b.y0),
        x1: a.x1.max(b.x1),
        y1: a.y1.max(b.y1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparser_components_have_longer_blocks() {
        let lengths = [1, 2, 3, 4, 6, 8].map(|scale| block_length(scale, 2, 1));
        assert_eq!(lengths, [2, 4, 6, 8, 6, 8]);
        assert_eq!([1, 2, 4].map(|scale| block_length(scale, 4, 1)), [4, 8, 8]);
        assert_eq!([1, 2, 8].map(|scale| block_length(scale, 3, 1)), [1, 2, 8]);
        assert_eq!(block_length(2, 3, 2), 2);
    }

    #[test]
    fn a_region_includes_the_neighbors_that_the_triangle_filter_reads() {
        let component = |id, h, v| FrameComponent {
            id,
            h,
            v,
            quant_slot: 0,
        };
        let frame = FrameHeader {
            size: Size::new(160, 160),
            progressive: false,
            components: vec![component(1, 2, 2), component(2, 1, 1), component(3, 1, 1)],
            h_max: 2,
            v_max: 2,
        };
        let region = Region {
            x0: 32,
            y0: 40,
            x1: 48,
            y1: 50,
        };
        let mcus = |scale| {
            let request = DecodeRequest {
                scale,
                shrink: 1,
                chroma: ChromaMode::Full,
                region,
            };
            ScaledGrid::new(&frame, &request).mcus
        };
        let at_full_size = mcus(8);
        assert_eq!((at_full_size.x0, at_full_size.x1), (1, 4));
        assert_eq!((at_full_size.y0, at_full_size.y1), (2, 4));
        // At 4/8, chroma is not upsampled and so needs no neighbors.
        let at_half_size = mcus(4);
        assert_eq!((at_half_size.x0, at_half_size.x1), (4, 6));
        assert_eq!((at_half_size.y0, at_half_size.y1), (5, 7));
    }
}
