//! What process needs of S3, and no more.

use std::future::Future;

/// A request that failed although it was repeated; the platform repeats the event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} failed: {problem}")]
pub struct StoreError {
    /// The operation and its object.
    pub what: String,
    /// The status, S3's own code, or what became of the connection.
    pub problem: String,
}

/// What to get.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The key, not encoded.
    pub key: &'a str,
    /// This version, in a bucket that keeps them.
    pub version: Option<&'a str>,
    /// Only if it still has this entity tag.
    pub etag: Option<&'a str>,
    /// The most bytes that are accepted.
    pub at_most: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The object.
    Object(Object),
    /// No object has that key.
    Missing,
    /// It has another entity tag by now.
    Changed,
    /// It has this many bytes, more than were asked for.
    TooLarge(u64),
}

/// An object and what S3 says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its entity tag, without quotation marks.
    pub etag: String,
    /// When it was put, in milliseconds since 1970.
    pub modified: i64,
}

/// What to put.
#[derive(Clone, Copy, Debug)]
pub struct Put<'a> {
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
    /// Which avatar it shows: the metadata `digest`.
    pub digest: Option<&'a str>,
    /// When it is put at all.
    pub condition: Condition<'a>,
}

/// When an object is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition<'a> {
    /// In any case.
    None,
    /// If no object has that key.
    Absent,
    /// If it has this entity tag.
    Matches(&'a str),
}

/// What came of a put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is put, and has this entity tag.
    Done(String),
    /// The condition was not met.
    Unmet,
}

/// Where uploads come from and avatars go.
pub trait Store: Send + Sync {
    /// Gets an object.
    fn get(&self, ask: Ask<'_>) -> impl Future<Output = Result<Found, StoreError>> + Send;

    /// The metadata `digest` of an object; `None` if it has none or is missing.
    fn digest(
        &self,
        bucket: &str,
        key: &str,
    ) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// Puts an object, whole or not at all.
    fn put(&self, put: Put<'_>) -> impl Future<Output = Result<Written, StoreError>> + Send;
}
