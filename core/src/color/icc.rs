//! ICC profiles (ICC.1:2022) to curves and a matrix, or to a table.
//!
//! ```text
//! header     128 bytes; at 16 the color space of the samples, at 36 "acsp"           (7.2)
//! tag table  count, then for each tag: signature, offset, size                       (7.3)
//! tags       rXYZ gXYZ bXYZ   XYZ of the primaries                                   (10.31)
//!            rTRC gTRC bTRC   curves; kTRC: the curve of gray                        (10.6, 10.18)
//!            A2B0 A2B1 A2B2   tables                                                 (10.10 to 10.12)
//!            cicp             code points                                            (9.2.17)
//! ```
//!
//! Profiles in photos are often damaged. We read only the tags that we use and nothing that is not
//! needed to find them: no sizes, no profile class, no other tag. So a profile whose tail is cut off,
//! or whose description is broken, still counts if its curves and primaries are there. As lcms does:
//!
//! - A curve may be of either type.
//! - Tables count before curves if a profile has both, as in browsers. If the tables are broken, the
//!   curves count.
//! - An RGB profile also describes gray samples: those with R = G = B. A gray profile does not
//!   describe RGB samples, and is ignored there.

use super::description::ColorDescription;
use super::matrix::{Matrix, to_srgb};
use super::tables::TableTransform;
use super::transfer::{Curve, SRGB_TO_LINEAR, TransferFunction, sample, sample_table};
use crate::error::Result;
use crate::pixels::Layout;

/// A profile that is understood.
pub(super) enum Profile {
    /// The tone reproduction curve of each channel, and a matrix unless the primaries are those of
    /// sRGB. For gray, one curve three times.
    MatrixTrc(Box<[Curve; 3]>, Option<Matrix>),
    /// The code points of high dynamic range.
    CodePoints(ColorDescription),
    /// Tables.
    Table(TableTransform),
}

impl Profile {
    /// Parses the profile of samples in `layout`. `None` if it is broken or meant for other
    /// samples.
    ///
    /// # Errors
    ///
    /// `Unsupported` for a profile made of tables, without the feature `icc-tables`.
    pub(super) fn parse(layout: Layout, bytes: &[u8]) -> Result<Option<Self>> {
        let Some((color_space, tags)) = ProfileTags::locate(bytes) else {
            return Ok(None);
        };
        match (layout, color_space) {
            (Layout::Cmyk, b"CMYK") => match tags.table_signature() {
                Some(signature) => from_table(layout, bytes, signature),
                None => Ok(None),
            },
            (Layout::Gray | Layout::GrayAlpha, b"GRAY") => Ok(tags.gray()),
            (Layout::Cmyk, _) | (_, b"CMYK" | b"GRAY") => Ok(None),
            (_, b"RGB ") => match (tags.hdr(), tags.table_signature()) {
                (Some(color), _) => Ok(Some(Self::CodePoints(color))),
                (None, None) => Ok(tags.rgb()),
                (None, Some(signature)) => {
                    Ok(from_table(layout, bytes, signature)?.or_else(|| tags.rgb()))
                }
            },
            _ => Ok(None),
        }
    }
}

/// The tags of a profile.
#[derive(Clone, Copy)]
struct ProfileTags<'a> {
    profile: &'a [u8],
    /// Signature, offset and size of each.
    table: &'a [[u8; 12]],
}

impl<'a> ProfileTags<'a> {
    /// The color space and the tags.
    fn locate(profile: &'a [u8]) -> Option<(&'a [u8; 4], Self)> {
        let color_space = profile.get(16..)?.first_chunk()?;
        let is_profile = profile.get(36..40)? == b"acsp";
        let count = u32::from_be_bytes(*profile.get(128..)?.first_chunk()?) as usize;
        let table = profile.get(132..)?.as_chunks().0;
        let table = &table[..count.min(table.len())];
        is_profile.then_some((color_space, Self { profile, table }))
    }

    /// From the type and the data of the first tag with `signature` to the end of the profile.
    fn tag(&self, signature: [u8; 4]) -> Option<(&'a [u8; 4], &'a [u8])> {
        let is_wanted = |entry: &&[u8; 12]| entry.starts_with(&signature);
        let entry = self.table.iter().find(is_wanted)?;
        let offset = u32::from_be_bytes(*entry[4..].first_chunk()?);
        let (kind, data) = self.profile.get(offset as usize..)?.split_first_chunk()?;
        // Four reserved bytes follow the type.
        Some((kind, data.get(4..)?))
    }

    /// The first table that is there.
    fn table_signature(&self) -> Option<[u8; 4]> {
        let mut tables = TABLES.into_iter();
        tables.find(|&signature| self.tag(signature).is_some())
    }

    fn gray(&self) -> Option<Profile> {
        let gray = self.curve(*b"kTRC")?;
        Some(Profile::MatrixTrc(Box::new([gray; 3]), None))
    }

    fn rgb(&self) -> Option<Profile> {
        let curves = [
            self.curve(*b"rTRC")?,
            self.curve(*b"gTRC")?,
            self.curve(*b"bTRC")?,
        ];
        let [red, green, blue] = [
            self.xyz(*b"rXYZ")?,
            self.xyz(*b"gXYZ")?,
            self.xyz(*b"bXYZ")?,
        ];
        let colorants = [0, 1, 2].map(|i| [red[i], green[i], blue[i]]);
        Some(Profile::MatrixTrc(Box::new(curves), to_srgb(&colorants)?))
    }

    /// Code points that say PQ or HLG. The tables of such a profile are for programs that do not
    /// know this tag.
    fn hdr(&self) -> Option<ColorDescription> {
        let (b"cicp", data) = self.tag(*b"cicp")? else {
            return None;
        };
        let color = ColorDescription::from_cicp(*data.first_chunk()?)?;
        matches!(color.transfer, TransferFunction::Pq | TransferFunction::Hlg).then_some(color)
    }

    fn xyz(&self, signature: [u8; 4]) -> Option<[f64; 3]> {
        match self.tag(signature)? {
            (b"XYZ ", data) => Some(fixed_point(data.as_chunks().0.first_chunk()?)),
            _ => None,
        }
    }

    /// A tone curve; `None` if it does not rise.
    fn curve(&self, signature: [u8; 4]) -> Option<Curve> {
        let curve = match self.tag(signature)? {
            (b"curv", data) => table_curve(data)?,
            (b"para", data) => parametric_curve(data)?,
            _ => return None,
        };
        (curve[0] < curve[255]).then_some(curve)
    }
}

/// The tables from samples to the connection space, in the order in which they are tried.
const TABLES: [[u8; 4]; 3] = [*b"A2B0", *b"A2B1", *b"A2B2"];

/// s15Fixed16Number (ICC.1:2022, 4.6).
fn fixed_point<const N: usize>(numbers: &[[u8; 4]; N]) -> [f64; N] {
    numbers.map(|bytes| f64::from(i32::from_be_bytes(bytes)) / 65_536.0)
}

/// curveType (ICC.1:2022, 10.6): identity, a gamma in 1/256, or a table.
fn table_curve(data: &[u8]) -> Option<Curve> {
    let (&count, values) = data.split_first_chunk()?;
    let table = values
        .as_chunks()
        .0
        .get(..u32::from_be_bytes(count) as usize)?;
    Some(match table {
        [] => sample(|v| v),
        [gamma] => {
            let gamma = f64::from(u16::from_be_bytes(*gamma)) / 256.0;
            sample(|v| libm::pow(v, gamma))
        }
        _ => sample_table(table),
    })
}

/// parametricCurveType (ICC.1:2022, 10.18, table 68), functions 0 to 4.
fn parametric_curve(data: &[u8]) -> Option<Curve> {
    let (&[_, function, _, _], numbers) = data.split_first_chunk()?;
    let count = *[1, 3, 4, 5, 7].get(usize::from(function))?;
    let mut parameters = [[0; 4]; 7];
    parameters[..count].copy_from_slice(numbers.as_chunks().0.get(..count)?);
    let [g, a, b, c, d, e, f] = fixed_point(&parameters);
    let power = |base: f64| libm::pow(base.max(0.0), g);
    Some(match function {
        0 => sample(power),
        1 => sample(|x| power(a * x + b)),
        2 => sample(|x| power(a * x + b) + c),
        // Without e and f, they are 0.
        _ => sample(|x| {
            if x >= d {
                power(a * x + b) + e
            } else {
                c * x + f
            }
        }),
    })
}

/// By a table, for gray as curves: what it makes of R = G = B.
fn from_table(layout: Layout, bytes: &[u8], signature: [u8; 4]) -> Result<Option<Profile>> {
    let gray = matches!(layout, Layout::Gray | Layout::GrayAlpha);
    let layout = if gray { Layout::Rgb } else { layout };
    let Some(table) = TableTransform::new(layout, bytes, signature)? else {
        return Ok(None);
    };
    if !gray {
        return Ok(Some(Profile::Table(table)));
    }
    let ramp: [[u8; 3]; 256] = std::array::from_fn(|v| [v as u8; 3]);
    let mut srgb = [[0; 3]; 256];
    table.transform(ramp.as_flattened(), srgb.as_flattened_mut())?;
    let curve = |channel: usize| srgb.map(|pixel| SRGB_TO_LINEAR[usize::from(pixel[channel])]);
    Ok(Some(Profile::MatrixTrc(
        Box::new([0, 1, 2].map(curve)),
        None,
    )))
}

#[cfg(test)]
mod tests {
    use moxcms::ColorProfile;

    use super::*;

    #[test]
    fn damaged_profiles_are_read_or_ignored() {
        let icc = ColorProfile::new_display_p3().encode().unwrap();
        let mut seed = 1u32;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % below
        };
        let mut read = 0;
        for _ in 0..3000 {
            let mut damaged = icc.clone();
            for _ in 0..=random(4) {
                let at = random(damaged.len());
                damaged[at] = random(256) as u8;
            }
            damaged.truncate(icc.len() - random(icc.len()) * random(2));
            for layout in [Layout::Gray, Layout::Rgb, Layout::Cmyk] {
                // Without tables, a damaged tag may look like one.
                read += usize::from(matches!(Profile::parse(layout, &damaged), Ok(Some(_))));
            }
        }
        assert!(read > 1000, "{read}");
    }
}
