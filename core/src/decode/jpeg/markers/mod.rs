//! Markers and their segments (T.81 annex B).

pub(super) mod frame;
pub(super) mod segment;
