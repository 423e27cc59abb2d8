//! One error for the whole crate, sorted by who is at fault.

use std::borrow::Cow;
use std::fmt;

/// What every fallible function here returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a render was refused.
///
/// It is opaque on purpose: ask it for its [`kind`](Error::kind) to react, for its
/// [`code`](Error::code) to pass the reason on to another program, and print it for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", At(*.offset))]
pub struct Error {
    kind: Kind,
    message: Cow<'static, str>,
    offset: Option<u64>,
}

/// Who is at fault, and therefore who can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The file is damaged or is not what it says it is. Choose another file.
    Malformed,
    /// The file may be sound, but its format or a feature of it is not handled here.
    Unsupported,
    /// The file asks for more than [`Limits`](crate::Limits) allows.
    LimitExceeded {
        /// Which limit.
        limit: Limit,
        /// How much the file asked for, at least.
        wanted: u64,
        /// How much was allowed.
        allowed: u64,
    },
    /// The caller asked for something impossible. No file is at fault.
    InvalidOptions,
    /// A defect of this crate. Please report it.
    Internal,
}

/// The name of one of the [`Limits`](crate::Limits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Bytes of the file.
    InputBytes,
    /// Stored width in pixels.
    Width,
    /// Stored height in pixels.
    Height,
    /// Stored width times height.
    Pixels,
    /// Bytes held at once by one render.
    Memory,
    /// Frames of an animation.
    Frames,
    /// Scans of a progressive JPEG.
    Scans,
    /// Samples decoded or coefficients stepped over.
    Work,
}

impl Limit {
    /// The stable name, as in the field of [`Limits`](crate::Limits).
    pub fn name(self) -> &'static str {
        match self {
            Limit::InputBytes => "input_bytes",
            Limit::Width => "width",
            Limit::Height => "height",
            Limit::Pixels => "pixels",
            Limit::Memory => "memory",
            Limit::Frames => "frames",
            Limit::Scans => "scans",
            Limit::Work => "work",
        }
    }
}

impl Kind {
    /// The stable code of this kind; see [`Error::code`].
    pub fn code(self) -> &'static str {
        match self {
            Kind::Malformed => "malformed",
            Kind::Unsupported => "unsupported",
            Kind::LimitExceeded { .. } => "limit_exceeded",
            Kind::InvalidOptions => "invalid_options",
            Kind::Internal => "internal",
        }
    }
}

impl Error {
    /// Who is at fault.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// A stable, machine-readable code, the same on every surface: `malformed`, `unsupported`,
    /// `limit_exceeded`, `invalid_options` or `internal`.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Where in the file the trouble was met, in bytes from its start, where that is known.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    pub(crate) fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Malformed, message)
    }

    pub(crate) fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    pub(crate) fn invalid_options(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::InvalidOptions, message)
    }

    pub(crate) fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Internal, message)
    }

    pub(crate) fn limit(limit: Limit, wanted: u64, allowed: u64) -> Self {
        let kind = Kind::LimitExceeded {
            limit,
            wanted,
            allowed,
        };
        let name = limit.name();
        Self::new(
            kind,
            format!("the limit `{name}` is {allowed}, and this render wants {wanted}"),
        )
    }

    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset as u64);
        self
    }

    fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            offset: None,
        }
    }
}

struct At(Option<u64>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where() {
        let error = Error::malformed("no scan").at(17);
        assert_eq!(error.to_string(), "no scan (at byte 17)");
        assert_eq!((error.code(), error.offset()), ("malformed", Some(17)));
    }

    #[test]
    fn a_limit_names_itself_and_both_figures() {
        let text = Error::limit(Limit::Pixels, 300, 256).to_string();
        assert_eq!(text, "the limit `pixels` is 256, and this render wants 300");
    }
}
