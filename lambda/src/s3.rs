//! The store in S3: four kinds of signed requests, with retries.
//!
//! Not with `aws-sdk-s3` 1.157. It can express the conditional writes, the checksum, the endpoint and
//! the time limit of an attempt, but not all of the retries: 409 needs a classifier of our own, and a
//! body that breaks off is an error after the SDK's last retry, so the loop around a get would stay.
//! `aws-sdk-s3` and `aws-sdk-sns` with their dependencies take 4 minutes of processor time to build
//! for release, of which `aws-sdk-s3` takes 95 seconds on one core, in every profile that is built.
//! The function would depend on at least 208 crates instead of 145.
//! Its zip would have 5.4 MB instead of 2.5, and the start with the first avatar would take 37 ms
//! instead of 31 on one core.

use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use ring::digest::{SHA256, digest};

use crate::clock::{Clock, SystemClock};
use crate::environment::{Environment, SettingError};
use crate::key::encode_component;
use crate::sign::{S3Endpoint, Signer, UnsignedRequest};
use crate::store::{
    GetOutcome, GetRequest, PutOutcome, PutRequest, Store, StoreError, StoredObject, WriteCondition,
};
use crate::transport::{Response, Transport};

/// Attempts before a request fails.
const MAX_ATTEMPTS: u32 = 4;
/// Pause before the first retry. It doubles with each retry, and a random part is added.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The most bytes of a response to a put.
const MAX_PUT_RESPONSE: u64 = 64 << 10;

/// S3.
#[derive(Clone, Debug)]
pub struct S3 {
    transport: Transport,
    signer: Signer,
    endpoint: S3Endpoint,
}

/// A request, not signed yet.
struct S3Request {
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    /// The most bytes of the response.
    max_bytes: u64,
}

impl S3 {
    /// S3 in the region and with the credentials of the function.
    ///
    /// # Errors
    ///
    /// A variable that Lambda sets is missing.
    pub fn from_environment(
        environment: &Environment,
        transport: Transport,
    ) -> Result<Self, SettingError> {
        Ok(Self {
            transport,
            signer: Signer::from_environment(environment)?,
            endpoint: S3Endpoint::from_environment(environment)?,
        })
    }

    /// The response with a status that a retry does not change.
    async fn send(&self, request: &S3Request) -> Result<Response, StoreError> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let signed = self.sign(request).map_err(|error| request.failed(error))?;
            let reason = match self.transport.exchange(signed, request.max_bytes).await {
                Ok(response) if !is_transient(response.status) => return Ok(response),
                Ok(response) => describe(&response),
                Err(error) => error.to_string(),
            };
            if attempt == MAX_ATTEMPTS {
                return Err(request.failed(format!("{reason} ({MAX_ATTEMPTS} attempts)")));
            }
            attempt += 1;
            tokio::time::sleep(pause + random_part(pause)).await;
            pause *= 2;
        }
    }

    /// Every attempt is signed again, because a signature expires after 15 minutes.
    fn sign(&self, request: &S3Request) -> Result<Request<Full<Bytes>>, String> {
        let headers = request.headers.iter();
        let unsigned = UnsignedRequest {
            method: request.method.as_str(),
            url: &request.url,
            headers: headers.map(|(n, v)| (*n, v.as_str().into())).collect(),
        };
        let sha256 = hex::encode(digest(&SHA256, &request.body));
        let signature = self
            .signer
            .headers("s3", &unsigned, &sha256, SystemClock.now())
            .map_err(|error| error.to_string())?;
        let mut signed = Request::builder().method(&request.method).uri(&request.url);
        for (name, value) in &request.headers {
            signed = signed.header(*name, value);
        }
        for (name, value) in signature {
            signed = signed.header(name, value);
        }
        let body = Full::new(request.body.clone());
        signed.body(body).map_err(|error| error.to_string())
    }
}

impl Store for S3 {
    async fn get(&self, get: GetRequest<'_>) -> Result<GetOutcome, StoreError> {
        let mut url = self.endpoint.object(get.bucket, get.key);
        if let Some(version) = get.version {
            url = format!("{url}?versionId={}", encode_component(version));
        }
        let if_match = get.if_match.map(|etag| ("if-match", quoted(etag)));
        let request = S3Request {
            headers: if_match.into_iter().collect(),
            ..S3Request::new(Method::GET, url, get.max_bytes)
        };
        let response = self.send(&request).await?;
        match response.status {
            StatusCode::OK => Ok(found(response)),
            StatusCode::NOT_FOUND => Ok(GetOutcome::NotFound),
            StatusCode::PRECONDITION_FAILED => Ok(GetOutcome::Changed),
            _ => Err(request.failed(describe(&response))),
        }
    }

    async fn digest(&self, bucket: &str, key: &str) -> Result<Option<String>, StoreError> {
        let url = self.endpoint.object(bucket, key);
        let request = S3Request::new(Method::HEAD, url, 0);
        let response = self.send(&request).await?;
        match response.status {
            StatusCode::OK => Ok(response.header("x-amz-meta-digest").map(str::to_owned)),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(request.failed(describe(&response))),
        }
    }

    async fn put(&self, put: PutRequest<'_>) -> Result<PutOutcome, StoreError> {
        let url = self.endpoint.object(put.bucket, put.key);
        let request = S3Request {
            headers: put_headers(&put),
            body: Bytes::copy_from_slice(put.bytes),
            ..S3Request::new(Method::PUT, url, MAX_PUT_RESPONSE)
        };
        let response = self.send(&request).await?;
        match response.status {
            StatusCode::OK => Ok(PutOutcome::Written(etag(&response))),
            StatusCode::PRECONDITION_FAILED => Ok(PutOutcome::ConditionFailed),
            // The object with this entity tag has been deleted.
            StatusCode::NOT_FOUND if matches!(put.condition, WriteCondition::IfMatch(_)) => {
                Ok(PutOutcome::ConditionFailed)
            }
            _ => Err(request.failed(describe(&response))),
        }
    }
}

fn put_headers(put: &PutRequest<'_>) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("content-type", put.content_type.to_owned()),
        ("cache-control", put.cache_control.to_owned()),
        (
            "x-amz-checksum-sha256",
            STANDARD.encode(digest(&SHA256, put.bytes)),
        ),
    ];
    if let Some(digest) = put.digest {
        headers.push(("x-amz-meta-digest", digest.to_owned()));
    }
    match put.condition {
        WriteCondition::Always => {}
        WriteCondition::IfAbsent => headers.push(("if-none-match", "*".to_owned())),
        WriteCondition::IfMatch(etag) => headers.push(("if-match", quoted(etag))),
    }
    headers
}

impl S3Request {
    fn new(method: Method, url: String, max_bytes: u64) -> Self {
        Self {
            method,
            url,
            headers: vec![],
            body: Bytes::new(),
            max_bytes,
        }
    }

    fn failed(&self, reason: String) -> StoreError {
        StoreError {
            operation: format!("{} {}", self.method, self.url),
            reason,
        }
    }
}

fn found(response: Response) -> GetOutcome {
    let etag = etag(&response);
    let modified = response
        .header("last-modified")
        .and_then(|text| DateTime::from_str(text, Format::HttpDate).ok())
        .and_then(|time| time.to_millis().ok())
        .unwrap_or(0);
    match response.body {
        Ok(bytes) => GetOutcome::Found(StoredObject {
            bytes,
            etag,
            modified,
        }),
        Err(length) => GetOutcome::TooLarge(length),
    }
}

fn etag(response: &Response) -> String {
    let etag = response.header("etag").unwrap_or_default();
    etag.trim_matches('"').to_owned()
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// Whether a retry can succeed. 409: another conditional write to the same key is in progress.
fn is_transient(status: StatusCode) -> bool {
    let repeatable = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::CONFLICT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_server_error() || repeatable.contains(&status)
}

/// The status, S3's code if it sends one, and the usual remedy.
fn describe(response: &Response) -> String {
    let body = response.body.as_deref().unwrap_or_default();
    let body = String::from_utf8_lossy(body);
    let code = body
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map_or(String::new(), |(code, _)| format!(" {code}"));
    let remedy = match response.status {
        StatusCode::FORBIDDEN => {
            "; the function's role needs s3:GetObject, s3:PutObject and s3:ListBucket (without the \
             last, S3 answers 403 instead of 404)"
        }
        _ => "",
    };
    format!("status {}{code}{remedy}", response.status.as_u16())
}

/// A random duration up to `limit`, so that many functions do not retry at the same time.
fn random_part(limit: Duration) -> Duration {
    let mut byte = [0];
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut byte);
    limit * u32::from(byte[0]) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_transient_statuses_are_retried() {
        for status in [500, 502, 503, 504, 429, 409, 408] {
            assert!(
                is_transient(StatusCode::from_u16(status).unwrap()),
                "{status}"
            );
        }
        for status in [200, 304, 400, 403, 404, 412] {
            assert!(
                !is_transient(StatusCode::from_u16(status).unwrap()),
                "{status}"
            );
        }
    }
}
