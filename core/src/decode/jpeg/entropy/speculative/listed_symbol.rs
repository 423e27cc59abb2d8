//! The symbols of a Huffman table with their codes, to make other tables of.

use crate::decode::jpeg::entropy::symbol::{Symbol, SymbolClass};
use crate::decode::jpeg::markers::HuffmanSpec;
use crate::error::Result;

/// A symbol and its code.
#[derive(Clone, Copy)]
pub(super) struct ListedSymbol {
    /// Of the code.
    pub(super) length: u32,
    pub(super) code: u32,
    /// Value bits after the code.
    pub(super) extra: u32,
    /// As [`Symbol::advance`](Symbol::advance).
    pub(super) advance: u32,
}

impl ListedSymbol {
    pub(super) fn list(spec: &HuffmanSpec<'_>, class: SymbolClass) -> Result<Vec<Self>> {
        let codes = spec.codes()?.into_iter();
        let listed = codes.map(|(length, code, byte)| {
            let symbol = Symbol::from_byte(class, byte, length);
            Self {
                length,
                code,
                extra: symbol.extra(),
                advance: symbol.advance() as u32,
            }
        });
        Ok(listed.collect())
    }
}
