//! The main job: photos in, avatars out.
//!
//! ```text
//! cargo run --release --example avatar -- PHOTO... [OPTIONS]
//! ```
//!
//! `args` understands the command line, `files` finds and names, `job` renders one photo,
//! `report` says what became of it, and `sheet` shows it all.

mod args;
mod files;
mod job;
mod report;
mod sheet;

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::mpsc;
use std::{fs, thread};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use args::Args;
use files::Job;
use report::Report;

/// From this many photos on a progress bar is worth its line.
const LONG_WORK: usize = 8;

const ALL_RENDERED: u8 = 0;
const SOME_REFUSED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// Runs the command line and returns the exit status.
pub fn run() -> u8 {
    let status = match Args::parse() {
        Ok(args) if args.help => print(args::USAGE).map(|()| ALL_RENDERED),
        Ok(args) => run_with(&args),
        Err(message) => Ok(wrong_usage(&message)),
    };
    status.unwrap_or_else(|error| {
        // Who closes the pipe has read enough, and knows.
        if error.kind() != ErrorKind::BrokenPipe {
            complain(&format!("error[io]: {error}"));
        }
        SOME_REFUSED
    })
}

fn run_with(args: &Args) -> io::Result<u8> {
    let photos = files::find(&args.photos, &args.out);
    if photos.is_empty() {
        return Ok(wrong_usage("there is no photo in what is named"));
    }
    if let Err(error) = fs::create_dir_all(&args.out) {
        let out = args.out.display();
        complain(&format!("error[io]: {out}: {error}"));
        return Ok(SOME_REFUSED);
    }
    let jobs = files::name(photos, &args.out, &args.options);
    jobs.iter()
        .filter_map(Job::renamed)
        .for_each(|note| complain(&note));
    let reports = render_all(jobs, args)?;
    if args.sheet {
        sheet::write(&reports, args)?;
    }
    let refused = reports.iter().any(|report| report.refusal().is_some());
    Ok(if refused { SOME_REFUSED } else { ALL_RENDERED })
}

/// Renders on every core; reports in the order of the photos.
fn render_all(jobs: Vec<Job>, args: &Args) -> io::Result<Vec<Report>> {
    let bar = progress_bar(jobs.len());
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        // A bridge hands the photos out in order, so that few reports have to wait for another.
        scope.spawn(move || {
            let jobs = jobs.into_iter().enumerate().par_bridge();
            // An error means that nobody listens any more: then there is no more to do.
            let _ = jobs.try_for_each_with(sender, |sender, (at, job)| {
                sender.send((at, job::run(job, args)))
            });
        });
        let mut waiting = BTreeMap::new();
        let mut reports = Vec::new();
        for (at, report) in receiver {
            bar.inc(1);
            waiting.insert(at, report);
            while let Some(report) = waiting.remove(&reports.len()) {
                bar.suspend(|| tell(&report, args.json))?;
                reports.push(report);
            }
        }
        bar.finish_and_clear();
        Ok(reports)
    })
}

fn progress_bar(photos: usize) -> ProgressBar {
    if photos < LONG_WORK || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let target = ProgressDrawTarget::stderr();
    let bar = ProgressBar::with_draw_target(Some(photos as u64), target);
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} photos, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Refusals go to standard error in any case, everything else to standard output.
fn tell(report: &Report, json: bool) -> io::Result<()> {
    let refused = report.refusal().is_some();
    if refused {
        complain(&report.line());
    }
    match (json, refused) {
        (true, _) => print(&(report.json() + "\n")),
        (false, true) => Ok(()),
        (false, false) => print(&(report.line() + "\n")),
    }
}

fn print(text: &str) -> io::Result<()> {
    io::stdout().lock().write_all(text.as_bytes())
}

/// A closed standard error is no reason to stop.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn wrong_usage(message: &str) -> u8 {
    complain(&format!("error: {message}\n\nTry --help."));
    WRONG_USAGE
}
