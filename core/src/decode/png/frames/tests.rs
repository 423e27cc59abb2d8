//! Animations built here.

use super::super::tests::{TestImage, decode, png_chunk};
use super::*;
use crate::photo::Frame;

struct TestFrame {
    area: Region,
    disposal: u8,
    blend: u8,
    image: TestImage,
}

impl TestFrame {
    fn new(area: [u32; 4], interlaced: bool, color: [u8; 3]) -> Self {
        let [x0, y0, x1, y1] = area;
        let area = Region { x0, y0, x1, y1 };
        let mut image = TestImage::noise(area.size(), interlaced);
        image.pixels.fill(color);
        Self {
            area,
            disposal: 0,
            blend: 0,
            image,
        }
    }

    fn control(&self, number: u32) -> Vec<u8> {
        let Size { width, height } = self.area.size();
        let fields = [number, width, height, self.area.x0, self.area.y0, 0];
        let mut data: Vec<u8> = fields
            .iter()
            .flat_map(|field| field.to_be_bytes())
            .collect();
        data.extend([self.disposal, self.blend]);
        png_chunk(b"fcTL", &data)
    }
}

/// The first frame is the default image, with a control chunk only if it is `animated`.
fn animation(frames: &[TestFrame], animated: bool) -> Vec<u8> {
    let (first, later) = frames.split_first().unwrap();
    let mut file = first.image.header();
    let count = later.len() + usize::from(animated);
    file.extend(png_chunk(
        b"acTL",
        &[(count as u32).to_be_bytes(), [0; 4]].concat(),
    ));
    let mut number = 0;
    if animated {
        file.extend(first.control(number));
        number += 1;
    }
    file.extend(png_chunk(b"IDAT", &first.image.data()));
    for frame in later {
        file.extend(frame.control(number));
        let data = frame.image.data();
        for part in data.chunks(data.len().div_ceil(2)) {
            number += 1;
            file.extend(png_chunk(b"fdAT", &[&number.to_be_bytes(), part].concat()));
        }
        number += 1;
    }
    file.extend(png_chunk(b"IEND", &[]));
    file
}

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];

/// The canvas as letters; `.` is transparent.
fn shown(file: &[u8], frame: Frame) -> String {
    let letter = |pixel: &[u8; 4]| match pixel {
        [255, 0, 0, 255] => 'r',
        [0, 255, 0, 255] => 'g',
        [0, 0, 255, 255] => 'b',
        [.., 0] => '.',
        _ => '?',
    };
    let decoded = decode(file, frame, None, false).unwrap();
    decoded.pixels.iter().map(letter).collect()
}

fn three_frames(interlaced: bool, disposal: u8) -> [TestFrame; 3] {
    let mut frames = [
        TestFrame::new([0, 0, 3, 2], interlaced, RED),
        TestFrame::new([1, 0, 3, 1], interlaced, GREEN),
        TestFrame::new([0, 1, 2, 2], interlaced, BLUE),
    ];
    frames[1].disposal = disposal;
    frames
}

#[test]
fn frames_are_drawn_at_their_place_and_disposed_of() {
    for interlaced in [false, true] {
        for (disposal, expected) in [(0, "rggbbr"), (1, "r..bbr"), (2, "rrrbbr")] {
            let file = animation(&three_frames(interlaced, disposal), true);
            assert_eq!(shown(&file, Frame::First), "rrrrrr");
            assert_eq!(shown(&file, Frame::Number(1)), "rggrrr");
            assert_eq!(shown(&file, Frame::Number(2)), expected);
            assert_eq!(shown(&file, Frame::Poster), "rggrrr");
        }
    }
}

#[test]
fn a_default_image_outside_of_the_animation_is_frame_0() {
    let file = animation(&three_frames(false, 0), false);
    assert_eq!(shown(&file, Frame::Number(0)), "rrrrrr");
    assert_eq!(shown(&file, Frame::Number(1)), ".gg...");
    assert_eq!(shown(&file, Frame::Number(2)), ".ggbb.");
    let error = decode(&file, Frame::Number(3), None, false)
        .map(|_| ())
        .unwrap_err();
    assert!(error.to_string().contains("has 3 frames"), "{error}");
}

#[test]
fn a_still_has_one_frame() {
    let image = TestImage::noise(Size::new(3, 2), false);
    let file = image.file(100);
    assert!(decode(&file, Frame::Number(0), None, false).is_ok());
    assert!(decode(&file, Frame::Poster, None, false).is_ok());
    let error = decode(&file, Frame::Number(1), None, false)
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code(), "invalid_options");
}

#[test]
fn rows_that_a_frame_lacks_are_missing() {
    let mut frames = three_frames(false, 0);
    frames[2].image.pixels.truncate(0);
    let noise = TestImage::noise(Size::new(2, 1), false);
    frames[2].image = noise;
    let file = animation(&frames, true);
    let whole = decode(&file, Frame::Number(2), None, false).unwrap();
    assert_eq!(whole.missing, 0);
    // The second chunk of the last frame, its number, and its checksum.
    let mut changed = file.clone();
    changed[file.len() - 12 - 2] ^= 1;
    let damaged = decode(&changed, Frame::Number(2), None, false).unwrap();
    assert_eq!(damaged.missing, 2);
    let cut = &file[..file.len() - 12 - 6];
    let damaged = decode(cut, Frame::Number(2), None, false).unwrap();
    assert_eq!(damaged.missing, 2);
    // Frames before it are whole.
    assert_eq!(
        decode(cut, Frame::Number(1), None, false).unwrap().missing,
        0
    );
}

#[test]
fn a_frame_that_leaves_the_canvas_is_malformed() {
    let mut frames = three_frames(false, 0);
    frames[1].area.x0 += 1;
    frames[1].area.x1 += 1;
    let error = decode(&animation(&frames, true), Frame::Number(2), None, false);
    assert_eq!(error.map(|_| ()).unwrap_err().code(), "malformed");
}
