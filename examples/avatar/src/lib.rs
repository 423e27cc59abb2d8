//! The command line of roundel: photos in, avatar files out.
//!
//! It is a library, so that there is one command line: the example `avatar` runs it, and the
//! Python package's console script `roundel` runs it from the native module. It is a crate of
//! its own and not part of `core`, because a service that renders uploads needs no arguments,
//! progress bars or HTML. It stands with the examples because it uses nothing but core's public
//! API, as any program would.
//!
//! `args` parses the arguments, `files` finds photos and writes files, `job` renders one photo,
//! `report` describes the result, and `sheet` writes the contact sheet.

mod args;
mod files;
mod job;
mod report;
mod sheet;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::mpsc;
use std::{fs, thread};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use args::Args;
use files::Job;
use job::Settings;
use report::Report;

/// A progress bar is shown from this many photos.
const PROGRESS_FROM: usize = 8;

const ALL_RENDERED: u8 = 0;
const SOME_REFUSED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// Runs the command line and returns the exit status. The first argument is the program's name.
///
/// Writes to standard output and standard error, and flushes both.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let result = match Args::parse(args.into_iter()) {
        Ok(args) => render_photos(&args),
        Err(error) => print_usage(&error),
    };
    // As part of a Python process this is no `main`, after which Rust would flush.
    let result = result.and_then(|status| io::stdout().flush().map(|()| status));
    result.unwrap_or_else(|error| {
        // A reader that closes the pipe, such as `head`, has seen enough.
        if error.kind() != ErrorKind::BrokenPipe {
            print_error(&format!("error[io]: {error}"));
        }
        SOME_REFUSED
    })
}

/// Wrong usage goes to standard error, `--help` and `--version` to standard output.
fn print_usage(error: &clap::Error) -> io::Result<u8> {
    error.print()?;
    Ok(if error.use_stderr() {
        WRONG_USAGE
    } else {
        ALL_RENDERED
    })
}

fn render_photos(args: &Args) -> io::Result<u8> {
    let photos = files::find_photos(&args.photos, &args.out);
    if photos.is_empty() {
        return print_usage(&Args::usage_error("no photos found"));
    }
    if let Err(error) = fs::create_dir_all(&args.out) {
        print_error(&format!("error[io]: {}: {error}", args.out.display()));
        return Ok(SOME_REFUSED);
    }
    let settings = Settings {
        options: options_for(args, photos.len()),
        out: &args.out,
        sheet: args.sheet,
    };
    let jobs = files::assign_stems(photos, &args.out, &settings.options);
    let notes = jobs.iter().filter_map(Job::rename_note);
    notes.for_each(|note| print_error(&note));
    let reports = render_all(jobs, &settings, args.json)?;
    if args.sheet {
        sheet::write(&reports, &args.out)?;
    }
    let refused = reports.iter().any(|report| report.refusal().is_some());
    Ok(if refused { SOME_REFUSED } else { ALL_RENDERED })
}

/// The options for each of `photos` photos. Several photos keep the cores busy with one thread each.
fn options_for(args: &Args, photos: usize) -> roundel::Options {
    roundel::Options {
        parallel: photos == 1,
        ..args.options()
    }
}

/// Renders on every core. Reports are printed and returned in the order of the photos.
fn render_all(jobs: Vec<Job>, settings: &Settings<'_>, json: bool) -> io::Result<Vec<Report>> {
    let bar = progress_bar(jobs.len());
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        // par_bridge hands out photos in order, so that few reports wait for an earlier one.
        scope.spawn(move || {
            let jobs = jobs.into_iter().enumerate().par_bridge();
            // Sending fails once the receiver is gone, because printing failed: stop rendering.
            let _ = jobs.try_for_each_with(sender, |sender, (index, job)| {
                sender.send((index, job::run(job, settings)))
            });
        });
        let mut waiting = BTreeMap::new();
        let mut reports = Vec::new();
        for (index, report) in receiver {
            bar.inc(1);
            waiting.insert(index, report);
            while let Some(report) = waiting.remove(&reports.len()) {
                bar.suspend(|| print_report(&report, json))?;
                reports.push(report);
            }
        }
        bar.finish_and_clear();
        Ok(reports)
    })
}

fn progress_bar(photos: usize) -> ProgressBar {
    if photos < PROGRESS_FROM || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let target = ProgressDrawTarget::stderr();
    let bar = ProgressBar::with_draw_target(Some(photos as u64), target);
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} photos, {eta} left");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A refusal always goes to standard error; JSON and lines of text go to standard output.
fn print_report(report: &Report, json: bool) -> io::Result<()> {
    let refused = report.refusal().is_some();
    if refused {
        print_error(&report.text());
    }
    match (json, refused) {
        (true, _) => print_line(&report.json()),
        (false, true) => Ok(()),
        (false, false) => print_line(&report.text()),
    }
}

fn print_line(line: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{line}")
}

/// Goes on when standard error is closed.
fn print_error(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn several_photos_are_rendered_on_one_thread_each() {
        let args = Args::parse(["roundel", "a.jpg"].map(OsString::from).into_iter()).unwrap();
        assert!(options_for(&args, 1).parallel);
        assert!(!options_for(&args, 2).parallel);
    }
}
