//! Metrics in CloudWatch's embedded metric format: log lines that CloudWatch turns into metrics.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::Write;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::clock::since_epoch;

/// The namespace of every metric.
pub const NAMESPACE: &str = "Roundel";

/// The metrics of one upload.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UploadMetrics {
    /// `rendered`, `duplicate`, `stale`, `removed`, `superseded`, `reused`, `ignored`, `refused` or `failed`.
    pub outcome: &'static str,
    /// The code of a refusal.
    pub code: Option<String>,
    /// Size of the upload.
    pub bytes: u64,
    /// Duration from the event to the notice.
    pub milliseconds: f64,
    /// Duration of the render alone.
    pub render_milliseconds: f64,
    /// Whether this was the first upload of this process.
    pub cold_start: bool,
}

impl UploadMetrics {
    /// The log line. Counts have the dimensions outcome and, for a refusal, code.
    pub fn line(&self, function: &str, now: SystemTime) -> Value {
        let code = self.code.as_deref().unwrap_or("none");
        let metric = |name: &str, unit: &str| json!({ "Name": name, "Unit": unit });
        json!({
            "_aws": {
                "Timestamp": since_epoch(now).as_millis() as u64,
                "CloudWatchMetrics": [{
                    "Namespace": NAMESPACE,
                    "Dimensions": [["Function"], ["Function", "Outcome"], ["Function", "Outcome", "Code"]],
                    "Metrics": [
                        metric("Uploads", "Count"),
                        metric("Rendered", "Count"),
                        metric("Refused", "Count"),
                        metric("Bytes", "Bytes"),
                        metric("Milliseconds", "Milliseconds"),
                        metric("RenderMilliseconds", "Milliseconds"),
                        metric("ColdStart", "Count"),
                    ],
                }],
            },
            "Function": function,
            "Outcome": self.outcome,
            "Code": code,
            "Uploads": 1,
            "Rendered": u8::from(self.outcome == "rendered"),
            "Refused": u8::from(self.outcome == "refused"),
            "Bytes": self.bytes,
            "Milliseconds": self.milliseconds,
            "RenderMilliseconds": self.render_milliseconds,
            "ColdStart": u8::from(self.cold_start),
        })
    }

    /// Writes the line to standard output. An error is ignored, because the upload is done.
    pub fn write(&self, function: &str, now: SystemTime) {
        let _ = writeln!(std::io::stdout().lock(), "{}", self.line(function, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_metric_and_dimension_has_a_value() {
        let metrics = UploadMetrics {
            outcome: "refused",
            code: Some("malformed".into()),
            bytes: 7,
            ..UploadMetrics::default()
        };
        let line = metrics.line("process", SystemTime::UNIX_EPOCH);
        let declared = &line["_aws"]["CloudWatchMetrics"][0];
        for metric in declared["Metrics"].as_array().unwrap() {
            assert!(
                line[metric["Name"].as_str().unwrap()].is_number(),
                "{metric}"
            );
        }
        for name in declared["Dimensions"][2].as_array().unwrap() {
            assert!(line[name.as_str().unwrap()].is_string(), "{name}");
        }
        assert_eq!(
            (&line["Refused"], &line["Code"]),
            (&json!(1), &json!("malformed"))
        );
    }
}
