//! Temporary copies of types of the seam.
use crate::error::Result;
use crate::geometry::{Orientation, Region, Size};
use crate::pixels::Layout;

#[derive(Clone, Copy, Debug)]
pub(crate) struct DecodeRequest {
    pub(crate) scale: u8,
    pub(crate) region: Region,
    pub(crate) chroma: ChromaMode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChromaMode {
    Full,
    AsStored,
}

pub(crate) use crate::decode::Row;

pub(crate) type RowSink<'a> = dyn FnMut(Row<'_>) -> Result<()> + 'a;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DecodeReport {
    pub missing: u64,
}

#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub size: Size,
    pub orientation: Orientation,
    pub layout: Layout,
    pub icc: Option<Vec<&'a [u8]>>,
}
