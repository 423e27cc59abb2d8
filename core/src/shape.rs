//! Cuts avatars to a circle, or rounds their corners, with exact coverage.
//!
//! The coverage of a pixel is the share of its area inside of the shape. It is multiplied into alpha. In
//! an image without alpha, the rest of the pixel gets the color of the outside, in linear light.
//!
//! # Area
//!
//! A shape is its own mirror image, left to right and top to bottom. So one arc is computed, that of the
//! top left corner. The middle column or row of an odd size is half a pixel, and its mirror image is the
//! other half.
//!
//! ```text
//! r          the radius of the arc
//! u, v       distances from the center of the arc: to the left, and up
//! g(u) = sqrt(r^2 - u^2)                            the height of the arc at u
//!
//! of a pixel with a <= u <= b and c <= v <= d:
//!     where u < 0 or v < 0, the pixel is inside, so a and c are at least 0
//!     m = g(d), clamped to a..b                     up to m, the arc is above the pixel
//!     n = g(c), clamped to a..b                     from n on, it is below the pixel
//!     outside = (n - m) (d - (g(m) + g(n)) / 2)     above the chord, from m to n
//!             - S(half the length of the chord / r)
//!             + (d - c) (b - n)                     all of the pixel, from n to b
//!     coverage = 1 - outside / area of the pixel
//!
//! S(t) = r^2 (asin(t) - t sqrt(1 - t^2))            the area between the arc and its chord
//!      = r^2 (2/3 t^3 + 1/5 t^5 + 3/28 t^7 + ...)
//! ```
//!
//! An arc is at most a quarter of a circle, so t^2 is at most 1/2, and each term of the series is less than
//! half of the one before it. Its derivative, 2 t^2 / sqrt(1 - t^2), gives the terms.

use crate::geometry::Size;
use crate::pixels::{Rgb, SrgbImage};
use crate::plan::Cutout;

/// The coverage of a pixel that is inside.
const INSIDE: u16 = u16::MAX;
/// The terms of the series of S(t). The rest is less than 2^-24.
const TERMS: u32 = 24;

/// Removes what is outside of the shape. `flatten` mixes a color, of which a share of 65,535 is given, with
/// the color of the outside.
pub(crate) fn cut(image: &mut SrgbImage, cutout: &Cutout, flatten: impl Fn(Rgb, u16, Rgb) -> Rgb) {
    let size = image.size;
    for y in 0..size.height {
        for x in 0..size.width.div_ceil(2) {
            let coverage = coverage(cutout, x, y.min(size.height - 1 - y), size);
            // The pixels up to its mirror image are inside too.
            if coverage == INSIDE {
                break;
            }
            let mirrored = size.width - 1 - x;
            cut_pixel(image, x, y, coverage, cutout, &flatten);
            if mirrored != x {
                cut_pixel(image, mirrored, y, coverage, cutout, &flatten);
            }
        }
    }
}

fn cut_pixel(
    image: &mut SrgbImage,
    x: u32,
    y: u32,
    coverage: u16,
    cutout: &Cutout,
    flatten: &impl Fn(Rgb, u16, Rgb) -> Rgb,
) {
    let first = x as usize * image.channels;
    match &mut image.row_mut(y)[first..] {
        [r, g, b, alpha, ..] if cutout.outside.is_none() => {
            let inside = u32::from(INSIDE);
            *alpha = ((u32::from(*alpha) * u32::from(coverage) + inside / 2) / inside) as u8;
            // What is cut off is not in the file.
            if *alpha == 0 {
                [*r, *g, *b] = [0; 3];
            }
        }
        [r, g, b, ..] => {
            let outside = cutout.outside.unwrap_or(Rgb::WHITE);
            [*r, *g, *b] = flatten(Rgb([*r, *g, *b]), coverage, outside).0;
        }
        _ => {}
    }
}

/// The share of the pixel that is inside, of 65,535. The pixel is in the top left quarter.
fn coverage(cutout: &Cutout, x: u32, y: u32, size: Size) -> u16 {
    let radius = cutout.radius;
    let squared = radius * radius;
    let [(a, b), (c, d)] = [
        span(cutout.center[0], x, size.width),
        span(cutout.center[1], y, size.height),
    ];
    let area = (b - a) * (d - c);
    let (a, c) = (a.max(0.0), c.max(0.0));
    if b <= 0.0 || d <= 0.0 || b * b + d * d <= squared {
        return INSIDE;
    }
    if a * a + c * c >= squared {
        return 0;
    }
    let height = |u: f64| (squared - u * u).max(0.0).sqrt();
    let (m, n) = (height(d).clamp(a, b), height(c).clamp(a, b));
    let (high, low) = (height(m), height(n));
    let (across, down) = (n - m, high - low);
    let chord = (across * across + down * down) / (4.0 * squared);
    let above = across * (d - (high + low) / 2.0) - squared * segment(chord);
    let outside = above + (d - c) * (b - n);
    ((1.0 - outside / area) * f64::from(INSIDE) + 0.5) as u16
}

/// S(t) of a circle with radius 1, where t^2 is `squared`.
fn segment(squared: f64) -> f64 {
    let mut factor = 2.0 * squared * squared.sqrt();
    let mut sum = 0.0;
    for k in 0..TERMS {
        let k = f64::from(k);
        sum += factor / (2.0 * k + 3.0);
        factor *= squared * (2.0 * k + 1.0) / (2.0 * k + 2.0);
    }
    sum
}

/// The distances from the center of the arc to both edges of a column or row, the smaller one first.
fn span(center: f64, at: u32, length: u32) -> (f64, f64) {
    let start = f64::from(at);
    let end = (start + 1.0).min(f64::from(length) / 2.0);
    (center - end, center - start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Budget, Limits};

    /// Samples in each direction of a pixel.
    const SAMPLES: u32 = 64;

    fn image(size: Size, channels: usize) -> SrgbImage {
        let mut image = SrgbImage::new(size, channels, &Budget::new(&Limits::default())).unwrap();
        image.samples.fill(255);
        image
    }

    fn circle(size: Size) -> Cutout {
        let sides = [size.width, size.height].map(f64::from);
        Cutout {
            center: sides.map(|side| side / 2.0),
            radius: sides[0].min(sides[1]) / 2.0,
            outside: None,
        }
    }

    fn rounded(radius: f64) -> Cutout {
        Cutout {
            center: [radius; 2],
            radius,
            outside: None,
        }
    }

    fn never(_: Rgb, _: u16, _: Rgb) -> Rgb {
        panic!("an image with alpha has no color outside")
    }

    /// Alpha of every pixel.
    fn alphas(size: Size, cutout: &Cutout) -> Vec<u8> {
        let mut image = image(size, 4);
        cut(&mut image, cutout, never);
        image.samples.iter().copied().skip(3).step_by(4).collect()
    }

    /// Whether a point is inside, from the definition: in the rectangle between the centers of the four arcs,
    /// or at most a radius away from it.
    fn is_inside(cutout: &Cutout, size: Size, point: [f64; 2]) -> bool {
        let sides = [size.width, size.height].map(f64::from);
        let distance = |i: usize| {
            let (low, high) = (cutout.center[i], sides[i] - cutout.center[i]);
            point[i] - point[i].clamp(low, high)
        };
        let (across, down) = (distance(0), distance(1));
        across * across + down * down <= cutout.radius * cutout.radius
    }

    /// The share of samples of a pixel that are inside.
    fn supersampled(cutout: &Cutout, size: Size, x: u32, y: u32) -> f64 {
        let place = |at: u32, i: u32| f64::from(at) + (f64::from(i) + 0.5) / f64::from(SAMPLES);
        let places = (0..SAMPLES * SAMPLES).map(|i| [place(x, i % SAMPLES), place(y, i / SAMPLES)]);
        let inside = places.filter(|&point| is_inside(cutout, size, point));
        inside.count() as f64 / f64::from(SAMPLES * SAMPLES)
    }

    #[test]
    fn coverage_is_that_of_many_samples() {
        for (width, height) in [(1, 1), (2, 2), (5, 5), (8, 8), (9, 4), (4, 7), (17, 16)] {
            let size = Size::new(width, height);
            let shorter = f64::from(width.min(height));
            let radii = [0.05, 0.21, 0.37, 0.5].map(|fraction| rounded(fraction * shorter));
            for cutout in radii.iter().chain([&circle(size)]) {
                let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
                for ((x, y), alpha) in places.zip(alphas(size, cutout)) {
                    let expected = supersampled(cutout, size, x, y);
                    let error = (f64::from(alpha) / 255.0 - expected).abs();
                    assert!(
                        error < 0.006,
                        "{size:?} {cutout:?} {x} {y}: {alpha} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_area_of_a_circle_is_exact() {
        for side in [1, 2, 3, 10, 33, 256] {
            let size = Size::square(side);
            let cutout = circle(size);
            let half = side.div_ceil(2);
            let column = |x: u32| if x == side - 1 - x { 1.0 } else { 2.0 };
            let places = (0..half).flat_map(|y| (0..half).map(move |x| (x, y)));
            let area: f64 = places
                .map(|(x, y)| {
                    column(x) * column(y) * f64::from(coverage(&cutout, x, y, size)) / 65_535.0
                })
                .sum();
            let radius = f64::from(side) / 2.0;
            let exact = std::f64::consts::PI * radius * radius;
            // Each of the pixels on the arc is rounded.
            assert!(
                (area - exact).abs() < 1e-4 * f64::from(side),
                "{side}: {area} {exact}"
            );
        }
    }

    #[test]
    fn the_series_of_a_segment_is_its_area() {
        for t in [0.0, 1e-4, 0.1, 0.5, std::f64::consts::FRAC_1_SQRT_2] {
            let exact = libm::asin(t) - t * (1.0 - t * t).sqrt();
            assert!((segment(t * t) - exact).abs() < 1e-9, "{t}");
        }
    }

    #[test]
    fn a_shape_is_its_own_mirror_image() {
        for size in [Size::square(8), Size::square(9), Size::new(12, 7)] {
            let alphas = alphas(size, &circle(size));
            let reversed: Vec<u8> = alphas.iter().rev().copied().collect();
            assert_eq!(alphas, reversed);
            let row = size.width as usize;
            let flipped = alphas.chunks(row).flat_map(|row| row.iter().rev().copied());
            assert_eq!(alphas, flipped.collect::<Vec<u8>>());
        }
    }

    #[test]
    fn the_largest_radius_of_a_square_is_a_circle() {
        for side in [7, 16] {
            let size = Size::square(side);
            let round = rounded(f64::from(side) / 2.0);
            assert_eq!(alphas(size, &round), alphas(size, &circle(size)));
        }
    }

    #[test]
    fn nothing_is_left_of_the_outside() {
        let size = Size::new(40, 20);
        let mut image = image(size, 4);
        cut(&mut image, &circle(size), never);
        let pixels = image.samples.as_chunks::<4>().0;
        assert_eq!(pixels[0], [0; 4]);
        assert_eq!(pixels[40 * 10 + 9], [0; 4]);
        assert_eq!(pixels[40 * 10 + 20], [255; 4]);
        assert!(pixels.iter().all(|pixel| pixel[3] > 0 || *pixel == [0; 4]));
    }

    #[test]
    fn an_image_without_alpha_is_mixed_with_the_outside() {
        let size = Size::square(9);
        let mut image = image(size, 3);
        let cutout = Cutout {
            outside: Some(Rgb([0; 3])),
            ..circle(size)
        };
        let mix = |Rgb([r, ..]): Rgb, share: u16, _: Rgb| {
            Rgb([(u32::from(r) * u32::from(share) / 65_535) as u8; 3])
        };
        cut(&mut image, &cutout, mix);
        let red: Vec<u8> = image.samples.iter().copied().step_by(3).collect();
        for (mixed, alpha) in red.iter().zip(alphas(size, &circle(size))) {
            assert!(mixed.abs_diff(alpha) <= 1);
        }
    }
}
