//! What a render returns.

use crate::decode::SourceFormat;
use crate::digest;
use crate::geometry::{Orientation, Rect, Region, Size};
use crate::options::{Format, Rgb};

/// Avatars, and what was learnt of the photo on the way.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Rendered {
    /// One avatar for each of [`Options::sizes`](crate::Options::sizes), in their order.
    pub avatars: Vec<Avatar>,
    /// The photo.
    pub source: Source,
    /// What was decoded of it.
    pub decoded: Decoded,
    /// Stands in while an avatar loads.
    pub placeholder: Placeholder,
}

impl Rendered {
    /// One digest for all avatars together, for a folder's name: SHA-256 over their digests in
    /// hexadecimal, 64 lower-case digits.
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
    /// The part of the upright photo that it shows, in pixels of the upright photo.
    pub crop: Rect,
    /// The format of `bytes`.
    pub format: Format,
    /// The file.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub bytes: Vec<u8>,
    /// SHA-256 of `bytes`, 64 lower-case hexadecimal digits: a name under which it may be cached
    /// for ever.
    pub digest: String,
}

/// What a photo's header says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Source {
    /// Its format, by content.
    pub format: SourceFormat,
    /// Width and height as stored, before the orientation is applied.
    pub size: Size,
    /// Width and height as a person sees it, after the orientation is applied.
    pub upright_size: Size,
    /// How it is to be turned.
    pub orientation: Orientation,
    /// Whether it has an alpha channel or a transparent colour.
    pub alpha: bool,
    /// Whether it brings an ICC profile.
    pub icc: bool,
}

/// What was decoded of a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Decoded {
    /// The scale, in eighths of the stored size (8 unless the photo is a JPEG).
    pub scale: u8,
    /// The part, in pixels at that scale.
    pub region: Region,
    /// The side of the boxes of decoded pixels that were averaged to one.
    pub average: u32,
    /// Whether some of it was damaged and filled in
    /// (only with [`Options::accept_damaged`](crate::Options::accept_damaged)).
    pub damaged: bool,
}

/// Stands in while an avatar loads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Placeholder {
    /// A [ThumbHash](https://evanw.github.io/thumbhash/) of the smallest avatar, 5 to 37 bytes.
    pub thumbhash: Vec<u8>,
    /// The colour that covers most of it.
    pub color: Rgb,
}
