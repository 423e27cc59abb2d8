//! `GET /api/health`: whether the database answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::ApiError;

/// `{"status":"ok"}`, or 503.
pub async fn check(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    sqlx::query("SELECT 1").execute(&app.pool).await?;
    Ok(Json(json!({ "status": "ok" })))
}
