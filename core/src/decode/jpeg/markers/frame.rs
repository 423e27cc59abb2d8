//! The frame header (T.81 B.2.2) and its components (A.1).

use super::segment::Segment;
use crate::error::{Error, Feature, Result};
use crate::geometry::Size;

/// The parameters of a SOF segment.
#[derive(Clone, Debug)]
pub(crate) struct FrameHeader {
    pub(crate) size: Size,
    pub(crate) progressive: bool,
    pub(crate) components: Vec<FrameComponent>,
    /// The largest horizontal sampling factor, Hmax.
    pub(crate) h_max: u32,
    /// The largest vertical sampling factor, Vmax.
    pub(crate) v_max: u32,
}

/// One component of the frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameComponent {
    /// The component identifier, C.
    pub(crate) id: u8,
    /// The horizontal sampling factor, H.
    pub(crate) h: u32,
    /// The vertical sampling factor, V.
    pub(crate) v: u32,
    /// The slot of the quantization table, Tq.
    pub(crate) quant_slot: usize,
}

impl FrameHeader {
    pub(crate) fn parse(segment: &Segment<'_>) -> Result<Self> {
        check_process(segment.marker)
            .and_then(|()| Self::parse_supported(segment))
            .map_err(|error| error.at(segment.offset))
    }

    fn parse_supported(segment: &Segment<'_>) -> Result<Self> {
        let frame = Self::parse_parameters(segment.parameters, segment.marker == 0xC2)
            .ok_or_else(|| Error::malformed("invalid frame header"))?;
        match (segment.parameters.first(), frame.components.len()) {
            (Some(8), 1 | 3 | 4) => Ok(frame),
            (Some(8), _) => Err(Error::unsupported(
                Feature::JpegComponents,
                "a JPEG with neither 1, 3 nor 4 components is not supported; save it as RGB",
            )),
            (Some(12), _) => Err(Error::unsupported(
                Feature::Jpeg12Bit,
                "a 12-bit JPEG is not supported; save it with 8 bits",
            )),
            _ => Err(Error::malformed("invalid sample precision")),
        }
    }

    fn parse_parameters(bytes: &[u8], progressive: bool) -> Option<Self> {
        let (&[_precision, y1, y0, x1, x0, count], list) = bytes.split_first_chunk()?;
        let width = u16::from_be_bytes([x1, x0]).into();
        let height = u16::from_be_bytes([y1, y0]).into();
        let list = list.get(..3 * usize::from(count))?.as_chunks().0;
        let mut components: Vec<_> = list
            .iter()
            .map(|&bytes| FrameComponent::parse(bytes))
            .collect::<Option<_>>()?;
        if let [only] = &mut components[..] {
            // A single component is never interleaved, so its factors have no effect (A.2.2).
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
    pub(crate) fn mcus(&self) -> Size {
        let width = self.size.width.div_ceil(8 * self.h_max);
        Size::new(width, self.size.height.div_ceil(8 * self.v_max))
    }

    /// Blocks across and down in a scan of `component` alone (A.2.2).
    pub(crate) fn blocks(&self, component: &FrameComponent) -> Size {
        let width = (self.size.width * component.h).div_ceil(self.h_max);
        let height = (self.size.height * component.v).div_ceil(self.v_max);
        Size::new(width.div_ceil(8), height.div_ceil(8))
    }
}

impl FrameComponent {
    fn parse([id, factors, table]: [u8; 3]) -> Option<Self> {
        let (h, v) = (u32::from(factors >> 4), u32::from(factors & 15));
        let valid = (1..=4).contains(&h) && (1..=4).contains(&v) && table < 4;
        valid.then_some(Self {
            id,
            h,
            v,
            quant_slot: table.into(),
        })
    }
}

/// Of the coding processes of table B.1, the Huffman-coded DCT processes that are not hierarchical
/// are supported.
fn check_process(marker: u8) -> Result<()> {
    let (feature, name) = match marker {
        0xC0..=0xC2 => return Ok(()),
        0xC3 => (Feature::JpegLossless, "a lossless JPEG"),
        0xC5..=0xC7 => (Feature::JpegHierarchical, "a hierarchical JPEG"),
        0xF7 => (Feature::JpegLossless, "a lossless JPEG (JPEG-LS)"),
        0xCB => (Feature::JpegLossless, "an arithmetic-coded lossless JPEG"),
        0xCD..=0xCF => (
            Feature::JpegHierarchical,
            "an arithmetic-coded hierarchical JPEG",
        ),
        _ => (Feature::JpegArithmetic, "an arithmetic-coded JPEG"),
    };
    let message = format!("{name} is not supported; save it as a baseline or progressive JPEG");
    Err(Error::unsupported(feature, message))
}
