//! A stranger's photo goes in, exact avatars come out.

mod colour;
mod decode;
mod digest;
mod encode;
mod error;
mod geometry;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod limits;
mod options;
mod orient;
mod photo;
mod pipeline;
mod pixels;
mod placeholder;
mod plan;
mod reduce;
mod rendered;
mod resize;
mod simd;

pub use decode::SourceFormat;
pub use error::{Error, ErrorKind, Feature, Limit, Result};
pub use geometry::{Orientation, Rect, Region, Size};
pub use limits::Limits;
pub use options::{Crop, Fit, FocalPoint, Format, Gravity, Options, Rgb, Speed, Subsampling};
pub use photo::{Photo, Pixels};
pub use pipeline::{Stage, probe, render, render_observed};
pub use rendered::{Avatar, Decoded, Placeholder, Rendered, Source};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
