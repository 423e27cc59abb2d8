//! Tests against the rule at double precision and against fast_image_resize, and properties.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{self as peer, PixelType, ResizeAlg, ResizeOptions, Resizer};
use proptest::prelude::*;

use super::*;
use crate::Limits;
use crate::options::ResizeFilter;
use crate::plan::FilterRule;
use crate::simd::BASELINE_ONLY;

const FULL: f64 = 65_535.0;
/// No bound at all, and linear light.
const UNBOUNDED: f32 = 1e9;

fn budget() -> Budget {
    Budget::new(&Limits::default())
}

fn rule(shrink: f64) -> ResizeRule {
    ResizeRule::new(shrink, ResizeFilter::Auto)
}

fn filter_rule(shrink: f64) -> FilterRule {
    match rule(shrink) {
        ResizeRule::Filter(rule) => rule,
        ResizeRule::Nearest => unreachable!("auto is a filter"),
    }
}

/// Random pixels. With alpha, some are opaque, some transparent, and most in between.
fn noise(size: Size, channels: usize) -> LinearImage {
    let mut image = LinearImage::new(size, channels, &budget()).unwrap();
    let mut seed = 7u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 16
    };
    for pixel in image.samples.chunks_exact_mut(channels) {
        let alpha = match (channels, random() % 4) {
            (3, _) | (_, 0) => 65_535,
            (_, 1) => 0,
            _ => random(),
        };
        pixel.fill(alpha as u16);
        pixel[..3].fill_with(|| (u64::from(random()) * u64::from(alpha) / 65_535) as u16);
    }
    image
}

/// The rule as the module's documentation states it, on doubles.
mod oracle {
    use super::*;

    fn kernel(sharp: f64, x: f64) -> f64 {
        let x = x.abs();
        let catmull_rom = match x {
            _ if x < 1.0 => 1.5 * x.powi(3) - 2.5 * x.powi(2) + 1.0,
            _ if x < 2.0 => -0.5 * x.powi(3) + 2.5 * x.powi(2) - 4.0 * x + 2.0,
            _ => 0.0,
        };
        let magic = match x {
            _ if x < 0.5 => 17.0 / 16.0 - 7.0 / 4.0 * x.powi(2),
            _ if x < 1.5 => x.powi(2) - 11.0 / 4.0 * x + 7.0 / 4.0,
            _ if x < 2.5 => -x.powi(2) / 8.0 + 5.0 / 8.0 * x - 25.0 / 32.0,
            _ => 0.0,
        };
        (1.0 - sharp) * catmull_rom + sharp * magic
    }

    fn coded(light: f64) -> f64 {
        if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        }
    }

    fn forward(linear: f64, light: f64) -> f64 {
        (1.0 - linear) * coded(light) + linear * light
    }

    fn inverse(linear: f64, w: f64) -> f64 {
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if forward(linear, middle) < w {
                low = middle;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Maps the straight color of a premultiplied pixel.
    fn straight(pixel: &[f64], map: impl Fn(f64) -> f64) -> Vec<f64> {
        let alpha = pixel.get(3).copied().unwrap_or(1.0);
        let color = |&v: &f64| {
            let straight = if alpha > 0.0 { v / alpha } else { 0.0 };
            map(straight.clamp(0.0, 1.0)) * alpha
        };
        let colors = pixel[..3].iter().map(color);
        colors.chain(pixel.get(3).copied()).collect()
    }

    /// One sample of a pass over `line`.
    fn sample(
        line: &[f64],
        rule: FilterRule,
        (start, length): (f64, f64),
        count: u32,
        at: u32,
    ) -> f64 {
        let shrink = length / f64::from(count);
        let center = start + (f64::from(at) + 0.5) * shrink;
        let distance = |i: usize| (i as f64 + 0.5 - center) / shrink.max(1.0);
        let (mut sum, mut weights) = (0.0, 0.0);
        let (mut least, mut greatest) = (f64::MAX, f64::MIN);
        for (i, &value) in line.iter().enumerate() {
            let weight = kernel(rule.sharp, distance(i));
            (sum, weights) = (sum + weight * value, weights + weight);
            if distance(i).abs() < 1.0 - 1e-6 {
                (least, greatest) = (least.min(value), greatest.max(value));
            }
        }
        let tolerance = f64::from(rule.tolerance);
        (sum / weights).clamp(least * (1.0 - tolerance), greatest * (1.0 + tolerance))
    }

    /// All samples of the result, in the image's units.
    pub(super) fn resize(
        image: &LinearImage,
        crop: Rect,
        size: Size,
        rule: FilterRule,
    ) -> Vec<f64> {
        let channels = image.channels;
        let (width, height) = (image.size.width as usize, image.size.height as usize);
        let pixels = image.samples.chunks_exact(channels);
        let scaled = |pixel: &[u16]| -> Vec<f64> {
            let pixel: Vec<f64> = pixel.iter().map(|&v| f64::from(v) / FULL).collect();
            straight(&pixel, |light| forward(rule.linear, light))
        };
        let source: Vec<f64> = pixels.flat_map(scaled).collect();
        let mut rows = Vec::new();
        for (y, i) in (0..size.height).flat_map(|y| (0..width * channels).map(move |i| (y, i))) {
            let line: Vec<f64> = (0..height)
                .map(|row| source[row * width * channels + i])
                .collect();
            rows.push(sample(&line, rule, (crop.y, crop.height), size.height, y));
        }
        let mut result = Vec::new();
        for row in rows.chunks_exact(width * channels) {
            for x in 0..size.width {
                let channel = |channel: usize| {
                    let line: Vec<f64> = row
                        .iter()
                        .skip(channel)
                        .step_by(channels)
                        .copied()
                        .collect();
                    sample(&line, rule, (crop.x, crop.width), size.width, x).clamp(0.0, 1.0)
                };
                let pixel: Vec<f64> = (0..channels).map(channel).collect();
                let light = straight(&pixel, |w| inverse(rule.linear, w));
                result.extend(light.into_iter().map(|v| v * FULL));
            }
        }
        result
    }
}

const CROP: Rect = Rect {
    x: 0.3,
    y: 1.7,
    width: 59.1,
    height: 31.9,
};
/// Sizes of the result, each with its shrink: reduced in linear light, between the scales, near 1:1,
/// enlarged a little, enlarged.
const SIZES: [(Size, f64); 5] = [
    (Size::new(17, 11), 3.0),
    (Size::new(38, 20), 1.55),
    (Size::new(58, 31), 1.02),
    (Size::new(72, 38), 0.83),
    (Size::new(101, 50), 0.6),
];

fn cases() -> impl Iterator<Item = (LinearImage, Size, ResizeRule, FilterRule)> {
    let channels = [3, 4].into_iter();
    let cases = channels.flat_map(|channels| SIZES.map(|(size, shrink)| (channels, size, shrink)));
    cases.map(|(channels, size, shrink)| {
        let image = noise(Size::new(61, 37), channels);
        (image, size, rule(shrink), filter_rule(shrink))
    })
}

/// In linear light, samples differ by rounding only. On another scale, the image is rounded to that
/// scale and the result is rounded back. Near black, a step of linear light is 13 steps of a coded
/// value, and division by alpha enlarges the error: to at most 20 of 65,535, less than a tenth of an
/// 8-bit step.
#[test]
fn each_sample_is_that_of_the_rule_at_double_precision() {
    for (image, size, rule, numbers) in cases() {
        let bound = match (numbers.linear, image.channels) {
            (1.0, _) => 0.6,
            (_, 3) => 4.0,
            _ => 20.0,
        };
        let got = resize(&image, CROP, size, rule, false, &budget()).unwrap();
        let exact = oracle::resize(&image, CROP, size, numbers);
        for (at, (&sample, exact)) in got.samples.iter().zip(exact).enumerate() {
            let error = f64::from(sample) - exact;
            assert!(error.abs() < bound, "{size:?} {numbers:?} {at}: {error}");
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_samples() {
    for (image, size, rule, _) in cases() {
        let best = resize(&image, CROP, size, rule, false, &budget()).unwrap();
        BASELINE_ONLY.set(true);
        let plain = resize(&image, CROP, size, rule, false, &budget()).unwrap();
        BASELINE_ONLY.set(false);
        assert!(plain.samples[..] == best.samples[..]);
    }
}

#[test]
fn an_image_narrower_than_a_chunk_follows_the_rule_too() {
    for (side, size) in [(1, 3), (2, 1), (2, 9), (5, 4), (9, 30)] {
        let image = noise(Size::new(side, 2 * side), 3);
        let crop = Rect::whole(image.size);
        let size = Size::new(size, 2 * size);
        let numbers = filter_rule(f64::from(side) / f64::from(size.width));
        let got = resize(
            &image,
            crop,
            size,
            ResizeRule::Filter(numbers),
            false,
            &budget(),
        )
        .unwrap();
        let exact = oracle::resize(&image, crop, size, numbers);
        for (&sample, exact) in got.samples.iter().zip(exact) {
            assert!((f64::from(sample) - exact).abs() < 4.0, "{side} {size:?}");
        }
    }
}

#[test]
fn at_the_photos_own_size_nothing_changes() {
    for channels in [3, 4] {
        let image = noise(Size::new(61, 37), channels);
        let crop = Rect {
            x: 3.0,
            y: 0.0,
            width: 50.0,
            height: 37.0,
        };
        let got = resize(&image, crop, Size::new(50, 37), rule(1.0), false, &budget()).unwrap();
        for y in 0..37 {
            let same = &image.row(y)[3 * channels..53 * channels];
            assert_eq!(got.row(y), same);
        }
    }
}

/// The filter changes nothing at 1:1 even without the copy, and changes little near 1:1.
#[test]
fn the_rule_has_no_step_at_the_photos_own_size() {
    let image = noise(Size::square(40), 3);
    let size = Size::square(40);
    for (hair, bound) in [(0.0, 2), (1e-9, 2), (-1e-9, 2), (1e-3, 200), (-1e-3, 200)] {
        let crop = Rect {
            x: -hair / 2.0,
            y: -hair / 2.0,
            width: 40.0 + hair,
            height: 40.0 + hair,
        };
        let numbers = filter_rule(crop.width / 40.0);
        let got = filter::filter(&image, crop, size, numbers, false, &budget()).unwrap();
        let apart = got.samples.iter().zip(image.samples.iter());
        let apart = apart.map(|(a, b)| a.abs_diff(*b)).max();
        assert!(apart <= Some(bound), "{hair}: {apart:?}");
    }
}

#[test]
fn the_rule_is_continuous_in_the_shrink() {
    let steps = (1..400).map(|at| f64::from(at) / 100.0);
    for shrink in steps {
        let (a, b) = (filter_rule(shrink), filter_rule(shrink + 0.01));
        assert!((a.linear - b.linear).abs() < 0.011, "{shrink}");
        assert!((a.tolerance - b.tolerance).abs() < 0.001, "{shrink}");
        // 1 / shrink is steep only where the kernel does not change any more.
        assert!((a.sharp - b.sharp).abs() < 0.05, "{shrink}");
    }
}

#[test]
fn a_flat_image_stays_flat_at_any_size() {
    for (value, slack) in [(0, 0), (777, 1), (40_000, 1), (65_535, 0)] {
        let mut image = LinearImage::new(Size::new(50, 3), 3, &budget()).unwrap();
        image.samples.fill(value);
        let crop = Rect::whole(image.size);
        for size in [
            Size::new(1, 1),
            Size::new(7, 9),
            Size::new(50, 3),
            Size::square(90),
        ] {
            for shrink in [3.0, 1.3, 0.9, 0.3] {
                let got = resize(&image, crop, size, rule(shrink), false, &budget()).unwrap();
                let flat = got.samples.iter().all(|v| v.abs_diff(value) <= slack);
                assert!(flat, "{value} {size:?} {shrink}");
            }
        }
    }
}

#[test]
fn a_crop_slightly_outside_of_the_image_shows_its_edge() {
    let image = noise(Size::new(5, 5), 3);
    for (at, length) in [(4.999_999, 0.000_01), (5.0, 1e-300), (5.000_001, 1e-12)] {
        let crop = Rect {
            x: at,
            y: at,
            width: length,
            height: length,
        };
        for rule in [rule(3.0), rule(0.1), ResizeRule::Nearest] {
            let got = resize(&image, crop, Size::square(3), rule, false, &budget()).unwrap();
            let corner = &image.row(4)[12..];
            for (&sample, &corner) in got.samples.iter().zip(corner.iter().cycle()) {
                // Half a sample beyond the last one's center a filter extrapolates, within the bound.
                let apart = if rule == ResizeRule::Nearest {
                    0.0
                } else {
                    0.25
                };
                let error = f64::from(sample) - f64::from(corner);
                assert!(
                    error.abs() <= apart * f64::from(corner),
                    "{rule:?} {at} {error}"
                );
            }
        }
    }
}

/// Where nothing is clamped, fast_image_resize computes the same result by another method.
#[test]
fn without_a_bound_the_filter_is_that_of_fast_image_resize() {
    let mut image = noise(Size::new(61, 37), 3);
    // Of so little contrast that no sum is negative, between the passes neither.
    let gray = |sample: &mut u16| *sample = *sample / 2 + 16_384;
    image.samples.iter_mut().for_each(gray);
    let floats: Vec<f32> = image.samples.iter().map(|&v| f32::from(v)).collect();
    let source = bytemuck::cast_slice(&floats);
    let source = ImageRef::new(61, 37, source, PixelType::F32x3).unwrap();
    for (sharp, size) in [(0.0, SIZES[0].0), (0.0, SIZES[1].0), (1.0, SIZES[4].0)] {
        let kernel = match sharp {
            0.0 => peer::Filter::new("Catmull-Rom", |x| kernel::Kernel { sharp: 0.0 }.at(x), 2.0),
            _ => peer::Filter::new("Magic", |x| kernel::Kernel { sharp: 1.0 }.at(x), 2.5),
        };
        let kernel = peer::FilterType::Custom(kernel.unwrap());
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(kernel))
            .crop(CROP.x, CROP.y, CROP.width, CROP.height);
        let mut theirs = Image::new(size.width, size.height, PixelType::F32x3);
        Resizer::new()
            .resize(&source, &mut theirs, &options)
            .unwrap();
        let rule = FilterRule {
            linear: 1.0,
            sharp,
            tolerance: UNBOUNDED,
        };
        let ours = filter::filter(&image, CROP, size, rule, false, &budget()).unwrap();
        let theirs: &[f32] = bytemuck::cast_slice(theirs.buffer());
        for (&ours, theirs) in ours.samples.iter().zip(theirs) {
            let error = f32::from(ours) - theirs.clamp(0.0, 65_535.0);
            assert!(error.abs() < 0.6, "{size:?} {error}");
        }
    }
}

#[test]
fn pixel_art_becomes_blocks() {
    for channels in [3, 4] {
        let image = noise(Size::new(7, 5), channels);
        let crop = Rect::whole(image.size);
        let size = Size::new(7 * 6, 5 * 6);
        let got = resize(&image, crop, size, ResizeRule::Nearest, false, &budget()).unwrap();
        for y in 0..size.height {
            let blocks = got.row(y).chunks_exact(channels).enumerate();
            for (x, pixel) in blocks {
                assert_eq!(pixel, &image.row(y / 6)[x / 6 * channels..][..channels]);
            }
        }
    }
}

#[test]
fn pixel_art_is_reduced_like_a_photo() {
    let pixelated = |shrink| ResizeRule::new(shrink, ResizeFilter::Pixelated);
    assert_eq!(pixelated(0.99), ResizeRule::Nearest);
    assert_eq!([1.0, 1.5, 8.0].map(pixelated), [1.0, 1.5, 8.0].map(rule));
}

/// An image of up to 12 x 12 pixels, a size and the shrink of the rule.
fn any_resize() -> impl Strategy<Value = (LinearImage, Size, f64)> {
    let sides = (1..12u32, 1..12u32, 1..40u32, 1..40u32);
    (sides, 3..=4usize, 0.1..4.0f64, any::<u64>()).prop_map(
        |((width, height, wide, high), channels, shrink, seed)| {
            let mut image = noise(Size::new(width, height), channels);
            // Other pixels each time, of few values, so that there are flat parts and edges.
            let mut seed = seed;
            for pixel in image.samples.chunks_exact_mut(channels) {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if seed >> 63 == 0 {
                    pixel[..3].fill(0);
                }
            }
            (image, Size::new(wide, high), shrink)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sample_leaves_the_images_range_by_more_than_the_tolerance((image, size, shrink) in any_resize()) {
        let got = resize(&image, Rect::whole(image.size), size, rule(shrink), false, &budget()).unwrap();
        // On coded values a bound of 4 % of w is at most 2.4 times as much of the light.
        let twice = (1.0 + f64::from(filter_rule(shrink).tolerance)).powi(2);
        let power = if shrink < 2.0 { 2.4 } else { 1.0 };
        // Color is bounded before it is multiplied by an alpha that is bounded too.
        let channels = if image.channels == 4 { 3..4 } else { 0..3 };
        for channel in channels {
            let samples = |image: &LinearImage| {
                let samples: Vec<u16> = image.samples.iter().skip(channel).step_by(image.channels).copied().collect();
                samples
            };
            let most = samples(&image).into_iter().max().map_or(0.0, f64::from);
            let bound = most * twice.powf(power) + 20.0;
            prop_assert!(samples(&got).into_iter().all(|v| f64::from(v) <= bound));
        }
    }

    #[test]
    fn a_mirrored_image_gives_the_mirrored_result((image, size, shrink) in any_resize()) {
        let crop = Rect::whole(image.size);
        let got = resize(&image, crop, size, rule(shrink), false, &budget()).unwrap();
        // Another order of additions may change the last bit of a filtered sample, which is 2.3 bits at the
        // steepest place of the scale. With alpha, that of the color and that of alpha may change.
        let most = if image.channels == 4 { 6 } else { 3 };
        let mirrored = mirrored(resize(&mirrored(image), crop, size, rule(shrink), false, &budget()).unwrap());
        for (a, b) in got.samples.iter().zip(mirrored.samples.iter()) {
            prop_assert!(a.abs_diff(*b) <= most, "{} {}", a, b);
        }
    }
}

fn mirrored(mut image: LinearImage) -> LinearImage {
    let channels = image.channels;
    for y in 0..image.size.height {
        let row = image.row_mut(y);
        row.reverse();
        row.chunks_exact_mut(channels).for_each(<[u16]>::reverse);
    }
    image
}

#[cfg(feature = "parallel")]
#[test]
fn two_threads_resize_as_one() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2);
    let pool = pool.build().unwrap();
    for (channels, side, height) in [(3, 300, 300), (4, 300, 260), (3, 500, 129), (4, 700, 24)] {
        let image = noise(Size::new(610, 480), channels);
        let (crop, size) = (Rect::whole(image.size), Size::new(side, height));
        for shrink in [3.0, 1.5, 0.6] {
            let one = resize(&image, crop, size, rule(shrink), false, &budget()).unwrap();
            let budget = budget();
            let two = || resize(&image, crop, size, rule(shrink), true, &budget).unwrap();
            let two = pool.install(two);
            assert!(one.samples[..] == two.samples[..], "{size:?} {shrink}");
        }
    }
}

fn budget_of(memory: u64) -> Budget {
    Budget::new(&Limits {
        memory,
        ..Limits::default()
    })
}

/// The least memory that is enough for `resize`.
fn least_memory(resize: impl Fn(&Budget) -> Result<LinearImage>) -> u64 {
    let (mut refused, mut enough) = (0, 16 << 20);
    while enough - refused > 1 {
        let middle = (refused + enough) / 2;
        match resize(&budget_of(middle)) {
            Ok(_) => enough = middle,
            Err(_) => refused = middle,
        }
    }
    enough
}

#[test]
fn a_resize_takes_little_less_memory_than_is_planned() {
    let image = noise(Size::new(610, 480), 4);
    let crop = Rect::whole(image.size);
    for (side, shrink) in [
        (40, 12.0),
        (200, 2.4),
        (256, 1.9),
        (400, 1.2),
        (500, 0.97),
        (900, 0.6),
    ] {
        let size = Size::square(side);
        let rule = rule(shrink);
        let taken = least_memory(|budget| resize(&image, crop, size, rule, false, budget));
        let planned = size.pixels() * 8 + scratch_memory(crop, size, rule, 4);
        assert!(taken <= planned, "{side}: {taken}, planned {planned}");
        assert!(
            planned - taken < 400_000,
            "{side}: {taken}, planned {planned}"
        );
    }
}

#[cfg(feature = "parallel")]
#[test]
fn two_threads_resize_under_the_least_memory_of_one() {
    let image = noise(Size::new(610, 480), 3);
    let (crop, size) = (Rect::whole(image.size), Size::square(256));
    let by =
        |is_parallel, budget: &Budget| resize(&image, crop, size, rule(1.5), is_parallel, budget);
    let enough = least_memory(|budget| by(false, budget));
    assert!(by(true, &budget_of(enough)).is_ok());
    let refused = &budget_of(enough - 1);
    assert_eq!(
        by(true, refused).unwrap_err(),
        by(false, refused).unwrap_err()
    );
}
