//! BMP through the `image` crate, which decodes it whole.

use std::io::Cursor;

use image::codecs::bmp;
use image::{ColorType, ImageDecoder};

use super::header::Header;
use super::malformed;
use super::rows::{DecodeReport, RowSink, send_rows};
use super::sniff::SourceFormat;
use crate::error::{Error, Feature, Result};
use crate::geometry::{Orientation, Size};
use crate::limits::{Budget, Limits};
use crate::pixels::Layout;
use crate::plan::DecodeRequest;

type Reader<'a> = bmp::BmpDecoder<Cursor<&'a [u8]>>;

pub(super) struct BmpDecoder<'a> {
    /// `None` once its pixels are read.
    reader: Option<Reader<'a>>,
}

impl<'a> BmpDecoder<'a> {
    pub(super) fn open(bytes: &'a [u8], _limits: &Limits) -> Result<(Self, Header<'a>)> {
        let reader = open(bytes)?;
        let (width, height) = reader.dimensions();
        let header = Header {
            format: SourceFormat::Bmp,
            size: Size::new(width, height),
            orientation: Orientation::Normal,
            layout: layout(&reader)?,
            icc: None,
            interlaced: false,
        };
        let reader = Some(reader);
        Ok((Self { reader }, header))
    }

    pub(super) fn rows(
        &mut self,
        _request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let reader = self.reader.take();
        let reader = reader.ok_or_else(|| Error::internal("a file is decoded twice"))?;
        let (width, height) = reader.dimensions();
        let (size, layout) = (Size::new(width, height), layout(&reader)?);
        let samples = size.pixels() * layout.channels() as u64;
        budget.work(samples)?;
        let mut image = budget.buffer::<u8>(usize::try_from(samples).unwrap_or(usize::MAX))?;
        // One stored row at up to 32 bits a pixel, and the palette.
        let _working = budget.reserve(u64::from(width) * 4 + (64 << 10))?;
        reader.read_image(&mut image).map_err(malformed)?;
        send_rows(&image, size, layout, sink)?;
        Ok(DecodeReport::default())
    }
}

fn open(bytes: &[u8]) -> Result<Reader<'_>> {
    bmp::BmpDecoder::new(Cursor::new(bytes)).map_err(|error| match error {
        image::ImageError::Unsupported(what) => {
            Error::unsupported(Feature::BmpCompression, what.to_string())
        }
        other => malformed(other),
    })
}

fn layout(reader: &Reader<'_>) -> Result<Layout> {
    match reader.color_type() {
        ColorType::Rgb8 => Ok(Layout::Rgb),
        ColorType::Rgba8 => Ok(Layout::Rgba),
        other => Err(Error::internal(format!("a bitmap of {other:?}"))),
    }
}
