//! Files that are cut or changed.

use super::super::tests::{TestImage, decode, is_whole, png_chunk};
use super::*;
use crate::photo::Frame;

const SIZE: Size = Size::new(40, 30);

fn refusal(file: &[u8]) -> &'static str {
    let decoded = decode(file, Frame::First, None, false);
    decoded.map_or_else(|error| error.code(), |_| "rendered")
}

/// Whether the pixels that are not transparent are those of the image; and how many are transparent.
fn shown(image: &TestImage, pixels: &[[u8; 4]]) -> (bool, u64) {
    let mut transparent = 0;
    let equal = pixels.iter().zip(&image.pixels).all(|(&got, &[r, g, b])| {
        transparent += u64::from(got[3] == 0);
        got[3] == 0 || got == [r, g, b, 255]
    });
    (equal, transparent)
}

#[test]
fn a_file_cut_anywhere_is_rendered_as_far_as_it_goes() {
    let image = TestImage::noise(SIZE, false);
    for length in [SIZE.pixels() as usize, 1000, 1 << 20] {
        let file = image.file(length);
        let mut least = 0;
        for end in (60..file.len()).rev().step_by(37) {
            let cut = &file[..end];
            if is_whole(&image, cut) {
                // Without the checksums and IEND.
                assert!(end + 32 > file.len(), "{end}");
                continue;
            }
            assert_eq!(refusal(cut), "malformed");
            let repaired = decode(cut, Frame::First, None, true).unwrap();
            let (equal, transparent) = shown(&image, &repaired.pixels);
            assert!(equal && transparent == repaired.missing, "{end}");
            assert!(repaired.missing >= least && repaired.missing > 0, "{end}");
            least = repaired.missing;
            // About as much is missing as is cut off.
            let cut_off = (file.len() - end) as f64 / file.len() as f64;
            let share = repaired.missing as f64 / SIZE.pixels() as f64;
            assert!((share - cut_off).abs() < 0.1, "{end}: {share} {cut_off}");
        }
        assert!(least > 0);
    }
}

#[test]
fn image_data_that_cannot_be_decompressed_show_the_rows_before_the_error() {
    let image = TestImage::noise(SIZE, false);
    for (length, at) in [(1 << 20, 0.3), (1 << 20, 0.6), (500, 0.5)] {
        let mut file = image.file(length);
        let at = (file.len() as f64 * at) as usize;
        file[at..at + 60].fill(0xFF);
        assert_eq!(refusal(&file), "malformed");
        let repaired = decode(&file, Frame::First, None, true).unwrap();
        let share = repaired.missing as f64 / SIZE.pixels() as f64;
        let expected = 1.0 - at as f64 / file.len() as f64;
        assert!((share - expected).abs() < 0.1, "{share} {expected}");
        let rows = SIZE.height as usize * at / file.len() - 2;
        let first = rows * SIZE.width as usize;
        assert_eq!(shown(&image, &repaired.pixels[..first]), (true, 0));
    }
}

#[test]
fn a_chunk_with_a_wrong_checksum_is_damage_from_its_first_row_on() {
    let image = TestImage::noise(SIZE, false);
    let data = image.data();
    // Two chunks of equal length.
    let mut file = image.file(data.len().div_ceil(2));
    let second = file.len() / 2 + 30;
    assert!(is_whole(&image, &file));
    let checksum = file.len() - 12 - 4;
    file[checksum] ^= 1;
    assert_eq!(refusal(&file), "malformed");
    let repaired = decode(&file, Frame::First, None, true).unwrap();
    assert_eq!(shown(&image, &repaired.pixels), (true, 0));
    let share = repaired.missing as f64 / SIZE.pixels() as f64;
    assert!((share - 0.5).abs() < 0.1, "{share}");
    // The rows before it are sound.
    let region = |y0, y1| Region {
        x0: 3,
        y0,
        x1: 9,
        y1,
    };
    let top = decode(&file, Frame::First, Some(region(0, 10)), false).unwrap();
    assert_eq!(
        (top.missing, top.pixels[0][..3] == image.at(3, 0)),
        (0, true)
    );
    assert!(decode(&file, Frame::First, Some(region(20, 30)), false).is_err());
    let bottom = decode(&file, Frame::First, Some(region(20, 30)), true).unwrap();
    assert_eq!(bottom.missing, 60);
    // The same, if the data are changed too.
    file[second] ^= 0x10;
    assert_eq!(refusal(&file), "malformed");
}

#[test]
fn what_browsers_ignore_is_not_damage() {
    let image = TestImage::noise(SIZE, false);
    let file = image.file(1000);
    let without_iend = &file[..file.len() - 12];
    assert!(is_whole(&image, without_iend));
    // A checksum in an ancillary chunk.
    let mut text = png_chunk(b"tEXt", b"a\0b");
    *text.last_mut().unwrap() ^= 1;
    let mut gamma = png_chunk(b"gAMA", &1_000_000u32.to_be_bytes());
    *gamma.last_mut().unwrap() ^= 1;
    let (head, tail) = file.split_at(image.header().len());
    assert!(is_whole(&image, &[head, &text, &gamma, tail].concat()));
    // The checksum of the decompressed data.
    let mut data = image.data();
    *data.last_mut().unwrap() ^= 1;
    let end = png_chunk(b"IEND", &[]);
    let file = [image.header(), png_chunk(b"IDAT", &data), end].concat();
    assert!(is_whole(&image, &file));
}

/// The color of a pixel where only the first `known` rows of the file are: that of the last pass
/// whose block has it.
fn interlaced_color(image: &TestImage, known: usize, x: u32, y: u32) -> Option<[u8; 3]> {
    // First column and row, steps, size of the block.
    const PASSES: [[u32; 6]; 7] = [
        [0, 0, 8, 8, 8, 8],
        [4, 0, 8, 8, 4, 8],
        [0, 4, 4, 8, 4, 4],
        [2, 0, 4, 4, 2, 4],
        [0, 2, 2, 4, 2, 2],
        [1, 0, 2, 2, 1, 2],
        [0, 1, 1, 2, 1, 1],
    ];
    let rows: Vec<_> = positions(image.size, true).take(known).collect();
    let color = |[left, top, across, down, width, height]: [u32; 6]| {
        let (dx, dy) = (x.checked_sub(left)? % across, y.checked_sub(top)? % down);
        let (x, y) = (x - dx, y - dy);
        let is_known = rows.contains(&(y, left, across));
        (is_known && dx < width && dy < height).then(|| image.at(x, y))
    };
    PASSES.into_iter().rev().find_map(color)
}

#[test]
fn a_missing_pixel_of_an_interlaced_image_has_the_color_of_its_block() {
    let image = TestImage::noise(Size::new(19, 21), true);
    let file = image.file(1 << 20);
    let count = positions(image.size, true).count();
    let mut seen = 0;
    for end in (60..file.len() - 16).step_by(23) {
        let repaired = decode(&file[..end], Frame::First, None, true).unwrap();
        let expected = |known: usize| {
            let positions = (0..21).flat_map(|y| (0..19).map(move |x| (x, y)));
            let colors = positions.map(|(x, y)| interlaced_color(&image, known, x, y));
            let rgba = colors.map(|color| color.map_or([0; 4], |[r, g, b]| [r, g, b, 255]));
            repaired.pixels.iter().copied().eq(rgba)
        };
        let known = (0..=count).find(|&known| expected(known)).unwrap();
        let rows = positions(image.size, true).skip(known);
        let missing: u32 = rows.map(|(_, x, step)| (19 - x).div_ceil(step)).sum();
        assert_eq!(repaired.missing, u64::from(missing), "{end}");
        seen |= 1 << known.min(63);
    }
    assert!(u64::count_ones(seen) > 15);
}
