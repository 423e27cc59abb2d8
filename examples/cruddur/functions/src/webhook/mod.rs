//! The app's webhook: verifies the messages that SNS sends over HTTPS.
//!
//! ```no_run
//! use std::time::Duration;
//! use cruddur_functions::transport::Transport;
//! use cruddur_functions::webhook::{Change, Message, Trust, Verifier, changes};
//! use roundel_lambda::clock::SystemClock;
//!
//! # async fn webhook(body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let topic = "arn:aws:sns:eu-central-1:123456789012:avatars";
//! let transport = Transport::new(Duration::from_secs(5));
//! let verifier = Verifier::new(topic, Trust::amazon(topic)?, transport, SystemClock);
//! match verifier.verify(body).await? {
//!     Message::Confirmation(confirmation) => verifier.confirm(&confirmation).await?,
//!     Message::Notification(notification) => {
//!         for change in changes(&notification.message, "avatars")? {
//!             if let Change::Avatar(latest) = change {
//!                 // Store latest.digest for latest.sub, unless latest.order is older.
//!             }
//!         }
//!     }
//!     Message::Unsubscribed => {}
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A message is accepted only if its topic is the expected one, it is not too old, its certificate
//! comes from the SNS host of the topic's region and chains to a public root, and its signature
//! (version 1 or 2) covers every field that is used. No option disables any of these checks; a test
//! passes its own [`Trust`].

mod certificate;
mod change;
mod envelope;

use std::collections::HashMap;
use std::time::Duration;

use form_urlencoded::Serializer;
use roundel_lambda::clock::Clock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Mutex;

use crate::fetch::{Fetch, FetchError};
use certificate::SigningCertificate;
pub use certificate::Trust;
pub use change::{AvatarObject, Change, UnknownMessage, WrittenObject, changes};
use envelope::{Envelope, MessageType};

/// The longest message that is read: SNS's limit of 256 KiB, with JSON escapes.
pub const MAX_MESSAGE: usize = 1 << 20;
/// The greatest age of a message. SNS retries a delivery for about an hour.
const MAX_AGE: Duration = Duration::from_secs(2 * 3600);
/// Tolerated difference between the clocks.
const MAX_AHEAD: Duration = Duration::from_secs(300);
/// The most certificates that are cached.
const MAX_CERTIFICATES: usize = 8;

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a message of SNS.
    #[error("not a message of SNS: {0}")]
    Malformed(String),
    /// From another topic.
    #[error("the message is from another topic")]
    Topic,
    /// Too old, or from the future.
    #[error("the message is too old or from the future")]
    Time,
    /// An unknown signature version.
    #[error("the signature version is neither 1 nor 2")]
    SignatureVersion,
    /// The URL of the certificate is not on the SNS host of the topic's region.
    #[error("the certificate's URL is not on the SNS host of the topic's region")]
    CertificateUrl,
    /// The certificate cannot be fetched. SNS should retry.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The certificate does not belong to SNS, or has expired.
    #[error("the certificate is not trusted: {0}")]
    Certificate(String),
    /// The certificate's key did not sign this message.
    #[error("the signature is wrong")]
    Signature,
}

impl VerifyError {
    /// The HTTP status to answer: 503 where SNS should retry, else 403.
    pub fn status(&self) -> u16 {
        if matches!(self, Self::Fetch(_)) {
            503
        } else {
            403
        }
    }
}

/// A verified message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The topic asks to confirm the subscription: [`Verifier::confirm`].
    Confirmation(Confirmation),
    /// A message was published.
    Notification(Notification),
    /// The subscription was removed.
    Unsubscribed,
}

/// A subscription that waits for its confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    token: String,
}

/// A published message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Identifies the message; a retried delivery has the same id.
    pub id: String,
    /// The content, for [`changes`].
    pub message: String,
}

/// Verifies the messages of one topic.
#[derive(Debug)]
pub struct Verifier<F, C> {
    topic: String,
    trust: Trust,
    fetch: F,
    clock: C,
    certificates: Mutex<HashMap<String, SigningCertificate>>,
}

impl<F: Fetch, C: Clock> Verifier<F, C> {
    /// A verifier for the topic with this ARN.
    pub fn new(topic: &str, trust: Trust, fetch: F, clock: C) -> Self {
        Self {
            topic: topic.to_owned(),
            trust,
            fetch,
            clock,
            certificates: Mutex::default(),
        }
    }

    /// Verifies the body of a request.
    ///
    /// # Errors
    ///
    /// [`VerifyError`]; answer with [`VerifyError::status`].
    pub async fn verify(&self, body: &[u8]) -> Result<Message, VerifyError> {
        let envelope = Envelope::parse(body)?;
        if envelope.topic_arn != self.topic {
            return Err(VerifyError::Topic);
        }
        self.check_time(&envelope.timestamp)?;
        let certificate = self.certificate(&envelope.signing_cert_url).await?;
        // Also when it comes from the cache: it may have expired since.
        self.check_trust(&certificate)?;
        let (text, signature) = (envelope.signed_text()?, envelope.signature()?);
        certificate.verify(&text, &signature, envelope.signature_version()?)?;
        Ok(Message::from(envelope))
    }

    /// Confirms a subscription. The URL is built here, not taken from the message.
    ///
    /// # Errors
    ///
    /// SNS does not answer, or refuses.
    pub async fn confirm(&self, confirmation: &Confirmation) -> Result<(), FetchError> {
        let query = Serializer::new(String::new())
            .append_pair("Action", "ConfirmSubscription")
            .append_pair("TopicArn", &self.topic)
            .append_pair("Token", &confirmation.token)
            .finish();
        let url = format!("{}/?{query}", self.trust.endpoint);
        self.fetch.fetch(&url).await.map(drop)
    }

    fn check_time(&self, timestamp: &str) -> Result<(), VerifyError> {
        let malformed = |error: time::error::Parse| VerifyError::Malformed(error.to_string());
        let sent = OffsetDateTime::parse(timestamp, &Rfc3339).map_err(malformed)?;
        let now = OffsetDateTime::from(self.clock.now());
        let current = sent >= now - MAX_AGE && sent <= now + MAX_AHEAD;
        current.then_some(()).ok_or(VerifyError::Time)
    }

    fn check_trust(&self, certificate: &SigningCertificate) -> Result<(), VerifyError> {
        let checked = self.trust.check(certificate, self.clock.now());
        checked.map_err(VerifyError::Certificate)
    }

    async fn certificate(&self, url: &str) -> Result<SigningCertificate, VerifyError> {
        if !self.trust.is_certificate_url(url) {
            return Err(VerifyError::CertificateUrl);
        }
        if let Some(certificate) = self.certificates.lock().await.get(url) {
            return Ok(certificate.clone());
        }
        // Not locked during the fetch: a forged message with a slow URL must not delay others.
        let pem = self.fetch.fetch(url).await?;
        let mut certificate = SigningCertificate::parse(&pem).map_err(VerifyError::Certificate)?;
        self.fetch_issuers(&mut certificate).await?;
        self.check_trust(&certificate)?;
        let mut certificates = self.certificates.lock().await;
        if certificates.len() >= MAX_CERTIFICATES {
            certificates.clear();
        }
        certificates.insert(url.to_owned(), certificate.clone());
        Ok(certificate)
    }

    /// Fetches the issuers that are missing in the PEM file from the URLs in the certificates.
    async fn fetch_issuers(&self, certificate: &mut SigningCertificate) -> Result<(), VerifyError> {
        while let Some(url) = self.trust.missing_issuer(certificate, self.clock.now()) {
            let issuer = self.fetch.fetch(&url).await?;
            certificate.issuers.push(issuer);
        }
        Ok(())
    }
}

impl From<Envelope> for Message {
    fn from(envelope: Envelope) -> Self {
        match envelope.message_type {
            MessageType::Notification => Self::Notification(Notification {
                id: envelope.message_id,
                message: envelope.message,
            }),
            MessageType::SubscriptionConfirmation => Self::Confirmation(Confirmation {
                token: envelope.token.unwrap_or_default(),
            }),
            MessageType::UnsubscribeConfirmation => Self::Unsubscribed,
        }
    }
}
