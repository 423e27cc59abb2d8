//! Authenticates requests. The access token is verified by the code of the authorizer function.

use std::sync::{Arc, OnceLock};

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use cruddur_functions::jwt::{Claims, TokenError};

use crate::app::AppState;
use crate::error::ApiError;

/// The `sub` of the user of a request, once the token is verified. It is an extension of the request and of
/// the response, for the log.
#[derive(Clone, Debug, Default)]
pub struct RequestUser(Arc<OnceLock<String>>);

impl RequestUser {
    /// The `sub`, if the request had a valid token.
    pub fn sub(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// An extractor of the claims of the access token. `Option<AuthenticatedUser>` is `None` for a
/// request without a token; a token that is not valid is refused in any case.
#[derive(Clone, Debug)]
pub struct AuthenticatedUser(pub Claims);

impl FromRequestParts<Arc<AppState>> for AuthenticatedUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> Result<Self, ApiError> {
        let header = parts.headers.get(AUTHORIZATION);
        let Some(token) = header.and_then(|value| value.to_str().ok()) else {
            return Err(ApiError::unauthorized());
        };
        match app.authorizer.verify(token).await {
            Ok(claims) => {
                if let Some(RequestUser(user)) = parts.extensions.get() {
                    // It is set already if two extractors verify the same token.
                    let _ = user.set(claims.sub.clone());
                }
                Ok(Self(claims))
            }
            // Not 401: the token may be valid, and the page would sign the user out.
            Err(TokenError::Unavailable) => Err(ApiError::unavailable(
                "keys_unavailable",
                "Your session cannot be verified at the moment. Try again in a few seconds.",
            )),
            // Only the log says why. The reason would help an attacker who forges tokens.
            Err(error) => {
                tracing::info!(%error, "unauthorized");
                Err(ApiError::unauthorized())
            }
        }
    }
}

impl OptionalFromRequestParts<Arc<AppState>> for AuthenticatedUser {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<AppState>,
    ) -> Result<Option<Self>, ApiError> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        let user = <Self as FromRequestParts<_>>::from_request_parts(parts, app).await;
        user.map(Some)
    }
}
