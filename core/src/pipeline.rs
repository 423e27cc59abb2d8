//! Executes a plan: see [`plan`](crate::plan) for the decisions.

#[cfg(feature = "animation")]
mod animation;
mod decoding;
mod images;

#[cfg(feature = "animation")]
use self::animation::{Animator, insert_animations};
use self::decoding::{Decoding, decode, source_info};
#[cfg(feature = "subject")]
use self::images::{Level, finish, halve};
use self::images::{for_each, resize_all};
use crate::color::SourceSpace;
use crate::decode::{Decoder, Header};
use crate::digest;
use crate::encode;
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Reservation};
use crate::options::Options;
use crate::photo::{Frame, Photo};
use crate::pixels::{LinearImage, SrgbImage};
use crate::placeholder;
use crate::plan::{Output, Plan, SourceInfo, Target};
use crate::rendered::{Avatar, Decoded, Face, Placeholder, Rendered, Source};
#[cfg(feature = "subject")]
use crate::{
    options::{Crop, Subject},
    plan::{self, Aim, SubjectView},
    subject::{self, FaceDetector},
};

/// A stage of a render.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Stage {
    /// Recognize the format, read the header, parse the ICC profile, plan the work. A later frame of
    /// an animation is drawn in this stage too.
    Plan,
    /// Decode rows, or read those of the drawn frame; convert them to linear light, average them.
    Decode,
    /// Resize to every size, convert to sRGB, orient.
    Resize,
    /// Encode every avatar, compute digests and the placeholder. For an animated avatar, all frames are
    /// decoded and resized in this stage.
    Encode,
}

impl Stage {
    /// All stages, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Plan, Self::Decode, Self::Resize, Self::Encode];

    /// The lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Decode => "decode",
            Self::Resize => "resize",
            Self::Encode => "encode",
        }
    }
}

/// Makes every avatar in `options` from `photo`.
///
/// # Errors
///
/// - [`ErrorKind::InvalidOptions`](crate::ErrorKind::InvalidOptions): no photo, or not this one,
///   can meet the options; or the length of [`Pixels::samples`](crate::Pixels::samples) does not
///   match their size.
/// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the format, or a feature of it, is
///   not handled.
/// - [`ErrorKind::Malformed`](crate::ErrorKind::Malformed): the file is damaged where it matters.
/// - [`ErrorKind::LimitExceeded`](crate::ErrorKind::LimitExceeded): it needs more than
///   [`Options::limits`] allows.
pub fn render<'a>(photo: impl Into<Photo<'a>>, options: &Options) -> Result<Rendered> {
    render_observed(photo, options, &mut |_| ())
}

/// [`render`] that calls `observer` at the end of each stage: to time them, or to show progress.
///
/// # Errors
///
/// As [`render`].
pub fn render_observed<'a>(
    photo: impl Into<Photo<'a>>,
    options: &Options,
    observer: &mut dyn FnMut(Stage),
) -> Result<Rendered> {
    options.check()?;
    let budget = Budget::new(&options.limits);
    let photo = photo.into();
    let mut decoder = Decoder::open(photo, options.frame, &budget)?;
    let source = source(decoder.header());
    options.check_animated(source.format)?;
    let decoding = Decoding::new(&mut decoder, options, &budget)?;
    observer(Stage::Plan);

    let (decoding, reduced, missing) = decode(&mut decoder, decoding, options, &budget)?;
    let info = source_info(decoder.header());
    drop(decoder);
    let Decoding {
        mut plan, space, ..
    } = decoding;
    if missing > 0 && !plan.accept_damaged {
        return Err(Error::malformed(format!(
            "a visible part of the {} is damaged; use another copy of the photo, or accept the damage \
             (option accept_damaged)",
            source.format.title()
        )));
    }
    observer(Stage::Decode);

    let mut levels = vec![reduced];
    let faces = follow_subject(&mut levels, &mut plan, &info, options, &space, &budget)?;
    let images = resize_all(levels, &plan, &space, &budget)?;
    observer(Stage::Resize);

    #[cfg(feature = "animation")]
    let animations = Animator::animate(photo, options, &mut plan, &budget)?;
    let avatars = encode_all(&images, &plan, &budget)?;
    #[cfg(feature = "animation")]
    let avatars = insert_animations(avatars, animations, &plan, options);
    let placeholder = placeholder(&images, &plan)?;
    observer(Stage::Encode);
    Ok(Rendered {
        avatars,
        source,
        decoded: decoded(&plan, missing),
        faces,
        placeholder,
    })
}

/// Reads the header of `photo`. It decodes no pixels, except those of an animated WebP whose first frame
/// does not fill the canvas.
///
/// # Errors
///
/// Those errors of [`render`] that the header alone can cause.
pub fn probe<'a>(photo: impl Into<Photo<'a>>, limits: &Limits) -> Result<Source> {
    let decoder = Decoder::open(photo.into(), Frame::First, &Budget::new(limits))?;
    Ok(source(decoder.header()))
}

fn source(header: &Header<'_>) -> Source {
    Source {
        format: header.format,
        size: header.size,
        upright_size: header.orientation.orient_size(header.size),
        orientation: header.orientation,
        alpha: header.layout.has_alpha(),
        icc: header.icc.is_some(),
    }
}

fn decoded(plan: &Plan, missing: u64) -> Decoded {
    let pixels = plan.decode.region.size().pixels();
    Decoded {
        scale: plan.decode.scale,
        region: plan.decode.region,
        average: plan.average,
        damaged: missing > 0,
        missing: missing.min(pixels) as f64 / pixels as f64,
    }
}

/// Finds the subject in the reduced image, and moves the crops to it. Returns the faces.
#[cfg(feature = "subject")]
fn follow_subject(
    levels: &mut Vec<LinearImage>,
    plan: &mut Plan,
    info: &SourceInfo,
    options: &Options,
    space: &SourceSpace,
    budget: &Budget,
) -> Result<Vec<Face>> {
    let Some((whole, parts)) = plan.views.split_first() else {
        return Ok(Vec::new());
    };
    halve(levels, plan.views.iter().map(|view| &view.picture), budget)?;
    let picture = |view: &SubjectView| {
        let images = finish(
            Level::of(levels, &view.picture)?,
            &view.picture,
            space,
            false,
            budget,
        )?;
        let image = images.into_iter().next();
        image.ok_or_else(|| Error::internal("a view has no image"))
    };
    let whole_picture = picture(whole)?;
    let mut faces = Vec::new();
    if options.crop == Crop::Subject(Subject::Face) {
        let mut detector = FaceDetector::new(budget)?;
        detector.search(&whole_picture, whole)?;
        let mut parts = parts.iter();
        if detector.is_empty() {
            parts.try_for_each(|part| detector.search_part(&picture(part)?, part))?;
        }
        faces = detector.faces();
    }
    let aim = match &faces[..] {
        [] => Aim::Point(subject::focal_point(&whole_picture, whole.area)),
        faces => Aim::Heads(faces.iter().map(|face| subject::head(face.rect)).collect()),
    };
    plan::follow(plan, aim, info, options)?;
    Ok(faces)
}

#[cfg(not(feature = "subject"))]
fn follow_subject(
    _: &mut Vec<LinearImage>,
    _: &mut Plan,
    _: &SourceInfo,
    _: &Options,
    _: &SourceSpace,
    _: &Budget,
) -> Result<Vec<Face>> {
    Ok(Vec::new())
}

/// Every avatar with its image, size by size.
fn planned<'a>(
    images: &'a [Vec<SrgbImage>],
    plan: &'a Plan,
) -> impl Iterator<Item = (&'a SrgbImage, &'a Target, &'a Output)> {
    let sizes = images.iter().zip(&plan.targets);
    sizes.flat_map(|(images, target)| {
        let avatar = move |output: &'a Output| Some((images.get(output.image)?, target, output));
        target.outputs.iter().filter_map(avatar)
    })
}

fn encode_all(images: &[Vec<SrgbImage>], plan: &Plan, budget: &Budget) -> Result<Vec<Avatar>> {
    let planned: Vec<_> = planned(images, plan).collect();
    // In advance: where memory is short, an avatar may be encoded twice.
    #[cfg(feature = "avif-out")]
    for (image, _, output) in &planned {
        budget.work(encode::work(image, output))?;
    }
    let encoded = for_each(&planned, plan.parallel, |&(image, target, output)| {
        let bytes = encode::encode(image, output, budget)?;
        // Charged until all avatars are encoded.
        let held = budget.reserve(bytes.capacity() as u64)?;
        let avatar = Avatar {
            size: image.size,
            crop: target.crop,
            format: output.encoding.format(),
            digest: digest::sha256(&bytes),
            frames: 1,
            duration_ms: 0,
            bytes,
        };
        Ok((avatar, held))
    })?;
    let (avatars, _held): (Vec<_>, Vec<Reservation>) = encoded.into_iter().unzip();
    Ok(avatars)
}

/// The placeholder of the smallest avatar, in the first of the formats.
fn placeholder(images: &[Vec<SrgbImage>], plan: &Plan) -> Result<Placeholder> {
    let first = images.iter().zip(&plan.targets);
    let first = first.filter_map(|(images, target)| images.first().zip(target.placements.first()));
    let smallest = first.min_by_key(|(image, _)| image.size.pixels());
    let (image, placement) = smallest.ok_or_else(|| Error::internal("no avatar was planned"))?;
    Ok(placeholder::placeholder(image, placement.cutout.is_some()))
}
