//! `GET /api/profile/{handle}` and `PUT /api/profile/update`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::app::App;
use crate::authentication::SignedIn;
use crate::error::ApiError;
use crate::profile::{Profile, Update};
use crate::users::{self, User};

const EXPECTED: &str = "The body must be JSON like {\"display_name\": \"Ada\", \"bio\": \"...\"}; \
                        either may be absent.";

/// The profile of whoever has the handle.
pub async fn show(
    State(app): State<Arc<App>>,
    handle: Result<Path<String>, PathRejection>,
) -> Result<Json<Profile>, ApiError> {
    let user = find(&app, handle).await?;
    Ok(Json(app.profile(&user)))
}

/// Whoever has the handle, with or without the @ before it.
pub(crate) async fn find(
    app: &App,
    handle: Result<Path<String>, PathRejection>,
) -> Result<User, ApiError> {
    let unknown = || {
        ApiError::new(
            StatusCode::NOT_FOUND,
            "unknown_handle",
            "Nobody has this handle.",
        )
    };
    let Path(handle) = handle.map_err(|_| unknown())?;
    let handle = handle.strip_prefix('@').unwrap_or(&handle);
    users::by_handle(&app.pool, handle)
        .await?
        .ok_or_else(unknown)
}

/// Changes the profile of who is signed in.
pub async fn update(
    State(app): State<Arc<App>>,
    SignedIn(claims): SignedIn,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Profile>, ApiError> {
    let update = read(&body.map_err(unread)?)?.checked()?;
    let user = users::update(&app.pool, &claims.sub, &update).await?;
    let user = user.ok_or_else(ApiError::unknown_user)?;
    app.tell(&claims.sub);
    Ok(Json(app.profile(&user)))
}

fn read(body: &[u8]) -> Result<Update, ApiError> {
    // serde would take an array for the fields in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(ApiError::invalid_request(EXPECTED));
    }
    let wrong = |error| ApiError::invalid_request(format!("{EXPECTED} {error}."));
    serde_json::from_slice(body).map_err(wrong)
}

/// Too long, or it broke off.
pub(crate) fn unread(rejection: BytesRejection) -> ApiError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = "The body is longer than is read here.";
        return ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message);
    }
    ApiError::invalid_request("The body did not arrive as a whole.")
}
