//! Error responses: a status, a stable code, and a message for a person.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiError {
    #[serde(skip)]
    status: StatusCode,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
}

impl ApiError {
    /// An error with this status and code.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            field: None,
        }
    }

    /// The body of the request is not valid.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// A field of the profile is not valid.
    pub fn invalid_profile(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field),
            ..Self::new(StatusCode::BAD_REQUEST, "invalid_profile", message)
        }
    }

    /// The access token is missing or not valid.
    pub fn unauthorized() -> Self {
        let message = "The access token is missing, expired or not valid. Sign in again.";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// The token is valid, but the user has no row in the database.
    pub fn unknown_user() -> Self {
        let message = "You are signed in, but you have no profile here yet.";
        Self::new(StatusCode::NOT_FOUND, "unknown_user", message)
    }

    /// A temporary error: the same request can succeed later.
    pub fn unavailable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }
}

/// The queries are constants and tested on both databases, so a database error is not the fault of
/// the request. The database is down, busy, or rolled back: the same request can succeed later.
impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "database error");
        let message = "The database does not respond. Try again in a few seconds.";
        Self::unavailable("database_unavailable", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let seconds = match self.status {
            StatusCode::SERVICE_UNAVAILABLE => "2",
            StatusCode::TOO_MANY_REQUESTS => "30",
            _ => return response,
        };
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        response
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
