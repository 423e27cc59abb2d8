//! Executes a plan.

use crate::colour::Colour;
use crate::decode::{Decoder, Header, Row};
use crate::digest;
use crate::encode::{self, Encoding};
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Reservation};
use crate::options::{Options, Rgb};
use crate::orient;
use crate::photo::Photo;
use crate::pixels::{Linear, Srgb};
use crate::placeholder;
use crate::plan::{self, Facts, Plan, Target};
use crate::reduce::Reducer;
use crate::rendered::{Avatar, Decoded, Rendered, Source};
use crate::resize;

/// A stage of a render, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Stage {
    /// The format was recognised, its header read and the work planned.
    Plan,
    /// The rows were decoded, taken to linear light and averaged.
    Decode,
    /// Every avatar was resized, taken to sRGB and turned upright.
    Resize,
    /// Every avatar was encoded, and the placeholder made.
    Encode,
}

impl Stage {
    /// All of them, in their order.
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

/// An ICC profile and what is made of it: its bytes, its tables as floats, the transform's.
const PARSED_ICC: u64 = 9;

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
    let decoder = Decoder::open(photo.into(), &options.limits)?;
    render_decoder(decoder, options, observer)
}

/// Everything after the header.
fn render_decoder(
    mut decoder: Decoder<'_>,
    options: &Options,
    observer: &mut dyn FnMut(Stage),
) -> Result<Rendered> {
    let budget = Budget::new(&options.limits);
    let header = decoder.header();
    let source = source(header);
    let plan = plan::plan(&facts(header), options, &options.limits)?;
    let (colour, _icc) = colour(header, &budget)?;
    observer(Stage::Plan);
    let (reduced, damaged) = reduce(&mut decoder, &plan, &colour, &budget)?;
    if damaged && !options.accept_damaged {
        return Err(Error::malformed(
            "the part of the photo that shows is damaged",
        ));
    }
    observer(Stage::Decode);
    let images = resize_all(reduced, &plan, &colour, options, &budget)?;
    observer(Stage::Resize);
    let avatars = encode_all(&images, &plan, options, &budget)?;
    let smallest = images.iter().min_by_key(|image| image.size.pixels());
    let placeholder = smallest.map(placeholder::placeholder);
    let placeholder = placeholder.ok_or_else(|| Error::internal("no avatar was planned"))?;
    observer(Stage::Encode);
    let decoded = Decoded {
        scale: plan.decode.scale,
        region: plan.decode.region,
        average: plan.average,
        damaged,
    };
    Ok(Rendered {
        avatars,
        source,
        decoded,
        placeholder,
    })
}

/// Reads the header of `photo` and nothing else.
///
/// # Errors
///
/// As [`render`], as far as the header tells.
pub fn probe<'a>(photo: impl Into<Photo<'a>>, limits: &Limits) -> Result<Source> {
    let decoder = Decoder::open(photo.into(), limits)?;
    Ok(source(decoder.header()))
}

/// The meaning of the photo's samples, and the memory that its ICC profile takes.
fn colour(header: &Header<'_>, budget: &Budget) -> Result<(Colour, Option<Reservation>)> {
    let Some(icc) = &header.icc else {
        return Ok((Colour::new(header.layout, None)?, None));
    };
    let parsed = budget.reserve(icc.len() as u64 * (PARSED_ICC - 1))?;
    let bytes = icc.join(budget)?;
    Ok((Colour::new(header.layout, Some(&bytes))?, Some(parsed)))
}

fn facts(header: &Header<'_>) -> Facts {
    Facts {
        size: header.size,
        orientation: header.orientation,
        scalable: header.scalable(),
        channels: header.layout.linear_channels() as u32,
    }
}

fn source(header: &Header<'_>) -> Source {
    Source {
        format: header.format,
        size: header.size,
        upright_size: header.orientation.turn(header.size),
        orientation: header.orientation,
        alpha: header.layout.has_alpha(),
        icc: header.icc.is_some(),
    }
}

fn reduce(
    decoder: &mut Decoder<'_>,
    plan: &Plan,
    colour: &Colour,
    budget: &Budget,
) -> Result<(Linear, bool)> {
    let header = decoder.header();
    let (region, average) = (plan.decode.region, plan.average);
    let widest = header.size.scaled(plan.decode.scale).width;
    let mut reducer = Reducer::new(colour, region, average, widest, header.interlaced, budget)?;
    let mut push = |row: Row<'_>| reducer.push(&row);
    let report = decoder.rows(&plan.decode, budget, &mut push)?;
    Ok((reducer.finish(), report.missing > 0))
}

fn resize_all(
    reduced: Linear,
    plan: &Plan,
    colour: &Colour,
    options: &Options,
    budget: &Budget,
) -> Result<Vec<Srgb>> {
    let deepest = plan
        .targets
        .iter()
        .map(|target| target.level)
        .max()
        .unwrap_or(0);
    let mut levels = vec![reduced];
    for level in 0..deepest as usize {
        levels.push(resize::halve(&levels[level], budget)?);
    }
    for_each(&plan.targets, options.parallel, |target: &Target| {
        let level = levels.get(target.level as usize);
        let level = level.ok_or_else(|| Error::internal("a level is missing"))?;
        finish(level, target, colour, options, budget)
    })
}

/// One avatar, before it is encoded.
fn finish(
    level: &Linear,
    target: &Target,
    colour: &Colour,
    options: &Options,
    budget: &Budget,
) -> Result<Srgb> {
    let stored = target.orientation.turn(target.photo.size());
    let linear = resize::resize(level, target.crop, stored, budget)?;
    let opaque = (!options.format.has_alpha()).then_some(Rgb::WHITE);
    let background = options.background.or(opaque);
    let image = colour.encode(&linear, background, budget)?;
    drop(linear);
    orient::place(
        image,
        target.orientation,
        target.photo,
        target.size,
        background,
        budget,
    )
}

fn encode_all(
    images: &[Srgb],
    plan: &Plan,
    options: &Options,
    budget: &Budget,
) -> Result<Vec<Avatar>> {
    let encoding = Encoding {
        format: options.format,
        quality: options.quality,
        progressive: options.progressive,
        subsampling: options.subsampling,
    };
    let planned: Vec<(&Srgb, &Target)> = images.iter().zip(&plan.targets).collect();
    let encoded = for_each(&planned, options.parallel, |&(image, target)| {
        let bytes = encode::encode(image, &encoding, budget)?;
        let held = budget.reserve(bytes.capacity() as u64)?;
        let digest = digest::sha256(&bytes);
        Ok((
            Avatar {
                size: image.size,
                crop: target.upright_crop,
                format: options.format,
                bytes,
                digest,
            },
            held,
        ))
    })?;
    let (avatars, _held): (Vec<_>, Vec<Reservation>) = encoded.into_iter().unzip();
    Ok(avatars)
}

/// Maps every item, on several threads if `parallel`; the first error in order wins.
///
/// Several threads hold more at once than one does. Where that is what exceeds the memory limit,
/// one thread does it all again, so that the outcome never depends on threads.
#[cfg(feature = "parallel")]
fn for_each<T: Sync, R: Send>(
    items: &[T],
    parallel: bool,
    map: impl Fn(&T) -> Result<R> + Sync + Send,
) -> Result<Vec<R>> {
    use rayon::prelude::*;
    if parallel && items.len() > 1 {
        let results: Vec<Result<R>> = items.par_iter().map(&map).collect();
        let results: Result<Vec<R>> = results.into_iter().collect();
        if !results.as_ref().is_err_and(is_out_of_memory) {
            return results;
        }
    }
    items.iter().map(map).collect()
}

#[cfg(feature = "parallel")]
fn is_out_of_memory(error: &Error) -> bool {
    use crate::error::{ErrorKind, Limit};
    matches!(
        error.kind(),
        ErrorKind::LimitExceeded {
            limit: Limit::Memory,
            ..
        }
    )
}

#[cfg(not(feature = "parallel"))]
fn for_each<T, R>(items: &[T], _parallel: bool, map: impl Fn(&T) -> Result<R>) -> Result<Vec<R>> {
    items.iter().map(map).collect()
}
