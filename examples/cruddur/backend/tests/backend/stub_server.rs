//! A server on loopback: the pool's keys, SNS's certificate, and confirmations.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;

type Answers = Arc<Mutex<(HashMap<String, Vec<u8>>, Vec<String>)>>;

#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) url: String,
    answers: Answers,
}

impl StandIn {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = Answers::default();
        let router = Router::new().fallback(answer).with_state(answers.clone());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { url, answers }
    }

    /// From now on this is at `path` (with its query).
    pub(crate) fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.answers
            .lock()
            .unwrap()
            .0
            .insert(path.to_owned(), bytes.into());
    }

    /// From now on nothing is there.
    pub(crate) fn remove(&self, path: &str) {
        self.answers.lock().unwrap().0.remove(path);
    }

    /// What was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.answers.lock().unwrap().1.clone()
    }
}

async fn answer(State(answers): State<Answers>, request: Request) -> (StatusCode, Vec<u8>) {
    let path = request.uri().to_string();
    let mut answers = answers.lock().unwrap();
    answers.1.push(path.clone());
    match answers.0.get(&path) {
        Some(bytes) => (StatusCode::OK, bytes.clone()),
        None => (StatusCode::NOT_FOUND, vec![]),
    }
}
