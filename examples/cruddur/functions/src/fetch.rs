//! Small public documents: key sets and certificates.

use std::future::Future;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;

use roundel_lambda::transport::Transport;

/// The most that such a document may have.
pub const MAX_BYTES: u64 = 64 << 10;

/// A document that could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {problem}")]
pub struct FetchError {
    /// Its address.
    pub url: String,
    /// What happened.
    pub problem: String,
}

/// Gets documents by their address.
pub trait Fetch: Send + Sync {
    /// The document at `url`; redirects are not followed.
    fn fetch(&self, url: &str) -> impl Future<Output = Result<Vec<u8>, FetchError>> + Send;
}

impl Fetch for Transport {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let failed = |problem: String| FetchError {
            url: url.to_owned(),
            problem,
        };
        let request = Request::get(url)
            .body(Full::new(Bytes::new()))
            .map_err(|error| failed(error.to_string()))?;
        let response = self.exchange(request, MAX_BYTES).await;
        let response = response.map_err(|error| failed(error.to_string()))?;
        if response.status != http::StatusCode::OK {
            return Err(failed(format!("status {}", response.status)));
        }
        response
            .body
            .map_err(|length| failed(format!("{length} bytes are more than {MAX_BYTES}")))
    }
}
