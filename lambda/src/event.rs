//! The events that process handles, read leniently: a bad record does not affect the others.
//!
//! The records of S3 are a type of `aws_lambda_events`, parsed one by one. Two of its types are not
//! used. Its tasks of S3 Batch Operations lack the field `s3Bucket`, which names the bucket in schema
//! 2.0. Its messages of SQS need `serde_with` and `darling`, for two fields that are read here.

use aws_lambda_events::s3::S3EventRecord;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The payload of an invocation.
#[derive(Debug)]
pub enum Invocation {
    /// Uploads, sent by S3.
    Uploads(Vec<UploadRecord>),
    /// Uploads through a queue.
    Queue(Vec<QueuedUploads>),
    /// Existing uploads, sent by S3 Batch Operations.
    Batch(BatchJob),
    /// S3 sends this when notifications are set up.
    Test,
}

/// A message of a queue.
#[derive(Debug)]
pub struct QueuedUploads {
    /// The id of the message.
    pub message_id: String,
    /// The records of the S3 event in its body.
    pub records: Vec<UploadRecord>,
}

/// A payload of any other kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event of S3, SQS with such events, or S3 Batch Operations: {0}")]
pub struct UnknownEvent(String);

/// A record of an S3 event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadRecord {
    /// An object was created.
    Created(UploadedObject),
    /// The record of this other event is ignored.
    Other(String),
    /// The record cannot be read, for this reason.
    Malformed(String),
}

/// An uploaded object, as an event describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadedObject {
    /// The bucket.
    pub bucket: String,
    /// The key, form-encoded.
    pub key: String,
    /// The version, in a bucket with versioning.
    pub version: Option<String>,
    /// The size in bytes.
    pub size: Option<u64>,
    /// The entity tag, without quotation marks.
    pub etag: Option<String>,
    /// Orders the events of one key.
    pub sequencer: Option<String>,
    /// Time of the upload, in milliseconds since 1970.
    pub time: Option<i64>,
    /// Whether a presigned form was sent. S3 accepts the same form again until it expires.
    pub by_form: bool,
}

impl Invocation {
    /// Parses a payload.
    ///
    /// # Errors
    ///
    /// [`UnknownEvent`].
    pub fn parse(payload: &Value) -> Result<Self, UnknownEvent> {
        if payload["Event"] == "s3:TestEvent" {
            return Ok(Self::Test);
        }
        if payload["tasks"].is_array() {
            let job = BatchJob::deserialize(payload).map(Self::Batch);
            return job.map_err(|error| UnknownEvent(error.to_string()));
        }
        let Some(records) = payload["Records"].as_array() else {
            return Err(UnknownEvent("it has neither Records nor tasks".to_owned()));
        };
        let is_message = |record: &Value| record["eventSource"] == "aws:sqs";
        if records.iter().any(is_message) {
            let messages = records.iter().map(QueuedUploads::parse);
            return Ok(Self::Queue(messages.collect()));
        }
        let records = records.iter().map(UploadRecord::parse);
        Ok(Self::Uploads(records.collect()))
    }
}

impl QueuedUploads {
    fn parse(message: &Value) -> Self {
        let body = message["body"].as_str().unwrap_or_default();
        let event = serde_json::from_str::<Value>(body).ok();
        let message_id = message["messageId"].as_str().unwrap_or_default();
        let records = match event.map(|event| Invocation::parse(&event)) {
            Some(Ok(Invocation::Uploads(records))) => records,
            Some(Ok(Invocation::Test)) => vec![],
            _ => {
                let reason = "the message is not an event of S3".to_owned();
                vec![UploadRecord::Malformed(reason)]
            }
        };
        Self {
            message_id: message_id.to_owned(),
            records,
        }
    }
}

impl UploadRecord {
    fn parse(record: &Value) -> Self {
        match S3EventRecord::deserialize(record) {
            Ok(record) => Self::from(record),
            Err(error) => Self::Malformed(error.to_string()),
        }
    }
}

impl From<S3EventRecord> for UploadRecord {
    fn from(record: S3EventRecord) -> Self {
        let source = record.event_source.unwrap_or_default();
        let version = record.event_version.unwrap_or_default();
        if source != "aws:s3" || version.split('.').next() != Some("2") {
            let reason = format!("event version {version:?} of {source:?}, not 2 of aws:s3");
            return Self::Malformed(reason);
        }
        let name = record.event_name.unwrap_or_default();
        // Some other implementations of S3 send the prefix.
        let Some(method) = name
            .trim_start_matches("s3:")
            .strip_prefix("ObjectCreated:")
        else {
            return Self::Other(name);
        };
        let object = record.s3.object;
        let (Some(bucket), Some(key)) = (record.s3.bucket.name, object.key) else {
            return Self::Malformed("no name of the bucket, or no key".to_owned());
        };
        Self::Created(UploadedObject {
            bucket,
            key,
            version: object.version_id.filter(|version| version != "null"),
            size: object.size.and_then(|size| u64::try_from(size).ok()),
            etag: object.e_tag.map(|etag| etag.trim_matches('"').to_owned()),
            sequencer: object.sequencer,
            time: Some(record.event_time.timestamp_millis()),
            by_form: method == "Post",
        })
    }
}

/// An invocation by S3 Batch Operations.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchJob {
    /// `1.0` or `2.0`; the response repeats it.
    pub invocation_schema_version: String,
    /// The response repeats it.
    pub invocation_id: String,
    /// The objects.
    pub tasks: Vec<BatchTask>,
}

/// An object of a job.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchTask {
    /// The response repeats it.
    pub task_id: String,
    /// The key, form-encoded.
    pub s3_key: String,
    /// The version.
    #[serde(default)]
    pub s3_version_id: Option<String>,
    /// The bucket, in schema 1.0.
    #[serde(default)]
    pub s3_bucket_arn: Option<String>,
    /// The bucket, in schema 2.0.
    #[serde(default)]
    pub s3_bucket: Option<String>,
}

impl BatchTask {
    /// The object of this task.
    pub fn object(&self) -> UploadedObject {
        let arn = self.s3_bucket_arn.as_deref().unwrap_or_default();
        let of_arn = || arn.rsplit(':').next().unwrap_or_default().to_owned();
        let version = self.s3_version_id.clone();
        UploadedObject {
            bucket: self.s3_bucket.clone().unwrap_or_else(of_arn),
            key: self.s3_key.clone(),
            version: version.filter(|version| !version.is_empty()),
            size: None,
            etag: None,
            sequencer: None,
            time: None,
            by_form: false,
        }
    }
}

/// The response to S3 Batch Operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// As in the invocation.
    pub invocation_schema_version: String,
    /// The result of tasks that the response omits. It omits none.
    pub treat_missing_keys_as: &'static str,
    /// As in the invocation.
    pub invocation_id: String,
    /// One for each task.
    pub results: Vec<TaskResult>,
}

/// The result of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskResult {
    /// As in the invocation.
    pub task_id: String,
    /// `Succeeded`, `TemporaryFailure` (the job retries it) or `PermanentFailure`.
    pub result_code: &'static str,
    /// A text for the report of the job.
    pub result_string: String,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Value {
        json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Post",
            "eventTime": "2015-12-29T00:00:00.123Z",
            "userIdentity": { "principalId": "me" },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "s3": {
                "bucket": { "name": "uploads" },
                "object": { "key": "in/a+b.jpg", "size": 7, "eTag": "e", "sequencer": "00AB" }
            }
        })
    }

    fn records(payload: &Value) -> Vec<UploadRecord> {
        match Invocation::parse(payload) {
            Ok(Invocation::Uploads(records)) => records,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bad_record_does_not_affect_the_others() {
        let mut other = record();
        other["eventName"] = "ObjectRemoved:Delete".into();
        let mut future = record();
        future["eventVersion"] = "3.0".into();
        let records = records(&json!({ "Records": [record(), {}, other, future] }));
        let [
            UploadRecord::Created(upload),
            UploadRecord::Malformed(_),
            UploadRecord::Other(_),
            UploadRecord::Malformed(_),
        ] = &records[..]
        else {
            panic!("{records:?}");
        };
        assert_eq!(
            (upload.bucket.as_str(), upload.key.as_str()),
            ("uploads", "in/a+b.jpg")
        );
        assert_eq!(
            (upload.size, upload.time),
            (Some(7), Some(1_451_347_200_123))
        );
        assert!(upload.by_form);
    }

    #[test]
    fn the_test_event_is_recognized_alone_and_in_a_queue() {
        let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads" });
        assert!(matches!(Invocation::parse(&test), Ok(Invocation::Test)));
        let queued = json!({ "Records": [
            { "eventSource": "aws:sqs", "messageId": "1", "body": test.to_string() },
            { "eventSource": "aws:sqs", "messageId": "2",
              "body": json!({ "Records": [record()] }).to_string() },
            { "eventSource": "aws:sqs", "messageId": "3", "body": "hello" },
        ]});
        let Ok(Invocation::Queue(messages)) = Invocation::parse(&queued) else {
            panic!()
        };
        let counts: Vec<_> = messages
            .iter()
            .map(|message| (message.message_id.as_str(), message.records.len()))
            .collect();
        assert_eq!(counts, [("1", 0), ("2", 1), ("3", 1)]);
        assert!(matches!(messages[2].records[0], UploadRecord::Malformed(_)));
    }

    #[test]
    fn both_schemas_of_batch_operations_name_the_bucket() {
        for (field, value) in [
            ("s3BucketArn", "arn:aws:s3:::uploads"),
            ("s3Bucket", "uploads"),
        ] {
            let task = json!({ "taskId": "t", "s3Key": "in/a.jpg", field: value });
            let task = BatchTask::deserialize(&task).unwrap();
            assert_eq!(task.object().bucket, "uploads", "{field}");
        }
    }

    #[test]
    fn any_other_payload_is_an_error() {
        for payload in [json!({}), json!(null), json!([1]), json!({ "Records": 1 })] {
            assert!(Invocation::parse(&payload).is_err(), "{payload}");
        }
    }
}
