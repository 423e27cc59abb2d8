//! One photo: read, render, write.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use base64::{Engine, prelude::BASE64_STANDARD};
use roundel::{Avatar, Options, Orientation, Region, Size, Source, Subsampling};

use crate::args::{Args, label};
use crate::files::{self, Beside, Job};
use crate::report::{Milliseconds, Outcome, Output, Placeholder, Preview};
use crate::report::{Refusal, Rendered, Report};

/// The longest side of a photo on the contact sheet.
const PREVIEW_SIDE: f64 = 640.0;

/// Renders the photo of `job`; whatever happens to it, the next one is not affected.
pub(crate) fn run(job: Job, args: &Args) -> Report {
    let rendered = catch_unwind(AssertUnwindSafe(|| render(&job, args)));
    let outcome = match rendered {
        Ok(Ok(rendered)) => Outcome::Rendered(Box::new(rendered)),
        Ok(Err(error)) => Outcome::Refused { error },
        Err(_) => Outcome::Refused { error: defect() },
    };
    Report {
        path: job.photo,
        outcome,
    }
}

/// The library promises not to panic. If it breaks the promise, one photo is lost and not all.
fn defect() -> Refusal {
    Refusal {
        code: "internal",
        message: "a defect of roundel; please report this photo".into(),
    }
}

fn render(job: &Job, args: &Args) -> Result<Rendered, Refusal> {
    let bytes = files::read(&job.photo, args.options.limits.input_bytes)?;
    let mut milliseconds = Milliseconds::default();
    let mut since = Instant::now();
    let rendered = roundel::render_observed(&bytes, &args.options, &mut |stage| {
        milliseconds.set(stage, since.elapsed().as_secs_f64());
        since = Instant::now();
    })?;
    let preview = args.sheet.then(|| preview(&bytes, &rendered, args));
    Ok(Rendered {
        format: rendered.source.format.name(),
        stored_size: rendered.source.size,
        orientation: rendered.source.orientation,
        decode_scale: rendered.decoded.scale,
        milliseconds,
        placeholder: Placeholder {
            thumbhash: BASE64_STANDARD.encode(&rendered.placeholder.thumbhash),
            color: rendered.placeholder.color,
        },
        preview: preview.transpose()?,
        outputs: write(&rendered.avatars, job, args)?,
    })
}

/// Every file is written before the first gets its name, so a full disk leaves none of them.
fn write(avatars: &[Avatar], job: &Job, args: &Args) -> Result<Vec<Output>, Refusal> {
    let mut written = Vec::new();
    for (avatar, &wanted) in avatars.iter().zip(&args.options.sizes) {
        let path = place(job, wanted, args);
        written.push((Beside::write(path.clone(), &avatar.bytes)?, path, avatar));
    }
    let mut outputs = Vec::new();
    for (file, path, avatar) in written {
        file.keep()?;
        outputs.push(Output {
            path,
            size: avatar.size,
            bytes: avatar.bytes.len(),
            digest: avatar.digest.clone(),
        });
    }
    Ok(outputs)
}

fn place(job: &Job, size: Size, args: &Args) -> PathBuf {
    let name = files::file_name(&job.stem, &label(size), &args.options);
    args.out.join(name)
}

/// The sheet shows what roundel makes of the whole photo, not the file itself: a few kilobytes
/// instead of megabytes, upright in every browser, and no stranger's file in it.
fn preview(bytes: &[u8], rendered: &roundel::Rendered, args: &Args) -> Result<Preview, Refusal> {
    let upright = rendered.source.upright_size;
    let longest = f64::from(upright.width.max(upright.height));
    let factor = (PREVIEW_SIDE / longest).min(1.0);
    let side = |length: u32| ((f64::from(length) * factor).round() as u32).max(1);
    let options = Options {
        sizes: vec![Size::new(side(upright.width), side(upright.height))],
        quality: 75,
        subsampling: Subsampling::Quarter,
        limits: args.options.limits,
        background: args.options.background,
        ..Options::default()
    };
    let whole = roundel::render(bytes, &options)?;
    let jpeg = whole.avatars.into_iter().next();
    Ok(Preview {
        jpeg: jpeg.map(|avatar| avatar.bytes).unwrap_or_default(),
        size: upright,
        crop: crop(
            &rendered.source,
            rendered.decoded.region,
            rendered.decoded.scale,
        ),
    })
}

/// The region that was decoded, in pixels of the upright photo.
fn crop(source: &Source, region: Region, scale: u8) -> [f64; 4] {
    let full = |at: u32, most: u32| (f64::from(at) * 8.0 / f64::from(scale)).min(most.into());
    let Size { width, height } = source.size;
    let (x0, x1) = (full(region.x0, width), full(region.x1, width));
    let (y0, y1) = (full(region.y0, height), full(region.y1, height));
    // The same edges, counted from the right and from the bottom.
    let (right, bottom) = (f64::from(width) - x1, f64::from(height) - y1);
    let (x, y) = match source.orientation {
        Orientation::Normal => (x0, y0),
        Orientation::FlipHorizontal => (right, y0),
        Orientation::Rotate180 => (right, bottom),
        Orientation::FlipVertical => (x0, bottom),
        Orientation::Transpose => (y0, x0),
        Orientation::Rotate90 => (bottom, x0),
        Orientation::Transverse => (bottom, right),
        Orientation::Rotate270 => (y0, right),
    };
    let (across, down) = (x1 - x0, y1 - y0);
    if source.orientation.transposes() {
        [x, y, down, across]
    } else {
        [x, y, across, down]
    }
}
