//! BMP through the `image` crate, which decodes it whole.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::{ColorType, ImageDecoder};

use super::{Codec, Header, Rows, SourceFormat, hand_over, malformed};
use crate::error::{Error, Result};
use crate::geometry::{Orientation, Size};
use crate::limits::{Budget, Limits};
use crate::pixels::Layout;

type Decoder<'a> = BmpDecoder<Cursor<&'a [u8]>>;

pub(super) fn read_header(bytes: &[u8], _limits: &Limits) -> Result<Header> {
    let decoder = open(bytes)?;
    let (width, height) = decoder.dimensions();
    Ok(Header {
        format: SourceFormat::Bmp,
        size: Size::new(width, height),
        orientation: Orientation::Normal,
        layout: layout(&decoder)?,
        icc: None,
        interlaced: false,
        codec: Codec::Bmp,
    })
}

pub(super) fn decode(bytes: &[u8], budget: &Budget, rows: &mut Rows<'_>) -> Result<()> {
    let decoder = open(bytes)?;
    let (width, height) = decoder.dimensions();
    let (size, layout) = (Size::new(width, height), layout(&decoder)?);
    let samples = size.pixels() * layout.channels() as u64;
    budget.work(samples)?;
    let mut image = budget.buffer::<u8>(usize::try_from(samples).unwrap_or(usize::MAX))?;
    // One stored row at up to 32 bits a pixel, and the palette.
    let _working = budget.reserve(u64::from(width) * 4 + (64 << 10))?;
    decoder.read_image(&mut image).map_err(malformed)?;
    hand_over(&image, size, layout, rows)
}

fn open(bytes: &[u8]) -> Result<Decoder<'_>> {
    BmpDecoder::new(Cursor::new(bytes)).map_err(|error| match error {
        image::ImageError::Unsupported(what) => Error::unsupported(what.to_string()),
        other => malformed(other),
    })
}

fn layout(decoder: &Decoder<'_>) -> Result<Layout> {
    match decoder.color_type() {
        ColorType::Rgb8 => Ok(Layout::Rgb),
        ColorType::Rgba8 => Ok(Layout::Rgba),
        other => Err(Error::internal(format!("a bitmap of {other:?}"))),
    }
}
