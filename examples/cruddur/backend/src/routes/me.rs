//! `GET /api/me`: the profile of who is signed in, and their last refused uploads.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::App;
use crate::authentication::SignedIn;
use crate::error::ApiError;
use crate::profile::Profile;
use crate::refusals::Told;
use crate::users;

#[derive(Serialize)]
struct Me<'u> {
    #[serde(flatten)]
    profile: Profile,
    refusals: Vec<Told<'u>>,
}

/// Theirs, and nobody else's.
pub async fn show(
    State(app): State<Arc<App>>,
    SignedIn(claims): SignedIn,
) -> Result<Response, ApiError> {
    let user = users::by_sub(&app.pool, &claims.sub).await?;
    let user = user.ok_or_else(ApiError::unknown_user)?;
    let me = Me {
        profile: app.profile(&user),
        refusals: user.refusals.iter().map(Told::from).collect(),
    };
    Ok(Json(me).into_response())
}
