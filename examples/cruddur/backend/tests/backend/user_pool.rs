//! Access tokens of a user pool, signed by OpenSSL.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use crate::openssl::{Folder, modulus, sign};

pub(crate) const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool";

/// Signs access tokens in the place of Cognito.
pub(crate) struct UserPool {
    key: String,
}

impl UserPool {
    pub(crate) fn new(folder: &Folder, name: &str) -> Self {
        Self {
            key: folder.key(name),
        }
    }

    /// The public keys as a JWKS document.
    pub(crate) fn jwks(&self) -> Value {
        let n = BASE64.encode(modulus(&self.key));
        let key = json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one", "n": n, "e": "AQAB" });
        json!({ "keys": [key] })
    }

    /// A valid token, as the value of the Authorization header.
    pub(crate) fn token(&self, sub: &str) -> String {
        self.sign(&claims(sub))
    }

    /// Signs a token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let part = |value: &Value| BASE64.encode(value.to_string());
        let signed = format!(
            "{}.{}",
            part(&json!({ "alg": "RS256", "kid": "one" })),
            part(claims)
        );
        format!(
            "Bearer {signed}.{}",
            BASE64.encode(sign(&self.key, "sha256", &signed))
        )
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

pub(crate) fn claims(sub: &str) -> Value {
    json!({
        "sub": sub, "iss": ISSUER, "client_id": "app", "token_use": "access",
        "exp": now() + 3600, "iat": now(), "username": sub,
    })
}
