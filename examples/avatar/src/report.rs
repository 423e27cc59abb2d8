//! The result of one photo, for a person (lines of text) and for a program (JSON).

use std::path::{Path, PathBuf};

use roundel::{Face, Feature, Orientation, Rect, Rgb, Size, Stage};
use serde::{Serialize, Serializer};

/// One photo and its result.
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
    Rendered(Box<PhotoReport>),
    Refused { error: Refusal },
}

#[derive(Serialize)]
pub(crate) struct PhotoReport {
    /// The photo's format, by its content.
    pub(crate) format: &'static str,
    pub(crate) stored_size: Size,
    pub(crate) upright_size: Size,
    pub(crate) orientation: Orientation,
    /// In eighths of the stored size.
    pub(crate) decode_scale: u8,
    /// With `--crop face`: the faces that were found, that with the highest score first.
    pub(crate) faces: Vec<Face>,
    /// The share of the decoded part that was damaged and is filled in.
    pub(crate) missing: f64,
    pub(crate) milliseconds: StageTimes,
    pub(crate) outputs: Vec<AvatarFile>,
    pub(crate) placeholder: PlaceholderReport,
    /// For the contact sheet.
    #[serde(skip)]
    pub(crate) preview: Option<Preview>,
}

/// Milliseconds for each stage, in the order of the stages.
#[derive(Default)]
pub(crate) struct StageTimes(Vec<(Stage, f64)>);

impl StageTimes {
    pub(crate) fn push(&mut self, stage: Stage, seconds: f64) {
        // Rounded to microseconds: a finer clock reading is noise.
        self.0.push((stage, (seconds * 1e6).round() / 1e3));
    }

    fn total(&self) -> f64 {
        self.0.iter().map(|(_, milliseconds)| milliseconds).sum()
    }
}

impl Serialize for StageTimes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(stage, time)| (stage.name(), time)))
    }
}

#[derive(Serialize)]
pub(crate) struct AvatarFile {
    #[serde(serialize_with = "path_text")]
    pub(crate) path: PathBuf,
    pub(crate) size: Size,
    pub(crate) format: &'static str,
    /// The part of the upright photo that the avatar shows.
    pub(crate) crop: Rect,
    pub(crate) bytes: usize,
    pub(crate) digest: String,
}

#[derive(Serialize)]
pub(crate) struct PlaceholderReport {
    /// Base64, the form that thumbhash decoders expect.
    pub(crate) thumbhash: String,
    pub(crate) color: Rgb,
}

/// The whole photo, upright and small, as a JPEG.
pub(crate) struct Preview(pub(crate) Vec<u8>);

#[derive(Serialize)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    /// The unsupported format or feature.
    pub(crate) feature: Option<&'static str>,
    pub(crate) message: String,
}

impl From<roundel::Error> for Refusal {
    fn from(error: roundel::Error) -> Self {
        Self {
            code: error.code(),
            feature: error.feature().map(Feature::name),
            message: error.to_string(),
        }
    }
}

/// Core never opens a file, so it has no code for this.
impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self {
            code: "io",
            feature: None,
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

    /// One JSON object, without a line break.
    pub(crate) fn json(&self) -> String {
        // Strings, numbers and lists of them can always be written as JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A line about the photo and one for each avatar, or one line with the error.
    pub(crate) fn text(&self) -> String {
        let path = self.path.display();
        match &self.outcome {
            Outcome::Rendered(photo) => format!("{path}: {}", photo.text()),
            Outcome::Refused { error } => {
                format!("error[{}]: {path}: {}", error.code, error.message)
            }
        }
    }
}

impl PhotoReport {
    fn text(&self) -> String {
        let Size { width, height } = self.stored_size;
        let outputs: Vec<_> = self.outputs.iter().map(AvatarFile::text).collect();
        format!(
            "{} {width}x{height}, orientation {}, {}{:.1} ms\n  {}",
            self.format,
            self.orientation.exif(),
            self.missing_text(),
            self.milliseconds.total(),
            outputs.join("\n  "),
        )
    }

    fn missing_text(&self) -> String {
        match self.missing {
            0.0 => String::new(),
            missing => format!("{:.1} % missing, ", missing * 100.0),
        }
    }
}

impl AvatarFile {
    fn text(&self) -> String {
        format!("{}  {} bytes", self.path.display(), self.bytes)
    }
}

/// Paths need not be Unicode, but JSON strings must be.
fn path_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
