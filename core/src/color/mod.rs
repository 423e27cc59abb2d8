//! From a file's samples to linear light, and from linear light to sRGB.
//!
//! ```text
//! decoded row --curves--> linear light, source primaries --average, resize--> avatar's pixels
//!                                                                                  |
//!     sRGB samples <--sRGB curve-- linear light, sRGB primaries <--matrix----------+
//! ```
//!
//! Nearly every ICC profile is three tone curves and a matrix (ICC.1:2022, 8.3.3 and F.3). The
//! curves have to come off before samples are averaged, so they are applied to each sample as it is
//! decoded. The matrix is linear, as averaging and resizing are, and so commutes with them: it is
//! applied to the few pixels of the finished avatar. Profiles made of tables (CMYK, some scanners)
//! are not linear; `moxcms` converts their rows to sRGB before averaging.
//!
//! | file | |
//! |---|---|
//! | `convert.rs` | whole rows and images |
//! | `transfer.rs` | transfer functions: sRGB and sampled curves |
//! | `icc.rs` | profiles to curves, matrix or table |
//! | `cmyk.rs` | CMYK without a profile |

mod cmyk;
mod convert;
mod icc;
mod transfer;

pub(crate) use convert::SourceSpace;
