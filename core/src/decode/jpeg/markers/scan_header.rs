//! The scan header (T.81 B.2.3).

use super::frame::FrameHeader;
use super::segment::Segment;
use crate::error::{Error, Result};

/// The parameters of a SOS segment.
#[derive(Clone, Debug)]
pub(crate) struct ScanHeader {
    pub(crate) components: Vec<ScanComponent>,
    /// The first coefficient of the band, Ss.
    pub(crate) spectral_start: usize,
    /// The last coefficient of the band, Se.
    pub(crate) spectral_end: usize,
    /// The low bits that are missing before this scan, Ah. 0 in the first scan of a band.
    pub(crate) approx_high: u32,
    /// The low bits that are missing after this scan, Al.
    pub(crate) approx_low: u32,
}

/// One component of a scan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanComponent {
    /// The index of the component in the frame.
    pub(crate) index: usize,
    /// The slot of the DC Huffman table, Td.
    pub(crate) dc_slot: usize,
    /// The slot of the AC Huffman table, Ta.
    pub(crate) ac_slot: usize,
}

impl ScanHeader {
    pub(crate) fn parse(segment: &Segment<'_>, frame: &FrameHeader) -> Result<Self> {
        Self::parse_parameters(segment.parameters, frame)
            .and_then(|scan| scan.validate(frame.progressive))
            .ok_or_else(|| Error::malformed("invalid scan header").at(segment.offset))
    }

    fn parse_parameters(bytes: &[u8], frame: &FrameHeader) -> Option<Self> {
        let (&count, rest) = bytes.split_first()?;
        let (list, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let &[start, end, approximation] = rest.first_chunk()?;
        let mut components = Vec::with_capacity(4);
        for entry in list.as_chunks().0 {
            let component = ScanComponent::parse(*entry, frame, &components)?;
            components.push(component);
        }
        Some(Self {
            components,
            spectral_start: start.into(),
            spectral_end: end.into(),
            approx_high: u32::from(approximation >> 4),
            approx_low: u32::from(approximation & 15),
        })
    }

    /// Checks the parameters against table B.3.
    fn validate(self, progressive: bool) -> Option<Self> {
        if self.components.is_empty() {
            return None;
        }
        if !progressive {
            // Sequential scans have only one valid band, so the stored values are ignored, as in
            // libjpeg.
            return Some(Self {
                spectral_start: 0,
                spectral_end: 63,
                approx_high: 0,
                approx_low: 0,
                ..self
            });
        }
        let (start, end) = (self.spectral_start, self.spectral_end);
        let band = match start {
            0 => end == 0,
            _ => start <= end && end <= 63 && self.components.len() == 1,
        };
        let bits = self.approx_high == 0 || self.approx_high == self.approx_low + 1;
        (band && bits && self.approx_low <= 13).then_some(self)
    }

    /// Whether this scan sends another bit of coefficients that an earlier scan began.
    pub(crate) fn is_refinement(&self) -> bool {
        self.approx_high > 0
    }

    /// Whether this scan refines AC coefficients (G.1.2.3).
    pub(crate) fn is_ac_refinement(&self) -> bool {
        self.is_refinement() && self.spectral_start > 0
    }

    /// Whether this scan sends only the lowest bit of AC coefficients. If it is damaged or ends
    /// early, their errors are small (see `script`).
    pub(crate) fn is_dispensable(&self) -> bool {
        self.is_ac_refinement() && self.approx_low == 0
    }

    /// The coefficients of this scan, as a mask over the zigzag sequence.
    pub(crate) fn spectral_mask(&self) -> u64 {
        u64::MAX >> (63 - self.spectral_end) & u64::MAX << self.spectral_start
    }
}

impl ScanComponent {
    /// Finds the component by its identifier. Where several components have the same identifier,
    /// they come in the order of the frame.
    fn parse([id, slots]: [u8; 2], frame: &FrameHeader, earlier: &[Self]) -> Option<Self> {
        let is_free = |index| earlier.iter().all(|component| component.index != index);
        let mut components = frame.components.iter().enumerate();
        let (index, _) = components.find(|&(index, c)| c.id == id && is_free(index))?;
        let (dc_slot, ac_slot) = (usize::from(slots >> 4), usize::from(slots & 15));
        (dc_slot < 4 && ac_slot < 4).then_some(Self {
            index,
            dc_slot,
            ac_slot,
        })
    }
}
