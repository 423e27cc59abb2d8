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
mod pipeline;
mod pixels;
mod placeholder;
mod plan;
mod reduce;
mod rendered;
mod resize;
mod simd;

pub use decode::{Pixels, SourceFormat};
pub use error::{Error, Kind, Limit, Result};
pub use geometry::{Orientation, Rect, Region, Size};
pub use limits::Limits;
pub use options::{
    Crop, Fit, FocalPoint, Format, Gravity, Options, ResizeFilter, Rgb, Speed, Subsampling,
};
pub use pipeline::{Stage, probe, probe_pixels, render, render_observed, render_pixels};
pub use rendered::{Avatar, Decoded, Placeholder, Rendered, Source};

/// The README's example compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
