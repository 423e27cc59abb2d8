//! The Huffman tables of one scan, ready to decode with.

use crate::decode::jpeg::entropy::{BlockDecoder, HuffmanTable, SymbolClass};
use crate::decode::jpeg::markers::{ScanComponent, ScanHeader, TableSpecs};
use crate::error::{Error, Result};
use crate::geometry::Size;

/// Units from which on the skip tables pay off.
const UNITS_FOR_SKIPS: u64 = 1000;

pub(crate) struct ScanTables {
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
    components: Vec<ScanComponent>,
}

impl ScanTables {
    /// Prepares the tables that `scan` needs; the scan has `units` units.
    pub(crate) fn new(
        scan: &ScanHeader,
        specs: &TableSpecs<'_>,
        progressive: bool,
        units: Size,
    ) -> Result<Self> {
        let ac_class = match (progressive, scan.is_refinement()) {
            (false, _) => SymbolClass::Ac,
            (true, false) => SymbolClass::AcFirst,
            (true, true) => SymbolClass::AcRefinement,
        };
        // A refinement is decoded whole.
        let with_skips = units.pixels() > UNITS_FOR_SKIPS && !scan.is_refinement();
        // A refinement of DC coefficients has no Huffman codes (G.1.2.1.2).
        let needs_dc = scan.spectral_start == 0 && !scan.is_refinement();
        let needs_ac = scan.spectral_end > 0;
        let mut tables = Self {
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            components: scan.components.clone(),
        };
        for &ScanComponent {
            dc_slot, ac_slot, ..
        } in &scan.components
        {
            if needs_dc && tables.dc[dc_slot].is_none() {
                let spec = specs.dc(dc_slot)?;
                tables.dc[dc_slot] = Some(HuffmanTable::new(&spec, SymbolClass::Dc, false)?);
            }
            if needs_ac && tables.ac[ac_slot].is_none() {
                let spec = specs.ac(ac_slot)?;
                tables.ac[ac_slot] = Some(HuffmanTable::new(&spec, ac_class, with_skips)?);
            }
        }
        Ok(tables)
    }

    /// A decoder for the blocks of the scan's component `index`.
    pub(crate) fn block_decoder(&self, index: usize) -> Result<BlockDecoder<'_>> {
        let dc = self.dc(index)?;
        // A scan of DC coefficients has no AC table, and never looks at it.
        let ac = self.ac(index).unwrap_or(dc);
        Ok(BlockDecoder::new(dc, ac))
    }

    pub(crate) fn dc(&self, index: usize) -> Result<&HuffmanTable> {
        let component = self.components.get(index);
        component
            .and_then(|component| self.dc[component.dc_slot].as_ref())
            .ok_or_else(|| Error::internal("a DC Huffman table was not prepared"))
    }

    pub(crate) fn ac(&self, index: usize) -> Result<&HuffmanTable> {
        let component = self.components.get(index);
        component
            .and_then(|component| self.ac[component.ac_slot].as_ref())
            .ok_or_else(|| Error::internal("an AC Huffman table was not prepared"))
    }
}
