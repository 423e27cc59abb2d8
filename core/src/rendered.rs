//! The result of a render.

use crate::digest;
use crate::format::{Format, SourceFormat};
use crate::geometry::{Orientation, Rect, Region, Size};
use crate::pixels::Rgb;

/// Avatars, and facts about their photo.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rendered {
    /// The avatars of the first of [`Options::sizes`](crate::Options::sizes), one for each of
    /// [`Options::formats`](crate::Options::formats); then those of the second size; and so on.
    pub avatars: Vec<Avatar>,
    /// The photo, from its header.
    pub source: Source,
    /// The part that was decoded, and its scale.
    pub decoded: Decoded,
    /// The faces that were found, that with the highest score first. Empty unless the crop follows
    /// [faces](crate::Subject::Face).
    pub faces: Vec<Face>,
    /// A preview to show while an avatar loads.
    pub placeholder: Placeholder,
}

impl Rendered {
    /// One digest for all avatars together, for the name of a folder: SHA-256 over their
    /// hexadecimal digests, as 64 lower-case hexadecimal digits.
    pub fn digest(&self) -> String {
        let all: String = self
            .avatars
            .iter()
            .map(|avatar| avatar.digest.as_str())
            .collect();
        digest::sha256(all.as_bytes())
    }
}

/// One finished avatar.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Avatar {
    /// Width and height in pixels.
    pub size: Size,
    /// The part of the photo that it shows, in pixels of the upright photo.
    pub crop: Rect,
    /// The format of `bytes`.
    pub format: Format,
    /// The frames in the file: 1, or more if it is [animated](crate::Options::animated). Frames of the
    /// photo that look the same one after the other are one.
    pub frames: u32,
    /// Milliseconds that all frames take together, 0 for a still.
    pub duration_ms: u64,
    /// The file.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes` as 64 lower-case hexadecimal digits: a name that may be cached without
    /// expiry.
    pub digest: String,
}

/// A face in a photo. It says where a face is, and not whose.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Face {
    /// From the brows to the chin, in pixels of the upright photo. It may reach beyond the photo.
    pub rect: Rect,
    /// How likely it is a face, 0.68 to 1. Less likely ones are left out.
    pub score: f64,
}

/// Facts from the header of a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Source {
    /// Its format, recognized by its content.
    pub format: SourceFormat,
    /// Width and height in pixels as stored, before the orientation is applied.
    pub size: Size,
    /// Width and height in pixels after the orientation is applied.
    pub upright_size: Size,
    /// The EXIF orientation, 1 to 8. It is already applied to every avatar.
    pub orientation: Orientation,
    /// Whether it has an alpha channel or a transparent color.
    pub alpha: bool,
    /// Whether it contains an ICC profile.
    pub icc: bool,
}

/// The part of a photo that was decoded, and its scale.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Decoded {
    /// The scale in eighths of the stored size, 1 to 8. 8 unless the photo is a JPEG or a lossy WebP.
    pub scale: u8,
    /// The decoded part, in stored pixels at that scale.
    pub region: Region,
    /// The side of the boxes of decoded pixels that were averaged to one pixel, 1 to 255.
    pub average: u32,
    /// Whether a part was damaged and filled in. Only with
    /// [`Options::accept_damaged`](crate::Options::accept_damaged).
    pub damaged: bool,
    /// The share of `region`'s pixels that were damaged or absent and were filled in, 0 to 1. More
    /// than 0 if and only if `damaged`. It is one number for all avatars.
    pub missing: f64,
}

/// A preview to show while an avatar loads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Placeholder {
    /// The [ThumbHash](https://evanw.github.io/thumbhash/) of the smallest avatar, 5 to 37 bytes.
    pub thumbhash: Vec<u8>,
    /// The dominant color of the smallest avatar.
    pub color: Rgb,
}
