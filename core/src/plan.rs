//! What is to be done, decided before a pixel is touched.
//!
//! [`plan`] takes what the header says, what the caller wishes and what the caller allows, and
//! resolves them into a [`Plan`]: plain numbers that can be printed, compared and tested. The
//! rest of the crate carries it out:
//!
//! 1. **Crop.** Each avatar's part of the upright photo is found (fractional edges) and mapped
//!    into *stored* coordinates, so that only the small final image has to be turned.
//! 2. **Reduction.** The *shrink* is how many stored pixels make one avatar pixel. A JPEG is
//!    decoded at N/8 in the DCT domain, with the smallest N in [`SCALES`] that leaves a
//!    *residual* (decoded pixels per avatar pixel) of at least [`FAITHFUL`]; a small one whole. Boxes of
//!    `average` x `average` pixels are then averaged in linear light, row by row, as long as the
//!    residual stays above [`AVERAGED`], or further if the result would not fit into memory. So
//!    memory follows the avatar and not the upload.
//! 3. **Region.** The whole pixels that any avatar touches; nothing else is kept.
//! 4. **Levels.** Small avatars beside a large one are resized from a halved copy (and a copy of
//!    that), without falling below [`HALVED`].

use crate::error::Result;
use crate::geometry::{Orientation, Rect, Region, Size};
use crate::limits::Limits;
use crate::options::{Crop, Fit, FocalPoint, Options, Speed};

/// Eighths that a JPEG may be decoded at.
pub(crate) const SCALES: [u8; 6] = [1, 2, 3, 4, 6, 8];
/// The residual below which reducing in the DCT domain begins to show.
const FAITHFUL: f64 = 1.75;
/// The residual below which averaging boxes begins to show.
const AVERAGED: f64 = 2.9;
/// The same for small avatars beside a large one, where speed counts for more.
const HALVED: f64 = 2.0;
/// A photo of no more pixels is decoded in full: that takes a few milliseconds, and little is
/// left to spare.
const SMALL: u64 = 1 << 19;
/// Sums of squares of this side still fit 32 bits (255 * 255 * 65535).
const MAX_AVERAGE: u32 = 255;

/// What the planner needs to know of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Facts {
    /// Width and height as stored.
    pub size: Size,
    /// How to turn it.
    pub orientation: Orientation,
    /// Whether the decoder can reduce in the DCT domain.
    pub scalable: bool,
    /// Channels of the reduced image, 3 or 4.
    pub channels: u32,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// What to decode.
    pub decode: DecodeRequest,
    /// The side of the boxes of decoded pixels that are averaged to one pixel.
    pub average: u32,
    /// What to make of it, in the order of [`Options::sizes`].
    pub targets: Vec<Target>,
}

/// What to decode. It goes unchanged to the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DecodeRequest {
    /// N of N/8: 1, 2, 3, 4, 6 or 8. The scaled image has ceil(width N/8) x ceil(height N/8) pixels.
    pub scale: u8,
    /// The part to decode, in pixels of the scaled image.
    pub region: Region,
    /// How components with fewer samples are brought to the scaled image's size.
    pub chroma: ChromaMode,
}

/// How components with fewer samples than others are brought to the image's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChromaMode {
    /// By transforms of more points, where their blocks hold them: every detail that the file has.
    Full,
    /// By interpolation: less to decode and to store, for an image that is averaged afterwards.
    AsStored,
}

/// One avatar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Target {
    /// The avatar's size, upright.
    pub size: Size,
    /// The part of the upright photo that it shows.
    pub upright_crop: Rect,
    /// Where in it the photo goes, upright: all of it, or less if the photo is contained.
    pub photo: Region,
    /// Which part of the reduced image (of its halved copy number `level`) it shows.
    pub crop: Rect,
    /// How often the reduced image is halved first.
    pub level: u32,
    /// How the resized image is turned.
    pub orientation: Orientation,
}

/// Resolves `options` for a file of which `facts` are known.
///
/// # Errors
///
/// `InvalidOptions` for options that no photo or not this one can meet, and `LimitExceeded`.
pub(crate) fn plan(facts: &Facts, options: &Options, limits: &Limits) -> Result<Plan> {
    options.check()?;
    limits.check_size(facts.size)?;
    let frames = frames(facts, options)?;
    let shrink = frames
        .iter()
        .map(Frame::shrink)
        .fold(f64::INFINITY, f64::min);
    let scale = scale(facts, options.speed, shrink);
    let factor = f64::from(scale) / 8.0;
    let region = region(&frames, scale, facts.size);
    let room = limits.memory / 2 / (2 * u64::from(facts.channels));
    let average = average(shrink * factor, region.size(), room);
    let side = f64::from(average) / factor;
    let origin = (f64::from(region.x0) / factor, f64::from(region.y0) / factor);
    let targets = frames
        .iter()
        .map(|frame| target(frame, facts.orientation, origin, side))
        .collect();
    let chroma = if average > 1 {
        ChromaMode::AsStored
    } else {
        ChromaMode::Full
    };
    Ok(Plan {
        decode: DecodeRequest {
            scale,
            region,
            chroma,
        },
        average,
        targets,
    })
}

/// One avatar, before the reduction is known.
struct Frame {
    size: Size,
    photo: Region,
    /// In pixels of the upright photo.
    upright_crop: Rect,
    /// In stored pixels.
    crop: Rect,
    /// The size of `photo` before it is turned upright.
    stored: Size,
}

impl Frame {
    /// Stored pixels per avatar pixel, along the tighter side.
    fn shrink(&self) -> f64 {
        let across = self.crop.width / f64::from(self.stored.width);
        let down = self.crop.height / f64::from(self.stored.height);
        across.min(down)
    }
}

fn frames(facts: &Facts, options: &Options) -> Result<Vec<Frame>> {
    let upright = facts.orientation.turn(facts.size);
    let part = part(&options.crop, upright)?;
    let frame = |&wanted: &Size| {
        let (size, photo, crop) = match options.fit {
            Fit::Cover => cover(wanted, &options.crop, part, options.upscale),
            Fit::Contain => contain(wanted, part, options.upscale),
        };
        let upright_crop = clip(crop, upright);
        let stored_crop = facts.orientation.stored_rect(upright_crop, upright);
        Frame {
            size,
            photo,
            upright_crop,
            crop: clip(stored_crop, facts.size),
            stored: facts.orientation.turn(photo.size()),
        }
    };
    Ok(options.sizes.iter().map(frame).collect())
}

/// The part of the upright photo that the crop leaves to choose from.
fn part(crop: &Crop, upright: Size) -> Result<Rect> {
    let Crop::Rect(rect) = *crop else {
        return Ok(Rect::whole(upright));
    };
    let (width, height) = (f64::from(upright.width), f64::from(upright.height));
    if rect.x >= width || rect.y >= height {
        let message = format!(
            "the crop starts at {}, {}, outside of the photo of {width}x{height} pixels",
            rect.x, rect.y
        );
        return Err(crate::Error::invalid_options(message));
    }
    Ok(clip(rect, upright))
}

/// The largest rectangle of the avatar's proportions within `part`, as near as can be to the
/// focal point.
fn cover(wanted: Size, crop: &Crop, part: Rect, upscale: bool) -> (Size, Region, Rect) {
    let FocalPoint { x, y } = match *crop {
        Crop::Gravity(gravity) => gravity.focal_point(),
        Crop::Focal(point) => point,
        Crop::Rect(_) => FocalPoint { x: 0.5, y: 0.5 },
    };
    let (width, height) = (f64::from(wanted.width), f64::from(wanted.height));
    let shrink = (part.width / width).min(part.height / height);
    let size = if upscale {
        wanted
    } else {
        shrunk(wanted, shrink)
    };
    let (width, height) = (width * shrink, height * shrink);
    let place = |start: f64, length: f64, inner: f64, fraction: f64| {
        start + (length * fraction - inner / 2.0).clamp(0.0, (length - inner).max(0.0))
    };
    let rect = Rect {
        x: place(part.x, part.width, width, x),
        y: place(part.y, part.height, height, y),
        width,
        height,
    };
    (size, Region::whole(size), rect)
}

/// All of `part`, centred in the avatar.
fn contain(wanted: Size, part: Rect, upscale: bool) -> (Size, Region, Rect) {
    let across = part.width / f64::from(wanted.width);
    let down = part.height / f64::from(wanted.height);
    let mut shrink = across.max(down);
    let size = if upscale {
        wanted
    } else {
        shrunk(wanted, shrink)
    };
    if size != wanted {
        shrink = 1.0;
    }
    let side = |length: f64, most: u32| ((length / shrink).round() as u32).clamp(1, most);
    let (width, height) = (side(part.width, size.width), side(part.height, size.height));
    let (x0, y0) = ((size.width - width) / 2, (size.height - height) / 2);
    (
        size,
        Region {
            x0,
            y0,
            x1: x0 + width,
            y1: y0 + height,
        },
        part,
    )
}

/// `wanted`, made smaller in proportion where the photo has fewer pixels.
fn shrunk(wanted: Size, shrink: f64) -> Size {
    let side = |length: u32| ((f64::from(length) * shrink.min(1.0)).round() as u32).max(1);
    Size::new(side(wanted.width), side(wanted.height))
}

fn clip(rect: Rect, bounds: Size) -> Rect {
    let (width, height) = (f64::from(bounds.width), f64::from(bounds.height));
    let (x, y) = (rect.x.clamp(0.0, width), rect.y.clamp(0.0, height));
    Rect {
        x,
        y,
        width: rect.width.min(width - x),
        height: rect.height.min(height - y),
    }
}

/// The smallest scale that leaves enough decoded pixels per avatar pixel.
fn scale(facts: &Facts, speed: Speed, shrink: f64) -> u8 {
    let (smallest, enough) = match speed {
        Speed::Faithful if facts.size.pixels() <= SMALL => (8, FAITHFUL),
        Speed::Faithful => (2, FAITHFUL),
        Speed::Fast => (1, 1.0),
    };
    let fits = |&&n: &&u8| n >= smallest && shrink * f64::from(n) / 8.0 >= enough;
    if facts.scalable {
        SCALES.iter().find(fits).copied().unwrap_or(8)
    } else {
        8
    }
}

/// The side of the boxes to average: no larger than is good, unless it takes larger ones to
/// reduce `decoded` to `room` pixels; and never so large that avatar pixels must be made up.
fn average(residual: f64, decoded: Size, room: u64) -> u32 {
    let good = ((residual / AVERAGED) as u32).clamp(1, MAX_AVERAGE);
    let most = (residual as u32).clamp(good, MAX_AVERAGE);
    let boxes = |side: u32| {
        u64::from(decoded.width.div_ceil(side)) * u64::from(decoded.height.div_ceil(side))
    };
    (good..most)
        .find(|&side| boxes(side) <= room)
        .unwrap_or(most)
}

/// Every scaled pixel that a frame touches.
fn region(frames: &[Frame], scale: u8, size: Size) -> Region {
    let part = frames.iter().map(|frame| frame.crop).reduce(Rect::union);
    let part = part.unwrap_or(Rect::whole(size));
    let step = 8.0 / f64::from(scale);
    Region::around(part.relative_to(0.0, 0.0, step, step), size.scaled(scale))
}

/// `side` is how many stored pixels a pixel of the reduced image spans.
fn target(frame: &Frame, orientation: Orientation, origin: (f64, f64), side: f64) -> Target {
    let residual = frame.shrink() / side;
    let level = halvings(residual);
    let side = side * f64::from(1u32 << level);
    let crop = frame.crop.relative_to(origin.0, origin.1, side, side);
    Target {
        size: frame.size,
        upright_crop: frame.upright_crop,
        photo: frame.photo,
        crop,
        level,
        orientation,
    }
}

fn halvings(residual: f64) -> u32 {
    let enough = |&level: &u32| residual / f64::from(1u32 << level) >= HALVED;
    (1..16).take_while(enough).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Gravity;

    const PHONE: Facts = Facts {
        size: Size::new(4032, 3024),
        orientation: Orientation::Normal,
        scalable: true,
        channels: 3,
    };

    fn plan_of(facts: Facts, options: Options) -> Plan {
        plan(&facts, &options, &Limits::default()).unwrap()
    }

    fn sized(sizes: &[u32]) -> Options {
        Options {
            sizes: sizes.iter().map(|&s| Size::square(s)).collect(),
            ..Options::default()
        }
    }

    #[test]
    fn a_phone_photo_is_decoded_at_a_quarter() {
        let plan = plan_of(PHONE, sized(&[256]));
        assert_eq!(plan.decode.scale, 2);
        assert_eq!(
            plan.decode.region,
            Region {
                x0: 126,
                y0: 0,
                x1: 882,
                y1: 756
            }
        );
        let crop = Rect {
            x: 0.0,
            y: 0.0,
            width: 756.0,
            height: 756.0,
        };
        assert_eq!((plan.targets[0].crop, plan.targets[0].level), (crop, 0));
    }

    #[test]
    fn the_largest_size_decides_and_small_ones_come_from_halved_copies() {
        let plan = plan_of(PHONE, sized(&[512, 256, 128, 64, 32]));
        assert_eq!(plan.decode.scale, 3);
        let levels: Vec<u32> = plan.targets.iter().map(|target| target.level).collect();
        assert_eq!(levels, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn fast_goes_down_to_an_eighth() {
        let plan = plan_of(
            PHONE,
            Options {
                speed: Speed::Fast,
                ..sized(&[256])
            },
        );
        assert_eq!(plan.decode.scale, 1);
    }

    #[test]
    fn a_small_photo_is_decoded_in_full() {
        let facts = Facts {
            size: Size::new(640, 427),
            ..PHONE
        };
        assert_eq!(plan_of(facts, sized(&[64])).decode.scale, 8);
    }

    #[test]
    fn a_photo_of_48_megapixels_is_averaged_in_pairs() {
        let facts = Facts {
            size: Size::new(8064, 6048),
            ..PHONE
        };
        let plan = plan_of(facts, sized(&[256]));
        assert_eq!((plan.decode.scale, plan.average), (2, 2));
    }

    #[test]
    fn other_formats_are_averaged_row_by_row() {
        let plan = plan_of(
            Facts {
                scalable: false,
                ..PHONE
            },
            sized(&[64]),
        );
        assert_eq!((plan.decode.scale, plan.average), (8, 16));
    }

    #[test]
    fn what_would_not_fit_into_memory_is_averaged_further() {
        let facts = Facts {
            scalable: false,
            ..PHONE
        };
        let tight = Limits {
            memory: 16 << 20,
            ..Limits::default()
        };
        let average = |limits: &Limits| plan(&facts, &sized(&[512]), limits).unwrap().average;
        assert_eq!((average(&Limits::default()), average(&tight)), (2, 3));
    }

    #[test]
    fn the_crop_of_a_turned_photo_is_sought_where_it_is_stored() {
        let facts = Facts {
            orientation: Orientation::Rotate90,
            ..PHONE
        };
        let north = Crop::Gravity(Gravity::North);
        let plan = plan_of(
            facts,
            Options {
                crop: north,
                ..sized(&[256])
            },
        );
        assert_eq!(
            plan.decode.region,
            Region {
                x0: 0,
                y0: 0,
                x1: 756,
                y1: 756
            }
        );
    }

    #[test]
    fn a_contained_photo_is_centred_and_whole() {
        let options = Options {
            fit: Fit::Contain,
            ..sized(&[256])
        };
        let plan = plan_of(PHONE, options);
        assert_eq!(
            plan.targets[0].photo,
            Region {
                x0: 0,
                y0: 32,
                x1: 256,
                y1: 224
            }
        );
        assert_eq!(
            plan.decode.region,
            Region::whole(PHONE.size.scaled(plan.decode.scale))
        );
    }

    #[test]
    fn without_upscaling_an_avatar_is_as_large_as_the_photo_allows() {
        let facts = Facts {
            size: Size::new(100, 80),
            ..PHONE
        };
        let small = plan_of(
            facts,
            Options {
                upscale: false,
                ..sized(&[256])
            },
        );
        assert_eq!(small.targets[0].size, Size::square(80));
        let options = Options {
            upscale: false,
            fit: Fit::Contain,
            ..sized(&[256])
        };
        let contained = plan_of(facts, options).targets[0];
        assert_eq!(contained.size, Size::square(100));
        assert_eq!(
            contained.photo,
            Region {
                x0: 0,
                y0: 10,
                x1: 100,
                y1: 90
            }
        );
    }

    #[test]
    fn a_crop_outside_of_the_photo_is_refused() {
        let rect = Rect {
            x: 5000.0,
            y: 0.0,
            width: 10.0,
            height: 10.0,
        };
        let options = Options {
            crop: Crop::Rect(rect),
            ..Options::default()
        };
        let error = plan(&PHONE, &options, &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "invalid_options");
    }
}
