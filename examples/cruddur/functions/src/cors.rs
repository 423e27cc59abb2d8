//! Cross-origin requests (CORS): only pages of listed origins may call the API.

use http::HeaderMap;
use http::header::{self, HeaderName, HeaderValue};

/// The allowed origins, compared exactly.
#[derive(Clone, Debug, Default)]
pub struct Cors(pub Vec<String>);

impl Cors {
    /// Adds the headers that answer a request of this origin.
    pub fn add_headers(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        let allowed = origin.filter(|origin| self.0.iter().any(|own| *origin == own.as_str()));
        let Some(origin) = allowed else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        for (name, value) in PREFLIGHT {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

const PREFLIGHT: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "DELETE,OPTIONS,POST"),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization,content-type",
    ),
    (header::ACCESS_CONTROL_MAX_AGE, "600"),
];
