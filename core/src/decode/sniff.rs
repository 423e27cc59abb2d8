//! Which format a file is in, by its first bytes and never by its name.

use crate::error::{Error, Feature, Result};

/// A format that photos are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum SourceFormat {
    /// JPEG (ITU-T T.81), 8 bits, Huffman-coded.
    Jpeg,
    /// PNG, the default image of an APNG.
    Png,
    /// WebP, the first frame of an animation.
    Webp,
    /// GIF, the first frame.
    Gif,
    /// Windows bitmap.
    Bmp,
    /// No file: [`Pixels`](crate::Pixels) that the caller had decoded.
    Pixels,
}

impl SourceFormat {
    /// The lower-case name: `jpeg`, `png`, `webp`, `gif`, `bmp` or `pixels`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::Pixels => "pixels",
        }
    }
}

/// Recognises the format of a file.
///
/// # Errors
///
/// `Malformed` if it is empty; `Unsupported`, naming the format where it is known.
pub(crate) fn sniff(bytes: &[u8]) -> Result<SourceFormat> {
    if bytes.is_empty() {
        return Err(Error::malformed("the file is empty"));
    }
    if let Some(format) = supported(bytes) {
        return Ok(format);
    }
    Err(match named(bytes) {
        Some((name, feature)) => {
            let message = format!("{name} is not supported; use JPEG, PNG, WebP, GIF or BMP");
            Error::unsupported(feature, message)
        }
        None => Error::unsupported(
            Feature::UnknownFormat,
            "not an image in a known format; use JPEG, PNG, WebP, GIF or BMP",
        ),
    })
}

fn supported(bytes: &[u8]) -> Option<SourceFormat> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(SourceFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(SourceFormat::Png),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some(SourceFormat::Webp),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(SourceFormat::Gif),
        [b'B', b'M', ..] => Some(SourceFormat::Bmp),
        _ => None,
    }
}

/// A name for a person, and one for a program.
type Named = (&'static str, Feature);

/// Formats that are recognised to be refused by name.
const NAMED: [(&[u8], Named); 22] = [
    (b"II*\0", ("TIFF", Feature::Tiff)),
    (b"MM\0*", ("TIFF", Feature::Tiff)),
    (b"II+\0", ("BigTIFF", Feature::Tiff)),
    (b"MM\0+", ("BigTIFF", Feature::Tiff)),
    (b"\xFF\x0A", ("JPEG XL", Feature::JpegXl)),
    (b"\0\0\0\x0CJXL ", ("JPEG XL", Feature::JpegXl)),
    (b"\0\0\0\x0CjP  ", ("JPEG 2000", Feature::Jpeg2000)),
    (b"\xFF\x4F\xFF\x51", ("JPEG 2000", Feature::Jpeg2000)),
    (b"%PDF", ("PDF", Feature::Pdf)),
    (b"%!PS", ("PostScript", Feature::Postscript)),
    (b"8BPS", ("Photoshop (PSD)", Feature::Psd)),
    (b"\0\0\x01\0", ("ICO", Feature::Ico)),
    (b"\0\0\x02\0", ("CUR", Feature::Cur)),
    (b"qoif", ("QOI", Feature::Qoi)),
    (b"DDS ", ("DDS", Feature::Dds)),
    (b"v/1\x01", ("OpenEXR", Feature::Openexr)),
    (b"#?RADIANCE", ("Radiance HDR", Feature::RadianceHdr)),
    (b"farbfeld", ("farbfeld", Feature::Farbfeld)),
    (b"\x1F\x8B", ("gzip", Feature::Gzip)),
    (b"PK\x03\x04", ("ZIP", Feature::Zip)),
    (b"push graphic-context", ("MVG", Feature::Mvg)),
    (b"\x8BJNG", ("JNG", Feature::Jng)),
];

fn named(bytes: &[u8]) -> Option<Named> {
    let signature = NAMED
        .iter()
        .find(|(signature, _)| bytes.starts_with(signature));
    signature
        .map(|&(_, named)| named)
        .or_else(|| isobmff(bytes))
        .or_else(|| markup(bytes))
}

/// ISO/IEC 14496-12, 4.3: a box of type `ftyp`, its major brand and compatible brands.
fn isobmff(bytes: &[u8]) -> Option<Named> {
    if bytes.get(4..8)? != b"ftyp" {
        return None;
    }
    let length = bytes
        .first_chunk()
        .map(|&length| u32::from_be_bytes(length))
        .unwrap_or(0);
    let length = (length as usize).clamp(12, 256).min(bytes.len());
    let brands = bytes[8..length].chunks_exact(4);
    let name = |brand: &[u8]| match brand {
        b"avif" | b"avis" => Some(("AVIF", Feature::Avif)),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some(("HEIC", Feature::Heic)),
        _ => None,
    };
    brands.clone().find_map(name).or_else(|| {
        let heif = brands
            .clone()
            .any(|brand| matches!(brand, b"mif1" | b"msf1" | b"mif2"));
        Some(if heif {
            ("HEIF", Feature::Heif)
        } else {
            ("a video (ISO base media)", Feature::Video)
        })
    })
}

fn markup(bytes: &[u8]) -> Option<Named> {
    let head = &bytes[..bytes.len().min(1024)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let head = head.trim_start_matches('\u{FEFF}').trim_start();
    if !head.starts_with('<') {
        return None;
    }
    if head.contains("<svg") {
        return Some(("SVG", Feature::Svg));
    }
    let html = head.contains("<html") || head.contains("<!doctype html");
    Some(if html {
        ("HTML", Feature::Html)
    } else {
        ("XML", Feature::Xml)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_are_not_decoded_are_named() {
        let cases: [(&[u8], &str); 6] = [
            (b"\0\0\0\x1Cftypheic\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x1Cftypmif1\0\0\0\0avifmif1", "AVIF"),
            (b"\xEF\xBB\xBF <?xml version='1.0'?><svg/>", "SVG"),
            (b"%PDF-1.7", "PDF"),
            (b"MM\0*\0\0", "TIFF"),
            (b"\0\0\0\x18ftypisom", "video"),
        ];
        for (bytes, name) in cases {
            let error = sniff(bytes).unwrap_err();
            assert_eq!(error.code(), "unsupported");
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn an_empty_file_is_malformed_and_text_is_unknown() {
        assert_eq!(sniff(b"").unwrap_err().code(), "malformed");
        assert_eq!(sniff(b"hello").unwrap_err().code(), "unsupported");
    }
}
