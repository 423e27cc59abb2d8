//! Which avatar is the newest, decided once, and the alias that follows it.
//!
//! `latest.json` is replaced by compare-and-swap (S3's conditional writes): of two functions that
//! have seen the same one, only one replaces it. Its content names the upload, so no two of them
//! have the same entity tag. The alias has no such order of its own, so whoever has put it reads
//! `latest.json` again: if that has moved on meanwhile, the alias is put once more. The last one to
//! put the alias has therefore seen that it is right; and one that dies in between has failed, so
//! its event comes again and finds the alias behind.

use super::Process;
use super::upload::Failed;
use crate::clock::Clock;
use crate::notice::{Latest, Notify};
use crate::order::Relation;
use crate::store::{Ask, Condition, Found, Put, Store, StoreError, Written};

/// How often others may be faster before the platform has to try again.
const ROUNDS: u32 = 16;
/// The most that `latest.json` may have.
const MAX_LATEST: u64 = 64 << 10;

/// What came of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// This upload is the newest as of now.
    Now,
    /// It was already.
    Before,
    /// Another is newer.
    Older,
}

/// `latest.json` as it was read.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its entity tag.
    pub etag: String,
    /// Its content; `None` if it is not ours, which the next commit mends.
    pub latest: Option<Latest>,
}

impl<S: Store, N: Notify, C: Clock> Process<S, N, C> {
    /// Reads `latest.json` of a user.
    pub(super) async fn latest(&self, sub: &str) -> Result<Option<Seen>, StoreError> {
        let ask = Ask {
            bucket: &self.settings.destination,
            key: &self.settings.names.latest(sub),
            version: None,
            etag: None,
            at_most: MAX_LATEST,
        };
        Ok(match self.store.get(ask).await? {
            Found::Object(object) => Some(Seen {
                latest: serde_json::from_slice(&object.bytes).ok(),
                etag: object.etag,
            }),
            _ => None,
        })
    }

    /// Makes `mine` the newest unless another is newer.
    pub(super) async fn commit(&self, mine: &Latest) -> Result<(Committed, Seen), Failed> {
        let mut mine = mine.clone();
        for _ in 0..ROUNDS {
            let seen = self.latest(&mine.sub).await?;
            if let Some(outcome) = seen.as_ref().and_then(|seen| decided(&mine, seen)) {
                return Ok(outcome);
            }
            keep_place(&mut mine, seen.as_ref());
            let json = serde_json::to_vec(&mine).map_err(|error| Failed(error.to_string()))?;
            let condition = seen
                .as_ref()
                .map_or(Condition::Absent, |s| Condition::Matches(&s.etag));
            let put = Put {
                bucket: &self.settings.destination,
                key: &self.settings.names.latest(&mine.sub),
                bytes: &json,
                content_type: "application/json",
                cache_control: "no-cache",
                digest: None,
                condition,
            };
            if let Written::Done(etag) = self.store.put(put).await? {
                let latest = Some(mine);
                return Ok((Committed::Now, Seen { etag, latest }));
            }
        }
        Err(Failed(
            "too many others commit avatars of this user".to_owned(),
        ))
    }

    /// Brings the alias to what was `seen`, and on to what has been committed meanwhile.
    /// `own` are the bytes of the alias if they are at hand, and whether it is sure to be behind.
    pub(super) async fn settle(
        &self,
        mut seen: Seen,
        own: Option<(&[u8], bool)>,
    ) -> Result<(), Failed> {
        let mut own = own;
        for _ in 0..ROUNDS {
            let Some(latest) = seen.latest.clone() else {
                return Ok(());
            };
            let alias = self.settings.names.alias(&latest.sub);
            let behind = own.is_some_and(|(_, behind)| behind);
            if !behind && self.shows(&alias, &latest.digest).await? {
                return Ok(());
            }
            match own.take() {
                Some((bytes, _)) => self.put_alias(&alias, bytes, &latest.digest).await?,
                None => {
                    let bytes = self.version(&latest).await?;
                    self.put_alias(&alias, &bytes, &latest.digest).await?;
                }
            }
            match self.latest(&latest.sub).await? {
                Some(now) if now.etag != seen.etag => seen = now,
                _ => return Ok(()),
            }
        }
        Err(Failed("too many others move this user's alias".to_owned()))
    }

    async fn shows(&self, alias: &str, digest: &str) -> Result<bool, StoreError> {
        let shown = self.store.digest(&self.settings.destination, alias).await?;
        Ok(shown.as_deref() == Some(digest))
    }

    async fn put_alias(&self, alias: &str, bytes: &[u8], digest: &str) -> Result<(), StoreError> {
        let put = Put {
            bucket: &self.settings.destination,
            key: alias,
            bytes,
            content_type: "image/jpeg",
            cache_control: "public, max-age=60",
            digest: Some(digest),
            condition: Condition::None,
        };
        self.store.put(put).await.map(drop)
    }

    /// The alias's bytes, from under their name for ever.
    async fn version(&self, latest: &Latest) -> Result<Vec<u8>, Failed> {
        let size = self.settings.alias_size();
        let [width, height] = latest
            .sizes
            .first()
            .copied()
            .unwrap_or([size.width, size.height]);
        let key = self
            .settings
            .names
            .version(&latest.sub, &latest.digest, (width, height));
        let ask = Ask {
            bucket: &self.settings.destination,
            key: &key,
            version: None,
            etag: None,
            at_most: u64::MAX,
        };
        match self.store.get(ask).await? {
            Found::Object(object) => Ok(object.bytes),
            _ => Err(Failed(format!(
                "{key} is missing although it was committed"
            ))),
        }
    }
}

/// Whether what was seen leaves nothing to commit.
fn decided(mine: &Latest, seen: &Seen) -> Option<(Committed, Seen)> {
    let other = seen.latest.as_ref()?;
    let committed = match mine.order.relation_to(&other.order) {
        Relation::Newer => return None,
        Relation::Older => Committed::Older,
        // Rendered anew by another version of the renderer: that one counts.
        Relation::Same if mine.digest != other.digest => return None,
        Relation::Same => Committed::Before,
    };
    Some((committed, seen.clone()))
}

/// An upload that is rendered anew keeps its place: a job of S3 Batch Operations knows less of it.
fn keep_place(mine: &mut Latest, seen: Option<&Seen>) {
    let other = seen.and_then(|seen| seen.latest.as_ref());
    if let Some(other) = other
        && mine.order.relation_to(&other.order) == Relation::Same
    {
        mine.order.clone_from(&other.order);
    }
}
