//! An SNS message as it arrives, and the text that its signature covers.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html>
//!
//! Not `SnsMessage` of `aws_lambda_events`: it parses `Timestamp` into a date, but the signature
//! covers the text as it was sent. It also has a type for each kind of message, so the kind would
//! have to be read first.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::certificate::SignatureVersion;
use super::{MAX_MESSAGE, VerifyError};

/// The field `Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum MessageType {
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

impl MessageType {
    fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope {
    #[serde(rename = "Type")]
    pub(super) message_type: MessageType,
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
    pub(super) fn parse(body: &[u8]) -> Result<Self, VerifyError> {
        if body.len() > MAX_MESSAGE {
            let reason = format!("longer than {MAX_MESSAGE} bytes");
            return Err(VerifyError::Malformed(reason));
        }
        serde_json::from_slice(body).map_err(|error| VerifyError::Malformed(error.to_string()))
    }

    pub(super) fn signature_version(&self) -> Result<SignatureVersion, VerifyError> {
        match self.signature_version.as_str() {
            "1" => Ok(SignatureVersion::Sha1),
            "2" => Ok(SignatureVersion::Sha256),
            _ => Err(VerifyError::SignatureVersion),
        }
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, VerifyError> {
        let decoded = STANDARD.decode(&self.signature);
        decoded.map_err(|_| VerifyError::Signature)
    }

    /// The signed fields: a line with the name and a line with the value of each, sorted by name.
    pub(super) fn signed_text(&self) -> Result<String, VerifyError> {
        let is_notification = self.message_type == MessageType::Notification;
        let mut fields = vec![
            ("Message", self.message.as_str()),
            ("MessageId", &self.message_id),
        ];
        if is_notification {
            fields.extend(self.subject.iter().map(|text| ("Subject", text.as_str())));
        } else {
            let url = required("SubscribeURL", self.subscribe_url.as_deref())?;
            fields.push(("SubscribeURL", url));
        }
        fields.push(("Timestamp", &self.timestamp));
        if !is_notification {
            fields.push(("Token", required("Token", self.token.as_deref())?));
        }
        fields.push(("TopicArn", &self.topic_arn));
        fields.push(("Type", self.message_type.name()));
        let lines = |(name, value): &(&str, &str)| format!("{name}\n{value}\n");
        Ok(fields.iter().map(lines).collect())
    }
}

fn required<'e>(name: &str, field: Option<&'e str>) -> Result<&'e str, VerifyError> {
    field.ok_or_else(|| VerifyError::Malformed(format!("no {name}")))
}
