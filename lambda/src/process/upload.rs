//! The steps of one upload, from its key to its notice.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use roundel::{Avatar, ErrorKind, Format, Rendered, Stage};

use super::Process;
use super::commit::{Commit, CommitOutcome, RenderedAlias};
use crate::cdn::Cdn;
use crate::clock::Clock;
use crate::event::UploadedObject;
use crate::key::{self, KeyError};
use crate::notice::{Latest, Newest, Notice, Notifier, NotifyError, Refusal};
use crate::order::{Order, Relation};
use crate::store::{
    GetOutcome, GetRequest, PutRequest, Store, StoreError, StoredObject, WriteCondition,
};

/// The content of a version never changes. But a copy in the cache of a browser stays when the avatar
/// is removed, so its age is limited to a day.
const IMMUTABLE: &str = "public, max-age=86400, immutable";
/// The folder of refusals of keys that name no user. A user id contains no dot.
const WITHOUT_USER: &str = "no.user";

/// The outcome of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadOutcome {
    /// Its avatar is the newest.
    Rendered,
    /// It was rendered before.
    Duplicate,
    /// A newer upload of the same user was rendered before, or the user has removed the avatar since.
    Stale,
    /// It requests the removal of the user's avatar, which is done.
    Removed,
    /// The object was replaced after this event. Another event announces the new object.
    Superseded,
    /// Its presigned form was sent before, with another photo. One form is one upload.
    Reused,
    /// It is not in FOLDER_INPUT, or was written by process.
    Ignored,
    /// It cannot become an avatar. The refusal is recorded.
    Refused(Refusal),
}

impl UploadOutcome {
    /// The name in lower case.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rendered => "rendered",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Removed => "removed",
            Self::Superseded => "superseded",
            Self::Reused => "reused",
            Self::Ignored => "ignored",
            Self::Refused(_) => "refused",
        }
    }
}

/// Why an upload failed. Lambda repeats its event, and after the last attempt keeps it in the
/// dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemporaryFailure(pub String);

impl From<StoreError> for TemporaryFailure {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl From<NotifyError> for TemporaryFailure {
    fn from(error: NotifyError) -> Self {
        Self(error.to_string())
    }
}

/// Facts about an upload for its log line, filled in step by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct UploadReport {
    /// Size of the photo.
    pub(super) bytes: u64,
    /// Stored width of the photo, in pixels.
    pub(super) width: u32,
    /// Stored height of the photo, in pixels.
    pub(super) height: u32,
    /// The digest of the avatar.
    pub(super) digest: String,
    /// Milliseconds of each stage of the render.
    pub(super) stages: [f64; 4],
    /// Milliseconds of all steps.
    pub(super) milliseconds: f64,
}

/// Why a step is the last one: `?` on it ends the upload.
pub(super) enum EarlyEnd {
    Outcome(Box<UploadOutcome>),
    Failure(TemporaryFailure),
}

impl From<UploadOutcome> for EarlyEnd {
    fn from(outcome: UploadOutcome) -> Self {
        Self::Outcome(Box::new(outcome))
    }
}

impl<E: Into<TemporaryFailure>> From<E> for EarlyEnd {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// An upload with its decoded key and its user.
pub(super) struct IdentifiedUpload<'a> {
    pub(super) object: &'a UploadedObject,
    pub(super) key: String,
    pub(super) sub: String,
}

impl<S: Store, N: Notifier, D: Cdn, C: Clock> Process<S, N, D, C> {
    /// Handles one upload, and records it if it is refused.
    pub(super) async fn upload(
        &self,
        object: &UploadedObject,
        report: &mut UploadReport,
    ) -> Result<UploadOutcome, TemporaryFailure> {
        match self.take_steps(object, report).await {
            Ok(outcome) => Ok(outcome),
            Err(EarlyEnd::Outcome(outcome)) => {
                if let UploadOutcome::Refused(refusal) = outcome.as_ref() {
                    return self.record_refusal(refusal, object).await;
                }
                Ok(*outcome)
            }
            Err(EarlyEnd::Failure(failure)) => Err(failure),
        }
    }

    async fn take_steps(
        &self,
        object: &UploadedObject,
        report: &mut UploadReport,
    ) -> Result<UploadOutcome, EarlyEnd> {
        let upload = self.identify(object)?;
        let order = upload.order(object.etag.as_deref(), object.time);
        if key::is_removal(&upload.key) {
            // A job of S3 Batch Operations has no time, and renders photos only.
            let order = order.ok_or(UploadOutcome::Ignored)?;
            return Ok(self.remove(&upload, order).await?);
        }
        if let Some(order) = &order {
            self.end_if_rendered(&upload, order).await?;
        }
        let photo = self.fetch(&upload).await?;
        self.claim_permit(&upload).await?;
        report.bytes = photo.bytes.len() as u64;
        // A task of S3 Batch Operations has neither etag nor time; the response of S3 has both.
        let of_photo = || {
            let time = object.time.unwrap_or(photo.modified);
            upload.order(Some(&photo.etag), Some(time))
        };
        let missing = || TemporaryFailure("S3 sent no time of the upload".to_owned());
        let order = match order {
            Some(order) => order,
            None => {
                self.known_order(&upload.sub, of_photo().ok_or_else(missing)?)
                    .await?
            }
        };
        let rendered = self.render(&upload, photo.bytes, report).await?;
        let latest = latest(
            &upload.sub,
            &rendered,
            &self.settings.options.formats,
            order,
        );
        report.digest.clone_from(&latest.digest);
        self.put_versions(&latest, &rendered.avatars).await?;
        let is_alias = |avatar: &&Avatar| avatar.format == Format::Jpeg;
        let alias = rendered.avatars.iter().find(is_alias);
        let alias = alias.map(|avatar| avatar.bytes.as_slice());
        self.finish(&object.bucket, latest, alias).await
    }

    /// Decodes the key and finds the user. Ends if process does not handle the object.
    fn identify<'a>(&self, object: &'a UploadedObject) -> Result<IdentifiedUpload<'a>, EarlyEnd> {
        let invalid = |error: KeyError, key: &str| {
            EarlyEnd::from(refusal(object, key, None, "invalid_key", error.to_string()))
        };
        let settings = &self.settings;
        if !settings.handles(&object.bucket) {
            // Not a refusal, which would be written to that bucket. The dead-letter queue keeps the event.
            let problem = format!(
                "the event is of the bucket {:?}, not of UPLOADS_BUCKET_NAME",
                object.bucket
            );
            return Err(TemporaryFailure(problem).into());
        }
        let key = key::decode_form(&object.key).map_err(|error| invalid(error, &object.key))?;
        let is_output = settings.is_output(&object.bucket, &key);
        let name = key::strip_folder(&key, &settings.input).filter(|_| !is_output);
        let name = name.ok_or(UploadOutcome::Ignored)?;
        let sub = key::sub_of_upload(name).map_err(|error| invalid(error, &key))?;
        Ok(IdentifiedUpload {
            object,
            sub: sub.to_owned(),
            key,
        })
    }

    /// The order of the committed avatar, if it is of the same upload.
    async fn known_order(&self, sub: &str, order: Order) -> Result<Order, EarlyEnd> {
        let newest = self.latest(sub).await?.and_then(|seen| seen.newest);
        let known = newest.map(|newest| newest.order().clone());
        let is_same = |known: &Order| order.relation_to(known) == Relation::Same;
        Ok(known.filter(is_same).unwrap_or(order))
    }

    /// Ends if this upload or a newer one is committed, after finishing what was left undone.
    async fn end_if_rendered(
        &self,
        upload: &IdentifiedUpload<'_>,
        order: &Order,
    ) -> Result<(), EarlyEnd> {
        let Some(seen) = self.latest(&upload.sub).await? else {
            return Ok(());
        };
        let Some(newest) = seen.newest.clone() else {
            return Ok(());
        };
        let outcome = match order.relation_to(newest.order()) {
            Relation::Newer => return Ok(()),
            Relation::Older => UploadOutcome::Stale,
            Relation::Same => UploadOutcome::Duplicate,
        };
        self.publish_late(seen, None).await?;
        self.delete_photo_if_removed(&upload.object.bucket, order, &newest)
            .await?;
        if let Newest::Avatar(latest) = newest {
            if outcome == UploadOutcome::Duplicate {
                self.notifier.send(&Notice::Avatar(latest.clone())).await?;
            }
            self.expire_replaced(&latest).await?;
        }
        Err(outcome.into())
    }

    async fn fetch(&self, upload: &IdentifiedUpload<'_>) -> Result<StoredObject, EarlyEnd> {
        let object = upload.object;
        let max_bytes = self.settings.options.limits.input_bytes;
        if let Some(size) = object.size.filter(|&size| size > max_bytes) {
            return Err(upload.too_large(size, max_bytes));
        }
        let request = GetRequest {
            bucket: &object.bucket,
            key: &upload.key,
            version: object.version.as_deref(),
            if_match: object.etag.as_deref(),
            max_bytes,
        };
        match self.store.get(request).await? {
            GetOutcome::Found(photo) if photo.bytes.is_empty() => {
                Err(upload.refused("empty", "the file is empty".to_owned()))
            }
            GetOutcome::Found(photo) => Ok(photo),
            GetOutcome::TooLarge(size) => Err(upload.too_large(size, max_bytes)),
            GetOutcome::Changed => Err(UploadOutcome::Superseded.into()),
            GetOutcome::NotFound => {
                let message = "the upload was deleted before it was handled";
                Err(upload.refused("gone", message.to_owned()))
            }
        }
    }

    /// Renders on a thread of its own, so that connections are served meanwhile.
    async fn render(
        &self,
        upload: &IdentifiedUpload<'_>,
        photo: Vec<u8>,
        report: &mut UploadReport,
    ) -> Result<Rendered, EarlyEnd> {
        let (options, renderer) = (self.settings.options.clone(), self.renderer);
        let task = tokio::task::spawn_blocking(move || {
            let (mut stages, mut since) = ([0.0; 4], Instant::now());
            let mut observe = |stage: Stage| {
                stages[stage as usize] = since.elapsed().as_secs_f64() * 1e3;
                since = Instant::now();
            };
            let rendered = renderer(&photo, &options, &mut observe);
            (rendered, stages)
        });
        let panicked = |_| TemporaryFailure("internal: the renderer panicked".to_owned());
        let (rendered, stages) = task.await.map_err(panicked)?;
        report.stages = stages;
        let rendered = rendered.map_err(|error| upload.not_rendered(&error))?;
        let size = rendered.source.size;
        (report.width, report.height) = (size.width, size.height);
        Ok(rendered)
    }

    /// Puts each size and format under the key with its digest, unless it exists.
    async fn put_versions(
        &self,
        latest: &Latest,
        avatars: &[Avatar],
    ) -> Result<(), TemporaryFailure> {
        let put = async |avatar: &Avatar| {
            let size = (avatar.size.width, avatar.size.height);
            let (keys, extension) = (&self.settings.keys, avatar.format.extension());
            let request = PutRequest {
                bucket: &self.settings.destination,
                key: &keys.version(&latest.sub, &latest.digest, size, extension),
                bytes: &avatar.bytes,
                content_type: avatar.format.media_type(),
                cache_control: IMMUTABLE,
                digest: None,
                expiry: None,
                condition: WriteCondition::IfAbsent,
            };
            self.store.put(request).await
        };
        try_join_all(avatars.iter().map(put)).await?;
        Ok(())
    }

    /// Commits the avatar, then updates the alias and sends the notice.
    async fn finish(
        &self,
        bucket: &str,
        latest: Latest,
        alias: Option<&[u8]>,
    ) -> Result<UploadOutcome, EarlyEnd> {
        let Commit {
            outcome,
            seen,
            before,
        } = self.commit(&Newest::Avatar(latest.clone())).await?;
        let committed = seen.newest.clone();
        let newest = committed.as_ref().and_then(Newest::avatar);
        let is_newest = newest.map(|newest| &newest.digest) == Some(&latest.digest);
        let own_alias = alias.filter(|_| is_newest).map(|bytes| RenderedAlias {
            bytes,
            is_outdated: outcome == CommitOutcome::Committed,
        });
        self.publish_late(seen, own_alias).await?;
        if let Some(newest) = &committed {
            self.delete_photo_if_removed(bucket, &latest.order, newest)
                .await?;
        }
        if let Some(newest) = newest {
            if outcome != CommitOutcome::Superseded {
                // As it was committed: with the order that it has kept.
                self.notifier.send(&Notice::Avatar(newest.clone())).await?;
            }
            if before.is_some() {
                self.expire_replaced(newest).await?;
            }
        }
        Ok(match outcome {
            CommitOutcome::Committed => UploadOutcome::Rendered,
            CommitOutcome::AlreadyCommitted => UploadOutcome::Duplicate,
            CommitOutcome::Superseded => UploadOutcome::Stale,
        })
    }

    /// Records a refusal and sends its notice, unless the user has removed everything since.
    async fn record_refusal(
        &self,
        refusal: &Refusal,
        object: &UploadedObject,
    ) -> Result<UploadOutcome, TemporaryFailure> {
        // A task of S3 Batch Operations has no time: any removal is newer.
        let time = object.time.unwrap_or(i64::MIN);
        let json = serde_json::to_vec(refusal);
        let json = json.map_err(|error| TemporaryFailure(error.to_string()))?;
        let key = refusal_key(&self.settings.refused, refusal, time);
        let request = PutRequest {
            bucket: &refusal.bucket,
            key: &key,
            bytes: &json,
            content_type: "application/json",
            cache_control: "no-store",
            digest: None,
            expiry: None,
            condition: WriteCondition::Always,
        };
        self.store.put(request).await?;
        // After the put: a removal deletes the records that it finds.
        if let Some(sub) = &refusal.sub
            && let Some(removed) = self.removed_before(sub).await?
            && time <= removed
        {
            self.store.delete(&refusal.bucket, &key, None).await?;
            let etag = object.etag.as_deref().unwrap_or_default();
            self.delete_photo(&refusal.bucket, &refusal.key, etag, removed)
                .await?;
            return Ok(UploadOutcome::Stale);
        }
        let notice = Notice::Refused(refusal.clone());
        self.notifier.send(&notice).await?;
        Ok(UploadOutcome::Refused(refusal.clone()))
    }
}

fn refusal_key(folder: &str, refusal: &Refusal, time: i64) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, refusal.key.as_bytes());
    let sequencer = refusal.sequencer.as_deref().unwrap_or("0").chars();
    // The sequencer is input from outside. S3 sends hexadecimal digits.
    let sequencer = sequencer.filter(char::is_ascii_alphanumeric).take(64);
    let sequencer = sequencer.collect::<String>();
    let sub = refusal.sub.as_deref().unwrap_or(WITHOUT_USER);
    key::refusal(folder, sub, time, &hex::encode(digest), &sequencer)
}

impl IdentifiedUpload<'_> {
    fn order(&self, etag: Option<&str>, time: Option<i64>) -> Option<Order> {
        Some(Order {
            key: self.key.clone(),
            sequencer: self.object.sequencer.clone(),
            time: time?,
            etag: etag?.to_owned(),
        })
    }

    fn refused(&self, code: &str, message: String) -> EarlyEnd {
        let sub = Some(self.sub.as_str());
        EarlyEnd::from(refusal(self.object, &self.key, sub, code, message))
    }

    /// A refusal if the photo is at fault, else a failure.
    fn not_rendered(&self, error: &roundel::Error) -> EarlyEnd {
        if is_fault_of_photo(error.kind()) {
            return self.refused(error.code(), error.to_string());
        }
        TemporaryFailure(format!("{}: {error}", error.code())).into()
    }

    fn too_large(&self, size: u64, max_bytes: u64) -> EarlyEnd {
        let message = format!("{size} bytes exceed the limit of {max_bytes}");
        self.refused("too_large", message)
    }
}

fn is_fault_of_photo(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Malformed | ErrorKind::Unsupported(_) | ErrorKind::LimitExceeded { .. }
    )
}

fn refusal(
    object: &UploadedObject,
    key: &str,
    sub: Option<&str>,
    code: &str,
    message: String,
) -> UploadOutcome {
    UploadOutcome::Refused(Refusal {
        bucket: object.bucket.clone(),
        key: key.to_owned(),
        sub: sub.map(str::to_owned),
        code: code.to_owned(),
        message,
        sequencer: object.sequencer.clone(),
    })
}

fn latest(sub: &str, rendered: &Rendered, formats: &[Format], order: Order) -> Latest {
    let size = |avatar: &Avatar| [avatar.size.width, avatar.size.height];
    // The formats of one size follow each other.
    let firsts = rendered.avatars.iter().step_by(formats.len().max(1));
    Latest {
        sub: sub.to_owned(),
        digest: key::version_folder(order.time, &rendered.digest()),
        removed_before: None,
        sizes: firsts.map(size).collect(),
        formats: formats
            .iter()
            .map(|format| format.name().to_owned())
            .collect(),
        thumbhash: STANDARD.encode(&rendered.placeholder.thumbhash),
        color: rendered.placeholder.color.to_string(),
        order,
    }
}

#[cfg(test)]
mod tests {
    use roundel::{Feature, Limit};

    use super::*;

    #[test]
    fn only_a_fault_of_the_photo_is_refused() {
        let limit = ErrorKind::LimitExceeded {
            limit: Limit::Pixels,
            wanted: 2,
            allowed: 1,
        };
        for kind in [
            ErrorKind::Malformed,
            ErrorKind::Unsupported(Feature::Heic),
            limit,
        ] {
            assert!(is_fault_of_photo(kind), "{kind:?}");
        }
        for kind in [ErrorKind::Internal, ErrorKind::InvalidOptions] {
            assert!(!is_fault_of_photo(kind), "{kind:?}");
        }
    }
}
