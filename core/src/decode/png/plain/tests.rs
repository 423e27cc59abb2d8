//! Against the rows of the `png` crate.

use crate::decode::png::PngDecoder;
use crate::decode::png::input::PngInput;
use crate::decode::png::reader::{PngRows, ReadMode, open};
use crate::decode::png::tests::png_chunk;
use crate::error::Result;
use crate::geometry::{Region, Size};
use crate::limits::{Budget, Limits};
use crate::photo::Frame;
use crate::plan::DecodeRequest;

fn budget() -> Budget {
    Budget::new(&Limits::default())
}

/// A file of 8-bit samples by the `png` crate, its image data in chunks of `piece` bytes.
fn file(
    size: Size,
    color: png::ColorType,
    filter: png::Filter,
    samples: &[u8],
    piece: usize,
) -> Vec<u8> {
    let mut whole = Vec::new();
    let mut encoder = png::Encoder::new(&mut whole, size.width, size.height);
    encoder.set_color(color);
    encoder.set_filter(filter);
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    writer.finish().unwrap();
    split_image_data(&whole, piece)
}

fn split_image_data(file: &[u8], piece: usize) -> Vec<u8> {
    let mut split = file[..8].to_vec();
    let mut rest = &file[8..];
    while let Some((kind, data, next)) = crate::decode::metadata::next_png_chunk(rest) {
        match kind {
            b"IDAT" => data
                .chunks(piece)
                .for_each(|data| split.extend(png_chunk(kind, data))),
            _ => split.extend(png_chunk(kind, data)),
        }
        rest = next;
    }
    split
}

/// Noise, and below it the same noise again, so that the data repeat from far away.
fn samples(size: Size, channels: usize) -> Vec<u8> {
    let mut seed = size.width;
    let mut sample = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 28) as u8 * 17
    };
    let noise: Vec<u8> = (0..size.pixels() as usize / 2 * channels)
        .map(|_| sample())
        .collect();
    let repeated = noise
        .iter()
        .chain(&noise)
        .copied()
        .chain([9; 4].repeat(size.width as usize));
    repeated.take(size.pixels() as usize * channels).collect()
}

/// The first `height` rows by our own code.
fn ours(file: &[u8], size: Size, height: u32) -> Result<Vec<u8>> {
    let (mut decoder, header) = PngDecoder::open(file, Frame::First, &budget())?;
    assert_eq!(header.size, size);
    assert!(super::layout(decoder.reader.info()).is_some());
    let rows = Region {
        y1: height,
        ..Region::whole(size)
    };
    let mut samples = Vec::new();
    let mut sink = |row: crate::pixels::Row<'_>| {
        samples.extend_from_slice(row.samples);
        Ok(())
    };
    decoder.rows(&DecodeRequest::full_size(rows), &budget(), &mut sink)?;
    Ok(samples)
}

/// The same by the `png` crate.
fn theirs(file: &[u8], size: Size, height: u32) -> Result<Vec<u8>> {
    let budget = budget();
    let mut reader = open(
        PngInput::new(file),
        ReadMode::Strict,
        1 << 20,
        budget.limits(),
    )?;
    let mut rows = PngRows::new(&mut reader, size, &budget)?;
    let mut samples = Vec::new();
    for _ in 0..height {
        samples.extend_from_slice(rows.next_row(&budget)?);
    }
    Ok(samples)
}

const FILTERS: [png::Filter; 6] = [
    png::Filter::NoFilter,
    png::Filter::Sub,
    png::Filter::Up,
    png::Filter::Avg,
    png::Filter::Paeth,
    png::Filter::Adaptive,
];

#[test]
fn plain_rows_are_those_of_the_png_crate() {
    let sizes = [
        (1, 1),
        (2, 9),
        (5, 8),
        (16, 300),
        (61, 43),
        (700, 90),
        (40_000, 3),
    ];
    for (width, height) in sizes {
        let size = Size::new(width, height);
        for (color, channels) in [(png::ColorType::Rgb, 3), (png::ColorType::Rgba, 4)] {
            let samples = samples(size, channels);
            for (filter, piece) in FILTERS
                .into_iter()
                .zip([1 << 20, 8192, 1000, 77, 5000, 300])
            {
                let file = file(size, color, filter, &samples, piece);
                assert!(
                    ours(&file, size, height).unwrap() == samples,
                    "{size:?} {filter:?}"
                );
                let part = height.div_ceil(2);
                let ours = ours(&file, size, part).unwrap();
                assert!(
                    ours == theirs(&file, size, part).unwrap(),
                    "{size:?} {filter:?}"
                );
            }
        }
    }
}

#[test]
fn a_file_that_is_cut_anywhere_has_the_rows_that_the_png_crate_finds() {
    let size = Size::new(9, 21);
    let samples = samples(size, 3);
    for piece in [50, 1 << 20] {
        let whole = file(
            size,
            png::ColorType::Rgb,
            png::Filter::Adaptive,
            &samples,
            piece,
        );
        let first = whole.windows(4).position(|kind| kind == b"IDAT").unwrap();
        for length in first + 4..whole.len() {
            for height in [1, 8, 20] {
                let cut = &whole[..length];
                let (ours, theirs) = (ours(cut, size, height), theirs(cut, size, height));
                assert_eq!(
                    ours.is_ok(),
                    theirs.is_ok(),
                    "cut at {length}, {height} rows"
                );
                if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
                    assert!(ours == theirs, "cut at {length}, {height} rows");
                }
            }
        }
    }
}

#[test]
fn an_unknown_filter_is_damage() {
    let size = Size::new(4, 9);
    let mut rows = vec![0; 9 * 13];
    rows[13 * 8] = 5;
    let zlib = fdeflate::compress_to_vec(&rows);
    let sound = file(
        size,
        png::ColorType::Rgb,
        png::Filter::NoFilter,
        &[0; 9 * 12],
        99,
    );
    let mut chunks = sound[..33].to_vec();
    chunks.extend(png_chunk(b"IDAT", &zlib));
    chunks.extend(png_chunk(b"IEND", &[]));
    assert_eq!(ours(&chunks, size, 8).unwrap(), [0; 96]);
    assert_eq!(ours(&chunks, size, 9).unwrap_err().code(), "malformed");
}
