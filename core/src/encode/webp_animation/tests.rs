//! The bytes of the container, around stills of a stub.

use super::*;
use crate::limits::Limits;

const FOREVER: u16 = 0;

/// Column, row and value of pixels that differ from the others.
type Values<'a> = &'a [(u32, u32, u8)];

fn budget(memory: u64) -> Budget {
    Budget::new(&Limits {
        memory,
        ..Limits::default()
    })
}

/// An image of 6 x 4 pixels, with a value at some positions.
fn image(channels: usize, values: Values<'_>, budget: &Budget) -> SrgbImage {
    let mut image = SrgbImage::new(Size::new(6, 4), channels, budget).unwrap();
    image.samples.fill(255);
    for &(x, y, value) in values {
        image.row_mut(y)[x as usize * channels..][..channels].fill(value);
    }
    image
}

/// A still whose chunk has the width, height and channels of the image.
fn stub(part: &SrgbImage) -> Result<Vec<u8>> {
    let Size { width, height } = part.size;
    let data = [width as u8, height as u8, part.channels as u8];
    Ok([&b"RIFF....WEBPVP8L\x03\0\0\0"[..], &data].concat())
}

fn write(frames: &[(Values<'_>, u64)], channels: usize) -> AnimatedFile {
    let budget = budget(1 << 20);
    let mut writer = AnimationWriter::new(&budget).unwrap();
    for &(values, nanoseconds) in frames {
        let image = image(channels, values, &budget);
        let duration = Duration::from_nanos(nanoseconds);
        writer.push(image, duration, &budget, &mut stub).unwrap();
    }
    writer.finish(FOREVER).unwrap().unwrap()
}

/// The chunk ANMF of a stub.
fn frame(fields: [u8; 4], duration: u8, part: [u8; 3]) -> Vec<u8> {
    let [x, y, width, height] = fields;
    let mut chunk = b"ANMF\x1C\0\0\0".to_vec();
    chunk.extend([
        x, 0, 0, y, 0, 0, width, 0, 0, height, 0, 0, duration, 0, 0, 2,
    ]);
    chunk.extend(b"VP8L\x03\0\0\0");
    chunk.extend(part);
    chunk.push(0);
    chunk
}

#[test]
fn a_later_frame_is_the_rectangle_of_changed_pixels_from_even_coordinates_on() {
    let first: Values<'_> = &[];
    let second: Values<'_> = &[(3, 1, 0), (4, 2, 9)];
    let file = write(&[(first, 40_000_000), (second, 60_000_000)], 3);
    let mut expected = b"RIFF\x6C\0\0\0WEBPVP8X\x0A\0\0\0\x02\0\0\0\x05\0\0\x03\0\0".to_vec();
    expected.extend(b"ANIM\x06\0\0\0\0\0\0\0\0\0");
    expected.extend(frame([0, 0, 5, 3], 40, [6, 4, 3]));
    expected.extend(frame([1, 0, 2, 2], 60, [3, 3, 3]));
    assert_eq!(file.bytes, expected);
    assert_eq!((file.frames, file.duration_ms), (2, 100));
}

#[test]
fn alpha_is_declared_if_a_frame_has_it_and_opaque_parts_are_written_without() {
    let file = write(&[(&[], 1_000_000), (&[(0, 0, 7)], 1_000_000)], 4);
    assert_eq!(file.bytes[20], ANIMATION | ALPHA);
    assert_eq!(
        file.bytes[HEADER..][..36],
        frame([0, 0, 5, 3], 1, [6, 4, 3])
    );
    assert_eq!(file.bytes[HEADER + 36..], frame([0, 0, 0, 0], 1, [1, 1, 4]));
}

#[test]
fn the_end_of_each_frame_is_rounded() {
    let changing: [Values<'_>; 2] = [&[], &[(0, 0, 0)]];
    let frames: Vec<_> = (0..6).map(|i| (changing[i % 2], 16_666_666)).collect();
    let file = write(&frames, 3);
    let chunks = file.bytes[HEADER..].chunks(36);
    let durations: Vec<u8> = chunks.map(|chunk| chunk[DURATION]).collect();
    assert_eq!(durations, [17, 16, 17, 17, 16, 17]);
    assert_eq!(file.duration_ms, 100);
}

#[test]
fn a_growing_file_is_charged() {
    let budget = budget(20_000);
    let mut file = GrowingFile::new(&budget).unwrap();
    while file.append(&[1; 100], &budget).is_ok() {
        assert!(file.bytes.capacity() as u64 + budget.memory_left() == 20_000);
    }
    assert!(file.bytes.len() > 4 << 10 && file.bytes.iter().all(|&byte| byte == 1));
}
