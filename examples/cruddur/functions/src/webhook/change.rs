//! What a verified message says: a notice of process, or an event of the avatars' bucket.

use serde::Deserialize;

use roundel_lambda::key::{below, decode_form, is_sub};
use roundel_lambda::notice::{Latest, Notice, Refusal};

/// A change that the app may care about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A user has a new avatar, says process. Take it unless its `order` is older than yours.
    Avatar(Latest),
    /// An upload was refused for good, says process.
    Refused(Refusal),
    /// An object was put, says the bucket.
    Put(Put),
}

/// An object that was put into the avatars' folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Whose it is.
    pub sub: String,
    /// Which of that user's objects.
    pub object: Object,
    /// The order among the events of the same object.
    pub sequencer: String,
}

/// One of a user's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// `latest.json`: read it to learn which avatar is the newest.
    Latest,
    /// The stable alias.
    Alias,
    /// One size of one avatar, not necessarily of the newest.
    Version {
        /// The folder of its sizes.
        digest: String,
    },
}

/// A message that is neither.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a notice of process nor an event of the bucket: {0}")]
pub struct UnknownMessage(String);

/// The changes that a message reports; `folder` is process's FOLDER_OUTPUT. Objects that are none
/// of the avatars', and S3's test event, are passed over.
///
/// # Errors
///
/// [`UnknownMessage`].
pub fn changes(message: &str, folder: &str) -> Result<Vec<Change>, UnknownMessage> {
    let unknown = |error: serde_json::Error| UnknownMessage(error.to_string());
    match serde_json::from_str(message).map_err(unknown)? {
        Published::Notice(Notice::Avatar(latest)) => Ok(vec![Change::Avatar(latest)]),
        Published::Notice(Notice::Refused(refusal)) => Ok(vec![Change::Refused(refusal)]),
        Published::Event { records } => {
            let put = |record: &Record| record.put(folder).map(Change::Put);
            Ok(records.iter().filter_map(put).collect())
        }
        Published::Test { .. } => Ok(vec![]),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Published {
    Notice(Notice),
    Event {
        #[serde(rename = "Records")]
        records: Vec<Record>,
    },
    Test {
        #[serde(rename = "Event")]
        _event: TestEvent,
    },
}

#[derive(Deserialize)]
enum TestEvent {
    #[serde(rename = "s3:TestEvent")]
    Test,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_name: String,
    s3: S3,
}

#[derive(Deserialize)]
struct S3 {
    object: S3Object,
}

#[derive(Deserialize)]
struct S3Object {
    key: String,
    #[serde(default)]
    sequencer: String,
}

impl Record {
    fn put(&self, folder: &str) -> Option<Put> {
        let name = self.event_name.trim_start_matches("s3:");
        let key = decode_form(&self.s3.object.key).ok()?;
        let (sub, object) = object(below(&key, folder)?)?;
        (name.starts_with("ObjectCreated:") && is_sub(sub)).then(|| Put {
            sub: sub.to_owned(),
            object,
            sequencer: self.s3.object.sequencer.clone(),
        })
    }
}

/// `<sub>.jpg`, `<sub>/latest.json` or `<sub>/<digest>/<size>.jpg`.
fn object(name: &str) -> Option<(&str, Object)> {
    let Some((sub, rest)) = name.split_once('/') else {
        return Some((name.strip_suffix(".jpg")?, Object::Alias));
    };
    if rest == "latest.json" {
        return Some((sub, Object::Latest));
    }
    let (digest, _) = rest.split_once('/')?;
    let hexadecimal = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    let digest = digest.to_owned();
    hexadecimal.then_some((sub, Object::Version { digest }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(key: &str) -> Value {
        let object = json!({ "key": key, "sequencer": "00AB" });
        let record = json!({ "eventName": "ObjectCreated:Put", "s3": { "object": object } });
        json!({ "Records": [record] })
    }

    #[test]
    fn the_buckets_own_events_name_the_object() {
        let digest = "a".repeat(64);
        let cases = [
            ("avatars/me.jpg".to_owned(), Object::Alias),
            ("avatars/me/latest.json".to_owned(), Object::Latest),
            (
                format!("avatars/me/{digest}/512.jpg"),
                Object::Version { digest },
            ),
        ];
        for (key, object) in cases {
            let put = Put {
                sub: "me".into(),
                object,
                sequencer: "00AB".into(),
            };
            let changes = changes(&event(&key).to_string(), "avatars");
            assert_eq!(changes, Ok(vec![Change::Put(put)]), "{key}");
        }
    }

    #[test]
    fn other_objects_are_passed_over() {
        for key in [
            "banners/banner.jpg",
            "avatars/",
            "avatars/a%2F..%2Fb.jpg",
            "avatars/%ff.jpg",
        ] {
            assert_eq!(
                changes(&event(key).to_string(), "avatars"),
                Ok(vec![]),
                "{key}"
            );
        }
        assert_eq!(
            changes(r#"{"Event": "s3:TestEvent"}"#, "avatars"),
            Ok(vec![])
        );
    }

    #[test]
    fn anything_else_is_an_error() {
        for message in [
            "",
            "hello",
            "{}",
            r#"{"type": "avatar"}"#,
            r#"{"Event": "other"}"#,
        ] {
            assert!(changes(message, "avatars").is_err(), "{message}");
        }
    }
}
