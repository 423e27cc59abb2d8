//! The tables that DQT, DHT and DRI segments define (T.81 B.2.4).
//!
//! Tables stay slices of the file until a scan is decoded with them. So a copy of all tables in
//! force is a few hundred bytes, and each scan of a file keeps its own.

use super::frame::FrameComponent;
use super::huffman_spec::HuffmanSpec;
use super::segment::{DHT, DQT, DRI, Segment};
use crate::decode::jpeg::block::{QuantTable, ZIGZAG};
use crate::error::{Error, Result};

/// The tables in force at some place of the file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TableSpecs<'a> {
    quant: [Option<QuantSpec<'a>>; 4],
    dc: [Option<HuffmanSpec<'a>>; 4],
    ac: [Option<HuffmanSpec<'a>>; 4],
    /// MCUs between two restart markers. 0 means no restart markers.
    pub(crate) restart_interval: u32,
}

/// A quantization table in zigzag order.
#[derive(Clone, Copy, Debug)]
enum QuantSpec<'a> {
    Bytes(&'a [u8; 64]),
    Words(&'a [[u8; 2]; 64]),
}

impl<'a> TableSpecs<'a> {
    /// The quantization table of a component.
    pub(crate) fn quant_table(&self, component: &FrameComponent) -> Result<QuantTable> {
        let spec = self.quant[component.quant_slot & 3];
        let spec = spec.ok_or_else(|| Error::malformed("a quantization table is missing"))?;
        Ok(spec.to_table())
    }

    /// DC table `slot`. Falls back to the default table (K.3.3), because Motion JPEG leaves the
    /// tables out.
    pub(crate) fn dc(&self, slot: usize) -> Result<HuffmanSpec<'a>> {
        self.dc[slot & 3]
            .or_else(|| HuffmanSpec::default_dc(slot))
            .ok_or_else(|| Error::malformed("a DC Huffman table is missing"))
    }

    /// AC table `slot`. Falls back to the default table (K.3.3).
    pub(crate) fn ac(&self, slot: usize) -> Result<HuffmanSpec<'a>> {
        self.ac[slot & 3]
            .or_else(|| HuffmanSpec::default_ac(slot))
            .ok_or_else(|| Error::malformed("an AC Huffman table is missing"))
    }

    /// Applies a DQT, DHT or DRI segment. Ignores every other segment.
    pub(crate) fn define(&mut self, segment: &Segment<'a>) -> Result<()> {
        let (parsed, message) = match segment.marker {
            DQT => (self.define_quant(segment.parameters), "invalid DQT segment"),
            DHT => (
                self.define_huffman(segment.parameters),
                "invalid DHT segment",
            ),
            DRI => (
                self.define_restart_interval(segment.parameters),
                "invalid DRI segment",
            ),
            _ => return Ok(()),
        };
        parsed.ok_or_else(|| Error::malformed(message).at(segment.offset))
    }

    /// B.2.4.1: precision and slot in one byte, then 64 step sizes; any number of tables.
    fn define_quant(&mut self, mut bytes: &'a [u8]) -> Option<()> {
        while let Some((&precision_and_slot, rest)) = bytes.split_first() {
            let slot = self.quant.get_mut(usize::from(precision_and_slot & 15))?;
            let (spec, rest) = if precision_and_slot >> 4 == 0 {
                let (steps, rest) = rest.split_first_chunk()?;
                (QuantSpec::Bytes(steps), rest)
            } else {
                let (steps, rest) = rest.split_at_checked(128)?;
                (QuantSpec::Words(steps.as_chunks().0.first_chunk()?), rest)
            };
            *slot = Some(spec);
            bytes = rest;
        }
        Some(())
    }

    /// B.2.4.2: class and slot in one byte, then the table; any number of tables.
    fn define_huffman(&mut self, mut bytes: &'a [u8]) -> Option<()> {
        while let Some((&class_and_slot, rest)) = bytes.split_first() {
            let slots = match class_and_slot >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return None,
            };
            let slot = slots.get_mut(usize::from(class_and_slot & 15))?;
            let (spec, rest) = HuffmanSpec::parse(rest)?;
            *slot = Some(spec);
            bytes = rest;
        }
        Some(())
    }

    /// B.2.4.4.
    fn define_restart_interval(&mut self, bytes: &[u8]) -> Option<()> {
        self.restart_interval = u16::from_be_bytes(*bytes.first_chunk()?).into();
        Some(())
    }
}

impl QuantSpec<'_> {
    /// Reorders the steps from zigzag to natural order.
    fn to_table(self) -> QuantTable {
        let mut table = [0; 64];
        for (k, &natural) in ZIGZAG.iter().enumerate() {
            table[usize::from(natural)] = match self {
                Self::Bytes(steps) => steps[k].into(),
                Self::Words(steps) => u16::from_be_bytes(steps[k]),
            };
        }
        table
    }
}
