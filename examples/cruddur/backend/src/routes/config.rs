//! `GET /api/config`: the settings that the page needs before sign-in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::AppState;
use crate::error::ApiError;
use crate::static_files::unknown_path;

/// Addresses of the servers, and the Cognito client id.
pub async fn show(State(app): State<Arc<AppState>>) -> Result<Json<Value>, ApiError> {
    let Some(web) = &app.web else {
        return Err(unknown_path().await);
    };
    Ok(Json(json!({
        "upload_api": web.upload_api,
        "assets": app.assets.base_url,
        "cognito": { "url": web.cognito, "client_id": web.client_id },
    })))
}
