//! Resizes linear-light pixels with the Lanczos3 filter.

#[cfg(any(test, all(target_arch = "wasm32", not(target_feature = "simd128"))))]
mod plain;

#[cfg(not(all(target_arch = "wasm32", not(target_feature = "simd128"))))]
use fast_image_resize::{
    self as fir,
    images::{TypedImage, TypedImageRef},
};

use crate::error::{Error, Result};
use crate::geometry::{Rect, Size};
use crate::limits::Budget;
use crate::pixels::Linear;

/// The part `crop` of `image` at exactly `size`.
pub(crate) fn resize(image: &Linear, crop: Rect, size: Size, budget: &Budget) -> Result<Linear> {
    #[cfg(all(target_arch = "wasm32", not(target_feature = "simd128")))]
    return resize_plainly(image, crop, size, budget);
    #[cfg(not(all(target_arch = "wasm32", not(target_feature = "simd128"))))]
    resize_on(fir::Resizer::new(), image, crop, size, budget)
}

#[cfg(any(test, all(target_arch = "wasm32", not(target_feature = "simd128"))))]
fn resize_plainly(image: &Linear, crop: Rect, size: Size, budget: &Budget) -> Result<Linear> {
    let mut out = Linear::new(size, image.channels, budget)?;
    let crop = inside(crop, image.size);
    let _between = budget.reserve(between_passes(image, crop, size))?;
    plain::resize(image, crop, &mut out);
    Ok(out)
}

#[cfg(not(all(target_arch = "wasm32", not(target_feature = "simd128"))))]
fn resize_on(
    resizer: fir::Resizer,
    image: &Linear,
    crop: Rect,
    size: Size,
    budget: &Budget,
) -> Result<Linear> {
    match image.has_alpha() {
        true => convolve::<fir::pixels::U16x4>(resizer, image, crop, size, budget),
        false => convolve::<fir::pixels::U16x3>(resizer, image, crop, size, budget),
    }
}

#[cfg(not(all(target_arch = "wasm32", not(target_feature = "simd128"))))]
// The resizer's entry for pixels of any type would compile it for all of them.
fn convolve<P: fir::PixelTrait>(
    mut resizer: fir::Resizer,
    image: &Linear,
    crop: Rect,
    size: Size,
    budget: &Budget,
) -> Result<Linear> {
    let mut out = Linear::new(size, image.channels, budget)?;
    let crop = inside(crop, image.size);
    let stored = bytemuck::cast_slice(&image.samples);
    let source = TypedImageRef::<P>::from_buffer(image.size.width, image.size.height, stored);
    let wanted = bytemuck::cast_slice_mut(&mut out.samples);
    let target = TypedImage::<P>::from_buffer(size.width, size.height, wanted);
    let (source, mut target) = (source.map_err(failed)?, target.map_err(failed)?);
    let options = fir::ResizeOptions::new()
        .resize_alg(fir::ResizeAlg::Convolution(lanczos3()?))
        .crop(crop.x, crop.y, crop.width, crop.height)
        .use_alpha(false);
    let _between = budget.reserve(between_passes(image, crop, size))?;
    resizer
        .resize_typed(&source, &mut target, &options)
        .map_err(failed)?;
    Ok(out)
}

/// Half the size in both directions, averaging 2 x 2 pixels; odd edges stand alone.
pub(crate) fn halve(image: &Linear, budget: &Budget) -> Result<Linear> {
    let size = Size::new(image.size.width.div_ceil(2), image.size.height.div_ceil(2));
    let mut out = Linear::new(size, image.channels, budget)?;
    for y in 0..size.height {
        let lower = (2 * y + 1).min(image.size.height - 1);
        let (above, below) = (image.row(2 * y), image.row(lower));
        match image.channels {
            4 => halve_rows::<4>(above, below, out.row_mut(y)),
            _ => halve_rows::<3>(above, below, out.row_mut(y)),
        }
    }
    Ok(out)
}

fn halve_rows<const CHANNELS: usize>(above: &[u16], below: &[u16], out: &mut [u16]) {
    let (above, below) = (
        above.as_chunks::<CHANNELS>().0,
        below.as_chunks::<CHANNELS>().0,
    );
    let quads = above.chunks(2).zip(below.chunks(2));
    for ((above, below), pixel) in quads.zip(out.as_chunks_mut::<CHANNELS>().0) {
        let (left, right) = (0, above.len() - 1);
        for (channel, sample) in pixel.iter_mut().enumerate() {
            let at = |row: &[[u16; CHANNELS]], x: usize| u32::from(row[x][channel]);
            let sum = at(above, left) + at(above, right) + at(below, left) + at(below, right);
            *sample = ((sum + 2) / 4) as u16;
        }
    }
}

/// Rounding may leave a crop a hair outside of the image; bring it back in.
fn inside(crop: Rect, size: Size) -> Rect {
    let (width, height) = (f64::from(size.width), f64::from(size.height));
    let least = 1.0 / 1024.0;
    let x = crop.x.clamp(0.0, width - least);
    let y = crop.y.clamp(0.0, height - least);
    let fit = |start: f64, length: f64, bound: f64| {
        let mut length = length.clamp(least, bound - start);
        while start + length > bound {
            length = length.next_down();
        }
        length
    };
    Rect {
        x,
        y,
        width: fit(x, crop.width, width),
        height: fit(y, crop.height, height),
    }
}

/// Bytes that the resizer holds between its horizontal and its vertical pass, and its weights.
fn between_passes(image: &Linear, crop: Rect, size: Size) -> u64 {
    let rows = (crop.height.ceil() as u64 + 8).min(image.size.height.into());
    let pixels = rows * u64::from(size.width) * image.channels as u64 * 2;
    let weights = |length: f64, side: u32| (6.0 * length) as u64 * 12 + u64::from(side) * 120;
    pixels + weights(crop.width, size.width) + weights(crop.height, size.height) + 4096
}

#[cfg(not(all(target_arch = "wasm32", not(target_feature = "simd128"))))]
/// Lanczos (Duchon 1979) with three lobes. libm's sine and not std's: the same everywhere.
fn lanczos3() -> Result<fir::FilterType> {
    let filter = fir::Filter::new("lanczos3", lanczos, 3.0);
    filter.map(fir::FilterType::Custom).map_err(failed)
}

fn lanczos(x: f64) -> f64 {
    if x.abs() < 3.0 {
        sinc(x) * sinc(x / 3.0)
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    let x = x * std::f64::consts::PI;
    if x == 0.0 { 1.0 } else { libm::sin(x) / x }
}

#[cfg(not(all(target_arch = "wasm32", not(target_feature = "simd128"))))]
fn failed(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("resize: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn noise(size: Size, channels: usize, budget: &Budget) -> Linear {
        let mut image = Linear::new(size, channels, budget).unwrap();
        let mut seed = 7u32;
        for sample in image.samples.iter_mut() {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (seed >> 16) as u16;
        }
        image
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    #[allow(unsafe_code)]
    fn every_instruction_set_gives_the_same_samples() {
        let budget = Budget::new(&Limits::default());
        let crop = Rect {
            x: 0.3,
            y: 1.7,
            width: 190.1,
            height: 97.9,
        };
        let on = |extensions, image: &Linear, size| {
            let mut resizer = fir::Resizer::new();
            // SAFETY: the set is plain code or was detected on this CPU.
            unsafe { resizer.set_cpu_extensions(extensions) };
            resize_on(resizer, image, crop, size, &budget).unwrap()
        };
        let detected = fir::CpuExtensions::default();
        let sse4 = is_x86_feature_detected!("sse4.1");
        let narrow = if sse4 {
            fir::CpuExtensions::Sse4_1
        } else {
            fir::CpuExtensions::None
        };
        for channels in [3, 4] {
            let image = noise(Size::new(191, 103), channels, &budget);
            for size in [Size::new(64, 33), Size::new(301, 150)] {
                let plain = on(fir::CpuExtensions::None, &image, size);
                let sse = on(narrow, &image, size);
                let best = on(detected, &image, size);
                assert!(
                    plain.samples[..] == sse.samples[..] && sse.samples[..] == best.samples[..]
                );
            }
        }
    }

    #[test]
    fn plain_loops_give_the_same_samples() {
        let budget = Budget::new(&Limits::default());
        let mut state = 3u32;
        let mut below = |bound: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) % bound
        };
        for round in 0..200 {
            let stored = Size::new(1 + below(90), 1 + below(90));
            let image = noise(stored, 3 + round % 2, &budget);
            let whole = round % 3 == 0;
            let fraction = if whole { 1.0 } else { 1.0 / 64.0 };
            let (x, y) = (below(stored.width), below(stored.height));
            let crop = Rect {
                x: f64::from(x) * fraction,
                y: f64::from(y) * fraction,
                width: f64::from(1 + below(stored.width - x)),
                height: f64::from(1 + below(stored.height - y)),
            };
            let same = [crop.width, crop.height].map(|side| side as u32);
            let size = match round % 4 {
                0 => Size::new(same[0], same[1]),
                1 => Size::new(same[0], 1 + below(120)),
                2 => Size::new(1 + below(120), same[1]),
                _ => Size::new(1 + below(120), 1 + below(120)),
            };
            let plain = resize_plainly(&image, crop, size, &budget).unwrap();
            let best = resize(&image, crop, size, &budget).unwrap();
            assert!(
                plain.samples[..] == best.samples[..],
                "{crop:?} of {stored:?} to {size:?}"
            );
        }
    }

    #[test]
    fn a_halved_image_averages_and_keeps_odd_edges() {
        let budget = Budget::new(&Limits::default());
        let mut image = Linear::new(Size::new(3, 3), 3, &budget).unwrap();
        for (value, pixel) in (0..).zip(image.samples.chunks_exact_mut(3)) {
            pixel.fill(value * 4);
        }
        let half = halve(&image, &budget).unwrap();
        assert_eq!(half.size, Size::square(2));
        let red: Vec<u16> = half.samples.iter().copied().step_by(3).collect();
        assert_eq!(red, [8, 14, 26, 32]);
    }
}
