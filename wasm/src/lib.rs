//! `roundel.wasm`: converts, calls core, maps the error. The rest is JavaScript, in `js/`.
//!
//! Options, reports and errors cross as JSON, in the spelling that core defines for every surface.
//! Photos and avatars cross as bytes. A photo is copied, because wasm can read only its own memory.

use roundel::{Error, ErrorKind, Feature, Options, Photo, Pixels, Rendered, Size, Stage};
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The callbacks of one render, from `js/jobs.js`.
    ///
    /// Wasm cannot unwind: if a callback throws, the caller must discard this instance of wasm.
    pub type RenderCallbacks;

    /// Called with the name of each finished stage.
    #[wasm_bindgen(method, js_name = onStage)]
    fn on_stage(this: &RenderCallbacks, name: &str);

    /// Called with the bytes of each avatar, in order. They are valid during this call only.
    #[wasm_bindgen(method, js_name = onAvatar)]
    fn on_avatar(this: &RenderCallbacks, bytes: &[u8]);
}

/// Renders the file in `bytes`. The avatars go to `callbacks`; their report in JSON is returned.
///
/// # Errors
///
/// An `ErrorReport` in JSON.
#[wasm_bindgen]
pub fn render(bytes: &[u8], options: &str, callbacks: &RenderCallbacks) -> Result<String, String> {
    render_photo(Photo::File(bytes), options, callbacks).map_err(error_json)
}

/// [`render`] for upright RGBA pixels in sRGB with straight alpha, as a canvas returns them.
///
/// # Errors
///
/// As [`render`].
#[wasm_bindgen(js_name = renderPixels)]
pub fn render_pixels(
    samples: &[u8],
    width: u32,
    height: u32,
    options: &str,
    callbacks: &RenderCallbacks,
) -> Result<String, String> {
    let pixels = Pixels::rgba(Size::new(width, height), samples);
    render_photo(Photo::Pixels(pixels), options, callbacks).map_err(error_json)
}

/// Reads a photo's header and returns its report in JSON.
///
/// # Errors
///
/// As [`render`].
#[wasm_bindgen]
pub fn probe(bytes: &[u8], options: &str) -> Result<String, String> {
    let probe = || roundel::probe(bytes, &Options::from_json(options)?.limits);
    probe().map(|source| to_json(&source)).map_err(error_json)
}

/// The limits of `options` in JSON, with the default of each that is not given.
///
/// # Errors
///
/// As [`render`].
#[wasm_bindgen]
pub fn limits(options: &str) -> Result<String, String> {
    let options = Options::from_json(options).map_err(error_json)?;
    Ok(to_json(&options.limits))
}

fn render_photo(
    photo: Photo,
    options: &str,
    callbacks: &RenderCallbacks,
) -> roundel::Result<String> {
    let options = Options::from_json(options)?;
    let mut observer = |stage: Stage| callbacks.on_stage(stage.name());
    let rendered = roundel::render_observed(photo, &options, &mut observer)?;
    for avatar in &rendered.avatars {
        callbacks.on_avatar(&avatar.bytes);
    }
    Ok(to_json(&RenderReport::from(&rendered)))
}

/// Core's report, with the digest of all avatars together.
#[derive(Serialize)]
struct RenderReport<'a> {
    #[serde(flatten)]
    rendered: &'a Rendered,
    digest: String,
}

impl<'a> From<&'a Rendered> for RenderReport<'a> {
    fn from(rendered: &'a Rendered) -> Self {
        let digest = rendered.digest();
        RenderReport { rendered, digest }
    }
}

/// An error in the form that `js/error.js` parses.
#[derive(Serialize)]
struct ErrorReport {
    code: &'static str,
    message: String,
    feature: Option<&'static str>,
    offset: Option<u64>,
    limit: Option<&'static str>,
    wanted: Option<u64>,
    allowed: Option<u64>,
}

fn error_json(error: Error) -> String {
    let mut report = ErrorReport {
        code: error.code(),
        message: error.to_string(),
        feature: error.feature().map(Feature::name),
        offset: error.offset(),
        limit: None,
        wanted: None,
        allowed: None,
    };
    if let ErrorKind::LimitExceeded {
        limit,
        wanted,
        allowed,
    } = error.kind()
    {
        report.limit = Some(limit.name());
        report.wanted = Some(wanted);
        report.allowed = Some(allowed);
    }
    to_json(&report)
}

/// Serialization cannot fail: the types are structs of strings and numbers.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
