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
    /// When to write the object.
    pub condition: WriteCondition<'a>,
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

    /// Puts an object, completely or not at all.
    fn put(
        &self,
        request: PutRequest<'_>,
    ) -> impl Future<Output = Result<PutOutcome, StoreError>> + Send;
}
