//! Which of two uploads of one user is the newer.

use serde::{Deserialize, Serialize};

/// Where an upload stands among those of its user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The key of the upload.
    pub key: String,
    /// S3's order of the events of one key; a job of S3 Batch Operations has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequencer: Option<String>,
    /// When it was uploaded, in milliseconds since 1970, by S3's clock.
    pub time: i64,
    /// S3's fingerprint of its content, without quotation marks.
    #[serde(default)]
    pub etag: String,
}

/// How an upload relates to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It came before.
    Older,
    /// It is the same one.
    Same,
    /// It came after.
    Newer,
}

impl Order {
    /// How this upload relates to `other`.
    ///
    /// Two events of one key are ordered by `sequencer`, as S3 says. It says nothing of different
    /// keys, so there the time decides, and the key where even that is equal.
    pub fn relation_to(&self, other: &Self) -> Relation {
        if self.key == other.key {
            if let (Some(mine), Some(others)) = (&self.sequencer, &other.sequencer) {
                return relation(padded(mine, others).cmp(&padded(others, mine)));
            }
            if self.etag == other.etag {
                return Relation::Same;
            }
        }
        relation((self.time, &self.key).cmp(&(other.time, &other.key)))
    }
}

fn relation(ordering: std::cmp::Ordering) -> Relation {
    match ordering {
        std::cmp::Ordering::Less => Relation::Older,
        std::cmp::Ordering::Equal => Relation::Same,
        std::cmp::Ordering::Greater => Relation::Newer,
    }
}

/// The sequencer with zeros to its right until it is as long as the other.
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
    fn one_key_goes_by_sequencer_and_different_keys_by_time() {
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
