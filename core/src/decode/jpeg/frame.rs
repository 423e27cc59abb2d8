//! The frame header (T.81 B.2.2) and its components (A.1).

use crate::error::{Error, Feature, Result};
use crate::geometry::Size;

/// What a SOF segment says.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) size: Size,
    pub(super) progressive: bool,
    pub(super) components: Vec<Component>,
    /// The largest sampling factors, Hmax and Vmax.
    pub(super) h_max: u32,
    pub(super) v_max: u32,
}

/// One component of the frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Sampling factors.
    pub(super) h: u32,
    pub(super) v: u32,
    /// Which quantisation table.
    pub(super) quantisation: usize,
}

impl Frame {
    /// Reads the segment of marker `code`; `offset` is where it stands.
    pub(super) fn read(code: u8, payload: &[u8], offset: usize) -> Result<Self> {
        supported(code).map_err(|error| error.at(offset))?;
        let frame = Self::parse(payload, code == 0xC2);
        let frame = frame.ok_or_else(|| Error::malformed("a damaged frame header").at(offset))?;
        match (payload.first(), frame.components.len()) {
            (Some(8), 1 | 3 | 4) => Ok(frame),
            (Some(8), _) => Err(Error::unsupported(
                Feature::JpegComponents,
                "a JPEG of neither 1, 3 nor 4 components",
            )),
            (Some(12), _) => Err(Error::unsupported(Feature::Jpeg12Bit, "a 12-bit JPEG")),
            _ => Err(Error::malformed("a frame of an impossible precision")),
        }
        .map_err(|error| error.at(offset))
    }

    fn parse(payload: &[u8], progressive: bool) -> Option<Self> {
        let (head, list) = payload.split_first_chunk::<6>()?;
        let [_, y1, y0, x1, x0, count] = *head;
        let width = u16::from_be_bytes([x1, x0]).into();
        let height = u16::from_be_bytes([y1, y0]).into();
        let list = list.get(..3 * usize::from(count))?;
        let components = list.chunks_exact(3).map(Component::parse);
        let mut components: Vec<_> = components.collect::<Option<_>>()?;
        if let [only] = &mut components[..] {
            // Its blocks are never interleaved (A.2.2), whatever its factors say.
            (only.h, only.v) = (1, 1);
        }
        Some(Self {
            size: Size::new(width, height),
            progressive,
            h_max: components.iter().map(|component| component.h).max()?,
            v_max: components.iter().map(|component| component.v).max()?,
            components,
        })
    }

    /// MCUs across and down in a scan of several components (A.2.3).
    pub(super) fn mcus(&self) -> Size {
        let width = self.size.width.div_ceil(8 * self.h_max);
        Size::new(width, self.size.height.div_ceil(8 * self.v_max))
    }

    /// Blocks across and down in a scan of this component alone (A.2.2).
    pub(super) fn blocks(&self, component: &Component) -> Size {
        let width = (self.size.width * component.h).div_ceil(self.h_max);
        let height = (self.size.height * component.v).div_ceil(self.v_max);
        Size::new(width.div_ceil(8), height.div_ceil(8))
    }
}

impl Component {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let &[id, factors, table] = bytes else {
            return None;
        };
        let (h, v) = (u32::from(factors >> 4), u32::from(factors & 15));
        let legal = (1..=4).contains(&h) && (1..=4).contains(&v) && table < 4;
        legal.then_some(Self {
            id,
            h,
            v,
            quantisation: table.into(),
        })
    }
}

/// Of the processes of table B.1, the Huffman-coded DCT ones that are not hierarchical.
fn supported(code: u8) -> Result<()> {
    let (feature, name) = match code {
        0xC0..=0xC2 => return Ok(()),
        0xC3 => (Feature::JpegLossless, "a lossless JPEG"),
        0xC5..=0xC7 => (Feature::JpegHierarchical, "a hierarchical JPEG"),
        0xCB => (Feature::JpegLossless, "an arithmetic-coded lossless JPEG"),
        0xCD..=0xCF => (
            Feature::JpegHierarchical,
            "an arithmetic-coded hierarchical JPEG",
        ),
        _ => (Feature::JpegArithmetic, "an arithmetic-coded JPEG"),
    };
    Err(Error::unsupported(feature, name))
}
