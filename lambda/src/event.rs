//! The events that process takes, read leniently: one bad record must not take the others along.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What an invocation is about.
#[derive(Debug)]
pub enum Incoming {
    /// Uploads, straight from S3.
    Uploads(Vec<Record>),
    /// Uploads by way of a queue: each message, and the records in it.
    Queue(Vec<(String, Vec<Record>)>),
    /// Uploads of long ago, from S3 Batch Operations.
    Batch(Batch),
    /// S3 says that the notification is set up.
    Test,
}

/// An invocation's payload that is none of those.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event of S3, SQS with such events, or S3 Batch Operations: {0}")]
pub struct UnknownEvent(String);

/// One record of an S3 event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An object was created.
    Created(Upload),
    /// Something else happened to one; not our business.
    Other(String),
    /// It cannot be read: why.
    Malformed(String),
}

/// An object that was uploaded, as the event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its bucket.
    pub bucket: String,
    /// Its key, form-encoded.
    pub key: String,
    /// Its version, in a bucket that keeps them.
    pub version: Option<String>,
    /// Its size in bytes, if the event says.
    pub size: Option<u64>,
    /// Its entity tag, if the event says.
    pub etag: Option<String>,
    /// S3's order of the events of one key.
    pub sequencer: Option<String>,
    /// When it was created, in milliseconds since 1970.
    pub time: Option<i64>,
}

impl Incoming {
    /// Reads an invocation's payload.
    ///
    /// # Errors
    ///
    /// [`UnknownEvent`].
    pub fn read(payload: &Value) -> Result<Self, UnknownEvent> {
        if payload["Event"] == "s3:TestEvent" {
            return Ok(Self::Test);
        }
        if payload["tasks"].is_array() {
            let batch = Batch::deserialize(payload);
            return batch
                .map(Self::Batch)
                .map_err(|e| UnknownEvent(e.to_string()));
        }
        let Some(records) = payload["Records"].as_array() else {
            return Err(UnknownEvent("it has neither Records nor tasks".to_owned()));
        };
        if records
            .iter()
            .any(|record| record["eventSource"] == "aws:sqs")
        {
            return Ok(Self::Queue(records.iter().map(message).collect()));
        }
        Ok(Self::Uploads(records.iter().map(Record::read).collect()))
    }
}

/// The id of a message of the queue, and the records of the S3 event that is its body.
fn message(message: &Value) -> (String, Vec<Record>) {
    let id = message["messageId"].as_str().unwrap_or_default().to_owned();
    let body = message["body"].as_str().unwrap_or_default();
    let records = match serde_json::from_str(body).map(|body: Value| Incoming::read(&body)) {
        Ok(Ok(Incoming::Uploads(records))) => records,
        Ok(Ok(Incoming::Test)) => vec![],
        _ => vec![Record::Malformed(
            "the message is not an event of S3".to_owned(),
        )],
    };
    (id, records)
}

impl Record {
    fn read(record: &Value) -> Self {
        let raw = match RawRecord::deserialize(record) {
            Ok(raw) => raw,
            Err(error) => return Self::Malformed(error.to_string()),
        };
        let major = raw.event_version.split('.').next();
        if raw.event_source != "aws:s3" || major != Some("2") {
            let (source, version) = (raw.event_source, raw.event_version);
            return Self::Malformed(format!(
                "event version {version:?} of {source:?}, not 2 of aws:s3"
            ));
        }
        // Bare in messages from S3, prefixed in some stand-ins.
        let name = raw.event_name.trim_start_matches("s3:");
        if !name.starts_with("ObjectCreated:") {
            return Self::Other(raw.event_name);
        }
        let object = raw.s3.object;
        Self::Created(Upload {
            bucket: raw.s3.bucket.name,
            key: object.key,
            version: object.version_id.filter(|version| version != "null"),
            size: object.size,
            etag: object.e_tag.map(|etag| etag.trim_matches('"').to_owned()),
            sequencer: object.sequencer,
            time: milliseconds(&raw.event_time),
        })
    }
}

/// Milliseconds since 1970 of `2015-12-29T00:00:00.000Z`.
fn milliseconds(time: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(time, &Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRecord {
    event_version: String,
    event_source: String,
    event_name: String,
    #[serde(default)]
    event_time: String,
    s3: RawS3,
}

#[derive(Deserialize)]
struct RawS3 {
    bucket: RawBucket,
    object: RawObject,
}

#[derive(Deserialize)]
struct RawBucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawObject {
    key: String,
    size: Option<u64>,
    e_tag: Option<String>,
    version_id: Option<String>,
    sequencer: Option<String>,
}

/// An invocation by S3 Batch Operations.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// `1.0` or `2.0`, to be repeated in the answer.
    pub invocation_schema_version: String,
    /// To be repeated in the answer.
    pub invocation_id: String,
    /// The objects.
    pub tasks: Vec<Task>,
}

/// One object of a job.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// To be repeated in the answer.
    pub task_id: String,
    /// The key, form-encoded.
    pub s3_key: String,
    /// Its version.
    #[serde(default)]
    pub s3_version_id: Option<String>,
    /// The bucket, in schema 1.0.
    #[serde(default)]
    pub s3_bucket_arn: Option<String>,
    /// The bucket, in schema 2.0.
    #[serde(default)]
    pub s3_bucket: Option<String>,
}

impl Task {
    /// The upload that this task is about.
    pub fn upload(&self) -> Upload {
        let arn = self.s3_bucket_arn.as_deref().unwrap_or_default();
        let of_arn = arn.rsplit(':').next().unwrap_or_default();
        Upload {
            bucket: self.s3_bucket.clone().unwrap_or_else(|| of_arn.to_owned()),
            key: self.s3_key.clone(),
            version: self
                .s3_version_id
                .clone()
                .filter(|version| !version.is_empty()),
            size: None,
            etag: None,
            sequencer: None,
            time: None,
        }
    }
}

/// The answer to S3 Batch Operations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    /// As in the invocation.
    pub invocation_schema_version: String,
    /// What becomes of tasks that the answer leaves out: it leaves out none.
    pub treat_missing_keys_as: &'static str,
    /// As in the invocation.
    pub invocation_id: String,
    /// One for each task.
    pub results: Vec<TaskResult>,
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskResult {
    /// As in the invocation.
    pub task_id: String,
    /// `Succeeded`, `TemporaryFailure` (repeated by the job) or `PermanentFailure`.
    pub result_code: &'static str,
    /// For the job's report.
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
            "s3": {
                "bucket": { "name": "uploads" },
                "object": { "key": "in/a+b.jpg", "size": 7, "eTag": "e", "sequencer": "00AB" }
            }
        })
    }

    fn read(payload: &Value) -> Vec<Record> {
        match Incoming::read(payload) {
            Ok(Incoming::Uploads(records)) => records,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_record_is_read_and_a_bad_one_spares_the_others() {
        let mut other = record();
        other["eventName"] = "ObjectRemoved:Delete".into();
        let mut future = record();
        future["eventVersion"] = "3.0".into();
        let records = read(&json!({ "Records": [record(), {}, other, future] }));
        let [
            Record::Created(upload),
            Record::Malformed(_),
            Record::Other(_),
            Record::Malformed(_),
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
    }

    #[test]
    fn the_test_event_is_known_directly_and_in_a_queue() {
        let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads" });
        assert!(matches!(Incoming::read(&test), Ok(Incoming::Test)));
        let queued = json!({ "Records": [
            { "eventSource": "aws:sqs", "messageId": "1", "body": test.to_string() },
            { "eventSource": "aws:sqs", "messageId": "2",
              "body": json!({ "Records": [record()] }).to_string() },
            { "eventSource": "aws:sqs", "messageId": "3", "body": "hello" },
        ]});
        let Ok(Incoming::Queue(messages)) = Incoming::read(&queued) else {
            panic!()
        };
        let counts: Vec<_> = messages
            .iter()
            .map(|(id, r)| (id.as_str(), r.len()))
            .collect();
        assert_eq!(counts, [("1", 0), ("2", 1), ("3", 1)]);
        assert!(matches!(messages[2].1[0], Record::Malformed(_)));
    }

    #[test]
    fn both_schemas_of_batch_operations_name_the_bucket() {
        for (field, value) in [
            ("s3BucketArn", "arn:aws:s3:::uploads"),
            ("s3Bucket", "uploads"),
        ] {
            let task = json!({ "taskId": "t", "s3Key": "in/a.jpg", field: value });
            let task = Task::deserialize(&task).unwrap();
            assert_eq!(task.upload().bucket, "uploads", "{field}");
        }
    }

    #[test]
    fn anything_else_is_an_error() {
        for payload in [json!({}), json!(null), json!([1]), json!({ "Records": 1 })] {
            assert!(Incoming::read(&payload).is_err(), "{payload}");
        }
    }
}
