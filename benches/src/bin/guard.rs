//! Instructions and peak memory of ten renders, compared with `guard.tsv`: `guard check`, or
//! `guard bless`, which writes that file. Needs valgrind, whose callgrind counts the instructions.
//!
//! Each render runs in a process of its own, on one thread, so both figures hardly depend on the machine
//! and its load. They depend on the instruction set and the compiler, which the file names. A check fails if
//! a figure is more than 3 % above the file's.

#![allow(clippy::print_stdout)] // the report

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{env, fs};

use roundel::{Format, Options, Rendered, Size, Speed, render};
use roundel_benches::Failed;
use roundel_benches::files::{Chroma, Coding, Encoding};
use roundel_benches::inputs::{self, Input};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/guard.tsv");
const TOLERANCE: f64 = 1.03;

/// Counts the bytes that are held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is forwarded to the system's allocator unchanged; only sizes are counted.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(held, Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A photo and the options of its render.
struct Case {
    name: &'static str,
    photo: Input,
    options: Options,
}

impl Case {
    fn new(name: &'static str, size: Size, encoding: Encoding, options: Options) -> Self {
        let photo = Input {
            name,
            size,
            encoding,
        };
        Self {
            name,
            photo,
            options,
        }
    }
}

fn one(format: Format) -> Options {
    Options {
        formats: vec![format],
        parallel: false,
        ..Options::default()
    }
}

fn cases() -> [Case; 10] {
    const LARGE: Size = Size::new(4032, 3024);
    const SMALL: Size = Size::new(1600, 1200);
    let baseline = |chroma| Encoding::Jpeg(chroma, Coding::Baseline);
    let progressive = Encoding::Jpeg(Chroma::Quarter, Coding::Progressive);
    let jpeg = || one(Format::Jpeg);
    let fast = Options {
        speed: Speed::Fast,
        ..jpeg()
    };
    let five = Options {
        sizes: [512, 256, 128, 64, 32].map(Size::square).into(),
        ..jpeg()
    };
    let lossless = Options {
        lossless: true,
        ..one(Format::Webp)
    };
    [
        Case::new("jpeg-256", LARGE, baseline(Chroma::Quarter), jpeg()),
        Case::new("jpeg-fast", LARGE, baseline(Chroma::Quarter), fast),
        Case::new("jpeg-five", LARGE, baseline(Chroma::Quarter), five),
        Case::new("jpeg-progressive", LARGE, progressive, jpeg()),
        Case::new(
            "jpeg-444-to-webp",
            SMALL,
            baseline(Chroma::Full),
            one(Format::Webp),
        ),
        Case::new("png-to-png", SMALL, Encoding::Png, one(Format::Png)),
        Case::new(
            "png-alpha-to-lossless-webp",
            SMALL,
            Encoding::PngAlpha,
            lossless,
        ),
        Case::new("webp-lossy", SMALL, Encoding::WebpLossy, jpeg()),
        Case::new("webp-lossless", SMALL, Encoding::WebpLossless, jpeg()),
        Case::new("gif", SMALL, Encoding::Gif, jpeg()),
    ]
}

/// What one render costs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    instructions: u64,
    /// Bytes that Rust code held at once. The memory of libwebp, in C, is not counted.
    peak: u64,
}

/// callgrind counts while this function runs, by its name.
#[inline(never)]
fn guarded_render(photo: &[u8], options: &Options) -> roundel::Result<Rendered> {
    black_box(render(photo, options))
}

/// In the process that valgrind runs: renders once and prints the peak.
fn child(name: &str, path: &Path) -> Result<(), Failed> {
    let case = cases().into_iter().find(|case| case.name == name);
    let (photo, options) = (fs::read(path)?, case.ok_or("unknown case")?.options);
    let before = HELD.load(Relaxed);
    PEAK.store(before, Relaxed);
    guarded_render(&photo, &options)?;
    println!("{}", PEAK.load(Relaxed) - before);
    Ok(())
}

fn measure(case: &Case, folder: &Path) -> Result<Cost, Failed> {
    let path = case.photo.write(folder)?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*guarded_render*")
        .arg(env::current_exe()?)
        .args(["render", case.name])
        .arg(path)
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    let (answer, log) = (
        String::from_utf8(output.stdout)?,
        String::from_utf8(output.stderr)?,
    );
    let collected = log.lines().find_map(|line| line.split_once("Collected : "));
    let (_, instructions) = collected.ok_or_else(|| format!("{}: {log}", case.name))?;
    Ok(Cost {
        instructions: instructions.trim().parse()?,
        peak: answer.trim().parse()?,
    })
}

/// The figures depend on these.
fn machine() -> Result<String, Failed> {
    // valgrind passes AVX2 through if the processor has it, and nothing newer.
    #[cfg(target_arch = "x86_64")]
    let vectors = if is_x86_feature_detected!("avx2") {
        "avx2"
    } else {
        "sse"
    };
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = "baseline";
    let rustc = Command::new("rustc").arg("--version").output()?.stdout;
    let rustc = String::from_utf8(rustc)?;
    let version = rustc.split(' ').nth(1).unwrap_or("unknown");
    Ok(format!(
        "# {}, {vectors}, rustc {version}",
        env::consts::ARCH
    ))
}

/// The lines of the file: name, instructions, peak.
fn report(costs: &[(&str, Cost)]) -> Result<String, Failed> {
    let mut text = machine()?;
    text.push_str("\ncase\tinstructions\tpeak bytes\n");
    for (name, cost) in costs {
        writeln!(text, "{name}\t{}\t{}", cost.instructions, cost.peak)?;
    }
    Ok(text)
}

fn committed(text: &str, name: &str) -> Option<Cost> {
    let mut lines = text.lines().map(|line| line.split('\t'));
    let mut line = lines
        .find(|line| line.clone().next() == Some(name))?
        .skip(1);
    let mut number = || line.next()?.parse().ok();
    Some(Cost {
        instructions: number()?,
        peak: number()?,
    })
}

/// The number of figures that are too high.
fn compare(costs: &[(&str, Cost)], text: &str) -> usize {
    let mut failed = 0;
    for (name, cost) in costs {
        let Some(old) = committed(text, name) else {
            println!("{name}: not in guard.tsv");
            failed += 1;
            continue;
        };
        for (unit, now, before) in [
            ("instructions", cost.instructions, old.instructions),
            ("bytes at the peak", cost.peak, old.peak),
        ] {
            let ratio = now as f64 / before as f64;
            let verdict = if ratio > TOLERANCE { "TOO MANY" } else { "" };
            failed += usize::from(ratio > TOLERANCE);
            println!("{name:28} {now:>12} {unit:18} x{ratio:.4} {verdict}");
        }
    }
    failed
}

fn check(costs: &[(&str, Cost)]) -> Result<ExitCode, Failed> {
    let text = fs::read_to_string(FILE)?;
    let (recorded, here) = (text.lines().next().unwrap_or_default(), machine()?);
    if recorded != here {
        println!("guard.tsv is from another machine or compiler:\n{recorded}\n{here}");
    }
    Ok(match compare(costs, &text) {
        0 => ExitCode::SUCCESS,
        failed => {
            println!(
                "{failed} figures are more than 3 % above guard.tsv; `make bless-guard` accepts them"
            );
            ExitCode::FAILURE
        }
    })
}

fn main() -> Result<ExitCode, Failed> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["render", name, path] = words[..] {
        child(name, Path::new(path))?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder: PathBuf = inputs::folder()?.join("guard");
    let cases = cases();
    let cost = |case: &Case| Ok((case.name, measure(case, &folder)?));
    let costs = cases.iter().map(cost).collect::<Result<Vec<_>, Failed>>()?;
    match words[..] {
        ["check"] => check(&costs),
        ["bless"] => {
            fs::write(FILE, report(&costs)?)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("usage: guard check|bless".into()),
    }
}
