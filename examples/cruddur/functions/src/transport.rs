//! An HTTP client with a time limit, and a limit on the size of responses.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

/// The client. It keeps connections open for the next request, and is cheap to clone.
#[derive(Clone, Debug)]
pub struct Transport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    time_limit: Duration,
}

/// A response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The complete body, or its length if that exceeds the limit.
    pub body: Result<Vec<u8>, u64>,
}

impl Response {
    /// A header, if it exists and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why there is no complete response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// There is no connection, or it broke.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// It took too long.
    #[error("no complete response within {} s", .0.as_secs())]
    TimedOut(Duration),
}

impl Transport {
    /// A client for HTTP and HTTPS (with Mozilla's root certificates). `time_limit` is for a whole
    /// exchange.
    pub fn new(time_limit: Duration) -> Self {
        let mut plain = HttpConnector::new();
        plain.enforce_http(false);
        plain.set_nodelay(true);
        plain.set_connect_timeout(Some(time_limit.min(Duration::from_secs(3))));
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        // S3 closes connections that are idle for longer, also while Lambda has frozen the function.
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(15))
            .build(connector);
        Self { client, time_limit }
    }

    /// Sends `request` and reads at most `max_bytes` of the body of the response. A longer body with
    /// a `Content-Length` is not read.
    ///
    /// # Errors
    ///
    /// [`TransportError`], also for a body that is shorter than its `Content-Length`.
    pub async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        max_bytes: u64,
    ) -> Result<Response, TransportError> {
        let exchange = self.exchange_untimed(request, max_bytes);
        match tokio::time::timeout(self.time_limit, exchange).await {
            Ok(result) => result,
            Err(_) => Err(TransportError::TimedOut(self.time_limit)),
        }
    }

    async fn exchange_untimed(
        &self,
        request: Request<Full<Bytes>>,
        max_bytes: u64,
    ) -> Result<Response, TransportError> {
        let response = self.client.request(request).await.map_err(broken)?;
        let (head, body) = response.into_parts();
        let body = read(body, content_length(&head.headers), max_bytes).await?;
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(http::header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

async fn read(
    mut body: hyper::body::Incoming,
    content_length: Option<u64>,
    max_bytes: u64,
) -> Result<Result<Vec<u8>, u64>, TransportError> {
    use hyper::body::Body;
    // The response to HEAD has a `Content-Length` but no body.
    if body.is_end_stream() {
        return Ok(Ok(Vec::new()));
    }
    if let Some(length) = content_length.filter(|&length| length > max_bytes) {
        return Ok(Err(length));
    }
    let mut bytes = Vec::with_capacity(content_length.unwrap_or(0) as usize);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            if (bytes.len() + data.len()) as u64 > max_bytes {
                return Ok(Err((bytes.len() + data.len()) as u64));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(Ok(bytes))
}

/// The innermost error is the most specific.
fn broken(error: impl std::error::Error) -> TransportError {
    let mut reason: &dyn std::error::Error = &error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    TransportError::Connection(reason.to_string())
}
