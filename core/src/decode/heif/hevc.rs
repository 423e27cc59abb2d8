//! Pictures coded in HEVC (ITU-T H.265), by heifer's decoder for intra pictures.
//!
//! The decoder is safe Rust and a function of bytes. It allocates what the sequence parameter set asks
//! for, so that set is read first, here, and an upper bound is charged. A defect in it that panics is
//! reported as a damaged picture: it borrows only the stream, so a panic leaves nothing half changed.

use std::panic::catch_unwind;

use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer_hevc_dec::nal::{NalUnit, NalUnitType};
use heifer_hevc_dec::params::{Sps, Vui};
use heifer_hevc_dec::recon::Frame;

use super::boxes::FieldReader;
use super::coded::{CodedFormat, UsePicture};
use super::container::{CodePoints, CodedItem};
use super::planes::{PlanarPicture, Plane, PlaneSamples};
use crate::decode::header::join;
use crate::error::{Error, Feature, Result};
use crate::format::Subsampling;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};

/// Bytes of `hvcC` before its parameter sets (ISO/IEC 14496-15, 8.3.3.1).
const CONFIG_HEADER: usize = 22;
const START_CODE: [u8; 4] = [0, 0, 0, 1];
/// From this shrink on, no loop filter runs: 65 dB and more against all filters on photos of phones.
const UNFILTERED: u32 = 3;
/// Units of a picture, at most. The highest level has 600 slices (table A.8).
const MAX_UNITS: usize = 1024;
/// The longest configuration, in bytes. Writers need about 100, and every tile repeats the reading.
const MAX_CONFIG: usize = 8 << 10;

/// The parameter sets of a picture (8.3.3.1).
#[derive(Clone, Copy)]
struct ParameterSets<'a> {
    /// Bytes of the length before each unit of the picture.
    length_size: u8,
    arrays: FieldReader<'a>,
}

impl<'a> ParameterSets<'a> {
    fn parse(config: &'a [u8]) -> Result<Self> {
        if config.len() > MAX_CONFIG {
            return Err(Error::malformed("the parameters of the HEIC are too long"));
        }
        let mut fields = FieldReader(config);
        let header = fields.bytes(CONFIG_HEADER)?;
        let length_size = header.last().map_or(4, |flags| (flags & 3) + 1);
        Ok(Self {
            length_size,
            arrays: fields,
        })
    }

    /// Every parameter set, in order.
    fn units(self) -> Result<Vec<&'a [u8]>> {
        let mut fields = self.arrays;
        let mut units = Vec::new();
        for _ in 0..fields.u8()? {
            fields.u8()?; // The type, which each unit repeats.
            for _ in 0..fields.u16()? {
                let length = fields.u16()?;
                units.push(fields.bytes(length.into())?);
            }
        }
        Ok(units)
    }

    fn sequence(self) -> Result<Sps> {
        let missing = || Error::malformed("the HEIC lacks the parameters of its pictures");
        let is_sequence = |unit: &NalUnit<'_>| unit.header.unit_type == NalUnitType::Sps;
        let units = self.units()?;
        let mut parsed = units.iter().filter_map(|unit| NalUnit::parse(unit).ok());
        let unit = parsed.find(is_sequence).ok_or_else(missing)?;
        Sps::parse(&unit.rbsp).map_err(describe)
    }
}

/// Reads the sequence parameter set.
pub(super) fn format(item: &CodedItem<'_>) -> Result<CodedFormat> {
    let sps = ParameterSets::parse(item.config)?.sequence()?;
    let (width, height) = sps.output_size();
    Ok(CodedFormat {
        size: Some(Size::new(width, height)),
        bits: bits(&sps)?,
        subsampling: subsampling(sps.chroma_array_type()),
        color: color(sps.vui.as_ref()),
    })
}

fn bits(sps: &Sps) -> Result<u8> {
    let (luma, chroma) = (sps.bit_depth_luma, sps.bit_depth_chroma);
    if luma != chroma && sps.chroma_format_idc != 0 || sps.separate_colour_plane_flag {
        return Err(Error::unsupported(
            Feature::Heic,
            "a HEIC with separate planes or two depths is not supported; use JPEG or PNG",
        ));
    }
    Ok(luma)
}

/// ITU-T H.265, table 6-1.
fn subsampling(chroma_array_type: u8) -> Option<Subsampling> {
    match chroma_array_type {
        1 => Some(Subsampling::Quarter),
        2 => Some(Subsampling::Half),
        3 => Some(Subsampling::Full),
        _ => None,
    }
}

/// Without a statement, the range is limited and the rest unspecified (E.3.1).
fn color(vui: Option<&Vui>) -> CodePoints {
    let point = |value: fn(&Vui) -> u8| vui.map_or(2, value).into();
    CodePoints {
        primaries: point(|vui| vui.colour_primaries),
        transfer: point(|vui| vui.transfer_characteristics),
        matrix: point(|vui| vui.matrix_coeffs),
        full_range: vui.is_some_and(|vui| vui.video_full_range_flag),
    }
}

/// Decodes a picture.
pub(super) fn decode(
    item: &CodedItem<'_>,
    shrink: u32,
    budget: &Budget,
    use_picture: &mut UsePicture<'_>,
) -> Result<()> {
    let filtered = shrink < UNFILTERED;
    let sets = ParameterSets::parse(item.config)?;
    let sps = sets.sequence()?;
    budget.limits().check_size(coded_size(&sps))?;
    let stream = stream(item, sets, budget)?;
    let charged = budget.reserve(decoding_memory(&sps, filtered, stream.len()))?;
    let options = DecodeOptions {
        skip_loop_filters: !filtered,
        verify_hash: false,
        max_pixels: coded_size(&sps).pixels(),
    };
    let decoded = catch_unwind(|| decode_picture(&stream, options));
    drop(stream);
    let frame = decoded.map_err(|_| damaged())?.map_err(describe)?;
    let outcome = use_picture(&picture(&frame, bits(&sps)?));
    drop(charged);
    outcome
}

/// Before the conformance window.
fn coded_size(sps: &Sps) -> Size {
    Size::new(
        sps.pic_width_in_luma_samples,
        sps.pic_height_in_luma_samples,
    )
}

/// An upper bound on the bytes that heifer holds at once: the planes in 16 bits, tables with about 19
/// bytes for each block of 4 x 4 pixels and 92 for each coding tree block, and the units without their
/// escapes. The loop filters copy one plane at a time; a conformance window makes a copy of all.
fn decoding_memory(sps: &Sps, filtered: bool, stream: usize) -> u64 {
    let pixels = coded_size(sps).pixels();
    let (across, down) = sps.chroma_subsampling();
    let chroma = if sps.chroma_format_idc == 0 {
        0
    } else {
        2 * pixels / u64::from(across * down)
    };
    let planes = 2 * (pixels + chroma);
    let copies = match (filtered, sps.conf_win_offsets == [0; 4]) {
        (_, false) => planes,
        (true, true) => 2 * pixels,
        (false, true) => 0,
    };
    planes + copies + pixels * 2 + 2 * stream as u64 + (64 << 10)
}

/// The parameter sets and the units of a picture, each after a start code (ITU-T H.265, annex B).
fn stream(item: &CodedItem<'_>, sets: ParameterSets<'_>, budget: &Budget) -> Result<Buffer<u8>> {
    let joined;
    let mut pieces = item.data.pieces();
    let data = match item.data.count() {
        1 => pieces.next().unwrap_or_default(),
        _ => {
            joined = join(pieces, item.data.length()?, budget)?;
            &joined
        }
    };
    let parameters = sets.units()?;
    let units = || Units {
        length_size: sets.length_size,
        rest: data,
    };
    let mut length = 0;
    for unit in parameters.iter().map(|&unit| Ok(unit)).chain(units()) {
        length += START_CODE.len() + unit?.len();
    }
    let all = parameters.iter().copied().chain(units().flatten());
    let stream = join(all.flat_map(|unit| [&START_CODE, unit]), length, budget)?;
    // Counted as the decoder does: a unit may contain a start code, though it must not.
    if memchr::memmem::find_iter(&stream, &START_CODE[1..])
        .take(MAX_UNITS + 1)
        .count()
        > MAX_UNITS
    {
        return Err(damaged());
    }
    Ok(stream)
}

/// The units of a picture, each after its length (ISO/IEC 14496-15, 4.3.3). The last is an error if
/// it is cut.
struct Units<'a> {
    length_size: u8,
    rest: &'a [u8],
}

impl<'a> Iterator for Units<'a> {
    type Item = Result<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut fields = FieldReader(std::mem::take(&mut self.rest));
        let length = fields.number(self.length_size);
        let unit = length.and_then(|length| fields.bytes(length as usize));
        self.rest = if unit.is_ok() { fields.0 } else { &[] };
        Some(unit)
    }
}

/// Borrows the planes of a decoded picture.
fn picture(frame: &Frame, bits: u8) -> PlanarPicture<'_> {
    let plane = |at: usize| Plane {
        samples: PlaneSamples::Wide(&frame.planes[at]),
        stride: frame.widths[at] as usize,
    };
    let subsampling = match frame.widths[1] {
        0 => None,
        _ => subsampling(frame.chroma_format),
    };
    PlanarPicture {
        size: Size::new(frame.widths[0], frame.heights[0]),
        bits,
        subsampling,
        planes: [plane(0), plane(1), plane(2)],
    }
}

fn damaged() -> Error {
    Error::malformed("a picture of the HEIC is damaged")
}

/// The decoder's errors, one by one. Its texts are fixed.
fn describe(error: heifer_hevc_dec::Error) -> Error {
    use heifer_hevc_dec::Error as HevcError;
    match error {
        HevcError::Unimplemented(what) => Error::unsupported(
            Feature::Heic,
            format!("the HEIC uses a feature of HEVC that is not supported ({what}); use JPEG"),
        ),
        HevcError::UnexpectedEof | HevcError::Invalid(_) | HevcError::HashMismatch(_) => damaged(),
    }
}
