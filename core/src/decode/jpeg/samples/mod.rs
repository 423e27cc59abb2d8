//! Coefficients to rows of pixels.

pub(super) mod color;
pub(super) mod grid;
pub(super) mod idct;
pub(super) mod row_writer;
pub(super) mod strip;
pub(super) mod tiles;
pub(super) mod upsample;
