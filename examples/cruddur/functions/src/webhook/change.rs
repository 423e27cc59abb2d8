//! The content of a verified message: a notice of process, or an event of the avatars' bucket.
//!
//! Not `S3EventRecord` of `aws_lambda_events`, which refuses a record without fields that are not
//! used here (`userIdentity`, `requestParameters`).

use serde::Deserialize;

use roundel_lambda::key::{decode_form, is_sub, strip_folder};
use roundel_lambda::notice::{Latest, Notice, Refusal, Removal};

/// A change of a user's avatar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Notice of process: a user has a new avatar. Ignore it if its `order` is older than yours.
    Avatar(Latest),
    /// Notice of process: an upload is refused permanently.
    Refused(Refusal),
    /// Notice of process: a user has no avatar anymore. Ignore it if your avatar is newer, else keep its
    /// `order`, so that a late notice of an older avatar changes nothing.
    Removed(Removal),
    /// Event of the bucket: an object was written.
    Written(WrittenObject),
}

/// An object that was written to the avatars' folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenObject {
    /// The user.
    pub sub: String,
    /// Which of the user's objects.
    pub object: AvatarObject,
    /// Orders the events of one object.
    pub sequencer: String,
}

/// One of a user's objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AvatarObject {
    /// `latest.json`, which names the newest avatar or its removal.
    Latest,
    /// The stable alias.
    Alias,
    /// One size and format of an avatar, not necessarily the newest.
    Version {
        /// The folder of its sizes.
        digest: String,
    },
}

/// A message that is neither of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a notice of process nor an event of the bucket: {0}")]
pub struct UnknownMessage(String);

/// The changes that a message reports. `folder` is FOLDER_OUTPUT of process. Other objects and S3's
/// test event are skipped.
///
/// # Errors
///
/// [`UnknownMessage`].
pub fn changes(message: &str, folder: &str) -> Result<Vec<Change>, UnknownMessage> {
    let unknown = |error: serde_json::Error| UnknownMessage(error.to_string());
    match serde_json::from_str(message).map_err(unknown)? {
        Published::Notice(notice) => Ok(vec![Change::from(*notice)]),
        Published::Event { records } => {
            let written = |record: &Record| record.written(folder).map(Change::Written);
            Ok(records.iter().filter_map(written).collect())
        }
        Published::Test { .. } => Ok(vec![]),
    }
}

impl From<Notice> for Change {
    fn from(notice: Notice) -> Self {
        match notice {
            Notice::Avatar(latest) => Self::Avatar(latest),
            Notice::Refused(refusal) => Self::Refused(refusal),
            Notice::Removed(removal) => Self::Removed(removal),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Published {
    Notice(Box<Notice>),
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
    s3: Location,
}

#[derive(Deserialize)]
struct Location {
    object: S3Object,
}

#[derive(Deserialize)]
struct S3Object {
    key: String,
    #[serde(default)]
    sequencer: String,
}

impl Record {
    fn written(&self, folder: &str) -> Option<WrittenObject> {
        let name = self.event_name.trim_start_matches("s3:");
        let key = decode_form(&self.s3.object.key).ok()?;
        let (sub, object) = object(strip_folder(&key, folder)?)?;
        (name.starts_with("ObjectCreated:") && is_sub(sub)).then(|| WrittenObject {
            sub: sub.to_owned(),
            object,
            sequencer: self.s3.object.sequencer.clone(),
        })
    }
}

/// `<sub>.jpg`, `<sub>/latest.json` or `<sub>/<digest>/<size>.<ext>`.
fn object(name: &str) -> Option<(&str, AvatarObject)> {
    let Some((sub, rest)) = name.split_once('/') else {
        return Some((name.strip_suffix(".jpg")?, AvatarObject::Alias));
    };
    if rest == "latest.json" {
        return Some((sub, AvatarObject::Latest));
    }
    let (digest, _) = rest.split_once('/')?;
    let hexadecimal = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digest = digest.to_owned();
    hexadecimal.then_some((sub, AvatarObject::Version { digest }))
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
    fn an_event_of_the_bucket_names_the_object() {
        let digest = "a".repeat(64);
        let cases = [
            ("avatars/me.jpg".to_owned(), AvatarObject::Alias),
            ("avatars/me/latest.json".to_owned(), AvatarObject::Latest),
            (
                format!("avatars/me/{digest}/512.jpg"),
                AvatarObject::Version { digest },
            ),
        ];
        for (key, object) in cases {
            let written = WrittenObject {
                sub: "me".into(),
                object,
                sequencer: "00AB".into(),
            };
            let changes = changes(&event(&key).to_string(), "avatars");
            assert_eq!(changes, Ok(vec![Change::Written(written)]), "{key}");
        }
    }

    #[test]
    fn other_objects_are_skipped() {
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
    fn any_other_message_is_an_error() {
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
