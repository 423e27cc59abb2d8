//! One photo: read, rendered, written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Instant;

use base64::{Engine, prelude::BASE64_STANDARD};
use roundel::{Avatar, Options, Size};

use crate::files::{self, Job, PendingFile};
use crate::report::{AvatarFile, Outcome, PhotoReport, PlaceholderReport};
use crate::report::{Preview, Refusal, Report, StageTimes};

/// The longest side of a photo on the contact sheet, in pixels.
const PREVIEW_SIDE: f64 = 640.0;

/// What all photos of one command have in common.
pub(crate) struct Settings<'a> {
    pub(crate) options: Options,
    /// The folder for the avatars.
    pub(crate) out: &'a Path,
    /// Whether a contact sheet needs previews.
    pub(crate) sheet: bool,
}

/// Renders the photo of `job`. A photo that fails does not affect the next one.
pub(crate) fn run(job: Job, settings: &Settings<'_>) -> Report {
    // Core does not panic. If it does because of a defect, only this photo is lost.
    let result = catch_unwind(AssertUnwindSafe(|| render(&job, settings)));
    let outcome = match result.unwrap_or_else(|_| Err(panicked())) {
        Ok(photo) => Outcome::Rendered(Box::new(photo)),
        Err(error) => Outcome::Refused { error },
    };
    Report {
        path: job.photo,
        outcome,
    }
}

fn panicked() -> Refusal {
    Refusal {
        code: "internal",
        feature: None,
        message: "roundel panicked; please report this photo".into(),
    }
}

fn render(job: &Job, settings: &Settings<'_>) -> Result<PhotoReport, Refusal> {
    let bytes = files::read(&job.photo, settings.options.limits.input_bytes)?;
    let mut milliseconds = StageTimes::default();
    let mut start = Instant::now();
    let rendered = roundel::render_observed(&bytes, &settings.options, &mut |stage| {
        milliseconds.push(stage, start.elapsed().as_secs_f64());
        start = Instant::now();
    })?;
    let upright_size = rendered.source.upright_size;
    let preview = settings
        .sheet
        .then(|| preview(&bytes, upright_size, &settings.options));
    Ok(PhotoReport {
        format: rendered.source.format.name(),
        stored_size: rendered.source.size,
        upright_size,
        orientation: rendered.source.orientation,
        decode_scale: rendered.decoded.scale,
        faces: rendered.faces,
        missing: rendered.decoded.missing,
        milliseconds,
        placeholder: PlaceholderReport {
            thumbhash: BASE64_STANDARD.encode(&rendered.placeholder.thumbhash),
            color: rendered.placeholder.color,
        },
        preview: preview.transpose()?,
        outputs: write(rendered.avatars, job, settings)?,
    })
}

/// Writes all files of a photo before the first one gets its name, so that a full disk leaves
/// none of them.
fn write(
    avatars: Vec<Avatar>,
    job: &Job,
    settings: &Settings<'_>,
) -> Result<Vec<AvatarFile>, Refusal> {
    let mut pending = Vec::new();
    // The name has the size of the options: with --no-upscale an avatar may be smaller.
    for (avatar, (size, format)) in avatars.into_iter().zip(files::files_of(&settings.options)) {
        let name = files::file_name(&job.stem, size, format);
        let path = settings.out.join(name);
        pending.push((
            PendingFile::write(path.clone(), &avatar.bytes)?,
            path,
            avatar,
        ));
    }
    let mut outputs = Vec::new();
    for (file, path, avatar) in pending {
        file.commit()?;
        outputs.push(AvatarFile {
            path,
            size: avatar.size,
            format: avatar.format.name(),
            crop: avatar.crop,
            bytes: avatar.bytes.len(),
            digest: avatar.digest,
        });
    }
    Ok(outputs)
}

/// The photo as roundel renders it, not the file itself: kilobytes instead of megabytes, upright
/// in every browser, and no untrusted file inside the page.
fn preview(bytes: &[u8], upright_size: Size, options: &Options) -> Result<Preview, Refusal> {
    let longest = f64::from(upright_size.width.max(upright_size.height));
    let factor = (PREVIEW_SIDE / longest).min(1.0);
    let side = |length: u32| ((f64::from(length) * factor).round() as u32).max(1);
    let options = Options {
        sizes: vec![Size::new(
            side(upright_size.width),
            side(upright_size.height),
        )],
        quality: 75,
        limits: options.limits,
        background: options.background,
        frame: options.frame,
        accept_damaged: options.accept_damaged,
        ..Options::default()
    };
    let rendered = roundel::render(bytes, &options)?;
    let avatar = rendered.avatars.into_iter().next();
    Ok(Preview(
        avatar.map(|avatar| avatar.bytes).unwrap_or_default(),
    ))
}
