//! Markers and the segments that follow them (T.81 B.1.1).

use memchr::memchr;

use crate::error::{Error, Result};

pub(crate) const SOI: u8 = 0xD8;
pub(crate) const EOI: u8 = 0xD9;
pub(crate) const SOS: u8 = 0xDA;
pub(crate) const DHT: u8 = 0xC4;
pub(crate) const JPG: u8 = 0xC8;
pub(crate) const DAC: u8 = 0xCC;
pub(crate) const DQT: u8 = 0xDB;
pub(crate) const DNL: u8 = 0xDC;
pub(crate) const DRI: u8 = 0xDD;
pub(crate) const APP0: u8 = 0xE0;
pub(crate) const APP1: u8 = 0xE1;
pub(crate) const APP2: u8 = 0xE2;
pub(crate) const APP14: u8 = 0xEE;
const COM: u8 = 0xFE;

/// A marker and its parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    /// The second byte of the marker.
    pub(crate) marker: u8,
    /// The offset of the marker in the file.
    pub(crate) offset: usize,
    /// The parameters without their length. Empty for SOI and EOI.
    pub(crate) parameters: &'a [u8],
}

impl Segment<'_> {
    /// Whether the marker is one of SOF0 to SOF15 (table B.1), or that of JPEG-LS (T.87, C.1.1).
    pub(crate) fn is_frame_header(&self) -> bool {
        matches!(self.marker, 0xC0..=0xCF | 0xF7) && !matches!(self.marker, DHT | JPG | DAC)
    }
}

/// Reads the segments of a file one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MarkerReader<'a> {
    bytes: &'a [u8],
    /// The end of the last segment.
    position: usize,
}

impl<'a> MarkerReader<'a> {
    /// Starts after the SOI marker that begins every JPEG.
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self> {
        if bytes.starts_with(&[0xFF, SOI]) {
            Ok(Self { bytes, position: 2 })
        } else {
            Err(Error::malformed("not a JPEG"))
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Everything after the last segment. After SOS, this is the entropy-coded data.
    pub(crate) fn remaining(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// Reads the next segment. Skips everything before it: fill bytes, restart markers,
    /// entropy-coded data.
    pub(crate) fn next_segment(&mut self) -> Result<Option<Segment<'a>>> {
        let Some((marker, offset)) = find_marker(self.bytes, self.position) else {
            return Ok(None);
        };
        let after = offset + 2;
        let parameters = match marker {
            SOI | EOI => &[],
            _ => parameters(self.bytes, marker, after)
                .ok_or_else(|| Error::malformed("invalid segment length").at(offset))?,
        };
        self.position = match marker {
            SOI | EOI => after,
            _ => after + 2 + parameters.len(),
        };
        Ok(Some(Segment {
            marker,
            offset,
            parameters,
        }))
    }
}

/// The next marker at or after `from` that can begin a segment, and its offset.
fn find_marker(bytes: &[u8], mut from: usize) -> Option<(u8, usize)> {
    loop {
        let offset = from + memchr(0xFF, bytes.get(from..)?)?;
        match *bytes.get(offset + 1)? {
            // No segment follows a stuffed zero, TEM or RSTm (B.1.1.3, B.1.1.5). Reserved markers are
            // damage, or no markers at all.
            0x00..=0xBF | 0xD0..=0xD7 => from = offset + 2,
            // A fill byte (B.1.1.2). The second FF may be the first byte of a marker.
            0xFF => from = offset + 1,
            marker => return Some((marker, offset)),
        }
    }
}

/// The parameters behind the length at `offset`. The length counts its own two bytes (B.1.1.4).
///
/// A length below 2 is invalid. Application segments and comments may have it: nothing depends on
/// them, and libjpeg skips the two bytes as well.
fn parameters(bytes: &[u8], marker: u8, offset: usize) -> Option<&[u8]> {
    let length = u16::from_be_bytes(*bytes.get(offset..)?.first_chunk()?);
    if length < 2 {
        return matches!(marker, 0xE0..=0xEF | COM).then_some(&[]);
    }
    bytes.get(offset + 2..offset + usize::from(length))
}
