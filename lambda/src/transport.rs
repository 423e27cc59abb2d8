//! One HTTP exchange: with a time limit, and a cap on what comes back.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

/// A client that keeps connections for the next exchange. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Transport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    time_limit: Duration,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, complete, or how long it is if that is too long.
    pub body: Result<Vec<u8>, u64>,
}

impl Response {
    /// A header, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why nothing, or not all, came back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection, or it broke.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// It took too long.
    #[error("no complete answer within {} s", .0.as_secs())]
    TimedOut(Duration),
}

impl Transport {
    /// HTTP and HTTPS (certificates of Mozilla's list), `time_limit` for each exchange as a whole.
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
        // S3 closes what idles longer; a frozen function wakes to dead connections.
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(15))
            .build(connector);
        Self { client, time_limit }
    }

    /// Sends `request` and takes at most `at_most` bytes of the answer's body: a longer one is
    /// recognised by its announced length before it is read.
    ///
    /// # Errors
    ///
    /// [`TransportError`]; also for a body that ends before its announced length.
    pub async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
        at_most: u64,
    ) -> Result<Response, TransportError> {
        let exchange = self.exchange_untimed(request, at_most);
        match tokio::time::timeout(self.time_limit, exchange).await {
            Ok(result) => result,
            Err(_) => Err(TransportError::TimedOut(self.time_limit)),
        }
    }

    async fn exchange_untimed(
        &self,
        request: Request<Full<Bytes>>,
        at_most: u64,
    ) -> Result<Response, TransportError> {
        let response = self.client.request(request).await.map_err(broken)?;
        let (head, body) = response.into_parts();
        let body = read(body, announced(&head.headers), at_most).await?;
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(http::header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

async fn read(
    mut body: hyper::body::Incoming,
    announced: Option<u64>,
    at_most: u64,
) -> Result<Result<Vec<u8>, u64>, TransportError> {
    use hyper::body::Body;
    // The answer to HEAD announces a body that never comes.
    if body.is_end_stream() {
        return Ok(Ok(Vec::new()));
    }
    if let Some(length) = announced.filter(|&length| length > at_most) {
        return Ok(Err(length));
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0) as usize);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            if (bytes.len() + data.len()) as u64 > at_most {
                return Ok(Err((bytes.len() + data.len()) as u64));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(Ok(bytes))
}

/// The innermost reason says most.
fn broken(error: impl std::error::Error) -> TransportError {
    let mut reason: &dyn std::error::Error = &error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    TransportError::Connection(reason.to_string())
}
