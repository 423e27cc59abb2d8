//! The segments before the first scan: frame, tables and metadata.

use super::color_transform::ColorTransform;
use super::frame::FrameHeader;
use super::segment::{APP0, APP1, APP2, APP14, DNL, EOI, MarkerReader, SOS, Segment};
use super::tables::TableSpecs;
use crate::decode::{exif, xmp};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// The contents of all segments before the first scan.
#[derive(Clone, Debug)]
pub(crate) struct JpegHeader<'a> {
    pub(crate) frame: FrameHeader,
    pub(crate) tables: TableSpecs<'a>,
    pub(crate) color_transform: ColorTransform,
    pub(crate) metadata: JpegMetadata<'a>,
    /// The SOS segment of the first scan.
    pub(crate) first_scan: Segment<'a>,
}

/// Metadata of the application segments, borrowed from the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct JpegMetadata<'a> {
    /// The TIFF blocks of the Exif segments, in the order of the file.
    pub(crate) exif_segments: Vec<&'a [u8]>,
    /// The XMP packets, in the order of the file.
    pub(crate) xmp_packets: Vec<&'a [u8]>,
    /// The chunks of the ICC profile in the order of the file. Each begins with its number and
    /// the number of chunks (ICC.1, annex B.4).
    pub(crate) icc_chunks: Vec<&'a [u8]>,
}

const ICC: &[u8] = b"ICC_PROFILE\0";

/// More Exif segments or XMP packets are ignored, so that a file cannot make the lists large.
const MAX_SEGMENTS: usize = 16;

/// Twice the largest number of a chunk, because some files have every chunk twice.
const MAX_ICC_CHUNKS: usize = 2 * 255;

impl<'a> JpegHeader<'a> {
    /// Reads segments up to and including the first SOS. `reader` is then positioned at the data of
    /// the first scan.
    pub(crate) fn read(reader: &mut MarkerReader<'a>, limits: &Limits) -> Result<Self> {
        let mut builder = HeaderBuilder::default();
        while let Some(segment) = reader.next_segment()? {
            match segment.marker {
                SOS => return builder.finish(segment, reader, limits),
                EOI => break,
                _ => builder.add(&segment)?,
            }
        }
        Err(Error::malformed("no scan").at(reader.position()))
    }
}

/// The header while its segments are read.
#[derive(Default)]
struct HeaderBuilder<'a> {
    frame: Option<FrameHeader>,
    tables: TableSpecs<'a>,
    metadata: JpegMetadata<'a>,
    jfif: bool,
    /// The color transform of an Adobe segment (APP14).
    adobe: Option<u8>,
}

impl<'a> HeaderBuilder<'a> {
    fn add(&mut self, segment: &Segment<'a>) -> Result<()> {
        let parameters = segment.parameters;
        match segment.marker {
            APP0 => self.jfif |= parameters.starts_with(b"JFIF\0"),
            APP1 | APP2 => self.metadata.add(segment),
            APP14 if parameters.starts_with(b"Adobe") => self.adobe = parameters.get(11).copied(),
            _ if segment.is_frame_header() => self.add_frame(segment)?,
            _ => self.tables.define(segment)?,
        }
        Ok(())
    }

    fn add_frame(&mut self, segment: &Segment<'_>) -> Result<()> {
        if self.frame.is_some() {
            return Err(Error::malformed("more than one frame header").at(segment.offset));
        }
        self.frame = Some(FrameHeader::parse(segment)?);
        Ok(())
    }

    fn finish(
        self,
        first_scan: Segment<'a>,
        reader: &MarkerReader<'_>,
        limits: &Limits,
    ) -> Result<JpegHeader<'a>> {
        let no_frame = || Error::malformed("a scan before the frame header").at(first_scan.offset);
        let mut frame = self.frame.ok_or_else(no_frame)?;
        if frame.size.height == 0 {
            frame.size.height = number_of_lines(*reader)?;
        }
        if frame.size.width == 0 || frame.size.height == 0 {
            return Err(Error::malformed("the image has no pixels"));
        }
        limits.check_size(frame.size)?;
        Ok(JpegHeader {
            color_transform: ColorTransform::choose(&frame, self.jfif, self.adobe),
            frame,
            tables: self.tables,
            metadata: self.metadata,
            first_scan,
        })
    }
}

impl<'a> JpegMetadata<'a> {
    fn add(&mut self, segment: &Segment<'a>) {
        if let Some(tiff) = exif::strip_signature(segment.parameters)
            && self.exif_segments.len() < MAX_SEGMENTS
        {
            self.exif_segments.push(tiff);
        }
        if let Some(packet) = segment.parameters.strip_prefix(xmp::SIGNATURE)
            && self.xmp_packets.len() < MAX_SEGMENTS
        {
            self.xmp_packets.push(packet);
        }
        if let Some(chunk) = segment.parameters.strip_prefix(ICC)
            && self.icc_chunks.len() < MAX_ICC_CHUNKS
        {
            self.icc_chunks.push(chunk);
        }
    }

    /// The chunks of the ICC profile by their numbers.
    ///
    /// Chunks are numbered from 1, by some writers from 0. Their count is ignored, because some
    /// writers get it wrong. A number that comes twice counts once. Where a number is missing, the
    /// profile ends. Chunks that all have the same number are in order.
    pub(crate) fn icc_profile(&self) -> Option<Vec<&'a [u8]>> {
        let chunks = self.icc_chunks.iter().filter_map(|c| c.split_first_chunk());
        let chunks = chunks.map(|(&[number, _count], data)| (number, data));
        let mut numbers = chunks.clone().map(|(number, _)| number);
        let first = numbers.next()?;
        if numbers.all(|number| number == first) {
            // Numbers that are all the same say nothing. Bytes after a profile do no harm.
            return Some(chunks.map(|(_, data)| data).collect());
        }
        let mut numbered: [Option<&[u8]>; 256] = [None; 256];
        for (number, data) in chunks {
            numbered[usize::from(number)].get_or_insert(data);
        }
        let first = numbered[..2].iter().position(Option::is_some)?;
        Some(numbered[first..].iter().map_while(|chunk| *chunk).collect())
    }
}

/// The height from the DNL segment after the first scan, where the frame header has 0 (B.2.5).
fn number_of_lines(mut reader: MarkerReader<'_>) -> Result<u32> {
    let lines = match reader.next_segment()? {
        Some(segment) if segment.marker == DNL => segment.parameters.first_chunk(),
        _ => None,
    };
    let lines = lines.map(|&lines| u16::from_be_bytes(lines).into());
    lines.ok_or_else(|| Error::malformed("neither SOF nor DNL gives a height"))
}
