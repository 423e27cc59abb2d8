//! Resizes linear-light pixels to an avatar, without ringing and without losing thin lines.
//!
//! One rule for every size, which changes continuously with the *shrink* `s`, photo pixels per
//! avatar pixel ([`ResizeRule`] has its numbers, decided in the plan):
//!
//! ```text
//! linear = clamp(s - 1, 0, 1)             0: sRGB-coded values .. 1: linear light, from 2:1 on
//! sharp  = clamp((1 / s - 1) / 0.5, 0, 1) 0: up to 1:1 .. 1: enlarged 1.5 times or more
//! K      = (1 - sharp) CatmullRom + sharp MagicKernelSharp2013
//! w      = (1 - linear) coded(v) + linear v, for straight color; then times alpha
//!
//! rows first, then columns, each channel and alpha:
//!     sum    = sum over the window of K * w
//!     result = sum, within [least (1 - tolerance), greatest (1 + tolerance)] of the samples
//!              under the central lobe of K; tolerance is 0.04 + 0.04 linear
//! ```
//!
//! - **Reducing is done in linear light**: coded values would lose energy, darken fine detail and
//!   let bright lines vanish.
//! - **Enlarging is done on coded values**: in linear light an edge between black and white moves
//!   towards the black side, and thin dark outlines break.
//! - **The bound** keeps a kernel's side lobes from drawing a second outline beside an edge.
//! - At 1:1 the rule is the identity, and the pixels are copied.
//!
//! How it was chosen, with pictures and figures: `docs/resizing.md`.
//!
//! # Compared with fast_image_resize 6.1
//!
//! Reducing in linear light, 3 channels of 16 bits, with AVX2 (decibels are against the same filter
//! at double precision):
//!
//! | | 1024x768 to 256x192 | 1512x1134 to 512x384 |
//! |---|---|---|
//! | Lanczos3 in this design | 0.84 ms, 0.54 MB, 93.9 dB | 2.05 ms, 1.55 MB, 93.7 dB |
//! | fast_image_resize, `U16x3` | 1.76 ms, 1.31 MB, 52.6 dB: clips between passes | 4.14 ms, 3.68 MB, 59.3 dB |
//! | fast_image_resize, `F32x3` | 2.08 ms, 93.9 dB | 5.93 ms |
//!
//! Catmull-Rom with the bound takes 0.75 to 0.85 times as long as that Lanczos3.
//!
//! Enlarging 96 to 256 px and 256 to 512 px, milliseconds: 0.55 and 1.47 here; 0.38 and 1.44 by
//! fast_image_resize, `U16x3`. It ran axis by axis, as a bound after each pass requires, but
//! without the bound and the scale `w`. Its `U8x3` takes 0.16 and 0.59, but rounds to 8 bits
//! between the passes and before an ICC matrix. So one filter does both, and fast_image_resize
//! enlarges pixel art (`pixelated.rs`) and is a peer in the tests. `benches/benches/resize.rs`
//! measures.
//!
//! | file | |
//! |---|---|
//! | `kernel.rs` | kernels and windows |
//! | `transfer.rs`, `source.rs` | the scale `w`, and the rows on it |
//! | `filter.rs` | the two passes |
//! | `pixelated.rs` | nearest neighbor |
//! | `halve.rs` | copies of half the size, for small avatars made together with a large one |

mod filter;
mod halve;
mod kernel;
mod pixelated;
mod source;
mod transfer;

#[cfg(test)]
mod tests;

use crate::error::{Error, Result};
use crate::geometry::{Rect, Size};
use crate::limits::Budget;
use crate::pixels::LinearImage;
use crate::plan::ResizeRule;

pub(crate) use filter::scratch_memory;
pub(crate) use halve::halve;

/// Pixels of an avatar from which on two threads resize it.
const MIN_PIXELS: u64 = 128 * 128;

/// The part `crop` of `image` at exactly `size`. If `is_parallel`, two threads work on a large result.
///
/// Two threads hold more memory at once than one does. If that exceeds the memory limit, one thread
/// does the work again, so that the outcome never depends on threads.
pub(crate) fn resize(
    image: &LinearImage,
    crop: Rect,
    size: Size,
    rule: ResizeRule,
    is_parallel: bool,
    budget: &Budget,
) -> Result<LinearImage> {
    if let Some((x, y)) = same_pixels(image, crop, size) {
        return copy(image, x, y, size, budget);
    }
    let rule = match rule {
        ResizeRule::Filter(rule) => rule,
        ResizeRule::Nearest => return pixelated::pixelated(image, crop, size, budget),
    };
    let filter = |is_parallel| filter::filter(image, crop, size, rule, is_parallel, budget);
    let is_parallel = cfg!(feature = "parallel") && is_parallel && size.pixels() >= MIN_PIXELS;
    let resized = filter(is_parallel);
    if is_parallel && resized.as_ref().is_err_and(Error::is_out_of_memory) {
        return filter(false);
    }
    resized
}

/// The first pixel of `crop`, if it is `size` whole pixels of `image`.
fn same_pixels(image: &LinearImage, crop: Rect, size: Size) -> Option<(u32, u32)> {
    let start = |start: f64, length: f64, count: u32, side: u32| {
        let whole = start >= 0.0 && start.fract() == 0.0 && length == f64::from(count);
        (whole && start + length <= f64::from(side)).then_some(start as u32)
    };
    let x = start(crop.x, crop.width, size.width, image.size.width)?;
    let y = start(crop.y, crop.height, size.height, image.size.height)?;
    Some((x, y))
}

fn copy(image: &LinearImage, x: u32, y: u32, size: Size, budget: &Budget) -> Result<LinearImage> {
    let mut out = LinearImage::new(size, image.channels, budget)?;
    let first = x as usize * image.channels;
    let length = out.stride();
    for row in 0..size.height {
        let source = &image.row(y + row)[first..first + length];
        out.row_mut(row).copy_from_slice(source);
    }
    Ok(out)
}
