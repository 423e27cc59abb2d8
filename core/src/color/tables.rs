//! ICC profiles made of tables, through `moxcms`. Left out without the feature `icc-tables`.

#[cfg(feature = "icc-tables")]
use std::sync::Arc;

#[cfg(feature = "icc-tables")]
use moxcms::{ColorProfile, Layout as IccLayout, TransformExecutor, TransformOptions};

#[cfg(not(feature = "icc-tables"))]
use crate::error::Feature;
use crate::error::{Error, Result};
use crate::pixels::Layout;

/// Converts rows of samples to 8-bit sRGB.
pub(super) struct TableTransform {
    #[cfg(feature = "icc-tables")]
    executor: Arc<dyn TransformExecutor<u8> + Send + Sync>,
}

#[cfg(feature = "icc-tables")]
impl TableTransform {
    /// By the tag of this signature. `None` if it is broken.
    pub(super) fn new(layout: Layout, icc: &[u8], signature: [u8; 4]) -> Result<Option<Self>> {
        let source = match layout {
            Layout::Rgb => IccLayout::Rgb,
            // moxcms reads CMYK as any four channels.
            Layout::Rgba | Layout::Cmyk => IccLayout::Rgba,
            Layout::Gray | Layout::GrayAlpha => return Ok(None),
        };
        let target = if layout == Layout::Rgba {
            IccLayout::Rgba
        } else {
            IccLayout::Rgb
        };
        let options = TransformOptions::default();
        let Ok(profile) = ColorProfile::new_from_slice(&with_one_table(icc, signature)) else {
            return Ok(None);
        };
        let srgb = ColorProfile::new_srgb();
        let executor = profile.create_transform_8bit(source, &srgb, target, options);
        Ok(executor.ok().map(|executor| Self { executor }))
    }

    pub(super) fn transform(&self, samples: &[u8], srgb: &mut [u8]) -> Result<()> {
        let transformed = self.executor.transform(samples, srgb);
        transformed.map_err(|_| Error::internal("an ICC transform does not fit its row"))
    }
}

/// A copy without any tag but one table: moxcms refuses a profile for every tag that it cannot parse,
/// and for an invalid date.
#[cfg(feature = "icc-tables")]
fn with_one_table(icc: &[u8], wanted: [u8; 4]) -> Vec<u8> {
    let mut copy = icc.to_vec();
    if let Some(date) = copy.get_mut(24..36) {
        // 2000-01-01.
        date.copy_from_slice(&[7, 208, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    let count = copy.get(128..).and_then(<[u8]>::first_chunk);
    let count = count.map_or(0, |&count| u32::from_be_bytes(count) as usize);
    let entries = copy
        .get_mut(132..)
        .unwrap_or_default()
        .as_chunks_mut::<12>()
        .0;
    let count = count.min(entries.len());
    let entries = &mut entries[..count];
    for entry in entries {
        let signature = if entry.starts_with(&wanted) {
            *b"A2B0"
        } else {
            [0; 4]
        };
        entry[..4].copy_from_slice(&signature);
    }
    copy
}

#[cfg(not(feature = "icc-tables"))]
impl TableTransform {
    pub(super) fn new(_: Layout, _: &[u8], _: [u8; 4]) -> Result<Option<Self>> {
        Err(Error::unsupported(
            Feature::IccTables,
            "its ICC profile is made of tables, which this build of roundel leaves out",
        ))
    }

    pub(super) fn transform(&self, _: &[u8], _: &mut [u8]) -> Result<()> {
        Err(Error::internal("this build has no ICC transforms"))
    }
}
