//! Valid tokens, and every way in which a token can be invalid.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod openssl;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use cruddur_functions::authorizer::{Authorizer, KeysUnavailable};
use cruddur_functions::fetch::{Fetch, FetchError};
use cruddur_functions::jwks::KeyCache;
use cruddur_functions::jwt::{Requirements, TokenError};
use openssl::{Folder, modulus, sign};
use roundel_lambda::clock::Clock;
use roundel_lambda::environment::Environment;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

const NOW: u64 = 1_800_000_000;
const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_pool";

/// A clock that the test sets.
#[derive(Clone, Debug)]
struct TestClock(Arc<AtomicU64>);

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// A server whose response the test sets. It counts the requests.
#[derive(Clone)]
struct TestServer {
    state: Arc<Mutex<(Option<String>, u32)>>,
    /// A response needs a permit. A test that takes the permit makes the server hang.
    permits: Arc<Semaphore>,
}

impl Default for TestServer {
    fn default() -> Self {
        Self {
            state: Arc::default(),
            permits: Arc::new(Semaphore::new(1)),
        }
    }
}

impl TestServer {
    fn set_response(&self, with: Option<&Value>) {
        self.state.lock().unwrap().0 = with.map(Value::to_string);
    }

    fn requests(&self) -> u32 {
        self.state.lock().unwrap().1
    }

    /// Waits until the server has received this many requests.
    async fn received(&self, requests: u32) {
        while self.requests() < requests {
            tokio::task::yield_now().await;
        }
    }
}

impl Fetch for TestServer {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        self.state.lock().unwrap().1 += 1;
        let _permit = self.permits.acquire().await.unwrap();
        let outage = || FetchError {
            url: url.into(),
            reason: "outage".into(),
        };
        let response = self.state.lock().unwrap().0.clone();
        response.map(String::into_bytes).ok_or_else(outage)
    }
}

struct Pool {
    key: String,
    clock: TestClock,
    server: TestServer,
    keys: KeyCache<TestServer, TestClock>,
    _folder: Folder,
}

impl Pool {
    fn new(test: &str) -> Self {
        let folder = Folder::new(test);
        let key = folder.key("pool.pem");
        let (clock, server) = (
            TestClock(Arc::new(AtomicU64::new(NOW))),
            TestServer::default(),
        );
        server.set_response(Some(&set(&[("one", &key)])));
        let keys = KeyCache::new("https://pool/jwks.json", server.clone(), clock.clone());
        Self {
            key,
            clock,
            server,
            keys,
            _folder: folder,
        }
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        token(&self.key, header, claims)
    }

    async fn verify(&self, token: &str) -> Result<String, TokenError> {
        let requirements = Requirements {
            issuer: ISSUER.into(),
            clients: vec!["app".into(), "other".into()],
        };
        self.keys
            .verify(token, &requirements)
            .await
            .map(|claims| claims.sub)
    }

    fn later(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

fn set(keys: &[(&str, &str)]) -> Value {
    let jwk = |(kid, key): &(&str, &str)| {
        let n = BASE64.encode(modulus(key));
        json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "kid": kid, "n": n, "e": "AQAB" })
    };
    json!({ "keys": keys.iter().map(jwk).collect::<Vec<_>>() })
}

fn token(key: &str, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    format!("{signed}.{}", BASE64.encode(sign(key, "sha256", &signed)))
}

fn header() -> Value {
    json!({ "alg": "RS256", "kid": "one" })
}

fn claims() -> Value {
    json!({
        "sub": "me", "iss": ISSUER, "client_id": "app", "token_use": "access",
        "exp": NOW + 3600, "iat": NOW, "username": "me", "scope": "openid",
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

#[tokio::test]
async fn a_valid_token_is_accepted_with_or_without_its_scheme() {
    let pool = Pool::new("good");
    let token = pool.token(&header(), &claims());
    for text in [
        token.clone(),
        format!("Bearer {token}"),
        format!("bearer  {token} "),
    ] {
        assert_eq!(pool.verify(&text).await.as_deref(), Ok("me"), "{text}");
    }
    assert_eq!(pool.server.requests(), 1);
}

#[tokio::test]
async fn wrong_claims_are_refused() {
    let pool = Pool::new("claims");
    let other = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_other";
    let cases = [
        ("iss", json!(other), TokenError::Issuer),
        ("iss", json!([ISSUER]), TokenError::Malformed),
        ("client_id", json!("stranger"), TokenError::Client),
        ("client_id", json!(null), TokenError::Malformed),
        ("token_use", json!("id"), TokenError::Use),
        ("exp", json!(NOW - 31), TokenError::Expired),
        ("exp", json!(0), TokenError::Expired),
        ("exp", json!(-1), TokenError::Malformed),
        ("exp", json!("9999999999"), TokenError::Malformed),
        ("exp", json!(null), TokenError::Malformed),
        ("nbf", json!(NOW + 31), TokenError::NotYet),
        ("iat", json!(NOW + 31), TokenError::NotYet),
        ("sub", json!(7), TokenError::Malformed),
    ];
    for (name, value, error) in cases {
        let token = pool.token(&header(), &with(claims(), name, value.clone()));
        assert_eq!(pool.verify(&token).await, Err(error), "{name}: {value}");
    }
    for (name, value) in [("exp", NOW - 29), ("nbf", NOW + 29)] {
        let token = pool.token(&header(), &with(claims(), name, json!(value)));
        assert!(
            pool.verify(&token).await.is_ok(),
            "{name} within the leeway"
        );
    }
}

#[tokio::test]
async fn other_algorithms_extensions_and_keys_are_refused() {
    let pool = Pool::new("headers");
    let cases = [
        ("alg", json!("none"), TokenError::Algorithm),
        ("alg", json!("None"), TokenError::Algorithm),
        ("alg", json!("HS256"), TokenError::Algorithm),
        ("alg", json!("RS512"), TokenError::Algorithm),
        ("alg", json!("PS256"), TokenError::Algorithm),
        ("alg", json!(null), TokenError::Malformed),
        ("crit", json!(["b64"]), TokenError::Algorithm),
        ("kid", json!("two"), TokenError::UnknownKey),
        ("kid", json!(""), TokenError::UnknownKey),
        ("kid", json!("x".repeat(257)), TokenError::UnknownKey),
        ("kid", json!({ "$ne": 1 }), TokenError::Malformed),
        ("kid", json!(null), TokenError::Malformed),
    ];
    for (name, value, error) in cases {
        let token = pool.token(&with(header(), name, value.clone()), &claims());
        assert_eq!(pool.verify(&token).await, Err(error), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_key_inside_the_token_is_not_used() {
    let pool = Pool::new("jwk");
    let folder = Folder::new("jwk-stranger");
    let stranger = folder.key("stranger.pem");
    let embedded = with(
        header(),
        "jwk",
        set(&[("one", &stranger)])["keys"][0].clone(),
    );
    let embedded = with(embedded, "jku", json!("https://evil.org/jwks.json"));
    let token = token(&stranger, &embedded, &claims());
    assert_eq!(pool.verify(&token).await, Err(TokenError::Signature));
}

#[tokio::test]
async fn the_public_key_is_not_accepted_as_a_secret_of_hs256() {
    let pool = Pool::new("hs256");
    let public = openssl::openssl(&["rsa", "-in", &pool.key, "-pubout"], b"");
    let part = |value: &Value| BASE64.encode(value.to_string());
    for alg in ["HS256", "RS256"] {
        let signed = format!(
            "{}.{}",
            part(&with(header(), "alg", json!(alg))),
            part(&claims())
        );
        let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &public);
        let tag = BASE64.encode(ring::hmac::sign(&hmac, signed.as_bytes()));
        assert!(
            pool.verify(&format!("{signed}.{tag}")).await.is_err(),
            "{alg}"
        );
    }
}

#[tokio::test]
async fn a_token_that_was_changed_after_signing_is_refused() {
    let pool = Pool::new("changed");
    let good = pool.token(&header(), &claims());
    let parts: Vec<_> = good.split('.').collect();
    let other = BASE64.encode(with(claims(), "sub", json!("you")).to_string());
    let forged = format!("{}.{other}.{}", parts[0], parts[2]);
    assert_eq!(pool.verify(&forged).await, Err(TokenError::Signature));
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    assert_eq!(pool.verify(&unsigned).await, Err(TokenError::Signature));
    for at in [1, good.len() / 2, good.len() - 2] {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(
            pool.verify(std::str::from_utf8(&bytes).unwrap())
                .await
                .is_err(),
            "{at}"
        );
    }
}

#[tokio::test]
async fn garbage_is_refused_without_a_panic() {
    let pool = Pool::new("garbage");
    let good = pool.token(&header(), &claims());
    let huge = format!("{good}{}", "A".repeat(1 << 20));
    let deep = format!("{}.e30.e30", BASE64.encode("[".repeat(5_000)));
    let texts = [
        "",
        ".",
        "..",
        "...",
        "Bearer",
        "Bearer ",
        "Basic bWU6bWU=",
        "a.b.c",
        "é.é.é",
        "e30.e30.e30",
        "\0.\0.\0",
        "bnVsbA.bnVsbA.bnVsbA",
        &huge,
        &deep,
        &good[..good.len() / 2],
        &format!("{good}."),
        &format!("{good}="),
        &good.replace('.', ".."),
    ];
    for text in texts {
        let refused = pool.verify(text).await;
        assert!(
            refused.is_err(),
            "{}",
            text.chars().take(80).collect::<String>()
        );
    }
    for length in 0..good.len() {
        assert!(pool.verify(&good[..length]).await.is_err(), "{length}");
    }
    assert_eq!(pool.verify(&huge).await, Err(TokenError::TooLong));
}

#[tokio::test]
async fn rotated_keys_are_fetched_and_old_ones_dropped() {
    let pool = Pool::new("rotate");
    let folder = Folder::new("rotate-next");
    let next = folder.key("next.pem");
    let old = pool.token(&header(), &with(claims(), "exp", json!(NOW + 9_999)));
    let new = token(
        &next,
        &json!({ "alg": "RS256", "kid": "two" }),
        &with(claims(), "exp", json!(NOW + 9_999)),
    );
    assert!(pool.verify(&old).await.is_ok());
    pool.server.set_response(Some(&set(&[("two", &next)])));
    assert_eq!(
        pool.verify(&new).await,
        Err(TokenError::UnknownKey),
        "fetched a moment ago"
    );
    pool.later(31);
    assert!(pool.verify(&new).await.is_ok());
    assert_eq!(
        pool.verify(&old).await,
        Err(TokenError::UnknownKey),
        "withdrawn"
    );
}

#[tokio::test]
async fn unknown_keys_are_fetched_at_most_every_half_minute() {
    let pool = Pool::new("flood");
    for number in 0..100 {
        let token = pool.token(
            &with(header(), "kid", json!(format!("k{number}"))),
            &claims(),
        );
        assert_eq!(pool.verify(&token).await, Err(TokenError::UnknownKey));
    }
    assert_eq!(pool.server.requests(), 1);
    pool.later(31);
    let _ = pool
        .verify(&pool.token(&with(header(), "kid", json!("k")), &claims()))
        .await;
    assert_eq!(pool.server.requests(), 2);
}

#[tokio::test]
async fn cached_keys_stay_valid_during_an_outage() {
    let pool = Pool::new("outage");
    let long = with(claims(), "exp", json!(NOW + 99_999));
    let known = pool.token(&header(), &long);
    assert!(pool.verify(&known).await.is_ok());
    for answer in [None, Some(json!("oops")), Some(json!({ "keys": [] }))] {
        pool.server.set_response(answer.as_ref());
        pool.later(3_601);
        assert!(pool.verify(&known).await.is_ok(), "{answer:?}");
        let unknown = pool.token(&with(header(), "kid", json!("two")), &long);
        assert_eq!(
            pool.verify(&unknown).await,
            Err(TokenError::Unavailable),
            "the key may exist: {answer:?}"
        );
    }
}

/// Verifies a token in a task of its own.
fn spawn_verify(
    pool: &Arc<Pool>,
    token: &str,
) -> tokio::task::JoinHandle<Result<String, TokenError>> {
    let (pool, token) = (Arc::clone(pool), token.to_owned());
    tokio::spawn(async move { pool.verify(&token).await })
}

/// Fails if it takes too long.
async fn at_once<T>(future: impl Future<Output = T>) -> T {
    let limited = tokio::time::timeout(Duration::from_secs(10), future).await;
    limited.expect("it does not wait for the server")
}

#[tokio::test]
async fn an_invented_key_id_does_not_delay_tokens_with_a_known_key() {
    let pool = Arc::new(Pool::new("hold"));
    let known = pool.token(&header(), &claims());
    assert!(pool.verify(&known).await.is_ok());
    pool.later(31);
    let permit = pool.server.permits.acquire().await.unwrap();
    let invented = pool.token(&with(header(), "kid", json!("invented")), &claims());
    let waiting = spawn_verify(&pool, &invented);
    pool.server.received(2).await;
    for _ in 0..10 {
        assert!(at_once(pool.verify(&known)).await.is_ok());
    }
    assert!(!waiting.is_finished());
    drop(permit);
    assert_eq!(waiting.await.unwrap(), Err(TokenError::UnknownKey));
    assert_eq!(pool.server.requests(), 2);
}

#[tokio::test]
async fn a_key_that_is_due_for_renewal_delays_only_the_request_that_renews_it() {
    let pool = Arc::new(Pool::new("stale"));
    let known = pool.token(&header(), &with(claims(), "exp", json!(NOW + 9_999)));
    assert!(pool.verify(&known).await.is_ok());
    pool.later(3_601);
    let permit = pool.server.permits.acquire().await.unwrap();
    let renewing = spawn_verify(&pool, &known);
    pool.server.received(2).await;
    assert!(at_once(pool.verify(&known)).await.is_ok());
    assert!(!renewing.is_finished());
    drop(permit);
    assert!(renewing.await.unwrap().is_ok());
}

#[tokio::test]
async fn concurrent_requests_share_one_fetch() {
    let pool = Arc::new(Pool::new("share"));
    let token = pool.token(&header(), &claims());
    let permit = pool.server.permits.acquire().await.unwrap();
    let waiting: Vec<_> = (0..20).map(|_| spawn_verify(&pool, &token)).collect();
    pool.server.received(1).await;
    // The clock does not start a second fetch while the first one takes its time.
    pool.later(100);
    let late = spawn_verify(&pool, &token);
    tokio::task::yield_now().await;
    drop(permit);
    for waiting in waiting {
        assert!(waiting.await.unwrap().is_ok());
    }
    assert!(late.await.unwrap().is_ok());
    assert_eq!(pool.server.requests(), 1);
}

#[tokio::test]
async fn a_client_that_disconnects_does_not_cancel_the_fetch_of_others() {
    let pool = Arc::new(Pool::new("disconnect"));
    let token = pool.token(&header(), &claims());
    let permit = pool.server.permits.acquire().await.unwrap();
    let invented = pool.token(&with(header(), "kid", json!("invented")), &claims());
    let attacker = spawn_verify(&pool, &invented);
    pool.server.received(1).await;
    let waiting = spawn_verify(&pool, &token);
    attacker.abort();
    assert!(attacker.await.unwrap_err().is_cancelled());
    drop(permit);
    assert!(waiting.await.unwrap().is_ok());
    assert_eq!(pool.server.requests(), 1);
}

#[tokio::test]
async fn tokens_are_accepted_one_second_after_an_outage_at_the_start() {
    let pool = Pool::new("start");
    let token = pool.token(&header(), &claims());
    let set = set(&[("one", &pool.key)]);
    pool.server.set_response(None);
    for _ in 0..10 {
        assert_eq!(pool.verify(&token).await, Err(TokenError::Unavailable));
    }
    assert_eq!(pool.server.requests(), 1);
    pool.server.set_response(Some(&set));
    pool.later(1);
    assert!(pool.verify(&token).await.is_ok());
}

#[tokio::test]
async fn weak_and_unsuitable_keys_of_the_set_are_not_used() {
    let pool = Pool::new("weak");
    let token = pool.token(&header(), &claims());
    let good = set(&[("one", &pool.key)])["keys"][0].clone();
    for (name, value) in [
        ("kty", json!("oct")),
        ("use", json!("enc")),
        ("alg", json!("RS512")),
        ("n", json!("AQAB")),
        ("n", json!("!")),
        ("e", json!("")),
    ] {
        pool.server.set_response(Some(
            &json!({ "keys": [with(good.clone(), name, value.clone()), 7] }),
        ));
        pool.later(31);
        assert!(pool.verify(&token).await.is_err(), "{name}: {value}");
    }
}

#[tokio::test]
async fn the_authorizer_responds_in_the_simple_format() {
    let pool = Pool::new("authorizer");
    let environment =
        Environment::from([("USER_POOL_ID", "eu-central-1_pool"), ("CLIENT_ID", "app")]);
    let authorizer =
        Authorizer::from_environment(&environment, pool.server.clone(), pool.clock.clone())
            .unwrap();
    let token = format!("Bearer {}", pool.token(&header(), &claims()));
    let answer = authorizer.handle(&request(json!([token]))).await.unwrap();
    let context = json!({ "sub": "me", "exp": (NOW + 3600).to_string() });
    let allowed = json!({ "isAuthorized": true, "context": context });
    assert_eq!(json!(answer), allowed);
    let denied = json!({ "isAuthorized": false, "context": {} });
    for event in [
        request(json!(null)),
        request(json!(["Bearer x"])),
        request(json!(7)),
        json!({}),
        json!(null),
    ] {
        let answer = authorizer.handle(&event).await.unwrap();
        assert_eq!(json!(answer), denied, "{event}");
    }
    let mut by_header = request(json!(null));
    by_header["headers"] = json!({ "Authorization": token });
    let answer = authorizer.handle(&by_header).await.unwrap();
    assert_eq!(json!(answer), allowed);
}

#[tokio::test]
async fn the_authorizer_fails_instead_of_refusing_while_the_keys_are_unavailable() {
    let pool = Pool::new("authorizer-outage");
    let environment =
        Environment::from([("USER_POOL_ID", "eu-central-1_pool"), ("CLIENT_ID", "app")]);
    let authorizer =
        Authorizer::from_environment(&environment, pool.server.clone(), pool.clock.clone())
            .unwrap();
    let event = request(json!([pool.token(&header(), &claims())]));
    let set = set(&[("one", &pool.key)]);
    pool.server.set_response(None);
    assert_eq!(authorizer.handle(&event).await, Err(KeysUnavailable));
    pool.server.set_response(Some(&set));
    pool.later(1);
    assert!(authorizer.handle(&event).await.unwrap().is_authorized);
    pool.server.set_response(None);
    pool.later(3_000);
    assert!(authorizer.handle(&event).await.unwrap().is_authorized);
}

/// An authorizer request of an HTTP API (payload 2.0).
fn request(identity_source: Value) -> Value {
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "identitySource": identity_source,
        "requestContext": { "http": { "method": "POST", "path": "/avatars/key_upload" } },
    })
}

#[test]
fn the_authorizer_names_an_invalid_variable() {
    let pairs = [("USER_POOL_ID", "eu-central-1_pool"), ("CLIENT_ID", "app")];
    for (missing, value) in [
        ("USER_POOL_ID", ""),
        ("CLIENT_ID", ""),
        ("USER_POOL_ID", "pool"),
    ] {
        let pairs = pairs.map(|pair| {
            if pair.0 == missing {
                (missing, value)
            } else {
                pair
            }
        });
        let clock = SystemTime::UNIX_EPOCH;
        let error =
            Authorizer::from_environment(&Environment::from(pairs), TestServer::default(), clock);
        assert_eq!(error.err().unwrap().name, missing);
    }
}
