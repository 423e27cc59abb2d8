//! `roundel.wasm`: converts, calls the core, maps the error. The rest is JavaScript, in `js/`.
//!
//! Options, reports and errors cross as JSON, the spelling that core defines once for every
//! surface; photos and avatars cross as bytes. A photo is copied into wasm's memory, because
//! wasm can read no other.

use roundel::{Error, ErrorKind, Feature, Options, Pixels, Rendered, Size, Stage};
use serde::Serialize;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Who waits for a render, in `js/engine.js`. If a method throws, this instance of wasm is
    /// given up, for nothing here is cleaned up.
    pub type Caller;

    /// Takes the name of a stage that is done.
    #[wasm_bindgen(method)]
    fn stage(this: &Caller, name: &str);

    /// Takes the bytes of the next avatar, which are there during this call only.
    #[wasm_bindgen(method)]
    fn avatar(this: &Caller, bytes: &[u8]);
}

/// Renders the photo in `bytes`: the avatars to `caller`, their report in JSON as the result.
///
/// # Errors
///
/// An [`Error`] in JSON.
#[wasm_bindgen]
pub fn render(bytes: &[u8], options: &str, caller: &Caller) -> Result<String, String> {
    let options = Options::from_json(options).map_err(refusal)?;
    let rendered = roundel::render_observed(bytes, &options, &mut |stage| tell(caller, stage));
    Ok(hand_over(&rendered.map_err(refusal)?, caller))
}

/// [`render`] for upright RGBA pixels in sRGB with straight alpha, as a canvas gives them.
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
    caller: &Caller,
) -> Result<String, String> {
    let options = Options::from_json(options).map_err(refusal)?;
    let pixels = Pixels::rgba(Size::new(width, height), samples);
    let rendered = roundel::render_observed(pixels, &options, &mut |stage| tell(caller, stage));
    Ok(hand_over(&rendered.map_err(refusal)?, caller))
}

/// The report of a photo's header, in JSON.
///
/// # Errors
///
/// As [`render`].
#[wasm_bindgen]
pub fn probe(bytes: &[u8], options: &str) -> Result<String, String> {
    let options = Options::from_json(options).map_err(refusal)?;
    let source = roundel::probe(bytes, &options.limits).map_err(refusal)?;
    Ok(json(&source))
}

/// The limits of `options`, with every default filled in, in JSON.
///
/// # Errors
///
/// As [`render`].
#[wasm_bindgen]
pub fn limits(options: &str) -> Result<String, String> {
    let options = Options::from_json(options).map_err(refusal)?;
    Ok(json(&options.limits))
}

fn tell(caller: &Caller, stage: Stage) {
    caller.stage(stage.name());
}

/// Core's report and the digest of all avatars.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    rendered: &'a Rendered,
    digest: String,
}

fn hand_over(rendered: &Rendered, caller: &Caller) -> String {
    for avatar in &rendered.avatars {
        caller.avatar(&avatar.bytes);
    }
    let digest = rendered.digest();
    json(&Report { rendered, digest })
}

/// An error as `js/error.js` reads it.
#[derive(Serialize)]
struct Refusal {
    code: &'static str,
    message: String,
    offset: Option<u64>,
    feature: Option<&'static str>,
    limit: Option<&'static str>,
    wanted: Option<u64>,
    allowed: Option<u64>,
}

/// The one place where core's errors become JavaScript's.
fn refusal(error: Error) -> String {
    let (limit, wanted, allowed) = match error.kind() {
        ErrorKind::LimitExceeded {
            limit,
            wanted,
            allowed,
        } => (Some(limit.name()), Some(wanted), Some(allowed)),
        _ => (None, None, None),
    };
    json(&Refusal {
        code: error.code(),
        message: error.to_string(),
        offset: error.offset(),
        feature: error.feature().map(Feature::name),
        limit,
        wanted,
        allowed,
    })
}

/// Structs of strings and numbers, which cannot fail to be written.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
