//! One upload, from its key to its notice.

use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use roundel::{Avatar, Rendered, Stage};

use super::Process;
use super::commit::Committed;
use crate::clock::Clock;
use crate::event::Upload;
use crate::key::{self, KeyError};
use crate::notice::{Latest, Notice, NoticeError, Notify, Refusal};
use crate::order::{Order, Relation};
use crate::store::{Ask, Condition, Found, Object, Put, Store, StoreError};

/// For ever: the name says what is inside.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// What became of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its avatar is the newest.
    Rendered,
    /// It had been rendered before.
    Duplicate,
    /// A newer upload of the same user has been rendered already.
    Stale,
    /// The object was replaced after this event, which its next event is about.
    Superseded,
    /// It is not below FOLDER_INPUT, or was written by us.
    Ignored,
    /// It will never become an avatar; that is recorded.
    Refused(Refusal),
}

impl Outcome {
    /// The lower-case name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rendered => "rendered",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Superseded => "superseded",
            Self::Ignored => "ignored",
            Self::Refused(_) => "refused",
        }
    }
}

/// Why an upload failed for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed(pub String);

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(error.to_string())
    }
}

impl From<NoticeError> for Failed {
    fn from(error: NoticeError) -> Self {
        Self(error.to_string())
    }
}

/// What is known of an upload at its end, for its log line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// Bytes fetched.
    pub bytes: u64,
    /// Stored width of the photo, in pixels.
    pub width: u32,
    /// Stored height of the photo, in pixels.
    pub height: u32,
    /// The folder of its avatars.
    pub digest: String,
    /// Milliseconds of each stage of the render.
    pub stages: [f64; 4],
    /// Milliseconds of everything.
    pub milliseconds: f64,
}

/// The two things that end an upload early.
enum End {
    Outcome(Box<Outcome>),
    Failed(Failed),
}

impl From<Outcome> for End {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(Box::new(outcome))
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Failed> for End {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

impl From<NoticeError> for End {
    fn from(error: NoticeError) -> Self {
        Self::Failed(error.into())
    }
}

/// An upload whose key is understood.
struct Named<'a> {
    upload: &'a Upload,
    key: String,
    sub: String,
}

impl<S: Store, N: Notify, C: Clock> Process<S, N, C> {
    /// Brings one upload to its outcome, and records a refusal.
    pub(super) async fn upload(&self, upload: &Upload, done: &mut Done) -> Result<Outcome, Failed> {
        match self.to_the_end(upload, done).await {
            Ok(outcome) => Ok(outcome),
            Err(End::Outcome(outcome)) => {
                if let Outcome::Refused(refusal) = outcome.as_ref() {
                    self.record_refusal(refusal).await?;
                }
                Ok(*outcome)
            }
            Err(End::Failed(failed)) => Err(failed),
        }
    }

    async fn to_the_end(&self, upload: &Upload, done: &mut Done) -> Result<Outcome, End> {
        let named = self.name(upload)?;
        let of_event = named.order(upload.etag.as_deref(), upload.time);
        if let Some(order) = &of_event {
            self.unless_done(&named, order).await?;
        }
        let photo = self.fetch(&named).await?;
        done.bytes = photo.bytes.len() as u64;
        // A task of a batch brings neither: S3 has just told both.
        let time = upload.time.unwrap_or(photo.modified);
        let order = of_event.or_else(|| named.order(Some(&photo.etag), Some(time)));
        let order = order.ok_or_else(|| Failed("S3 told no time of the upload".to_owned()))?;
        let rendered = self.render(&named, photo, done).await?;
        let latest = latest(&named.sub, &rendered, order);
        done.digest.clone_from(&latest.digest);
        self.put_versions(&named.sub, &latest.digest, &rendered.avatars)
            .await?;
        let alias = rendered
            .avatars
            .first()
            .map(|avatar| avatar.bytes.as_slice());
        self.finish(latest, alias).await
    }

    /// The upload's owner; ends if it is none of our business, or its key makes no sense.
    fn name<'a>(&self, upload: &'a Upload) -> Result<Named<'a>, End> {
        let refused = |error: KeyError, key: &str| {
            End::from(refusal(upload, key, None, "invalid_key", error.to_string()))
        };
        let key = key::decode_form(&upload.key).map_err(|error| refused(error, &upload.key))?;
        let settings = &self.settings;
        let own = settings.is_own(&upload.bucket, &key);
        let Some(name) = key::below(&key, &settings.input).filter(|_| !own) else {
            return Err(Outcome::Ignored.into());
        };
        let sub = key::sub_of(name)
            .map_err(|error| refused(error, &key))?
            .to_owned();
        Ok(Named { upload, key, sub })
    }

    /// Ends if this upload, or a newer one, has been committed; what was left unfinished is
    /// finished first.
    async fn unless_done(&self, named: &Named<'_>, order: &Order) -> Result<(), End> {
        let Some(seen) = self.latest(&named.sub).await? else {
            return Ok(());
        };
        let Some(latest) = seen.latest.clone() else {
            return Ok(());
        };
        let outcome = match order.relation_to(&latest.order) {
            Relation::Newer => return Ok(()),
            Relation::Older => Outcome::Stale,
            Relation::Same => Outcome::Duplicate,
        };
        self.settle(seen, None).await?;
        if outcome == Outcome::Duplicate {
            self.notify.send(&Notice::Avatar(latest)).await?;
        }
        Err(outcome.into())
    }

    async fn fetch(&self, named: &Named<'_>) -> Result<Object, End> {
        let upload = named.upload;
        let at_most = self.settings.options.limits.input_bytes;
        if let Some(size) = upload.size.filter(|&size| size > at_most) {
            return Err(named.too_large(size, at_most));
        }
        let ask = Ask {
            bucket: &upload.bucket,
            key: &named.key,
            version: upload.version.as_deref(),
            etag: upload.etag.as_deref(),
            at_most,
        };
        match self.store.get(ask).await? {
            Found::Object(photo) if photo.bytes.is_empty() => {
                Err(named.refused("empty", "the file is empty".to_owned()))
            }
            Found::Object(photo) => Ok(photo),
            Found::TooLarge(size) => Err(named.too_large(size, at_most)),
            Found::Changed => Err(Outcome::Superseded.into()),
            Found::Missing => {
                Err(named.refused("gone", "the upload was deleted before its turn".to_owned()))
            }
        }
    }

    /// Renders on a thread of its own, so that connections stay served meanwhile.
    async fn render(
        &self,
        named: &Named<'_>,
        photo: Object,
        done: &mut Done,
    ) -> Result<Rendered, End> {
        let options = self.settings.options.clone();
        let task = tokio::task::spawn_blocking(move || {
            let (mut stages, mut since) = ([0.0; 4], Instant::now());
            let mut observe = |stage: Stage| {
                stages[stage as usize] = since.elapsed().as_secs_f64() * 1e3;
                since = Instant::now();
            };
            let rendered = roundel::render_observed(&photo.bytes, &options, &mut observe);
            (rendered, stages)
        });
        // A panic would be a defect of the renderer, and no better the next time.
        let broken = |_| named.refused("internal", "the renderer panicked".to_owned());
        let (rendered, stages) = task.await.map_err(broken)?;
        done.stages = stages;
        let rendered = rendered.map_err(|error| named.refused(error.code(), error.to_string()))?;
        (done.width, done.height) = (rendered.source.size.width, rendered.source.size.height);
        Ok(rendered)
    }

    /// Puts each size under its name for ever, unless it is there.
    async fn put_versions(
        &self,
        sub: &str,
        digest: &str,
        avatars: &[Avatar],
    ) -> Result<(), Failed> {
        let put = async |avatar: &Avatar| {
            let size = (avatar.size.width, avatar.size.height);
            self.store
                .put(Put {
                    bucket: &self.settings.destination,
                    key: &self.settings.names.version(sub, digest, size),
                    bytes: &avatar.bytes,
                    content_type: avatar.format.media_type(),
                    cache_control: IMMUTABLE,
                    digest: None,
                    condition: Condition::Absent,
                })
                .await
        };
        try_join_all(avatars.iter().map(put)).await?;
        Ok(())
    }

    /// Makes it the newest, if it still is; the alias and the notice follow.
    async fn finish(&self, latest: Latest, alias: Option<&[u8]>) -> Result<Outcome, End> {
        let digest = latest.digest.clone();
        let (committed, seen) = self.commit(&latest).await?;
        let is_its_own = seen.latest.as_ref().is_some_and(|now| now.digest == digest);
        let again = matches!(committed, Committed::Older | Committed::Before);
        self.settle(
            seen,
            alias.filter(|_| is_its_own).map(|bytes| (bytes, !again)),
        )
        .await?;
        if committed == Committed::Older {
            return Ok(Outcome::Stale);
        }
        self.notify.send(&Notice::Avatar(latest)).await?;
        Ok(match committed {
            Committed::Now => Outcome::Rendered,
            _ => Outcome::Duplicate,
        })
    }

    async fn record_refusal(&self, refusal: &Refusal) -> Result<(), Failed> {
        let json = serde_json::to_vec(refusal).map_err(|error| Failed(error.to_string()))?;
        let key = refusal_key(&self.settings.refused, refusal);
        self.store
            .put(Put {
                bucket: &refusal.bucket,
                key: &key,
                bytes: &json,
                content_type: "application/json",
                cache_control: "no-store",
                digest: None,
                condition: Condition::None,
            })
            .await?;
        Ok(self.notify.send(&Notice::Refused(refusal.clone())).await?)
    }
}

/// Where a refusal is recorded. Hashed, for a key may be anything, and as long as a key may be.
fn refusal_key(folder: &str, refusal: &Refusal) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, refusal.key.as_bytes());
    let sequencer = refusal.sequencer.as_deref().unwrap_or("0");
    // What comes from outside stays out of keys unless it is plain.
    let plain: String = sequencer
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .collect();
    format!("{folder}/{}/{plain}.json", hex::encode(digest))
}

impl Named<'_> {
    fn order(&self, etag: Option<&str>, time: Option<i64>) -> Option<Order> {
        Some(Order {
            key: self.key.clone(),
            sequencer: self.upload.sequencer.clone(),
            time: time?,
            etag: etag?.to_owned(),
        })
    }

    fn refused(&self, code: &str, message: String) -> End {
        End::from(refusal(
            self.upload,
            &self.key,
            Some(&self.sub),
            code,
            message,
        ))
    }

    fn too_large(&self, size: u64, at_most: u64) -> End {
        self.refused(
            "too_large",
            format!("{size} bytes are more than the {at_most} allowed"),
        )
    }
}

fn refusal(upload: &Upload, key: &str, sub: Option<&str>, code: &str, message: String) -> Outcome {
    Outcome::Refused(Refusal {
        bucket: upload.bucket.clone(),
        key: key.to_owned(),
        sub: sub.map(str::to_owned),
        code: code.to_owned(),
        message,
        sequencer: upload.sequencer.clone(),
    })
}

fn latest(sub: &str, rendered: &Rendered, order: Order) -> Latest {
    let size = |avatar: &Avatar| [avatar.size.width, avatar.size.height];
    Latest {
        sub: sub.to_owned(),
        digest: rendered.digest(),
        sizes: rendered.avatars.iter().map(size).collect(),
        thumbhash: STANDARD.encode(&rendered.placeholder.thumbhash),
        color: rendered.placeholder.color.to_string(),
        order,
    }
}
