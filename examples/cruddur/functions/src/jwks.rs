//! The public keys of a user pool (RFC 7517): a cache that fetches them when needed.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyAlgorithm, PublicKeyUse};
use roundel_lambda::clock::Clock;
use serde::Deserialize;
use serde_json::Value;

use crate::fetch::{Fetch, FetchError};
use crate::jwt::{Claims, Requirements, TokenError, UnverifiedToken};
use crate::single_flight::{FlightState, Renewal, SingleFlight};

/// Age at which the keys are fetched again.
const MAX_AGE: Duration = Duration::from_secs(3600);
/// Minimum interval between fetches. Clients choose `kid`s, and must not choose our traffic.
const MIN_FETCH_INTERVAL: Duration = Duration::from_secs(30);
/// The same while the cache is empty and no token can be verified.
const MIN_FETCH_INTERVAL_EMPTY: Duration = Duration::from_secs(1);
/// The most keys that are read from a key set.
const MAX_KEYS: usize = 32;

/// The keys at a URL.
///
/// A key that is cached and younger than an hour is used at once. An unknown `kid` causes a fetch,
/// but at most one every 30 seconds (every second while the cache is empty), and one at a time.
///
/// After an hour the keys are fetched again, and keys that are no longer in the set are dropped.
/// The request that starts this fetch waits for it; the others use the cached key. When the URL does
/// not answer, the cached keys stay valid. An unknown `kid` is then [`TokenError::Unavailable`],
/// because the key may exist.
#[derive(Debug)]
pub struct KeyCache<F, C> {
    url: String,
    fetch: Arc<F>,
    clock: C,
    cached: SingleFlight<Keys, FetchError>,
}

/// The keys by their ids.
struct Keys(HashMap<String, DecodingKey>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<F: Fetch + 'static, C: Clock> KeyCache<F, C> {
    /// A cache of the keys at `url`. Fetches nothing yet.
    pub fn new(url: &str, fetch: F, clock: C) -> Self {
        Self {
            url: url.to_owned(),
            fetch: Arc::new(fetch),
            clock,
            cached: SingleFlight::new(),
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
        let key = self.key(token.kid()).await?;
        token.verify(&key, requirements, self.clock.seconds())
    }

    /// The key with this id.
    async fn key(&self, kid: &str) -> Result<DecodingKey, TokenError> {
        let now = self.clock.seconds();
        let cached = self.cached.state();
        let known = cached.key(kid);
        if let Some(key) = &known
            && cached.is_fresh(now)
        {
            return Ok(key.clone());
        }
        let renewal = self.renew(&cached, now);
        if let Some(key) = known
            && renewal != Renewal::Started
        {
            return Ok(key);
        }
        let renewed = self.cached.landed().await;
        renewed.key(kid).ok_or_else(|| renewed.without_key())
    }

    fn renew(&self, cached: &FlightState<Keys, FetchError>, now: u64) -> Renewal {
        let min_interval = match cached.value {
            Some(_) => MIN_FETCH_INTERVAL,
            None => MIN_FETCH_INTERVAL_EMPTY,
        };
        let (fetch, url) = (Arc::clone(&self.fetch), self.url.clone());
        self.cached.renew(now, min_interval, || async move {
            let fetched = fetch_keys(&*fetch, &url).await;
            fetched.inspect_err(|error| {
                tracing::error!(alarm = "key_set", %error, "the key set was not renewed");
            })
        })
    }
}

impl FlightState<Keys, FetchError> {
    fn key(&self, kid: &str) -> Option<DecodingKey> {
        self.value.as_ref()?.0.get(kid).cloned()
    }

    fn is_fresh(&self, now: u64) -> bool {
        now.abs_diff(self.fetched) < MAX_AGE.as_secs()
    }

    /// Why a key is not in the set: it does not exist, or the set could not be fetched.
    fn without_key(&self) -> TokenError {
        match (&self.value, &self.failure) {
            (Some(_), None) => TokenError::UnknownKey,
            _ => TokenError::Unavailable,
        }
    }
}

async fn fetch_keys<F: Fetch>(fetch: &F, url: &str) -> Result<Keys, FetchError> {
    let body = fetch.fetch(url).await?;
    parse_keys(&body).map_err(|reason| FetchError {
        url: url.to_owned(),
        reason,
    })
}

fn parse_keys(body: &[u8]) -> Result<Keys, String> {
    let set: KeySet = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let keys = set.keys.into_iter().take(MAX_KEYS);
    let keys: HashMap<_, _> = keys.filter_map(parse_key).collect();
    if keys.is_empty() {
        return Err("it has no key for RS256".to_owned());
    }
    Ok(Keys(keys))
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
