//! A message as it arrives, and the text that its signature is of.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::certificate::Version;
use super::{MAX_MESSAGE, Spoof};

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Kind {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope {
    #[serde(rename = "Type")]
    pub(super) kind: Kind,
    pub(super) message_id: String,
    pub(super) message: String,
    pub(super) timestamp: String,
    pub(super) topic_arn: String,
    pub(super) token: Option<String>,
    subject: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    pub(super) signing_cert_url: String,
}

impl Envelope {
    pub(super) fn read(body: &[u8]) -> Result<Self, Spoof> {
        if body.len() > MAX_MESSAGE {
            return Err(Spoof::Malformed(format!("longer than {MAX_MESSAGE} bytes")));
        }
        serde_json::from_slice(body).map_err(|error| Spoof::Malformed(error.to_string()))
    }

    pub(super) fn version(&self) -> Result<Version, Spoof> {
        match self.signature_version.as_str() {
            "1" => Ok(Version::Sha1),
            "2" => Ok(Version::Sha256),
            _ => Err(Spoof::Version),
        }
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, Spoof> {
        STANDARD
            .decode(&self.signature)
            .map_err(|_| Spoof::Signature)
    }

    /// Names and values, a line each, in the order of their names.
    pub(super) fn signed(&self) -> Result<String, Spoof> {
        let mut pairs = vec![("Message", &self.message), ("MessageId", &self.message_id)];
        if self.kind == Kind::Notification {
            pairs.extend(self.subject.iter().map(|subject| ("Subject", subject)));
        } else {
            let missing = |name| move || Spoof::Malformed(format!("no {name}"));
            let url = self
                .subscribe_url
                .as_ref()
                .ok_or_else(missing("SubscribeURL"))?;
            pairs.push(("SubscribeURL", url));
        }
        pairs.push(("Timestamp", &self.timestamp));
        if self.kind != Kind::Notification {
            let missing = || Spoof::Malformed("no Token".to_owned());
            pairs.push(("Token", self.token.as_ref().ok_or_else(missing)?));
        }
        pairs.push(("TopicArn", &self.topic_arn));
        let kind = format!("{:?}", self.kind);
        pairs.push(("Type", &kind));
        Ok(pairs
            .iter()
            .map(|(name, value)| format!("{name}\n{value}\n"))
            .collect())
    }
}
