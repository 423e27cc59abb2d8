//! The order of one user's uploads: which of two is newer.

use serde::{Deserialize, Serialize};

use crate::key::is_removal;

/// The position of an upload among those of its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The key of the upload.
    pub key: String,
    /// Orders the events of one key; missing in a job of S3 Batch Operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
    /// Time of the upload by S3's clock, in milliseconds since 1970.
    pub time: i64,
    /// Entity tag, without quotation marks.
    #[serde(default)]
    pub etag: String,
}

/// The relation of an upload to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is older.
    Older,
    /// It is the same upload.
    Same,
    /// It is newer.
    Newer,
}

impl Order {
    /// The relation of this upload to `other`.
    ///
    /// S3 orders the events of one key by `sequencer`. It does not order different keys; these are
    /// compared by time, and then by key. A removal is newer than an upload of the same millisecond.
    pub fn relation_to(&self, other: &Self) -> Relation {
        if self.key == other.key {
            if let (Some(mine), Some(others)) = (&self.sequencer, &other.sequencer) {
                return relation(padded(mine, others).cmp(&padded(others, mine)));
            }
            if self.etag == other.etag {
                return Relation::Same;
            }
        }
        relation(self.rank().cmp(&other.rank()))
    }

    /// The rank among different keys.
    fn rank(&self) -> (i64, bool, &str) {
        (self.time, is_removal(&self.key), &self.key)
    }
}

fn relation(ordering: std::cmp::Ordering) -> Relation {
    match ordering {
        std::cmp::Ordering::Less => Relation::Older,
        std::cmp::Ordering::Equal => Relation::Same,
        std::cmp::Ordering::Greater => Relation::Newer,
    }
}

/// The sequencer padded with zeros on its right to the length of the other.
fn padded(sequencer: &str, other: &str) -> String {
    let length = sequencer.len().max(other.len());
    format!("{:0<length$}", sequencer.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(key: &str, sequencer: Option<&str>, time: i64, etag: &str) -> Order {
        Order {
            key: key.into(),
            sequencer: sequencer.map(Into::into),
            time,
            etag: etag.into(),
        }
    }

    #[test]
    fn one_key_is_ordered_by_sequencer_and_different_keys_by_time() {
        use Relation::{Newer, Older, Same};
        let cases = [
            (
                order("a", Some("00AB"), 9, ""),
                order("a", Some("00AC"), 1, ""),
                Older,
            ),
            (
                order("a", Some("00ab"), 1, ""),
                order("a", Some("00AB"), 1, ""),
                Same,
            ),
            (
                order("a", Some("00AB1"), 1, ""),
                order("a", Some("00AB"), 9, ""),
                Newer,
            ),
            (
                order("a", Some("00AB0"), 1, ""),
                order("a", Some("00AB"), 9, ""),
                Same,
            ),
            (
                order("a", Some("FF"), 1, ""),
                order("b", Some("00"), 2, ""),
                Older,
            ),
            (order("b", None, 2, ""), order("a", None, 2, ""), Newer),
            (
                order("a.remove", None, 2, ""),
                order("b.jpg", None, 2, ""),
                Newer,
            ),
            (
                order("b.jpg", None, 2, ""),
                order("a.remove", None, 2, ""),
                Older,
            ),
            (
                order("b.jpg", None, 3, ""),
                order("c.remove", None, 2, ""),
                Newer,
            ),
            (
                order("a", None, 5, "e"),
                order("a", Some("00"), 6, "e"),
                Same,
            ),
            (
                order("a", None, 5, "f"),
                order("a", Some("00"), 6, "e"),
                Older,
            ),
        ];
        for (one, other, expected) in cases {
            assert_eq!(one.relation_to(&other), expected, "{one:?} {other:?}");
        }
    }
}
