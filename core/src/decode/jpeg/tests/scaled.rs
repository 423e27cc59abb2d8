//! At N/8 the decoder agrees with the N-point inverse DCT of the oracle in `f64`.

use super::corpus::{Tally, files};
use super::writer::{JpegShape, Random, write};
use super::{ChromaMode, Distance, decode_at, oracle};
use crate::geometry::Size;

/// The scales that a plan may request.
const SCALES: [u8; 6] = [1, 2, 3, 4, 6, 8];

#[test]
fn every_scale_of_a_written_jpeg_agrees_with_the_oracle() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let shape = JpegShape::random(&mut random);
        let bytes = write(&shape, &mut random);
        if let Err(why) = compare_all(&bytes) {
            panic!("seed {seed}, {shape:?}: {why}");
        }
    }
}

#[test]
fn every_scale_of_the_small_corpus_agrees_with_the_oracle() {
    let classes = ["jpeg-matrix", "jpeg-variants", "jpeg-quirks"];
    let mut tally = Tally::default();
    for file in files(&classes).unwrap_or_default() {
        let bytes = file.bytes();
        // The last scan of this one ends early, and the decoder reports that.
        let truncated = file.name.ends_with("partial_progressive.jpg");
        if bytes.len() < 20_000 && file.expect == "ok" && !truncated {
            tally.add(&file, compare_all(&bytes));
        }
    }
    tally.finish("decoder and oracle, every scale");
}

fn compare_all(bytes: &[u8]) -> Result<(), String> {
    let mut frame = oracle::read(bytes).ok_or("the oracle cannot read it")?;
    SCALES.iter().try_for_each(|&n| compare(bytes, &frame, n))?;
    frame.coarse = true;
    SCALES.iter().try_for_each(|&n| compare(bytes, &frame, n))
}

fn compare(bytes: &[u8], frame: &oracle::OracleFrame, n: u8) -> Result<(), String> {
    let expected = frame.image(n.into()).ok_or("the oracle cannot render it")?;
    let chroma = if frame.coarse {
        ChromaMode::AsStored
    } else {
        ChromaMode::Full
    };
    let found = decode_at(bytes, n, chroma).map_err(|error| format!("{n}/8: {error}"))?;
    if found.missing > 0 {
        return Err(format!("{n}/8: parts are missing"));
    }
    let size = Size::new(expected.width as u32, expected.height as u32);
    if (found.region.size(), found.channels) != (size, expected.channels) {
        return Err(format!("{n}/8: {:?}, not {size:?}", found.region.size()));
    }
    let mut distance = Distance::default();
    for (&found, &expected) in found.samples.iter().zip(&expected.samples) {
        distance.add(found.into(), expected);
    }
    let least = if may_skip_refinements(frame, n) {
        f64::INFINITY
    } else {
        0.0
    };
    if distance.largest > tolerance(frame, n.into()).max(least) || distance.rms() > SKIPPED_ERROR {
        return Err(format!(
            "{n}/8: {distance:?}, root mean square {}",
            distance.rms()
        ));
    }
    Ok(())
}

/// The root mean square error of a component's block that the decoder may cause below 8/8 by skipping
/// refinements of AC coefficients: 2.5 levels, and four times that if all of it lies in the upper
/// half of the frequencies. A color of three components could be further off, but only if every
/// coefficient were as far off as it can be.
const SKIPPED_ERROR: f64 = 10.0;

/// A single coefficient that is off by a step changes a block by an eighth of it. So with coarse steps
/// no refinement is skipped.
fn may_skip_refinements(frame: &oracle::OracleFrame, n: u8) -> bool {
    n < 8 && frame.refined && f64::from(frame.finest_step()) <= 8.0 * SKIPPED_ERROR
}

/// A component's sample is within 1 of the exact value, including its own rounding. A color of rounded
/// components, where blue has 1.772 times one of them, is within 2. Upsampled components are rounded
/// once more: within 3.
fn tolerance(frame: &oracle::OracleFrame, n: usize) -> f64 {
    match frame.model {
        oracle::ColorModel::YCbCr | oracle::ColorModel::Ycck if frame.upsampled(n) => 3.0,
        oracle::ColorModel::YCbCr | oracle::ColorModel::Ycck => 2.0,
        _ if frame.upsampled(n) => 1.5,
        _ => 1.0,
    }
}
