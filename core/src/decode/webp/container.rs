//! The chunks of a WebP file (RFC 9649, 2).
//!
//! A file of the simple format is one picture. One of the extended format begins with a chunk VP8X:
//! flags and the size of the canvas. It is one picture that fills the canvas, or an animation.
//!
//! The length in the file's header, reserved bits, and the flags of other chunks are ignored: a chunk
//! counts if it is there, as in libwebp.

use super::errors::contradicting_sizes;
use super::picture::Picture;
use crate::decode::metadata::{next_riff_chunk, riff_chunks};
use crate::error::{Error, Result};
use crate::geometry::Size;

/// Bytes before the first chunk: `RIFF`, a length, `WEBP`.
const FILE_HEADER: usize = 12;
/// A flag in VP8X (2.7).
const ANIMATION: u8 = 0x02;

/// What a file shows.
pub(super) enum WebpContent<'a> {
    Still(Picture<'a>),
    Animation(Animation<'a>),
}

/// The frames of an animation.
pub(super) struct Animation<'a> {
    pub canvas: Size,
    /// Chunks ANMF.
    pub frames: u32,
    /// All chunks after VP8X.
    pub chunks: &'a [u8],
}

impl<'a> WebpContent<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let file = bytes.get(FILE_HEADER..).unwrap_or_default();
        let Some((b"VP8X", data, rest)) = next_riff_chunk(file) else {
            return Picture::find(file).map(Self::Still);
        };
        let Some(&[flags, _, _, _, size @ ..]) = data.first_chunk::<10>() else {
            return Err(Error::malformed("the header of the WebP is too short"));
        };
        let canvas = canvas(size);
        if flags & ANIMATION != 0 {
            let frames = riff_chunks(rest)
                .filter(|(kind, _)| *kind == b"ANMF")
                .count();
            return Ok(Self::Animation(Animation {
                canvas,
                frames: frames.try_into().unwrap_or(u32::MAX),
                chunks: rest,
            }));
        }
        let picture = Picture::find(rest)?;
        if picture.size() != canvas {
            return Err(contradicting_sizes());
        }
        Ok(Self::Still(picture))
    }
}

/// Width - 1 and height - 1, 24 bits each.
fn canvas([w0, w1, w2, h0, h1, h2]: [u8; 6]) -> Size {
    let side = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]) + 1;
    Size::new(side(w0, w1, w2), side(h0, h1, h2))
}

/// The data of the first ICCP chunk of the extended format (2.7.1.4).
pub(super) fn icc_profile(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(FILE_HEADER..)?;
    if !rest.starts_with(b"VP8X") {
        return None;
    }
    while let Some((kind, data, after)) = next_riff_chunk(rest) {
        if kind == b"ICCP" {
            return Some(data);
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Layout;

    fn file(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
        for (kind, data) in chunks {
            file.extend(*kind);
            file.extend((data.len() as u32).to_le_bytes());
            file.extend(*data);
            file.resize(file.len().next_multiple_of(2), 0);
        }
        file
    }

    /// A canvas of 3 x 2 pixels.
    fn canvas(flags: u8) -> [u8; 10] {
        [flags, 0, 0, 0, 2, 0, 0, 1, 0, 0]
    }

    /// The tag of a key frame of 3 x 2 pixels, and a byte.
    const FRAME: [u8; 11] = [0x10, 0, 0, 0x9D, 0x01, 0x2A, 3, 0, 2, 0, 7];

    fn layout(file: &[u8]) -> Option<Layout> {
        match WebpContent::parse(file) {
            Ok(WebpContent::Still(picture)) => Some(picture.layout()),
            Ok(WebpContent::Animation(_)) | Err(_) => None,
        }
    }

    #[test]
    fn a_picture_is_found_alone_and_behind_other_chunks() {
        let simple = file(&[(b"VP8 ", &FRAME)]);
        let chunks: [(&[u8; 4], &[u8]); 4] = [
            (b"VP8X", &canvas(0x2C)),
            (b"odd ", b"abc"),
            (b"ICCP", b"profile"),
            (b"VP8 ", &FRAME),
        ];
        for file in [simple, file(&chunks)] {
            assert_eq!(layout(&file), Some(Layout::Rgb));
            assert_eq!(layout(&file[..file.len() - 2]), Some(Layout::Rgb));
        }
    }

    #[test]
    fn alpha_counts_where_it_is_whatever_the_header_says() {
        let alpha: (&[u8; 4], &[u8]) = (b"ALPH", &[0; 7]);
        let extended = |flags, alpha: &[(&[u8; 4], &[u8])]| {
            let header = canvas(flags);
            let parts = [&[(b"VP8X", &header[..])], alpha, &[(b"VP8 ", &FRAME[..])]];
            layout(&file(&parts.concat()))
        };
        for flags in [0, 0x10] {
            assert_eq!(extended(flags, &[alpha]), Some(Layout::Rgba));
            assert_eq!(extended(flags, &[]), Some(Layout::Rgb));
        }
    }

    #[test]
    fn a_picture_that_does_not_fill_its_canvas_is_refused() {
        let other_canvas = [0, 0, 0, 0, 3, 0, 0, 1, 0, 0];
        let chunks: [(&[u8; 4], &[u8]); 2] = [(b"VP8X", &other_canvas), (b"VP8 ", &FRAME)];
        assert_eq!(layout(&file(&chunks)), None);
    }

    #[test]
    fn a_profile_is_found_behind_other_chunks() {
        let chunks: [(&[u8; 4], &[u8]); 3] = [
            (b"VP8X", &[0; 10]),
            (b"odd ", b"abc"),
            (b"ICCP", b"profile"),
        ];
        assert_eq!(icc_profile(&file(&chunks)), Some(&b"profile"[..]));
    }

    #[test]
    fn a_profile_that_the_file_cuts_off_is_ignored() {
        let file = file(&[(b"VP8X", &[0; 10]), (b"ICCP", b"profile!")]);
        assert_eq!(icc_profile(&file[..file.len() - 1]), None);
    }
}
