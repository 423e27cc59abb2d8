//! Where a component's samples lie in the scaled image, and which of them a region needs
//! (T.81 A.1 and A.2, with every length times N/8).
//!
//! At scale N/8 a block becomes N x N samples. A component that is sampled half as often as the
//! densest one would then have to be stretched to twice its size; instead its blocks become 2N
//! samples long, as long as that is no more than 8. The axes are independent: at 4/8, the chroma
//! of 4:2:2 comes in blocks 8 across and 4 down. Every sample stands in the middle of the piece of
//! image it covers, so nothing shifts against anything else. An image that is averaged
//! afterwards can do without ([`ChromaMode::AsStored`]).
//!
//! Only what is left of the ratio is made up by [upsampling](super::upsample).

use super::frame::{Component, Frame};
use super::idct::Points;
use crate::geometry::{Region, Size};
use crate::plan::{ChromaMode, DecodeRequest};

/// The scaled image: what is decoded of it, and how.
#[derive(Debug)]
pub(super) struct Grid {
    /// The pixels asked for.
    pub(super) region: Region,
    /// The MCUs that hold them, with the neighbours that upsampling looks at.
    pub(super) mcus: Region,
    /// Rows of pixels in a row of MCUs.
    pub(super) mcu_rows: u32,
    pub(super) planes: Vec<Plane>,
}

/// One component of the scaled image.
#[derive(Debug)]
pub(super) struct Plane {
    /// Blocks of this component in an MCU, across and down.
    pub(super) h: u32,
    pub(super) v: u32,
    pub(super) points: Points,
    /// The component's samples at this scale.
    pub(super) size: Size,
    /// The blocks to decode.
    pub(super) blocks: Region,
    pub(super) across: Ratio,
    pub(super) down: Ratio,
    pub(super) stretch: Stretch,
}

/// How a component is stretched to the image's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    /// Not at all.
    None,
    /// Interpolated, to twice its size on the axes that say so.
    Triangle { across: bool, down: bool },
    /// Every sample repeated.
    Repeat,
}

/// Pixels per sample along an axis, as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ratio {
    pixels: u32,
    samples: u32,
}

impl Grid {
    /// The region must lie within the scaled image and not be empty.
    pub(super) fn new(frame: &Frame, request: &DecodeRequest) -> Self {
        let DecodeRequest { scale, region, .. } = *request;
        let planes = frame.components.iter();
        let mut grid = Self {
            region,
            mcus: Region {
                x0: u32::MAX,
                y0: u32::MAX,
                x1: 0,
                y1: 0,
            },
            mcu_rows: u32::from(scale) * frame.v_max,
            planes: planes.map(|c| Plane::new(frame, c, request)).collect(),
        };
        for plane in &grid.planes {
            grid.mcus = around(grid.mcus, plane.mcus(region));
        }
        for plane in &mut grid.planes {
            plane.blocks = times(grid.mcus, plane.h, plane.v);
        }
        grid
    }

    /// Whether pixels depend on the row of samples below their own.
    pub(super) fn looks_down(&self) -> bool {
        self.planes.iter().any(|plane| plane.stretch.looks_down())
    }
}

impl Plane {
    fn new(frame: &Frame, component: &Component, request: &DecodeRequest) -> Self {
        let scale = u32::from(request.scale);
        let (x, y) = match request.chroma {
            ChromaMode::Full => (
                points(scale, frame.h_max, component.h),
                points(scale, frame.v_max, component.v),
            ),
            ChromaMode::AsStored => (scale, scale),
        };
        let width = (frame.size.width * component.h * x).div_ceil(8 * frame.h_max);
        let height = (frame.size.height * component.v * y).div_ceil(8 * frame.v_max);
        let across = Ratio::new(frame.h_max * scale, component.h * x);
        let down = Ratio::new(frame.v_max * scale, component.v * y);
        Self {
            h: component.h,
            v: component.v,
            points: Points {
                x: x as usize,
                y: y as usize,
            },
            size: Size::new(width, height),
            blocks: Region::whole(Size::new(0, 0)),
            across,
            down,
            stretch: Stretch::new(across, down, width),
        }
    }

    /// The MCUs with the samples that the pixels of `region` depend on.
    fn mcus(&self, region: Region) -> Region {
        let (margin_x, margin_y) = match self.stretch {
            Stretch::Triangle { across, down } => (u32::from(across), u32::from(down)),
            _ => (0, 0),
        };
        let length = self.points.x as u32 * self.h;
        let (x0, x1) = self.across.needed(region.x0, region.x1, margin_x);
        let (x0, x1) = (x0 / length, x1.min(self.size.width).div_ceil(length));
        let length = self.points.y as u32 * self.v;
        let (y0, y1) = self.down.needed(region.y0, region.y1, margin_y);
        let (y0, y1) = (y0 / length, y1.min(self.size.height).div_ceil(length));
        Region { x0, y0, x1, y1 }
    }
}

impl Stretch {
    /// As libjpeg chooses: repeating costs a component of one or two samples nothing.
    fn new(across: Ratio, down: Ratio, width: u32) -> Self {
        match (across.whole(), down.whole()) {
            (Some(1), Some(1)) => Self::None,
            (Some(1), Some(2)) => Self::Triangle {
                across: false,
                down: true,
            },
            (Some(2), Some(down @ (1 | 2))) if width > 2 => Self::Triangle {
                across: true,
                down: down == 2,
            },
            _ => Self::Repeat,
        }
    }

    fn looks_down(self) -> bool {
        matches!(self, Self::Triangle { down: true, .. })
    }
}

impl Ratio {
    fn new(pixels: u32, samples: u32) -> Self {
        Self { pixels, samples }
    }

    fn whole(self) -> Option<u32> {
        let (ratio, rest) = (self.pixels / self.samples, self.pixels % self.samples);
        (rest == 0).then_some(ratio)
    }

    /// The sample that covers a pixel's top left corner.
    pub(super) fn sample(self, pixel: u32) -> u32 {
        pixel * self.samples / self.pixels
    }

    fn needed(self, start: u32, end: u32, margin: u32) -> (u32, u32) {
        let first = self.sample(start).saturating_sub(margin);
        (first, self.sample(end - 1) + 1 + margin)
    }
}

/// The length of a component's blocks: N doubled as often as its ratio and 8 points allow.
fn points(scale: u32, max: u32, factor: u32) -> u32 {
    let doubles = |&points: &u32| points <= 8 && max.is_multiple_of(factor * (points / scale));
    let lengths = [scale, 2 * scale, 4 * scale, 8 * scale];
    lengths.into_iter().filter(doubles).max().unwrap_or(scale)
}

fn around(a: Region, b: Region) -> Region {
    Region {
        x0: a.x0.min(b.x0),
        y0: a.y0.min(b.y0),
        x1: a.x1.max(b.x1),
        y1: a.y1.max(b.y1),
    }
}

fn times(region: Region, h: u32, v: u32) -> Region {
    Region {
        x0: region.x0 * h,
        y0: region.y0 * v,
        x1: region.x1 * h,
        y1: region.y1 * v,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparser_components_come_in_longer_blocks() {
        let lengths = [1, 2, 3, 4, 6, 8].map(|scale| points(scale, 2, 1));
        assert_eq!(lengths, [2, 4, 6, 8, 6, 8]);
        assert_eq!([1, 2, 4].map(|scale| points(scale, 4, 1)), [4, 8, 8]);
        assert_eq!([1, 2, 8].map(|scale| points(scale, 3, 1)), [1, 2, 8]);
        assert_eq!(points(2, 3, 2), 2);
    }

    #[test]
    fn a_region_takes_the_neighbours_that_interpolation_looks_at() {
        let component = |id, h, v| Component {
            id,
            h,
            v,
            quantisation: 0,
        };
        let frame = Frame {
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
        let grid = |scale, chroma| {
            let request = DecodeRequest {
                scale,
                chroma,
                region,
            };
            Grid::new(&frame, &request).mcus
        };
        let mcus = grid(8, ChromaMode::Full);
        assert_eq!((mcus.x0, mcus.x1, mcus.y0, mcus.y1), (1, 4, 2, 4));
        // At 4/8 chroma needs no stretching, and so no neighbours.
        let mcus = grid(4, ChromaMode::Full);
        assert_eq!((mcus.x0, mcus.x1, mcus.y0, mcus.y1), (4, 6, 5, 7));
    }
}
