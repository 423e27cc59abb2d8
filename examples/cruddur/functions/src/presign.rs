//! presign: a signed-in user may upload one photo, and nothing else, within five minutes.
//!
//! `POST /avatars/key_upload` with `{ "extension": "jpg" }` returns a presigned POST: the form's
//! `fields` fix key and type and bound the size. With `content_length` (bytes) and
//! `checksum_sha256` (base64) too, it returns a presigned PUT: the signed `headers` pin exactly one
//! body. A PUT without them would accept any content, so it does not exist.
//!
//! The key consists of the verified `sub` and 128 random bits; the client chooses neither. The PUT is signed
//! with `if-none-match: *`, so its object is created once. process accepts one photo from a form.
//!
//! Each user has a limit of uploads in an hour, and another of removals ([`crate::quota`]). The
//! throttling of the API limits the rate of all users together.
//!
//! `DELETE /avatars` removes the avatar of the user: presign itself puts the empty object
//! `<sub>/<id>.remove` into the folder of uploads. Its event makes process delete everything that the
//! user uploaded before. So a removal is ordered among the uploads by S3, is repeated until it is
//! complete, and needs no permission that presign does not have. A client cannot choose this extension.
//!
//! Two libraries that are not used:
//!
//! - `aws-sdk-s3`, as in `roundel-lambda`: it has no presigned POST. [`crate::sign`] signs both with
//!   `aws-sigv4`, which is the SDK's signer.
//! - `lambda_http` 1.3: it panics on a request whose `Host` is not a valid host of a URL (such as
//!   `id.execute-api.127.0.0.1`), and needs the crate `url` with the tables of ICU. The event types
//!   that it converts are those of `aws_lambda_events`, which are used here.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::sign::{S3Endpoint, SignError, Signer, UnsignedRequest};
use aws_lambda_events::apigw::{
    ApiGatewayV2httpRequest as HttpRequest, ApiGatewayV2httpResponse as HttpResponse,
};
use aws_lambda_events::encodings::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{self, HeaderValue};
use http::{Method, StatusCode};
use ring::rand::{SecureRandom, SystemRandom};
use roundel_lambda::clock::Clock;
use roundel_lambda::environment::{Environment, SettingError};
use roundel_lambda::key::{REMOVAL_EXTENSION, is_sub};
use serde::{Deserialize, Serialize};

use crate::cors::Cors;
use crate::policy::Policy;
use crate::quota::{Action, Quota, QuotaError};
use crate::send::{SendSigned, SignedRequest};

/// How often presign asks S3 to store a removal.
const ATTEMPTS: u32 = 3;
/// SHA-256 of an empty body.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// Lifetime of a signature.
const EXPIRES_IN: Duration = Duration::from_secs(300);
/// Default of MAX_UPLOAD_BYTES: 20 MiB, as in process.
const DEFAULT_MAX_UPLOAD: u64 = 20 << 20;
/// What may be uploaded: the extension in the request, the one in the key, the media type.
const TYPES: [(&str, &str, &str); 6] = [
    ("jpg", "jpg", "image/jpeg"),
    ("jpeg", "jpg", "image/jpeg"),
    ("png", "png", "image/png"),
    ("webp", "webp", "image/webp"),
    ("gif", "gif", "image/gif"),
    ("bmp", "bmp", "image/bmp"),
];

/// The function.
#[derive(Clone, Debug)]
pub struct Presign<T, C> {
    bucket: String,
    folder: String,
    max_bytes: u64,
    cors: Cors,
    quota: Option<Quota>,
    endpoint: S3Endpoint,
    signer: Signer,
    transport: T,
    clock: C,
}

/// The body of a request.
#[derive(Debug, Deserialize)]
struct UploadRequest {
    extension: String,
    content_length: Option<u64>,
    checksum_sha256: Option<String>,
}

/// How to upload the photo: the body of a response.
#[derive(Debug, Serialize)]
struct Upload {
    #[serde(flatten)]
    signed: SignedUpload,
    key: String,
    expires_in: u64,
}

#[derive(Debug, Serialize)]
#[serde(tag = "method", rename_all = "UPPERCASE")]
enum SignedUpload {
    Post {
        url: String,
        fields: BTreeMap<String, String>,
    },
    Put {
        url: String,
        headers: BTreeMap<String, String>,
    },
}

/// The body of a response to `DELETE /avatars`: the removal is accepted, and complete when the app has
/// the notice of it.
#[derive(Debug, Serialize)]
struct RequestedRemoval {
    key: String,
}

/// Why a request is denied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum PresignError {
    #[error("sign in first")]
    Unauthorized,
    #[error("only POST and DELETE are allowed")]
    Method,
    #[error("send JSON like {{ \"extension\": \"jpg\" }}: {0}")]
    Body(String),
    #[error("photos are jpg, jpeg, png, webp, gif or bmp, not {0:?}")]
    Extension(String),
    #[error("a photo has 1 to {0} bytes")]
    Length(u64),
    #[error("content_length and checksum_sha256 (32 bytes in base64) must be sent together")]
    Checksum,
    #[error("signing failed; try again")]
    Sign,
    /// Seconds until the next hour.
    #[error("there were too many requests in this hour; try again in {0} s")]
    Quota(u64),
    #[error("{0}; try again")]
    Unavailable(&'static str),
}

/// The body of a response that denies a request.
#[derive(Serialize)]
struct ErrorBody<'a> {
    code: &'a str,
    message: &'a str,
    /// Seconds, as in the header `Retry-After`, which a page of another origin cannot read.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl PresignError {
    fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Body(_) => (StatusCode::BAD_REQUEST, "invalid_request"),
            Self::Extension(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_extension"),
            Self::Length(_) => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_length"),
            Self::Checksum => (StatusCode::BAD_REQUEST, "invalid_checksum"),
            Self::Sign => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Quota(_) => (StatusCode::TOO_MANY_REQUESTS, "quota_exceeded"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }
}

impl From<QuotaError> for PresignError {
    fn from(error: QuotaError) -> Self {
        match error {
            QuotaError::Exceeded(seconds) => Self::Quota(seconds),
            QuotaError::Unavailable(_) => Self::Unavailable("the quota cannot be checked"),
        }
    }
}

impl From<SignError> for PresignError {
    fn from(_: SignError) -> Self {
        Self::Sign
    }
}

impl<T: SendSigned, C: Clock> Presign<T, C> {
    /// Reads UPLOADS_BUCKET_NAME, FOLDER_INPUT, MAX_UPLOAD_BYTES, CORS_ORIGINS (exact, separated by
    /// commas), those of [`Quota`], and the variables that Lambda sets.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or invalid.
    pub fn from_environment(
        environment: &Environment,
        transport: T,
        clock: C,
    ) -> Result<Self, SettingError> {
        let origins = environment.list("CORS_ORIGINS");
        if origins.contains(&"*") {
            let problem = "must list origins like https://example.com, not *";
            return Err(SettingError::new("CORS_ORIGINS", problem));
        }
        Ok(Self {
            bucket: environment.required("UPLOADS_BUCKET_NAME")?.to_owned(),
            folder: environment.folder("FOLDER_INPUT", ""),
            max_bytes: environment.number("MAX_UPLOAD_BYTES", DEFAULT_MAX_UPLOAD, 1, 1 << 30)?,
            cors: Cors(origins.into_iter().map(str::to_owned).collect()),
            quota: Quota::from_environment(environment)?,
            endpoint: S3Endpoint::from_environment(environment)?,
            signer: Signer::from_environment(environment)?,
            transport,
            clock,
        })
    }

    /// Answers one request of the HTTP API.
    pub async fn handle(&self, request: &HttpRequest) -> HttpResponse {
        let mut response = self
            .respond(request)
            .await
            .unwrap_or_else(|error| denial(&error));
        let origin = request.headers.get(header::ORIGIN);
        self.cors.add_headers(origin, &mut response.headers);
        response
    }

    async fn respond(&self, request: &HttpRequest) -> Result<HttpResponse, PresignError> {
        Ok(match *method(request) {
            Method::OPTIONS => json_response(StatusCode::NO_CONTENT, &serde_json::json!({})),
            Method::POST => json_response(StatusCode::OK, &self.upload(request).await?),
            Method::DELETE => json_response(StatusCode::ACCEPTED, &self.remove(request).await?),
            _ => return Err(PresignError::Method),
        })
    }

    /// Stores the object that asks process to remove the avatar of the signed-in user.
    async fn remove(&self, request: &HttpRequest) -> Result<RequestedRemoval, PresignError> {
        let sub = user(request)?;
        match self.take_permit(sub, Action::Removal).await {
            Err(QuotaError::Exceeded(seconds)) => return Err(PresignError::Quota(seconds)),
            // A user can remove the avatar even while nothing is counted.
            Ok(()) | Err(QuotaError::Unavailable(_)) => {}
        }
        let key = self.new_key(sub, REMOVAL_EXTENSION)?;
        let url = self.endpoint.object(&self.bucket, &key);
        for _ in 0..ATTEMPTS {
            let unsigned = UnsignedRequest {
                method: "PUT",
                url: &url,
                headers: vec![],
            };
            let now = self.clock.now();
            let put = SignedRequest {
                method: Method::PUT,
                url: url.clone(),
                headers: self.signer.headers("s3", &unsigned, EMPTY_SHA256, now)?,
                body: vec![],
            };
            match self
                .transport
                .send(&put)
                .await
                .map(|response| response.status)
            {
                Ok(StatusCode::OK) => {
                    tracing::info!(sub, key, "removal stored");
                    return Ok(RequestedRemoval { key });
                }
                Ok(status) => tracing::warn!(status = status.as_u16(), "removal not stored"),
                Err(error) => tracing::warn!(error, "removal not stored"),
            }
        }
        tracing::error!(sub, key, "removal not stored in any attempt");
        Err(PresignError::Unavailable("the removal could not be stored"))
    }

    /// Counts the action of a user, if there is a quota.
    async fn take_permit(&self, sub: &str, action: Action) -> Result<(), QuotaError> {
        let Some(quota) = &self.quota else {
            return Ok(());
        };
        let (now, signer) = (self.clock.now(), &self.signer);
        let taken = quota.take(sub, action, now, signer, &self.transport).await;
        match &taken {
            Ok(()) => {}
            Err(QuotaError::Exceeded(_)) => tracing::warn!(sub, ?action, "quota exceeded"),
            Err(error) => tracing::error!(sub, ?action, %error, "quota not checked"),
        }
        taken
    }

    async fn upload(&self, request: &HttpRequest) -> Result<Upload, PresignError> {
        let sub = user(request)?;
        let body = parse_body(request)?;
        let (extension, content_type) = photo_type(&body.extension)?;
        self.check_body(&body)?;
        self.take_permit(sub, Action::Upload).await?;
        let key = self.new_key(sub, extension)?;
        let now = self.clock.now();
        let signed = match (body.content_length, &body.checksum_sha256) {
            (Some(length), Some(sha256)) => {
                self.sign_put(&key, content_type, length, sha256, now)?
            }
            _ => self.sign_form(&key, content_type, now),
        };
        tracing::info!(sub, key, "signed");
        Ok(Upload {
            signed,
            key,
            expires_in: EXPIRES_IN.as_secs(),
        })
    }

    /// Checks length and checksum of a photo, before the request is counted.
    fn check_body(&self, body: &UploadRequest) -> Result<(), PresignError> {
        let (length, sha256) = match (body.content_length, &body.checksum_sha256) {
            (None, None) => return Ok(()),
            (Some(length), Some(sha256)) => (length, sha256),
            _ => return Err(PresignError::Checksum),
        };
        if !(1..=self.max_bytes).contains(&length) {
            return Err(PresignError::Length(self.max_bytes));
        }
        match STANDARD.decode(sha256) {
            Ok(digest) if digest.len() == 32 => Ok(()),
            _ => Err(PresignError::Checksum),
        }
    }

    fn new_key(&self, sub: &str, extension: &str) -> Result<String, PresignError> {
        let mut id = [0; 16];
        let filled = SystemRandom::new().fill(&mut id);
        filled.map_err(|_| PresignError::Sign)?;
        let slash = if self.folder.is_empty() { "" } else { "/" };
        let (folder, id) = (&self.folder, hex::encode(id));
        Ok(format!("{folder}{slash}{sub}/{id}.{extension}"))
    }

    fn sign_form(&self, key: &str, content_type: &str, now: SystemTime) -> SignedUpload {
        let policy = Policy {
            bucket: &self.bucket,
            key,
            content_type,
            max_bytes: self.max_bytes,
        };
        SignedUpload::Post {
            url: format!("{}/", self.endpoint.bucket(&self.bucket)),
            fields: policy.fields(&self.signer, now, EXPIRES_IN),
        }
    }

    fn sign_put(
        &self,
        key: &str,
        content_type: &str,
        length: u64,
        sha256: &str,
        now: SystemTime,
    ) -> Result<SignedUpload, PresignError> {
        let url = self.endpoint.object(&self.bucket, key);
        let request = UnsignedRequest {
            method: "PUT",
            url: &url,
            headers: vec![
                ("content-length", length.to_string().into()),
                ("content-type", content_type.into()),
                // A second PUT gets 412.
                ("if-none-match", "*".into()),
                ("x-amz-checksum-sha256", sha256.into()),
            ],
        };
        let url = self.signer.presigned_url(&request, now, EXPIRES_IN)?;
        let headers = request.headers.into_iter();
        Ok(SignedUpload::Put {
            url,
            headers: headers
                .map(|(n, v)| (n.to_owned(), v.into_owned()))
                .collect(),
        })
    }
}

fn method(request: &HttpRequest) -> &Method {
    &request.request_context.http.method
}

fn parse_body(request: &HttpRequest) -> Result<UploadRequest, PresignError> {
    let invalid = |error: &dyn std::error::Error| PresignError::Body(error.to_string());
    let body = request.body.as_deref().unwrap_or_default();
    let json = if request.is_base64_encoded {
        STANDARD.decode(body).map_err(|error| invalid(&error))?
    } else {
        body.as_bytes().to_vec()
    };
    serde_json::from_slice(&json).map_err(|error| invalid(&error))
}

/// The signed-in user.
fn user(request: &HttpRequest) -> Result<&str, PresignError> {
    let sub = signed_in(request).filter(|sub| is_sub(sub));
    sub.ok_or(PresignError::Unauthorized)
}

/// The `sub` of the signed-in user, from the context of our authorizer or the claims of the API's
/// own one. Never from anything that the client sends.
fn signed_in(request: &HttpRequest) -> Option<&str> {
    let authorizer = request.request_context.authorizer.as_ref()?;
    let of_ours = authorizer.fields.get("sub").and_then(|sub| sub.as_str());
    let of_api = || Some(authorizer.jwt.as_ref()?.claims.get("sub")?.as_str());
    of_ours.or_else(of_api)
}

/// The extension in the key and the media type.
fn photo_type(extension: &str) -> Result<(&'static str, &'static str), PresignError> {
    let lower = extension.trim_start_matches('.').to_ascii_lowercase();
    let known = TYPES.iter().find(|(known, _, _)| *known == lower);
    let shown = || extension.chars().take(16).collect();
    known
        .map(|(_, extension, content_type)| (*extension, *content_type))
        .ok_or_else(|| PresignError::Extension(shown()))
}

fn denial(error: &PresignError) -> HttpResponse {
    let (status, code) = error.status_and_code();
    tracing::info!(status = status.as_u16(), code, "denied");
    let retry_after = match error {
        PresignError::Quota(seconds) => Some(*seconds),
        _ => None,
    };
    let body = ErrorBody {
        code,
        message: &error.to_string(),
        retry_after,
    };
    let mut response = json_response(status, &body);
    if let Some(seconds) = retry_after {
        let seconds = HeaderValue::from(seconds);
        response.headers.insert(header::RETRY_AFTER, seconds);
    }
    response
}

fn json_response(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    let mut response = HttpResponse::default();
    response.status_code = status.as_u16().into();
    let body = serde_json::to_string(body).unwrap_or_default();
    response.body = Some(Body::Text(body));
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers.insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::{Value, json};

    use super::*;
    use crate::send::SignedResponse;

    const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    /// Records the requests, and answers them with these statuses in order. DynamoDB answers 400 only if the
    /// condition is not met.
    #[derive(Default)]
    struct FakeAws {
        statuses: Mutex<Vec<u16>>,
        requests: Mutex<Vec<SignedRequest>>,
    }

    impl SendSigned for FakeAws {
        async fn send(&self, request: &SignedRequest) -> Result<SignedResponse, String> {
            self.requests.lock().unwrap().push(request.clone());
            let status = self.statuses.lock().unwrap().pop();
            let status = status.ok_or_else(|| "no connection".to_owned())?;
            Ok(SignedResponse {
                status: StatusCode::from_u16(status).unwrap(),
                body: br#"{"__type":"x#ConditionalCheckFailedException"}"#.to_vec(),
            })
        }
    }

    fn presign() -> Presign<FakeAws, SystemTime> {
        presign_with_table("")
    }

    fn presign_with_table(table: &str) -> Presign<FakeAws, SystemTime> {
        let environment = Environment::from([
            ("QUOTA_TABLE_NAME", table),
            ("UPLOADS_BUCKET_NAME", "uploads"),
            ("FOLDER_INPUT", "in"),
            ("CORS_ORIGINS", "https://example.com"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        let time = SystemTime::UNIX_EPOCH;
        Presign::from_environment(&environment, FakeAws::default(), time).unwrap()
    }

    /// A request as the HTTP API sends it (payload 2.0).
    fn request(method: &str, sub: &str, body: &Value) -> HttpRequest {
        let event = json!({
            "version": "2.0",
            "rawPath": "/avatars/key_upload",
            "headers": { "origin": "https://example.com" },
            "requestContext": {
                "http": { "method": method, "path": "/avatars/key_upload" },
                "authorizer": { "lambda": { "sub": sub } },
            },
            "body": body.to_string(),
            "isBase64Encoded": false,
        });
        serde_json::from_value(event).unwrap()
    }

    /// The requests to AWS are answered at once, so nothing waits.
    fn handle(presign: &Presign<FakeAws, SystemTime>, request: &HttpRequest) -> HttpResponse {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(presign.handle(request))
    }

    fn delete(sub: &str, mut statuses: Vec<u16>) -> (i64, Vec<String>) {
        let presign = presign();
        statuses.reverse();
        *presign.transport.statuses.lock().unwrap() = statuses;
        let response = handle(&presign, &request("DELETE", sub, &json!({})));
        let requests = presign.transport.requests.lock().unwrap();
        (
            response.status_code,
            requests.iter().map(|put| put.url.clone()).collect(),
        )
    }

    #[test]
    fn a_removal_is_an_empty_signed_object_of_the_user_with_its_own_extension() {
        let presign = presign();
        *presign.transport.statuses.lock().unwrap() = vec![200];
        let response = handle(&presign, &request("DELETE", "me", &json!({})));
        assert_eq!(response.status_code, 202);
        let requests = presign.transport.requests.lock().unwrap();
        let [SignedRequest { url, headers, .. }] = &requests[..] else {
            panic!("{requests:?}");
        };
        let folder = "https://uploads.s3.us-east-1.amazonaws.com/in/me/";
        assert!(url.starts_with(folder) && url.ends_with(".remove"), "{url}");
        let header = |name: &str| &headers.iter().find(|(other, _)| other == name).unwrap().1;
        assert_eq!(header("x-amz-content-sha256"), EMPTY_SHA256);
        assert!(header("authorization").contains("/us-east-1/s3/aws4_request"));
        let (status, upload) = post("me", &json!({ "extension": "remove" }));
        assert_eq!(status, 415, "a client cannot choose it: {upload}");
    }

    #[test]
    fn a_removal_is_stored_or_the_client_is_told_to_try_again() {
        let (status, requests) = delete("me", vec![503, 200]);
        assert_eq!((status, requests.len()), (202, 2));
        assert_eq!(requests[0], requests[1], "one removal");
        assert_eq!(delete("me", vec![503, 500]).0, 503);
        assert_eq!(delete("", vec![200]), (401, vec![]));
    }

    fn post(sub: &str, body: &Value) -> (i64, Value) {
        let response = handle(&presign(), &request("POST", sub, body));
        let Some(Body::Text(body)) = response.body else {
            panic!("{response:?}");
        };
        (response.status_code, serde_json::from_str(&body).unwrap())
    }

    #[test]
    fn a_request_with_only_an_extension_gets_a_form_for_one_key() {
        let (status, upload) = post("me", &json!({ "extension": "JPEG" }));
        assert_eq!((status, &upload["method"]), (200, &json!("POST")));
        assert_eq!(upload["url"], "https://uploads.s3.us-east-1.amazonaws.com/");
        let key = upload["key"].as_str().unwrap();
        assert!(
            key.starts_with("in/me/") && key.ends_with(".jpg") && key.len() == 42,
            "{key}"
        );
        assert_eq!(upload["fields"]["key"], key);
        assert_eq!(upload["fields"]["Content-Type"], "image/jpeg");
        assert_eq!(upload["expires_in"], 300);
    }

    #[test]
    fn a_request_with_a_checksum_gets_a_put_that_pins_one_body() {
        let body = json!({ "extension": "png", "content_length": 9, "checksum_sha256": SHA256 });
        let (status, upload) = post("me", &body);
        assert_eq!((status, &upload["method"]), (200, &json!("PUT")));
        let url = upload["url"].as_str().unwrap();
        let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match%3Bx-amz-checksum-sha256";
        assert!(url.contains(signed), "{url}");
        assert!(url.contains("X-Amz-Expires=300"), "{url}");
        let headers = json!({
            "content-length": "9", "content-type": "image/png", "if-none-match": "*",
            "x-amz-checksum-sha256": SHA256
        });
        assert_eq!(upload["headers"], headers);
    }

    /// The response to a request with a quota, if AWS answers with these statuses; and the hosts of AWS
    /// that were called.
    fn with_quota(method: &str, mut statuses: Vec<u16>) -> (HttpResponse, Vec<String>) {
        let presign = presign_with_table("quota");
        statuses.reverse();
        *presign.transport.statuses.lock().unwrap() = statuses;
        let body = json!({ "extension": "jpg" });
        let response = handle(&presign, &request(method, "me", &body));
        let requests = presign.transport.requests.lock().unwrap();
        let host = |request: &SignedRequest| request.url.split('/').nth(2).unwrap().to_owned();
        (response, requests.iter().map(host).collect())
    }

    #[test]
    fn a_user_who_has_used_the_quota_gets_429_with_the_time_to_wait() {
        for method in ["POST", "DELETE"] {
            let (response, called) = with_quota(method, vec![400]);
            assert_eq!(response.status_code, 429);
            assert_eq!(response.headers["retry-after"], "3600");
            let Some(Body::Text(body)) = response.body else {
                panic!("{method}")
            };
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(
                (&body["code"], &body["retry_after"]),
                (&json!("quota_exceeded"), &json!(3600))
            );
            assert_eq!(called, ["dynamodb.us-east-1.amazonaws.com"], "{method}");
        }
        assert_eq!(with_quota("POST", vec![200]).0.status_code, 200);
    }

    #[test]
    fn without_an_answer_of_the_table_no_upload_is_signed_but_a_removal_is_stored() {
        let (response, _) = with_quota("POST", vec![500, 500]);
        assert_eq!(response.status_code, 503);
        let (response, called) = with_quota("DELETE", vec![500, 500, 200]);
        assert_eq!(response.status_code, 202);
        assert_eq!(called[2], "uploads.s3.us-east-1.amazonaws.com");
    }

    #[test]
    fn a_request_that_is_denied_does_not_count() {
        let presign = presign_with_table("quota");
        for body in [
            json!({}),
            json!({ "extension": "svg" }),
            json!({ "extension": "jpg", "content_length": 1 }),
            json!({ "extension": "jpg", "content_length": 0, "checksum_sha256": SHA256 }),
        ] {
            let status = handle(&presign, &request("POST", "me", &body)).status_code;
            assert!((400..429).contains(&status), "{body}");
        }
        assert!(presign.transport.requests.lock().unwrap().is_empty());
    }

    #[test]
    fn no_two_uploads_share_a_key() {
        let key = || post("me", &json!({ "extension": "jpg" })).1["key"].clone();
        assert_ne!(key(), key());
    }

    #[test]
    fn an_invalid_request_is_denied_with_a_code() {
        let cases = [
            ("", json!({ "extension": "jpg" }), 401, "unauthorized"),
            ("../me", json!({ "extension": "jpg" }), 401, "unauthorized"),
            ("me", json!({}), 400, "invalid_request"),
            (
                "me",
                json!({ "extension": "jpg/../../x" }),
                415,
                "unsupported_extension",
            ),
            (
                "me",
                json!({ "extension": "svg" }),
                415,
                "unsupported_extension",
            ),
            (
                "me",
                json!({ "extension": "jpg", "content_length": 1 }),
                400,
                "invalid_checksum",
            ),
            (
                "me",
                json!({ "extension": "jpg", "content_length": 0, "checksum_sha256": SHA256 }),
                413,
                "invalid_length",
            ),
            (
                "me",
                json!({ "extension": "jpg", "content_length": 20_971_521, "checksum_sha256": SHA256 }),
                413,
                "invalid_length",
            ),
            (
                "me",
                json!({ "extension": "jpg", "content_length": 1, "checksum_sha256": "AAAA" }),
                400,
                "invalid_checksum",
            ),
        ];
        for (sub, body, status, code) in cases {
            let (answered, denied) = post(sub, &body);
            assert_eq!(
                (answered, &denied["code"]),
                (status, &json!(code)),
                "{body}"
            );
        }
    }

    #[test]
    fn the_key_never_comes_from_the_client() {
        let body = json!({ "extension": "jpg", "sub": "you", "key": "in/you/1.jpg" });
        let (_, upload) = post("me", &body);
        assert!(upload["key"].as_str().unwrap().starts_with("in/me/"));
    }

    #[test]
    fn only_listed_origins_are_allowed() {
        let mut preflight = request("OPTIONS", "", &json!({}));
        let allowed = handle(&presign(), &preflight);
        assert_eq!(allowed.status_code, 204);
        let header = "access-control-allow-origin";
        assert_eq!(allowed.headers[header], "https://example.com");
        let other = "https://example.com.evil.org".parse().unwrap();
        preflight.headers.insert("origin", other);
        let denied = handle(&presign(), &preflight);
        assert!(!denied.headers.contains_key(header));
    }

    #[test]
    fn the_claims_of_the_apis_own_authorizer_are_accepted() {
        let event = json!({
            "version": "2.0",
            "requestContext": {
                "http": { "method": "POST", "path": "/" },
                "authorizer": { "jwt": { "claims": { "sub": "me" }, "scopes": null } },
            },
            "body": STANDARD.encode(r#"{ "extension": "jpg" }"#),
            "isBase64Encoded": true,
        });
        let request: HttpRequest = serde_json::from_value(event).unwrap();
        assert_eq!(handle(&presign(), &request).status_code, 200);
    }
}
