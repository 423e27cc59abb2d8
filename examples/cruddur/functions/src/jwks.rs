//! The public keys of a user pool (RFC 7517): a cache that fetches them when needed.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use roundel_lambda::clock::Clock;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::fetch::{Fetch, FetchError};
use crate::jwt::{Claims, Requirements, TokenError, UnverifiedToken};

/// Age at which the keys are fetched again.
const MAX_AGE: Duration = Duration::from_secs(3600);
/// Minimum interval between fetches. Clients choose `kid`s, and must not choose our traffic.
const MIN_FETCH_INTERVAL: Duration = Duration::from_secs(30);
/// The same while the cache is empty and every token is refused.
const MIN_FETCH_INTERVAL_EMPTY: Duration = Duration::from_secs(1);
/// The most keys that are read from a key set.
const MAX_KEYS: usize = 32;

/// The keys at a URL.
///
/// An unknown `kid` causes a fetch, but at most one every 30 seconds (every second while the cache
/// is empty). After an hour the keys are fetched again, and keys that are no longer in the set are
/// dropped. When the URL does not answer, the cached keys stay valid and unknown ones are refused.
#[derive(Debug)]
pub struct KeyCache<F, C> {
    url: String,
    fetch: F,
    clock: C,
    cached: Mutex<CachedKeys>,
}

#[derive(Default)]
struct CachedKeys {
    by_kid: HashMap<String, DecodingKey>,
    /// Last successful fetch, in seconds since 1970; 0 is never.
    renewed: u64,
    /// Last attempt.
    attempted: u64,
}

impl fmt::Debug for CachedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_kid.keys()).finish()
    }
}

impl<F: Fetch, C: Clock> KeyCache<F, C> {
    /// A cache of the keys at `url`. Fetches nothing yet.
    pub fn new(url: &str, fetch: F, clock: C) -> Self {
        Self {
            url: url.to_owned(),
            fetch,
            clock,
            cached: Mutex::default(),
        }
    }

    /// Verifies a token, with or without the scheme `Bearer`.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub async fn verify(
        &self,
        token: &str,
        requirements: &Requirements,
    ) -> Result<Claims, TokenError> {
        let token = UnverifiedToken::parse(token)?;
        let key = self.key(token.kid()).await.ok_or(TokenError::UnknownKey)?;
        token.verify(&key, requirements, self.clock.seconds())
    }

    /// The key with this id.
    async fn key(&self, kid: &str) -> Option<DecodingKey> {
        // The lock is held during the fetch, so that concurrent requests share its answer.
        let mut cached = self.cached.lock().await;
        let now = self.clock.seconds();
        let fresh = now < cached.renewed + MAX_AGE.as_secs() && cached.by_kid.contains_key(kid);
        if !fresh && now >= cached.attempted + cached.fetch_interval().as_secs() {
            cached.attempted = now;
            self.renew(&mut cached, now).await;
        }
        cached.by_kid.get(kid).cloned()
    }

    async fn renew(&self, cached: &mut CachedKeys, now: u64) {
        let body = self.fetch.fetch(&self.url).await;
        match body.and_then(|body| self.parse(&body)) {
            Ok(keys) => {
                cached.by_kid = keys;
                cached.renewed = now;
            }
            Err(error) => tracing::warn!(%error, "the key set was not renewed"),
        }
    }

    fn parse(&self, body: &[u8]) -> Result<HashMap<String, DecodingKey>, FetchError> {
        let failed = |reason: String| FetchError {
            url: self.url.clone(),
            reason,
        };
        let set: KeySet = serde_json::from_slice(body).map_err(|e| failed(e.to_string()))?;
        let keys = set.keys.into_iter().take(MAX_KEYS);
        let keys: HashMap<_, _> = keys.filter_map(parse_key).collect();
        if keys.is_empty() {
            return Err(failed("it has no key for RS256".to_owned()));
        }
        Ok(keys)
    }
}

impl CachedKeys {
    fn fetch_interval(&self) -> Duration {
        if self.by_kid.is_empty() {
            MIN_FETCH_INTERVAL_EMPTY
        } else {
            MIN_FETCH_INTERVAL
        }
    }
}

/// The keys are parsed one by one: a key of an unknown type does not invalidate the others.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// A key for RS256 signatures and its id; `None` for other keys.
fn parse_key(key: Value) -> Option<(String, DecodingKey)> {
    let key = Jwk::deserialize(key).ok()?;
    let common = &key.common;
    let algorithm = common.key_algorithm.as_ref();
    let usage = common.public_key_use.as_ref();
    let suitable = matches!(key.algorithm, AlgorithmParameters::RSA(_))
        && algorithm.is_none_or(|algorithm| *algorithm == KeyAlgorithm::RS256)
        && usage.is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let decoding_key = DecodingKey::from_jwk(&key).ok()?;
    suitable.then_some((key.common.key_id?, decoding_key))
}
