//! `GET /api/config`: what the page has to know before anybody signs in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::ApiError;
use crate::static_files::unknown_path;

/// Addresses, and the app's name at Cognito.
pub async fn show(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let Some(web) = &app.web else {
        return Err(unknown_path().await);
    };
    Ok(Json(json!({
        "upload_api": web.upload_api,
        "assets": app.assets.url,
        "cognito": { "url": web.cognito, "client_id": web.client },
    })))
}
