//! Animations built here, drawn as the standard says.

use super::*;
use crate::decode::gif::tests::Sample;
use crate::limits::Limits;

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

fn compose(file: &[u8], frame: FrameChoice) -> Result<ComposedFrame> {
    ComposedFrame::new(file, frame, &Budget::new(&Limits::default()))
}

/// The canvas as indices; `.` is transparent.
fn shown(file: &[u8], frame: FrameChoice) -> String {
    let composed = compose(file, frame).unwrap();
    let pixels = composed.pixels.as_chunks::<4>().0;
    let index = |pixel: &[u8; 4]| match pixel[3] {
        0 => '.',
        _ => char::from(b'0' + pixel[2]), // blue is the index
    };
    pixels.iter().map(index).collect()
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
    let expected = ["0000", "0110", "0..2", "2..0", "2.11", "2..0"];
    for (number, expected) in expected.into_iter().enumerate() {
        let frame = FrameChoice::Number(number as u32);
        assert_eq!(shown(&animation(&frames), frame), expected, "{number}");
    }
}

#[test]
fn the_poster_is_the_first_frame_that_is_not_of_one_color() {
    let blank: (u16, u8, &[u8]) = (0, 1, &[1, 1, 1, 1]);
    let file = animation(&[blank, blank, (2, 1, &[2]), (0, 1, &[0])]);
    assert_eq!(shown(&file, FrameChoice::Poster), "1121");
    assert_eq!(
        shown(
            &animation(&[blank, (0, 1, &[2, 2, 2, 2])]),
            FrameChoice::Poster
        ),
        "1111"
    );
}

#[test]
fn a_frame_that_the_file_does_not_have_is_the_callers_fault() {
    let file = animation(&[(0, 1, &[1, 1, 1, 1])]);
    let error = compose(&file, FrameChoice::Number(1))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code(), "invalid_options");
    assert!(error.to_string().contains("no frame 1"), "{error}");
}

#[test]
fn frames_memory_and_work_are_limited() {
    let file = animation(&[(0, 3, &[1, 1, 1, 1]), (0, 1, &[2])]);
    let refused = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        let outcome = ComposedFrame::new(&file, FrameChoice::Number(1), &Budget::new(&limits));
        outcome
            .map(|_| "composed")
            .unwrap_or_else(|error| error.code())
    };
    assert_eq!(refused(|limits| limits.frames = 2), "composed");
    assert_eq!(refused(|limits| limits.frames = 1), "limit_exceeded");
    assert_eq!(refused(|limits| limits.memory = 1000), "limit_exceeded");
    assert_eq!(refused(|limits| limits.work = 40), "limit_exceeded");
}
