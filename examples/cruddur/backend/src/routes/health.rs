//! `GET /api/health`: whether the database responds.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::AppState;
use crate::error::ApiError;

/// Returns `{"status":"ok"}`, or 503.
pub async fn check(State(app): State<Arc<AppState>>) -> Result<Json<Value>, ApiError> {
    sqlx::query("SELECT 1").execute(&app.pool).await?;
    Ok(Json(json!({ "status": "ok" })))
}
