//! The errors that several parts of the decoder report.

use crate::error::{Error, Feature};

pub(super) fn damaged() -> Error {
    Error::malformed("the WebP is damaged")
}

pub(super) fn ends_early() -> Error {
    Error::malformed("the WebP ends early")
}

pub(super) fn contradicting_sizes() -> Error {
    Error::malformed("the sizes in the WebP contradict each other")
}

pub(super) fn unknown_version() -> Error {
    let message = "a WebP with an unknown version is not supported; save it as PNG or JPEG";
    Error::unsupported(Feature::Webp, message)
}
