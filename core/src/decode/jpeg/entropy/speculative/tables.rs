//! The tables of both phases.

use super::lengths::LengthTables;
use super::listed_symbol::ListedSymbol;
use super::values::ValueTable;
use crate::decode::jpeg::entropy::huffman::HuffmanTable;
use crate::decode::jpeg::entropy::symbol::SymbolClass;
use crate::decode::jpeg::markers::HuffmanSpec;
use crate::error::Result;

/// The tables of a component, for both phases.
pub(crate) struct SpeculativeTables<'a> {
    pub(super) dc: &'a HuffmanTable,
    pub(super) ac: &'a HuffmanTable,
    pub(super) lengths: LengthTables,
    pub(super) dc_values: ValueTable,
    pub(super) ac_values: ValueTable,
}

impl<'a> SpeculativeTables<'a> {
    /// Each table with its specification.
    pub(crate) fn new(
        (dc_spec, dc): (&HuffmanSpec<'_>, &'a HuffmanTable),
        (ac_spec, ac): (&HuffmanSpec<'_>, &'a HuffmanTable),
    ) -> Result<Self> {
        let dc_symbols = ListedSymbol::list(dc_spec, SymbolClass::Dc)?;
        let ac_symbols = ListedSymbol::list(ac_spec, SymbolClass::Ac)?;
        Ok(Self {
            lengths: LengthTables::new(&dc_symbols, &ac_symbols),
            dc_values: ValueTable::for_dc(&dc_symbols),
            ac_values: ValueTable::for_ac(&ac_symbols),
            dc,
            ac,
        })
    }
}
