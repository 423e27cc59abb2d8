//! PNG in the smallest of its lossless forms: a palette, gray, or RGB, with alpha only if a pixel
//! is not opaque. Where a palette may be the smallest, two files are written.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

use super::palette::Indexed;
use crate::error::{Error, Result};
use crate::pixels::SrgbImage;

pub(super) fn encode(image: &SrgbImage) -> Result<Vec<u8>> {
    let pixels = rgba(image);
    let opaque = pixels.clone().all(|[.., a]| a == 255);
    let gray = pixels.clone().all(|[r, g, b, _]| r == g && g == b);
    let indexed = match Indexed::new(pixels) {
        // With 17 grays or more, an index has 8 bits like a gray sample, so a palette only adds bytes.
        Some(indexed) if indexed.bits() < 8 || !(gray && opaque) => {
            Some(encode_indexed(image, indexed)?)
        }
        _ => None,
    };
    // Filters help with samples only. So gradients are often smaller as samples, and a small avatar is
    // by the bytes of the palette.
    let samples = encode_samples(image, form(gray, opaque))?;
    Ok(match indexed {
        Some(indexed) if indexed.len() <= samples.len() => indexed,
        _ => samples,
    })
}

/// The pixels of an image, with an alpha of 255 where it has no alpha.
fn rgba(image: &SrgbImage) -> impl Iterator<Item = [u8; 4]> + Clone {
    let pixels = image.samples.chunks_exact(image.channels);
    pixels.map(|pixel| match *pixel {
        [r, g, b, a] => [r, g, b, a],
        [r, g, b] => [r, g, b, 255],
        _ => [0; 4],
    })
}

fn form(gray: bool, opaque: bool) -> ColorType {
    match (gray, opaque) {
        (true, true) => ColorType::Grayscale,
        (true, false) => ColorType::GrayscaleAlpha,
        (false, true) => ColorType::Rgb,
        (false, false) => ColorType::Rgba,
    }
}

fn encode_samples(image: &SrgbImage, color: ColorType) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = new_encoder(&mut bytes, image, color, BitDepth::Eight);
    if color.samples() == image.channels {
        write(encoder, &image.samples)?;
    } else {
        // `collect` cannot know the length, and would allocate up to twice as much.
        let length = image.samples.len() / image.channels * color.samples();
        let mut samples = Vec::with_capacity(length);
        samples.extend(rgba(image).flat_map(|pixel| keep(pixel, color)));
        write(encoder, &samples)?;
    }
    Ok(bytes)
}

/// The samples of a pixel that `color` stores.
fn keep([r, g, b, a]: [u8; 4], color: ColorType) -> impl Iterator<Item = u8> {
    let (samples, len) = match color {
        ColorType::Grayscale => ([r, 0, 0, 0], 1),
        ColorType::GrayscaleAlpha => ([r, a, 0, 0], 2),
        ColorType::Rgb => ([r, g, b, 0], 3),
        _ => ([r, g, b, a], 4),
    };
    samples.into_iter().take(len)
}

fn encode_indexed(image: &SrgbImage, indexed: Indexed) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let depth = match indexed.bits() {
        1 => BitDepth::One,
        2 => BitDepth::Two,
        4 => BitDepth::Four,
        _ => BitDepth::Eight,
    };
    let mut encoder = new_encoder(&mut bytes, image, ColorType::Indexed, depth);
    let colors = indexed.palette.iter();
    let palette: Vec<u8> = colors.clone().flat_map(|&[r, g, b, _]| [r, g, b]).collect();
    encoder.set_palette(palette);
    let translucent = colors.map(|&[.., a]| a).take_while(|&a| a < 255);
    let alphas: Vec<u8> = translucent.collect();
    if !alphas.is_empty() {
        encoder.set_trns(alphas);
    }
    // Neighboring indices are not similar as neighboring samples are, so filters do not help (PNG,
    // third edition, 12.7).
    encoder.set_filter(Filter::NoFilter);
    write(encoder, &indexed.packed(image.size.width as usize))?;
    Ok(bytes)
}

fn new_encoder<'a>(
    bytes: &'a mut Vec<u8>,
    image: &SrgbImage,
    color: ColorType,
    depth: BitDepth,
) -> Encoder<'a, &'a mut Vec<u8>> {
    let mut encoder = Encoder::new(bytes, image.size.width, image.size.height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    encoder.set_compression(Compression::Balanced);
    encoder
}

fn write(encoder: Encoder<'_, &mut Vec<u8>>, samples: &[u8]) -> Result<()> {
    let mut writer = encoder.write_header().map_err(refused)?;
    writer.write_image_data(samples).map_err(refused)?;
    writer.finish().map_err(refused)
}

/// An image of a checked size, written to memory, is always encoded, so any error is a defect.
fn refused(error: EncodingError) -> Error {
    Error::internal(match error {
        EncodingError::Format(_) => "the PNG encoder was given an inconsistent image",
        EncodingError::Parameter(_) => "the PNG encoder was called in the wrong order",
        EncodingError::LimitsExceeded => "the PNG encoder ran out of its limits",
        EncodingError::IoError(_) => "the PNG encoder could not write to memory",
    })
}
