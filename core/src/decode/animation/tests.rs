//! Random animations, compared with a compositor that follows the standards' words, pixel by pixel,
//! in floating point; and the limits.

use super::super::canvas::Blend;
use super::*;
use crate::limits::Limits;
use crate::pixels::Row;

#[derive(Clone, Debug)]
struct TestFrame {
    place: FramePlace,
    blend: Blend,
    /// RGBA of its area.
    pixels: Vec<[u8; 4]>,
}

struct TestReader {
    frames: Vec<TestFrame>,
    next: usize,
}

impl FrameReader for TestReader {
    fn next_frame(&mut self) -> Result<Option<FramePlace>> {
        self.next += 1;
        Ok(self.frames.get(self.next - 1).map(|frame| frame.place))
    }

    fn draw(&mut self, canvas: &mut Canvas, _budget: &Budget) -> Result<()> {
        let frame = &self.frames[self.next - 1];
        let area = frame.place.area;
        let rows = frame.pixels.chunks(area.size().width as usize);
        for (y, row) in (area.y0..).zip(rows) {
            let row = Row {
                y,
                x: area.x0,
                step: 1,
                samples: row.as_flattened(),
            };
            canvas.draw(&row, frame.blend);
        }
        Ok(())
    }

    #[cfg(feature = "animation")]
    fn duration(&self) -> Duration {
        Duration::ZERO
    }

    #[cfg(feature = "animation")]
    fn plays(&self) -> u16 {
        0
    }
}

fn composed(
    frames: &[TestFrame],
    size: Size,
    frame: Frame,
    limits: &Limits,
) -> Result<Option<ComposedFrame>> {
    let mut reader = TestReader {
        frames: frames.to_vec(),
        next: 0,
    };
    compose(&mut reader, size, frame, &Budget::new(limits))
}

/// Draws all frames on premultiplied pixels in floating point.
fn slow_compositor(frames: &[TestFrame], size: Size) -> Vec<[u8; 4]> {
    let width = size.width as usize;
    let mut canvas = vec![[0.0; 4]; size.pixels() as usize];
    for (number, frame) in frames.iter().enumerate() {
        let before = canvas.clone();
        let area = frame.place.area;
        let positions = (area.y0..area.y1).flat_map(|y| (area.x0..area.x1).map(move |x| (x, y)));
        let positions = positions.map(|(x, y)| y as usize * width + x as usize);
        for (at, pixel) in positions.clone().zip(&frame.pixels) {
            let [r, g, b, a] = pixel.map(|sample| f64::from(sample) / 255.0);
            let through = if frame.blend == Blend::Over {
                1.0 - a
            } else {
                0.0
            };
            let source = [r * a, g * a, b * a, a];
            canvas[at] = std::array::from_fn(|i| source[i] + canvas[at][i] * through);
        }
        if number + 1 == frames.len() {
            break;
        }
        for at in positions {
            match frame.place.disposal {
                Disposal::Keep => {}
                Disposal::Background => canvas[at] = [0.0; 4],
                Disposal::Previous => canvas[at] = before[at],
            }
        }
    }
    let straight = |[r, g, b, a]: [f64; 4]| match a {
        0.0 => [0; 4],
        _ => [r / a, g / a, b / a, a].map(|v| (v * 255.0).round() as u8),
    };
    canvas.into_iter().map(straight).collect()
}

struct Random(u64);

impl Random {
    fn next(&mut self, below: u32) -> u32 {
        let product = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = product.wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % below
    }

    fn frame(&mut self, size: Size) -> TestFrame {
        let (x0, y0) = (self.next(size.width), self.next(size.height));
        let area = Region {
            x0,
            y0,
            x1: x0 + 1 + self.next(size.width - x0),
            y1: y0 + 1 + self.next(size.height - y0),
        };
        // Alpha of 0 and 255 is the most common.
        let alphas = [0, 255, 255, 255, 128, 1, 254];
        let mut pixel = || {
            let [r, g, b] = std::array::from_fn(|_| self.next(256) as u8);
            [r, g, b, alphas[self.next(7) as usize]]
        };
        TestFrame {
            pixels: (0..area.size().pixels()).map(|_| pixel()).collect(),
            blend: [Blend::Over, Blend::Source][self.next(2) as usize],
            place: FramePlace {
                area,
                disposal: [Disposal::Keep, Disposal::Background, Disposal::Previous]
                    [self.next(3) as usize],
            },
        }
    }
}

/// Rounding of color at a low alpha is coarse, so colors are compared as far as they show.
fn is_close(got: [u8; 4], expected: [u8; 4]) -> bool {
    let shown = |pixel: [u8; 4], i: usize| f64::from(pixel[i]) * f64::from(pixel[3]) / 255.0;
    let colors = (0..3).all(|i| (shown(got, i) - shown(expected, i)).abs() <= 2.0);
    colors && got[3].abs_diff(expected[3]) <= 1
}

#[test]
fn random_animations_are_drawn_as_by_a_slow_compositor() {
    let mut random = Random(23);
    for i in 0..500 {
        let size = Size::new(1 + random.next(9), 1 + random.next(7));
        let count = 2 + random.next(5);
        let frames: Vec<TestFrame> = (0..count).map(|_| random.frame(size)).collect();
        let frame = Frame::Number(count - 1);
        let got = composed(&frames, size, frame, &Limits::default())
            .unwrap()
            .unwrap();
        let expected = slow_compositor(&frames, size);
        let close = got
            .pixels()
            .iter()
            .zip(&expected)
            .all(|(&a, &b)| is_close(a, b));
        assert!(close, "{i}: {frames:?}\n{:?}\n{expected:?}", got.pixels());
    }
}

/// Frames of 4 x 1 pixels of the given grays, opaque.
fn grays(frames: &[[u8; 4]]) -> Vec<TestFrame> {
    let frame = |grays: &[u8; 4]| TestFrame {
        place: FramePlace {
            area: Region::whole(Size::new(4, 1)),
            disposal: Disposal::Keep,
        },
        blend: Blend::Source,
        pixels: grays.iter().map(|&gray| [gray, gray, gray, 255]).collect(),
    };
    frames.iter().map(frame).collect()
}

fn first_gray(frames: &[[u8; 4]], frame: Frame) -> Option<u8> {
    let composed = composed(&grays(frames), Size::new(4, 1), frame, &Limits::default());
    composed.unwrap().map(|composed| composed.pixels()[0][0])
}

#[test]
fn the_noise_of_a_lossy_frame_is_no_picture() {
    let noisy = [255, 254, 251, 253];
    assert_eq!(
        first_gray(&[noisy, noisy, [7, 7, 7, 20]], Frame::Poster),
        Some(7)
    );
    assert_eq!(first_gray(&[noisy, noisy], Frame::Poster), None);
}

#[test]
fn a_frame_that_the_file_does_not_have_is_the_callers_fault() {
    let frames = grays(&[[1; 4], [2; 4]]);
    let outcome = composed(
        &frames,
        Size::new(4, 1),
        Frame::Number(2),
        &Limits::default(),
    );
    let error = outcome.map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "invalid_options");
    assert!(
        error
            .to_string()
            .contains("no frame 2: the photo has 2 frames"),
        "{error}"
    );
    let error = check_still(Frame::Number(1)).unwrap_err();
    assert!(error.to_string().contains("one frame, number 0"), "{error}");
    assert_eq!(check_still(Frame::Number(0)), Ok(()));
    assert_eq!(check_still(Frame::Poster), Ok(()));
}

#[test]
fn frames_memory_and_work_are_limited() {
    let mut frames = grays(&[[1; 4], [2; 4]]);
    frames[0].place.disposal = Disposal::Previous;
    let outcome = |frame: Frame, change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        match composed(&frames, Size::new(4, 1), frame, &limits) {
            Ok(Some(_)) => "composed",
            Ok(None) => "first",
            Err(error) => error.code(),
        }
    };
    let last = Frame::Number(1);
    assert_eq!(outcome(last, |limits| limits.frames = 2), "composed");
    assert_eq!(outcome(last, |limits| limits.frames = 1), "limit_exceeded");
    assert_eq!(outcome(Frame::Poster, |limits| limits.frames = 1), "first");
    // The canvas, and the saved one.
    assert_eq!(outcome(last, |limits| limits.memory = 32), "composed");
    assert_eq!(outcome(last, |limits| limits.memory = 31), "limit_exceeded");
    // Saving, restoring, the search for transparency.
    assert_eq!(outcome(last, |limits| limits.work = 48), "composed");
    assert_eq!(outcome(last, |limits| limits.work = 47), "limit_exceeded");
}
