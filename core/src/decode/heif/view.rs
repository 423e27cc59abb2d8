//! The visible part of a picture and its rotation (ISO/IEC 23008-12, 6.5.9 to 6.5.12).
//!
//! ```text
//! region, orientation = the whole picture, as stored
//! for each property, in the order of the associations:
//!     clap:  region = the clean aperture of what is seen so far, in stored coordinates
//!     irot:  orientation = orientation, then counterclockwise by 90 degrees * angle
//!     imir:  orientation = orientation, then mirrored along an axis
//! ```
//!
//! Cropping does not depend on rotation in stored coordinates, so the order is kept without copying
//! pixels.

use super::boxes::{FieldReader, MediaBox};
use crate::error::{Error, Result};
use crate::geometry::{Orientation, Rect, Region, Size};

/// What is shown of a stored picture, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub region: Region,
    pub orientation: Orientation,
}

impl View {
    /// Applies the properties of a picture of the size `stored`.
    pub(super) fn parse<'a>(
        stored: Size,
        properties: impl Iterator<Item = MediaBox<'a>>,
    ) -> Result<Self> {
        let mut view = Self {
            region: Region::whole(stored),
            orientation: Orientation::Normal,
        };
        for property in properties {
            match &property.kind {
                b"clap" => view.crop(property.content)?,
                b"irot" => view.rotate(FieldReader(property.content).u8()? & 3),
                b"imir" => view.mirror(FieldReader(property.content).u8()? & 1),
                _ => {}
            }
        }
        Ok(view)
    }

    /// `clap` (ISO/IEC 14496-12, 12.1.4): width, height, and the offset of its center from the
    /// picture's, all as fractions.
    fn crop(&mut self, content: &[u8]) -> Result<()> {
        let upright = self.orientation.orient_size(self.region.size());
        let mut fields = FieldReader(content);
        let mut fraction = || Ok::<_, Error>((fields.u32()?, fields.u32()?));
        let (width, height) = (fraction()?, fraction()?);
        let (x, y) = (fraction()?, fraction()?);
        let (left, right) = clean_span(upright.width, width, x)?;
        let (top, bottom) = clean_span(upright.height, height, y)?;
        let seen = Rect {
            x: left.into(),
            y: top.into(),
            width: (right - left).into(),
            height: (bottom - top).into(),
        };
        let stored = self.orientation.stored_rect(seen, upright);
        let (x0, y0) = (
            self.region.x0 + stored.x as u32,
            self.region.y0 + stored.y as u32,
        );
        self.region = Region {
            x0,
            y0,
            x1: x0 + stored.width as u32,
            y1: y0 + stored.height as u32,
        };
        Ok(())
    }

    /// Counterclockwise.
    fn rotate(&mut self, quarters: u8) {
        let (mirrored, turns) = turns(self.orientation);
        self.orientation = from_turns(mirrored, turns + 4 - quarters);
    }

    /// Axis 0 exchanges top and bottom, axis 1 left and right.
    fn mirror(&mut self, axis: u8) {
        let (mirrored, turns) = turns(self.orientation);
        let turns = if axis == 0 { 6 - turns } else { 4 - turns };
        self.orientation = from_turns(!mirrored, turns);
    }
}

/// An orientation as a mirroring from left to right, and then quarter turns clockwise.
fn turns(orientation: Orientation) -> (bool, u8) {
    match orientation {
        Orientation::Normal => (false, 0),
        Orientation::Rotate90 => (false, 1),
        Orientation::Rotate180 => (false, 2),
        Orientation::Rotate270 => (false, 3),
        Orientation::FlipHorizontal => (true, 0),
        Orientation::Transverse => (true, 1),
        Orientation::FlipVertical => (true, 2),
        Orientation::Transpose => (true, 3),
    }
}

fn from_turns(mirrored: bool, quarters: u8) -> Orientation {
    let mut all = Orientation::ALL.into_iter();
    let wanted = (mirrored, quarters % 4);
    all.find(|&orientation| turns(orientation) == wanted)
        .unwrap_or_default()
}

/// The first pixel of the clean aperture in a row or column of `length`, and the one after the last.
///
/// ```text
/// first = offset + (length - clean) / 2, rounded down
/// end   = first + clean, rounded
/// ```
///
/// It is clipped to the picture, as in libheif.
fn clean_span(length: u32, clean: (u32, u32), offset: (u32, u32)) -> Result<(u32, u32)> {
    let wrong = || Error::malformed("the clean aperture of the picture is empty");
    let [clean_top, clean_bottom] = [clean.0, clean.1].map(i128::from);
    // The numerator of an offset is signed.
    let (offset_top, offset_bottom) = (i128::from(offset.0 as i32), i128::from(offset.1));
    if clean_bottom == 0 || offset_bottom == 0 {
        return Err(wrong());
    }
    let margin = i128::from(length) * clean_bottom - clean_top;
    let first = (2 * clean_bottom * offset_top + offset_bottom * margin)
        .div_euclid(2 * offset_bottom * clean_bottom);
    let end = first + (clean_top * 2 + clean_bottom).div_euclid(2 * clean_bottom);
    let clip = |at: i128| at.clamp(0, length.into()) as u32;
    if clip(first) >= clip(end) {
        return Err(wrong());
    }
    Ok((clip(first), clip(end)))
}
