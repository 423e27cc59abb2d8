//! A stranger's photo goes in, exact avatars come out.

mod decode;
mod error;
mod geometry;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod limits;

pub use error::{Error, Kind, Limit, Result};
pub use geometry::{Orientation, Rect, Region, Size};
pub use limits::Limits;
