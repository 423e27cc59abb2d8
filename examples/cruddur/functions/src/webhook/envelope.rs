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
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::certificate::SignatureVersion;
use super::{MAX_MESSAGE, VerifyError};

/// Bytes of a signature by an RSA key of 2,048 to 8,192 bits.
const SIGNATURE_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

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
    timestamp: String,
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

/// The text that a message's signature covers, and the signature.
#[derive(Debug)]
pub(super) struct SignedText {
    pub(super) text: String,
    pub(super) signature: Vec<u8>,
    pub(super) version: SignatureVersion,
    /// Time of the message, which is part of the text.
    pub(super) sent: OffsetDateTime,
}

impl Envelope {
    pub(super) fn parse(body: &[u8]) -> Result<Self, VerifyError> {
        if body.len() > MAX_MESSAGE {
            let reason = format!("longer than {MAX_MESSAGE} bytes");
            return Err(VerifyError::Malformed(reason));
        }
        serde_json::from_slice(body).map_err(|error| VerifyError::Malformed(error.to_string()))
    }

    /// What the signature is checked with. Needs no certificate.
    pub(super) fn signed(&self) -> Result<SignedText, VerifyError> {
        let malformed = |error: time::error::Parse| VerifyError::Malformed(error.to_string());
        Ok(SignedText {
            text: self.signed_text()?,
            signature: self.signature()?,
            version: self.signature_version()?,
            sent: OffsetDateTime::parse(&self.timestamp, &Rfc3339).map_err(malformed)?,
        })
    }

    fn signature_version(&self) -> Result<SignatureVersion, VerifyError> {
        match self.signature_version.as_str() {
            "1" => Ok(SignatureVersion::Sha1),
            "2" => Ok(SignatureVersion::Sha256),
            _ => Err(VerifyError::SignatureVersion),
        }
    }

    fn signature(&self) -> Result<Vec<u8>, VerifyError> {
        let decoded = STANDARD.decode(&self.signature).ok();
        let possible = decoded.filter(|bytes| SIGNATURE_BYTES.contains(&bytes.len()));
        possible.ok_or(VerifyError::Signature)
    }

    /// The signed fields: a line with the name and a line with the value of each, sorted by name.
    fn signed_text(&self) -> Result<String, VerifyError> {
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
