//! `GET /api/profile/{handle}` and `PUT /api/profile/update`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::app::AppState;
use crate::authentication::AuthenticatedUser;
use crate::error::ApiError;
use crate::profile::{Profile, ProfileUpdate};
use crate::users::{self, User};

const EXPECTED_BODY: &str = "The body must be JSON like {\"display_name\": \"Ada\", \"bio\": \"...\"}; \
                        both fields are optional.";

/// Returns the profile of the user with this handle.
pub async fn show(
    State(app): State<Arc<AppState>>,
    handle: Result<Path<String>, PathRejection>,
) -> Result<Json<Profile>, ApiError> {
    let user = find_user(&app, handle).await?;
    Ok(Json(app.profile(&user)))
}

/// Finds a user by handle, with or without a leading `@`.
pub(crate) async fn find_user(
    app: &AppState,
    handle: Result<Path<String>, PathRejection>,
) -> Result<User, ApiError> {
    let unknown = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_handle",
            "No user has this handle.",
        )
    };
    let Path(handle) = handle.map_err(|_| unknown())?;
    let handle = handle.strip_prefix('@').unwrap_or(&handle);
    users::by_handle(&app.pool, handle)
        .await?
        .ok_or_else(unknown)
}

/// Updates the profile of the signed-in user.
pub async fn update(
    State(app): State<Arc<AppState>>,
    AuthenticatedUser(claims): AuthenticatedUser,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Profile>, ApiError> {
    let update = parse(&body.map_err(body_error)?)?.validated()?;
    let user = users::update(&app.pool, &claims.sub, &update).await?;
    let user = user.ok_or_else(ApiError::unknown_user)?;
    app.notify_changed(&claims.sub);
    Ok(Json(app.profile(&user)))
}

fn parse(body: &[u8]) -> Result<ProfileUpdate, ApiError> {
    // serde would also accept an array with the fields in order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::invalid_request(EXPECTED_BODY));
    }
    let invalid = |error| ApiError::invalid_request(format!("{EXPECTED_BODY} {error}."));
    serde_json::from_slice(body).map_err(invalid)
}

/// The error for a body that is too long or incomplete.
pub(crate) fn body_error(rejection: BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = "The body of the request is too long.";
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message);
    }
    ApiError::invalid_request("The body of the request is incomplete.")
}
