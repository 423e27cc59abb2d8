//! JPEG through the `image` crate, until our own decoder sits behind the same seam.

use std::io::Cursor;
use std::ops::Range;

use image::codecs::jpeg::JpegDecoder;
use image::{ColorType, ImageDecoder};

use super::malformed;
use crate::error::{Error, Result};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    Gray,
    Rgb,
    #[allow(dead_code)]
    Cmyk,
}

#[derive(Debug)]
pub(crate) struct Header {
    pub size: Size,
    pub color: Color,
    pub exif: Option<Range<usize>>,
    pub icc: Option<Vec<u8>>,
}

pub(crate) struct Request {
    pub scale: u8,
    pub region: Region,
}

pub(crate) struct Row<'a> {
    pub y: u32,
    pub samples: &'a [u8],
}

pub(crate) struct Report {
    pub missing: bool,
}

pub(crate) fn read_header(bytes: &[u8], _limits: &Limits) -> Result<Header> {
    let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(malformed)?;
    let (width, height) = decoder.dimensions();
    let color = match decoder.color_type() {
        ColorType::L8 => Color::Gray,
        _ => Color::Rgb,
    };
    let exif = decoder.exif_metadata().ok().flatten().and_then(|exif| {
        let at = bytes
            .windows(exif.len())
            .position(|window| window == exif)?;
        Some(at..at + exif.len())
    });
    let icc = decoder.icc_profile().ok().flatten();
    Ok(Header {
        size: Size::new(width, height),
        color,
        exif,
        icc,
    })
}

pub(crate) fn decode(
    bytes: &[u8],
    header: &Header,
    request: &Request,
    _budget: &Budget,
    rows: &mut dyn FnMut(Row<'_>) -> Result<()>,
) -> Result<Report> {
    if request.scale != 8 {
        return Err(Error::internal("only 8/8"));
    }
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(malformed)?;
    let channels = if header.color == Color::Gray { 1 } else { 3 };
    let mut image = vec![0; decoder.total_bytes() as usize];
    decoder.read_image(&mut image).map_err(malformed)?;
    let stride = header.size.width as usize * channels;
    let region = request.region;
    for y in region.y0..region.y1 {
        let row = &image[y as usize * stride..][..stride];
        let samples = &row[region.x0 as usize * channels..region.x1 as usize * channels];
        rows(Row { y, samples })?;
    }
    Ok(Report { missing: false })
}
