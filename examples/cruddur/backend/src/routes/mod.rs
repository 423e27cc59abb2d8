//! The routes.

pub mod config;
pub mod events;
pub mod health;
pub mod me;
pub mod profile;
pub mod webhook;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use roundel_lambda::webhook::MAX_MESSAGE;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::App;
use crate::error::ApiError;
use crate::static_files;

/// The longest body of the API.
const MAX_BODY: usize = 16 << 10;
/// How long a request may take until its answer begins.
const PATIENCE: Duration = Duration::from_secs(25);

/// Every route of `app`.
pub fn router(app: Arc<App>) -> Router {
    let policy = HeaderValue::from_str(&static_files::policy(&app));
    let router = Router::new()
        .nest("/api", api())
        .nest("/webhooks", webhooks())
        .fallback(static_files::serve)
        .layer(always(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(always(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ))
        .layer(from_fn(timed));
    // Origins are ASCII: they always are a header's value.
    match policy {
        Ok(policy) => router.layer(always(header::CONTENT_SECURITY_POLICY, policy)),
        Err(_) => router,
    }
    .with_state(app)
}

fn api() -> Router<Arc<App>> {
    let router = Router::new()
        .route("/health", get(health::check))
        .route("/config", get(config::show))
        .route("/me", get(me::show))
        .route("/profile/update", put(profile::update))
        .route("/profile/{handle}", get(profile::show))
        .route("/profile/{handle}/events", get(events::watch));
    answering_json(router, MAX_BODY)
}

fn webhooks() -> Router<Arc<App>> {
    let router = Router::new().route("/avatar", post(webhook::receive));
    answering_json(router, MAX_MESSAGE)
}

/// JSON for errors as well, never cached, with a limit to what is read.
fn answering_json(router: Router<Arc<App>>, at_most: usize) -> Router<Arc<App>> {
    router
        .method_not_allowed_fallback(wrong_method)
        .fallback(static_files::unknown_path)
        .layer(DefaultBodyLimit::max(at_most))
        .layer(always(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

fn always(name: HeaderName, value: HeaderValue) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, value)
}

async fn wrong_method() -> ApiError {
    let message = "This address does not answer to this method.";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message)
}

/// Ends what takes too long, and logs one line for each request: never a header or a body.
async fn timed(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let begun = Instant::now();
    let response = match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            ApiError::unavailable("timed_out", "This took too long. Try again.").into_response()
        }
    };
    let milliseconds = begun.elapsed().as_millis() as u64;
    tracing::info!(%method, path, status = response.status().as_u16(), milliseconds, "answered");
    response
}
