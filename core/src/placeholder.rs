//! A preview to show while an avatar loads: a ThumbHash and the dominant color.

use crate::geometry::Size;
use crate::pixels::{Rgb, SrgbImage};
use crate::rendered::Placeholder;

/// The longest side of the thumbnail that is hashed. A ThumbHash keeps 7 frequencies per side, so
/// more pixels would not change it.
const SIDE: u32 = 32;

/// The placeholder of `avatar`. If it `is_cut` to a shape, only its largest circle counts for the dominant color: the
/// background around it in a JPEG would often be the largest part of one color.
pub(crate) fn placeholder(avatar: &SrgbImage, is_cut: bool) -> Placeholder {
    let (size, mut rgba) = thumbnail(avatar);
    let (width, height) = (size.width as usize, size.height as usize);
    let thumbhash = thumbhash::rgba_to_thumb_hash(width, height, rgba.as_flattened());
    if is_cut {
        remove_corners(&mut rgba, size);
    }
    Placeholder {
        thumbhash,
        color: dominant(&rgba),
    }
}

/// Makes the pixels transparent whose centers are outside of the largest circle, which every shape contains.
fn remove_corners(pixels: &mut [[u8; 4]], size: Size) {
    let (width, height) = (i64::from(size.width), i64::from(size.height));
    let diameter = width.min(height);
    // Twice the distance from the center.
    let distance = |at: i64, side: i64| 2 * at + 1 - side;
    for (index, pixel) in (0..).zip(pixels) {
        let (across, down) = (
            distance(index % width, width),
            distance(index / width, height),
        );
        if across * across + down * down > diameter * diameter {
            *pixel = [0; 4];
        }
    }
}

/// Averages boxes of pixels to at most [`SIDE`] pixels per side, with straight alpha.
fn thumbnail(avatar: &SrgbImage) -> (Size, Vec<[u8; 4]>) {
    let step = avatar.size.width.max(avatar.size.height).div_ceil(SIDE);
    let size = Size::new(
        avatar.size.width.div_ceil(step),
        avatar.size.height.div_ceil(step),
    );
    let corners = (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y)));
    let pixels = corners
        .map(|(x, y)| mean(avatar, x * step, y * step, step))
        .collect();
    (size, pixels)
}

/// The mean of one box, each color weighted by its alpha.
fn mean(avatar: &SrgbImage, x0: u32, y0: u32, step: u32) -> [u8; 4] {
    let (x1, y1) = (
        (x0 + step).min(avatar.size.width),
        (y0 + step).min(avatar.size.height),
    );
    let channels = avatar.channels;
    let columns = x0 as usize * channels..x1 as usize * channels;
    let rows = (y0..y1).map(|y| &avatar.row(y)[columns.clone()]);
    let count = u64::from(x1 - x0) * u64::from(y1 - y0);
    let sums = if channels == 4 {
        premultiplied_sums(rows)
    } else {
        let [r, g, b] = sums(rows);
        [255 * r, 255 * g, 255 * b, 255 * count]
    };
    let [r, g, b] = [sums[0], sums[1], sums[2]].map(|sum| rounded(sum, sums[3]));
    [r, g, b, rounded(sums[3], count)]
}

/// The sums of the samples of opaque pixels.
fn sums<'a>(rows: impl Iterator<Item = &'a [u8]>) -> [u64; 3] {
    let mut sums = [0; 3];
    for pixel in rows.flat_map(|row| row.as_chunks::<3>().0) {
        for (sum, &sample) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(sample);
        }
    }
    sums
}

/// The sums of the colors times alpha, and of alpha.
fn premultiplied_sums<'a>(rows: impl Iterator<Item = &'a [u8]>) -> [u64; 4] {
    let mut sums = [0; 4];
    for &[r, g, b, alpha] in rows.flat_map(|row| row.as_chunks::<4>().0) {
        let alpha = u64::from(alpha);
        for (sum, factor) in sums.iter_mut().zip([r, g, b].map(u64::from)) {
            *sum += factor * alpha;
        }
        sums[3] += alpha;
    }
    sums
}

/// `sum / count`, rounded; 0 for an empty count.
fn rounded(sum: u64, count: u64) -> u8 {
    (sum + count / 2).checked_div(count).unwrap_or(0).min(255) as u8
}

/// The mean of the fullest of 4 x 4 x 4 bins of colors. White if every pixel is transparent.
fn dominant(pixels: &[[u8; 4]]) -> Rgb {
    let mut bins = [[0u64; 4]; 64];
    for &[r, g, b, a] in pixels {
        let bin = usize::from(r >> 6) << 4 | usize::from(g >> 6) << 2 | usize::from(b >> 6);
        for (sum, sample) in bins[bin].iter_mut().zip([r, g, b, 1]) {
            *sum += u64::from(sample) * u64::from(a);
        }
    }
    // Of equally full bins, max_by_key returns the last, so the result is deterministic.
    let fullest = bins
        .iter()
        .max_by_key(|bin| bin[3])
        .copied()
        .unwrap_or_default();
    match fullest {
        [_, _, _, 0] => Rgb::WHITE,
        [r, g, b, weight] => Rgb([r, g, b].map(|sum| rounded(sum, weight))),
    }
}
