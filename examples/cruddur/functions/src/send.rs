//! Sends requests to AWS that are signed already.

use std::future::Future;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;

use crate::fetch::MAX_BYTES;
use crate::transport::Transport;

/// A request with the headers that sign it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The method.
    pub method: Method,
    /// The URL, encoded.
    pub url: String,
    /// All headers, also those that were signed.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Status and body of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedResponse {
    /// The status.
    pub status: StatusCode,
    /// The body; empty if it is too long to be an answer to such a request.
    pub body: Vec<u8>,
}

/// Sends signed requests.
pub trait SendSigned: Send + Sync {
    /// Sends a request once. The error is a description for the log.
    fn send(
        &self,
        request: &SignedRequest,
    ) -> impl Future<Output = Result<SignedResponse, String>> + Send;
}

impl SendSigned for Transport {
    async fn send(&self, signed: &SignedRequest) -> Result<SignedResponse, String> {
        let mut request = Request::builder()
            .method(signed.method.clone())
            .uri(&signed.url);
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }
        let body = Full::new(Bytes::from(signed.body.clone()));
        let request = request.body(body).map_err(|error| error.to_string())?;
        let response = self.exchange(request, MAX_BYTES).await;
        let response = response.map_err(|error| error.to_string())?;
        Ok(SignedResponse {
            status: response.status,
            body: response.body.unwrap_or_default(),
        })
    }
}
