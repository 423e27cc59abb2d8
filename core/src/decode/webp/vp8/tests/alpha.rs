//! Frames beside an alpha channel.

use super::writer::FrameSpec;
use super::{AlphaDecoder, Random, decode_request, decode_with};
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};
use crate::plan::DecodeRequest;
use crate::simd::BASELINE_ONLY;

/// An odd width and height.
const SIZE: Size = Size::new(69, 51);

fn frame() -> Vec<u8> {
    let spec = FrameSpec {
        width: SIZE.width,
        height: SIZE.height,
        ..FrameSpec::PLAIN
    };
    spec.random(4)
}

fn values() -> Vec<u8> {
    // Uniform rows first.
    let mut values = vec![255; 20 * SIZE.width as usize];
    values.extend(Random(8).bytes(31 * SIZE.width as usize));
    values
}

/// RGBA pixels.
fn decode_pixels(values: &[u8], request: &DecodeRequest) -> Vec<[u8; 4]> {
    let chunk = [&[0], values].concat();
    let budget = Budget::new(&Limits::default());
    let mut alpha = AlphaDecoder::open(&chunk, SIZE, &budget).unwrap();
    let decoded = decode_with(&frame(), Some(&mut alpha), request).unwrap();
    decoded.rgb.as_chunks().0.to_vec()
}

fn request(scale: u8, region: Region) -> DecodeRequest {
    DecodeRequest {
        scale,
        ..DecodeRequest::full_size(region)
    }
}

fn whole(scale: u8) -> DecodeRequest {
    request(scale, Region::whole(SIZE.scaled(scale)))
}

#[test]
fn alpha_is_added_to_each_pixel() {
    let pixels = decode_pixels(&values(), &whole(8));
    let rgb = decode_request(&frame(), &whole(8)).unwrap().rgb;
    let expected = rgb.as_chunks().0.iter().zip(values());
    let expected: Vec<_> = expected.map(|(&[r, g, b], a)| [r, g, b, a]).collect();
    assert!(pixels == expected);
}

#[test]
fn opaque_pixels_have_the_same_color_at_half_size() {
    let opaque = vec![255; SIZE.pixels() as usize];
    let pixels = decode_pixels(&opaque, &whole(4));
    let rgb = decode_request(&frame(), &whole(4)).unwrap().rgb;
    let expected = rgb.as_chunks().0.iter();
    let expected: Vec<_> = expected.map(|&[r, g, b]| [r, g, b, 255]).collect();
    assert!(pixels == expected);
}

#[test]
fn alpha_is_averaged_at_half_size() {
    let (values, width) = (values(), SIZE.width as usize);
    let pixels = decode_pixels(&values, &whole(4));
    for (index, pixel) in pixels.iter().enumerate() {
        let (x, y) = (index % 35 * 2, index / 35 * 2);
        // The odd last column and row count twice.
        let (right, below) = (
            (x + 1).min(width - 1),
            (y + 1).min(SIZE.height as usize - 1),
        );
        let at = |x: usize, y: usize| u32::from(values[y * width + x]);
        let sum = at(x, y) + at(right, y) + at(x, below) + at(right, below);
        assert_eq!(u32::from(pixel[3]), (sum + 2) / 4, "{x} {y}");
    }
}

#[test]
fn a_region_with_alpha_is_a_part_of_the_whole_at_both_sizes() {
    for scale in [4, 8] {
        let (size, pixels) = (SIZE.scaled(scale), decode_pixels(&values(), &whole(scale)));
        for [x0, y0, x1, y1] in [[0, 0, 1, 1], [3, 7, 20, 26], [34, 25, 35, 26]] {
            let region = Region { x0, y0, x1, y1 };
            let rows = pixels.chunks(size.width as usize);
            let rows = rows.take(y1 as usize).skip(y0 as usize);
            let expected: Vec<_> = rows
                .flat_map(|row| &row[x0 as usize..x1 as usize])
                .copied()
                .collect();
            assert!(decode_pixels(&values(), &request(scale, region)) == expected);
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bytes_with_alpha() {
    for scale in [4, 8] {
        BASELINE_ONLY.set(true);
        let baseline = decode_pixels(&values(), &whole(scale));
        BASELINE_ONLY.set(false);
        assert!(baseline == decode_pixels(&values(), &whole(scale)));
    }
}
