//! An HTTP server on loopback that answers with fixed bodies: the keys of the user pool, the
//! signing certificate of SNS, and confirmations of subscriptions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;

#[derive(Clone)]
pub(crate) struct StubServer {
    pub(crate) url: String,
    state: Arc<Mutex<StubState>>,
}

#[derive(Default)]
struct StubState {
    /// Bodies by path and query.
    bodies: HashMap<String, Vec<u8>>,
    /// Path and query of each request.
    requests: Vec<String>,
    /// Without permission to list the bucket, S3 answers 403 instead of 404.
    is_forbidden: bool,
}

impl StubServer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::default();
        let router = Router::new()
            .fallback(respond)
            .with_state(Arc::clone(&state));
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { url, state }
    }

    /// Sets the body of `path`, which includes the query.
    pub(crate) fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        let mut state = self.state.lock().unwrap();
        state.bodies.insert(path.to_owned(), bytes.into());
    }

    /// Removes the body of `path`, which then answers 404.
    pub(crate) fn remove(&self, path: &str) {
        self.state.lock().unwrap().bodies.remove(path);
    }

    /// Answers 403 instead of 404 from now on.
    pub(crate) fn forbid(&self) {
        self.state.lock().unwrap().is_forbidden = true;
    }

    /// The paths of all requests.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }
}

async fn respond(
    State(state): State<Arc<Mutex<StubState>>>,
    request: Request,
) -> (StatusCode, Vec<u8>) {
    let path = request.uri().to_string();
    let mut state = state.lock().unwrap();
    state.requests.push(path.clone());
    match state.bodies.get(&path) {
        Some(body) => (StatusCode::OK, body.clone()),
        None if state.is_forbidden => (StatusCode::FORBIDDEN, vec![]),
        None => (StatusCode::NOT_FOUND, vec![]),
    }
}
