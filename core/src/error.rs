//! The error of every fallible function, sorted by who is at fault.

use std::borrow::Cow;
use std::fmt;

use crate::format::SourceFormat;

/// The result of every fallible function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a render was refused.
///
/// Match on its [`kind`](Error::kind) to react, pass its [`code`](Error::code) to other programs,
/// and print it for a person. The text may change in any release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", At(*.offset))]
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
    offset: Option<u64>,
}

/// Who is at fault, and therefore who can fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file is damaged, or is not in the format that it claims. Choose another file.
    Malformed,
    /// The file may be sound, but its format or a feature of it is not handled here.
    Unsupported(Feature),
    /// The file needs more than [`Limits`](crate::Limits) allows.
    LimitExceeded {
        /// The exceeded limit.
        limit: Limit,
        /// The amount that the file needs, at least.
        wanted: u64,
        /// The value of the limit.
        allowed: u64,
    },
    /// The options cannot be met. The caller is at fault, not the file.
    InvalidOptions,
    /// A defect of roundel. Please report it.
    Internal,
}

/// Declares [`Feature`] and its names together, so that neither can lack an entry.
macro_rules! features {
    ($($(#[doc = $doc:literal])+ $feature:ident = $name:literal,)+) => {
        /// A format, or a feature of one, that is recognized but not handled.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Feature {
            $($(#[doc = $doc])+ $feature,)+
        }

        impl Feature {
            /// Every feature.
            pub const ALL: &'static [Self] = &[$(Self::$feature,)+];

            /// The stable name in snake case, for example `heic` or `icc_tables`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$feature => $name,)+
                }
            }
        }
    };
}

features! {
    /// A file of no known format.
    UnknownFormat = "unknown_format",
    /// AVIF.
    Avif = "avif",
    /// HEIC: HEIF with HEVC.
    Heic = "heic",
    /// HEIF with another codec.
    Heif = "heif",
    /// JPEG XL.
    JpegXl = "jpeg_xl",
    /// JPEG 2000.
    Jpeg2000 = "jpeg_2000",
    /// TIFF or BigTIFF.
    Tiff = "tiff",
    /// SVG.
    Svg = "svg",
    /// HTML.
    Html = "html",
    /// Another XML document.
    Xml = "xml",
    /// PDF.
    Pdf = "pdf",
    /// PostScript.
    Postscript = "postscript",
    /// Photoshop (PSD).
    Psd = "psd",
    /// Windows icon.
    Ico = "ico",
    /// Windows cursor.
    Cur = "cur",
    /// QOI.
    Qoi = "qoi",
    /// DirectDraw surface.
    Dds = "dds",
    /// OpenEXR.
    Openexr = "openexr",
    /// Radiance HDR.
    RadianceHdr = "radiance_hdr",
    /// farbfeld.
    Farbfeld = "farbfeld",
    /// gzip archive.
    Gzip = "gzip",
    /// ZIP archive.
    Zip = "zip",
    /// Magick vector graphics.
    Mvg = "mvg",
    /// JPEG network graphics.
    Jng = "jng",
    /// A video or a sound.
    Video = "video",
    /// A camera's raw file.
    CameraRaw = "camera_raw",
    /// A PNG that Xcode optimized for iOS (CgBI).
    PngCgbi = "png_cgbi",
    /// JPEG XR.
    JpegXr = "jpeg_xr",
    /// Apple's icons.
    Icns = "icns",
    /// GIMP.
    Xcf = "xcf",
    /// FLIF.
    Flif = "flif",
    /// BPG.
    Bpg = "bpg",
    /// DjVu.
    Djvu = "djvu",
    /// DICOM.
    Dicom = "dicom",
    /// Windows metafile.
    Metafile = "metafile",
    /// Multiple-image network graphics.
    Mng = "mng",
    /// Portable anymap.
    Pnm = "pnm",
    /// An archive other than gzip and ZIP.
    Archive = "archive",
    /// Base64 text.
    Base64 = "base64",
    /// A data URL.
    DataUrl = "data_url",
    /// Other text.
    Text = "text",
    /// A JPEG with arithmetic coding.
    JpegArithmetic = "jpeg_arithmetic",
    /// A lossless JPEG.
    JpegLossless = "jpeg_lossless",
    /// A hierarchical JPEG.
    JpegHierarchical = "jpeg_hierarchical",
    /// A JPEG with 12 bits per sample.
    Jpeg12Bit = "jpeg_12_bit",
    /// A JPEG of 2 components, or of more than 4.
    JpegComponents = "jpeg_components",
    /// A PNG with an unknown compression, filter or interlace method.
    PngMethod = "png_method",
    /// A WebP with an unknown version or color space.
    Webp = "webp",
    /// A GIF that the decoder does not handle.
    Gif = "gif",
    /// A BMP with a compression that the decoder does not handle.
    BmpCompression = "bmp_compression",
    /// An ICC profile made of tables, in a build without the feature `icc-tables`.
    IccTables = "icc_tables",
    /// A crop that follows faces or attention, in a build without the feature `subject`.
    SubjectCrop = "subject_crop",
    /// An animated avatar, in a build without the feature `animation`.
    Animation = "animation",
}

/// The name of one of the [`Limits`](crate::Limits), or of the limit of an avatar's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Size of the file in bytes.
    InputBytes,
    /// Stored width in pixels.
    Width,
    /// Stored height in pixels.
    Height,
    /// Stored width times height; in an animated avatar, of all frames.
    Pixels,
    /// Bytes that one render holds at once.
    Memory,
    /// Frames of an animation.
    Frames,
    /// Milliseconds of an animated avatar.
    DurationMs,
    /// Scans of a progressive JPEG.
    Scans,
    /// Samples decoded plus coefficients parsed.
    Work,
    /// Bytes of an avatar, [`Options::max_bytes`](crate::Options::max_bytes).
    MaxBytes,
}

impl Limit {
    /// The stable name, as in the field of [`Limits`](crate::Limits) or of the options.
    pub fn name(self) -> &'static str {
        match self {
            Limit::InputBytes => "input_bytes",
            Limit::Width => "width",
            Limit::Height => "height",
            Limit::Pixels => "pixels",
            Limit::Memory => "memory",
            Limit::Frames => "frames",
            Limit::DurationMs => "duration_ms",
            Limit::Scans => "scans",
            Limit::Work => "work",
            Limit::MaxBytes => "max_bytes",
        }
    }
}

impl ErrorKind {
    /// The stable code of this kind. See [`Error::code`].
    pub fn code(self) -> &'static str {
        match self {
            ErrorKind::Malformed => "malformed",
            ErrorKind::Unsupported(_) => "unsupported",
            ErrorKind::LimitExceeded { .. } => "limit_exceeded",
            ErrorKind::InvalidOptions => "invalid_options",
            ErrorKind::Internal => "internal",
        }
    }
}

impl Error {
    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// A stable, machine-readable code, the same on every surface: `malformed`, `unsupported`,
    /// `limit_exceeded`, `invalid_options` or `internal`.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The feature that is not handled, of an `Unsupported` error.
    pub fn feature(&self) -> Option<Feature> {
        match self.kind {
            ErrorKind::Unsupported(feature) => Some(feature),
            _ => None,
        }
    }

    /// The position of the error in the file, in bytes from its start, if known.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    pub(crate) fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Malformed, message)
    }

    pub(crate) fn unsupported(feature: Feature, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported(feature), message)
    }

    pub(crate) fn invalid_options(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidOptions, message)
    }

    pub(crate) fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// Adds to the message of a malformed file what it is, unless that is named, and a remedy.
    pub(crate) fn in_file(mut self, format: SourceFormat) -> Self {
        if self.kind == ErrorKind::Malformed {
            let (title, message) = (format.title(), &*self.message);
            let mut words = message.as_bytes().windows(title.len());
            let parts = match words.any(|word| word == title.as_bytes()) {
                true => ["", "", "", message],
                false => ["the ", title, " is damaged: ", message],
            };
            self.message = (parts.concat() + "; use another copy of the photo").into();
        }
        self
    }

    /// Whether the memory limit was exceeded.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        let limit = Limit::Memory;
        matches!(self.kind(), ErrorKind::LimitExceeded { limit: exceeded, .. } if exceeded == limit)
    }

    pub(crate) fn limit(limit: Limit, wanted: u64, allowed: u64) -> Self {
        let name = limit.name();
        let message = format!("the limit `{name}` is {allowed}, and this render needs {wanted}");
        Self::limit_with(limit, wanted, allowed, message)
    }

    /// An exceeded limit with a message of its own.
    pub(crate) fn limit_with(limit: Limit, wanted: u64, allowed: u64, message: String) -> Self {
        let kind = ErrorKind::LimitExceeded {
            limit,
            wanted,
            allowed,
        };
        Self::new(kind, message)
    }

    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset as u64);
        self
    }

    fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            offset: None,
        }
    }
}

/// The suffix of a message with a known position.
struct At(Option<u64>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_with_the_position() {
        let error = Error::malformed("no scan").at(17);
        assert_eq!(error.to_string(), "no scan (at byte 17)");
        assert_eq!((error.code(), error.offset()), ("malformed", Some(17)));
    }

    #[test]
    fn the_message_of_a_malformed_file_names_its_format_once_and_a_remedy() {
        let text = |error: Error, format| error.in_file(format).to_string();
        assert_eq!(
            text(Error::malformed("no scan").at(17), SourceFormat::Jpeg),
            "the JPEG is damaged: no scan; use another copy of the photo (at byte 17)"
        );
        assert_eq!(
            text(Error::malformed("the GIF has no image"), SourceFormat::Gif),
            "the GIF has no image; use another copy of the photo"
        );
        let other = Error::internal("no decoder");
        assert_eq!(text(other, SourceFormat::Gif), "no decoder");
    }

    #[test]
    fn features_have_distinct_names_in_snake_case() {
        let names: std::collections::BTreeSet<_> = Feature::ALL.iter().map(|f| f.name()).collect();
        assert_eq!(names.len(), Feature::ALL.len());
        let snake = |name: &&str| {
            name.bytes()
                .all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        assert!(names.iter().all(snake));
    }

    #[test]
    fn the_message_of_a_limit_names_it_and_both_values() {
        let text = Error::limit(Limit::Pixels, 300, 256).to_string();
        assert_eq!(text, "the limit `pixels` is 256, and this render needs 300");
    }
}
