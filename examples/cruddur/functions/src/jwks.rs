//! The keys of a user pool (RFC 7517), fetched when needed and kept.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::fetch::{Fetch, FetchError};
use crate::jwt::{Claims, PublicKey, Rules, Token, TokenError};
use roundel_lambda::clock::Clock;

/// How long keys are used without asking again.
const FRESH: Duration = Duration::from_secs(3600);
/// How long nobody is asked after an answer, or none: strangers choose `kid`s, not our traffic.
const QUIET: Duration = Duration::from_secs(30);
/// The same while there are no keys at all, when everybody is refused.
const QUIET_WITHOUT_KEYS: Duration = Duration::from_secs(1);
/// The most keys of a pool.
const MAX_KEYS: usize = 32;

/// The keys at an address.
///
/// A `kid` that is not known is looked for at the address, but at most every 30 seconds (every
/// second while no key is known at all). Keys are renewed after an hour; those that are gone then are forgotten. While the address does not
/// answer, known keys stay good and unknown ones are refused.
#[derive(Debug)]
pub struct Keys<F, C> {
    url: String,
    fetch: F,
    clock: C,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    keys: HashMap<String, PublicKey>,
    /// In seconds since 1970; 0 is never.
    renewed: u64,
    asked: u64,
}

impl<F: Fetch, C: Clock> Keys<F, C> {
    /// Those at `url`. Nothing is fetched yet.
    pub fn new(url: &str, fetch: F, clock: C) -> Self {
        Self {
            url: url.to_owned(),
            fetch,
            clock,
            known: Mutex::default(),
        }
    }

    /// Verifies a token, `Bearer ` before it or not.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub async fn verify(&self, token: &str, rules: &Rules) -> Result<Claims, TokenError> {
        let token = Token::read(token)?;
        let key = self.key(token.kid()).await.ok_or(TokenError::UnknownKey)?;
        token.verify(&key, rules, self.clock.seconds())
    }

    /// The key of this name.
    pub async fn key(&self, kid: &str) -> Option<PublicKey> {
        // Held while asking: the others wait for the same answer instead of asking too.
        let mut known = self.known.lock().await;
        let now = self.clock.seconds();
        let fresh = now < known.renewed + FRESH.as_secs() && known.keys.contains_key(kid);
        let quiet = if known.keys.is_empty() {
            QUIET_WITHOUT_KEYS
        } else {
            QUIET
        };
        if !fresh && now >= known.asked + quiet.as_secs() {
            known.asked = now;
            self.renew(&mut known, now).await;
        }
        known.keys.get(kid).cloned()
    }

    async fn renew(&self, known: &mut Known, now: u64) {
        let answer = self.fetch.fetch(&self.url).await;
        match answer.and_then(|bytes| self.read(&bytes)) {
            Ok(keys) => {
                known.keys = keys;
                known.renewed = now;
            }
            Err(error) => tracing::warn!(%error, "the key set was not renewed"),
        }
    }

    fn read(&self, bytes: &[u8]) -> Result<HashMap<String, PublicKey>, FetchError> {
        let failed = |problem: String| FetchError {
            url: self.url.clone(),
            problem,
        };
        let set: Set = serde_json::from_slice(bytes).map_err(|e| failed(e.to_string()))?;
        let keys: HashMap<_, _> = set
            .keys
            .into_iter()
            .take(MAX_KEYS)
            .filter_map(read)
            .collect();
        if keys.is_empty() {
            return Err(failed("it has no key for RS256".to_owned()));
        }
        Ok(keys)
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    n: String,
    e: String,
}

/// A key for RS256 signatures; others are passed over.
fn read(jwk: serde_json::Value) -> Option<(String, PublicKey)> {
    let jwk = Jwk::deserialize(jwk).ok()?;
    let suits = jwk.kty == "RSA"
        && jwk.alg.is_none_or(|alg| alg == "RS256")
        && jwk.usage.is_none_or(|usage| usage == "sig");
    let n = URL_SAFE_NO_PAD.decode(jwk.n).ok()?;
    let e = URL_SAFE_NO_PAD.decode(jwk.e).ok()?;
    suits.then_some((jwk.kid, PublicKey { n, e }))
}
