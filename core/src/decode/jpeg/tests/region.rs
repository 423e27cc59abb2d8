//! A region that is decoded alone equals that part of the whole image, sample for sample.

use super::corpus::{Tally, files};
use super::writer::{JpegShape, Random, write};
use super::{ChromaMode, DecodeRequest, DecodedRegion, decode_at, decode_region, size};
use crate::geometry::{Region, Size};
use crate::limits::Limits;

#[test]
fn any_region_of_a_written_jpeg_is_a_part_of_the_whole() {
    for seed in 0..400 {
        let mut random = Random(seed);
        let shape = JpegShape::random(&mut random);
        let bytes = write(&shape, &mut random);
        if let Err(why) = compare(&bytes, &mut random) {
            panic!("seed {seed}, {shape:?}: {why}");
        }
    }
}

#[test]
fn any_region_of_the_corpus_is_a_part_of_the_whole() {
    let classes = ["jpeg-matrix", "jpeg-variants", "orientation"];
    let mut tally = Tally::default();
    let mut random = Random(7);
    for file in files(&classes).unwrap_or_default() {
        let bytes = file.bytes();
        if bytes.starts_with(&[0xFF, 0xD8]) && bytes.len() < 200_000 && file.expect == "ok" {
            tally.add(&file, compare(&bytes, &mut random));
        }
    }
    tally.finish("region and whole");
}

fn compare(bytes: &[u8], random: &mut Random) -> Result<(), String> {
    let limits = Limits::default();
    for scale in [random.pick(&[1, 2, 3]), random.pick(&[4, 6]), 8] {
        let size = size(bytes, &limits).map_err(|e| e.to_string())?;
        let chroma = random.pick(&[ChromaMode::Full, ChromaMode::AsStored]);
        let whole = decode_at(bytes, scale, chroma).map_err(|e| e.to_string())?;
        for _ in 0..3 {
            let region = random_region(size.scaled(scale), random);
            let request = DecodeRequest {
                scale,
                shrink: 1,
                chroma,
                region,
            };
            let part = decode_region(bytes, request, &limits);
            let part = part.map_err(|e| e.to_string())?;
            if part.samples != part_of(&whole, region) {
                return Err(format!("{scale}/8, {region:?}"));
            }
        }
    }
    Ok(())
}

pub(super) fn random_region(size: Size, random: &mut Random) -> Region {
    let mut span = |length: u32| {
        let start = random.below(length as usize) as u32;
        (
            start,
            start + 1 + random.below((length - start) as usize) as u32,
        )
    };
    let ((x0, x1), (y0, y1)) = (span(size.width), span(size.height));
    Region { x0, y0, x1, y1 }
}

fn part_of(whole: &DecodedRegion, region: Region) -> Vec<u8> {
    let stride = whole.region.size().width as usize * whole.channels;
    let (left, right) = (region.x0 as usize, region.x1 as usize);
    let rows = whole.samples.chunks(stride);
    let rows = rows
        .skip(region.y0 as usize)
        .take(region.size().height as usize);
    let columns = |row: &[u8]| row[left * whole.channels..right * whole.channels].to_vec();
    rows.flat_map(columns).collect()
}
