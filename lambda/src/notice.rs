//! What process tells the app, and how the app reads it.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::order::Order;

/// A message on the topic, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Notice {
    /// A user has a new avatar. May come more than once, and late: keep it unless its `order` is
    /// older than that of the one you have. An upload that was rendered anew has the same one.
    Avatar(Latest),
    /// An upload was refused for good.
    Refused(Refusal),
}

/// The newest avatar of a user; also the content of `avatars/<sub>/latest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// Whose it is.
    pub sub: String,
    /// The folder of its sizes: 64 hexadecimal digits.
    pub digest: String,
    /// Width and height of each, in pixels, the alias first.
    pub sizes: Vec<[u32; 2]>,
    /// A ThumbHash to show meanwhile, in base64.
    pub thumbhash: String,
    /// The colour of most of it, `RRGGBB`.
    pub color: String,
    /// Which upload it was made from.
    pub order: Order,
}

/// Why an upload will never become an avatar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The bucket of the upload.
    pub bucket: String,
    /// Its key, as in the event if it cannot be decoded.
    pub key: String,
    /// Whose it is, if the key says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// `malformed`, `unsupported`, `limit_exceeded`, `internal` or `invalid_options` from the
    /// renderer; `too_large`, `empty`, `invalid_key` or `gone` from here.
    pub code: String,
    /// The same for a person.
    pub message: String,
    /// The event's `sequencer`, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
}

/// A notice that could not be sent although that was repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the notice was not sent: {0}")]
pub struct NoticeError(pub String);

/// Tells the app.
pub trait Notify: Send + Sync {
    /// Sends a notice, at least once.
    fn send(&self, notice: &Notice) -> impl Future<Output = Result<(), NoticeError>> + Send;
}

/// Nobody is told: the app listens to the bucket's own notices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Notify for Silent {
    async fn send(&self, _: &Notice) -> Result<(), NoticeError> {
        Ok(())
    }
}
