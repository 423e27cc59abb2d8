//! Scans to coefficients, in the order of the file (T.81 A.2, E.2, G.1.1).
//!
//! ```text
//! walk            units in order; restart intervals decoded, skipped or lost
//! huffman_tables  the Huffman tables of a scan
//! single_scan     one interleaved scan: a row of MCUs at a time, straight to samples
//! speculation     whether such a scan is decoded by finding its blocks first
//! mcu_decoder     the MCUs of such a scan, code by code
//! mcu_rows        their coefficients to rows of pixels
//! script          several scans: the ones that are needed
//! multi_scan      those scans, then all rows of MCUs
//! scan_pass       one of those scans -> coefficients
//! coefficients    the kept coefficients of the region's blocks
//! damage          MCUs in which something was missing
//! ```

mod coefficients;
mod damage;
mod huffman_tables;
mod mcu_decoder;
mod mcu_rows;
pub(super) mod multi_scan;
mod scan_pass;
mod script;
pub(super) mod single_scan;
mod speculation;
mod walk;

pub(super) use self::damage::DamageMap;
#[cfg(feature = "internals")]
pub(super) use self::huffman_tables::ScanTables;
pub(super) use self::script::ScanScript;
pub(crate) use self::speculation::EntropyPath;
