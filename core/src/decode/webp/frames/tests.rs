//! Animations built here of lossless frames.

use super::super::container::WebpContent;
use super::*;
use crate::decode::metadata::next_riff_chunk;
use crate::format::Format;
use crate::geometry::Size;
use crate::limits::Limits;
use crate::photo::{Frame, Pixels};
use crate::{Options, render};

fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = kind.to_vec();
    chunk.extend((data.len() as u32).to_le_bytes());
    chunk.extend(data);
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

/// A frame of one color: x, y, width, height, flags, RGBA.
type TestFrame = ([u32; 4], u8, [u8; 4]);

fn frame(&([x, y, width, height], flags, color): &TestFrame) -> Vec<u8> {
    let size = Size::new(width, height);
    let samples = color.repeat(size.pixels() as usize);
    let options = Options {
        sizes: vec![size],
        format: Format::Webp,
        ..Options::default()
    };
    let still = render(Pixels::rgba(size, &samples), &options).unwrap();
    let still = &still.avatars[0].bytes;
    let fields = [x / 2, y / 2, width - 1, height - 1, 100];
    let mut data: Vec<u8> = fields
        .iter()
        .flat_map(|f| f.to_le_bytes()[..3].to_vec())
        .collect();
    data.push(flags);
    // The chunks after the RIFF header, without those of the extended format.
    let mut rest = &still[12..];
    while let Some((kind, chunk, next)) = next_riff_chunk(rest) {
        if kind == b"VP8L" {
            data.extend(riff_chunk(kind, chunk));
        }
        rest = next;
    }
    riff_chunk(b"ANMF", &data)
}

fn animation(size: Size, frames: &[TestFrame]) -> Vec<u8> {
    let side = |length: u32| (length - 1).to_le_bytes()[..3].to_vec();
    let flags = vec![0x12, 0, 0, 0]; // alpha, animation
    let header = [flags, side(size.width), side(size.height)].concat();
    let mut chunks = riff_chunk(b"VP8X", &header);
    chunks.extend(riff_chunk(b"ANIM", &[255, 255, 255, 255, 0, 0]));
    frames.iter().for_each(|test| chunks.extend(frame(test)));
    let mut file = b"RIFF".to_vec();
    file.extend((chunks.len() as u32 + 4).to_le_bytes());
    file.extend(b"WEBP");
    file.extend(chunks);
    file
}

/// The canvas as letters; `.` is transparent.
fn shown(file: &[u8], frame: Frame) -> Result<Option<String>> {
    shown_within(file, frame, &Limits::default())
}

fn shown_within(file: &[u8], frame: Frame, limits: &Limits) -> Result<Option<String>> {
    let WebpContent::Animation(animation) = WebpContent::parse(file)? else {
        panic!("a still picture")
    };
    let mut frames = WebpFrames::new(animation.chunks);
    let size = animation.canvas;
    let budget = Budget::new(limits);
    let composed = crate::decode::animation::compose(&mut frames, size, frame, &budget)?;
    let letter = |pixel: &[u8; 4]| match pixel {
        [255, 0, 0, 255] => 'r',
        [0, 255, 0, 255] => 'g',
        [0, 0, 255, 255] => 'b',
        [.., 0] => '.',
        _ => '?',
    };
    Ok(composed.map(|composed| composed.pixels().iter().map(letter).collect()))
}

const SIZE: Size = Size::new(4, 2);
const RED: TestFrame = ([0, 0, 4, 2], 0, [255, 0, 0, 255]);

fn later(number: u32, frames: &[TestFrame]) -> String {
    shown(&animation(SIZE, frames), Frame::Number(number))
        .unwrap()
        .unwrap()
}

#[test]
fn frames_are_drawn_at_their_place_and_disposed_of() {
    let green = |flags| ([2, 0, 1, 2], flags, [0, 255, 0, 255]);
    let blue = ([0, 0, 2, 1], 0, [0, 0, 255, 255]);
    assert_eq!(later(1, &[RED, green(0), blue]), "rrgrrrgr");
    assert_eq!(later(2, &[RED, green(0), blue]), "bbgrrrgr");
    assert_eq!(later(2, &[RED, green(1), blue]), "bb.rrr.r");
}

#[test]
fn a_transparent_frame_is_blended_or_replaces_the_canvas() {
    let clear = |flags| ([0, 0, 2, 2], flags, [0; 4]);
    assert_eq!(later(1, &[RED, clear(0)]), "rrrrrrrr");
    assert_eq!(later(1, &[RED, clear(2)]), "..rr..rr");
}

#[test]
fn the_poster_is_the_first_frame_that_is_not_of_one_color() {
    let green = ([2, 0, 2, 2], 0, [0, 255, 0, 255]);
    let file = animation(SIZE, &[RED, RED, green, RED]);
    assert_eq!(shown(&file, Frame::Poster).unwrap().unwrap(), "rrggrrgg");
    assert_eq!(
        shown(&animation(SIZE, &[RED, RED]), Frame::Poster),
        Ok(None)
    );
}

#[test]
fn a_frame_that_the_file_lacks_or_that_leaves_the_canvas_is_an_error() {
    let file = animation(SIZE, &[RED, RED]);
    let error = shown(&file, Frame::Number(2)).unwrap_err();
    assert_eq!(error.code(), "invalid_options");
    let outside = ([2, 0, 4, 2], 0, [0, 255, 0, 255]);
    let error = shown(&animation(SIZE, &[RED, outside]), Frame::Number(1)).unwrap_err();
    assert_eq!(error.code(), "malformed");
}

#[test]
fn every_pixel_that_a_frame_draws_is_work() {
    let least_work = |height| {
        let green = ([0, 0, 4, height], 0, [0, 255, 0, 255]);
        let file = animation(SIZE, &[RED, green]);
        let is_enough = |work: u64| {
            let limits = Limits {
                work,
                ..Limits::default()
            };
            shown_within(&file, Frame::Number(1), &limits).is_ok()
        };
        (0..1 << 20)
            .collect::<Vec<u64>>()
            .partition_point(|&work| !is_enough(work))
    };
    // 4 samples decoded and 4 drawn, of 4 pixels.
    assert_eq!(least_work(2) - least_work(1), 32);
}
