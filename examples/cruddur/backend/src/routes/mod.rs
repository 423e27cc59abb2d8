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
use cruddur_functions::webhook::MAX_MESSAGE;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::app::AppState;
use crate::authentication::RequestUser;
use crate::error::ApiError;
use crate::static_files;

/// Maximum length of a request body of the API.
const MAX_BODY: usize = 16 << 10;
/// Time until the response must begin.
const TIMEOUT: Duration = Duration::from_secs(25);

/// Every route of `app`.
pub fn router(app: Arc<AppState>) -> Router {
    let policy = HeaderValue::from_str(&static_files::content_security_policy(&app));
    let router = Router::new()
        .nest("/api", api())
        .nest("/webhooks", webhooks())
        .fallback(static_files::serve)
        .layer(set_header(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        // A browser ignores it over HTTP. Behind a proxy for TLS, it keeps the site on HTTPS.
        .layer(set_header(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        ))
        .layer(set_header(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ))
        .layer(from_fn(limit_and_log));
    // Origins are ASCII, so the policy is always a valid header value.
    match policy {
        Ok(policy) => router.layer(set_header(header::CONTENT_SECURITY_POLICY, policy)),
        Err(_) => router,
    }
    .with_state(app)
}

fn api() -> Router<Arc<AppState>> {
    let router = Router::new()
        .route("/health", get(health::check))
        .route("/config", get(config::show))
        .route("/me", get(me::show))
        .route("/profile/update", put(profile::update))
        .route("/profile/{handle}", get(profile::show))
        .route("/profile/{handle}/events", get(events::stream));
    json_routes(router, MAX_BODY)
}

fn webhooks() -> Router<Arc<AppState>> {
    let router = Router::new().route("/avatar", post(webhook::receive));
    json_routes(router, MAX_MESSAGE)
}

/// Adds JSON errors, `no-store`, and a limit of the body length.
fn json_routes(router: Router<Arc<AppState>>, max_body: usize) -> Router<Arc<AppState>> {
    router
        .method_not_allowed_fallback(wrong_method)
        .fallback(static_files::unknown_path)
        .layer(DefaultBodyLimit::max(max_body))
        .layer(set_header(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

fn set_header(name: HeaderName, value: HeaderValue) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, value)
}

async fn wrong_method() -> ApiError {
    let message = "This address does not support this method.";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", message)
}

/// Limits the time, and logs one line for each request: with the user, so that abuse can be attributed, and
/// without headers and bodies.
async fn limit_and_log(mut request: Request, next: Next) -> Response {
    let user = RequestUser::default();
    request.extensions_mut().insert(user.clone());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let start = Instant::now();
    let mut response = match tokio::time::timeout(TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::unavailable("timed_out", "The request took too long. Try again.")
            .into_response(),
    };
    let milliseconds = start.elapsed().as_millis() as u64;
    let status = response.status().as_u16();
    tracing::info!(%method, path, status, milliseconds, sub = user.sub(), "request");
    response.extensions_mut().insert(user);
    response
}
