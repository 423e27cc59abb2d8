//! `roundel._native`: converts arguments, calls core, maps errors. The rest of the package is
//! Python, in `roundel/`.
//!
//! Options and reports cross the boundary as JSON, in the form that core defines for all
//! languages. Photos and avatars cross as `bytes`. A photo in `bytes` is borrowed, not copied,
//! while the GIL is released: the call holds a reference, and `bytes` are immutable. Objects that
//! can change (a `bytearray`, an array) are copied in Python first, because another thread could
//! write to them while Rust reads.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use roundel::{Error, ErrorKind, Format, Orientation, Photo, Pixels, Rendered, Size, Stage};

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::{Options, main, panic, probe, render};

    use pyo3::prelude::*;
    use roundel::Format;

    /// Adds name, extension and media type of each output format.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let formats = Format::ALL.map(super::format_row);
        module.add("FORMATS", Vec::from(formats))
    }
}

fn format_row(format: Format) -> (&'static str, &'static str, &'static str) {
    (format.name(), format.extension(), format.media_type())
}

/// Checked options.
#[pyclass(frozen, module = "roundel._native")]
struct Options(roundel::Options);

#[pymethods]
impl Options {
    /// Parses a JSON object; raises `InvalidOptions`.
    #[new]
    fn new(py: Python<'_>, json: &str) -> PyResult<Self> {
        let options = roundel::Options::from_json(json);
        options.map(Self).map_err(|error| to_exception(py, &error))
    }

    /// The limit for the length of a file.
    #[getter]
    fn input_bytes(&self) -> u64 {
        self.0.limits.input_bytes
    }
}

/// A photo from Python: the bytes of a file, or an object with these attributes.
#[derive(FromPyObject)]
enum PyPhoto<'py> {
    #[pyo3(transparent)]
    File(Bound<'py, PyBytes>),
    Pixels {
        samples: Bound<'py, PyBytes>,
        width: u32,
        height: u32,
        alpha: bool,
        orientation: Bound<'py, PyAny>,
        icc: Option<Bound<'py, PyBytes>>,
    },
}

impl PyPhoto<'_> {
    /// The same photo for core, without a copy.
    fn borrow(&self) -> Photo<'_> {
        match self {
            PyPhoto::File(bytes) => Photo::File(bytes.as_bytes()),
            PyPhoto::Pixels {
                samples,
                width,
                height,
                alpha,
                orientation,
                icc,
            } => Photo::Pixels(Pixels {
                size: Size::new(*width, *height),
                alpha: *alpha,
                samples: samples.as_bytes(),
                orientation: orientation_from_exif(orientation),
                icc: icc.as_ref().map(|icc| icc.as_bytes()),
            }),
        }
    }
}

/// The value of an EXIF tag can be anything. Like core, ignores a value that has no meaning.
fn orientation_from_exif(value: &Bound<'_, PyAny>) -> Orientation {
    let value = value.extract().ok();
    value.and_then(Orientation::from_exif).unwrap_or_default()
}

/// A report in JSON, the digest of all avatars, their bytes, and the time of each stage.
type Report<'py> = (String, String, Vec<Bound<'py, PyBytes>>, StageTimes);

/// Milliseconds by name of the stage.
type StageTimes = Vec<(&'static str, f64)>;

/// Renders a photo without the GIL.
#[pyfunction]
fn render<'py>(py: Python<'py>, photo: PyPhoto<'py>, options: &Options) -> PyResult<Report<'py>> {
    let (photo, options) = (photo.borrow(), &options.0);
    let (rendered, times) = without_gil(py, || render_timed(photo, options))?;
    let files = rendered.avatars.iter();
    let files = files
        .map(|avatar| PyBytes::new(py, &avatar.bytes))
        .collect();
    Ok((to_json(&rendered)?, rendered.digest(), files, times))
}

fn render_timed(
    photo: Photo<'_>,
    options: &roundel::Options,
) -> roundel::Result<(Rendered, StageTimes)> {
    let (mut start, mut times) = (Instant::now(), Vec::with_capacity(Stage::ALL.len()));
    let rendered = roundel::render_observed(photo, options, &mut |stage| {
        times.push((stage.name(), start.elapsed().as_secs_f64() * 1e3));
        start = Instant::now();
    })?;
    Ok((rendered, times))
}

/// Reads the header of a photo; returns the report in JSON.
#[pyfunction]
fn probe(py: Python<'_>, photo: PyPhoto<'_>, options: &Options) -> PyResult<String> {
    let (photo, limits) = (photo.borrow(), &options.0.limits);
    to_json(&without_gil(py, || roundel::probe(photo, limits))?)
}

/// Runs the command line and returns the exit status. `args` starts with the program's name.
#[pyfunction]
fn main(py: Python<'_>, args: Vec<OsString>) -> PyResult<u8> {
    without_gil(py, || Ok(roundel_avatar::run(args)))
}

/// Panics, for the test that a panic becomes an exception.
#[pyfunction]
fn panic(py: Python<'_>) -> PyResult<()> {
    #[allow(clippy::panic)]
    without_gil(py, || panic!("requested by a test"))
}

/// Calls core without the GIL. `call` borrows only from `bytes` objects that the caller holds.
///
/// A panic becomes the exception `Internal`: unwinding must not reach the interpreter, and
/// `except Exception` does not catch the `PanicException` of pyo3.
fn without_gil<T: Send>(
    py: Python<'_>,
    call: impl FnOnce() -> roundel::Result<T> + Send,
) -> PyResult<T> {
    match py.detach(|| catch_unwind(AssertUnwindSafe(call))) {
        Ok(result) => result.map_err(|error| to_exception(py, &error)),
        Err(_) => {
            let exception = new_exception(py, "Internal", "roundel panicked; please report this");
            Err(exception.map_or_else(|error| error, PyErr::from_value))
        }
    }
}

fn to_json(report: &impl serde::Serialize) -> PyResult<String> {
    let json = serde_json::to_string(report);
    json.map_err(|error| pyo3::exceptions::PyRuntimeError::new_err(error.to_string()))
}

/// Converts an error of core to an exception of `roundel._errors`.
fn to_exception(py: Python<'_>, error: &Error) -> PyErr {
    let exception = new_exception(py, class_name(error.kind()), &error.to_string());
    let exception = exception.and_then(|exception| {
        set_attributes(&exception, error)?;
        Ok(exception)
    });
    exception.map_or_else(|error| error, PyErr::from_value)
}

fn class_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Malformed => "Malformed",
        ErrorKind::Unsupported(_) => "Unsupported",
        ErrorKind::LimitExceeded { .. } => "LimitExceeded",
        ErrorKind::InvalidOptions => "InvalidOptions",
        _ => "Internal",
    }
}

fn set_attributes(exception: &Bound<'_, PyAny>, error: &Error) -> PyResult<()> {
    exception.setattr("offset", error.offset())?;
    match error.kind() {
        ErrorKind::Unsupported(feature) => exception.setattr("feature", feature.name()),
        ErrorKind::LimitExceeded {
            limit,
            wanted,
            allowed,
        } => {
            exception.setattr("limit", limit.name())?;
            exception.setattr("wanted", wanted)?;
            exception.setattr("allowed", allowed)
        }
        _ => Ok(()),
    }
}

fn new_exception<'py>(py: Python<'py>, class: &str, message: &str) -> PyResult<Bound<'py, PyAny>> {
    let classes = py.import("roundel._errors")?;
    classes.getattr(class)?.call1((message,))
}
