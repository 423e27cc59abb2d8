//! Deletes what is not public anymore: avatars of removed users, and replaced avatars.
//!
//! A function can write at any time until it reads `latest.json` again, and can end at any time. So
//! every function that finds a removal in `latest.json` deletes the public objects, and its event is
//! repeated until it has. The folder of an avatar begins with the time of its upload
//! ([`version_folder`](crate::key::version_folder)): a deletion never touches an avatar that is newer
//! than the removal, even if that is written at the same time.

use futures_util::future::try_join_all;

use super::Process;
use super::commit::{Commit, CommitOutcome, LatestSnapshot, RenderedAlias};
use super::upload::{IdentifiedUpload, TemporaryFailure, UploadOutcome};
use crate::cdn::{Cdn, Invalidation};
use crate::clock::{Clock, since_epoch};
use crate::key;
use crate::notice::{Latest, Newest, Notice, Notifier, Removal};
use crate::order::{Order, Relation};
use crate::store::{Expiry, ListedObject, Store, StoreError};

/// How many objects are deleted at the same time.
const CONCURRENCY: usize = 16;
/// The resolution of the times in a listing, in milliseconds.
const LISTING_RESOLUTION: i64 = 1000;

impl<S: Store, N: Notifier, D: Cdn, C: Clock> Process<S, N, D, C> {
    /// Removes everything that the user uploaded before the removal: first it is committed, so that
    /// every older upload is stale; then the avatars, photos and refusals are deleted.
    ///
    /// The object that requests the removal is deleted last. Until then, its event can be repeated.
    pub(super) async fn remove(
        &self,
        upload: &IdentifiedUpload<'_>,
        order: Order,
    ) -> Result<UploadOutcome, TemporaryFailure> {
        let removal = Removal {
            sub: upload.sub.clone(),
            order,
        };
        let bucket = &upload.object.bucket;
        let is_cached = self.take_down(bucket, &removal).await?;
        let older = self.older_uploads(bucket, &removal).await?;
        let (requests, uploads): (Vec<_>, Vec<_>) = older
            .into_iter()
            .partition(|object| key::is_removal(&object.key));
        self.delete_all(bucket, &uploads).await?;
        // Before the invalidation, which fails while CloudFront has too many: the pages need not wait.
        self.notifier
            .send(&Notice::Removed(removal.clone()))
            .await?;
        if is_cached {
            self.invalidate(&removal).await?;
        }
        self.delete_all(bucket, &requests).await?;
        self.store.delete(bucket, &upload.key, None).await?;
        Ok(UploadOutcome::Removed)
    }

    /// Commits the removal, and deletes the public objects and the photo of the removed avatar. Returns
    /// whether a cache may still have such objects.
    async fn take_down(&self, bucket: &str, removal: &Removal) -> Result<bool, TemporaryFailure> {
        let (sub, time) = (&removal.sub, removal.order.time);
        // Before the commit, which replaces the only record of this key.
        let known = self.latest(sub).await?.and_then(|seen| seen.newest);
        self.delete_photo_of(bucket, known.as_ref(), removal)
            .await?;
        let Commit {
            outcome,
            seen,
            before,
        } = self.commit(&Newest::Removed(removal.clone())).await?;
        // An upload that was committed in the meantime.
        self.delete_photo_of(bucket, before.as_ref(), removal)
            .await?;
        // Also if a newer upload is committed: this removes the older ones at once.
        let found = self.delete_versions(sub, time).await?;
        let found = self.publish(seen, None).await?.is_some() || found;
        // An invalidation costs money. Since another removal, which has invalidated, nothing was public.
        let is_repeated = match before {
            Some(Newest::Removed(other)) => !self.exists(bucket, &other.order.key).await?,
            _ => false,
        };
        Ok(found || outcome != CommitOutcome::Committed || !is_repeated)
    }

    /// Deletes the alias of a removed user, and the avatars of uploads before. Returns whether there were
    /// any.
    pub(super) async fn delete_public(&self, removal: &Removal) -> Result<bool, StoreError> {
        let found = self
            .delete_versions(&removal.sub, removal.order.time)
            .await?;
        let bucket = &self.settings.destination;
        let alias = self.settings.keys.alias(&removal.sub);
        if !self.exists(bucket, &alias).await? {
            return Ok(found);
        }
        self.store.delete(bucket, &alias, None).await?;
        Ok(true)
    }

    /// Deletes the avatars of uploads until `time`. Returns whether there were any.
    ///
    /// An earlier release wrote other keys, which do not tell the time. They are deleted if they were
    /// written before.
    async fn delete_versions(&self, sub: &str, time: i64) -> Result<bool, StoreError> {
        let bucket = &self.settings.destination;
        let keys = &self.settings.keys;
        let mut older = self.store.list(bucket, &keys.user_prefix(sub)).await?;
        let latest = keys.latest(sub);
        older.retain(|object| {
            let folder = keys.folder_and_time(sub, &object.key);
            let is_older = folder.is_some_and(|(_, uploaded)| uploaded <= time);
            object.key != latest && (is_older || is_written_before(object, time))
        });
        self.delete_all(bucket, &older).await?;
        Ok(!older.is_empty())
    }

    /// The user's photos and requests that were written before the removal, and the refusals of uploads
    /// before it.
    ///
    /// A listing has times in seconds, so the photos of the same second are missing. Most of them are
    /// deleted by [`Self::delete_photo`].
    async fn older_uploads(
        &self,
        bucket: &str,
        removal: &Removal,
    ) -> Result<Vec<ListedObject>, StoreError> {
        let (input, refused) = (&self.settings.input, &self.settings.refused);
        let slash = if input.is_empty() { "" } else { "/" };
        let refusals = format!("{refused}/{}/", removal.sub);
        let prefixes = [
            format!("{input}{slash}{}/", removal.sub),
            format!("{input}{slash}{}.", removal.sub),
            refusals.clone(),
        ];
        let is_older = |object: &ListedObject| {
            let refusal = Some(&object.key).filter(|key| key.starts_with(&refusals));
            match refusal.and_then(|key| key::time_of_refusal(key)) {
                Some(uploaded) => uploaded <= removal.order.time,
                None => is_written_before(object, removal.order.time),
            }
        };
        let mut older = vec![];
        for prefix in prefixes {
            let listed = self.store.list(bucket, &prefix).await?;
            older.extend(listed.into_iter().filter(is_older));
        }
        older.retain(|object| object.key != removal.order.key);
        Ok(older)
    }

    /// Deletes the photo of an avatar that is older than the removal.
    async fn delete_photo_of(
        &self,
        bucket: &str,
        newest: Option<&Newest>,
        removal: &Removal,
    ) -> Result<(), StoreError> {
        let order = newest.and_then(Newest::avatar).map(|latest| &latest.order);
        match order.filter(|order| order.relation_to(&removal.order) == Relation::Older) {
            Some(order) => {
                self.delete_photo(bucket, &order.key, &order.etag, removal.order.time)
                    .await
            }
            None => Ok(()),
        }
    }

    /// Deletes the photo of an upload, if it is older than the last removal.
    pub(super) async fn delete_photo_if_removed(
        &self,
        bucket: &str,
        order: &Order,
        newest: &Newest,
    ) -> Result<(), StoreError> {
        match newest.removed_before().filter(|&time| order.time <= time) {
            Some(time) => {
                self.delete_photo(bucket, &order.key, &order.etag, time)
                    .await
            }
            None => Ok(()),
        }
    }

    /// Deletes a photo from before a removal at `time`, unless its key has another photo by now.
    ///
    /// The same photo has the same entity tag when it is uploaded to its key again. So the object must
    /// also have been written before the removal, as far as the seconds of a listing tell.
    pub(super) async fn delete_photo(
        &self,
        bucket: &str,
        key: &str,
        etag: &str,
        time: i64,
    ) -> Result<(), StoreError> {
        let found = self.find(bucket, key).await?;
        if !etag.is_empty() && found.is_some_and(|object| object.modified <= time) {
            self.store.delete(bucket, key, Some(etag)).await?;
        }
        Ok(())
    }

    async fn exists(&self, bucket: &str, key: &str) -> Result<bool, StoreError> {
        Ok(self.find(bucket, key).await?.is_some())
    }

    async fn find(&self, bucket: &str, key: &str) -> Result<Option<ListedObject>, StoreError> {
        let listed = self.store.list(bucket, key).await?;
        Ok(listed.into_iter().find(|object| object.key == key))
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

    /// As [`Self::publish`]. If it deletes what an upload has written after the removal, then a cache may have a
    /// copy that was made after the invalidation of the removal, so the paths are invalidated again.
    pub(super) async fn publish_late(
        &self,
        seen: LatestSnapshot,
        rendered: Option<RenderedAlias<'_>>,
    ) -> Result<(), TemporaryFailure> {
        match self.publish(seen, rendered).await? {
            Some(removal) => self.invalidate(&removal).await,
            None => Ok(()),
        }
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

    /// The time of the user's last removal.
    pub(super) async fn removed_before(&self, sub: &str) -> Result<Option<i64>, StoreError> {
        let newest = self.latest(sub).await?.and_then(|seen| seen.newest);
        Ok(newest.and_then(|newest| newest.removed_before()))
    }
}

/// Whether the object was written before this time, also by the seconds of a listing.
fn is_written_before(object: &ListedObject, time: i64) -> bool {
    object.modified + LISTING_RESOLUTION <= time
}
