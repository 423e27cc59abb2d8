//! The contact sheet: one page that opens from disk, without a script and without the network.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write;
use std::io;
use std::path::Path;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::args::Args;
use crate::files::Beside;
use crate::report::{Outcome, Output, Preview, Rendered, Report};

const HEAD: &str = include_str!("../templates/sheet.html");

/// Writes `DIR/index.html`.
pub(crate) fn write(reports: &[Report], args: &Args) -> io::Result<()> {
    let mut page = HEAD.replace("{{summary}}", &summary(reports));
    reports.iter().for_each(|report| page += &card(report));
    page += "</main>\n</html>\n";
    Beside::write(args.out.join("index.html"), page.as_bytes())?.keep()
}

fn summary(reports: &[Report]) -> String {
    let refused = reports.iter().filter_map(Report::refusal).count();
    match (reports.len() - refused, refused) {
        (rendered, 0) => format!("{rendered} rendered"),
        (rendered, refused) => format!("{rendered} rendered, {refused} refused"),
    }
}

fn card(report: &Report) -> String {
    let title = escape(&report.path.to_string_lossy()).into_owned();
    match &report.outcome {
        Outcome::Rendered(rendered) => format!(
            "<article>\n<h2>{title}</h2>\n<p>{}</p>\n<div class=\"row\">\n{}<div>\n{}{}</div>\n\
             </div>\n</article>\n",
            facts(rendered),
            rendered.preview.as_ref().map(photo).unwrap_or_default(),
            strip("square", rendered),
            strip("round", rendered),
        ),
        Outcome::Refused { error } => format!(
            "<article class=\"refused\">\n<h2>{title}</h2>\n<p><code>{}</code> {}</p>\n\
             </article>\n",
            error.code,
            escape(&error.message),
        ),
    }
}

fn facts(rendered: &Rendered) -> String {
    format!(
        "{} · stored {} × {} · orientation {} · decoded at {}/8",
        rendered.format,
        rendered.stored_size.width,
        rendered.stored_size.height,
        rendered.orientation.exif(),
        rendered.decode_scale,
    )
}

/// The photo with what lies outside of the crop dimmed. Twice the same rectangle: a dark line
/// under a light one shows on every photo.
fn photo(preview: &Preview) -> String {
    let (width, height) = (preview.size.width, preview.size.height);
    let [x, y, w, h] = preview.crop;
    let jpeg = BASE64_STANDARD.encode(&preview.jpeg);
    let frame = format!("x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"");
    format!(
        "<figure class=\"photo\">\n\
         <img alt=\"the photo, upright\" src=\"data:image/jpeg;base64,{jpeg}\">\n\
         <svg viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
         <path class=\"outside\" fill-rule=\"evenodd\" \
         d=\"M0 0H{width}V{height}H0Z M{x} {y}h{w}v{h}h-{w}Z\"/>\
         <rect class=\"dark\" {frame}/><rect class=\"light\" {frame}/></svg>\n</figure>\n"
    )
}

fn strip(shape: &str, rendered: &Rendered) -> String {
    let mut strip = format!("<div class=\"strip {shape}\">\n");
    for output in &rendered.outputs {
        strip += &avatar(output, &rendered.placeholder.color.to_string());
    }
    strip + "</div>\n"
}

/// The page and the avatars lie in one folder, so a name is a link.
fn avatar(output: &Output, colour: &str) -> String {
    let link = percent(output.path.file_name().unwrap_or_default());
    let (width, height) = (output.size.width, output.size.height);
    format!(
        "<figure><a href=\"{link}\"><img loading=\"lazy\" src=\"{link}\" alt=\"\" width=\"{width}\" \
         height=\"{height}\" style=\"background:#{colour}\"></a>\
         <figcaption>{width} × {height}<br>{} kB</figcaption></figure>\n",
        kilobytes(output.bytes),
    )
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1e3)
}

/// A file's name is a stranger's text: nothing of it may become markup.
fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text.into();
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let text = text.replace('>', "&gt;").replace('"', "&quot;");
    text.replace('\'', "&#39;").into()
}

/// Percent-encoding (RFC 3986) of everything but unreserved characters; `./` lest a name with a
/// colon be taken for a scheme.
fn percent(name: &OsStr) -> String {
    let mut link = String::from("./");
    for &byte in Path::new(name).as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            link.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(link, "%{byte:02X}");
        }
    }
    link
}
