//! Access tokens of a Cognito user pool: RS256, and nothing that the token may choose.
//!
//! A JSON Web Token (RFC 7519) names its own algorithm; the classic attacks live on verifiers that
//! believe it. Here the algorithm is fixed before the token is read, the key is looked up by `kid`
//! among those of the pool alone, and claims are read only after the signature has been verified.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The longest token that is looked at. Cognito's are about 1 kB.
const MAX_TOKEN: usize = 8 << 10;
/// The longest `kid`.
const MAX_KID: usize = 256;
/// How far the clocks may differ, in seconds.
const LEEWAY: u64 = 30;

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than 8 KiB.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url with JSON in the first two.
    #[error("the token is malformed")]
    Malformed,
    /// Signed otherwise than with RS256, or with extensions that are not known here.
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// No key of the pool has its `kid`.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the signature is wrong")]
    Signature,
    /// Another pool's.
    #[error("the token is of another issuer")]
    Issuer,
    /// Another app's.
    #[error("the token is for another client")]
    Client,
    /// An ID token, say.
    #[error("the token is no access token")]
    Use,
    /// `exp` is over.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is still to come.
    #[error("the token is not valid yet")]
    NotYet,
}

/// What a token must say.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `iss`: the pool's URL.
    pub issuer: String,
    /// `client_id`: one of these.
    pub clients: Vec<String>,
}

/// What a valid token says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// Who: the user's id for life.
    pub sub: String,
    /// The pool.
    pub iss: String,
    /// The app.
    pub client_id: String,
    /// `access`.
    pub token_use: String,
    /// Until when, in seconds since 1970.
    pub exp: u64,
    /// From when.
    #[serde(default)]
    pub nbf: u64,
    /// Issued when.
    #[serde(default)]
    pub iat: u64,
}

/// A public RSA key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The modulus, big-endian.
    pub n: Vec<u8>,
    /// The exponent, big-endian.
    pub e: Vec<u8>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    crit: Option<serde_json::Value>,
}

/// A token taken apart, not verified yet.
#[derive(Debug)]
pub struct Token<'t> {
    signed: &'t str,
    claims: &'t str,
    signature: Vec<u8>,
    kid: String,
}

impl<'t> Token<'t> {
    /// Takes a token apart; `Bearer ` before it is taken off.
    ///
    /// # Errors
    ///
    /// `TooLong`, `Malformed` or `Algorithm`.
    pub fn read(text: &'t str) -> Result<Self, TokenError> {
        if text.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        let text = bare(text);
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let Header { alg, kid, crit } = json(header)?;
        if alg != "RS256" || crit.is_some() {
            return Err(TokenError::Algorithm);
        }
        if kid.is_empty() || kid.len() > MAX_KID {
            return Err(TokenError::UnknownKey);
        }
        let signature = decode(signature)?;
        Ok(Self {
            signed,
            claims,
            signature,
            kid,
        })
    }

    /// The name of the key that it says it is signed with.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Verifies the signature with `key`, then the claims at `now` (seconds since 1970).
    ///
    /// # Errors
    ///
    /// Every [`TokenError`] but those of [`read`](Self::read).
    pub fn verify(&self, key: &PublicKey, rules: &Rules, now: u64) -> Result<Claims, TokenError> {
        let public = RsaPublicKeyComponents {
            n: &key.n,
            e: &key.e,
        };
        public
            .verify(
                &RSA_PKCS1_2048_8192_SHA256,
                self.signed.as_bytes(),
                &self.signature,
            )
            .map_err(|_| TokenError::Signature)?;
        let claims: Claims = json(self.claims)?;
        rules.check(&claims, now)?;
        Ok(claims)
    }
}

impl Rules {
    fn check(&self, claims: &Claims, now: u64) -> Result<(), TokenError> {
        if claims.iss != self.issuer {
            return Err(TokenError::Issuer);
        }
        if claims.token_use != "access" {
            return Err(TokenError::Use);
        }
        if !self.clients.contains(&claims.client_id) {
            return Err(TokenError::Client);
        }
        if claims.exp.saturating_add(LEEWAY) <= now {
            return Err(TokenError::Expired);
        }
        if claims.nbf.max(claims.iat) > now.saturating_add(LEEWAY) {
            return Err(TokenError::NotYet);
        }
        Ok(())
    }
}

/// The token without its scheme, whose case does not matter (RFC 9110, 11.1).
fn bare(text: &str) -> &str {
    let text = text.trim();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => text,
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenError::Malformed)
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    serde_json::from_slice(&decode(part)?).map_err(|_| TokenError::Malformed)
}
