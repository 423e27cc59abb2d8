//! Verification of Cognito access tokens (RFC 7519), with `jsonwebtoken`.
//!
//! A token names its own algorithm, and the classic attacks exploit verifiers that believe it. Here
//! the algorithm is fixed to RS256 before the token is read, and claims are read only after the
//! signature has been verified.
//!
//! Three things stay here:
//!
//! - The header is checked before its key is looked up. `jsonwebtoken` ignores `crit`, and reports
//!   an unknown algorithm and broken JSON as the same error.
//! - The times are compared with our [`Clock`](roundel_lambda::clock::Clock); `jsonwebtoken` reads
//!   the time of the machine.
//! - The signature is verified by `ring`, which TLS brings anyway. The two backends of
//!   `jsonwebtoken` would add AWS-LC, or the crate `rsa` with its open advisory RUSTSEC-2023-0071.

use std::sync::Once;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, Validation, decode};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;

/// The longest token that is read. Cognito's have about 1 kB.
const MAX_TOKEN: usize = 8 << 10;
/// The longest `kid`.
const MAX_KID: usize = 256;
/// Tolerated difference between the clocks, in seconds.
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
    /// Signed with another algorithm than RS256, or with critical extensions.
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// No key of the pool has this `kid`.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The keys of the pool cannot be fetched. The token may be valid.
    #[error("the keys of the user pool are not available")]
    Unavailable,
    /// The key did not make this signature.
    #[error("the signature is wrong")]
    Signature,
    /// Another pool issued the token.
    #[error("the token is from another issuer")]
    Issuer,
    /// The token is for another app.
    #[error("the token is for another client")]
    Client,
    /// Not an access token, but an ID token for example.
    #[error("the token is not an access token")]
    Use,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("the token is not valid yet")]
    NotYet,
}

/// The claims that a token must have.
#[derive(Clone, Debug)]
pub struct Requirements {
    /// `iss`: the URL of the pool.
    pub issuer: String,
    /// `client_id`: one of these.
    pub clients: Vec<String>,
}

/// The claims of a valid token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The user's permanent id.
    pub sub: String,
    /// The pool.
    pub iss: String,
    /// The app.
    pub client_id: String,
    /// `access`.
    pub token_use: String,
    /// Expiry, in seconds since 1970.
    pub exp: u64,
    /// Start of validity.
    #[serde(default)]
    pub nbf: u64,
    /// Time of issue.
    #[serde(default)]
    pub iat: u64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    crit: Option<serde_json::Value>,
}

/// A token with an acceptable header, not verified yet.
#[derive(Debug)]
pub struct UnverifiedToken<'t> {
    text: &'t str,
    kid: String,
}

impl<'t> UnverifiedToken<'t> {
    /// Reads the header of a token, with or without the scheme `Bearer`.
    ///
    /// # Errors
    ///
    /// `TooLong`, `Malformed`, `Algorithm` or `UnknownKey`.
    pub fn parse(text: &'t str) -> Result<Self, TokenError> {
        if text.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        let text = strip_scheme(text);
        let Header { alg, kid, crit } = parse_header(text)?;
        if alg != "RS256" || crit.is_some() {
            return Err(TokenError::Algorithm);
        }
        if kid.is_empty() || kid.len() > MAX_KID {
            return Err(TokenError::UnknownKey);
        }
        Ok(Self { text, kid })
    }

    /// The id of the key that signed the token, according to its header.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Verifies the signature with `key`, then the claims at `now` (seconds since 1970).
    ///
    /// # Errors
    ///
    /// Every [`TokenError`] except those of [`parse`](Self::parse), and except `Unavailable`.
    pub fn verify(
        &self,
        key: &DecodingKey,
        requirements: &Requirements,
        now: u64,
    ) -> Result<Claims, TokenError> {
        install_ring();
        let token = decode::<Claims>(self.text, key, &signature_only());
        let claims = token.map_err(|error| refusal(&error))?.claims;
        requirements.check(&claims, now)?;
        Ok(claims)
    }
}

impl Requirements {
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

/// The token without its scheme, which is case-insensitive (RFC 9110, 11.1).
fn strip_scheme(text: &str) -> &str {
    let text = text.trim();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => text,
    }
}

fn parse_header(token: &str) -> Result<Header, TokenError> {
    let (header, _) = token.split_once('.').ok_or(TokenError::Malformed)?;
    let json = URL_SAFE_NO_PAD.decode(header);
    let json = json.map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)
}

/// [`Requirements::check`] compares the claims, so that tests can set the time.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
}

fn refusal(error: &Error) -> TokenError {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => TokenError::Algorithm,
        _ => TokenError::Malformed,
    }
}

/// Makes `jsonwebtoken` verify RS256 with `ring`. A provider that the program has installed before
/// stays.
fn install_ring() {
    static RING: CryptoProvider = CryptoProvider {
        signer_factory: |_, _| Err(ErrorKind::UnsupportedAlgorithm.into()),
        verifier_factory: |algorithm, key| match (algorithm, key.kind()) {
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let (n, e) = (n.clone(), e.clone());
                Ok(Box::new(Rs256 { n, e }))
            }
            _ => Err(ErrorKind::UnsupportedAlgorithm.into()),
        },
        key_utils: KeyUtils::new_unimplemented(),
    };
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let _ = RING.install_default();
    });
}

/// A public RSA key: modulus and exponent, big-endian.
struct Rs256 {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let (n, e) = (&self.n, &self.e);
        RsaPublicKeyComponents { n, e }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}
