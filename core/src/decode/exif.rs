//! The one EXIF tag that matters here.

use image::metadata::Orientation as Tag;

use crate::geometry::Orientation;

/// The orientation in a TIFF block; as stored if it has none or is damaged.
pub(super) fn orientation(tiff: &[u8]) -> Orientation {
    // Some writers leave the JPEG segment's signature in front.
    let tiff = tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff);
    let tag = Tag::from_exif_chunk(tiff);
    tag.and_then(|tag| Orientation::from_exif(tag.to_exif().into()))
        .unwrap_or_default()
}
