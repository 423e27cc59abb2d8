//! The caches in front of the bucket of the avatars.

use std::future::Future;

/// Paths that are still cached, in spite of retries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cached paths were not invalidated: {0}")]
pub struct InvalidateError(pub String);

/// The paths to remove from the caches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalidation {
    /// Identifies the request: the same one is not executed twice.
    pub id: String,
    /// Each begins with a slash. A `*` at the end matches any rest.
    pub paths: Vec<String>,
}

/// Removes objects from the caches of a content delivery network.
pub trait Cdn: Send + Sync {
    /// Removes the paths from all caches.
    fn invalidate(
        &self,
        invalidation: &Invalidation,
    ) -> impl Future<Output = Result<(), InvalidateError>> + Send;
}
