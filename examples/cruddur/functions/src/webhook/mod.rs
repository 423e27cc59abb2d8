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
//!     // Anyone who has seen a message can unsubscribe: it contains the URL for that.
//!     Message::Unsubscribed(confirmation) => verifier.confirm(&confirmation).await?,
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A message is accepted only if its topic is the expected one, its certificate comes from the SNS
//! host of the topic's region and chains to a public root, its signature (version 1 or 2) covers
//! every field that is used, and it is not too old. No option disables any of these checks; a test
//! passes its own [`Trust`].
//!
//! SNS repeats a message after a 503, and drops it after a 403. So a doubt that can be this machine's
//! fault is a 503: the certificate cannot be fetched, or a time is wrong, as if by a wrong clock.

mod certificate;
mod certificates;
mod change;
mod envelope;
mod signing_name;

use std::sync::Arc;
use std::time::Duration;

use form_urlencoded::Serializer;
use roundel_lambda::clock::Clock;
use time::OffsetDateTime;

use crate::fetch::{Fetch, FetchError};
pub use certificate::Trust;
use certificates::Certificates;
pub use change::{AvatarObject, Change, UnknownMessage, WrittenObject, changes};
use envelope::{Envelope, MessageType};

/// The longest message that is read: SNS's limit of 256 KiB, with JSON escapes.
pub const MAX_MESSAGE: usize = 1 << 20;
/// The greatest age of a message. SNS retries a delivery for about an hour.
const MAX_AGE: Duration = Duration::from_secs(2 * 3600);
/// Tolerated difference between the clocks.
const MAX_AHEAD: Duration = Duration::from_secs(300);

/// Why a message is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a message of SNS.
    #[error("not a message of SNS: {0}")]
    Malformed(String),
    /// From another topic.
    #[error("the message is from another topic")]
    Topic,
    /// Signed by SNS, but too old or from the future: a replay, or the clock here is wrong.
    #[error("the message is too old or from the future, or the clock of this machine is wrong")]
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
    /// Too many unknown certificates were fetched within a short time. SNS should retry.
    #[error("too many certificates were fetched within a short time")]
    TooManyFetches,
    /// The certificate does not belong to SNS.
    #[error("the certificate is not trusted: {0}")]
    Certificate(String),
    /// The certificate has expired or is not valid yet, or the clock here is wrong.
    #[error("the certificate is not valid now, or the clock of this machine is wrong: {0}")]
    CertificateTime(String),
    /// The certificate's key did not sign this message.
    #[error("the signature is wrong")]
    Signature,
}

impl VerifyError {
    /// The HTTP status to answer: 503 where SNS should retry, else 403.
    pub fn status(&self) -> u16 {
        match self {
            Self::Fetch(_) | Self::TooManyFetches | Self::Time | Self::CertificateTime(_) => 503,
            Self::Malformed(_)
            | Self::Topic
            | Self::SignatureVersion
            | Self::CertificateUrl
            | Self::Certificate(_)
            | Self::Signature => 403,
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
    /// The subscription was removed. [`Verifier::confirm`] restores it.
    Unsubscribed(Confirmation),
}

/// A subscription that waits for its confirmation, the first one or another one.
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
    trust: Arc<Trust>,
    fetch: Arc<F>,
    clock: C,
    certificates: Certificates<F>,
}

impl<F: Fetch + 'static, C: Clock> Verifier<F, C> {
    /// A verifier for the topic with this ARN.
    pub fn new(topic: &str, trust: Trust, fetch: F, clock: C) -> Self {
        let (trust, fetch) = (Arc::new(trust), Arc::new(fetch));
        Self {
            topic: topic.to_owned(),
            certificates: Certificates::new(fetch.clone(), trust.clone()),
            trust,
            fetch,
            clock,
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
        // Everything that can be checked without the certificate is checked before it is fetched.
        let signed = envelope.signed()?;
        let now = self.clock.now();
        let certificate = self
            .certificates
            .get(&envelope.signing_cert_url, now)
            .await?;
        // Also when it comes from the cache: it may have expired since.
        self.trust.check(&certificate, now)?;
        certificate.verify(&signed)?;
        // After the signature: only a message of SNS can raise doubts about the clock.
        self.check_time(signed.sent)?;
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

    fn check_time(&self, sent: OffsetDateTime) -> Result<(), VerifyError> {
        let now = OffsetDateTime::from(self.clock.now());
        let current = sent >= now - MAX_AGE && sent <= now + MAX_AHEAD;
        current.then_some(()).ok_or(VerifyError::Time)
    }
}

impl From<Envelope> for Message {
    fn from(envelope: Envelope) -> Self {
        let token = envelope.token.unwrap_or_default();
        match envelope.message_type {
            MessageType::Notification => Self::Notification(Notification {
                id: envelope.message_id,
                message: envelope.message,
            }),
            MessageType::SubscriptionConfirmation => Self::Confirmation(Confirmation { token }),
            MessageType::UnsubscribeConfirmation => Self::Unsubscribed(Confirmation { token }),
        }
    }
}
