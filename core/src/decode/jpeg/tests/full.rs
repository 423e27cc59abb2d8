//! At 8/8 the decoder, and the oracle, agree with `djpeg -dct int`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use super::corpus::{CorpusFile, Tally, files};
use super::writer::{JpegShape, Random, write};
use super::{Distance, decode_whole_within, oracle};
use crate::limits::Limits;

const CLASSES: [&str; 5] = [
    "jpeg-matrix",
    "jpeg-variants",
    "jpeg-quirks",
    "photos",
    "orientation",
];

/// Files that `djpeg` decodes differently on purpose.
const EXCEPTIONS: [(&str, &str); 6] = [
    ("q_prog_half_scans.jpg", SMOOTHED),
    ("q_prog_only_dc.jpg", SMOOTHED),
    ("pocs__progressive_scan1.jpg", SMOOTHED),
    ("pocs__progressive_scan2.jpg", SMOOTHED),
    ("pocs__progressive_scan3.jpg", SMOOTHED),
    ("partial_progressive.jpg", SMOOTHED),
];
const SMOOTHED: &str = "scans are missing, and djpeg smooths the blocks instead";

/// Samples may differ by `largest`, and by `mean` on average.
#[derive(Clone, Copy)]
struct Tolerance {
    largest: f64,
    mean: f64,
}

#[test]
fn the_decoder_agrees_with_djpeg() {
    let tolerance = |file: &CorpusFile| Tolerance {
        largest: if file.subsampled { 2.0 } else { 1.0 },
        mean: 0.1,
    };
    compare("decoder and djpeg", usize::MAX, tolerance, |bytes| {
        // All coefficients of a progressive photo need more memory than an avatar does.
        let limits = Limits {
            memory: 1 << 30,
            ..Limits::default()
        };
        let decoded = decode_whole_within(bytes, 8, &limits).map_err(|error| error.to_string())?;
        match decoded.missing {
            0 => Ok(decoded.samples),
            _ => Err("parts are missing".into()),
        }
    });
}

/// The oracle rounds only its result. `djpeg` rounds every component before the color transform, and
/// upsampled chroma once more.
const ROUNDING: Tolerance = Tolerance {
    largest: 3.0,
    mean: 0.7,
};

/// The oracle is too slow for files over 100 kB.
#[test]
fn the_oracle_agrees_with_djpeg() {
    compare("oracle and djpeg", 100_000, |_| ROUNDING, render);
}

fn render(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let frame = oracle::read(bytes).ok_or("the oracle cannot read it")?;
    let image = frame.image(8).ok_or("the oracle cannot render it")?;
    Ok(image.samples.iter().map(|s| s.round() as u8).collect())
}

/// With frame and scan structures that no corpus has.
#[test]
fn the_oracle_agrees_with_djpeg_on_written_jpegs() {
    let mut compared = 0;
    for seed in 0..if djpeg_is_absent() { 0 } else { 200 } {
        let mut random = Random(seed);
        let shape = JpegShape::random(&mut random);
        let bytes = write(&shape, &mut random);
        let pnm = djpeg(&bytes).unwrap();
        assert!(pnm.clean, "{shape:?}");
        let result =
            render(&bytes).and_then(|samples| compare_samples(ROUNDING, &pnm.bytes, &samples));
        result.unwrap_or_else(|why| panic!("seed {seed}, {shape:?}: {why}"));
        compared += 1;
    }
    println!("oracle and djpeg: {compared} written JPEGs agree");
}

pub(super) fn djpeg_is_absent() -> bool {
    let absent = Command::new("djpeg").arg("-version").output().is_err();
    if absent {
        println!("skipped: no djpeg (Debian: libjpeg-turbo-progs)");
    }
    absent
}

fn compare(
    what: &str,
    largest: usize,
    tolerance: impl Fn(&CorpusFile) -> Tolerance,
    decode: impl Fn(&[u8]) -> Result<Vec<u8>, String>,
) {
    if djpeg_is_absent() {
        return;
    }
    let Some(files) = files(&CLASSES) else {
        return;
    };
    let mut tally = Tally::default();
    for file in files {
        let bytes = file.bytes();
        let is_jpeg = bytes.starts_with(&[0xFF, 0xD8]) && !file.expect.starts_with("refuse");
        if !is_jpeg || bytes.len() > largest {
            continue;
        }
        if let Some((name, why)) = EXCEPTIONS
            .iter()
            .find(|(name, _)| file.name.ends_with(name))
        {
            println!("{what}: {name} excluded: {why}");
            continue;
        }
        // A file that may be refused is compared only where both decode it without a warning.
        let result = match (djpeg(&bytes), decode(&bytes)) {
            (Ok(pnm), Ok(samples)) if pnm.clean || file.expect == "ok" => {
                compare_samples(tolerance(&file), &pnm.bytes, &samples)
            }
            (Err(why), _) | (_, Err(why)) if file.expect == "ok" => Err(why),
            _ => continue,
        };
        tally.add(&file, result);
    }
    tally.finish(what);
}

fn compare_samples(tolerance: Tolerance, pnm: &[u8], samples: &[u8]) -> Result<(), String> {
    let expected = pnm_samples(pnm).ok_or("djpeg wrote no PNM")?;
    let samples = match expected.len() {
        length if length == samples.len() => samples.to_vec(),
        length if length * 4 == samples.len() * 3 => djpeg_rgb(samples),
        length => return Err(format!("{} samples, not {length}", samples.len())),
    };
    let mut distance = Distance::default();
    for (&found, &expected) in samples.iter().zip(expected) {
        distance.add(found.into(), expected.into());
    }
    if distance.largest > tolerance.largest || distance.mean() > tolerance.mean {
        return Err(format!(
            "largest {}, mean {:.3}",
            distance.largest,
            distance.mean()
        ));
    }
    Ok(())
}

/// The RGB that djpeg makes of CMYK: light is C times K, with the stored samples as light.
fn djpeg_rgb(inks: &[u8]) -> Vec<u8> {
    let light = |ink: u8| f64::from(255 - ink);
    let rgb = |ink: &[u8]| {
        let [c, m, y, k] = [0, 1, 2, 3].map(|i| light(ink[i]));
        [c, m, y].map(|light| (light * k / 255.0).round() as u8)
    };
    inks.chunks(4).flat_map(rgb).collect()
}

pub(super) struct Pnm {
    pub(super) bytes: Vec<u8>,
    /// Whether djpeg gave no warning.
    clean: bool,
}

pub(super) fn djpeg(bytes: &[u8]) -> Result<Pnm, String> {
    let mut child = Command::new("djpeg")
        .args(["-dct", "int", "-pnm"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        // djpeg may stop reading early. Its messages are in its output.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(bytes)));
        child.wait_with_output()
    });
    let output = output.map_err(|error| error.to_string())?;
    let warnings = String::from_utf8_lossy(&output.stderr);
    if output.stdout.is_empty() {
        return Err(format!("djpeg: {warnings}"));
    }
    Ok(Pnm {
        clean: warnings.is_empty(),
        bytes: output.stdout,
    })
}

/// The samples after the header of a PNM: magic, width, height, largest value.
pub(super) fn pnm_samples(pnm: &[u8]) -> Option<&[u8]> {
    let spaces = pnm
        .iter()
        .enumerate()
        .filter(|(_, b)| b.is_ascii_whitespace());
    let (end, _) = spaces.map(|(at, _)| (at, ())).nth(3)?;
    pnm.get(end + 1..)
}
