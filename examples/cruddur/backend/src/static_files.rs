//! The built page: its files, its addresses, and what a browser may do with them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::app::App;
use crate::error::ApiError;
use crate::settings::{Web, origin};

/// Where the page is when the address is one of its own and no file.
const INDEX: &str = "/index.html";

/// Answers with a file, or with the page itself for its own addresses: `/`, `/@handle`, `/signin`.
pub async fn serve(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some(web) = &app.web else {
        return unknown_path().await.into_response();
    };
    let path = request.uri().path().to_owned();
    if path.starts_with("/api/") || path.starts_with("/webhooks/") {
        return unknown_path().await.into_response();
    }
    let again = is_address(&path).then(|| as_index(&request));
    let mut response = file(web, request).await;
    if response.status() == StatusCode::NOT_FOUND {
        response = match again {
            Some(index) => file(web, index).await,
            None => return unknown_path().await.into_response(),
        };
    }
    let cached = cached(&path, response.status());
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static(cached));
    response
}

/// Nothing is there.
pub async fn unknown_path() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown_path",
        "There is nothing at this address.",
    )
}

async fn file(web: &Web, request: Request) -> Response {
    let files = ServeDir::new(&web.root).append_index_html_on_directories(false);
    match files.oneshot(request).await {
        Ok(response) => response.map(Body::new).into_response(),
        Err(never) => match never {},
    }
}

/// A file's name has a dot; an address of the page has none, but for a handle that has one.
fn is_address(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.starts_with('@') || !last.contains('.')
}

fn as_index(request: &Request) -> Request {
    let mut index = Request::new(Body::empty());
    *index.uri_mut() = Uri::from_static(INDEX);
    *index.method_mut() = request.method().clone();
    *index.headers_mut() = request.headers().clone();
    index
}

/// Files in `assets` have a digest in their name.
fn cached(path: &str, status: StatusCode) -> &'static str {
    let found = status.is_success() || status == StatusCode::NOT_MODIFIED;
    if found && path.starts_with("/assets/") && !is_address(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

/// The content security policy: scripts of this origin and WebAssembly; connections to where the
/// page signs in and uploads; pictures from where avatars are.
pub fn policy(app: &App) -> String {
    let Some(web) = &app.web else {
        return "default-src 'none'; frame-ancestors 'none'".to_owned();
    };
    let images = origin(&app.assets.url);
    let mut others = vec![];
    for url in [&web.upload_api, &web.uploads, &web.cognito] {
        let other = origin(url);
        if !others.contains(&other) {
            others.push(other);
        }
    }
    let others = others.join(" ");
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
         style-src 'self'; img-src 'self' blob: {images}; \
         connect-src 'self' {others}; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}
