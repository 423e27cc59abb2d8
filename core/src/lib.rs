//! Avatars from photos: exact sizes, upright, in sRGB, without metadata.
//!
//! [`render`] makes every avatar in [`Options`] from one photo: a JPEG, PNG, WebP, GIF or BMP file in
//! memory (HEIC and AVIF with features), or decoded [`Pixels`]. [`probe`] reads only the header. The photo may come from a
//! stranger: every cost is bounded by [`Limits`], and no input makes these functions panic.
//!
//! ```
//! use roundel::{Options, Pixels, Size, render};
//!
//! let red = [200, 30, 30].repeat(300 * 200);
//! let photo = Pixels::rgb(Size::new(300, 200), &red); // or the bytes of a file
//! let options = Options {
//!     sizes: vec![Size::square(128), Size::square(32)],
//!     ..Options::default()
//! };
//! let rendered = render(photo, &options)?;
//! assert_eq!(rendered.avatars[1].size, Size::square(32));
//! assert_eq!(rendered.avatars[0].bytes[..2], [0xFF, 0xD8]); // a JPEG
//! # Ok::<(), roundel::Error>(())
//! ```
//!
//! # The pipeline
//!
//! ```text
//! photo --open--> Decoder --header, options, limits--> Plan               decode/  plan.rs
//!                    |
//!             rows of samples: only the region and scale in the plan      decode/
//!                    |
//!             linear light, averaged row by row                           color/  reduce.rs
//!                    |
//!             the crop follows a face, if that is wanted                  subject/
//!                    |
//!             resized, once for each size                                 resize
//!                    |
//!             sRGB, straight alpha or flattened onto the background       color/
//!                    |
//!             upright, letterboxed, cut to a shape                        orient.rs  shape.rs
//!                    |
//!             encoded; digest; placeholder                 encode/  digest.rs  placeholder.rs
//! ```
//!
//! Every decision is made in the plan, before a pixel is decoded. The same photo and options give
//! the same bytes on every CPU and any number of threads.
//!
//! # Threads
//!
//! With [`Options::parallel`], other threads help with a photo that is large or has several sizes. They are
//! those of rayon: of the pool of the calling thread, or else of the global pool. One thread does all the
//! work where the pool has only one or cannot start, and in a fork of a process that has rendered on
//! several. A caller outside of the pool may have to wait for a thread of it. So no task of the pool
//! should wait for such a caller.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `icc-tables` | yes | ICC profiles made of tables (CMYK, some scanners) |
//! | `subject` | | crops that follow faces; adds 185 kB of weights |
//! | `parallel` | yes | one photo on several threads, if it is large or has several sizes |
//! | `animation` | | animated WebP from an animated GIF, PNG or WebP |
//! | `webp-lossy` | | lossy WebP, by libwebp (needs a C compiler) |
//! | `avif-out` | | AVIF out, by ravif (rav1e): takes 20 times as long as a lossy WebP |
//! | `jpeg-small` | | JPEGs with [`Effort::Small`], by mozjpeg-rs |
//! | `heic` | | HEIC in; HEVC is patented, so check whether your program needs a license |
//! | `avif` | | AVIF in; see below about panics |
//! | `serde` | | `Serialize` and `Deserialize` for options and results |
//! | `json` | | `Options::from_json` |
//! | `schema` | | the JSON schema of [`Options`] |
//!
//! The decoder behind `avif` panics on a damaged picture. roundel contains the panic and returns
//! [`ErrorKind::Malformed`]. The panic hook of the program runs before, and the default hook prints to
//! standard error; [`std::panic::set_hook`] changes that for the program. With `panic = "abort"`, AVIF
//! is refused as [`ErrorKind::Unsupported`].

#![cfg_attr(docsrs, feature(doc_cfg))]

mod color;
mod decode;
mod digest;
mod encode;
mod error;
mod format;
mod geometry;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod limits;
#[cfg(feature = "serde")]
mod names;
#[cfg(feature = "serde")]
mod notation;
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
mod shape;
mod simd;
#[cfg(feature = "subject")]
mod subject;
mod threads;

pub use error::{Error, ErrorKind, Feature, Limit, Result};
pub use format::{Effort, Format, SourceFormat, Subsampling};
pub use geometry::{Orientation, Rect, Region, Size};
pub use limits::Limits;
pub use options::{Crop, Fit, FocalPoint, Gravity, Options, ResizeFilter, Shape, Speed, Subject};
pub use photo::{Frame, Photo, Pixels};
pub use pipeline::{Stage, probe, render, render_observed};
pub use pixels::Rgb;
pub use rendered::{Avatar, Decoded, Face, Placeholder, Rendered, Source};

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Compiles the example of the documentation site.
#[cfg(doctest)]
#[doc = include_str!("../../docs/site/pages/rust.md")]
struct SitePage;
