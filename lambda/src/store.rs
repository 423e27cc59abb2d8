//! The operations of S3 that process uses.

use std::future::Future;

/// A request that failed in spite of retries. Lambda repeats the event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} failed: {reason}")]
pub struct StoreError {
    /// The operation and its object.
    pub operation: String,
    /// The status and code of S3, or the error of the connection.
    pub reason: String,
}

/// Which object to get.
#[derive(Clone, Copy, Debug)]
pub struct GetRequest<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key, not encoded.
    pub key: &'a str,
    /// The version, in a bucket with versioning.
    pub version: Option<&'a str>,
    /// Get the object only if it has this entity tag.
    pub if_match: Option<&'a str>,
    /// The most bytes to accept.
    pub max_bytes: u64,
}

/// The outcome of a get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GetOutcome {
    /// The object.
    Found(StoredObject),
    /// No object has this key.
    NotFound,
    /// The object has another entity tag.
    Changed,
    /// The object has this many bytes, more than the limit.
    TooLarge(u64),
}

/// An object with its metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredObject {
    /// The content.
    pub bytes: Vec<u8>,
    /// The entity tag, without quotation marks.
    pub etag: String,
    /// Time of the last write, in milliseconds since 1970.
    pub modified: i64,
}

/// What to put.
#[derive(Clone, Copy, Debug)]
pub struct PutRequest<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key, not encoded.
    pub key: &'a str,
    /// The content.
    pub bytes: &'a [u8],
    /// The media type.
    pub content_type: &'a str,
    /// How long it may be cached.
    pub cache_control: &'a str,
    /// The metadata `digest`: the avatar that the object shows.
    pub digest: Option<&'a str>,
    /// When the object expires by itself, if ever.
    pub expiry: Option<Expiry>,
    /// When to write the object.
    pub condition: WriteCondition<'a>,
}

/// The tag `expiry` of an object. A lifecycle rule of the bucket deletes objects with this tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// A size of an avatar that was replaced.
    Replaced,
    /// The record of a removal.
    Removed,
}

impl Expiry {
    /// The name of the tag.
    pub const TAG: &'static str = "expiry";

    /// The value of the tag.
    pub fn value(self) -> &'static str {
        match self {
            Self::Replaced => "replaced",
            Self::Removed => "removed",
        }
    }
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedObject {
    /// The key.
    pub key: String,
    /// Time of the last write, in milliseconds since 1970.
    pub modified: i64,
}

/// A condition for a put, which S3 checks atomically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteCondition<'a> {
    /// Write in any case.
    Always,
    /// Write if no object has this key.
    IfAbsent,
    /// Write if the object has this entity tag.
    IfMatch(&'a str),
}

/// The outcome of a put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The object is written and has this entity tag.
    Written(String),
    /// The condition is not met.
    ConditionFailed,
}

/// The store of uploads and avatars.
pub trait Store: Send + Sync {
    /// Gets an object.
    fn get(
        &self,
        request: GetRequest<'_>,
    ) -> impl Future<Output = Result<GetOutcome, StoreError>> + Send;

    /// The metadata `digest` of an object; `None` if the object or its metadata is missing.
    fn digest(
        &self,
        bucket: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// The objects whose keys start with `prefix`, in the order of their keys.
    fn list(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> impl Future<Output = Result<Vec<ListedObject>, StoreError>> + Send;

    /// Deletes an object; with an entity tag, only if the object has it. It is no error if the object
    /// is missing or has another entity tag.
    fn delete(
        &self,
        bucket: &str,
        key: &str,
        if_match: Option<&str>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Sets the tag of an object. It is no error if the object is missing.
    fn tag(
        &self,
        bucket: &str,
        key: &str,
        expiry: Expiry,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Puts an object, completely or not at all.
    fn put(
        &self,
        request: PutRequest<'_>,
    ) -> impl Future<Output = Result<PutOutcome, StoreError>> + Send;
}
