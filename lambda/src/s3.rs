//! The store that is S3: a few signed requests, repeated while that helps.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::Full;

use crate::clock::{Clock, System};
use crate::environment::{Environment, SettingError};
use crate::key::encode_uri;
use crate::sign::{Endpoint, Signer, Unsigned};
use crate::store::{Ask, Condition, Found, Object, Put, Store, StoreError, Written};
use crate::transport::{Response, Transport};

/// How often a request is sent before it has failed.
const ATTEMPTS: u32 = 4;
/// Before the first repetition; then twice as long each time, and up to as long again by chance.
const PAUSE: Duration = Duration::from_millis(50);

/// S3, or what stands in for it.
#[derive(Clone, Debug)]
pub struct S3 {
    transport: Transport,
    signer: Signer,
    endpoint: Endpoint,
}

impl S3 {
    /// With the function's own credentials, in its own region.
    ///
    /// # Errors
    ///
    /// A variable of Lambda is missing.
    pub fn from_environment(
        environment: &Environment,
        transport: Transport,
    ) -> Result<Self, SettingError> {
        Ok(Self {
            transport,
            signer: Signer::from_environment(environment)?,
            endpoint: Endpoint::from_environment(environment)?,
        })
    }

    async fn send(&self, call: &Call) -> Result<Response, StoreError> {
        let failed = |problem: String| StoreError {
            what: format!("{} {}", call.method, call.url),
            problem,
        };
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            let request = self.signed(call).map_err(failed)?;
            let problem = match self.transport.exchange(request, call.at_most).await {
                Ok(response) if !is_transient(response.status) => return Ok(response),
                Ok(response) => problem(&response),
                Err(error) => error.to_string(),
            };
            if attempt == ATTEMPTS {
                return Err(failed(format!("{problem} ({ATTEMPTS} attempts)")));
            }
            attempt += 1;
            tokio::time::sleep(pause + chance(pause)).await;
            pause *= 2;
        }
    }

    /// Signed anew for each attempt: a signature is good for 15 minutes only.
    fn signed(&self, call: &Call) -> Result<Request<Full<Bytes>>, String> {
        let unsigned = Unsigned {
            method: call.method.as_str(),
            url: &call.url,
            headers: call
                .headers
                .iter()
                .map(|(n, v)| (*n, v.as_str().into()))
                .collect(),
        };
        let digest = hex::encode(ring::digest::digest(&ring::digest::SHA256, &call.body));
        let signature = self.signer.headers("s3", &unsigned, &digest, System.now());
        let mut request = Request::builder().method(&call.method).uri(&call.url);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        for (name, value) in signature.map_err(|error| error.to_string())? {
            request = request.header(name, value);
        }
        let body = Full::new(call.body.clone());
        request.body(body).map_err(|error| error.to_string())
    }
}

/// A request, not signed yet.
struct Call {
    method: Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    at_most: u64,
}

impl Store for S3 {
    async fn get(&self, ask: Ask<'_>) -> Result<Found, StoreError> {
        let mut url = self.endpoint.object(ask.bucket, ask.key);
        if let Some(version) = ask.version {
            url = format!("{url}?versionId={}", encode_uri(version, ""));
        }
        let if_match = ask.etag.map(|etag| ("if-match", format!("\"{etag}\"")));
        let call = Call::new(
            Method::GET,
            url,
            if_match.into_iter().collect(),
            ask.at_most,
        );
        let response = self.send(&call).await?;
        match response.status {
            StatusCode::OK => Ok(found(response)),
            StatusCode::NOT_FOUND => Ok(Found::Missing),
            StatusCode::PRECONDITION_FAILED => Ok(Found::Changed),
            _ => Err(call.refused(&response)),
        }
    }

    async fn digest(&self, bucket: &str, key: &str) -> Result<Option<String>, StoreError> {
        let url = self.endpoint.object(bucket, key);
        let call = Call::new(Method::HEAD, url, vec![], 0);
        let response = self.send(&call).await?;
        match response.status {
            StatusCode::OK => Ok(response.header("x-amz-meta-digest").map(str::to_owned)),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(call.refused(&response)),
        }
    }

    async fn put(&self, put: Put<'_>) -> Result<Written, StoreError> {
        let url = self.endpoint.object(put.bucket, put.key);
        let mut call = Call::new(Method::PUT, url, put_headers(&put), 64 << 10);
        call.body = Bytes::copy_from_slice(put.bytes);
        let response = self.send(&call).await?;
        match response.status {
            StatusCode::OK => Ok(Written::Done(etag(&response))),
            StatusCode::PRECONDITION_FAILED => Ok(Written::Unmet),
            // Deleted since it was seen: not the object that the condition names.
            StatusCode::NOT_FOUND if matches!(put.condition, Condition::Matches(_)) => {
                Ok(Written::Unmet)
            }
            _ => Err(call.refused(&response)),
        }
    }
}

fn put_headers(put: &Put<'_>) -> Vec<(&'static str, String)> {
    let checksum = ring::digest::digest(&ring::digest::SHA256, put.bytes);
    let mut headers = vec![
        ("content-type", put.content_type.to_owned()),
        ("cache-control", put.cache_control.to_owned()),
        ("x-amz-checksum-sha256", STANDARD.encode(checksum)),
    ];
    if let Some(digest) = put.digest {
        headers.push(("x-amz-meta-digest", digest.to_owned()));
    }
    match put.condition {
        Condition::None => {}
        Condition::Absent => headers.push(("if-none-match", "*".to_owned())),
        Condition::Matches(etag) => headers.push(("if-match", format!("\"{etag}\""))),
    }
    headers
}

impl Call {
    fn new(
        method: Method,
        url: String,
        headers: Vec<(&'static str, String)>,
        at_most: u64,
    ) -> Self {
        Self {
            method,
            url,
            headers,
            body: Bytes::new(),
            at_most,
        }
    }

    fn refused(&self, response: &Response) -> StoreError {
        StoreError {
            what: format!("{} {}", self.method, self.url),
            problem: problem(response),
        }
    }
}

fn found(response: Response) -> Found {
    let etag = etag(&response);
    let modified = response
        .header("last-modified")
        .and_then(http_date)
        .unwrap_or(0);
    match response.body {
        Ok(bytes) => Found::Object(Object {
            bytes,
            etag,
            modified,
        }),
        Err(length) => Found::TooLarge(length),
    }
}

fn etag(response: &Response) -> String {
    response
        .header("etag")
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}

/// 409: another conditional write to the same key was under way.
fn is_transient(status: StatusCode) -> bool {
    let repeatable = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::CONFLICT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    status.is_server_error() || repeatable.contains(&status)
}

/// The status, S3's own code where there is one, and what usually helps.
fn problem(response: &Response) -> String {
    let body = response.body.as_deref().unwrap_or_default();
    let body = String::from_utf8_lossy(body);
    let code = body
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"));
    let code = code.map_or(String::new(), |(code, _)| format!(" {code}"));
    let advice = match response.status {
        StatusCode::FORBIDDEN => {
            "; the function's role needs s3:GetObject, s3:PutObject and s3:ListBucket, or S3 says 403 \
             where it means 404"
        }
        _ => "",
    };
    format!("status {}{code}{advice}", response.status.as_u16())
}

/// `Tue, 15 Nov 1994 08:12:31 GMT` (RFC 9110, 5.6.7) in milliseconds since 1970.
fn http_date(text: &str) -> Option<i64> {
    use time::format_description::well_known::Rfc2822;
    let text = text.replace("GMT", "+0000");
    let date = time::OffsetDateTime::parse(&text, &Rfc2822).ok()?;
    Some(date.unix_timestamp() * 1000)
}

/// Some of `most`, by chance, so that many functions do not repeat in step.
fn chance(most: Duration) -> Duration {
    let mut byte = [0];
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut byte);
    most * u32::from(byte[0]) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_object_is_read() {
        assert_eq!(
            http_date("Tue, 15 Nov 1994 08:12:31 GMT"),
            Some(784_887_151_000)
        );
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn what_may_pass_is_repeated_and_what_is_wrong_is_not() {
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
