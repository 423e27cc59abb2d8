//! The policy of a presigned POST: a signed JSON document of what S3 accepts from a form.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::sign::Signer;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

/// `20151229T000000Z`.
const STAMP: &[BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");
/// `2015-12-29T00:00:00Z`.
const EXPIRATION: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// What a form may upload.
#[derive(Clone, Debug)]
pub struct Policy<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The only key.
    pub key: &'a str,
    /// The only media type.
    pub content_type: &'a str,
    /// The most bytes; the least is 1.
    pub max_bytes: u64,
}

impl Policy<'_> {
    /// The fields of the form; the client sends them before the field `file`.
    pub fn fields(
        &self,
        signer: &Signer,
        now: SystemTime,
        expires_in: Duration,
    ) -> BTreeMap<String, String> {
        let stamp = format(now, STAMP);
        let mut fields = BTreeMap::from([
            ("key", self.key.to_owned()),
            ("Content-Type", self.content_type.to_owned()),
            ("success_action_status", "204".to_owned()),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("x-amz-credential", signer.scope(&stamp[..8])),
            ("x-amz-date", stamp),
        ]);
        if let Some(token) = signer.session_token() {
            fields.insert("x-amz-security-token", token.to_owned());
        }
        let mut conditions = vec![
            json!({ "bucket": self.bucket }),
            json!(["content-length-range", 1, self.max_bytes]),
        ];
        conditions.extend(fields.iter().map(|(name, value)| json!({ *name: value })));
        let expiration = format(now + expires_in, EXPIRATION);
        let policy = json!({ "expiration": expiration, "conditions": conditions }).to_string();
        let policy = STANDARD.encode(policy);
        fields.insert("x-amz-signature", signer.sign_policy(&policy, now));
        fields.insert("policy", policy);
        let owned = |(name, value): (&str, String)| (name.to_owned(), value);
        fields.into_iter().map(owned).collect()
    }
}

/// Formatting fails only for components that a date does not have.
fn format(time: SystemTime, format: &[BorrowedFormatItem<'_>]) -> String {
    OffsetDateTime::from(time)
        .format(&format)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn dates_around_leap_days_are_correct() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ];
        for (seconds, text) in cases {
            assert_eq!(
                format(
                    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
                    EXPIRATION
                ),
                text
            );
        }
    }

    #[test]
    fn every_field_is_covered_by_the_policy() {
        let signer = Signer::new("AKID", "secret", Some("token".into()), "us-east-1");
        let policy = Policy {
            bucket: "uploads",
            key: "in/me/1.jpg",
            content_type: "image/jpeg",
            max_bytes: 1000,
        };
        let fields = policy.fields(&signer, SystemTime::UNIX_EPOCH, Duration::from_secs(300));
        let document: Value =
            serde_json::from_slice(&STANDARD.decode(&fields["policy"]).unwrap()).unwrap();
        assert_eq!(document["expiration"], "1970-01-01T00:05:00Z");
        let conditions = document["conditions"].as_array().unwrap();
        assert!(conditions.contains(&json!(["content-length-range", 1, 1000])));
        assert!(conditions.contains(&json!({ "bucket": "uploads" })));
        for (name, value) in &fields {
            let exempt = ["policy", "x-amz-signature"].contains(&name.as_str());
            assert!(
                exempt || conditions.contains(&json!({ name: value })),
                "{name}"
            );
        }
        assert_eq!(fields["x-amz-security-token"], "token");
    }

    /// Amazon's published example: docs, "Browser-Based Upload using HTTP POST".
    #[test]
    fn the_signing_key_is_that_of_the_published_example() {
        let signer = Signer::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            None,
            "us-east-1",
        );
        let policy = include_str!("../tests/sigv4_post_policy.b64").trim_end();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_451_347_200);
        assert_eq!(
            signer.sign_policy(policy, time),
            "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
        );
        assert_eq!(
            signer.scope("20151229"),
            "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"
        );
    }
}
