//! presign: a signed-in user may upload one photo, and nothing else, within five minutes.
//!
//! `POST /avatars/key_upload` with `{ "extension": "jpg" }` returns a presigned POST: the form's
//! `fields` fix key and type and bound the size. With `content_length` (bytes) and
//! `checksum_sha256` (base64) too, it returns a presigned PUT: the signed `headers` pin exactly one
//! body. A PUT without them would accept any content, so it does not exist.
//!
//! The key consists of the verified `sub` and 128 random bits; the client chooses neither. The rate
//! of requests is limited by the throttling of the API.
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
use roundel_lambda::key::is_sub;
use serde::{Deserialize, Serialize};

use crate::cors::Cors;
use crate::policy::Policy;

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
pub struct Presign<C> {
    bucket: String,
    folder: String,
    max_bytes: u64,
    cors: Cors,
    endpoint: S3Endpoint,
    signer: Signer,
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

/// Why a request is denied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum PresignError {
    #[error("sign in first")]
    Unauthorized,
    #[error("only POST is allowed")]
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
}

/// The body of a response that denies a request.
#[derive(Serialize)]
struct ErrorBody<'a> {
    code: &'a str,
    message: &'a str,
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
        }
    }
}

impl From<SignError> for PresignError {
    fn from(_: SignError) -> Self {
        Self::Sign
    }
}

impl<C: Clock> Presign<C> {
    /// Reads UPLOADS_BUCKET_NAME, FOLDER_INPUT, MAX_UPLOAD_BYTES, CORS_ORIGINS (exact, separated by
    /// commas), and the variables that Lambda sets.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or invalid.
    pub fn from_environment(environment: &Environment, clock: C) -> Result<Self, SettingError> {
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
            endpoint: S3Endpoint::from_environment(environment)?,
            signer: Signer::from_environment(environment)?,
            clock,
        })
    }

    /// Answers one request of the HTTP API.
    pub fn handle(&self, request: &HttpRequest) -> HttpResponse {
        let mut response = if method(request) == Method::OPTIONS {
            json_response(StatusCode::NO_CONTENT, &serde_json::json!({}))
        } else {
            match self.upload(request) {
                Ok(upload) => json_response(StatusCode::OK, &upload),
                Err(error) => denial(&error),
            }
        };
        let origin = request.headers.get(header::ORIGIN);
        self.cors.add_headers(origin, &mut response.headers);
        response
    }

    fn upload(&self, request: &HttpRequest) -> Result<Upload, PresignError> {
        if method(request) != Method::POST {
            return Err(PresignError::Method);
        }
        let sub = signed_in(request)
            .filter(|sub| is_sub(sub))
            .ok_or(PresignError::Unauthorized)?;
        let body = parse_body(request)?;
        let (extension, content_type) = photo_type(&body.extension)?;
        let key = self.new_key(sub, extension)?;
        let now = self.clock.now();
        let signed = match (body.content_length, &body.checksum_sha256) {
            (None, None) => self.sign_form(&key, content_type, now),
            (Some(length), Some(sha256)) => {
                self.sign_put(&key, content_type, length, sha256, now)?
            }
            _ => return Err(PresignError::Checksum),
        };
        tracing::info!(key, "signed");
        Ok(Upload {
            signed,
            key,
            expires_in: EXPIRES_IN.as_secs(),
        })
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
        if !(1..=self.max_bytes).contains(&length) {
            return Err(PresignError::Length(self.max_bytes));
        }
        if STANDARD.decode(sha256).map_or(0, |digest| digest.len()) != 32 {
            return Err(PresignError::Checksum);
        }
        let url = self.endpoint.object(&self.bucket, key);
        let request = UnsignedRequest {
            method: "PUT",
            url: &url,
            headers: vec![
                ("content-length", length.to_string().into()),
                ("content-type", content_type.into()),
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
    let message = &error.to_string();
    json_response(status, &ErrorBody { code, message })
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
    use serde_json::{Value, json};

    use super::*;

    const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    fn presign() -> Presign<SystemTime> {
        let environment = Environment::from([
            ("UPLOADS_BUCKET_NAME", "uploads"),
            ("FOLDER_INPUT", "in"),
            ("CORS_ORIGINS", "https://example.com"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]);
        Presign::from_environment(&environment, SystemTime::UNIX_EPOCH).unwrap()
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

    fn post(sub: &str, body: &Value) -> (i64, Value) {
        let response = presign().handle(&request("POST", sub, body));
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
        let signed =
            "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bx-amz-checksum-sha256";
        assert!(url.contains(signed), "{url}");
        assert!(url.contains("X-Amz-Expires=300"), "{url}");
        let headers = json!({
            "content-length": "9", "content-type": "image/png", "x-amz-checksum-sha256": SHA256
        });
        assert_eq!(upload["headers"], headers);
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
        let allowed = presign().handle(&preflight);
        assert_eq!(allowed.status_code, 204);
        let header = "access-control-allow-origin";
        assert_eq!(allowed.headers[header], "https://example.com");
        let other = "https://example.com.evil.org".parse().unwrap();
        preflight.headers.insert("origin", other);
        let denied = presign().handle(&preflight);
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
        assert_eq!(presign().handle(&request).status_code, 200);
    }
}
