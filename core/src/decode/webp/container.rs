//! The chunks of a WebP file (RFC 9649, 2).
//!
//! A file of the simple format is one picture. One of the extended format begins with a chunk VP8X:
//! flags and the size of the canvas.

use super::super::metadata::next_riff_chunk;

/// Bytes before the first chunk: `RIFF`, a length that is not needed, `WEBP`.
const FILE_HEADER: usize = 12;
/// Flags in VP8X (2.7).
const ANIMATION: u8 = 0x02;
const ALPHA: u8 = 0x10;

/// The data of the chunk `VP8 `, if the file is one lossy picture without alpha. Of a file that ends
/// early, as far as they go.
pub(super) fn opaque_lossy_picture(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(FILE_HEADER..)?;
    let mut canvas = None;
    if let Some((b"VP8X", data, after)) = next_riff_chunk(rest) {
        let &[flags, _, _, _, size @ ..] = data.first_chunk::<10>()?;
        if flags & (ANIMATION | ALPHA) != 0 {
            return None;
        }
        canvas = Some(size);
        rest = after;
    }
    while let Some((kind, _, after)) = next_riff_chunk(rest)
        && canvas.is_some()
        && !kind.starts_with(b"VP8")
    {
        rest = after;
    }
    let picture = rest.strip_prefix(b"VP8 ")?;
    let (&length, data) = picture.split_first_chunk::<4>()?;
    let data = &data[..data.len().min(u32::from_le_bytes(length) as usize)];
    let fits = canvas.is_none_or(|canvas| fits(canvas, data));
    fits.then_some(data)
}

/// Whether the picture fills a canvas with this width - 1 and height - 1, 24 bits each.
fn fits([w0, w1, w2, h0, h1, h2]: [u8; 6], picture: &[u8]) -> bool {
    let side = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]) + 1;
    let canvas = [side(w0, w1, w2), side(h0, h1, h2)];
    let frame = super::vp8::FrameTag::parse(picture);
    frame.is_ok_and(|tag| [tag.size.width, tag.size.height] == canvas)
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

    #[test]
    fn a_lossy_picture_is_found_alone_and_behind_other_chunks() {
        let simple = file(&[(b"VP8 ", &FRAME)]);
        let chunks: [(&[u8; 4], &[u8]); 4] = [
            (b"VP8X", &canvas(0x2C)),
            (b"odd ", b"abc"),
            (b"ICCP", b"profile"),
            (b"VP8 ", &FRAME),
        ];
        for file in [simple, file(&chunks)] {
            assert_eq!(opaque_lossy_picture(&file), Some(&FRAME[..]));
            assert_eq!(
                opaque_lossy_picture(&file[..file.len() - 2]),
                Some(&FRAME[..10])
            );
        }
    }

    #[test]
    fn other_pictures_are_left_to_the_other_decoder() {
        let extended = |flags, kind: &[u8; 4]| file(&[(b"VP8X", &canvas(flags)), (kind, &FRAME)]);
        let other_canvas = [0, 0, 0, 0, 3, 0, 0, 1, 0, 0];
        let files = [
            file(&[(b"VP8L", &FRAME)]),
            file(&[(b"odd ", b"abc"), (b"VP8 ", &FRAME)]),
            extended(ALPHA, b"VP8 "),
            extended(ANIMATION, b"VP8 "),
            extended(0, b"VP8L"),
            file(&[(b"VP8X", &other_canvas), (b"VP8 ", &FRAME)]),
            file(&[(b"VP8X", &canvas(0))]),
        ];
        for (index, file) in files.iter().enumerate() {
            assert_eq!(opaque_lossy_picture(file), None, "file {index}");
        }
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
