//! What became of one photo, for a person and for a program.

use std::path::{Path, PathBuf};

use roundel::{Orientation, Rgb, Size, Stage};
use serde::Serialize;

/// One photo: rendered or refused.
#[derive(Serialize)]
pub(crate) struct Report {
    #[serde(serialize_with = "path_text")]
    pub(crate) path: PathBuf,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    Rendered(Box<Rendered>),
    Refused { error: Refusal },
}

#[derive(Serialize)]
pub(crate) struct Rendered {
    /// Of the photo, by its content.
    pub(crate) format: &'static str,
    pub(crate) stored_size: Size,
    pub(crate) orientation: Orientation,
    /// In eighths of the stored size.
    pub(crate) decode_scale: u8,
    pub(crate) milliseconds: Milliseconds,
    pub(crate) outputs: Vec<Output>,
    pub(crate) placeholder: Placeholder,
    /// For the contact sheet.
    #[serde(skip)]
    pub(crate) preview: Option<Preview>,
}

/// How long each stage took.
#[derive(Default, Serialize)]
pub(crate) struct Milliseconds {
    plan: f64,
    decode: f64,
    resize: f64,
    encode: f64,
}

impl Milliseconds {
    pub(crate) fn set(&mut self, stage: Stage, seconds: f64) {
        // Microseconds are as fine as a clock is worth here.
        let milliseconds = (seconds * 1e6).round() / 1e3;
        match stage {
            Stage::Plan => self.plan = milliseconds,
            Stage::Decode => self.decode = milliseconds,
            Stage::Resize => self.resize = milliseconds,
            Stage::Encode => self.encode = milliseconds,
        }
    }

    fn total(&self) -> f64 {
        self.plan + self.decode + self.resize + self.encode
    }
}

#[derive(Serialize)]
pub(crate) struct Output {
    #[serde(serialize_with = "path_text")]
    pub(crate) path: PathBuf,
    pub(crate) size: Size,
    pub(crate) bytes: usize,
    pub(crate) digest: String,
}

#[derive(Serialize)]
pub(crate) struct Placeholder {
    /// Base64, as its readers take it.
    pub(crate) thumbhash: String,
    pub(crate) color: Rgb,
}

/// The photo, upright and small, and the part of it that was decoded.
pub(crate) struct Preview {
    pub(crate) jpeg: Vec<u8>,
    /// Of the upright photo.
    pub(crate) size: Size,
    /// x, y, width and height in pixels of the upright photo.
    pub(crate) crop: [f64; 4],
}

#[derive(Serialize)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl From<roundel::Error> for Refusal {
    fn from(error: roundel::Error) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
        }
    }
}

/// A code of this program: the library never touches a file.
impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self {
            code: "io",
            message: error.to_string(),
        }
    }
}

impl Report {
    pub(crate) fn refusal(&self) -> Option<&Refusal> {
        match &self.outcome {
            Outcome::Rendered(_) => None,
            Outcome::Refused { error } => Some(error),
        }
    }

    /// For a program.
    pub(crate) fn json(&self) -> String {
        // Numbers, strings and lists always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// For a person: one line, of what was rendered or why not.
    pub(crate) fn line(&self) -> String {
        let path = self.path.display();
        match &self.outcome {
            Outcome::Rendered(rendered) => format!("{path}: {}", rendered.line()),
            Outcome::Refused { error } => {
                format!("error[{}]: {path}: {}", error.code, error.message)
            }
        }
    }
}

impl Rendered {
    fn line(&self) -> String {
        let Size { width, height } = self.stored_size;
        let outputs: Vec<_> = self.outputs.iter().map(Output::line).collect();
        format!(
            "{} {width}x{height}, orientation {}, {:.1} ms\n  {}",
            self.format,
            self.orientation.exif(),
            self.milliseconds.total(),
            outputs.join("\n  "),
        )
    }
}

impl Output {
    fn line(&self) -> String {
        format!("{}  {} bytes", self.path.display(), self.bytes)
    }
}

/// A path need not be text; JSON has to be.
fn path_text<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
