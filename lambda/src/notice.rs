//! The notices that process publishes for the app.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::order::Order;

/// A message on the topic, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Notice {
    /// A user has a new avatar. A notice can arrive late and more than once: store the avatar unless
    /// its `order` is older than that of the stored one. An upload that is rendered again has an
    /// equal `order`.
    Avatar(Latest),
    /// An upload is refused permanently.
    Refused(Refusal),
}

/// The newest avatar of a user; also the content of `avatars/<sub>/latest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// The user.
    pub sub: String,
    /// The folder of its sizes: 64 hexadecimal digits.
    pub digest: String,
    /// Width and height of each, in pixels, the alias first.
    pub sizes: Vec<[u32; 2]>,
    /// The formats of each size, as in the options of roundel: always `jpeg`, and others if process
    /// is set up for them. Their order is the order of preference.
    #[serde(default = "Latest::jpeg_only")]
    pub formats: Vec<String>,
    /// A ThumbHash in base64, to show while the avatar loads.
    pub thumbhash: String,
    /// The dominant color, `RRGGBB` in hexadecimal.
    pub color: String,
    /// The upload that it was rendered from.
    pub order: Order,
}

impl Latest {
    /// The formats of an avatar of which none are stated.
    pub fn jpeg_only() -> Vec<String> {
        vec!["jpeg".to_owned()]
    }
}

/// Why an upload cannot become an avatar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The bucket of the upload.
    pub bucket: String,
    /// Its key; as it is in the event, if it cannot be decoded.
    pub key: String,
    /// The user, if the key names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// `malformed`, `unsupported` or `limit_exceeded` from the renderer; `too_large`, `empty`,
    /// `invalid_key` or `gone` from process.
    pub code: String,
    /// An explanation for people.
    pub message: String,
    /// The `sequencer` of the event, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

/// A notice that is not sent, in spite of retries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the notice was not sent: {0}")]
pub struct NotifyError(pub String);

/// Sends notices to the app.
pub trait Notifier: Send + Sync {
    /// Sends a notice, at least once.
    fn send(&self, notice: &Notice) -> impl Future<Output = Result<(), NotifyError>> + Send;
}

/// Sends nothing. The app can subscribe to the events of the bucket instead.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopNotifier;

impl Notifier for NoopNotifier {
    async fn send(&self, _: &Notice) -> Result<(), NotifyError> {
        Ok(())
    }
}
