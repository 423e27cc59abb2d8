//! Executes a plan: see [`plan`](crate::plan) for the decisions.

use std::ops::Deref;
#[cfg(feature = "animation")]
use std::time::Duration;

use crate::color::SourceSpace;
use crate::decode::{Decoder, Header};
use crate::digest;
use crate::encode;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Budget, Limits, Reservation};
use crate::options::Options;
use crate::orient;
use crate::photo::{Frame, Photo};
use crate::pixels::{LinearImage, Row, SrgbImage};
use crate::placeholder;
#[cfg(any(feature = "animation", feature = "subject"))]
use crate::plan::Aim;
use crate::plan::{self, DecodeRequest, Output, Placement, Plan, SourceInfo, Target};
use crate::reduce::{Reducer, Reduction};
use crate::rendered::{Avatar, Decoded, Face, Placeholder, Rendered, Source};
use crate::resize;
#[cfg(feature = "parallel")]
use crate::threads;
#[cfg(feature = "animation")]
use crate::{
    encode::{AnimatedFile, AnimationWriter},
    format::Format,
    plan::OutputEncoding,
};
#[cfg(feature = "subject")]
use crate::{
    options::{Crop, Subject},
    plan::SubjectView,
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
    /// Encode every avatar, compute digests and the placeholder.
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

/// Stored pixels of a large photo.
const LARGE: u64 = 2_000_000;

/// Bytes that a parsed ICC profile takes per byte of the profile: its tables as floats, and those
/// of the transform.
const PARSED_ICC: u64 = 8;

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
    let decoding = Decoding::new(&mut decoder, options, &budget)?;
    observer(Stage::Plan);

    let (decoding, reduced, missing) = decode(&mut decoder, decoding, options, &budget)?;
    let info = source_info(decoder.header());
    drop(decoder);
    let Decoding {
        mut plan, space, ..
    } = decoding;
    if missing > 0 && !plan.accept_damaged {
        return Err(Error::malformed("the visible part of the photo is damaged"));
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
    let placeholder = placeholder(&images)?;
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

fn source_info(header: &Header<'_>) -> SourceInfo {
    SourceInfo {
        size: header.size,
        orientation: header.orientation,
        halvable: header.halvable,
        scalable: header.scalable(),
        alpha: header.layout.has_alpha(),
    }
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

/// The color space of the photo's samples, and the memory that its parsed ICC profile takes.
fn source_space(
    header: &Header<'_>,
    budget: &Budget,
) -> Result<(SourceSpace, Option<Reservation>)> {
    let (layout, depth, stated) = (header.layout, header.depth, &header.stated);
    let Some(icc) = &header.icc else {
        return Ok((SourceSpace::new(layout, depth, None, stated)?, None));
    };
    let profile = icc.read(budget)?;
    let parsed = budget.reserve(profile.len() as u64 * PARSED_ICC)?;
    let space = SourceSpace::new(layout, depth, Some(&profile), stated)?;
    Ok((space, Some(parsed)))
}

/// All that is known before the first row is decoded.
struct Decoding {
    plan: Plan,
    space: SourceSpace,
    /// The memory of the parsed ICC profile.
    _parsed: Option<Reservation>,
}

impl Decoding {
    fn new(decoder: &mut Decoder<'_>, options: &Options, budget: &Budget) -> Result<Self> {
        let (space, _parsed) = source_space(decoder.header(), budget)?;
        let source = source_info(decoder.header());
        let mut fits = |plan: &Plan| {
            let bytes = memory(decoder, &space, plan, budget.limits())?;
            Ok(bytes <= budget.memory_left())
        };
        let plan = plan::plan(&source, options, budget.limits(), &mut fits)?;
        Ok(Self {
            plan,
            space,
            _parsed,
        })
    }

    /// Decodes the planned region and averages it, row by row. Also returns how many of its pixels
    /// were missing.
    fn reduce(&self, decoder: &mut Decoder<'_>, budget: &Budget) -> Result<(LinearImage, u64)> {
        let (plan, space) = (&self.plan, &self.space);
        let shape = reduction(decoder.header(), &plan.decode, plan.average);
        let mut scratch = budget.buffer(space.scratch(shape.width as usize))?;
        let mut linearize =
            |samples: &[u8], out: &mut [u16]| space.linearize(samples, &mut scratch, out);
        let mut reducer = Reducer::new(shape, &mut linearize, budget)?;
        let mut push = |row: Row<'_>| reducer.push(&row);
        decoder.set_parallel(plan.parallel);
        let report = decoder.rows(&plan.decode, budget, &mut push)?;
        Ok((reducer.finish(), report.missing))
    }
}

fn reduction(header: &Header<'_>, request: &DecodeRequest, average: u32) -> Reduction {
    Reduction {
        layout: header.layout,
        depth: header.depth,
        width: header.size.scaled(request.scale).width,
        out_of_order: header.out_of_order,
        band: header.band,
        region: request.region,
        average,
    }
}

/// Bytes that the execution of a plan holds at once: while the photo is decoded, or while its avatars
/// are resized. If a decoder cannot tell, it is assumed to hold as much as the reduced image.
fn memory(
    decoder: &mut Decoder<'_>,
    space: &SourceSpace,
    plan: &Plan,
    limits: &Limits,
) -> Result<u64> {
    let decoded = decoder.memory(&plan.decode, limits)?;
    let shape = reduction(decoder.header(), &plan.decode, plan.average);
    let reduced = shape.memory() + space.scratch(shape.width as usize) as u64;
    let decoding = reduced + decoded.unwrap_or_else(|| shape.image_memory());
    let channels = shape.layout.linear_channels();
    let resizing = resizing_memory(plan, shape.image_memory(), channels);
    Ok(decoding.max(resizing))
}

/// The most bytes that [`resize_all`] holds at once, if the reduced image takes `reduced`: all levels beside
/// one of the other sizes, or the level of the largest size beside its images.
fn resizing_memory(plan: &Plan, reduced: u64, channels: usize) -> u64 {
    let level = |level: u32| reduced >> (2 * level);
    let resized = |target: &Target| 2 * channels as u64 * target.resized.pixels();
    let scratch = |target: &Target| {
        resize::scratch_memory(target.level_crop, target.resized, target.rule, channels)
    };
    let at = largest(&plan.targets);
    let (mut levels, mut images, mut others, mut last) = (0, 0, 0, 0);
    for (index, target) in plan.targets.iter().enumerate() {
        levels = levels.max((0..=target.level).map(level).sum());
        if index == at {
            let kept = level(target.level) + scratch(target);
            last = resized(target) + kept.max(target.images_memory());
        } else {
            images += target.images_memory();
            others = others.max(resized(target) + scratch(target));
        }
    }
    images + last.max(levels + others)
}

/// Decodes a photo. One that proves damaged is decoded again, if that is accepted: its missing parts
/// become transparent, which changes the plan.
fn decode(
    decoder: &mut Decoder<'_>,
    decoding: Decoding,
    options: &Options,
    budget: &Budget,
) -> Result<(Decoding, LinearImage, u64)> {
    let reduced = decoding.reduce(decoder, budget);
    let damaged = match &reduced {
        Ok((_, missing)) => *missing > 0,
        Err(error) => error.kind() == ErrorKind::Malformed,
    };
    if !(damaged && options.accept_damaged && decoder.repair()) {
        return reduced.map(|(image, missing)| (decoding, image, missing));
    }
    drop((reduced, decoding));
    let decoding = Decoding::new(decoder, options, budget)?;
    let (image, missing) = decoding.reduce(decoder, budget)?;
    Ok((decoding, image, missing))
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

/// Appends copies of half the size until every target has its level.
fn halve<'t>(
    levels: &mut Vec<LinearImage>,
    targets: impl IntoIterator<Item = &'t Target>,
    budget: &Budget,
) -> Result<()> {
    let targets = targets.into_iter();
    let deepest = targets.map(|target| target.level as usize).max();
    while let (Some(last), true) = (levels.last(), deepest >= Some(levels.len())) {
        levels.push(resize::halve(last, budget)?);
    }
    Ok(())
}

/// Whether a photo is worth several threads for a single avatar. For a smaller one, the first render of
/// a process would take longer: it starts the threads.
fn is_large(request: &DecodeRequest) -> bool {
    let scale = u64::from(request.scale);
    let pixels = request.region.size().pixels() * 64 / (scale * scale);
    cfg!(feature = "parallel") && pixels >= LARGE
}

/// Halves the reduced image as often as the smallest avatar needs it, and makes the images of every
/// size from its level. The largest comes last. It frees its level before it is converted.
fn resize_all(
    mut levels: Vec<LinearImage>,
    plan: &Plan,
    space: &SourceSpace,
    budget: &Budget,
) -> Result<Vec<Vec<SrgbImage>>> {
    halve(&mut levels, &plan.targets, budget)?;
    let mut others: Vec<&Target> = plan.targets.iter().collect();
    let at = largest(&plan.targets);
    let largest = others.remove(at);
    let mut images = for_each(&others, plan.parallel, |target| {
        finish(Level::of(&levels, target)?, target, space, false, budget)
    })?;
    let is_parallel = plan.parallel && (is_large(&plan.decode) || !others.is_empty());
    let last = levels.into_iter().nth(largest.level as usize);
    let last = last.ok_or_else(missing_level)?;
    let last = finish(Level::Owned(last), largest, space, is_parallel, budget)?;
    images.insert(at, last);
    Ok(images)
}

/// The index of the largest size, or 0.
fn largest(targets: &[Target]) -> usize {
    let pixels = |&at: &usize| targets[at].resized.pixels();
    (0..targets.len()).max_by_key(pixels).unwrap_or(0)
}

/// The reduced image, or a copy of half the size, a quarter and so on.
enum Level<'a> {
    /// That of the largest size.
    Owned(LinearImage),
    Shared(&'a LinearImage),
}

impl<'a> Level<'a> {
    fn of(levels: &'a [LinearImage], target: &Target) -> Result<Self> {
        let level = levels.get(target.level as usize);
        level.map(Self::Shared).ok_or_else(missing_level)
    }
}

impl Deref for Level<'_> {
    type Target = LinearImage;

    fn deref(&self) -> &LinearImage {
        match self {
            Self::Owned(image) => image,
            Self::Shared(image) => image,
        }
    }
}

fn missing_level() -> Error {
    Error::internal("a level is missing")
}

/// The images of one size, before they are encoded.
#[inline(never)] // Two copies would be large.
fn finish(
    level: Level<'_>,
    target: &Target,
    space: &SourceSpace,
    is_parallel: bool,
    budget: &Budget,
) -> Result<Vec<SrgbImage>> {
    let linear = resize::resize(
        &level,
        target.level_crop,
        target.resized,
        target.rule,
        is_parallel,
        budget,
    )?;
    drop(level);
    convert(linear, &target.placements, space, budget)
}

/// A resized image in sRGB, placed in each of the ways.
fn convert(
    linear: LinearImage,
    placements: &[Placement],
    space: &SourceSpace,
    budget: &Budget,
) -> Result<Vec<SrgbImage>> {
    let mut linear = Some(linear);
    let mut images = Vec::new();
    for (index, placement) in placements.iter().enumerate() {
        let from = linear.as_ref();
        let from = from.ok_or_else(|| Error::internal("a resized image is missing"))?;
        let image = space.to_srgb(from, placement.background, budget)?;
        // Before the last image is oriented, for the same reason as the levels.
        linear = linear.filter(|_| index + 1 < placements.len());
        images.push(orient::place(image, placement, budget)?);
    }
    Ok(images)
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

/// Plays an animation, and writes an animated WebP of every size.
#[cfg(feature = "animation")]
struct Animator<'a> {
    photo: Photo<'a>,
    /// With one format.
    options: Options,
    aim: Aim,
    budget: &'a Budget,
}

/// An animated avatar for each size; `None` where a still shows the same.
#[cfg(feature = "animation")]
type Animations = Vec<Option<AnimatedFile>>;

#[cfg(feature = "animation")]
impl<'a> Animator<'a> {
    /// Writes the animated avatars, and removes them from `plan`.
    fn animate(
        photo: Photo<'a>,
        options: &Options,
        plan: &mut Plan,
        budget: &'a Budget,
    ) -> Result<Animations> {
        if !options.animated || !options.formats.contains(&Format::Webp) {
            return Ok(Vec::new());
        }
        let options = Options {
            formats: vec![Format::Webp],
            ..options.clone()
        };
        let animator = Self {
            photo,
            options,
            aim: plan.aim.clone(),
            budget,
        };
        let mut animations = animator.play(None)?;
        for (index, (file, target)) in animations.iter_mut().zip(&mut plan.targets).enumerate() {
            let is_webp = |output: &Output| output.encoding.format() == Format::Webp;
            let output = target.outputs.iter().position(is_webp);
            if let (Some(file), Some(output)) = (file, output) {
                let output = target.outputs.remove(output);
                animator.shrink(file, index, output.encoding)?;
            }
        }
        Ok(animations)
    }

    /// Writes an animated WebP of every size, or of one at another quality.
    fn play(&self, changed: Option<(usize, u8)>) -> Result<Animations> {
        let budget = self.budget;
        let Some(mut decoder) = Decoder::open_animation(self.photo, budget)? else {
            return Ok(Vec::new());
        };
        let mut decoding = Decoding::new(&mut decoder, &self.options, budget)?;
        if self.aim != Aim::Center {
            let info = source_info(decoder.header());
            plan::follow(&mut decoding.plan, self.aim.clone(), &info, &self.options)?;
        }
        if let Some((index, _)) = changed {
            decoding.plan.targets.swap(0, index);
            decoding.plan.targets.truncate(1);
        }
        let encoding = |output: &Output| match changed {
            Some((_, quality)) => output.encoding.with_quality(quality),
            None => output.encoding,
        };
        let targets = decoding.plan.targets.iter();
        let outputs = targets
            .flat_map(|target| target.outputs.first())
            .map(encoding);
        let writer = |encoding| Ok((AnimationWriter::new(budget)?, encoding));
        let mut writers = outputs.map(writer).collect::<Result<Vec<_>>>()?;
        while let Some((duration, images)) = self.next_images(&mut decoder, &decoding)? {
            for ((writer, encoding), image) in writers.iter_mut().zip(images.into_iter().flatten())
            {
                encode::add_frame(writer, image, duration, *encoding, budget)?;
            }
        }
        let files = writers.into_iter();
        files
            .map(|(writer, _)| writer.finish(decoder.plays()))
            .collect()
    }

    /// The images of the next frame, one for each size. `None` after the last frame, and instead of a
    /// damaged one, if damage is accepted.
    fn next_images(
        &self,
        decoder: &mut Decoder<'_>,
        decoding: &Decoding,
    ) -> Result<Option<(Duration, Vec<Vec<SrgbImage>>)>> {
        let mut next = || {
            let Some(duration) = decoder.next_frame(self.budget)? else {
                return Ok(None);
            };
            let (reduced, missing) = decoding.reduce(decoder, self.budget)?;
            if missing > 0 {
                return Err(Error::malformed("a visible part of a frame is damaged"));
            }
            let images = resize_all(vec![reduced], &decoding.plan, &decoding.space, self.budget)?;
            Ok(Some((duration, images)))
        };
        match next() {
            Err(error) if error.kind() == ErrorKind::Malformed && self.options.accept_damaged => {
                Ok(None)
            }
            outcome => outcome,
        }
    }

    /// Lowers the quality until the file has at most the allowed bytes.
    fn shrink(
        &self,
        file: &mut AnimatedFile,
        index: usize,
        encoding: OutputEncoding,
    ) -> Result<()> {
        let Some(most) = self.options.max_bytes else {
            return Ok(());
        };
        let missing = || Error::internal("an animation has changed");
        let encode = |quality| {
            let file = self.play(Some((index, quality)))?.pop().flatten();
            Ok(file.ok_or_else(missing)?.bytes)
        };
        let bytes = std::mem::take(&mut file.bytes);
        file.bytes = encode::shrink_animation(bytes, encoding, most, encode)?;
        Ok(())
    }
}

/// Inserts the animated avatars into those of `plan`, from which they were removed.
#[cfg(feature = "animation")]
fn insert_animations(
    mut avatars: Vec<Avatar>,
    animations: Animations,
    plan: &Plan,
    options: &Options,
) -> Vec<Avatar> {
    let formats = options.formats.iter();
    let at = formats
        .clone()
        .position(|&format| format == Format::Webp)
        .unwrap_or_default();
    for (index, (file, target)) in animations.into_iter().zip(&plan.targets).enumerate() {
        let Some(file) = file else {
            continue;
        };
        let avatar = Avatar {
            size: file.size,
            crop: target.crop,
            format: Format::Webp,
            digest: digest::sha256(&file.bytes),
            frames: file.frames,
            duration_ms: file.duration_ms,
            bytes: file.bytes,
        };
        avatars.insert(index * formats.len() + at, avatar);
    }
    avatars
}

/// The placeholder of the smallest avatar, in the first of the formats.
fn placeholder(images: &[Vec<SrgbImage>]) -> Result<Placeholder> {
    let smallest = images.iter().filter_map(|images| images.first());
    let smallest = smallest.min_by_key(|image| image.size.pixels());
    let smallest = smallest.ok_or_else(|| Error::internal("no avatar was planned"))?;
    Ok(placeholder::placeholder(smallest))
}

/// Maps every item, on several threads if `parallel`. The first error in order is returned.
///
/// Several threads hold more memory at once than one does. If that exceeds the memory limit, one
/// thread does the work again, so that the outcome never depends on threads.
#[cfg(feature = "parallel")]
fn for_each<T: Sync, R: Send>(
    items: &[T],
    parallel: bool,
    map: impl Fn(&T) -> Result<R> + Sync + Send,
) -> Result<Vec<R>> {
    if parallel && items.len() > 1 {
        let results = threads::map(true, items, &map);
        let results: Result<Vec<R>> = results.into_iter().collect();
        if !results.as_ref().is_err_and(Error::is_out_of_memory) {
            return results;
        }
    }
    items.iter().map(map).collect()
}

#[cfg(not(feature = "parallel"))]
fn for_each<T, R>(items: &[T], _parallel: bool, map: impl Fn(&T) -> Result<R>) -> Result<Vec<R>> {
    items.iter().map(map).collect()
}
