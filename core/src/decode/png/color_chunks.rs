//! The chunks about color: cICP, iCCP, sRGB, gAMA and cHRM.
//!
//! As in libpng, they count before the palette and the image data only, and the first valid one of a
//! kind counts, if its checksum is right. [`color`](crate::color) decides which of them describes the samples.

use super::damage::is_sound;
use crate::decode::header::IccProfile;
use crate::decode::metadata::next_png_chunk;
use crate::pixels::StatedColor;

const COLOR_CHUNKS: [&[u8; 4]; 5] = [b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"];

/// The chunks about color.
#[derive(Default)]
pub(super) struct ColorChunks<'a> {
    pub icc: Option<IccProfile<'a>>,
    pub stated: StatedColor,
}

impl<'a> ColorChunks<'a> {
    /// PNG 3rd ed., 11.3.2.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let mut color = Self::default();
        let stated = &mut color.stated;
        for (kind, data) in early_chunks(bytes) {
            match kind {
                b"cICP" => stated.cicp = stated.cicp.or(data.try_into().ok()),
                b"iCCP" => color.icc = color.icc.take().or_else(|| icc_profile(data)),
                // The rendering intent.
                b"sRGB" => stated.srgb |= matches!(data, [0..=3]),
                b"gAMA" => stated.gamma = stated.gamma.or(numbers(data).map(|[gamma]| gamma)),
                b"cHRM" => {
                    let points = numbers(data);
                    let points =
                        points.map(|[a, b, c, d, e, f, g, h]| [[a, b], [c, d], [e, f], [g, h]]);
                    stated.chromaticities = stated.chromaticities.or(points);
                }
                _ => {}
            }
        }
        color
    }
}

/// Kind and data of the sound chunks before the palette and the image data.
fn early_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    let chunks = std::iter::from_fn(move || {
        let chunk = rest;
        let (kind, data, next) = next_png_chunk(chunk)?;
        rest = next;
        (kind != b"PLTE" && kind != b"IDAT").then_some((chunk, kind, data))
    });
    let of_color = |kind: &[u8; 4]| COLOR_CHUNKS.contains(&kind);
    chunks
        .filter(move |(chunk, kind, _)| of_color(kind) && is_sound(chunk))
        .map(|(_, kind, data)| (kind, data))
}

/// The data of a chunk that is N numbers and nothing else.
fn numbers<const N: usize>(data: &[u8]) -> Option<[u32; N]> {
    let numbers: &[[u8; 4]; N] = data.as_chunks().0.try_into().ok()?;
    (data.len() == 4 * N).then_some(numbers.map(u32::from_be_bytes))
}

/// The profile in an iCCP chunk (PNG 3rd ed., 11.3.2.3): a name, a zero byte, the compression
/// method 0, a zlib stream.
fn icc_profile(data: &[u8]) -> Option<IccProfile<'_>> {
    let name = data.iter().take(80).position(|&byte| byte == 0)?;
    match data.get(name + 1..)?.split_first()? {
        (0, stream) if name > 0 => Some(IccProfile::Compressed(stream)),
        _ => None,
    }
}
