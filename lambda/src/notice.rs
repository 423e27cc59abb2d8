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
    /// A user has no avatar anymore. Delete the stored one unless its `order` is newer, and keep the
    /// `order` of the removal: a late notice of an older avatar must not bring it back.
    Removed(Removal),
}

/// The content of `avatars/<sub>/latest.json`: the newest avatar, or the removal after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Newest {
    /// The newest avatar.
    Avatar(Latest),
    /// The user has removed the avatar, or an operator has taken it down.
    Removed(Removal),
}

impl Newest {
    /// Reads the document. `None` if it is neither.
    pub fn parse(json: &[u8]) -> Option<Self> {
        match serde_json::from_slice(json) {
            Ok(Notice::Removed(removal)) => Some(Self::Removed(removal)),
            // An avatar is written without `type`.
            _ => serde_json::from_slice(json).ok().map(Self::Avatar),
        }
    }

    /// The document.
    ///
    /// # Errors
    ///
    /// None in practice: every field can be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        match self {
            Self::Avatar(latest) => serde_json::to_vec(latest),
            Self::Removed(removal) => serde_json::to_vec(&Notice::Removed(removal.clone())),
        }
    }

    /// The user.
    pub fn sub(&self) -> &str {
        match self {
            Self::Avatar(latest) => &latest.sub,
            Self::Removed(removal) => &removal.sub,
        }
    }

    /// The upload of the avatar, or the removal.
    pub fn order(&self) -> &Order {
        match self {
            Self::Avatar(latest) => &latest.order,
            Self::Removed(removal) => &removal.order,
        }
    }

    /// The time of the user's last removal, in milliseconds since 1970. Uploads until then are removed.
    pub fn removed_before(&self) -> Option<i64> {
        match self {
            Self::Avatar(latest) => latest.removed_before,
            Self::Removed(removal) => Some(removal.order.time),
        }
    }

    /// The avatar, if it is not removed.
    pub fn avatar(&self) -> Option<&Latest> {
        match self {
            Self::Avatar(latest) => Some(latest),
            Self::Removed(_) => None,
        }
    }
}

impl From<Newest> for Notice {
    fn from(newest: Newest) -> Self {
        match newest {
            Newest::Avatar(latest) => Self::Avatar(latest),
            Newest::Removed(removal) => Self::Removed(removal),
        }
    }
}

/// A removal of everything that a user has uploaded before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// The user.
    pub sub: String,
    /// The removal, ordered among the uploads of the user.
    pub order: Order,
}

/// The newest avatar of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// The user.
    pub sub: String,
    /// The folder of its sizes: 64 hexadecimal digits ([`crate::key::version_folder`]).
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
    /// The time of the user's last removal, in milliseconds since 1970: older uploads are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_before: Option<i64>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_is_read_back_and_a_damaged_avatar_is_not_mistaken_for_one() {
        let order = Order {
            key: "in/me/1.remove".into(),
            sequencer: Some("01".into()),
            time: 7,
            etag: "e".into(),
        };
        let sub = "me".to_owned();
        let removed = Newest::Removed(Removal { sub, order });
        let json = removed.to_json().unwrap();
        assert_eq!(Newest::parse(&json), Some(removed));
        let damaged = r#"{"sub":"me","order":{"key":"in/me/1.jpg","time":7}}"#;
        assert_eq!(Newest::parse(damaged.as_bytes()), None);
    }
}
