//! At N/8 the decoder agrees with the oracle's N-point inverse DCT in `f64`.

use super::corpus::{Tally, files};
use super::writer::{Random, Shape, write};
use super::{ChromaMode, Distance, decode_at, oracle};
use crate::geometry::Size;

/// The scales of which a plan may ask.
const SCALES: [u8; 6] = [1, 2, 3, 4, 6, 8];

#[test]
fn every_scale_of_a_written_jpeg_agrees_with_the_oracle() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let shape = Shape::random(&mut random);
        let bytes = write(&shape, &mut random);
        if let Err(why) = judge_all(&bytes) {
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
        // The last scan of this one ends early, which the decoder is right to say.
        let cut_short = file.name.ends_with("partial_progressive.jpg");
        if bytes.len() < 20_000 && file.expect == "ok" && !cut_short {
            tally.add(&file, judge_all(&bytes));
        }
    }
    tally.finish("decoder and oracle, every scale");
}

fn judge_all(bytes: &[u8]) -> Result<(), String> {
    let mut frame = oracle::read(bytes).ok_or("the oracle cannot read it")?;
    SCALES.iter().try_for_each(|&n| judge(bytes, &frame, n))?;
    frame.coarse = true;
    SCALES.iter().try_for_each(|&n| judge(bytes, &frame, n))
}

fn judge(bytes: &[u8], frame: &oracle::Frame, n: u8) -> Result<(), String> {
    let wanted = frame.image(n.into()).ok_or("the oracle cannot draw it")?;
    let chroma = if frame.coarse {
        ChromaMode::AsStored
    } else {
        ChromaMode::Full
    };
    let found = decode_at(bytes, n, chroma).map_err(|error| format!("{n}/8: {error}"))?;
    if found.missing {
        return Err(format!("{n}/8: parts are missing"));
    }
    let size = Size::new(wanted.width as u32, wanted.height as u32);
    if (found.region.size(), found.channels) != (size, wanted.channels) {
        return Err(format!("{n}/8: {:?}, not {size:?}", found.region.size()));
    }
    let mut distance = Distance::default();
    for (&found, &wanted) in found.samples.iter().zip(&wanted.samples) {
        distance.add(found.into(), wanted);
    }
    let least = if may_pass_over_refinements(frame, n) {
        f64::INFINITY
    } else {
        0.0
    };
    if distance.most > tolerance(frame, n.into()).max(least) || distance.rms() > PASSED_OVER {
        return Err(format!(
            "{n}/8: {distance:?}, root mean square {}",
            distance.rms()
        ));
    }
    Ok(())
}

/// The error of a component's block, root mean square, that the decoder may cause below 8/8 by
/// leaving out refinements of AC coefficients: 2.5 levels, and four times that if all of it lies in
/// the upper half of the frequencies. A colour mixed from three could be further off, but only if
/// every coefficient were as far off as it can be.
const PASSED_OVER: f64 = 10.0;

/// A single coefficient that is off by a step moves a block by an eighth of it, so coarse steps
/// leave nothing to pass over.
fn may_pass_over_refinements(frame: &oracle::Frame, n: u8) -> bool {
    n < 8 && frame.refined && f64::from(frame.finest_step()) <= 8.0 * PASSED_OVER
}

/// A component's sample within 1 of the exact value, its own rounding included. Rounded
/// components mixed into a colour, blue being 1.772 times one of them: within 2. Upsampled, and
/// so rounded once more: within 3.
fn tolerance(frame: &oracle::Frame, n: usize) -> f64 {
    match frame.model {
        oracle::Model::YCbCr | oracle::Model::Ycck if frame.upsampled(n) => 3.0,
        oracle::Model::YCbCr | oracle::Model::Ycck => 2.0,
        _ if frame.upsampled(n) => 1.5,
        _ => 1.0,
    }
}
