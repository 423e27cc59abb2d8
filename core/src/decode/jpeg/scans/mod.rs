//! The scans of a file.

pub(super) mod coefficients;
pub(super) mod multi_scan;
pub(super) mod script;
pub(super) mod single_scan;
pub(super) mod walk;
