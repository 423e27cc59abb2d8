//! From bytes to rows of samples.

pub(crate) mod jpeg;
