//! From the reduced image to the images of every size.

use std::ops::Deref;

use crate::color::{self, SourceSpace};
use crate::error::{Error, Result};
use crate::limits::Budget;
use crate::orient;
use crate::pixels::{LinearImage, SrgbImage};
use crate::plan::{DecodeRequest, Placement, Plan, Target};
use crate::resize;
use crate::shape;
#[cfg(feature = "parallel")]
use crate::threads;

/// Stored pixels of a large photo.
const LARGE: u64 = 2_000_000;

/// The most bytes that [`resize_all`] holds at once, if the reduced image takes `reduced`: all levels beside
/// one of the other sizes, or the level of the largest size beside its images.
pub(super) fn resizing_memory(plan: &Plan, reduced: u64, channels: usize) -> u64 {
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

/// Appends copies of half the size until every target has its level.
pub(super) fn halve<'t>(
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
pub(super) fn resize_all(
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
pub(super) enum Level<'a> {
    /// That of the largest size.
    Owned(LinearImage),
    Shared(&'a LinearImage),
}

impl<'a> Level<'a> {
    pub(super) fn of(levels: &'a [LinearImage], target: &Target) -> Result<Self> {
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
pub(super) fn finish(
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
        let mut image = orient::place(image, placement, budget)?;
        if let Some(cutout) = &placement.cutout {
            shape::cut(&mut image, cutout, color::flatten_srgb);
        }
        images.push(image);
    }
    Ok(images)
}

/// Maps every item, on several threads if `parallel`. The first error in order is returned.
///
/// Several threads hold more memory at once than one does. If that exceeds the memory limit, one
/// thread does the work again, so that the outcome never depends on threads.
#[cfg(feature = "parallel")]
pub(super) fn for_each<T: Sync, R: Send>(
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
pub(super) fn for_each<T, R>(
    items: &[T],
    _parallel: bool,
    map: impl Fn(&T) -> Result<R>,
) -> Result<Vec<R>> {
    items.iter().map(map).collect()
}
