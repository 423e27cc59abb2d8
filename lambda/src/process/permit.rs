//! One permit is one upload, also with a presigned form.
//!
//! A presigned PUT creates its object only if the key is free (`if-none-match: *`). S3 has no such condition
//! for a form: until it expires, it can be sent again with another photo, which replaces the object. So the
//! first event of the key claims the permit, with a conditional write of the record
//! `permits/<SHA-256 of the key>.json` in the bucket of the upload. An event of another photo ends then,
//! before it costs a render, a notice or a refusal. The log line and the metric show it as `reused`.
//!
//! The permit is claimed when the photo has been fetched. So the event of a photo that was replaced before
//! claims nothing, and the photo that replaced it becomes the avatar.
//!
//! The record does not name the user, because a removal does not delete it: the key, whose hash it has,
//! contains 128 random bits.

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::Process;
use super::upload::{EarlyEnd, IdentifiedUpload, TemporaryFailure, UploadOutcome};
use crate::cdn::Cdn;
use crate::clock::Clock;
use crate::notice::Notifier;
use crate::store::{GetOutcome, GetRequest, PutOutcome, PutRequest, Store, WriteCondition};

/// The most bytes of a record.
const MAX_RECORD: u64 = 4 << 10;

/// The upload that has claimed a permit: the content of its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Claim {
    etag: Option<String>,
    sequencer: Option<String>,
}

impl<S: Store, N: Notifier, D: Cdn, C: Clock> Process<S, N, D, C> {
    /// Claims the permit of a form. Ends if another upload has claimed it.
    pub(super) async fn claim_permit(&self, upload: &IdentifiedUpload<'_>) -> Result<(), EarlyEnd> {
        let object = upload.object;
        if !object.by_form {
            return Ok(());
        }
        let mine = Claim {
            etag: object.etag.clone(),
            sequencer: object.sequencer.clone(),
        };
        let key = record_key(&self.settings.permits, &upload.key);
        if self.put_claim(&object.bucket, &key, &mine).await? {
            return Ok(());
        }
        let first = self.read_claim(&object.bucket, &key).await?;
        if first == mine {
            // The event is repeated.
            Ok(())
        } else if first.etag == mine.etag {
            // The same photo again. The event that has claimed the permit makes the avatar.
            Err(UploadOutcome::Duplicate.into())
        } else {
            Err(UploadOutcome::Reused.into())
        }
    }

    /// Returns whether the permit was free.
    async fn put_claim(
        &self,
        bucket: &str,
        key: &str,
        claim: &Claim,
    ) -> Result<bool, TemporaryFailure> {
        let json = serde_json::to_vec(claim);
        let json = json.map_err(|error| TemporaryFailure(error.to_string()))?;
        let request = PutRequest {
            bucket,
            key,
            bytes: &json,
            content_type: "application/json",
            cache_control: "no-store",
            digest: None,
            expiry: None,
            condition: WriteCondition::IfAbsent,
        };
        Ok(self.store.put(request).await? != PutOutcome::ConditionFailed)
    }

    async fn read_claim(&self, bucket: &str, key: &str) -> Result<Claim, TemporaryFailure> {
        let request = GetRequest {
            bucket,
            key,
            version: None,
            if_match: None,
            max_bytes: MAX_RECORD,
        };
        let claim = match self.store.get(request).await? {
            GetOutcome::Found(record) => serde_json::from_slice(&record.bytes).ok(),
            _ => None,
        };
        claim.ok_or_else(|| TemporaryFailure(format!("the record {key} cannot be read")))
    }
}

fn record_key(folder: &str, key: &str) -> String {
    let digest = hex::encode(digest(&SHA256, key.as_bytes()));
    format!("{folder}/{digest}.json")
}
