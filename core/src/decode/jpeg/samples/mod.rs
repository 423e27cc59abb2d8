//! Coefficients to rows of pixels (T.81 A.3).
//!
//! ```text
//! grid        the region -> MCUs, blocks and samples of each component
//! tiles       the coefficients of eight blocks, side by side
//! idct        N x M coefficients -> N x M samples
//! strip       the samples of two rows of MCUs
//! upsample    the rest of a component's sampling ratio
//! color       components -> pixels
//! row_writer  rows of pixels to the caller, each as soon as it is complete
//! ```

mod color;
mod grid;
mod idct;
mod row_writer;
mod strip;
mod tiles;
mod upsample;

#[cfg(feature = "internals")]
pub(super) use self::color::convert_row;
pub(super) use self::grid::{ComponentGrid, ScaledGrid};
pub(super) use self::idct::Dequantizer;
pub(super) use self::row_writer::RowWriter;
pub(super) use self::strip::SampleStrip;
pub(super) use self::tiles::CoefficientTiles;
