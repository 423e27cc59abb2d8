//! The two codings of pictures, behind one door.
//!
//! A codec has two functions: `format` reads the configuration of a picture and decodes nothing;
//! `decode` decodes it and lends its planes. Both are compiled only with the codec's feature.

#[cfg(feature = "avif")]
use super::av1;
use super::coded::{CodedFormat, UsePicture};
use super::container::{CodedItem, PictureCodec};
#[cfg(feature = "heic")]
use super::hevc;
use super::planes::PlanarPicture;
use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::limits::Budget;

/// A coded picture may exceed the stated size by less than a coding tree block.
const PADDING: u32 = 64;

/// Reads the configuration of a picture, and compares the sizes.
pub(super) fn format(item: &CodedItem<'_>, budget: &Budget) -> Result<CodedFormat> {
    budget.limits().check_size(item.size)?;
    let format = match item.codec {
        #[cfg(feature = "heic")]
        PictureCodec::Hevc => hevc::format(item),
        #[cfg(feature = "avif")]
        PictureCodec::Av1 => av1::format(item),
        #[cfg(not(all(feature = "heic", feature = "avif")))]
        codec => Err(not_built(codec)),
    }?;
    match format.size {
        Some(size) if !is_padded(item.size, size) => Err(contradiction()),
        _ => Ok(format),
    }
}

/// Decodes a picture of the form `expected` and passes it on. It is reduced to 1 / `shrink` afterwards.
/// Where that hides the loop filters, which smooth the edges of blocks, they are skipped.
///
/// # Errors
///
/// `Malformed` if it is damaged; `LimitExceeded` before memory is allocated.
pub(super) fn decode(
    item: &CodedItem<'_>,
    expected: &CodedFormat,
    shrink: u32,
    budget: &Budget,
    use_picture: &mut UsePicture<'_>,
) -> Result<()> {
    budget.work(item.size.pixels() * expected.channels() as u64)?;
    let mut checked = |picture: &PlanarPicture<'_>| {
        check(picture, item, expected)?;
        use_picture(picture)
    };
    match item.codec {
        #[cfg(feature = "heic")]
        PictureCodec::Hevc => hevc::decode(item, shrink, budget, &mut checked),
        #[cfg(feature = "avif")]
        PictureCodec::Av1 => av1::decode(item, shrink, budget, &mut checked),
        #[cfg(not(all(feature = "heic", feature = "avif")))]
        codec => Err(not_built(codec)),
    }
}

fn check(picture: &PlanarPicture<'_>, item: &CodedItem<'_>, expected: &CodedFormat) -> Result<()> {
    let fits = is_padded(item.size, picture.size) && picture.is_whole();
    let same = picture.bits == expected.bits && picture.subsampling == expected.subsampling;
    if fits && same {
        Ok(())
    } else {
        Err(contradiction())
    }
}

/// Whether a picture of the size `coded` may be stated to have the size `stated`.
fn is_padded(stated: Size, coded: Size) -> bool {
    let side =
        |stated: u32, coded: u32| coded.checked_sub(stated).is_some_and(|more| more < PADDING);
    side(stated.width, coded.width) && side(stated.height, coded.height)
}

fn contradiction() -> Error {
    Error::malformed("a picture of the file has another form than stated")
}

/// A codec whose feature is off.
#[cfg(not(all(feature = "heic", feature = "avif")))]
fn not_built(codec: PictureCodec) -> Error {
    use crate::error::Feature;
    let (feature, message) = match codec {
        PictureCodec::Hevc => (
            Feature::Heic,
            "HEIC is not supported in this build; use JPEG, PNG, WebP, GIF or BMP",
        ),
        PictureCodec::Av1 => (
            Feature::Avif,
            "AVIF is not supported in this build; use JPEG, PNG, WebP, GIF or BMP",
        ),
    };
    Error::unsupported(feature, message)
}
