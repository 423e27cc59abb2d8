//! Markers and segments (T.81 annex B): everything between the entropy-coded data.

use std::ops::Range;

use memchr::memchr;

use super::frame::{Component, Frame};
use super::huffman::Spec;
use super::idct::{NATURAL, Steps};
use super::ycbcr::Transform;
use super::{Color, Header};
use crate::error::{Error, Result};
use crate::limits::Limits;

pub(super) const SOI: u8 = 0xD8;
pub(super) const EOI: u8 = 0xD9;
pub(super) const SOS: u8 = 0xDA;
const DHT: u8 = 0xC4;
const JPG: u8 = 0xC8;
const DAC: u8 = 0xCC;
const DQT: u8 = 0xDB;
const DNL: u8 = 0xDC;
const DRI: u8 = 0xDD;
const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;
const APP14: u8 = 0xEE;

/// The largest ICC profile that is put together again.
const ICC_BYTES: usize = 4 << 20;

/// A marker and the parameters that follow it.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) code: u8,
    /// Where the marker stands.
    pub(super) offset: usize,
    /// Its parameters, without the two bytes of their length; empty for a marker that has none.
    pub(super) payload: Range<usize>,
}

impl Segment {
    /// The first segment at or after `from`. Fill bytes, restart markers, entropy-coded data and
    /// whatever else stands before it are passed over.
    pub(super) fn next(bytes: &[u8], from: usize) -> Result<Option<Self>> {
        let Some((code, offset)) = next_marker(bytes, from) else {
            return Ok(None);
        };
        let after = offset + 2;
        let payload = if code == EOI || code == SOI {
            after..after
        } else {
            parameters(bytes, after)
                .ok_or_else(|| Error::malformed("a segment of impossible length").at(offset))?
        };
        Ok(Some(Self {
            code,
            offset,
            payload,
        }))
    }

    /// Where the next segment, or the entropy-coded data, begins.
    pub(super) fn end(&self) -> usize {
        self.payload.end
    }

    pub(super) fn payload<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.payload.clone()).unwrap_or_default()
    }

    fn is_frame(&self) -> bool {
        matches!(self.code, 0xC0..=0xCF) && !matches!(self.code, DHT | JPG | DAC)
    }
}

fn next_marker(bytes: &[u8], mut from: usize) -> Option<(u8, usize)> {
    loop {
        let offset = from + memchr(0xFF, bytes.get(from..)?)?;
        match *bytes.get(offset + 1)? {
            // Stuffing, TEM, restart markers: nothing to see between segments.
            0x00 | 0x01 | 0xD0..=0xD7 => from = offset + 2,
            0xFF => from = offset + 1,
            code => return Some((code, offset)),
        }
    }
}

fn parameters(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let length = u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?);
    let end = at + usize::from(length);
    (length >= 2 && end <= bytes.len()).then_some(at + 2..end)
}

/// What DQT, DHT and DRI have set so far.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    /// Quantisation tables, in zigzag order.
    quantisation: [Option<[u16; 64]>; 4],
    dc: [Option<Spec>; 4],
    ac: [Option<Spec>; 4],
    /// MCUs between two restart markers; 0 for none.
    pub(super) restart_interval: u32,
}

impl Tables {
    fn new() -> Self {
        Self {
            quantisation: [None; 4],
            dc: [None; 4],
            ac: [None; 4],
            restart_interval: 0,
        }
    }

    /// A component's quantisation steps in natural order.
    pub(super) fn steps(&self, component: &Component) -> Result<Steps> {
        let table = self.quantisation[component.quantisation & 3];
        let table = table.ok_or_else(|| Error::malformed("a missing quantisation table"))?;
        let mut steps = [0; 64];
        for (step, &at) in table.iter().zip(&NATURAL) {
            steps[usize::from(at)] = *step;
        }
        Ok(steps)
    }

    /// DC table `slot`, or the one that everybody means who sends none (K.3.3).
    pub(super) fn dc(&self, slot: usize) -> Result<Spec> {
        let missing = || Error::malformed("a missing DC Huffman table");
        self.dc[slot & 3]
            .or_else(|| Spec::usual_dc(slot))
            .ok_or_else(missing)
    }

    /// AC table `slot`, or the usual one.
    pub(super) fn ac(&self, slot: usize) -> Result<Spec> {
        let missing = || Error::malformed("a missing AC Huffman table");
        self.ac[slot & 3]
            .or_else(|| Spec::usual_ac(slot))
            .ok_or_else(missing)
    }

    /// Takes what `segment` sets, if it sets anything.
    pub(super) fn take(&mut self, segment: &Segment, bytes: &[u8]) -> Result<()> {
        let payload = segment.payload(bytes);
        let (taken, name) = match segment.code {
            DQT => (self.take_quantisation(payload), "a damaged DQT segment"),
            DHT => (self.take_huffman(payload), "a damaged DHT segment"),
            DRI => (self.take_interval(payload), "a damaged DRI segment"),
            _ => return Ok(()),
        };
        taken.ok_or_else(|| Error::malformed(name).at(segment.offset))
    }

    fn take_quantisation(&mut self, mut payload: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = payload.split_first() {
            let slot = self.quantisation.get_mut(usize::from(head & 15))?;
            let wide = head >> 4 != 0;
            let (values, rest) = rest.split_at_checked(if wide { 128 } else { 64 })?;
            let mut table = [0; 64];
            for (index, entry) in table.iter_mut().enumerate() {
                *entry = if wide {
                    u16::from_be_bytes([values[2 * index], values[2 * index + 1]])
                } else {
                    values[index].into()
                };
            }
            *slot = Some(table);
            payload = rest;
        }
        Some(())
    }

    fn take_huffman(&mut self, mut payload: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = payload.split_first() {
            let class = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            let slot = class.get_mut(usize::from(head & 15))?;
            let (spec, rest) = Spec::read(rest)?;
            *slot = Some(spec);
            payload = rest;
        }
        Some(())
    }

    fn take_interval(&mut self, payload: &[u8]) -> Option<()> {
        self.restart_interval = u16::from_be_bytes(*payload.first_chunk()?).into();
        Some(())
    }
}

/// Reads every segment up to the first scan.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Header> {
    if !bytes.starts_with(&[0xFF, SOI]) {
        return Err(Error::malformed("not a JPEG"));
    }
    let mut preamble = Preamble::new();
    let mut at = 2;
    while let Some(segment) = Segment::next(bytes, at)? {
        at = segment.end();
        match segment.code {
            SOS => return preamble.finish(bytes, segment, limits),
            EOI => break,
            _ => preamble.take(&segment, bytes)?,
        }
    }
    Err(Error::malformed("no scan").at(at))
}

/// What has been gathered before the first scan.
struct Preamble {
    frame: Option<Frame>,
    tables: Tables,
    exif: Option<Range<usize>>,
    icc: Vec<Range<usize>>,
    jfif: bool,
    /// The colour transform of an Adobe marker (APP14).
    adobe: Option<u8>,
}

impl Preamble {
    fn new() -> Self {
        Self {
            frame: None,
            tables: Tables::new(),
            exif: None,
            icc: Vec::new(),
            jfif: false,
            adobe: None,
        }
    }

    fn take(&mut self, segment: &Segment, bytes: &[u8]) -> Result<()> {
        let payload = segment.payload(bytes);
        let after = |magic: &[u8]| segment.payload.start + magic.len()..segment.payload.end;
        match segment.code {
            APP0 if payload.starts_with(b"JFIF\0") => self.jfif = true,
            APP1 if payload.starts_with(EXIF) && self.exif.is_none() => {
                self.exif = Some(after(EXIF));
            }
            // A profile has at most 255 parts; one more already makes it invalid.
            APP2 if payload.starts_with(ICC) && self.icc.len() <= 255 => self.icc.push(after(ICC)),
            APP14 if payload.starts_with(b"Adobe") => self.adobe = payload.get(11).copied(),
            _ if segment.is_frame() && self.frame.is_some() => {
                return Err(Error::malformed("a second frame").at(segment.offset));
            }
            _ if segment.is_frame() => {
                self.frame = Some(Frame::read(segment.code, payload, segment.offset)?);
            }
            _ => self.tables.take(segment, bytes)?,
        }
        Ok(())
    }

    fn finish(self, bytes: &[u8], scan: Segment, limits: &Limits) -> Result<Header> {
        let missing = || Error::malformed("a scan before its frame").at(scan.offset);
        let mut frame = self.frame.clone().ok_or_else(missing)?;
        if frame.size.height == 0 {
            frame.size.height = number_of_lines(bytes, scan.end())?;
        }
        if frame.size.width == 0 || frame.size.height == 0 {
            return Err(Error::malformed("an image without pixels"));
        }
        limits.check_size(frame.size)?;
        let transform = self.transform(&frame);
        Ok(Header {
            size: frame.size,
            color: match transform {
                Transform::Gray => Color::Gray,
                Transform::Rgb | Transform::Ycc => Color::Rgb,
                Transform::Cmyk { .. } | Transform::Ycck { .. } => Color::Cmyk,
            },
            progressive: frame.progressive,
            exif: self.exif,
            icc: self.icc,
            frame,
            tables: self.tables,
            transform,
            first_scan: scan.offset,
        })
    }

    /// What the components mean: JFIF first, then Adobe's marker, then the components' names.
    fn transform(&self, frame: &Frame) -> Transform {
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        let inverted = self.adobe.is_some();
        match (&ids[..], self.adobe) {
            ([_], _) => Transform::Gray,
            ([_, _, _, _], Some(2)) => Transform::Ycck { inverted },
            ([_, _, _, _], _) => Transform::Cmyk { inverted },
            _ if self.jfif => Transform::Ycc,
            (_, Some(0)) | (b"RGB", None) => Transform::Rgb,
            _ => Transform::Ycc,
        }
    }
}

const EXIF: &[u8] = b"Exif\0\0";
const ICC: &[u8] = b"ICC_PROFILE\0";

/// The height that a DNL segment gives after the first scan (B.2.5).
fn number_of_lines(bytes: &[u8], scan: usize) -> Result<u32> {
    let lines = match Segment::next(bytes, scan)? {
        Some(segment) if segment.code == DNL => segment.payload(bytes).first_chunk().copied(),
        _ => None,
    };
    let lines = lines.map(|lines| u16::from_be_bytes(lines).into());
    lines.ok_or_else(|| Error::malformed("neither SOF nor DNL gives a height"))
}

/// The chunks of an ICC profile in order: each starts with its number, from 1, and their count
/// (ICC.1, annex B.4). `None` if any is missing or doubled, or if the whole is absurdly large.
pub(super) fn icc_chunks<'a>(bytes: &'a [u8], chunks: &[Range<usize>]) -> Option<Vec<&'a [u8]>> {
    if chunks.is_empty() || chunks.len() > 255 {
        return None;
    }
    let mut ordered = vec![None; chunks.len()];
    for chunk in chunks {
        let (&[number, count], part) = bytes.get(chunk.clone())?.split_first_chunk()?;
        let slot = ordered.get_mut(usize::from(number).checked_sub(1)?)?;
        if usize::from(count) != chunks.len() || slot.replace(part).is_some() {
            return None;
        }
    }
    let ordered: Vec<&[u8]> = ordered.into_iter().collect::<Option<_>>()?;
    let total: usize = ordered.iter().map(|part| part.len()).sum();
    (total <= ICC_BYTES).then_some(ordered)
}
