//! Every decision of a render, made before a pixel is touched.
//!
//! [`plan`] resolves the header's facts, the options and the limits into a [`Plan`]: plain numbers
//! that can be printed, compared and tested. The rest of the crate executes it:
//!
//! 1. **Crop.** Each avatar's part of the upright photo is computed (fractional edges) and mapped
//!    into *stored* coordinates, so that only the small final image has to be oriented.
//! 2. **Reduction.** The *shrink* is the number of stored pixels per avatar pixel. A JPEG is decoded
//!    at N/8 in the DCT domain, with the smallest N in [`SCALES`] that leaves a *residual* (decoded
//!    pixels per avatar pixel) of at least [`FAITHFUL`]. A lossy WebP is decoded at 4/8 if that leaves
//!    a residual of at least [`AVERAGED`]. A small photo is decoded in full. Boxes of
//!    `average` x `average` pixels are then averaged in linear light, row by row, as long as the
//!    residual stays above [`AVERAGED`]. So memory follows the avatar and not the upload. Chroma that is
//!    sampled less densely is decoded to the full density only if an avatar shows it: not if boxes are
//!    averaged, or if every avatar stores chroma at half its size or has a residual of twice [`AVERAGED`].
//!
//!    If that does not fit into memory ([`Fits`]), the finest reduction that fits is chosen: the one with
//!    the smallest *pitch*, stored pixels per reduced pixel. A JPEG of several scans keeps the
//!    coefficients of its region until its last scan: up to 6 (N/8)^2 bytes for a pixel of the photo,
//!    besides the 6 bytes for a pixel of the reduced image. A smaller N or chroma as stored takes less. A
//!    large avatar takes memory itself. The residual may then be below [`FAITHFUL`], and down to one
//!    reduced pixel per avatar pixel, or a little less.
//! 3. **Region.** The pixels that any avatar touches; nothing else is kept.
//! 4. **Levels.** When a large avatar is made too, small avatars are resized from a copy of half
//!    the size, or of a quarter and so on, without going below a residual of [`AVERAGED`].
//! 5. **Output.** Each size is resized once. Alpha, background and encoding of each of its avatars; avatars
//!    that look the same before they are encoded share one image.

use std::ops::RangeInclusive;

use crate::error::{Error, Result};
use crate::format::{Effort, Format, Subsampling};
use crate::geometry::{Orientation, Rect, Region, Size};
use crate::limits::Limits;
use crate::options::{Crop, Fit, FocalPoint, Options, ResizeFilter, Shape, Speed};
use crate::pixels::Rgb;

/// Scales of a JPEG, in eighths.
pub(crate) const SCALES: [u8; 6] = [1, 2, 3, 4, 6, 8];
/// Below this residual, reducing in the DCT domain becomes visible.
const FAITHFUL: f64 = 1.75;
/// Below this residual, averaging boxes becomes visible.
const AVERAGED: f64 = 2.9;
/// A photo of at most this many pixels is decoded in full. That takes a few milliseconds, so there
/// is little to save.
const SMALL: u64 = 1 << 19;
/// The longest side of an avatar whose chroma is kept in full by default.
const SMALL_AVATAR: u32 = 128;
/// Sums of boxes with this side still fit into 32 bits (255 * 255 * 65535).
const MAX_AVERAGE: u32 = 255;

/// The facts about a photo that the plan depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SourceInfo {
    /// Width and height as stored.
    pub size: Size,
    pub orientation: Orientation,
    /// Whether the decoder can average 2 x 2 pixels.
    pub halvable: bool,
    /// Whether the decoder can reduce in the DCT domain.
    pub scalable: bool,
    /// Whether pixels have alpha.
    pub alpha: bool,
}

/// All decisions of one render.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// The part to decode.
    pub decode: DecodeRequest,
    /// The side of the boxes of decoded pixels that are averaged to one pixel, 1 to 255.
    pub average: u32,
    /// The sizes, in the order of [`Options::sizes`].
    pub targets: Vec<Target>,
    /// The pictures in which the subject is looked for: first the whole photo, then its parts. None
    /// unless the crop follows the subject. [`follow`] completes such a plan.
    pub views: Vec<SubjectView>,
    /// Where the subject is.
    #[cfg_attr(not(feature = "animation"), allow(dead_code))]
    pub aim: Aim,
    /// Whether a damaged photo is rendered.
    pub accept_damaged: bool,
    /// Whether avatars may be made on several threads.
    pub parallel: bool,
}

/// The part of a photo to decode, and how. It goes unchanged from the plan to the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DecodeRequest {
    /// N of N/8: 1, 2, 3, 4, 6 or 8. The scaled image has ceil(width N/8) x ceil(height N/8) pixels.
    pub scale: u8,
    /// The part to decode, in pixels of the scaled image.
    pub region: Region,
    /// How components with fewer samples than others are brought to the scaled image's size.
    pub chroma: ChromaMode,
    /// Decoded pixels for each pixel of the largest avatar, in each direction, rounded down. At least 1.
    /// A decoder may skip details that such a reduction hides.
    pub shrink: u32,
}

impl DecodeRequest {
    /// A part of the image at its full size, with all detail.
    pub(crate) fn full_size(region: Region) -> Self {
        Self {
            scale: 8,
            region,
            chroma: ChromaMode::Full,
            shrink: 1,
        }
    }
}

/// How components with fewer samples than others are brought to the image's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChromaMode {
    /// By larger transforms of their blocks: every detail in the file.
    Full,
    /// By repetition or interpolation: less to decode and to store, for an image that is reduced afterwards.
    AsStored,
}

/// The avatars of one size.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    /// The part of the upright photo that the avatars show, in pixels of that photo.
    pub crop: Rect,
    /// How often the reduced image is halved first.
    pub level: u32,
    /// The same part in pixels of the halved image, as stored.
    pub level_crop: Rect,
    /// The size to resize to, as stored.
    pub resized: Size,
    /// How it is resampled.
    pub rule: ResizeRule,
    /// The images that are made from the resized one, without repetition: one, or two if only some
    /// of the formats store transparency.
    pub placements: Vec<Placement>,
    /// The avatars, in the order of [`Options::formats`].
    pub outputs: Vec<Output>,
}

impl Target {
    /// Bytes of its images in sRGB.
    pub(crate) fn images_memory(&self) -> u64 {
        let image = |placement: &Placement| {
            let channels = if placement.alpha { 4 } else { 3 };
            channels * placement.size.pixels()
        };
        self.placements.iter().map(image).sum()
    }
}

/// One avatar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    /// Its image, an index of [`Target::placements`].
    pub image: usize,
    pub encoding: OutputEncoding,
    /// The most bytes of the file.
    pub max_bytes: Option<u32>,
}

/// How an avatar is resampled; `resize` explains the numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ResizeRule {
    /// By a filter.
    Filter(FilterRule),
    /// Each avatar pixel is the photo's pixel at its center.
    Nearest,
}

/// The filter's numbers, which change continuously with the shrink.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FilterRule {
    /// From 0, sRGB-coded values, to 1, linear light.
    pub linear: f64,
    /// From 0, the Catmull-Rom kernel, to 1, Magic Kernel Sharp 2013.
    pub sharp: f64,
    /// How far a sample may leave the range of the photo's samples nearby, as a fraction.
    pub tolerance: f32,
}

impl ResizeRule {
    /// `shrink` is the number of stored photo pixels per avatar pixel, before any reduction.
    pub(crate) fn new(shrink: f64, filter: ResizeFilter) -> Self {
        if filter == ResizeFilter::Pixelated && shrink < 1.0 {
            return Self::Nearest;
        }
        let linear = (shrink - 1.0).clamp(0.0, 1.0);
        Self::Filter(FilterRule {
            linear,
            sharp: ((1.0 / shrink - 1.0) / 0.5).clamp(0.0, 1.0),
            tolerance: (0.04 + 0.04 * linear) as f32,
        })
    }
}

/// Where a resized image goes in an avatar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Placement {
    /// The avatar's size.
    pub size: Size,
    /// The part of the avatar that the upright image covers: all of it unless letterboxed.
    pub area: Region,
    /// How the stored image is oriented.
    pub orientation: Orientation,
    /// Fill color for transparency and letterboxing; `None` leaves them transparent.
    pub background: Option<Rgb>,
    /// Whether the avatar has an alpha channel.
    pub alpha: bool,
    /// The shape that it is cut to; `None` is all of it.
    pub cutout: Option<Cutout>,
}

/// A rectangle with round corners, at the center of an avatar. The arc of its top left corner is given in
/// pixels of the avatar; the others mirror it. `shape` explains it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cutout {
    /// The center of the arc, as x and y.
    pub center: [f64; 2],
    /// The radius of the arc, more than 0.
    pub radius: f64,
    /// Fill color of the outside; `None` makes it transparent.
    pub outside: Option<Rgb>,
}

impl Cutout {
    fn new(shape: Shape, size: Size, outside: Option<Rgb>) -> Option<Self> {
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let shorter = width.min(height);
        let (center, radius) = match shape {
            Shape::Rectangle | Shape::Rounded(0) => return None,
            Shape::Circle => ([width / 2.0, height / 2.0], shorter / 2.0),
            Shape::Rounded(percent) => {
                let radius = f64::from(percent) * shorter / 100.0;
                ([radius, radius], radius)
            }
        };
        Some(Self {
            center,
            radius,
            outside,
        })
    }
}

/// How avatars are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputEncoding {
    Jpeg {
        /// 1 to 100.
        quality: u8,
        progressive: bool,
        subsampling: Subsampling,
        effort: Effort,
    },
    Png,
    LosslessWebp,
    LossyWebp {
        /// 1 to 100, on the scale of JPEG.
        quality: u8,
        effort: Effort,
    },
    Avif {
        /// 1 to 100, on the scale of JPEG.
        quality: u8,
        effort: Effort,
    },
}

impl OutputEncoding {
    /// The format of the file.
    pub(crate) fn format(self) -> Format {
        match self {
            Self::Jpeg { .. } => Format::Jpeg,
            Self::Png => Format::Png,
            Self::LosslessWebp | Self::LossyWebp { .. } => Format::Webp,
            Self::Avif { .. } => Format::Avif,
        }
    }

    /// The quality, 1 to 100, of a lossy encoding.
    pub(crate) fn quality(self) -> Option<u8> {
        match self {
            Self::Jpeg { quality, .. }
            | Self::LossyWebp { quality, .. }
            | Self::Avif { quality, .. } => Some(quality),
            Self::Png | Self::LosslessWebp => None,
        }
    }

    /// The same encoding at another quality, if it is lossy.
    pub(crate) fn with_quality(mut self, wanted: u8) -> Self {
        if let Self::Jpeg { quality, .. }
        | Self::LossyWebp { quality, .. }
        | Self::Avif { quality, .. } = &mut self
        {
            *quality = wanted;
        }
        self
    }
}

/// A picture in which the subject is looked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SubjectView {
    /// Its one image is opaque.
    pub picture: Target,
    /// The part of it that the photo covers.
    pub area: Region,
}

/// Whether executing this plan fits into memory.
pub(crate) type Fits<'a> = dyn FnMut(&Plan) -> Result<bool> + 'a;

/// Resolves `options` for a photo.
///
/// # Errors
///
/// `InvalidOptions` if no photo, or not this one, can meet the options; `LimitExceeded`; those of
/// `fits`.
pub(crate) fn plan(
    source: &SourceInfo,
    options: &Options,
    limits: &Limits,
    fits: &mut Fits<'_>,
) -> Result<Plan> {
    options.check()?;
    limits.check_size(source.size)?;
    let planner = Planner {
        source,
        options,
        framings: framings(source, options, &Aim::Center)?,
        views: view_framings(source, options),
    };
    let mut coarsest = None;
    for reduction in planner.possible_reductions() {
        let plan = planner.plan(reduction);
        if fits(&plan)? {
            return Ok(plan);
        }
        coarsest = Some(plan);
    }
    // The budget decides.
    coarsest.ok_or_else(|| Error::internal("no reduction was planned"))
}

/// All that does not depend on the reduction.
struct Planner<'a> {
    source: &'a SourceInfo,
    options: &'a Options,
    framings: Vec<Framing>,
    /// Those of the pictures in which the subject is looked for.
    views: Vec<Framing>,
}

impl Planner<'_> {
    fn framed(&self) -> impl Iterator<Item = &Framing> {
        self.framings.iter().chain(&self.views)
    }

    /// That of the largest avatar.
    fn shrink(&self) -> f64 {
        let shrinks = self.framed().map(Framing::shrink);
        shrinks.fold(f64::INFINITY, f64::min)
    }

    /// The best reduction, and then coarser ones.
    ///
    /// ```text
    /// for each pitch, ascending from that of the best scale:
    ///     for each scale up to the best, descending, that has this pitch with whole boxes:
    ///         the boxes must be at least as large as AVERAGED permits, and at most an avatar pixel:
    ///             with all of chroma, if the boxes are single pixels and an avatar shows it
    ///             with chroma as stored
    /// ```
    fn possible_reductions(&self) -> impl Iterator<Item = PossibleReduction> {
        let shrink = self.shrink();
        let best = decode_scale(self.source, self.options.speed, shrink);
        let worst = if self.source.scalable { 1 } else { best };
        // In thirds of a stored pixel, every pitch is a whole number.
        let pitch = |average: u32, scale: u8| 24 * average / u32::from(scale);
        let finest = averages(shrink * f64::from(best) / 8.0);
        (pitch(*finest.start(), best)..=pitch(MAX_AVERAGE, 1)).flat_map(move |pitch| {
            let scales = SCALES.into_iter().rev();
            let scales = scales.filter(move |scale| (worst..=best).contains(scale));
            scales.flat_map(move |scale| {
                let residual = shrink * f64::from(scale) / 8.0;
                let pixels = pitch * u32::from(scale);
                let average = (pixels / 24).min(MAX_AVERAGE);
                let whole = average * 24 == pixels && averages(residual).contains(&average);
                let chroma = self.chroma(scale, average).iter();
                chroma
                    .filter(move |_| whole)
                    .map(move |&chroma| PossibleReduction {
                        scale,
                        average,
                        chroma,
                        residual,
                    })
            })
        })
    }

    /// Averaging hides the finest detail of chroma, so it need not be decoded.
    fn chroma(&self, scale: u8, average: u32) -> &'static [ChromaMode] {
        if average > 1 || self.is_chroma_ample(scale) {
            &[ChromaMode::AsStored]
        } else {
            &[ChromaMode::Full, ChromaMode::AsStored]
        }
    }

    /// Whether no avatar shows the finest detail of chroma at this scale: each is reduced, and stores chroma at
    /// half its size or is reduced much.
    fn is_chroma_ample(&self, scale: u8) -> bool {
        let residual = |framing: &Framing| framing.shrink() * f64::from(scale) / 8.0;
        let is_hidden = |framing: &Framing| residual(framing) >= 2.0 * AVERAGED;
        let mut avatars = self.framings.iter();
        avatars.all(|framing| {
            residual(framing) >= 1.0 && halves_chroma(self.options, framing.size)
                || is_hidden(framing)
        }) && self.views.iter().all(is_hidden)
    }

    fn plan(&self, reduction: PossibleReduction) -> Plan {
        let Self {
            source, options, ..
        } = *self;
        let PossibleReduction { scale, average, .. } = reduction;
        let decode = DecodeRequest {
            scale,
            region: region(self.framed(), scale, source.size),
            chroma: reduction.chroma,
            shrink: (reduction.residual as u32).max(1),
        };
        let grid = ReducedGrid::new(&decode, average);
        let target = |framing| target(framing, source, options, &grid);
        let view = |framing| view(framing, source, options, &grid);
        Plan {
            decode,
            average,
            targets: self.framings.iter().map(target).collect(),
            views: self.views.iter().map(view).collect(),
            aim: Aim::Center,
            accept_damaged: options.accept_damaged,
            parallel: options.parallel,
        }
    }
}

/// Completes a plan whose crop follows the subject, which is at `aim`.
#[cfg_attr(not(feature = "subject"), allow(dead_code))]
pub(crate) fn follow(
    plan: &mut Plan,
    aim: Aim,
    source: &SourceInfo,
    options: &Options,
) -> Result<()> {
    let grid = ReducedGrid::new(&plan.decode, plan.average);
    let framings = framings(source, options, &aim)?;
    let target = |framing| target(framing, source, options, &grid);
    plan.targets = framings.iter().map(target).collect();
    plan.aim = aim;
    Ok(())
}

/// A way to reduce a photo before it is resized.
#[derive(Clone, Copy)]
struct PossibleReduction {
    scale: u8,
    average: u32,
    chroma: ChromaMode,
    /// Decoded pixels per avatar pixel.
    residual: f64,
}

/// The sides of boxes that may be averaged: from the largest that [`AVERAGED`] permits to one box per
/// avatar pixel, rounded.
fn averages(residual: f64) -> RangeInclusive<u32> {
    let good = ((residual / AVERAGED) as u32).clamp(1, MAX_AVERAGE);
    good..=(residual.round() as u32).clamp(good, MAX_AVERAGE)
}

/// Whether every avatar of this size stores chroma at half the size, so that half is enough of the
/// photo's too.
fn halves_chroma(options: &Options, size: Size) -> bool {
    options.formats.iter().all(|&format| {
        let encoding = encoding(format, options, size);
        matches!(
            encoding,
            OutputEncoding::Jpeg {
                subsampling: Subsampling::Quarter,
                ..
            } | OutputEncoding::LossyWebp { .. }
        )
    })
}

fn encoding(format: Format, options: &Options, size: Size) -> OutputEncoding {
    let (quality, effort) = (options.quality, options.effort);
    match format {
        Format::Jpeg => OutputEncoding::Jpeg {
            quality,
            progressive: options.progressive,
            subsampling: options.subsampling.unwrap_or(default_subsampling(size)),
            effort,
        },
        Format::Png => OutputEncoding::Png,
        Format::Webp if options.lossless => OutputEncoding::LosslessWebp,
        Format::Webp => OutputEncoding::LossyWebp { quality, effort },
        Format::Avif => OutputEncoding::Avif { quality, effort },
    }
}

/// Full chroma where it costs little: up to 128 px it takes 100 to 1,100 bytes more and gains 4
/// points of SSIMULACRA2 on photos, 11 to 14 on the worst graphics. At equal bytes it breaks even up
/// to 256 px, and loses from 384 px on.
fn default_subsampling(size: Size) -> Subsampling {
    if size.width.max(size.height) <= SMALL_AVATAR {
        Subsampling::Full
    } else {
        Subsampling::Quarter
    }
}

/// How one avatar frames the photo, before the reduction is known.
struct Framing {
    /// The avatar's size.
    size: Size,
    /// The part of the avatar that the photo covers.
    area: Region,
    /// The part of the photo that is shown, in pixels of the upright photo.
    crop: Rect,
    /// The same part in stored pixels.
    stored_crop: Rect,
    /// The size of `area` before it is oriented.
    resized: Size,
}

impl Framing {
    /// From the avatar's size, the part of it that is covered, and the part of the photo that is shown.
    fn new((size, area, crop): (Size, Region, Rect), source: &SourceInfo) -> Self {
        let upright = source.orientation.orient_size(source.size);
        let crop = clip(crop, upright);
        let stored_crop = source.orientation.stored_rect(crop, upright);
        Self {
            size,
            area,
            crop,
            stored_crop: clip(stored_crop, source.size),
            resized: source.orientation.orient_size(area.size()),
        }
    }

    /// Stored pixels per avatar pixel, along the tighter side.
    fn shrink(&self) -> f64 {
        let across = self.stored_crop.width / f64::from(self.resized.width);
        let down = self.stored_crop.height / f64::from(self.resized.height);
        across.min(down)
    }
}

fn framings(source: &SourceInfo, options: &Options, aim: &Aim) -> Result<Vec<Framing>> {
    let upright = source.orientation.orient_size(source.size);
    let bounds = crop_bounds(&options.crop, upright)?;
    let framing = |&wanted: &Size| {
        let parts = match options.fit {
            Fit::Cover => cover(wanted, &options.crop, aim, bounds, options.upscale),
            Fit::Contain => contain(wanted, bounds, options.upscale),
        };
        Framing::new(parts, source)
    };
    Ok(options.sizes.iter().map(framing).collect())
}

/// The part of the upright photo that avatars may show.
fn crop_bounds(crop: &Crop, upright: Size) -> Result<Rect> {
    let Crop::Rect(rect) = *crop else {
        return Ok(Rect::whole(upright));
    };
    let (width, height) = (f64::from(upright.width), f64::from(upright.height));
    if rect.x >= width || rect.y >= height {
        let message = format!(
            "the crop starts at {}, {}, outside of the photo of {width}x{height} pixels",
            rect.x, rect.y
        );
        return Err(Error::invalid_options(message));
    }
    Ok(clip(rect, upright))
}

/// The largest rectangle in the avatar's proportions within `bounds`, centered on the focal point as
/// closely as the edges permit. Returns the avatar's size, the area of the avatar that is covered,
/// and the rectangle.
fn cover(
    wanted: Size,
    crop: &Crop,
    aim: &Aim,
    bounds: Rect,
    upscale: bool,
) -> (Size, Region, Rect) {
    let (width, height) = (f64::from(wanted.width), f64::from(wanted.height));
    let shrink = (bounds.width / width).min(bounds.height / height);
    let size = if upscale {
        wanted
    } else {
        shrunk(wanted, shrink)
    };
    let (width, height) = (width * shrink, height * shrink);
    let (x, y) = match *crop {
        Crop::Gravity(gravity) => centered(gravity.focal_point(), bounds, width, height),
        Crop::Focal(point) => centered(point, bounds, width, height),
        Crop::Rect(_) => centered(CENTER, bounds, width, height),
        Crop::Subject(_) => aim.start(bounds, width, height),
    };
    let start_of = |start: f64, length: f64, inner: f64, at: f64| {
        start + (at - start).clamp(0.0, (length - inner).max(0.0))
    };
    let rect = Rect {
        x: start_of(bounds.x, bounds.width, width, x),
        y: start_of(bounds.y, bounds.height, height, y),
        width,
        height,
    };
    (size, Region::whole(size), rect)
}

const CENTER: FocalPoint = FocalPoint { x: 0.5, y: 0.5 };

/// Left and top edge of a rectangle whose center is at `point` of `bounds`.
fn centered(point: FocalPoint, bounds: Rect, width: f64, height: f64) -> (f64, f64) {
    (
        bounds.x + bounds.width * point.x - width / 2.0,
        bounds.y + bounds.height * point.y - height / 2.0,
    )
}

/// The subject that a crop follows.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "subject"), allow(dead_code))]
pub(crate) enum Aim {
    /// It is not looked for yet. The size of the crop does not depend on it.
    Center,
    /// A point, in fractions of the upright photo's width and height.
    Point([f64; 2]),
    /// Heads, in pixels of the upright photo. At least one.
    Heads(Vec<Rect>),
}

/// The center of heads is at this share of the crop's height, where it has room: a portrait has less space
/// above the head than below it.
const HEADS_AT: f64 = 0.45;

impl Aim {
    /// Left and top edge of a crop. It may leave `bounds`.
    fn start(&self, bounds: Rect, width: f64, height: f64) -> (f64, f64) {
        let heads = match self {
            Self::Center => return centered(CENTER, bounds, width, height),
            Self::Point(point) => return centered((*point).into(), bounds, width, height),
            Self::Heads(heads) => shown_heads(heads, width, height),
        };
        let x = heads.x + heads.width / 2.0 - width / 2.0;
        let y = heads.y + heads.height / 2.0 - height * HEADS_AT;
        let (highest, lowest) = (heads.y + heads.height - height, heads.y);
        // Heads that are higher than the crop are centered.
        let centered = (highest + lowest) / 2.0;
        (x, y.clamp(highest.min(centered), lowest.max(centered)))
    }
}

/// All heads, if a crop of this size has room for them. Else the largest.
fn shown_heads(heads: &[Rect], width: f64, height: f64) -> Rect {
    let all = heads.iter().copied().reduce(Rect::union);
    let fits = |all: &Rect| all.width <= width && all.height <= height;
    let area = |head: &Rect| head.width * head.height;
    let largest = || {
        heads
            .iter()
            .max_by(|a, b| area(a).total_cmp(&area(b)))
            .copied()
    };
    let empty = Rect {
        x: 0.0,
        y: 0.0,
        width: 0.0,
        height: 0.0,
    };
    all.filter(fits).or_else(largest).unwrap_or(empty)
}

/// The side of the pictures in which the subject is looked for, in pixels.
pub(crate) const DETECTOR_SIDE: u32 = 128;
/// The side of the smallest parts, as a share of the photo's shorter side. A face of 1/12 of the height of
/// a photo of 4:3 then has 18 pixels in its picture.
const PART: f64 = 0.6;
/// The share of a part that the next one shows too. A face that is smaller is whole in one of them.
const OVERLAP: f64 = 0.33;
/// A photo this much longer than wide has parts of its shorter side too.
const ELONGATED: f64 = 1.5;
/// A strip would have any number of parts. This many serve proportions up to 7:2.
const MOST_PARTS: usize = 24;

/// The whole photo, and its overlapping parts.
fn view_framings(source: &SourceInfo, options: &Options) -> Vec<Framing> {
    if !matches!(options.crop, Crop::Subject(_)) || options.fit == Fit::Contain {
        return Vec::new();
    }
    let whole = Rect::whole(source.orientation.orient_size(source.size));
    let picture = Size::square(DETECTOR_SIDE);
    let whole_view = Framing::new(contain(picture, whole, true), source);
    let parts = parts(whole).into_iter();
    let part_view = |part| Framing::new((picture, Region::whole(picture), part), source);
    std::iter::once(whole_view)
        .chain(parts.map(part_view))
        .collect()
}

/// Overlapping squares that cover `whole`: of the shorter side, if it is much shorter; then smaller ones.
/// None if the proportions are extreme.
fn parts(whole: Rect) -> Vec<Rect> {
    let (shorter, longer) = (whole.width.min(whole.height), whole.width.max(whole.height));
    let large = if longer > ELONGATED * shorter {
        Some(1.0)
    } else {
        None
    };
    let shares = large.into_iter().chain([PART]);
    let parts: Vec<_> = shares
        .flat_map(|share| squares(whole, share * shorter))
        .collect();
    if parts.len() > MOST_PARTS {
        Vec::new()
    } else {
        parts
    }
}

/// Squares with this side that cover `whole` and overlap by at least [`OVERLAP`] of it.
fn squares(whole: Rect, side: f64) -> Vec<Rect> {
    let steps = |length: f64| ((length - side) / ((1.0 - OVERLAP) * side)).ceil();
    let (across, down) = (steps(whole.width), steps(whole.height));
    let position =
        |at: u32, steps: f64, length: f64| f64::from(at) / steps.max(1.0) * (length - side);
    let square = |x: u32, y: u32| Rect {
        x: position(x, across, whole.width),
        y: position(y, down, whole.height),
        width: side,
        height: side,
    };
    let most = MOST_PARTS as u32;
    let rows = 0..=most.min(down as u32);
    rows.flat_map(|y| (0..=most.min(across as u32)).map(move |x| square(x, y)))
        .collect()
}

fn view(
    framing: &Framing,
    source: &SourceInfo,
    options: &Options,
    grid: &ReducedGrid,
) -> SubjectView {
    let placement = Placement {
        background: Some(Rgb([0; 3])),
        alpha: false,
        cutout: None,
        ..placement(Format::Jpeg, framing, source, options)
    };
    SubjectView {
        picture: Target {
            placements: vec![placement],
            outputs: Vec::new(),
            ..target(framing, source, options, grid)
        },
        area: framing.area,
    }
}

/// All of `bounds`, centered in the avatar. Returns the same as [`cover`].
fn contain(wanted: Size, bounds: Rect, upscale: bool) -> (Size, Region, Rect) {
    let across = bounds.width / f64::from(wanted.width);
    let down = bounds.height / f64::from(wanted.height);
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
    let (width, height) = (
        side(bounds.width, size.width),
        side(bounds.height, size.height),
    );
    let (x0, y0) = ((size.width - width) / 2, (size.height - height) / 2);
    (
        size,
        Region {
            x0,
            y0,
            x1: x0 + width,
            y1: y0 + height,
        },
        bounds,
    )
}

/// `wanted`, made smaller in proportion if the photo has fewer pixels.
fn shrunk(wanted: Size, shrink: f64) -> Size {
    let side = |length: u32| ((f64::from(length) * shrink.min(1.0)).round() as u32).max(1);
    Size::new(side(wanted.width), side(wanted.height))
}

/// The part of `rect` within an image of size `bounds`.
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
fn decode_scale(source: &SourceInfo, speed: Speed, shrink: f64) -> u8 {
    let (smallest, enough) = match speed {
        Speed::Faithful if source.size.pixels() <= SMALL => (8, FAITHFUL),
        Speed::Faithful => (2, FAITHFUL),
        Speed::Fast => (1, 1.0),
    };
    let fits = |&&n: &&u8| n >= smallest && shrink * f64::from(n) / 8.0 >= enough;
    if source.scalable {
        SCALES.iter().find(fits).copied().unwrap_or(8)
    } else if source.halvable && source.size.pixels() > SMALL && shrink >= 2.0 * AVERAGED {
        4
    } else {
        8
    }
}

/// Every pixel of the scaled image that an avatar touches.
fn region<'f>(framings: impl Iterator<Item = &'f Framing>, scale: u8, size: Size) -> Region {
    let part = framings
        .map(|framing| framing.stored_crop)
        .reduce(Rect::union);
    let part = part.unwrap_or(Rect::whole(size));
    let step = 8.0 / f64::from(scale);
    Region::around(part.relative_to(0.0, 0.0, step, step), size.scaled(scale))
}

/// The pixel grid of the reduced image, in stored pixels.
struct ReducedGrid {
    /// Left edge.
    x: f64,
    /// Top edge.
    y: f64,
    /// Stored pixels that one reduced pixel spans.
    pitch: f64,
}

impl ReducedGrid {
    fn new(decode: &DecodeRequest, average: u32) -> Self {
        let factor = f64::from(decode.scale) / 8.0;
        Self {
            x: f64::from(decode.region.x0) / factor,
            y: f64::from(decode.region.y0) / factor,
            pitch: f64::from(average) / factor,
        }
    }
}

fn target(framing: &Framing, source: &SourceInfo, options: &Options, grid: &ReducedGrid) -> Target {
    let level = halvings(framing.shrink() / grid.pitch);
    let pitch = grid.pitch * f64::from(1u32 << level);
    let stored_crop = framing.stored_crop;
    let (placements, outputs) = outputs(framing, source, options);
    Target {
        crop: framing.crop,
        level,
        level_crop: stored_crop.relative_to(grid.x, grid.y, pitch, pitch),
        resized: framing.resized,
        rule: ResizeRule::new(framing.shrink(), options.filter),
        placements,
        outputs,
    }
}

/// The avatars of one size, and their images.
fn outputs(
    framing: &Framing,
    source: &SourceInfo,
    options: &Options,
) -> (Vec<Placement>, Vec<Output>) {
    let mut placements = Vec::new();
    let output = |&format: &Format| {
        let placement = placement(format, framing, source, options);
        let known = placements.iter().position(|known| *known == placement);
        let image = known.unwrap_or_else(|| {
            placements.push(placement);
            placements.len() - 1
        });
        Output {
            image,
            encoding: encoding(format, options, framing.size),
            max_bytes: options.max_bytes,
        }
    };
    let outputs = options.formats.iter().map(output).collect();
    (placements, outputs)
}

fn placement(
    format: Format,
    framing: &Framing,
    source: &SourceInfo,
    options: &Options,
) -> Placement {
    let letterboxed = framing.area != Region::whole(framing.size);
    let transparent = source.alpha || letterboxed;
    let opaque_format = (!format.has_alpha()).then_some(Rgb::WHITE);
    let fill = options.background.or(opaque_format);
    // An image without transparency is the same on every background.
    let background = fill.filter(|_| transparent);
    let outside = opaque_format.and(fill);
    let cutout = Cutout::new(options.shape, framing.size, outside);
    Placement {
        size: framing.size,
        area: framing.area,
        orientation: source.orientation,
        background,
        alpha: background.is_none() && transparent || cutout.is_some() && outside.is_none(),
        cutout,
    }
}

/// How often a residual can be halved without going below [`AVERAGED`].
fn halvings(residual: f64) -> u32 {
    let enough = |&level: &u32| residual / f64::from(1u32 << level) >= AVERAGED;
    (1..16).take_while(enough).count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Gravity;

    const PHONE: SourceInfo = SourceInfo {
        size: Size::new(4032, 3024),
        orientation: Orientation::Normal,
        halvable: false,
        scalable: true,
        alpha: false,
    };

    fn plan_of(source: SourceInfo, options: Options) -> Plan {
        plan_within(&source, &options, &Limits::default())
    }

    /// Where a decoding always fits into memory.
    fn plan_within(source: &SourceInfo, options: &Options, limits: &Limits) -> Plan {
        plan(source, options, limits, &mut |_| Ok(true)).unwrap()
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
        assert_eq!(
            (plan.targets[0].level_crop, plan.targets[0].level),
            (crop, 0)
        );
    }

    #[test]
    fn the_largest_size_decides_the_scale_and_small_sizes_use_halved_copies() {
        let plan = plan_of(PHONE, sized(&[512, 256, 128, 64, 32]));
        assert_eq!(plan.decode.scale, 3);
        let levels: Vec<u32> = plan.targets.iter().map(|target| target.level).collect();
        assert_eq!(levels, [0, 0, 1, 2, 3]);
    }

    #[test]
    fn boxes_and_halves_together_average_no_more_than_boxes_may() {
        for side in 33..1000 {
            let scalable = side % 2 == 0;
            let plan = plan_of(SourceInfo { scalable, ..PHONE }, sized(&[side, 32]));
            for target in &plan.targets {
                let left = target.level_crop.width / f64::from(target.resized.width);
                let averaged = plan.average > 1 || target.level > 0;
                assert!(left >= AVERAGED || !averaged, "{side} {left}");
            }
        }
    }

    #[test]
    fn fast_speed_decodes_at_one_eighth() {
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
    fn chroma_is_kept_in_full_up_to_128_pixels() {
        let subsamplings = |options: Options| {
            let plan = plan_of(PHONE, options);
            plan.targets
                .into_iter()
                .map(|target| target.outputs[0].encoding)
        };
        let jpeg = |subsampling| OutputEncoding::Jpeg {
            quality: 80,
            progressive: false,
            subsampling,
            effort: Effort::Default,
        };
        let automatic = subsamplings(sized(&[256, 129, 128, 64]));
        let (quarter, full) = (jpeg(Subsampling::Quarter), jpeg(Subsampling::Full));
        assert!(automatic.eq([quarter, quarter, full, full]));
        let chosen = Options {
            subsampling: Some(Subsampling::Half),
            ..sized(&[256, 64])
        };
        assert!(subsamplings(chosen).eq([jpeg(Subsampling::Half); 2]));
    }

    #[test]
    fn a_small_photo_is_decoded_in_full() {
        let source = SourceInfo {
            size: Size::new(640, 427),
            ..PHONE
        };
        assert_eq!(plan_of(source, sized(&[64])).decode.scale, 8);
    }

    #[test]
    fn a_photo_of_48_megapixels_is_averaged_in_boxes_of_2() {
        let source = SourceInfo {
            size: Size::new(8064, 6048),
            ..PHONE
        };
        let plan = plan_of(source, sized(&[256]));
        assert_eq!((plan.decode.scale, plan.average), (2, 2));
    }

    /// The scale, chroma and average for an avatar of `side` pixels from 48 megapixels, where a
    /// decoding fits that keeps up to `most` coefficients, in millions: N x N for each block of luma
    /// and, at a quarter of their number, for the blocks of Cb and Cr.
    fn scale_within(most: f64, side: u32) -> (u8, ChromaMode, u32) {
        let source = SourceInfo {
            size: Size::new(8064, 6048),
            ..PHONE
        };
        let mut fits = |plan: &Plan| {
            let request = &plan.decode;
            let n = f64::from(request.scale);
            let chroma = match request.chroma {
                ChromaMode::Full => (2.0 * n).min(8.0),
                ChromaMode::AsStored => n,
            };
            let blocks = request.region.size().pixels() as f64 / (n * n);
            Ok(blocks * (n * n + chroma * chroma / 2.0) <= most * 1e6)
        };
        let options = Options {
            subsampling: Some(Subsampling::Full),
            ..sized(&[side])
        };
        let plan = plan(&source, &options, &Limits::default(), &mut fits).unwrap();
        (plan.decode.scale, plan.decode.chroma, plan.average)
    }

    #[test]
    fn where_coefficients_do_not_fit_chroma_and_then_the_scale_are_reduced() {
        use ChromaMode::{AsStored, Full};
        let steps = [16.0, 10.2, 7.0, 4.0, 3.0, 1.5, 0.8];
        let chosen = steps.map(|most| scale_within(most, 1024));
        let expected = [
            (3, Full, 1),
            (3, AsStored, 1),
            (2, Full, 1),
            (2, AsStored, 1),
            (1, Full, 1),
            (1, AsStored, 1),
            // Nothing fits. The decoder refuses it.
            (1, AsStored, 1),
        ];
        assert_eq!(chosen, expected);
        assert_eq!(scale_within(31.0, 2048), (6, AsStored, 1));
        assert_eq!(scale_within(30.0, 2048), (4, Full, 1));
    }

    #[test]
    fn other_formats_are_averaged_row_by_row() {
        let plan = plan_of(
            SourceInfo {
                scalable: false,
                ..PHONE
            },
            sized(&[64]),
        );
        assert_eq!((plan.decode.scale, plan.average), (8, 16));
    }

    #[test]
    fn a_lossy_webp_is_halved_for_an_avatar_much_smaller_than_the_photo() {
        let scale = |width, height, side| {
            let source = SourceInfo {
                size: Size::new(width, height),
                halvable: true,
                scalable: false,
                ..PHONE
            };
            let plan = plan_of(source, sized(&[side]));
            (plan.decode.scale, plan.average)
        };
        // Boxes of 4 x 4 photo pixels.
        assert_eq!(scale(4032, 3024, 256), (4, 2));
        assert_eq!(scale(4032, 2900, 500), (4, 1));
        assert_eq!(scale(4032, 2899, 500).0, 8);
        // Small photos are decoded in full.
        assert_eq!(scale(512, 512, 32), (8, 5));
    }

    #[test]
    fn an_image_too_large_for_memory_is_averaged_further() {
        let source = SourceInfo {
            scalable: false,
            ..PHONE
        };
        let average = |most: u32| {
            let mut fits = |plan: &Plan| Ok(plan.decode.region.size().width / plan.average <= most);
            let options = sized(&[512]);
            plan(&source, &options, &Limits::default(), &mut fits)
                .unwrap()
                .average
        };
        // 5.9 photo pixels per avatar pixel.
        assert_eq!(
            [9999, 1511, 600, 504, 503, 1].map(average),
            [2, 3, 6, 6, 6, 6]
        );
    }

    #[test]
    fn the_crop_of_a_rotated_photo_is_mapped_to_stored_coordinates() {
        let source = SourceInfo {
            orientation: Orientation::Rotate90,
            ..PHONE
        };
        let north = Crop::Gravity(Gravity::North);
        let plan = plan_of(
            source,
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
    fn a_contained_photo_is_centered_and_whole() {
        let options = Options {
            fit: Fit::Contain,
            ..sized(&[256])
        };
        let plan = plan_of(PHONE, options);
        assert_eq!(
            plan.targets[0].placements[0].area,
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
        let source = SourceInfo {
            size: Size::new(100, 80),
            ..PHONE
        };
        let small = plan_of(
            source,
            Options {
                upscale: false,
                ..sized(&[256])
            },
        );
        assert_eq!(small.targets[0].placements[0].size, Size::square(80));
        let options = Options {
            upscale: false,
            fit: Fit::Contain,
            ..sized(&[256])
        };
        let contained = plan_of(source, options).targets[0].placements[0];
        assert_eq!(contained.size, Size::square(100));
        assert_eq!(
            contained.area,
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
        let limits = Limits::default();
        let error = plan(&PHONE, &options, &limits, &mut |_| Ok(true)).unwrap_err();
        assert_eq!(error.code(), "invalid_options");
    }

    #[test]
    fn the_crop_is_reported_upright() {
        let source = SourceInfo {
            orientation: Orientation::Rotate90,
            ..PHONE
        };
        let plan = plan_of(source, sized(&[256]));
        let crop = Rect {
            x: 0.0,
            y: 504.0,
            width: 3024.0,
            height: 3024.0,
        };
        assert_eq!(plan.targets[0].crop, crop);
    }

    #[test]
    fn output_alpha_depends_on_the_source_the_letterbox_and_the_background() {
        let alpha = |alpha: bool, fit: Fit, background: Option<Rgb>, format: Format| {
            let options = Options {
                fit,
                background,
                formats: vec![format],
                lossless: format != Format::Jpeg,
                ..sized(&[64])
            };
            let source = SourceInfo { alpha, ..PHONE };
            plan_of(source, options).targets[0].placements[0].alpha
        };
        let red = Some(Rgb([255, 0, 0]));
        assert!(!alpha(false, Fit::Cover, None, Format::Png));
        assert!(alpha(true, Fit::Cover, None, Format::Png));
        assert!(alpha(false, Fit::Contain, None, Format::Webp));
        assert!(!alpha(true, Fit::Contain, red, Format::Png));
        assert!(!alpha(true, Fit::Contain, None, Format::Jpeg));
    }

    #[test]
    fn a_shape_is_transparent_outside_or_filled_where_the_format_has_no_alpha() {
        let cut = |shape: Shape, background: Option<Rgb>, format: Format| {
            let options = Options {
                shape,
                background,
                formats: vec![format],
                ..sized(&[64])
            };
            let placement = plan_of(PHONE, options).targets[0].placements[0];
            let outside = placement.cutout.map(|cutout| cutout.outside);
            (outside, placement.alpha)
        };
        let red = Some(Rgb([255, 0, 0]));
        let none = None;
        assert_eq!(cut(Shape::Rectangle, red, Format::Png), (None, false));
        assert_eq!(cut(Shape::Rounded(0), red, Format::Png), (None, false));
        assert_eq!(cut(Shape::Circle, none, Format::Png), (Some(None), true));
        assert_eq!(cut(Shape::Circle, red, Format::Png), (Some(None), true));
        let white = Some(Some(Rgb::WHITE));
        assert_eq!(cut(Shape::Circle, none, Format::Jpeg), (white, false));
        assert_eq!(cut(Shape::Circle, red, Format::Jpeg), (Some(red), false));
    }

    #[test]
    fn formats_share_an_image_unless_only_some_store_transparency() {
        let images = |alpha: bool, background: Option<Rgb>| {
            let options = Options {
                formats: vec![Format::Png, Format::Jpeg],
                background,
                ..sized(&[64])
            };
            let plan = plan_of(SourceInfo { alpha, ..PHONE }, options);
            let target = &plan.targets[0];
            let images: Vec<usize> = target.outputs.iter().map(|output| output.image).collect();
            (target.placements.len(), images)
        };
        assert_eq!(images(false, None), (1, vec![0, 0]));
        assert_eq!(images(true, None), (2, vec![0, 1]));
        assert_eq!(images(true, Some(Rgb::WHITE)), (1, vec![0, 0]));
    }

    #[test]
    fn chroma_is_decoded_as_stored_if_no_avatar_shows_more() {
        let chroma = |options: Options| plan_of(PHONE, options).decode.chroma;
        // Stored at half the size.
        assert_eq!(chroma(sized(&[256])), ChromaMode::AsStored);
        // Reduced to less than half.
        assert_eq!(chroma(sized(&[256, 64])), ChromaMode::AsStored);
        assert_eq!(chroma(sized(&[64])), ChromaMode::AsStored);
        let full = Options {
            subsampling: Some(Subsampling::Full),
            ..sized(&[256])
        };
        assert_eq!(chroma(full), ChromaMode::Full);
        // Enlarged.
        assert_eq!(chroma(sized(&[3100])), ChromaMode::Full);
        let png = Options {
            formats: vec![Format::Jpeg, Format::Png],
            ..sized(&[256])
        };
        assert_eq!(chroma(png), ChromaMode::Full);
    }

    #[test]
    fn the_filter_follows_the_shrink_from_the_photo_to_the_avatar() {
        let options = Options {
            speed: Speed::Fast,
            ..sized(&[256])
        };
        // Decoding leaves 1.5 pixels per avatar pixel of the photo's 11.8.
        let rule = plan_of(PHONE, options).targets[0].rule;
        assert_eq!(rule, ResizeRule::new(11.8, ResizeFilter::Auto));
        assert_ne!(rule, ResizeRule::new(1.5, ResizeFilter::Auto));
    }
}
