//! The cache of signing certificates.
//!
//! A message names the URL of its certificate, and anyone can post a message. So a URL is fetched by
//! one flight at a time, a failure is remembered, and a token bucket limits the fetches of all URLs
//! together. A certificate that is cached needs none of this.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use roundel_lambda::clock::since_epoch;

use super::VerifyError;
use super::certificate::{SigningCertificate, Trust};
use crate::fetch::Fetch;
use crate::single_flight::SingleFlight;

/// How long a failure is remembered.
const MIN_FETCH_INTERVAL: Duration = Duration::from_secs(10);
/// Fetches at once, before the token bucket is empty. It gains one token per second.
const BURST: u64 = 10;
/// The most URLs that are cached. The rate limit keeps their number below this, unless SNS has many
/// valid certificates.
const MAX_URLS: usize = 64;

type CertificateFlight = SingleFlight<SigningCertificate, VerifyError>;

/// Fetches and caches certificates.
#[derive(Debug)]
pub(super) struct Certificates<F> {
    fetch: Arc<F>,
    trust: Arc<Trust>,
    cached: Mutex<CachedCertificates>,
}

#[derive(Debug)]
struct CachedCertificates {
    by_url: HashMap<String, CertificateFlight>,
    bucket: TokenBucket,
}

/// A token bucket with one token per second.
#[derive(Debug)]
struct TokenBucket {
    tokens: u64,
    refilled: u64,
}

impl TokenBucket {
    fn take(&mut self, now: u64) -> bool {
        let gained = now.abs_diff(self.refilled);
        self.refilled = now;
        self.tokens = self.tokens.saturating_add(gained).min(BURST);
        let taken = self.tokens > 0;
        self.tokens -= u64::from(taken);
        taken
    }
}

impl<F: Fetch + 'static> Certificates<F> {
    pub(super) fn new(fetch: Arc<F>, trust: Arc<Trust>) -> Self {
        let bucket = TokenBucket {
            tokens: BURST,
            refilled: 0,
        };
        Self {
            fetch,
            trust,
            cached: Mutex::new(CachedCertificates {
                by_url: HashMap::new(),
                bucket,
            }),
        }
    }

    /// The certificate at `url`, which was trusted when it was fetched.
    pub(super) async fn get(
        &self,
        url: &str,
        now: SystemTime,
    ) -> Result<Arc<SigningCertificate>, VerifyError> {
        if !self.trust.is_certificate_url(url) {
            return Err(VerifyError::CertificateUrl);
        }
        let landed = self.flight(url, now)?.landed().await;
        let failure = landed.failure.unwrap_or(VerifyError::TooManyFetches);
        landed.value.ok_or(failure)
    }

    /// The flight to `url`, started if it is due and within the rate limit.
    fn flight(&self, url: &str, now: SystemTime) -> Result<CertificateFlight, VerifyError> {
        let seconds = since_epoch(now).as_secs();
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = cached.by_url.get(url)
            && !needs_fetch(flight, seconds)
        {
            return Ok(flight.clone());
        }
        let flight = cached.insert(url, seconds)?;
        let (fetch, trust, url) = (self.fetch.clone(), self.trust.clone(), url.to_owned());
        flight.renew(seconds, MIN_FETCH_INTERVAL, || async move {
            fetch_certificate(&*fetch, &trust, &url, now).await
        });
        Ok(flight)
    }
}

impl CachedCertificates {
    /// A flight that has not started, if the rate limit allows it. Forgets old failures.
    fn insert(&mut self, url: &str, now: u64) -> Result<CertificateFlight, VerifyError> {
        if !self.bucket.take(now) {
            return Err(VerifyError::TooManyFetches);
        }
        self.by_url.retain(|_, flight| !needs_fetch(flight, now));
        if self.by_url.len() >= MAX_URLS {
            self.by_url.clear();
        }
        let flight = CertificateFlight::new();
        self.by_url.insert(url.to_owned(), flight.clone());
        Ok(flight)
    }
}

/// Whether there is neither a certificate, nor a flight, nor a recent failure.
fn needs_fetch(flight: &CertificateFlight, now: u64) -> bool {
    flight.state().value.is_none() && flight.is_due(now, MIN_FETCH_INTERVAL)
}

/// Fetches a certificate, and the issuers that are missing in its PEM file from the URLs in the
/// certificates.
async fn fetch_certificate<F: Fetch>(
    fetch: &F,
    trust: &Trust,
    url: &str,
    now: SystemTime,
) -> Result<SigningCertificate, VerifyError> {
    let pem = fetch.fetch(url).await?;
    let mut certificate = SigningCertificate::parse(&pem).map_err(VerifyError::Certificate)?;
    while let Some(url) = trust.missing_issuer(&certificate, now) {
        certificate.issuers.push(fetch.fetch(&url).await?);
    }
    trust.check(&certificate, now)?;
    Ok(certificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_bucket_allows_a_burst_and_then_one_per_second() {
        let mut bucket = TokenBucket {
            tokens: BURST,
            refilled: 0,
        };
        let taken = |bucket: &mut TokenBucket, now| (0..100).filter(|_| bucket.take(now)).count();
        assert_eq!(taken(&mut bucket, 1_000), BURST as usize);
        assert_eq!(taken(&mut bucket, 1_000), 0);
        assert_eq!(taken(&mut bucket, 1_003), 3);
        assert_eq!(taken(&mut bucket, 9_999), BURST as usize);
        assert_eq!(taken(&mut bucket, 9_998), 1, "the clock was set back");
    }
}
