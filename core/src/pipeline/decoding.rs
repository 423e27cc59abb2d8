//! The part of a photo that is decoded, and reduced as it comes.

use super::images::resizing_memory;
use crate::color::SourceSpace;
use crate::decode::{Decoder, Header};
use crate::error::{ErrorKind, Result};
use crate::limits::{Budget, Limits, Reservation};
use crate::options::Options;
use crate::pixels::{LinearImage, Row};
use crate::plan::{self, DecodeRequest, Plan, SourceInfo};
use crate::reduce::{Reducer, Reduction};

/// Bytes that a parsed ICC profile takes per byte of the profile: its tables as floats, and those
/// of the transform.
const PARSED_ICC: u64 = 8;

pub(super) fn source_info(header: &Header<'_>) -> SourceInfo {
    SourceInfo {
        size: header.size,
        orientation: header.orientation,
        halvable: header.halvable,
        scalable: header.scalable(),
        alpha: header.layout.has_alpha(),
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
pub(super) struct Decoding {
    pub plan: Plan,
    pub space: SourceSpace,
    /// The memory of the parsed ICC profile.
    _parsed: Option<Reservation>,
}

impl Decoding {
    pub(super) fn new(
        decoder: &mut Decoder<'_>,
        options: &Options,
        budget: &Budget,
    ) -> Result<Self> {
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
    pub(super) fn reduce(
        &self,
        decoder: &mut Decoder<'_>,
        budget: &Budget,
    ) -> Result<(LinearImage, u64)> {
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

/// Decodes a photo. One that proves damaged is decoded again, if that is accepted: its missing parts
/// become transparent, which changes the plan.
pub(super) fn decode(
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
