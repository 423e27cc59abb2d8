//! The format of a file, by its content and never by its name.
//!
//! ```text
//! JPEG, PNG, WebP, GIF, BMP       decoded
//! HEIC, AVIF                      decoded with their features, otherwise refused by name
//! a known signature               refused by name: other images, raw photos, videos, archives
//! markup, text, base64, data URL  refused by kind
//! bytes changed by a text decoder malformed
//! anything else                   refused as unknown
//! ```
//!
//! The reader of a refusal is a person who chose the wrong file, or a developer whose program
//! changed or encoded the right one. So each message names the kind of the file and a remedy, and
//! each has a [`Feature`] for programs.
//!
//! Only the first [`HEAD`] bytes are read, with two exceptions: comments before markup are skipped,
//! and the first directory of a TIFF file may be anywhere.

use super::exif;
use super::find::find;
use crate::error::{Error, Feature, Result};
use crate::format::SourceFormat;

/// Bytes at the start of a file in which its format is looked for.
const HEAD: usize = 4 << 10;

/// Recognizes the format of a file.
///
/// # Errors
///
/// `Malformed` if it is empty or its bytes were changed; `Unsupported`, naming the format where it
/// is known.
pub(crate) fn sniff(bytes: &[u8]) -> Result<SourceFormat> {
    if bytes.is_empty() {
        return Err(Error::malformed("the file is empty"));
    }
    let head = head(bytes);
    if is_mangled(head) {
        return Err(Error::malformed(
            "the file was changed by a program that took it for text; send the original bytes",
        ));
    }
    if head.iter().all(|&byte| byte == 0) {
        return Err(Error::malformed(
            "the file begins with zeros instead of an image; copy or send it again",
        ));
    }
    if is_cgbi(bytes) {
        return Err(Error::unsupported(
            Feature::PngCgbi,
            "a PNG that Xcode changed for iOS (CgBI) is not supported; use the original PNG",
        ));
    }
    // A sentence may begin with a signature. An image has control characters, unless it is cut.
    let is_sentence = head.len() > 12 && is_plain_text(head);
    let format = supported(bytes).filter(|_| !is_sentence);
    format.ok_or_else(|| refusal(bytes))
}

fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(HEAD)]
}

fn supported(bytes: &[u8]) -> Option<SourceFormat> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(SourceFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(SourceFormat::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(SourceFormat::Gif),
        [b'B', b'M', ..] if is_bmp(bytes) => Some(SourceFormat::Bmp),
        _ if riff(bytes) == Some(b"WEBP") => Some(SourceFormat::Webp),
        #[cfg(any(feature = "heic", feature = "avif"))]
        _ => heif(bytes),
        #[cfg(not(any(feature = "heic", feature = "avif")))]
        _ => None,
    }
}

/// HEIC and AVIF, as far as they are built in. A HEIF whose brands name no codec may be either: its
/// boxes say which.
#[cfg(any(feature = "heic", feature = "avif"))]
fn heif(bytes: &[u8]) -> Option<SourceFormat> {
    let (_, feature) = isobmff(bytes)?;
    match feature {
        Feature::Heic if cfg!(feature = "heic") => Some(SourceFormat::Heic),
        Feature::Avif if cfg!(feature = "avif") => Some(SourceFormat::Avif),
        Feature::Heif if cfg!(feature = "heic") => Some(SourceFormat::Heic),
        Feature::Heif => Some(SourceFormat::Avif),
        _ => None,
    }
}

/// Text may begin with "BM" too. But four bytes of text, read as the length of the bitmap header,
/// are a number of millions, which no header has.
fn is_bmp(bytes: &[u8]) -> bool {
    let length = bytes.get(14..).and_then(<[u8]>::first_chunk);
    length.is_some_and(|&length| is_bmp_header(u32::from_le_bytes(length) as usize))
}

/// Whether a bitmap header may be `length` bytes long: BITMAPCOREHEADER, OS/2 2.x, and versions 1
/// to 5 of BITMAPINFOHEADER.
pub(super) fn is_bmp_header(length: usize) -> bool {
    length == 12 || (16..=64).contains(&length) || matches!(length, 108 | 124)
}

/// The form type of a RIFF file.
fn riff(bytes: &[u8]) -> Option<&[u8; 4]> {
    bytes.strip_prefix(b"RIFF")?.get(4..)?.first_chunk()
}

/// A PNG whose first chunk is Apple's, which changes the meaning of all others.
fn is_cgbi(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG") && bytes.get(12..16) == Some(b"CgBI")
}

/// Whether the bytes of an image were decoded as text and encoded again.
///
/// ```text
/// bytes over 127 replaced by U+FFFD (EF BF BD) or "?", removed, or decoded as Latin-1; line ends changed;
/// bytes in front: a byte order mark, empty lines
/// ```
///
/// The letters of a signature survive all of these, the bytes around them do not.
fn is_mangled(head: &[u8]) -> bool {
    const REPLACED: &[u8] = "\u{FFFD}".as_bytes();
    let has = |letters: &[u8], length: usize| {
        let start = &head[..head.len().min(length)];
        find(start, letters).is_some()
    };
    match supported(head) {
        Some(SourceFormat::Jpeg | SourceFormat::Png) => return false,
        // A control character follows the letters of PNG. (Icons contain whole PNGs, but later.)
        None if has(b"JFIF\0", 24) || has(b"PNG", 8) && has(b"\x1A", 16) => return true,
        _ if is_plain_text(head) => return false,
        _ => {}
    }
    let trimmed = without_mark(head).trim_ascii_start();
    if trimmed.len() < head.len() && supported(trimmed).is_some() {
        return true;
    }
    // Beyond ASCII, images are not UTF-8.
    let rest = || find(head, REPLACED).map(|place| &head[place + REPLACED.len()..]);
    let replaced = || rest().is_some_and(|rest| find(rest, REPLACED).is_some());
    let characters = || head.iter().filter(|&&byte| byte >= 0xC0).count();
    let mut latin_1 = [&b"GIF8"[..], b"RIFF", b"\xC3\xBF\xC3\x98"].into_iter();
    is_utf8(head)
        && (replaced() || characters() >= 4 && latin_1.any(|start| head.starts_with(start)))
}

/// The bytes after a byte order mark of UTF-8.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Whether the head of a file is UTF-8. Its last character may be cut.
fn is_utf8(head: &[u8]) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && head.len() == HEAD,
    }
}

/// Whether the head of a file is UTF-8 without control characters other than white space.
fn is_plain_text(head: &[u8]) -> bool {
    is_utf8(head) && head.iter().all(is_printable)
}

fn is_printable(byte: &u8) -> bool {
    *byte >= b' ' || byte.is_ascii_whitespace()
}

/// Why a file that is not decoded is refused.
fn refusal(bytes: &[u8]) -> Error {
    let named = camera_raw(bytes)
        .or_else(|| signature(bytes))
        .or_else(|| isobmff(bytes));
    if let Some((name, feature)) = named {
        let advice = advice(feature);
        return Error::unsupported(feature, format!("{name} is not supported; {advice}"));
    }
    match text(bytes) {
        Some((message, feature)) => Error::unsupported(feature, message),
        None => Error::unsupported(
            Feature::UnknownFormat,
            "not an image in a known format; use JPEG, PNG, WebP, GIF or BMP",
        ),
    }
}

fn advice(feature: Feature) -> &'static str {
    match feature {
        Feature::CameraRaw => "export the photo as JPEG",
        Feature::Video => "use a still photo",
        Feature::Zip | Feature::Gzip | Feature::Archive => "unpack it and use the photo in it",
        _ => "use JPEG, PNG, WebP, GIF or BMP",
    }
}

/// A name for a person, and one for a program.
type Named = (&'static str, Feature);

/// Raw files that have a signature of their own.
const RAW: [(&[u8], &str); 9] = [
    (b"FUJIFILMCCD-RAW", "a camera's raw file (Fujifilm RAF)"),
    (b"IIRO", "a camera's raw file (Olympus ORF)"),
    (b"IIRS", "a camera's raw file (Olympus ORF)"),
    (b"MMOR", "a camera's raw file (Olympus ORF)"),
    (b"IIU\0", "a camera's raw file (Panasonic RW2)"),
    (b"FOVb", "a camera's raw file (Sigma X3F)"),
    (b"\0MRM", "a camera's raw file (Minolta MRW)"),
    (b"II\x1A\0\0\0HEAPCCDR", "a camera's raw file (Canon CRW)"),
    (b"II*\0\x10\0\0\0CR", "a camera's raw file (Canon CR2)"),
];

/// Raw files are TIFF files with a signature, or with a maker and directories within directories.
fn camera_raw(bytes: &[u8]) -> Option<Named> {
    const DNG_VERSION: u16 = 0xC612;
    const SUB_IFDS: u16 = 0x014A;
    let raw = |name| Some((name, Feature::CameraRaw));
    if let Some(&(_, name)) = RAW.iter().find(|(start, _)| bytes.starts_with(start)) {
        return raw(name);
    }
    if exif::has_tag(bytes, DNG_VERSION) {
        return raw("a camera's raw file (DNG)");
    }
    if !exif::has_tag(bytes, SUB_IFDS) {
        return None;
    }
    let maker = exif::maker(bytes);
    let known = MAKERS.iter().find(|(start, _)| maker.starts_with(start));
    known.and_then(|&(_, name)| raw(name))
}

/// Makers whose raw files have directories within directories.
const MAKERS: [(&[u8], &str); 12] = [
    (b"NIKON", "a camera's raw file (Nikon NEF)"),
    (b"SONY", "a camera's raw file (Sony ARW)"),
    (b"PENTAX", "a camera's raw file (Pentax PEF)"),
    (b"RICOH", "a camera's raw file (Pentax PEF)"),
    (b"SAMSUNG", "a camera's raw file (Samsung SRW)"),
    (b"Hass", "a camera's raw file (Hasselblad 3FR)"),
    (b"EASTMAN KODAK", "a camera's raw file (Kodak)"),
    (b"Kodak", "a camera's raw file (Kodak)"),
    (b"SEIKO EPSON", "a camera's raw file (Epson ERF)"),
    (b"Mamiya", "a camera's raw file (Mamiya MEF)"),
    (b"Leaf", "a camera's raw file (Leaf MOS)"),
    (b"Phase One", "a camera's raw file (Phase One)"),
];

/// Formats that are recognized to be refused by name.
const SIGNATURES: [(&[u8], Named); 50] = [
    (b"II*\0", ("TIFF", Feature::Tiff)),
    (b"MM\0*", ("TIFF", Feature::Tiff)),
    (b"II+\0", ("BigTIFF", Feature::Tiff)),
    (b"MM\0+", ("BigTIFF", Feature::Tiff)),
    (b"\xFF\x0A", ("JPEG XL", Feature::JpegXl)),
    (b"\0\0\0\x0CJXL ", ("JPEG XL", Feature::JpegXl)),
    (b"\0\0\0\x0CjP  ", ("JPEG 2000", Feature::Jpeg2000)),
    (b"\xFF\x4F\xFF\x51", ("JPEG 2000", Feature::Jpeg2000)),
    (b"II\xBC", ("JPEG XR", Feature::JpegXr)),
    (b"%PDF", ("PDF", Feature::Pdf)),
    (b"%!PS", ("PostScript", Feature::Postscript)),
    (
        b"\xC5\xD0\xD3\xC6",
        ("PostScript (EPS)", Feature::Postscript),
    ),
    (b"8BPS", ("Photoshop (PSD)", Feature::Psd)),
    (b"\0\0\x01\0", ("ICO", Feature::Ico)),
    // A cursor has at least one picture, and TGA no colors where their number would be.
    (b"\0\0\x02\0\0\0\0\0", ("TGA", Feature::UnknownFormat)),
    (b"\0\0\x02\0", ("CUR", Feature::Cur)),
    (b"icns", ("ICNS (Apple's icons)", Feature::Icns)),
    (b"gimp xcf", ("XCF (GIMP)", Feature::Xcf)),
    (b"qoif", ("QOI", Feature::Qoi)),
    (b"DDS ", ("DDS", Feature::Dds)),
    (b"v/1\x01", ("OpenEXR", Feature::Openexr)),
    (b"#?RADIANCE", ("Radiance HDR", Feature::RadianceHdr)),
    (b"#?RGBE", ("Radiance HDR", Feature::RadianceHdr)),
    (b"farbfeld", ("farbfeld", Feature::Farbfeld)),
    (b"FLIF", ("FLIF", Feature::Flif)),
    (b"BPG\xFB", ("BPG", Feature::Bpg)),
    (b"AT&TFORM", ("DjVu", Feature::Djvu)),
    (b"\xD7\xCD\xC6\x9A", ("WMF", Feature::Metafile)),
    (b"push graphic-context", ("MVG", Feature::Mvg)),
    (b"\x8BJNG", ("JNG", Feature::Jng)),
    (b"\x8AMNG", ("MNG", Feature::Mng)),
    (b"P4\n", ("PNM", Feature::Pnm)),
    (b"P5\n", ("PNM", Feature::Pnm)),
    (b"P6\n", ("PNM", Feature::Pnm)),
    (b"P7\n", ("PNM", Feature::Pnm)),
    (b"\x1F\x8B", ("gzip", Feature::Gzip)),
    (b"PK\x03\x04", ("ZIP", Feature::Zip)),
    (b"Rar!\x1A\x07", ("RAR", Feature::Archive)),
    (b"7z\xBC\xAF\x27\x1C", ("7z", Feature::Archive)),
    (b"BZh", ("bzip2", Feature::Archive)),
    (b"\xFD7zXZ\0", ("xz", Feature::Archive)),
    (b"\x28\xB5\x2F\xFD", ("Zstandard", Feature::Archive)),
    (
        b"\x1A\x45\xDF\xA3",
        ("a video (Matroska or WebM)", Feature::Video),
    ),
    (b"OggS", ("Ogg", Feature::Video)),
    (b"ID3", ("a sound (MP3)", Feature::Video)),
    (b"fLaC", ("a sound (FLAC)", Feature::Video)),
    (
        b"\x30\x26\xB2\x75",
        ("a video or a sound (ASF)", Feature::Video),
    ),
    (b"FLV\x01", ("a video (FLV)", Feature::Video)),
    (b"\0\0\x01\xBA", ("a video (MPEG)", Feature::Video)),
    (b"\0\0\x01\xB3", ("a video (MPEG)", Feature::Video)),
];

fn signature(bytes: &[u8]) -> Option<Named> {
    let known = SIGNATURES
        .iter()
        .find(|(start, _)| bytes.starts_with(start));
    let enhanced = bytes.starts_with(b"\x01\0\0\0") && bytes.get(40..44) == Some(b" EMF");
    match known {
        Some(&(_, named)) => Some(named),
        None if riff(bytes) == Some(b"AVI ") => Some(("a video (AVI)", Feature::Video)),
        None if riff(bytes) == Some(b"WAVE") => Some(("a sound (WAV)", Feature::Video)),
        None if bytes.get(128..132) == Some(b"DICM") => Some(("DICOM", Feature::Dicom)),
        None if enhanced => Some(("EMF", Feature::Metafile)),
        None => None,
    }
}

/// ISO/IEC 14496-12, 4.3: a box of type `ftyp`, its major brand and compatible brands. Older
/// QuickTime files begin with another box.
fn isobmff(bytes: &[u8]) -> Option<Named> {
    const VIDEO: Named = ("a video (ISO base media)", Feature::Video);
    match bytes.get(4..8)? {
        b"ftyp" => {}
        b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot" => return Some(VIDEO),
        _ => return None,
    }
    let length = bytes
        .first_chunk()
        .map_or(0, |&length| u32::from_be_bytes(length));
    let length = (length as usize).clamp(12, 256).min(bytes.len());
    let brands = bytes[8..length].chunks_exact(4);
    let still = brands.clone().find_map(|brand| match brand {
        b"avif" | b"avis" => Some(("AVIF", Feature::Avif)),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some(("HEIC", Feature::Heic)),
        b"crx " => Some(("a camera's raw file (Canon CR3)", Feature::CameraRaw)),
        b"jxl " => Some(("JPEG XL", Feature::JpegXl)),
        b"jp2 " | b"jpx " => Some(("JPEG 2000", Feature::Jpeg2000)),
        _ => None,
    });
    let is_heif = |brand: &[u8]| matches!(brand, b"mif1" | b"msf1" | b"mif2");
    let mut brands = brands;
    let heif = || brands.any(is_heif).then_some(("HEIF", Feature::Heif));
    still.or_else(heif).or(Some(VIDEO))
}

/// The message and the feature for a file of text. `None` if it is not text.
fn text(bytes: &[u8]) -> Option<Named> {
    const TEXT: Named = (
        "text, not an image; use JPEG, PNG, WebP, GIF or BMP",
        Feature::Text,
    );
    if is_utf16(bytes) {
        let marks = |&byte: &u8| !matches!(byte, 0 | 0xFE | 0xFF);
        let ascii: Vec<u8> = head(bytes).iter().copied().filter(marks).collect();
        return text(&ascii).or(Some(TEXT));
    }
    let start = without_mark(bytes).trim_ascii_start();
    if start.first() == Some(&b'<') {
        return Some(markup(start));
    }
    let quotes = [&b"\""[..], b"'", b"b'", b"b\""];
    let mut quotes = quotes.iter().filter_map(|quote| start.strip_prefix(*quote));
    let quoted = quotes.next().unwrap_or(start);
    if has_prefix(quoted, b"data:") || has_prefix(quoted, b"data%3A") {
        return Some((
            "a data URL, not an image; decode the part after its comma and send the bytes",
            Feature::DataUrl,
        ));
    }
    if is_base64(quoted) {
        return Some((
            "base64 text, not an image; decode it and send the bytes",
            Feature::Base64,
        ));
    }
    if is_percent_encoded(quoted) {
        return Some((
            "percent-encoded text, not an image; decode it and send the bytes",
            Feature::Text,
        ));
    }
    if has_prefix(quoted, b"http://") || has_prefix(quoted, b"https://") {
        return Some((
            "an address, not an image; fetch it and send the bytes",
            Feature::Text,
        ));
    }
    is_plain_text(head(bytes)).then_some(TEXT)
}

/// UTF-16 with a byte order mark, or whose characters are those of ASCII.
fn is_utf16(bytes: &[u8]) -> bool {
    let pairs = head(bytes).as_chunks::<2>().0;
    let is_ascii = |high: usize| {
        let ascii = |pair: &[u8; 2]| pair[high] == 0 && is_printable(&pair[1 - high]);
        !pairs.is_empty() && pairs.iter().all(ascii)
    };
    let mark = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    mark || is_ascii(0) || is_ascii(1)
}

fn has_prefix(bytes: &[u8], prefix: &[u8]) -> bool {
    let start = bytes.get(..prefix.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Base64 (RFC 4648, either alphabet) of a file that would be recognized. In an address or a form, "/" may
/// be percent-encoded and "+" be a space.
fn is_base64(text: &[u8]) -> bool {
    // JPEG, PNG, GIF, RIFF, BMP, ISO base media, SVG, XML, PDF, TIFF, ZIP, gzip.
    const STARTS: [&[u8]; 15] = [
        b"/9j/",
        b"_9j_",
        b"%2F9j%2F",
        b"iVBORw0KGgo",
        b"R0lGOD",
        b"UklGR",
        b"Qk",
        b"AAAA",
        b"PHN2Zy",
        b"PD94bW",
        b"JVBER",
        b"SUkq",
        b"TU0AK",
        b"UEsDB",
        b"H4sI",
    ];
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_=%\"' \r\n".contains(byte);
    let known = STARTS.iter().any(|start| text.starts_with(start));
    known && text.iter().take(64).all(digit)
}

/// Bytes of an image, of which those that are not letters are percent-encoded (RFC 3986, 2.1).
fn is_percent_encoded(text: &[u8]) -> bool {
    let known = [&b"%FF%D8"[..], b"%89PNG", b"GIF8", b"RIFF"];
    let known = known.iter().any(|start| has_prefix(text, start));
    known && text.iter().take(64).any(|&byte| byte == b'%')
}

const SVG: Named = (
    "SVG is not supported; use JPEG, PNG, WebP, GIF or BMP",
    Feature::Svg,
);
const HTML: Named = (
    "an HTML page, not an image; use the address of the image itself",
    Feature::Html,
);
const XML: Named = (
    "XML is not supported; use JPEG, PNG, WebP, GIF or BMP",
    Feature::Xml,
);

/// Elements of HTML, of which a part of a page has one.
const HTML_ELEMENTS: [&[u8]; 10] = [
    b"<html", b"<head", b"<body", b"<script", b"<title", b"<meta", b"<h1", b"<div", b"<pre",
    b"<style",
];

/// The kind of markup, by its document type or first element. The prolog and comments before it are
/// skipped, however long they are.
fn markup(text: &[u8]) -> Named {
    let mut rest = text;
    loop {
        rest = rest.trim_ascii_start();
        let end: &[u8] = match rest {
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            [b'<', b'?', ..] => b"?>",
            _ => break,
        };
        match find(rest, end) {
            Some(at) => rest = &rest[at + end.len()..],
            None => return XML,
        }
    }
    let head = head(rest).to_ascii_lowercase();
    let contains = |word: &[u8]| find(&head, word).is_some();
    if head.starts_with(b"<!doctype html") || head.starts_with(b"<html") {
        HTML
    } else if contains(b"<svg") || head.starts_with(b"<!doctype svg") || contains(b":svg ") {
        SVG
    } else if HTML_ELEMENTS.into_iter().any(contains) {
        HTML
    } else {
        XML
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::metadata::tests::tiff;

    fn refused(bytes: &[u8]) -> (&'static str, String) {
        let error = sniff(bytes).unwrap_err();
        let feature = error.feature().map_or("malformed", Feature::name);
        (feature, error.to_string())
    }

    /// A TIFF file whose one entry has `tag` and an offset as its value.
    fn tiff_with(tag: u16, behind: &[u8]) -> Vec<u8> {
        let mut file = tiff(false, 3, 2, 9, 0);
        file[10..12].copy_from_slice(&tag.to_le_bytes());
        file.truncate(26);
        file.extend(behind);
        file
    }

    #[test]
    fn files_that_are_not_decoded_are_named() {
        let long = [
            b"<!--".as_slice(),
            &[b'x'; 20_000],
            b"--><!DOCTYPE html><p>",
        ]
        .concat();
        let utf_16: Vec<u8> = "<!doctype html>"
            .bytes()
            .flat_map(|byte| [byte, 0])
            .collect();
        let cases: [(&[u8], &str, &str); 44] = [
            (b"\0\0\0\x1Cftypheic\0\0\0\0mif1heic", "heic", "HEIC"),
            (b"\0\0\0\x1Cftypmif1\0\0\0\0avifmif1", "avif", "AVIF"),
            (
                b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom",
                "camera_raw",
                "raw file (Canon CR3)",
            ),
            (b"\0\0\0\x18ftypisom", "video", "video"),
            (b"\0\0\0\x08wide\0\0\0\0mdat", "video", "video"),
            (
                b"II*\0\x10\0\0\0CR\x02\0",
                "camera_raw",
                "raw file (Canon CR2)",
            ),
            (
                b"FUJIFILMCCD-RAW 0201",
                "camera_raw",
                "raw file (Fujifilm RAF)",
            ),
            (b"IIRO\x08\0\0\0", "camera_raw", "raw file (Olympus ORF)"),
            (&tiff_with(0xC612, b""), "camera_raw", "raw file (DNG)"),
            (&tiff_with(0x0100, b""), "tiff", "TIFF"),
            (b"MM\0*\0\0", "tiff", "TIFF"),
            (b"%PDF-1.7", "pdf", "PDF"),
            (b"RIFF\x10\0\0\0AVI LIST", "video", "AVI"),
            (b"\x89PNG\r\n\x1A\n\0\0\0\x04CgBI", "png_cgbi", "Xcode"),
            (b"\xEF\xBB\xBF <?xml version='1.0'?><svg/>", "svg", "SVG"),
            (b"<?xml version='1.0'?><!DOCTYPE svg PUBLIC>", "svg", "SVG"),
            (b"<a><b/></a>", "xml", "XML"),
            (&long, "html", "HTML page"),
            (b"\n<head><title>Not found", "html", "HTML page"),
            (b"<html>\xEF\xBF\xBD\xEF\xBF\xBD", "html", "HTML page"),
            (b"BMW is a car", "text", "not an image"),
            (
                b"BM\n\n\n\n\n\n\n\n\n\n\n\nBuy milk and more",
                "text",
                "not an image",
            ),
            (b"{\"error\": \"not found\"}", "text", "not an image"),
            (b"https://example.org/photo.jpg", "text", "address"),
            (b"/9j/4AAQSkZJRgABAQAAAQABAAD", "base64", "base64 text"),
            (b"\"iVBORw0KGgoAAAANSUhEUgAAAMA", "base64", "base64 text"),
            (b"data:image/png;base64,iVBORw0KGgo", "data_url", "data URL"),
            (
                b"data%3Aimage%2Fpng%3Bbase64%2CiVBORw0",
                "data_url",
                "data URL",
            ),
            (b"b'/9j/4AAQSkZJRgABAQAAAQABAAD'", "base64", "base64 text"),
            (b"%2F9j%2F4AAQSkZJRgABAQAAAQABAAD", "base64", "base64 text"),
            (b"R0lGODlhKAAeAIcAAFtbW1paWl5 XV", "base64", "base64 text"),
            (b"Qk2iDgAAAAAAADYAAAAoAAAAKAAAAB", "base64", "base64 text"),
            (b"%FF%D8%FF%E0%00%10JFIF", "text", "percent-encoded"),
            (b"GIF89a%28%00%1E%00%87", "text", "percent-encoded"),
            (b"GIF89a is a format", "text", "not an image"),
            (&utf_16, "html", "HTML page"),
            (b"\xFE\xFF\0h\0i\x20\xAC", "text", "not an image"),
            (b"<h1>Forbidden</h1>", "html", "HTML page"),
            (b"\0\0\0\x08free\0\0\0\x08moov", "video", "video"),
            (b"RIFF\x10\0\0\0WAVEfmt ", "video", "sound"),
            (b"\0\0\x02\0\x01\0\x20\x20", "cur", "CUR"),
            (b"\0\0\x02\0\0\0\0\0\0\0\0\0", "unknown_format", "TGA"),
            (
                b"icns\0\0\x01\0ic07\0\0\0\xF8\x89PNG\r\n\x1A\n",
                "icns",
                "icons",
            ),
            (b"\x01\x02\x03\x04", "unknown_format", "known format"),
        ];
        let built_in = |feature| {
            feature == "heic" && cfg!(feature = "heic")
                || feature == "avif" && cfg!(feature = "avif")
        };
        for (bytes, feature, words) in cases.into_iter().filter(|case| !built_in(case.1)) {
            let (got, message) = refused(bytes);
            assert_eq!(got, feature, "{message}");
            assert!(
                message.contains(words) && message.contains(';'),
                "{message}"
            );
        }
    }

    #[cfg(feature = "heic")]
    #[test]
    fn heic_is_recognized_by_its_brands_and_heif_of_any_codec_too() {
        for brands in [
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            b"\0\0\0\x18ftypmif1\0\0\0\0mif1heix",
            b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf",
        ] {
            assert_eq!(sniff(brands), Ok(SourceFormat::Heic));
        }
    }

    #[test]
    fn raw_files_are_distinguished_from_other_tiff_files_by_maker_and_directories() {
        // An entry for the maker, and one for directories.
        let mut nef = b"II*\0\x08\0\0\0\x02\0".to_vec();
        nef.extend(b"\x0F\x01\x02\0\x12\0\0\0\x26\0\0\0");
        nef.extend(b"\x4A\x01\x04\0\x02\0\0\0\0\0\0\0");
        nef.extend(b"\0\0\0\0NIKON CORPORATION\0");
        assert_eq!(refused(&nef).0, "camera_raw");
        assert!(refused(&nef).1.contains("Nikon NEF"));
        nef[22] = 0;
        assert_eq!(refused(&nef).0, "tiff");
    }

    #[test]
    fn bytes_that_a_text_decoder_changed_are_malformed() {
        let cases: [&[u8]; 17] = [
            b"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\0\x10JFIF",
            b"\xEF\xBF\xBDPNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\xEF\xBF\xBD",
            b"RIFF\xEF\xBF\xBD\xEF\xBF\xBD\0\0WEBPVP8 ",
            b"GIF89a\x01\0\x01\0\xEF\xBF\xBD\0\0\xEF\xBF\xBD\xEF\xBF\xBD",
            b"\xC3\xBF\xC3\x98\xC3\xBF\xC3\xA0\0\x10JFIF",
            b"\x89PNG\n\x1A\n\0\0\0\rIHDR",
            b"\x89PNG\r\r\n\x1A\r\n\0\0\0\rIHDR",
            b"\x89PNG\r\r\x1A\r\0\0\0\rIHDR",
            b"?PNG\r\n\x1A\n\0\0\0\rIHDR",
            b"PNG\r\n\x1A\n\0\0\0\rIHDR",
            b"????\0\x10JFIF\0\x01\x01",
            b"\0\x10JFIF\0\x01\x01",
            b"GIF89a(\0\x1E\0\xC2\x87\0\0\xC3\xBF\xC3\xBE\xC3\xBD",
            b"RIFF\xC2\x9A\x02\0\0WEBPVP8 \xC2\x8E\xC3\xB0\xC2\x9D\0",
            b"\xEF\xBB\xBF\xFF\xD8\xFF\xE1\0\x10Exif\0\0",
            b"\r\n\x89PNG\r\n\x1A\n\0\0\0\rIHDR",
            b"\nGIF89a(\0\x1E\0\x80\0\0",
        ];
        for bytes in cases {
            let (feature, message) = refused(bytes);
            assert!(
                feature == "malformed" && message.contains("text"),
                "{message}"
            );
        }
    }

    #[test]
    fn an_empty_file_and_zeros_are_malformed() {
        for zeros in [0, 1, HEAD, HEAD + 9] {
            assert_eq!(refused(&vec![0; zeros]).0, "malformed", "{zeros}");
        }
    }

    #[test]
    fn other_makers_of_raw_files_are_named() {
        for (start, name) in MAKERS {
            let mut raw = b"II*\0\x08\0\0\0\x02\0".to_vec();
            raw.extend(b"\x0F\x01\x02\0\x12\0\0\0\x22\0\0\0");
            raw.extend(b"\x4A\x01\x04\0\x02\0\0\0\0\0\0\0");
            raw.extend(start);
            assert!(refused(&raw).1.starts_with(name), "{name}");
        }
    }

    #[test]
    fn every_supported_format_is_recognized() {
        let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0".to_vec();
        bmp.extend(40u32.to_le_bytes());
        let cases: [(&[u8], SourceFormat); 5] = [
            (b"\xFF\xD8\xFF\xE0", SourceFormat::Jpeg),
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", SourceFormat::Png),
            (b"RIFF\x10\0\0\0WEBPVP8 ", SourceFormat::Webp),
            (b"GIF87a", SourceFormat::Gif),
            (&bmp, SourceFormat::Bmp),
        ];
        for (bytes, format) in cases {
            assert_eq!(sniff(bytes), Ok(format));
        }
    }
}
