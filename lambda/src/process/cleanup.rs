//! Deletes what is not public anymore: avatars of removed users, and replaced avatars.
//!
//! A function can write at any time until it reads `latest.json` again, and can end at any time. So
//! every function that finds a removal in `latest.json` deletes the public objects, and its event is
//! repeated until it has. The folder of an avatar begins with the time of its upload
//! ([`version_folder`](crate::key::version_folder)): a deletion never touches an avatar that is newer
//! than the removal, even if that is written at the same time.

use futures_util::future::try_join_all;

use super::Process;
use super::commit::{Commit, CommitOutcome};
use super::upload::{IdentifiedUpload, TemporaryFailure, UploadOutcome};
use crate::cdn::{Cdn, Invalidation};
use crate::clock::{Clock, since_epoch};
use crate::notice::{Latest, Newest, Notice, Notifier, Removal};
use crate::order::Order;
use crate::store::{Expiry, ListedObject, Store, StoreError};

/// How many objects are deleted at the same time.
const CONCURRENCY: usize = 16;
/// The resolution of the times in a listing, in milliseconds.
const LISTING_RESOLUTION: i64 = 1000;

impl<S: Store, N: Notifier, D: Cdn, C: Clock> Process<S, N, D, C> {
    /// Removes everything that the user uploaded before the removal: first it is committed, so that
    /// every older upload is stale; then the avatars, photos and refusals are deleted.
    ///
    /// The object that asked for the removal is deleted last. Until then, its event can be repeated.
    pub(super) async fn remove(
        &self,
        upload: &IdentifiedUpload<'_>,
        order: Order,
    ) -> Result<UploadOutcome, TemporaryFailure> {
        let removal = Removal {
            sub: upload.sub.clone(),
            order,
        };
        let Commit {
            outcome,
            seen,
            before,
        } = self.commit(&Newest::Removed(removal.clone())).await?;
        // Also if a newer upload is committed: this removes the older ones at once.
        let found = self
            .delete_versions(&removal.sub, removal.order.time)
            .await?;
        let found = self.publish(seen, None).await? || found;
        self.delete_uploads(upload, removal.order.time).await?;
        // An invalidation costs money. Since another removal, which invalidates by itself, nothing was
        // public.
        let is_repeated = matches!(before, Some(Newest::Removed(_)));
        if found || outcome != CommitOutcome::Committed || !is_repeated {
            self.invalidate(&removal).await?;
        }
        self.notifier.send(&Notice::Removed(removal)).await?;
        let bucket = &upload.object.bucket;
        self.store.delete(bucket, &upload.key, None).await?;
        Ok(UploadOutcome::Removed)
    }

    /// Deletes the alias of a removed user, and the avatars of uploads before. Returns whether there were
    /// any.
    pub(super) async fn delete_public(&self, removal: &Removal) -> Result<bool, StoreError> {
        let found = self
            .delete_versions(&removal.sub, removal.order.time)
            .await?;
        let alias = self.settings.keys.alias(&removal.sub);
        if self.shown_digest(&alias).await?.is_none() {
            return Ok(found);
        }
        let bucket = &self.settings.destination;
        self.store.delete(bucket, &alias, None).await?;
        Ok(true)
    }

    /// Deletes the avatars of uploads until `time`. Returns whether there were any.
    async fn delete_versions(&self, sub: &str, time: i64) -> Result<bool, StoreError> {
        let bucket = &self.settings.destination;
        let keys = &self.settings.keys;
        let listed = self.store.list(bucket, &keys.user_prefix(sub)).await?;
        let is_older = |object: &ListedObject| {
            let folder = keys.folder_and_time(sub, &object.key);
            folder.is_some_and(|(_, uploaded)| uploaded <= time)
        };
        let older: Vec<_> = listed.into_iter().filter(is_older).collect();
        self.delete_all(bucket, &older).await?;
        Ok(!older.is_empty())
    }

    /// Deletes the user's photos and refusals that were written before `time`.
    ///
    /// A listing has times in seconds. A photo of the same second stays until its own event, because it
    /// could be newer.
    async fn delete_uploads(
        &self,
        removal: &IdentifiedUpload<'_>,
        time: i64,
    ) -> Result<(), StoreError> {
        let bucket = &removal.object.bucket;
        let (input, refused) = (&self.settings.input, &self.settings.refused);
        let slash = if input.is_empty() { "" } else { "/" };
        let prefixes = [
            format!("{input}{slash}{}/", removal.sub),
            format!("{input}{slash}{}.", removal.sub),
            format!("{refused}/{}/", removal.sub),
        ];
        for prefix in prefixes {
            let mut listed = self.store.list(bucket, &prefix).await?;
            listed.retain(|object| {
                object.key != removal.key && object.modified + LISTING_RESOLUTION <= time
            });
            self.delete_all(bucket, &listed).await?;
        }
        Ok(())
    }

    async fn delete_all(&self, bucket: &str, objects: &[ListedObject]) -> Result<(), StoreError> {
        for some in objects.chunks(CONCURRENCY) {
            let delete = |object: &ListedObject| {
                let key = object.key.clone();
                async move { self.store.delete(bucket, &key, None).await }
            };
            try_join_all(some.iter().map(delete)).await?;
        }
        Ok(())
    }

    async fn invalidate(&self, removal: &Removal) -> Result<(), TemporaryFailure> {
        let now = since_epoch(self.clock.now()).as_millis();
        let invalidation = Invalidation {
            // Another one for each attempt, because an id is executed once.
            id: format!("{}/{now}", removal.order.key),
            paths: self.settings.keys.paths(&removal.sub).to_vec(),
        };
        let invalidated = self.cdn.invalidate(&invalidation).await;
        invalidated.map_err(|error| TemporaryFailure(error.to_string()))
    }

    /// Lets the avatar before `latest` expire, because a page may still show it. All older ones, and those
    /// from before a removal, are deleted at once. So a user has few objects, however many uploads.
    pub(super) async fn expire_replaced(&self, latest: &Latest) -> Result<(), StoreError> {
        let (bucket, keys) = (&self.settings.destination, &self.settings.keys);
        let listed = self
            .store
            .list(bucket, &keys.user_prefix(&latest.sub))
            .await?;
        let time = |object: &ListedObject| {
            let (folder, time) = keys.folder_and_time(&latest.sub, &object.key)?;
            (folder != latest.digest && time < latest.order.time).then_some(time)
        };
        let removed = latest.removed_before.unwrap_or(i64::MIN);
        let previous = listed.iter().filter_map(time).max();
        let previous = previous.filter(|&time| time > removed);
        let is_older =
            |object: &&ListedObject| time(object).is_some_and(|time| Some(time) != previous);
        let older: Vec<_> = listed.iter().filter(is_older).cloned().collect();
        self.delete_all(bucket, &older).await?;
        let is_previous = |object: &&ListedObject| previous.is_some() && time(object) == previous;
        for object in listed.iter().filter(is_previous) {
            self.store
                .tag(bucket, &object.key, Expiry::Replaced)
                .await?;
        }
        Ok(())
    }

    /// Whether a removal is newer than an upload of this time.
    pub(super) async fn is_removed(&self, sub: &str, time: i64) -> Result<bool, StoreError> {
        let newest = self.latest(sub).await?.and_then(|seen| seen.newest);
        Ok(match newest {
            None => false,
            Some(Newest::Avatar(latest)) => {
                latest.removed_before.is_some_and(|removed| time <= removed)
            }
            Some(Newest::Removed(removal)) => time <= removal.order.time,
        })
    }
}
