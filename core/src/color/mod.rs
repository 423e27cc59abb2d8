//! From a file's samples to linear light, and from linear light to sRGB.
//!
//! ```text
//! decoded row --curves--> linear light, source primaries --average, resize--> avatar's pixels
//!                                                                                  |
//!     sRGB samples <--sRGB curve-- linear light, sRGB primaries <--matrix----------+
//! ```
//!
//! The first description of a file that can be used counts (PNG 3rd ed., 4.3): code points (cICP), the
//! ICC profile, "sRGB", gamma and chromaticities (gAMA, cHRM).
//!
//! Nearly every ICC profile is three tone curves and a matrix (a matrix/TRC profile: ICC.1:2022, 8.3.3
//! and F.3), and so are code points, gamma and chromaticities. The curves have to come off before samples are averaged, so
//! they are applied to each sample as it is decoded. The matrix is linear, as averaging and resizing
//! are, and so commutes with them: it is applied to the few pixels of the finished avatar. Profiles
//! made of tables (CMYK, some scanners) are not linear; `moxcms` converts their rows to sRGB before
//! averaging.
//!
//! | file | |
//! |---|---|
//! | `convert.rs` | which description counts; whole rows and images |
//! | `icc.rs` | profiles to curves and a matrix |
//! | `tables.rs` | profiles made of tables |
//! | `description.rs` | code points (PNG's cICP), and PNG's gAMA and cHRM |
//! | `transfer.rs` | transfer functions: sRGB, PQ, HLG and sampled curves |
//! | `matrix.rs` | primaries to the matrix |
//! | `hdr.rs` | tone mapping of PQ and HLG |
//! | `cmyk.rs` | CMYK without a profile |
//!
//! # Depth
//!
//! Samples of 16 bits are not rounded before the curve: a linear sample (gAMA 1.0) that is rounded to
//! 8 bits has lost its shadows. A curve has 256 values, one for each 8-bit sample, and 16-bit samples
//! are interpolated between them. Plain 8-bit samples keep their own loop.
//!
//! # High dynamic range
//!
//! PQ and HLG are tone-mapped to the range of sRGB, see `hdr.rs`. Their pixels depend on all three
//! samples, so they are converted one by one instead of by curves.

mod cmyk;
mod convert;
mod description;
mod hdr;
mod icc;
mod matrix;
mod tables;
mod transfer;

pub(crate) use convert::{SourceSpace, flatten_srgb};
