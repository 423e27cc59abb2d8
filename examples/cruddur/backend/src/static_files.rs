//! Serves the built web page, and its content security policy.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::app::AppState;
use crate::error::ApiError;
use crate::settings::{WebSettings, origin};

/// The file that answers the routes of the page.
const INDEX: &str = "/index.html";

/// Answers with a file, or with `index.html` for a route of the page: `/`, `/@handle`, `/signin`.
pub async fn serve(State(app): State<Arc<AppState>>, request: Request) -> Response {
    let Some(web) = &app.web else {
        return unknown_path().await.into_response();
    };
    let path = request.uri().path().to_owned();
    if path.starts_with("/api/") || path.starts_with("/webhooks/") {
        return unknown_path().await.into_response();
    }
    let index = is_page_route(&path).then(|| index_request(&request));
    let mut response = serve_file(web, request).await;
    if response.status() == StatusCode::NOT_FOUND {
        response = match index {
            Some(index) => serve_file(web, index).await,
            None => return unknown_path().await.into_response(),
        };
    }
    let cache_control = cache_control(&path, response.status());
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    response
}

/// The 404 response.
pub async fn unknown_path() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "unknown_path",
        "This address does not exist.",
    )
}

async fn serve_file(web: &WebSettings, request: Request) -> Response {
    let files = ServeDir::new(&web.root).append_index_html_on_directories(false);
    match files.oneshot(request).await {
        Ok(response) => response.map(Body::new).into_response(),
        Err(never) => match never {},
    }
}

/// Whether `path` is a route of the page. A file name contains a dot; a route does not, except
/// after `@`.
fn is_page_route(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    last.starts_with('@') || !last.contains('.')
}

fn index_request(request: &Request) -> Request {
    let mut index = Request::new(Body::empty());
    *index.uri_mut() = Uri::from_static(INDEX);
    *index.method_mut() = request.method().clone();
    *index.headers_mut() = request.headers().clone();
    index
}

/// Files in `assets/` have a digest in their name, so their content never changes.
fn cache_control(path: &str, status: StatusCode) -> &'static str {
    let found = status.is_success() || status == StatusCode::NOT_MODIFIED;
    if found && path.starts_with("/assets/") && !is_page_route(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

/// The content security policy. It allows scripts of this origin and WebAssembly, connections to
/// the servers for sign-in and uploads, and pictures from the server of the avatars.
pub fn content_security_policy(app: &AppState) -> String {
    let Some(web) = &app.web else {
        return "default-src 'none'; frame-ancestors 'none'".to_owned();
    };
    let images = origin(&app.assets.base_url);
    let mut connect = vec![];
    for url in [&web.upload_api, &web.uploads, &web.cognito] {
        let origin = origin(url);
        if !connect.contains(&origin) {
            connect.push(origin);
        }
    }
    let connect = connect.join(" ");
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
         style-src 'self'; img-src 'self' blob: {images}; \
         connect-src 'self' {connect}; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}
