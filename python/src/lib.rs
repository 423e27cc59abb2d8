//! `roundel._native`: converts, calls the core, maps the error. The rest is Python, in
//! `roundel/`.
//!
//! Options and reports cross as JSON, the spelling that core defines once for every surface;
//! photos and avatars cross as `bytes`. A photo is borrowed and not copied while the GIL is
//! released: the call holds a reference, and `bytes` cannot change. Anything that can change
//! (a `bytearray`, an array) arrives here as a copy, because another thread could write to it
//! while safe Rust reads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use roundel::{Error, ErrorKind, Format, Orientation, Rendered, Size, Source, Stage};

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::{Options, panic, probe, render};

    use pyo3::prelude::*;
    use roundel::Format;

    /// Extension and media type of each format that avatars are written in.
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
    /// From a JSON object; raises `InvalidOptions`.
    #[new]
    fn new(py: Python<'_>, json: &str) -> PyResult<Self> {
        let options = roundel::Options::from_json(json);
        options.map(Self).map_err(|error| raise(py, &error))
    }

    /// The most bytes that a file may have.
    #[getter]
    fn input_bytes(&self) -> u64 {
        self.0.limits.input_bytes
    }
}

/// A photo as Python hands it over: a file's bytes, or anything with these attributes.
#[derive(FromPyObject)]
enum Photo<'py> {
    #[pyo3(transparent)]
    File(Bound<'py, PyBytes>),
    Pixels {
        samples: Bound<'py, PyBytes>,
        width: u32,
        height: u32,
        alpha: bool,
        orientation: u16,
        icc: Option<Bound<'py, PyBytes>>,
    },
}

impl Photo<'_> {
    fn borrow(&self) -> roundel::Photo<'_> {
        match self {
            Photo::File(bytes) => roundel::Photo::File(bytes.as_bytes()),
            Photo::Pixels {
                samples,
                width,
                height,
                alpha,
                orientation,
                icc,
            } => roundel::Photo::Pixels(roundel::Pixels {
                size: Size::new(*width, *height),
                alpha: *alpha,
                samples: samples.as_bytes(),
                orientation: Orientation::from_exif(*orientation).unwrap_or_default(),
                icc: icc.as_ref().map(|icc| icc.as_bytes()),
            }),
        }
    }
}

/// A report in JSON, the digest of all avatars, their bytes, and milliseconds by stage.
type Report<'py> = (String, String, Vec<Bound<'py, PyBytes>>, Milliseconds);

/// How long each stage took, by name.
type Milliseconds = Vec<(&'static str, f64)>;

/// Renders a photo without holding the GIL.
#[pyfunction]
fn render<'py>(py: Python<'py>, photo: Photo<'py>, options: &Options) -> PyResult<Report<'py>> {
    let (photo, options) = (photo.borrow(), &options.0);
    let (rendered, milliseconds) = detached(py, || timed(photo, options))?;
    let bytes = rendered.avatars.iter();
    let bytes = bytes.map(|avatar| PyBytes::new(py, &avatar.bytes));
    Ok((
        json(&rendered)?,
        rendered.digest(),
        bytes.collect(),
        milliseconds,
    ))
}

fn timed(
    photo: roundel::Photo<'_>,
    options: &roundel::Options,
) -> Result<(Rendered, Milliseconds), Error> {
    let (mut since, mut stages) = (Instant::now(), Vec::with_capacity(Stage::ALL.len()));
    let mut observe = |stage: Stage| {
        stages.push((stage.name(), since.elapsed().as_secs_f64() * 1e3));
        since = Instant::now();
    };
    let rendered = roundel::render_observed(photo, options, &mut observe)?;
    Ok((rendered, stages))
}

/// The report of a photo's header, in JSON.
#[pyfunction]
fn probe(py: Python<'_>, photo: Photo<'_>, options: &Options) -> PyResult<String> {
    let (photo, limits) = (photo.borrow(), &options.0.limits);
    let source: Source = detached(py, || roundel::probe(photo, limits))?;
    json(&source)
}

/// Panics inside, for the test that shows that none comes out.
#[pyfunction]
fn panic(py: Python<'_>) -> PyResult<()> {
    #[allow(clippy::panic)]
    detached(py, || panic!("on request"))
}

/// Calls core without the GIL. What is lent to `call` stays borrowed from `bytes` objects that
/// the caller holds. A panic becomes an exception like any other: unwinding must not reach the
/// interpreter, and pyo3's own `PanicException` slips through `except Exception`.
fn detached<T: Send>(
    py: Python<'_>,
    call: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<T> {
    let outcome = py.detach(|| catch_unwind(AssertUnwindSafe(call)));
    match outcome {
        Ok(result) => result.map_err(|error| raise(py, &error)),
        Err(_) => Err(
            exception(py, "Internal", "a defect of roundel: it panicked")
                .map_or_else(|error| error, PyErr::from_value),
        ),
    }
}

fn json(report: &impl serde::Serialize) -> PyResult<String> {
    let json = serde_json::to_string(report);
    json.map_err(|error| pyo3::exceptions::PyRuntimeError::new_err(error.to_string()))
}

/// The one place where core's errors become Python's.
fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let class = match error.kind() {
        ErrorKind::Malformed => "Malformed",
        ErrorKind::Unsupported(_) => "Unsupported",
        ErrorKind::LimitExceeded { .. } => "LimitExceeded",
        ErrorKind::InvalidOptions => "InvalidOptions",
        _ => "Internal",
    };
    let described = exception(py, class, &error.to_string()).and_then(|exception| {
        exception.setattr("offset", error.offset())?;
        let feature = error.feature().map(roundel::Feature::name);
        exception.setattr("feature", feature)?;
        if let ErrorKind::LimitExceeded {
            limit,
            wanted,
            allowed,
        } = error.kind()
        {
            exception.setattr("limit", limit.name())?;
            exception.setattr("wanted", wanted)?;
            exception.setattr("allowed", allowed)?;
        }
        Ok(exception)
    });
    described.map_or_else(|error| error, PyErr::from_value)
}

fn exception<'py>(py: Python<'py>, class: &str, message: &str) -> PyResult<Bound<'py, PyAny>> {
    let classes = py.import("roundel._errors")?;
    classes.getattr(class)?.call1((message,))
}
