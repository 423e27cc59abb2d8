//! Animations built here, drawn as the standard says.

use super::*;
use crate::decode::animation::compose;
use crate::decode::canvas::ComposedFrame;
use crate::decode::gif::tests::Sample;
use crate::limits::Limits;
use crate::photo::Frame;

/// Frames of a 4 x 1 canvas: column, disposal (bits of the standard), indices.
fn animation(frames: &[(u16, u8, &[u8])]) -> Vec<u8> {
    let mut file = Sample::new(Size::new(4, 1), 2, Vec::new()).head();
    for &(left, disposal, indices) in frames {
        let sample = Sample {
            left,
            ..Sample::new(Size::new(indices.len() as u32, 1), 2, indices.to_vec())
        };
        file.extend([b'!', 0xF9, 4, disposal << 2 | 1, 0, 0, 3, 0]); // 3 is transparent
        file.extend(sample.image(&sample.data()));
    }
    file.push(b';');
    file
}

fn composed(file: &[u8], frame: Frame) -> Result<Option<ComposedFrame>> {
    let mut container = GifContainer::open(file)?;
    let first = container.next_image()?.unwrap();
    let size = first.canvas(container.screen);
    let mut frames = GifFrames::new(first, container, size);
    compose(&mut frames, size, frame, &Budget::new(&Limits::default()))
}

/// The canvas as indices; `.` is transparent.
fn shown(file: &[u8], frame: Frame) -> String {
    let composed = composed(file, frame).unwrap().unwrap();
    let index = |pixel: &[u8; 4]| match pixel[3] {
        0 => '.',
        _ => char::from(b'0' + pixel[2]), // blue is the index
    };
    composed.pixels().iter().map(index).collect()
}

#[test]
fn each_frame_is_drawn_over_those_before_it_as_their_disposal_says() {
    let frames: [(u16, u8, &[u8]); 6] = [
        (0, 1, &[0, 0, 0, 0]),
        (1, 2, &[1, 1]),
        (3, 3, &[2]),
        (0, 0, &[2, 3]),
        (2, 3, &[1, 1, 1]), // leaves the canvas
        (0, 1, &[3, 3, 3, 3]),
    ];
    let expected = ["0110", "0..2", "2..0", "2.11", "2..0"];
    for (number, expected) in (1..).zip(expected) {
        let frame = Frame::Number(number);
        assert_eq!(shown(&animation(&frames), frame), expected, "{number}");
    }
}

#[test]
fn the_poster_is_the_first_frame_that_is_not_of_one_color() {
    let blank: (u16, u8, &[u8]) = (0, 1, &[1, 1, 1, 1]);
    let file = animation(&[blank, blank, (2, 1, &[2]), (0, 1, &[0])]);
    assert_eq!(shown(&file, Frame::Poster), "1121");
}

#[test]
fn the_first_frame_is_not_composed() {
    let blank: (u16, u8, &[u8]) = (0, 1, &[1, 1, 1, 1]);
    let all_blank = animation(&[blank, (0, 1, &[2, 2, 2, 2])]);
    let colorful = animation(&[(0, 1, &[0, 1, 1, 1]), blank]);
    for file in [all_blank, colorful] {
        for frame in [Frame::First, Frame::Number(0), Frame::Poster] {
            assert!(composed(&file, frame).unwrap().is_none(), "{frame:?}");
        }
    }
}

#[test]
fn pixels_that_a_frame_lacks_are_missing_until_another_frame_covers_them() {
    let first = Sample::new(Size::new(4, 1), 2, vec![1; 4]);
    // Clear, then one pixel without an end code.
    let cut = first.image(&[0b0000_1100]);
    let tail = Sample {
        left: 2,
        ..Sample::new(Size::new(2, 1), 2, vec![2; 2])
    };
    let file = [
        first.head(),
        first.image(&first.data()),
        cut,
        tail.image(&tail.data()),
    ]
    .concat();
    let missing = |number| {
        let composed = composed(&file, Frame::Number(number)).unwrap().unwrap();
        let budget = Budget::new(&Limits::default());
        let region = Region::whole(Size::new(4, 1));
        composed
            .rows(region, &budget, &mut |_| Ok(()))
            .unwrap()
            .missing
    };
    assert_eq!((missing(1), missing(2)), (3, 1));
}
