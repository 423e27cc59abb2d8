//! Decides which avatar is the newest, and brings the alias up to date.
//!
//! `latest.json` is replaced by compare-and-swap (conditional writes of S3): of two functions that
//! have read the same one, only one replaces it. Its content names the upload, so no two versions
//! have the same entity tag.
//!
//! The alias cannot be ordered like this, because it is the photo itself. A function that has put
//! the alias therefore reads `latest.json` again, and puts the alias again if it has changed. So the
//! last function to put the alias has checked that it is correct. A function that dies in between
//! has failed; its event is delivered again and updates the alias.

use super::Process;
use super::upload::TemporaryFailure;
use crate::clock::Clock;
use crate::notice::{Latest, Notifier};
use crate::order::Relation;
use crate::store::{
    GetOutcome, GetRequest, PutOutcome, PutRequest, Store, StoreError, WriteCondition,
};

/// How often other functions may be faster before this one fails and is retried by Lambda.
const MAX_ROUNDS: u32 = 16;
/// The most bytes of `latest.json`.
const MAX_LATEST: u64 = 64 << 10;

/// The outcome of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// This upload has become the newest.
    Committed,
    /// This upload was the newest already.
    AlreadyCommitted,
    /// Another upload is newer.
    Superseded,
}

/// `latest.json` at the time of reading.
#[derive(Clone, Debug)]
pub struct LatestSnapshot {
    /// The entity tag.
    pub etag: String,
    /// The content; `None` if it cannot be read. The next commit replaces it.
    pub latest: Option<Latest>,
}

/// The alias of an upload that has just been rendered.
#[derive(Clone, Copy)]
pub(super) struct RenderedAlias<'a> {
    pub(super) bytes: &'a [u8],
    /// The alias in the bucket is known to be outdated, and is not checked first.
    pub(super) is_outdated: bool,
}

impl<S: Store, N: Notifier, C: Clock> Process<S, N, C> {
    /// Reads `latest.json` of a user.
    pub(super) async fn latest(&self, sub: &str) -> Result<Option<LatestSnapshot>, StoreError> {
        let request = GetRequest {
            bucket: &self.settings.destination,
            key: &self.settings.keys.latest(sub),
            version: None,
            if_match: None,
            max_bytes: MAX_LATEST,
        };
        Ok(match self.store.get(request).await? {
            GetOutcome::Found(object) => Some(LatestSnapshot {
                latest: serde_json::from_slice(&object.bytes).ok(),
                etag: object.etag,
            }),
            _ => None,
        })
    }

    /// Makes `mine` the newest, unless another upload is newer.
    pub(super) async fn commit(
        &self,
        mine: &Latest,
    ) -> Result<(CommitOutcome, LatestSnapshot), TemporaryFailure> {
        let mut mine = mine.clone();
        for _ in 0..MAX_ROUNDS {
            let seen = self.latest(&mine.sub).await?;
            if let Some(seen) = &seen
                && let Some(outcome) = nothing_to_commit(&mine, seen)
            {
                return Ok((outcome, seen.clone()));
            }
            keep_order(&mut mine, seen.as_ref());
            if let PutOutcome::Written(etag) = self.put_latest(&mine, seen.as_ref()).await? {
                let latest = Some(mine);
                return Ok((CommitOutcome::Committed, LatestSnapshot { etag, latest }));
            }
        }
        Err(TemporaryFailure(
            "too many concurrent commits for this user".to_owned(),
        ))
    }

    /// Replaces exactly the `latest.json` that was `seen`.
    async fn put_latest(
        &self,
        mine: &Latest,
        seen: Option<&LatestSnapshot>,
    ) -> Result<PutOutcome, TemporaryFailure> {
        let json = serde_json::to_vec(mine);
        let json = json.map_err(|error| TemporaryFailure(error.to_string()))?;
        let request = PutRequest {
            bucket: &self.settings.destination,
            key: &self.settings.keys.latest(&mine.sub),
            bytes: &json,
            content_type: "application/json",
            cache_control: "no-cache",
            digest: None,
            condition: seen.map_or(WriteCondition::IfAbsent, |seen| {
                WriteCondition::IfMatch(&seen.etag)
            }),
        };
        Ok(self.store.put(request).await?)
    }

    /// Updates the alias to `latest.json` as it was `seen`, and then to every later version.
    pub(super) async fn update_alias(
        &self,
        mut seen: LatestSnapshot,
        mut rendered: Option<RenderedAlias<'_>>,
    ) -> Result<(), TemporaryFailure> {
        for _ in 0..MAX_ROUNDS {
            let Some(latest) = seen.latest.clone() else {
                return Ok(());
            };
            let alias = self.settings.keys.alias(&latest.sub);
            let is_outdated = rendered.is_some_and(|rendered| rendered.is_outdated);
            if !is_outdated && self.alias_shows(&alias, &latest.digest).await? {
                return Ok(());
            }
            match rendered.take() {
                Some(own) => self.put_alias(&alias, own.bytes, &latest.digest).await?,
                None => {
                    let bytes = self.largest_version(&latest).await?;
                    self.put_alias(&alias, &bytes, &latest.digest).await?;
                }
            }
            match self.latest(&latest.sub).await? {
                Some(now) if now.etag != seen.etag => seen = now,
                _ => return Ok(()),
            }
        }
        Err(TemporaryFailure(
            "too many concurrent updates of this user's alias".to_owned(),
        ))
    }

    async fn alias_shows(&self, alias: &str, digest: &str) -> Result<bool, StoreError> {
        let shown = self.store.digest(&self.settings.destination, alias).await?;
        Ok(shown.as_deref() == Some(digest))
    }

    async fn put_alias(&self, alias: &str, bytes: &[u8], digest: &str) -> Result<(), StoreError> {
        let request = PutRequest {
            bucket: &self.settings.destination,
            key: alias,
            bytes,
            content_type: "image/jpeg",
            cache_control: "public, max-age=60",
            digest: Some(digest),
            condition: WriteCondition::Always,
        };
        self.store.put(request).await.map(drop)
    }

    /// The bytes for the alias, from the version that never changes.
    async fn largest_version(&self, latest: &Latest) -> Result<Vec<u8>, TemporaryFailure> {
        let default = self.settings.alias_size();
        let first = latest.sizes.first().copied();
        let [width, height] = first.unwrap_or([default.width, default.height]);
        let keys = &self.settings.keys;
        let key = keys.version(&latest.sub, &latest.digest, (width, height), "jpg");
        let request = GetRequest {
            bucket: &self.settings.destination,
            key: &key,
            version: None,
            if_match: None,
            max_bytes: u64::MAX,
        };
        match self.store.get(request).await? {
            GetOutcome::Found(object) => Ok(object.bytes),
            _ => Err(TemporaryFailure(format!(
                "{key} is missing although it was committed"
            ))),
        }
    }
}

/// The outcome, if `seen` is newer than `mine` or the same.
fn nothing_to_commit(mine: &Latest, seen: &LatestSnapshot) -> Option<CommitOutcome> {
    let other = seen.latest.as_ref()?;
    match mine.order.relation_to(&other.order) {
        Relation::Newer => None,
        Relation::Older => Some(CommitOutcome::Superseded),
        // Rendered again by another version of the renderer, whose output replaces the old one.
        Relation::Same if mine.digest != other.digest => None,
        Relation::Same => Some(CommitOutcome::AlreadyCommitted),
    }
}

/// An upload that is rendered again keeps its order, because a job of S3 Batch Operations does not
/// know the sequencer.
fn keep_order(mine: &mut Latest, seen: Option<&LatestSnapshot>) {
    let other = seen.and_then(|seen| seen.latest.as_ref());
    if let Some(other) = other
        && mine.order.relation_to(&other.order) == Relation::Same
    {
        mine.order.clone_from(&other.order);
    }
}
