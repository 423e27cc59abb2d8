//! Executes a plan.

use crate::colour::Colour;
use crate::decode::{self, Header, Pixels};
use crate::digest;
use crate::encode::{self, Encoding};
use crate::error::{Error, Result};
use crate::limits::{Budget, Limits, Reservation};
use crate::options::{Options, Rgb};
use crate::orient;
use crate::pixels::{Linear, Srgb};
use crate::placeholder;
use crate::plan::{self, Facts, Output, Plan};
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

/// Makes every avatar that `options` asks for from the photo in `bytes`.
///
/// # Errors
///
/// - [`Kind::InvalidOptions`](crate::Kind::InvalidOptions): no photo, or not this one, can meet
///   the options.
/// - [`Kind::Unsupported`](crate::Kind::Unsupported): the format, or a feature of it, is not
///   handled; the message names it.
/// - [`Kind::Malformed`](crate::Kind::Malformed): the file is damaged where it matters.
/// - [`Kind::LimitExceeded`](crate::Kind::LimitExceeded): it asks for more than
///   [`Options::limits`] allows.
pub fn render(bytes: &[u8], options: &Options) -> Result<Rendered> {
    render_observed(bytes, options, &mut |_| ())
}

/// [`render`], telling `observe` whenever a stage is done: to time them, or to show progress.
///
/// # Errors
///
/// As [`render`].
pub fn render_observed(
    bytes: &[u8],
    options: &Options,
    observe: &mut dyn FnMut(Stage),
) -> Result<Rendered> {
    options.check()?;
    let header = decode::read_header(bytes, &options.limits)?;
    render_header(bytes, &header, options, observe)
}

/// [`render`] for a photo that is already decoded.
///
/// # Errors
///
/// [`Kind::InvalidOptions`](crate::Kind::InvalidOptions) if `pixels.samples` is not as long as
/// `pixels.size` asks for; else as [`render`].
pub fn render_pixels(pixels: &Pixels<'_>, options: &Options) -> Result<Rendered> {
    options.check()?;
    let header = decode::pixels_header(pixels, &options.limits)?;
    render_header(pixels.samples, &header, options, &mut |_| ())
}

/// Everything after the header: `bytes` is what `header` was read from.
fn render_header(
    bytes: &[u8],
    header: &Header,
    options: &Options,
    observe: &mut dyn FnMut(Stage),
) -> Result<Rendered> {
    let budget = Budget::new(&options.limits);
    let icc = header.icc.as_ref().map_or(0, Vec::len) as u64;
    let _icc = budget.reserve(icc * PARSED_ICC)?;
    let plan = plan::plan(&facts(header), options, &options.limits)?;
    let colour = Colour::new(header.layout, header.icc.as_deref())?;
    observe(Stage::Plan);
    let (reduced, damaged) = reduce(bytes, header, &plan, &colour, &budget)?;
    if damaged && !options.accept_damaged {
        return Err(Error::malformed(
            "the part of the photo that shows is damaged",
        ));
    }
    observe(Stage::Decode);
    let images = resize_all(reduced, &plan, &colour, options, &budget)?;
    observe(Stage::Resize);
    let avatars = encode_all(&images, options, &budget)?;
    let smallest = images.iter().min_by_key(|image| image.size.pixels());
    let placeholder = smallest.map(placeholder::placeholder);
    let placeholder = placeholder.ok_or_else(|| Error::internal("no avatar was planned"))?;
    observe(Stage::Encode);
    let plan::Reduction {
        scale,
        region,
        average,
    } = plan.reduction;
    let decoded = Decoded {
        scale,
        region,
        average,
        damaged,
    };
    Ok(Rendered {
        avatars,
        source: source(header),
        decoded,
        placeholder,
    })
}

/// Reads the header of the photo in `bytes` and nothing else.
///
/// # Errors
///
/// As [`render`], as far as the header tells.
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Source> {
    decode::read_header(bytes, limits).map(|header| source(&header))
}

/// [`probe`] for a photo that is already decoded: checks it and says what a render would.
///
/// # Errors
///
/// As [`render_pixels`].
pub fn probe_pixels(pixels: &Pixels<'_>, limits: &Limits) -> Result<Source> {
    decode::pixels_header(pixels, limits).map(|header| source(&header))
}

fn facts(header: &Header) -> Facts {
    Facts {
        size: header.size,
        orientation: header.orientation,
        scalable: header.scalable(),
        channels: header.layout.linear_channels() as u32,
    }
}

fn source(header: &Header) -> Source {
    Source {
        format: header.format,
        size: header.size,
        orientation: header.orientation,
        alpha: header.layout.has_alpha(),
        icc: header.icc.is_some(),
    }
}

fn reduce(
    bytes: &[u8],
    header: &Header,
    plan: &Plan,
    colour: &Colour,
    budget: &Budget,
) -> Result<(Linear, bool)> {
    let plan::Reduction {
        scale,
        region,
        average,
    } = plan.reduction;
    let widest = header.size.scaled(scale).width;
    let mut reducer = Reducer::new(colour, region, average, widest, header.interlaced, budget)?;
    let mut push = |row: decode::Row<'_>| reducer.push(&row);
    let wanted = decode::Wanted {
        scale,
        region,
        averaged: average > 1,
    };
    let damaged = decode::decode(bytes, header, &wanted, budget, &mut push)?;
    Ok((reducer.finish(), damaged))
}

fn resize_all(
    reduced: Linear,
    plan: &Plan,
    colour: &Colour,
    options: &Options,
    budget: &Budget,
) -> Result<Vec<Srgb>> {
    let deepest = plan
        .outputs
        .iter()
        .map(|output| output.level)
        .max()
        .unwrap_or(0);
    let mut levels = vec![reduced];
    for level in 0..deepest as usize {
        levels.push(resize::halve(&levels[level], budget)?);
    }
    for_each(&plan.outputs, options.parallel, |output: &Output| {
        let level = levels.get(output.level as usize);
        let level = level.ok_or_else(|| Error::internal("a level is missing"))?;
        finish(level, output, colour, options, budget)
    })
}

/// One avatar, before it is encoded.
fn finish(
    level: &Linear,
    output: &Output,
    colour: &Colour,
    options: &Options,
    budget: &Budget,
) -> Result<Srgb> {
    let stored = output.orientation.turn(output.photo.size());
    let linear = resize::resize(level, output.crop, stored, output.rule, budget)?;
    let opaque = (!options.format.has_alpha()).then_some(Rgb::WHITE);
    let background = options.background.or(opaque);
    let image = colour.encode(&linear, background, budget)?;
    drop(linear);
    orient::place(
        image,
        output.orientation,
        output.photo,
        output.size,
        background,
        budget,
    )
}

fn encode_all(images: &[Srgb], options: &Options, budget: &Budget) -> Result<Vec<Avatar>> {
    let encoding = Encoding {
        format: options.format,
        quality: options.quality,
        progressive: options.progressive,
        subsampling: options.subsampling,
    };
    let encoded = for_each(images, options.parallel, |image| {
        let bytes = encode::encode(image, &encoding, budget)?;
        let held = budget.reserve(bytes.capacity() as u64)?;
        let digest = digest::sha256(&bytes);
        Ok((
            Avatar {
                size: image.size,
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
    use crate::error::{Kind, Limit};
    matches!(
        error.kind(),
        Kind::LimitExceeded {
            limit: Limit::Memory,
            ..
        }
    )
}

#[cfg(not(feature = "parallel"))]
fn for_each<T, R>(items: &[T], _parallel: bool, map: impl Fn(&T) -> Result<R>) -> Result<Vec<R>> {
    items.iter().map(map).collect()
}
