//! Encodes a picture, with the encoders and settings that real files come from.

use gif::{Encoder as GifEncoder, Frame};
use jpeg_encoder::{ColorType, Encoder as JpegEncoder, SamplingFactor};
use libwebp_sys::{WebPEncodeLosslessRGB, WebPEncodeRGB, WebPEncodeRGBA, WebPFree};
use mozjpeg_rs::{QuantTableIdx, Subsampling};

use crate::Failed;
use crate::scene::{Picture, cutout};

/// The chroma of a JPEG.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Chroma {
    /// In both directions halved.
    Quarter,
    /// Halved across.
    Half,
    /// In full.
    Full,
}

/// The order of a JPEG's data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coding {
    /// One scan.
    Baseline,
    /// Scans of a part of the coefficients, and of a part of their bits, as libjpeg writes them.
    Progressive,
    /// One scan, with a restart marker after each row of blocks.
    Restarts,
}

/// How a picture is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Encoding {
    /// With the quality of phones.
    Jpeg(Chroma, Coding),
    /// With every row filter.
    Png,
    /// The same with alpha.
    PngAlpha,
    /// By libwebp with quality 85.
    WebpLossy,
    /// The same with alpha.
    WebpAlpha,
    /// By libwebp.
    WebpLossless,
    /// 216 colors, dithered.
    Gif,
    /// 24 bits.
    Bmp,
}

impl Encoding {
    /// The usual ending of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg(..) => "jpg",
            Self::Png | Self::PngAlpha => "png",
            Self::WebpLossy | Self::WebpAlpha | Self::WebpLossless => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
        }
    }

    /// The file of a picture.
    ///
    /// # Errors
    ///
    /// If the encoder refuses the picture, above all for its size.
    pub fn encode(self, picture: &Picture) -> Result<Vec<u8>, Failed> {
        match self {
            Self::Jpeg(chroma, coding) => jpeg(picture, chroma, coding),
            Self::Png => png(picture, png::ColorType::Rgb, &picture.samples),
            Self::PngAlpha => png(picture, png::ColorType::Rgba, &with_alpha(picture)),
            Self::WebpLossy | Self::WebpAlpha | Self::WebpLossless => webp(picture, self),
            Self::Gif => gif(picture),
            Self::Bmp => bmp(picture),
        }
    }
}

/// The average factor of phones' luma tables is about 6, which is quality 94.
const JPEG_QUALITY: u8 = 94;

fn jpeg(picture: &Picture, chroma: Chroma, coding: Coding) -> Result<Vec<u8>, Failed> {
    if coding == Coding::Progressive {
        return progressive(picture, chroma);
    }
    let (width, height) = short_sides(picture)?;
    let (factor, across) = match chroma {
        Chroma::Quarter => (SamplingFactor::F_2_2, 16),
        Chroma::Half => (SamplingFactor::F_2_1, 16),
        Chroma::Full => (SamplingFactor::F_1_1, 8),
    };
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new(&mut file, JPEG_QUALITY);
    encoder.set_sampling_factor(factor);
    if coding == Coding::Restarts {
        encoder.set_restart_interval(width.div_ceil(across));
    }
    encoder.encode(&picture.samples, width, height, ColorType::Rgb)?;
    Ok(file)
}

fn progressive(picture: &Picture, chroma: Chroma) -> Result<Vec<u8>, Failed> {
    let encoder = mozjpeg_rs::Encoder::fastest()
        .progressive(true)
        .optimize_huffman(true)
        .qtable(QuantTableIdx::JpegAnnexK)
        .quality(JPEG_QUALITY)
        .subsampling(match chroma {
            Chroma::Quarter => Subsampling::S420,
            Chroma::Half => Subsampling::S422,
            Chroma::Full => Subsampling::S444,
        });
    let size = picture.size;
    Ok(encoder.encode_rgb(&picture.samples, size.width, size.height)?)
}

fn png(picture: &Picture, color: png::ColorType, samples: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, picture.size.width, picture.size.height);
    encoder.set_color(color);
    // About the effort of zlib's level 6, which most programs use.
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(samples)?;
    writer.finish()?;
    Ok(file)
}

fn with_alpha(picture: &Picture) -> Vec<u8> {
    let pixels = picture.samples.chunks_exact(3).zip(cutout(picture.size));
    pixels
        .flat_map(|(rgb, a)| [rgb[0], rgb[1], rgb[2], a])
        .collect()
}

fn webp(picture: &Picture, encoding: Encoding) -> Result<Vec<u8>, Failed> {
    let (size, quality) = (picture.size, 85.0);
    let (width, height) = (i32::try_from(size.width)?, i32::try_from(size.height)?);
    let rgba = (encoding == Encoding::WebpAlpha).then(|| with_alpha(picture));
    let pixels = rgba.as_ref().unwrap_or(&picture.samples).as_ptr();
    let mut output = std::ptr::null_mut();
    // SAFETY: the samples have `height` rows of `width` pixels without padding, of three or four bytes.
    // libwebp reads them during the call only, and sets `output`.
    #[allow(unsafe_code)]
    let length = unsafe {
        match encoding {
            Encoding::WebpLossless => {
                WebPEncodeLosslessRGB(pixels, width, height, width * 3, &raw mut output)
            }
            Encoding::WebpAlpha => {
                WebPEncodeRGBA(pixels, width, height, width * 4, quality, &raw mut output)
            }
            _ => WebPEncodeRGB(pixels, width, height, width * 3, quality, &raw mut output),
        }
    };
    if length == 0 {
        return Err("libwebp refuses the picture".into());
    }
    // SAFETY: libwebp has allocated `output` with this length. It is copied, then freed once.
    #[allow(unsafe_code)]
    unsafe {
        let file = std::slice::from_raw_parts(output, length).to_vec();
        WebPFree(output.cast());
        Ok(file)
    }
}

/// The colors of a cube of 6 x 6 x 6, chosen by an ordered dither.
fn gif(picture: &Picture) -> Result<Vec<u8>, Failed> {
    const BAYER: [i32; 16] = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5];
    let (width, height) = short_sides(picture)?;
    let level = |value: u8, threshold: i32| (i32::from(value) * 80 + threshold * 255) / (16 * 255);
    let index = |at: usize, rgb: &[u8]| {
        let (x, y) = (at % usize::from(width), at / usize::from(width));
        let threshold = BAYER[y % 4 * 4 + x % 4];
        let [r, g, b] = [rgb[0], rgb[1], rgb[2]].map(|value| level(value, threshold));
        (36 * r + 6 * g + b) as u8
    };
    let pixels = picture.samples.chunks_exact(3).enumerate();
    let indices: Vec<u8> = pixels.map(|(at, rgb)| index(at, rgb)).collect();
    let palette: Vec<u8> = (0..216)
        .flat_map(|color| [color / 36, color / 6 % 6, color % 6])
        .map(|level: u8| level * 51)
        .collect();
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file, width, height, &palette)?;
    encoder.write_frame(&Frame::from_indexed_pixels(width, height, indices, None))?;
    drop(encoder);
    Ok(file)
}

fn bmp(picture: &Picture) -> Result<Vec<u8>, Failed> {
    const HEADERS: u32 = 14 + 40;
    let (width, height) = (picture.size.width, picture.size.height);
    let stride = (width * 3).next_multiple_of(4);
    let length = HEADERS + stride * height;
    let mut file = b"BM".to_vec();
    // The length, zero, where the pixels begin; then the size of the second header and the image.
    for field in [length, 0, HEADERS, 40, width, height] {
        file.extend(field.to_le_bytes());
    }
    // One plane of 24 bits, uncompressed; the other fields may be zero.
    file.extend([1, 0, 24, 0]);
    file.resize(HEADERS as usize, 0);
    for row in picture.samples.chunks_exact(width as usize * 3).rev() {
        let end = file.len() + stride as usize;
        file.extend(row.chunks_exact(3).flat_map(|rgb| [rgb[2], rgb[1], rgb[0]]));
        file.resize(end, 0);
    }
    Ok(file)
}

fn short_sides(picture: &Picture) -> Result<(u16, u16), Failed> {
    let size = picture.size;
    Ok((size.width.try_into()?, size.height.try_into()?))
}

#[cfg(test)]
mod tests {
    use roundel::{Limits, Size, probe};

    use super::{Chroma, Coding, Encoding};
    use crate::Failed;
    use crate::scene::photo;

    #[test]
    fn every_encoding_is_read_with_its_size() -> Result<(), Failed> {
        let picture = photo(Size::new(61, 47), 1);
        let jpeg = |coding| Encoding::Jpeg(Chroma::Quarter, coding);
        for encoding in [
            jpeg(Coding::Baseline),
            jpeg(Coding::Progressive),
            jpeg(Coding::Restarts),
            Encoding::Png,
            Encoding::PngAlpha,
            Encoding::WebpLossy,
            Encoding::WebpAlpha,
            Encoding::WebpLossless,
            Encoding::Gif,
            Encoding::Bmp,
        ] {
            let found = probe(&encoding.encode(&picture)?, &Limits::default())?;
            assert_eq!(found.size, picture.size, "{encoding:?}");
        }
        Ok(())
    }
}
