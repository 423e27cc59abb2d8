//! The contact sheet: one page that opens from disk, without scripts and without the network.
//!
//! The template escapes every value for HTML: a file name is untrusted text.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use askama::Template;
use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use roundel::Rect;

use crate::files::PendingFile;
use crate::report::{AvatarFile, Outcome, PhotoReport, Preview, Report};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[derive(Template)]
#[template(path = "sheet.html")]
struct Sheet<'a> {
    reports: &'a [Report],
    rendered: usize,
    refused: usize,
}

/// Writes `index.html` into the folder of the avatars.
pub(crate) fn write(reports: &[Report], out: &Path) -> io::Result<()> {
    let refused = reports.iter().filter_map(Report::refusal).count();
    let sheet = Sheet {
        reports,
        rendered: reports.len() - refused,
        refused,
    };
    let page = sheet.render().map_err(io::Error::other)?;
    PendingFile::write(out.join("index.html"), page.as_bytes())?.commit()
}

impl Preview {
    fn data_url(&self) -> String {
        format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(&self.0))
    }
}

impl PhotoReport {
    /// Each crop once: avatars of the same proportions show the same part.
    fn crops(&self) -> Vec<Rect> {
        let mut crops = Vec::new();
        for output in &self.outputs {
            if !crops.contains(&output.crop) {
                crops.push(output.crop);
            }
        }
        crops
    }
}

impl AvatarFile {
    /// The page and the avatars are in one folder, so the file name is a link. `./` keeps a name
    /// with a colon from being parsed as a scheme.
    fn link(&self) -> String {
        let name = self.path.file_name().unwrap_or(OsStr::new(""));
        format!("./{}", percent_encode(name.as_encoded_bytes(), RESERVED))
    }

    fn kilobytes(&self) -> String {
        format!("{:.1}", self.bytes as f64 / 1e3)
    }
}
