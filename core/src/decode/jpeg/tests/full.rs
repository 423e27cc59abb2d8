//! At 8/8 the decoder, and the oracle, agree with `djpeg -dct int`.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use super::corpus::{File, Tally, files};
use super::writer::{Random, Shape, write};
use super::{Distance, decode_whole_within, oracle};
use crate::limits::Limits;

const CLASSES: [&str; 5] = [
    "jpeg-matrix",
    "jpeg-variants",
    "jpeg-quirks",
    "photos",
    "orientation",
];

/// Files on which `djpeg` is no judge, and why.
const EXCEPTIONS: [(&str, &str); 6] = [
    ("q_prog_half_scans.jpg", SMOOTHED),
    ("q_prog_only_dc.jpg", SMOOTHED),
    ("pocs__progressive_scan1.jpg", SMOOTHED),
    ("pocs__progressive_scan2.jpg", SMOOTHED),
    ("pocs__progressive_scan3.jpg", SMOOTHED),
    ("partial_progressive.jpg", SMOOTHED),
];
const SMOOTHED: &str = "scans are missing, and djpeg guesses at them from the blocks around";

/// Samples may differ by `most`, and by `mean` on average.
#[derive(Clone, Copy)]
struct Tolerance {
    most: f64,
    mean: f64,
}

#[test]
fn the_decoder_agrees_with_djpeg() {
    let tolerance = |file: &File| Tolerance {
        most: if file.subsampled { 2.0 } else { 1.0 },
        mean: 0.1,
    };
    compare("decoder and djpeg", usize::MAX, tolerance, |bytes| {
        // All coefficients of a progressive photo at once need more than an avatar does.
        let limits = Limits {
            memory: 1 << 30,
            ..Limits::default()
        };
        let decoded = decode_whole_within(bytes, 8, &limits).map_err(|error| error.to_string())?;
        match decoded.missing {
            true => Err("parts are missing".into()),
            false => Ok(decoded.samples),
        }
    });
}

/// The oracle rounds nothing on its way; `djpeg` rounds every component before it mixes them, and
/// upsampled chroma once more.
const ROUNDING: Tolerance = Tolerance {
    most: 3.0,
    mean: 0.7,
};

/// Above 100 kB the oracle would take too long.
#[test]
fn the_oracle_agrees_with_djpeg() {
    compare("oracle and djpeg", 100_000, |_| ROUNDING, draw);
}

fn draw(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let frame = oracle::read(bytes).ok_or("the oracle cannot read it")?;
    let image = frame.image(8).ok_or("the oracle cannot draw it")?;
    Ok(image.samples.iter().map(|s| s.round() as u8).collect())
}

/// Frame and scan structures that no corpus has.
#[test]
fn the_oracle_agrees_with_djpeg_on_written_jpegs() {
    let mut compared = 0;
    for seed in 0..if djpeg_is_absent() { 0 } else { 200 } {
        let mut random = Random(seed);
        let shape = Shape::random(&mut random);
        let bytes = write(&shape, &mut random);
        let pnm = djpeg(&bytes).unwrap();
        assert!(pnm.clean, "{shape:?}");
        let judged = draw(&bytes).and_then(|samples| judge(ROUNDING, &bytes, &pnm.bytes, &samples));
        judged.unwrap_or_else(|why| panic!("seed {seed}, {shape:?}: {why}"));
        compared += 1;
    }
    println!("oracle and djpeg: {compared} written JPEGs agree");
}

fn djpeg_is_absent() -> bool {
    let absent = Command::new("djpeg").arg("-version").output().is_err();
    if absent {
        println!("skipped: no djpeg (Debian: libjpeg-turbo-progs)");
    }
    absent
}

fn compare(
    what: &str,
    largest: usize,
    tolerance: impl Fn(&File) -> Tolerance,
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
            println!("{what}: {name} left out: {why}");
            continue;
        }
        // A file that may be refused is compared where both sides take it without complaint.
        let judged = match (djpeg(&bytes), decode(&bytes)) {
            (Ok(pnm), Ok(samples)) if pnm.clean || file.expect == "ok" => {
                judge(tolerance(&file), &bytes, &pnm.bytes, &samples)
            }
            (Err(why), _) | (_, Err(why)) if file.expect == "ok" => Err(why),
            _ => continue,
        };
        tally.add(&file, judged);
    }
    tally.finish(what);
}

fn judge(tolerance: Tolerance, bytes: &[u8], pnm: &[u8], samples: &[u8]) -> Result<(), String> {
    let wanted = pnm_samples(pnm).ok_or("djpeg wrote no PNM")?;
    let samples = match wanted.len() {
        length if length == samples.len() => samples.to_vec(),
        length if length * 4 == samples.len() * 3 => djpeg_rgb(bytes, samples),
        length => return Err(format!("{} samples, not {length}", samples.len())),
    };
    let mut distance = Distance::default();
    for (&found, &wanted) in samples.iter().zip(wanted) {
        distance.add(found.into(), wanted.into());
    }
    if distance.most > tolerance.most || distance.mean() > tolerance.mean {
        return Err(format!(
            "most {}, mean {:.3}",
            distance.most,
            distance.mean()
        ));
    }
    Ok(())
}

/// What djpeg shows of inks: light is C times K, taking what is stored for light.
fn djpeg_rgb(bytes: &[u8], inks: &[u8]) -> Vec<u8> {
    let adobe = bytes.windows(7).any(|seven| seven == b"\x00\x0EAdobe");
    let light = |ink: u8| f64::from(if adobe { 255 - ink } else { ink });
    let rgb = |ink: &[u8]| {
        let [c, m, y, k] = [0, 1, 2, 3].map(|i| light(ink[i]));
        [c, m, y].map(|colour| (colour * k / 255.0).round() as u8)
    };
    inks.chunks(4).flat_map(rgb).collect()
}

struct Pnm {
    bytes: Vec<u8>,
    /// Written without a warning.
    clean: bool,
}

fn djpeg(bytes: &[u8]) -> Result<Pnm, String> {
    let mut child = Command::new("djpeg")
        .args(["-dct", "int", "-pnm"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        // It may stop reading early; what it then says is in its output.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(bytes)));
        child.wait_with_output()
    });
    let output = output.map_err(|error| error.to_string())?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if output.stdout.is_empty() {
        return Err(format!("djpeg: {complaint}"));
    }
    Ok(Pnm {
        clean: complaint.is_empty(),
        bytes: output.stdout,
    })
}

/// The samples after a PNM's header: magic, width, height, greatest value.
fn pnm_samples(pnm: &[u8]) -> Option<&[u8]> {
    let blanks = pnm
        .iter()
        .enumerate()
        .filter(|(_, b)| b.is_ascii_whitespace());
    let (end, _) = blanks.map(|(at, _)| (at, ())).nth(3)?;
    pnm.get(end + 1..)
}
