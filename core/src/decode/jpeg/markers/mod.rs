//! Markers, segments and their parameters (T.81 annex B).
//!
//! ```text
//! segment          finds markers and their parameters
//! frame            SOF: size, components, sampling factors
//! huffman_spec     DHT: one Huffman table as specified
//! tables           DQT, DHT, DRI: the tables in force
//! scan_header      SOS: components, band and bits of a scan
//! color_transform  JFIF, Adobe and component identifiers: the meaning of the components
//! header           all segments before the first scan
//! ```

mod color_transform;
mod frame;
mod header;
mod huffman_spec;
mod scan_header;
mod segment;
mod tables;

pub(super) use self::color_transform::ColorTransform;
pub(super) use self::frame::{FrameComponent, FrameHeader};
pub(super) use self::header::JpegHeader;
pub(super) use self::huffman_spec::HuffmanSpec;
pub(super) use self::scan_header::{ScanComponent, ScanHeader};
pub(super) use self::segment::{EOI, MarkerReader, SOS};
pub(super) use self::tables::TableSpecs;
