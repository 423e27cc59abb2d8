//! Who is signed in: the access token, verified by the authorizer's own code.

use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use roundel_lambda::jwt::Claims;

use crate::app::App;
use crate::error::ApiError;

/// What the request's token says. As `Option`, a request without a token is nobody's; a bad token
/// is refused even so.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Claims);

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let header = parts.headers.get(AUTHORIZATION);
        let Some(token) = header.and_then(|value| value.to_str().ok()) else {
            return Err(ApiError::unauthorized());
        };
        match app.authorizer.verify(token).await {
            Ok(claims) => Ok(Self(claims)),
            // Why is for the log alone: it would only help whoever forges.
            Err(error) => {
                tracing::info!(%error, "unauthorized");
                Err(ApiError::unauthorized())
            }
        }
    }
}

impl OptionalFromRequestParts<Arc<App>> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Option<Self>, ApiError> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            return Ok(None);
        }
        let signed_in = <Self as FromRequestParts<_>>::from_request_parts(parts, app).await;
        signed_in.map(Some)
    }
}
