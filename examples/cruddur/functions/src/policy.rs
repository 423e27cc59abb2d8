//! The policy of a presigned POST: what S3 accepts from a form, signed.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use roundel_lambda::clock::since_epoch;
use roundel_lambda::sign::Signer;

/// What a form may upload.
#[derive(Clone, Debug)]
pub struct Policy<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The one key.
    pub key: &'a str,
    /// The one media type.
    pub content_type: &'a str,
    /// The most bytes; the least is 1.
    pub at_most: u64,
}

impl Policy<'_> {
    /// The form's fields, to be sent before the field `file`.
    pub fn fields(
        &self,
        signer: &Signer,
        now: SystemTime,
        expires_in: Duration,
    ) -> BTreeMap<String, String> {
        let stamp = stamp(now);
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
            json!(["content-length-range", 1, self.at_most]),
        ];
        conditions.extend(fields.iter().map(|(name, value)| json!({ *name: value })));
        let expiration = iso(now + expires_in);
        let policy = json!({ "expiration": expiration, "conditions": conditions }).to_string();
        let policy = STANDARD.encode(policy);
        fields.insert("x-amz-signature", signer.sign_policy(&policy, now));
        fields.insert("policy", policy);
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

/// `20151229T000000Z`.
fn stamp(time: SystemTime) -> String {
    let (year, month, day, [hour, minute, second]) = civil(time);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// `2015-12-29T00:00:00Z`.
fn iso(time: SystemTime) -> String {
    let (year, month, day, [hour, minute, second]) = civil(time);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Year, month, day and the time of the day, UTC, in the Gregorian calendar: eras of 400 years
/// that begin in March, so that the leap day is the last of its year.
fn civil(time: SystemTime) -> (u64, u64, u64, [u64; 3]) {
    let seconds = since_epoch(time).as_secs();
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leaps = day_of_era / 1_460 + day_of_era / 146_096;
    let year_of_era = (day_of_era + day_of_era / 36_524 - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let clock = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60];
    (year, month, day, clock)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn dates_are_right_around_leap_days() {
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
                iso(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
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
            at_most: 1000,
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
