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
//!
//! A removal is committed like an avatar: it replaces `latest.json`, so every older upload is stale
//! from then on, also one whose function is running. A function that finds a removal deletes what it
//! may have written in the meantime ([`super::cleanup`]).

use super::Process;
use super::upload::TemporaryFailure;
use crate::cdn::Cdn;
use crate::clock::Clock;
use crate::notice::{Latest, Newest, Notifier, Removal};
use crate::order::Relation;
use crate::store::{
    Expiry, GetOutcome, GetRequest, PutOutcome, PutRequest, Store, StoreError, WriteCondition,
};

/// How often other functions may be faster before this one fails and is retried by Lambda.
const MAX_ROUNDS: u32 = 16;
/// The most bytes of `latest.json`.
const MAX_LATEST: u64 = 64 << 10;

/// The outcome of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// This upload or removal has become the newest.
    Committed,
    /// It was the newest already.
    AlreadyCommitted,
    /// Another upload or removal is newer.
    Superseded,
}

/// `latest.json` at the time of reading.
#[derive(Clone, Debug)]
pub struct LatestSnapshot {
    /// The entity tag.
    pub etag: String,
    /// The content; `None` if it cannot be read. The next commit replaces it.
    pub newest: Option<Newest>,
}

/// A commit, and `latest.json` after it.
pub(super) struct Commit {
    pub(super) outcome: CommitOutcome,
    pub(super) seen: LatestSnapshot,
    /// The content before, if there was one.
    pub(super) before: Option<Newest>,
}

/// The alias of an upload that has just been rendered.
#[derive(Clone, Copy)]
pub(super) struct RenderedAlias<'a> {
    pub(super) bytes: &'a [u8],
    /// The alias in the bucket is known to be outdated, and is not checked first.
    pub(super) is_outdated: bool,
}

impl<S: Store, N: Notifier, D: Cdn, C: Clock> Process<S, N, D, C> {
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
                newest: Newest::parse(&object.bytes),
                etag: object.etag,
            }),
            _ => None,
        })
    }

    /// Makes `mine` the newest, unless another upload or removal is newer.
    pub(super) async fn commit(&self, mine: &Newest) -> Result<Commit, TemporaryFailure> {
        let mut mine = mine.clone();
        for _ in 0..MAX_ROUNDS {
            let seen = self.latest(mine.sub()).await?;
            let before = seen.as_ref().and_then(|seen| seen.newest.clone());
            if let Some(seen) = &seen
                && let Some(outcome) = nothing_to_commit(&mine, seen)
            {
                let seen = seen.clone();
                return Ok(Commit {
                    outcome,
                    seen,
                    before,
                });
            }
            inherit(&mut mine, before.as_ref());
            if let PutOutcome::Written(etag) = self.put_latest(&mine, seen.as_ref()).await? {
                let outcome = CommitOutcome::Committed;
                let seen = LatestSnapshot {
                    etag,
                    newest: Some(mine),
                };
                return Ok(Commit {
                    outcome,
                    seen,
                    before,
                });
            }
        }
        Err(TemporaryFailure(
            "too many concurrent commits for this user".to_owned(),
        ))
    }

    /// Replaces exactly the `latest.json` that was `seen`.
    async fn put_latest(
        &self,
        mine: &Newest,
        seen: Option<&LatestSnapshot>,
    ) -> Result<PutOutcome, TemporaryFailure> {
        let json = mine.to_json();
        let json = json.map_err(|error| TemporaryFailure(error.to_string()))?;
        let request = PutRequest {
            bucket: &self.settings.destination,
            key: &self.settings.keys.latest(mine.sub()),
            bytes: &json,
            content_type: "application/json",
            cache_control: "no-cache",
            digest: None,
            expiry: matches!(mine, Newest::Removed(_)).then_some(Expiry::Removed),
            condition: seen.map_or(WriteCondition::IfAbsent, |seen| {
                WriteCondition::IfMatch(&seen.etag)
            }),
        };
        Ok(self.store.put(request).await?)
    }

    /// Updates what the public sees to `latest.json` as it was `seen`, and then to every later version:
    /// the alias, or nothing after a removal. Returns the removal that has deleted something, if one has.
    pub(super) async fn publish(
        &self,
        mut seen: LatestSnapshot,
        mut rendered: Option<RenderedAlias<'_>>,
    ) -> Result<Option<Removal>, TemporaryFailure> {
        let mut deleted = None;
        for _ in 0..MAX_ROUNDS {
            let Some(newest) = &seen.newest else {
                return Ok(deleted);
            };
            let is_changed = match newest {
                Newest::Avatar(latest) => self.update_alias(latest, rendered.take()).await?,
                Newest::Removed(removal) => {
                    let found = self.delete_public(removal).await?;
                    if found {
                        deleted = Some(removal.clone());
                    }
                    found
                }
            };
            if !is_changed {
                return Ok(deleted);
            }
            match self.latest(newest.sub()).await? {
                Some(now) if now.etag != seen.etag => seen = now,
                _ => return Ok(deleted),
            }
        }
        Err(TemporaryFailure(
            "too many concurrent updates of this user's alias".to_owned(),
        ))
    }

    /// Puts the alias, unless it is up to date. Returns whether it was put.
    async fn update_alias(
        &self,
        latest: &Latest,
        rendered: Option<RenderedAlias<'_>>,
    ) -> Result<bool, TemporaryFailure> {
        let alias = self.settings.keys.alias(&latest.sub);
        let is_outdated = rendered.is_some_and(|rendered| rendered.is_outdated);
        if !is_outdated && self.shown_digest(&alias).await?.as_ref() == Some(&latest.digest) {
            return Ok(false);
        }
        match rendered {
            Some(own) => self.put_alias(&alias, own.bytes, &latest.digest).await?,
            None => match self.largest_version(latest).await? {
                Some(bytes) => self.put_alias(&alias, &bytes, &latest.digest).await?,
                // A removal in the meantime has deleted it. `latest.json` has changed then.
                None => return self.is_replaced(latest).await,
            },
        }
        Ok(true)
    }

    /// Whether another upload or removal has replaced `latest`, whose sizes are missing.
    async fn is_replaced(&self, latest: &Latest) -> Result<bool, TemporaryFailure> {
        let now = self.latest(&latest.sub).await?.and_then(|seen| seen.newest);
        if now.as_ref().and_then(Newest::avatar) == Some(latest) {
            let problem = format!("{} is missing although it was committed", latest.digest);
            return Err(TemporaryFailure(problem));
        }
        Ok(true)
    }

    /// The avatar that the alias shows.
    pub(super) async fn shown_digest(&self, alias: &str) -> Result<Option<String>, StoreError> {
        self.store.digest(&self.settings.destination, alias).await
    }

    async fn put_alias(&self, alias: &str, bytes: &[u8], digest: &str) -> Result<(), StoreError> {
        let request = PutRequest {
            bucket: &self.settings.destination,
            key: alias,
            bytes,
            content_type: "image/jpeg",
            cache_control: "public, max-age=60",
            digest: Some(digest),
            expiry: None,
            condition: WriteCondition::Always,
        };
        self.store.put(request).await.map(drop)
    }

    /// The bytes for the alias, from the version that never changes.
    async fn largest_version(&self, latest: &Latest) -> Result<Option<Vec<u8>>, StoreError> {
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
        Ok(match self.store.get(request).await? {
            GetOutcome::Found(object) => Some(object.bytes),
            _ => None,
        })
    }
}

/// The outcome, if `seen` is newer than `mine` or the same.
fn nothing_to_commit(mine: &Newest, seen: &LatestSnapshot) -> Option<CommitOutcome> {
    let other = seen.newest.as_ref()?;
    match mine.order().relation_to(other.order()) {
        Relation::Newer => None,
        Relation::Older => Some(CommitOutcome::Superseded),
        // Rendered again by another version of the renderer, whose output replaces the old one.
        Relation::Same if digest_of(mine) != digest_of(other) => None,
        Relation::Same => Some(CommitOutcome::AlreadyCommitted),
    }
}

fn digest_of(newest: &Newest) -> Option<&str> {
    newest.avatar().map(|latest| latest.digest.as_str())
}

/// An upload that is rendered again keeps its order, because a job of S3 Batch Operations does not
/// know the sequencer. Each upload keeps the time of the last removal before it.
fn inherit(mine: &mut Newest, other: Option<&Newest>) {
    let (Newest::Avatar(mine), Some(other)) = (mine, other) else {
        return;
    };
    mine.removed_before = other.removed_before();
    if mine.order.relation_to(other.order()) == Relation::Same {
        mine.order.clone_from(other.order());
    }
}
