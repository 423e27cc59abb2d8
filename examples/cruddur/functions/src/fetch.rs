//! HTTP GET of small public documents: key sets and certificates.

use std::future::Future;

use crate::transport::Transport;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;

/// The most bytes of a document.
pub const MAX_BYTES: u64 = 64 << 10;

/// A document that cannot be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {reason}")]
pub struct FetchError {
    /// Its URL.
    pub url: String,
    /// The status, or the error of the connection.
    pub reason: String,
}

/// Fetches documents.
pub trait Fetch: Send + Sync {
    /// The document at `url`; redirects are not followed.
    fn fetch(&self, url: &str) -> impl Future<Output = Result<Vec<u8>, FetchError>> + Send;
}

impl Fetch for Transport {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let failed = |reason: String| FetchError {
            url: url.to_owned(),
            reason,
        };
        let request = Request::get(url).body(Full::new(Bytes::new()));
        let request = request.map_err(|error| failed(error.to_string()))?;
        let response = self.exchange(request, MAX_BYTES).await;
        let response = response.map_err(|error| failed(error.to_string()))?;
        if response.status != http::StatusCode::OK {
            return Err(failed(format!("status {}", response.status)));
        }
        let too_long = |length| failed(format!("{length} bytes exceed the limit of {MAX_BYTES}"));
        response.body.map_err(too_long)
    }
}
