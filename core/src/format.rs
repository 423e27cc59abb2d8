//! The formats that photos are read from and avatars are written in.

#[cfg(feature = "serde")]
use crate::names::read_by_name;

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
    /// HEIC: HEIF with HEVC. Only with the feature `heic`.
    Heic,
    /// AVIF: HEIF with AV1, the first frame of a sequence. Only with the feature `avif`.
    Avif,
    /// No file: [`Pixels`](crate::Pixels) decoded by the caller.
    Pixels,
}

impl SourceFormat {
    /// The lower-case name: `jpeg`, `png`, `webp`, `gif`, `bmp`, `heic`, `avif` or `pixels`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::Pixels => "pixels",
        }
    }

    /// The name in messages.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::Pixels => "photo",
        }
    }
}

/// A format that avatars are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Format {
    /// JPEG, 8 bits, YCbCr, optimized Huffman tables.
    Jpeg,
    /// PNG, lossless: a palette, gray or RGB at up to 8 bits, whichever is smallest, with alpha only
    /// if a pixel is not opaque.
    Png,
    /// WebP: lossy with `YCbCr` at 4:2:0 and lossless alpha, or lossless.
    Webp,
    /// AVIF, lossy, 10 bits, `YCbCr` at 4:4:4. Only with the feature `avif-out`.
    Avif,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::Webp, Self::Avif];

    /// The name in options: `jpeg`, `png`, `webp` or `avif`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Avif => "avif",
        }
    }

    /// The usual file name extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Avif => "avif",
        }
    }

    /// The media type (IANA), as in a `Content-Type` header.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
        }
    }

    /// Whether the format can store transparency.
    pub(crate) fn has_alpha(self) -> bool {
        self != Self::Jpeg
    }
}

/// How much time an encoder spends on a smaller file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Effort {
    /// Fast enough for a request.
    #[default]
    Default,
    /// The smallest file at the same look.
    Small,
}

#[cfg(feature = "serde")]
read_by_name!(Effort { "default" => Default, "small" => Small });

/// How many chroma samples a JPEG keeps for each luma sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Subsampling {
    /// 4:4:4, all of them.
    #[cfg_attr(feature = "serde", serde(rename = "4:4:4"))]
    Full,
    /// 4:2:2, half horizontally.
    #[cfg_attr(feature = "serde", serde(rename = "4:2:2"))]
    Half,
    /// 4:2:0, half horizontally and half vertically.
    #[cfg_attr(feature = "serde", serde(rename = "4:2:0"))]
    Quarter,
}

#[cfg(feature = "serde")]
read_by_name!(Subsampling { "4:4:4" => Full, "4:2:2" => Half, "4:2:0" => Quarter });

impl Subsampling {
    /// How many of an image's samples are kept, if it has three channels.
    pub(crate) fn kept(self, samples: u64) -> u64 {
        match self {
            Self::Full => samples,
            Self::Half => samples * 2 / 3,
            Self::Quarter => samples / 2,
        }
    }
}
