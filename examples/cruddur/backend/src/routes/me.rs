//! `GET /api/me`: the profile of who is signed in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::error::ApiError;
use crate::profile::Profile;
use crate::signed_in::SignedIn;
use crate::users;

/// Their profile.
pub async fn show(
    State(app): State<Arc<App>>,
    SignedIn(claims): SignedIn,
) -> Result<Json<Profile>, ApiError> {
    let user = users::by_sub(&app.pool, &claims.sub).await?;
    let user = user.ok_or_else(ApiError::unknown_user)?;
    Ok(Json(app.profile(&user)))
}
