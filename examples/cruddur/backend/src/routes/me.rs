//! `GET /api/me`: the profile and the last refused uploads of the signed-in user.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::app::AppState;
use crate::authentication::AuthenticatedUser;
use crate::error::ApiError;
use crate::profile::Profile;
use crate::refusals::RefusalView;
use crate::users;

#[derive(Serialize)]
struct Me<'u> {
    #[serde(flatten)]
    profile: Profile,
    refusals: Vec<RefusalView<'u>>,
}

/// Returns the profile and refusals of the owner of the token.
pub async fn show(
    State(app): State<Arc<AppState>>,
    AuthenticatedUser(claims): AuthenticatedUser,
) -> Result<Response, ApiError> {
    let user = users::by_sub(&app.pool, &claims.sub).await?;
    let user = user.ok_or_else(ApiError::unknown_user)?;
    let me = Me {
        profile: app.profile(&user),
        refusals: user.refusals.iter().map(RefusalView::from).collect(),
    };
    Ok(Json(me).into_response())
}
