//! presign: who is signed in may upload one photo, and nothing else, for five minutes.
//!
//! `POST /avatars/key_upload` with `{ "extension": "jpg" }` answers a presigned POST: the form's
//! `fields` fix key and type and bound the size. With `content_length` (bytes) and
//! `checksum_sha256` (base64) as well, it answers a presigned PUT: the signed `headers` pin exactly
//! one body. A PUT that pins nothing would let anybody store anything, so there is none.
//!
//! The key is made of the verified `sub` and 128 random bits; the client chooses neither. How often
//! a client may ask is left to the gateway's throttling.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http_api::{Cors, Request, answer};
use crate::policy::Policy;
use roundel_lambda::clock::Clock;
use roundel_lambda::environment::{Environment, SettingError};
use roundel_lambda::key::is_sub;
use roundel_lambda::sign::{Endpoint, SignError, Signer, Unsigned};

/// How long an upload may begin.
const EXPIRES_IN: Duration = Duration::from_secs(300);
/// The largest upload, unless MAX_UPLOAD_BYTES says otherwise: 20 MiB, as in process.
const MAX_UPLOAD: u64 = 20 << 20;
/// What may be uploaded: extension, the one in the key, media type.
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
    at_most: u64,
    cors: Cors,
    endpoint: Endpoint,
    signer: Signer,
    clock: C,
}

/// What the client asks for.
#[derive(Debug, Deserialize)]
struct Wish {
    extension: String,
    content_length: Option<u64>,
    checksum_sha256: Option<String>,
}

/// Why it does not get it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Denied {
    #[error("sign in first")]
    Nobody,
    #[error("only POST is answered here")]
    Method,
    #[error("send JSON like {{ \"extension\": \"jpg\" }}: {0}")]
    Body(String),
    #[error("photos are jpg, jpeg, png, webp, gif or bmp, not {0:?}")]
    Extension(String),
    #[error("a photo has 1 to {0} bytes")]
    Length(u64),
    #[error("content_length and checksum_sha256 (32 bytes in base64) belong together")]
    Checksum,
    #[error("nothing can be signed now; try again")]
    Sign,
}

impl Denied {
    fn status_and_code(&self) -> (u16, &'static str) {
        match self {
            Self::Nobody => (401, "unauthorized"),
            Self::Method => (405, "method_not_allowed"),
            Self::Body(_) => (400, "invalid_request"),
            Self::Extension(_) => (415, "unsupported_extension"),
            Self::Length(_) => (413, "invalid_length"),
            Self::Checksum => (400, "invalid_checksum"),
            Self::Sign => (500, "internal"),
        }
    }
}

impl From<SignError> for Denied {
    fn from(_: SignError) -> Self {
        Self::Sign
    }
}

impl<C: Clock> Presign<C> {
    /// UPLOADS_BUCKET_NAME, FOLDER_INPUT, MAX_UPLOAD_BYTES, CORS_ORIGINS (exact, with commas
    /// between), and what Lambda sets itself.
    ///
    /// # Errors
    ///
    /// The variable that is missing or wrong.
    pub fn from_environment(environment: &Environment, clock: C) -> Result<Self, SettingError> {
        let origins = environment.list("CORS_ORIGINS");
        if origins.contains(&"*") {
            let problem = "must list origins like https://example.com, not *";
            return Err(SettingError::new("CORS_ORIGINS", problem));
        }
        Ok(Self {
            bucket: environment.required("UPLOADS_BUCKET_NAME")?.to_owned(),
            folder: environment.folder("FOLDER_INPUT", ""),
            at_most: environment.number("MAX_UPLOAD_BYTES", MAX_UPLOAD, 1, 1 << 30)?,
            cors: Cors(origins.into_iter().map(str::to_owned).collect()),
            endpoint: Endpoint::from_environment(environment)?,
            signer: Signer::from_environment(environment)?,
            clock,
        })
    }

    /// Answers one request of the HTTP API.
    pub fn handle(&self, event: &Value) -> Value {
        let request = Request(event);
        let headers = self.cors.headers(request.header("origin"));
        if request.method() == "OPTIONS" {
            return answer(204, &json!({}), headers);
        }
        match self.upload(&request) {
            Ok(upload) => answer(200, &upload, headers),
            Err(denied) => {
                let (status, code) = denied.status_and_code();
                tracing::info!(status, code, "denied");
                let body = json!({ "code": code, "message": denied.to_string() });
                answer(status, &body, headers)
            }
        }
    }

    fn upload(&self, request: &Request<'_>) -> Result<Value, Denied> {
        if request.method() != "POST" {
            return Err(Denied::Method);
        }
        let sub = request
            .sub()
            .filter(|sub| is_sub(sub))
            .ok_or(Denied::Nobody)?;
        let body = request
            .body()
            .ok_or_else(|| Denied::Body("the base64 is broken".to_owned()))?;
        let wish: Wish = serde_json::from_slice(&body).map_err(|e| Denied::Body(e.to_string()))?;
        let (extension, content_type) = kind(&wish.extension)?;
        let key = self.key(sub, extension)?;
        let now = self.clock.now();
        let mut upload = match (wish.content_length, &wish.checksum_sha256) {
            (None, None) => self.form(&key, content_type, now),
            (Some(length), Some(sha256)) => self.put(&key, content_type, length, sha256, now)?,
            _ => return Err(Denied::Checksum),
        };
        tracing::info!(key, method = %upload["method"], "signed");
        upload["key"] = json!(key);
        upload["expires_in"] = json!(EXPIRES_IN.as_secs());
        Ok(upload)
    }

    fn key(&self, sub: &str, extension: &str) -> Result<String, Denied> {
        let mut id = [0; 16];
        SystemRandom::new()
            .fill(&mut id)
            .map_err(|_| Denied::Sign)?;
        let slash = if self.folder.is_empty() { "" } else { "/" };
        Ok(format!(
            "{}{slash}{sub}/{}.{extension}",
            self.folder,
            hex::encode(id)
        ))
    }

    fn form(&self, key: &str, content_type: &str, now: SystemTime) -> Value {
        let policy = Policy {
            bucket: &self.bucket,
            key,
            content_type,
            at_most: self.at_most,
        };
        let fields = policy.fields(&self.signer, now, EXPIRES_IN);
        let url = format!("{}/", self.endpoint.bucket(&self.bucket));
        json!({ "method": "POST", "url": url, "fields": fields })
    }

    fn put(
        &self,
        key: &str,
        content_type: &str,
        length: u64,
        sha256: &str,
        now: SystemTime,
    ) -> Result<Value, Denied> {
        if !(1..=self.at_most).contains(&length) {
            return Err(Denied::Length(self.at_most));
        }
        if STANDARD.decode(sha256).map_or(0, |digest| digest.len()) != 32 {
            return Err(Denied::Checksum);
        }
        let request = Unsigned {
            method: "PUT",
            url: &self.endpoint.object(&self.bucket, key),
            headers: vec![
                ("content-length", length.to_string().into()),
                ("content-type", content_type.into()),
                ("x-amz-checksum-sha256", sha256.into()),
            ],
        };
        let url = self.signer.presigned_url(&request, now, EXPIRES_IN)?;
        let headers: Value = request
            .headers
            .iter()
            .map(|(n, v)| (*n, v.as_ref()))
            .collect();
        Ok(json!({ "method": "PUT", "url": url, "headers": headers }))
    }
}

fn kind(extension: &str) -> Result<(&'static str, &'static str), Denied> {
    let lower = extension.trim_start_matches('.').to_ascii_lowercase();
    let known = TYPES.iter().find(|(known, _, _)| *known == lower);
    let shown = || extension.chars().take(16).collect();
    known
        .map(|(_, extension, content_type)| (*extension, *content_type))
        .ok_or_else(|| Denied::Extension(shown()))
}

#[cfg(test)]
mod tests {
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

    fn event(method: &str, sub: &str, body: &Value) -> Value {
        json!({
            "headers": { "origin": "https://example.com" },
            "requestContext": {
                "http": { "method": method },
                "authorizer": { "lambda": { "sub": sub } },
            },
            "body": body.to_string(),
        })
    }

    fn ask(sub: &str, body: &Value) -> (u64, Value) {
        let answer = presign().handle(&event("POST", sub, body));
        let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        (answer["statusCode"].as_u64().unwrap(), body)
    }

    #[test]
    fn the_original_request_is_answered_with_a_form_for_one_key() {
        let (status, upload) = ask("me", &json!({ "extension": "JPEG" }));
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
    fn a_known_body_is_answered_with_a_put_that_pins_it() {
        let wish = json!({ "extension": "png", "content_length": 9, "checksum_sha256": SHA256 });
        let (status, upload) = ask("me", &wish);
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
        let key = || ask("me", &json!({ "extension": "jpg" })).1["key"].clone();
        assert_ne!(key(), key());
    }

    #[test]
    fn what_is_wrong_is_denied_with_a_code() {
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
            let (answered, denied) = ask(sub, &body);
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
        let (_, upload) = ask("me", &body);
        assert!(upload["key"].as_str().unwrap().starts_with("in/me/"));
    }

    #[test]
    fn only_listed_origins_are_allowed() {
        let mut event = event("OPTIONS", "", &json!({}));
        let allowed = presign().handle(&event);
        assert_eq!(allowed["statusCode"], 204);
        assert_eq!(
            allowed["headers"]["access-control-allow-origin"],
            "https://example.com"
        );
        event["headers"]["origin"] = json!("https://example.com.evil.org");
        let other = presign().handle(&event);
        assert!(other["headers"]["access-control-allow-origin"].is_null());
    }
}
