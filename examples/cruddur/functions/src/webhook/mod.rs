//! The app's webhook: messages of an SNS topic over HTTPS, believed only when they are Amazon's.
//!
//! ```no_run
//! use std::time::Duration;
//! use roundel_lambda::{clock::System, transport::Transport};
//! use cruddur_functions::webhook::{Change, Message, Trust, Verifier, changes};
//!
//! # async fn webhook(body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
//! let topic = "arn:aws:sns:eu-central-1:123456789012:avatars";
//! let transport = Transport::new(Duration::from_secs(5));
//! let verifier = Verifier::new(topic, Trust::amazon(topic)?, transport, System);
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
//! A message is refused unless its topic is the expected one, it is not too old, its certificate
//! comes from the host of SNS in the topic's region and chains to a root of the web's, and its
//! signature (version 1 or 2) is of every field that counts. There is no switch to turn any of it
//! off: a test brings a [`Trust`] of its own.

mod certificate;
mod change;
mod envelope;

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::fetch::{Fetch, FetchError};
use certificate::Leaf;
pub use certificate::Trust;
pub use change::{Change, Object, Put, UnknownMessage, changes};
use envelope::{Envelope, Kind};
use roundel_lambda::clock::Clock;
use roundel_lambda::key::encode_uri;

/// The longest message that is read: SNS's limit of 256 KiB, escaped.
pub const MAX_MESSAGE: usize = 1 << 20;
/// The oldest message that is believed: SNS repeats a delivery for about an hour.
const MAX_AGE: Duration = Duration::from_secs(2 * 3600);
/// How far the clocks may differ.
const MAX_AHEAD: Duration = Duration::from_secs(300);
/// The most certificates that are kept.
const MAX_CERTIFICATES: usize = 8;

/// Why a message is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Spoof {
    /// Not a message of SNS.
    #[error("not a message of SNS: {0}")]
    Malformed(String),
    /// Of another topic.
    #[error("the message is of another topic")]
    Topic,
    /// Too old, or from the future.
    #[error("the message is not of these hours")]
    Time,
    /// Signed in a way that is not known here.
    #[error("the signature's version is neither 1 nor 2")]
    Version,
    /// Its certificate is not at an address of SNS in the topic's region.
    #[error("the certificate's address is not one of SNS in the topic's region")]
    Address,
    /// Its certificate cannot be fetched: answer 500, and SNS sends the message again.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its certificate is not one of SNS's.
    #[error("the certificate is not trusted: {0}")]
    Certificate(String),
    /// Signed by another, or changed since.
    #[error("the signature is wrong")]
    Signature,
}

impl Spoof {
    /// The status to answer: 503 where SNS should try again, else 403.
    pub fn status(&self) -> u16 {
        if matches!(self, Self::Fetch(_)) {
            503
        } else {
            403
        }
    }
}

/// A message that SNS has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Asks whether this endpoint wants the topic's messages: [`Verifier::confirm`].
    Confirmation(Confirmation),
    /// Something was published.
    Notification(Notification),
    /// The endpoint was taken off the topic.
    Unsubscribed,
}

/// A subscription that waits to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    token: String,
}

/// What was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Unique to the message, and the same when it is delivered again.
    pub id: String,
    /// The content, unescaped: for [`changes`].
    pub message: String,
}

/// Verifies the messages of one topic.
#[derive(Debug)]
pub struct Verifier<F, C> {
    topic: String,
    trust: Trust,
    fetch: F,
    clock: C,
    leaves: Mutex<HashMap<String, Leaf>>,
}

impl<F: Fetch, C: Clock> Verifier<F, C> {
    /// For the topic of this ARN.
    pub fn new(topic: &str, trust: Trust, fetch: F, clock: C) -> Self {
        Self {
            topic: topic.to_owned(),
            trust,
            fetch,
            clock,
            leaves: Mutex::default(),
        }
    }

    /// Verifies the body of a request.
    ///
    /// # Errors
    ///
    /// [`Spoof`]; [`Spoof::status`] is what to answer.
    pub async fn verify(&self, body: &[u8]) -> Result<Message, Spoof> {
        let envelope = Envelope::read(body)?;
        if envelope.topic_arn != self.topic {
            return Err(Spoof::Topic);
        }
        self.check_time(&envelope.timestamp)?;
        let leaf = self.leaf(&envelope.signing_cert_url).await?;
        let now = self.clock.now();
        self.trust.check(&leaf, now).map_err(Spoof::Certificate)?;
        leaf.verify(
            &envelope.signed()?,
            &envelope.signature()?,
            envelope.version()?,
        )?;
        Ok(match envelope.kind {
            Kind::Notification => Message::Notification(Notification {
                id: envelope.message_id,
                message: envelope.message,
            }),
            Kind::SubscriptionConfirmation => Message::Confirmation(Confirmation {
                token: envelope.token.unwrap_or_default(),
            }),
            Kind::UnsubscribeConfirmation => Message::Unsubscribed,
        })
    }

    /// Confirms a subscription. The address is put together here, not taken from the message.
    ///
    /// # Errors
    ///
    /// SNS does not answer, or refuses.
    pub async fn confirm(&self, confirmation: &Confirmation) -> Result<(), FetchError> {
        let (topic, token) = (
            encode_uri(&self.topic, ""),
            encode_uri(&confirmation.token, ""),
        );
        let endpoint = &self.trust.endpoint;
        let url = format!("{endpoint}/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}");
        self.fetch.fetch(&url).await.map(drop)
    }

    fn check_time(&self, timestamp: &str) -> Result<(), Spoof> {
        use time::OffsetDateTime;
        use time::format_description::well_known::Rfc3339;
        let malformed = |error: time::error::Parse| Spoof::Malformed(error.to_string());
        let sent = OffsetDateTime::parse(timestamp, &Rfc3339).map_err(malformed)?;
        let now = OffsetDateTime::from(self.clock.now());
        let believed = sent >= now - MAX_AGE && sent <= now + MAX_AHEAD;
        believed.then_some(()).ok_or(Spoof::Time)
    }

    async fn leaf(&self, url: &str) -> Result<Leaf, Spoof> {
        if !self.trust.is_address(url) {
            return Err(Spoof::Address);
        }
        if let Some(leaf) = self.leaves.lock().await.get(url) {
            return Ok(leaf.clone());
        }
        // Not locked meanwhile: strangers with made-up addresses would keep Amazon waiting.
        let pem = self.fetch.fetch(url).await?;
        let mut leaf = Leaf::read(&pem).map_err(Spoof::Certificate)?;
        self.complete(&mut leaf).await?;
        self.trust
            .check(&leaf, self.clock.now())
            .map_err(Spoof::Certificate)?;
        let mut leaves = self.leaves.lock().await;
        if leaves.len() >= MAX_CERTIFICATES {
            leaves.clear();
        }
        leaves.insert(url.to_owned(), leaf.clone());
        Ok(leaf)
    }

    /// Fetches issuers that did not come along, from where the certificates say.
    async fn complete(&self, leaf: &mut Leaf) -> Result<(), Spoof> {
        while let Some(url) = self.trust.missing_issuer(leaf, self.clock.now()) {
            let issuer = self.fetch.fetch(&url).await?;
            leaf.issuers.push(issuer);
        }
        Ok(())
    }
}
