//! Pictures coded in AV1, by rusty_av1d.
//!
//! ```text
//! bits       units of a bitstream, and fields of bits
//! sequence   the sequence header: size, depth, chroma, color
//! frame      the start of a frame header: size, number of tiles
//! cost       from these, an upper bound of memory and work
//! ```
//!
//! Decisions:
//!
//! - **Limits**: the decoder allocates what the headers ask for, so they are read first, here, and an upper
//!   bound is charged. All sequence headers of an item must be equal, and no frame may have more pixels
//!   than they state.
//! - **Memory**: the decoder has no rows before the whole frame is decoded. The planes are lent as they
//!   are, without a copy.
//! - **Filters**: see [`filters`]. Film grain is added as libavif does, except where it is averaged away.
//! - **Layers**: the picture with the highest spatial layer of the first operating point.
//! - **A panic** in the decoder is reported as a damaged picture. It owns its data, so nothing here is
//!   left half changed. The decoder is closed on its own, because a panic while unwinding would abort.
//!   With one thread it panics whenever a tile is damaged (memorysafety/rav1d#1497): that shows only
//!   after most of the tile is decoded, so it cannot be checked in advance. The panic hook of the
//!   program runs, and a library must not replace it. See [`check_unwinding`].

mod bits;
mod cost;
mod frame;
mod sequence;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusty_av1d::{
    Decoder as Av1Decoder, InloopFilterType, Picture as Av1Picture, PixelLayout,
    PlanarImageComponent, Rav1dError, Settings,
};

use self::bits::{Obu, obus};
use self::cost::DecodingCost;
use self::sequence::{ChromaGrid, SequenceHeader};
use super::coded::{CodedFormat, UsePicture};
use super::container::CodedItem;
use super::planes::{PlanarPicture, Plane, PlaneSamples};
use crate::error::{Error, Feature, Result};
use crate::format::Subsampling;
use crate::geometry::Size;
use crate::limits::{Budget, Reservation};

/// From this shrink on, filters other than the one of block edges are skipped.
const SMOOTH_EDGES_ONLY: u32 = 4;
/// From this shrink on, no filter runs, and no film grain is added.
const UNFILTERED: u32 = 8;
/// Bytes of a picture within which its sequence header is looked for. It is the first unit of a picture,
/// or the second.
const SEQUENCE_START: usize = 512;
/// Bytes of `av1C` before its units (AV1-ISOBMFF, 2.3.3).
const CONFIG_HEADER: usize = 4;

/// Reads the sequence header, which is at the start of the picture.
pub(super) fn format(item: &CodedItem<'_>) -> Result<CodedFormat> {
    check_unwinding()?;
    let (start, length) = item.data.start::<SEQUENCE_START>();
    let config = item.config.get(CONFIG_HEADER..).unwrap_or_default();
    let sequence = sequence_header(&start[..length]).or_else(|_| sequence_header(config))?;
    Ok(CodedFormat {
        size: Some(sequence.size),
        bits: sequence.depth,
        subsampling: subsampling(sequence.chroma),
        color: sequence.code_points,
    })
}

/// The only sequence header: others must repeat it.
fn sequence_header(data: &[u8]) -> Result<SequenceHeader> {
    let headers = obus(data).filter(|unit| unit.kind == Obu::SEQUENCE_HEADER);
    let mut parsed = headers.map(|unit| SequenceHeader::parse(unit.payload).ok_or_else(damaged));
    let first = parsed.next().ok_or_else(damaged)??;
    if parsed.any(|other| other != Ok(first)) {
        return Err(damaged());
    }
    Ok(first)
}

fn subsampling(chroma: ChromaGrid) -> Option<Subsampling> {
    match chroma {
        ChromaGrid::Monochrome => None,
        ChromaGrid::Half => Some(Subsampling::Quarter),
        ChromaGrid::HalfWidth => Some(Subsampling::Half),
        ChromaGrid::Full => Some(Subsampling::Full),
    }
}

/// Decodes a picture that is reduced to 1 / `shrink` afterwards.
pub(super) fn decode(
    item: &CodedItem<'_>,
    shrink: u32,
    budget: &Budget,
    use_picture: &mut UsePicture<'_>,
) -> Result<()> {
    let (data, _copied) = copy(item, budget)?;
    let sequence = sequence_header(&data)?;
    budget.limits().check_size(sequence.size)?;
    let grain = shrink < UNFILTERED;
    let cost = DecodingCost::new(&sequence, &data, grain);
    let filters = match cost.frames {
        1 => filters(shrink),
        // A frame is predicted from filtered ones.
        _ => InloopFilterType::all(),
    };
    budget.work(cost.work)?;
    let _charged = budget.reserve(cost.memory)?;
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_apply_grain(grain);
    settings.set_inloop_filters(filters);
    settings.set_frame_size_limit(sequence.size.pixels().try_into().unwrap_or(u32::MAX));
    let decoded = decode_picture(data, &settings)?;
    use_picture(&picture(&decoded)?)
}

/// The decoder needs bytes of its own.
fn copy(item: &CodedItem<'_>, budget: &Budget) -> Result<(Box<[u8]>, Reservation)> {
    let (mut data, charged) = budget.room(item.data.length()?)?;
    for piece in item.data.pieces() {
        data.extend_from_slice(piece);
    }
    Ok((data.into_boxed_slice(), charged))
}

/// The filters that make a visible difference.
///
/// Intra prediction uses unfiltered samples, so in a still picture a skipped filter changes only the
/// samples around it. PSNR of luma against all filters, on 7 pictures of quality 30 to 90, when averaged
/// in boxes:
///
/// | | 1:1 | 2:1 | 4:1 | 8:1 | 16:1 | time |
/// |---|---|---|---|---|---|---|
/// | smoothed block edges only | 48-60 dB | 51-65 | 57-71 | 65-78 | 73-85 | 65-80 % |
/// | no filter | 42-58 dB | 45-63 | 49-70 | 55-77 | 61-83 | 55-65 % |
fn filters(shrink: u32) -> InloopFilterType {
    match shrink {
        0..SMOOTH_EDGES_ONLY => InloopFilterType::all(),
        SMOOTH_EDGES_ONLY..UNFILTERED => InloopFilterType::DEBLOCK,
        _ => InloopFilterType::empty(),
    }
}

fn decode_picture(data: Box<[u8]>, settings: &Settings) -> Result<Av1Picture> {
    let mut decoder = contain_panics(|| Av1Decoder::with_settings(settings))?;
    let decoded = contain_panics(|| {
        match decoder.send_data(data, None, None, None) {
            Ok(()) | Err(Rav1dError::TryAgain) => {}
            Err(error) => return Err(error),
        }
        // The first call may only consume the data. The second one says that there is no more.
        decoder.get_picture().or_else(|_| decoder.get_picture())
    });
    contain_panics(|| {
        drop(decoder);
        Ok(())
    })?;
    decoded
}

/// Where panics abort, a damaged picture would end the process. In wasm it ends only the instance.
fn check_unwinding() -> Result<()> {
    if cfg!(all(panic = "abort", not(target_family = "wasm"))) {
        return Err(Error::unsupported(
            Feature::Avif,
            "AVIF is not read where panics abort; build with panic = \"unwind\"",
        ));
    }
    Ok(())
}

/// Runs a part of the decoder.
fn contain_panics<T>(part: impl FnOnce() -> std::result::Result<T, Rav1dError>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(part)) {
        Ok(outcome) => outcome.map_err(describe),
        Err(_) => Err(damaged()),
    }
}

/// Borrows the planes of a decoded picture.
fn picture(decoded: &Av1Picture) -> Result<PlanarPicture<'_>> {
    let subsampling = match decoded.pixel_layout() {
        PixelLayout::I400 => None,
        PixelLayout::I420 => Some(Subsampling::Quarter),
        PixelLayout::I422 => Some(Subsampling::Half),
        PixelLayout::I444 => Some(Subsampling::Full),
    };
    let chroma = |component| match subsampling {
        Some(_) => plane(decoded, component),
        None => Plane {
            samples: PlaneSamples::Narrow(&[]),
            stride: 0,
        },
    };
    Ok(PlanarPicture {
        size: Size::new(decoded.width(), decoded.height()),
        bits: decoded.bits_per_component().ok_or_else(damaged)?.0,
        subsampling,
        planes: [
            plane(decoded, PlanarImageComponent::Y),
            chroma(PlanarImageComponent::U),
            chroma(PlanarImageComponent::V),
        ],
    })
}

fn plane(decoded: &Av1Picture, component: PlanarImageComponent) -> Plane<'_> {
    let (bytes, stride) = (decoded.plane(component), decoded.stride(component) as usize);
    match decoded.bit_depth() {
        8 => Plane {
            samples: PlaneSamples::Narrow(bytes),
            stride,
        },
        _ => Plane {
            samples: PlaneSamples::Pairs(bytes.as_chunks().0),
            stride: stride / 2,
        },
    }
}

fn damaged() -> Error {
    Error::malformed("a picture of the AVIF is damaged")
}

/// The decoder's errors. All but one mean that the bitstream is wrong; its size was checked before.
fn describe(error: Rav1dError) -> Error {
    match error {
        Rav1dError::UnsupportedBitstream => Error::unsupported(
            Feature::Avif,
            "the AVIF uses a feature of AV1 that is not supported; use JPEG, PNG or WebP",
        ),
        _ => damaged(),
    }
}
