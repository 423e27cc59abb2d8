//! WebP through the `image-webp` crate, which decodes it whole: of an animation the first frame.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::{Codec, Header, MAX_ICC, Rows, SourceFormat, hand_over, malformed, metadata};
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Limits};
use crate::pixels::Layout;

type Decoder<'a> = WebPDecoder<Cursor<&'a [u8]>>;

pub(super) fn read_header(bytes: &[u8], limits: &Limits) -> Result<Header> {
    let mut decoder = open(bytes)?;
    let size = size(&decoder);
    if decoder.is_animated() {
        limits.check_frames(decoder.num_frames())?;
    }
    decoder.set_memory_limit(MAX_ICC); // longer metadata is left out
    Ok(Header {
        format: SourceFormat::Webp,
        size,
        orientation: metadata::webp_orientation(bytes),
        layout: layout(&decoder),
        icc: decoder.icc_profile().ok().flatten(),
        interlaced: false,
        codec: Codec::Webp,
    })
}

pub(super) fn decode(bytes: &[u8], budget: &Budget, rows: &mut Rows<'_>) -> Result<()> {
    let mut decoder = open(bytes)?;
    let (size, layout) = (size(&decoder), layout(&decoder));
    let samples = size.pixels() * layout.channels() as u64;
    budget.work(samples)?;
    let mut image = budget.buffer::<u8>(usize::try_from(samples).unwrap_or(usize::MAX))?;
    {
        let _working = budget.reserve(working_memory(&mut decoder, size, bytes.len()))?;
        decoder.read_image(&mut image).map_err(malformed)?;
    }
    hand_over(&image, size, layout, rows)
}

fn open(bytes: &[u8]) -> Result<Decoder<'_>> {
    WebPDecoder::new(Cursor::new(bytes)).map_err(malformed)
}

/// `image-webp` 0.2 takes a side of 16,384 pixels for 0.
fn size(decoder: &Decoder<'_>) -> Size {
    let side = |length: u32| if length == 0 { 16_384 } else { length };
    let (width, height) = decoder.dimensions();
    Size::new(side(width), side(height))
}

fn layout(decoder: &Decoder<'_>) -> Layout {
    if decoder.has_alpha() {
        Layout::Rgba
    } else {
        Layout::Rgb
    }
}

/// What `image-webp` 0.2 allocates beside the image that it is given.
fn working_memory(decoder: &mut Decoder<'_>, size: Size, file: usize) -> u64 {
    let whole_blocks = (u64::from(size.width) + 16) * (u64::from(size.height) + 16);
    let planes = whole_blocks * 3 / 2;
    let pixel_words = size.pixels() * 4;
    let frame = match (decoder.is_animated(), decoder.is_lossy()) {
        // Canvas, frame, and the frame's planes.
        (true, _) => 2 * pixel_words + planes,
        (false, true) if decoder.has_alpha() => planes + size.pixels(),
        (false, true) => planes,
        // Decoded with alpha, which is then taken off.
        (false, false) if decoder.has_alpha() => 0,
        (false, false) => pixel_words,
    };
    frame + file as u64 + (1 << 20)
}
