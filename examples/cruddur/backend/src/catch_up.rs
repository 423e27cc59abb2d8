//! Stores avatars whose notice was lost.
//!
//! process writes the newest avatar of each user to `<folder>/<sub>/latest.json` before it
//! publishes the notice. A notice is lost when the database is restored from a backup, or when the
//! webhook is down for longer than SNS retries. Then [`catch_up`] reads `latest.json` of every
//! user.

use bytes::Bytes;
use cruddur_functions::fetch::MAX_BYTES;
use cruddur_functions::transport::Transport;
use futures_util::{StreamExt, stream};
use http::{Request, StatusCode};
use http_body_util::Full;
use roundel_lambda::notice::Latest;
use sqlx::AnyPool;

use crate::avatars::{self, StoreOutcome};
use crate::profile::AvatarUrls;

/// Number of concurrent requests.
const CONCURRENCY: usize = 16;

/// Counts of users by result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatchUpReport {
    /// The avatar was missing or older in the database, and was stored.
    pub stored: u64,
    /// The database held this avatar already.
    pub unchanged: u64,
    /// The user has no avatar.
    pub without_avatar: u64,
    /// Error messages of failed requests, one for each user.
    pub failures: Vec<String>,
}

/// Reads `latest.json` of every user and stores the avatars that are newer.
///
/// # Errors
///
/// The database fails.
pub async fn catch_up(
    pool: &AnyPool,
    assets: &AvatarUrls,
    transport: &Transport,
) -> sqlx::Result<CatchUpReport> {
    let query = "SELECT cognito_user_id FROM users";
    let subs: Vec<String> = sqlx::query_scalar(query).fetch_all(pool).await?;
    let catch_up = |sub: String| async move { catch_up_user(pool, assets, transport, &sub).await };
    let mut results = stream::iter(subs)
        .map(catch_up)
        .buffer_unordered(CONCURRENCY);
    let mut report = CatchUpReport::default();
    while let Some(result) = results.next().await {
        match result? {
            Ok(Some(StoreOutcome::Stored)) => report.stored += 1,
            Ok(Some(StoreOutcome::Unchanged)) => report.unchanged += 1,
            // UnknownUser: the row was deleted in the meantime.
            Ok(None | Some(StoreOutcome::UnknownUser)) => report.without_avatar += 1,
            Ok(Some(StoreOutcome::Conflict)) => {
                report.failures.push("concurrent writes".to_owned());
            }
            Err(problem) => report.failures.push(problem),
        }
    }
    Ok(report)
}

async fn catch_up_user(
    pool: &AnyPool,
    assets: &AvatarUrls,
    transport: &Transport,
    sub: &str,
) -> sqlx::Result<Result<Option<StoreOutcome>, String>> {
    Ok(match fetch_latest(assets, transport, sub).await {
        Ok(Some(latest)) => Ok(Some(avatars::store(pool, &latest).await?)),
        Ok(None) => Ok(None),
        Err(problem) => Err(problem),
    })
}

/// Fetches `latest.json` of a user; `None` if the user has no avatar.
async fn fetch_latest(
    assets: &AvatarUrls,
    transport: &Transport,
    sub: &str,
) -> Result<Option<Latest>, String> {
    let url = format!("{}/{}", assets.base_url, assets.keys.latest(sub));
    let failed = |problem: String| format!("{url}: {problem}");
    let request = Request::get(&url).body(Full::new(Bytes::new()));
    let request = request.map_err(|error| failed(error.to_string()))?;
    let response = transport.exchange(request, MAX_BYTES).await;
    let response = response.map_err(|error| failed(error.to_string()))?;
    match response.status {
        StatusCode::OK => {}
        // S3 answers 403 instead of 404 to a client that may not list the bucket.
        StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => return Ok(None),
        status => return Err(failed(format!("status {status}"))),
    }
    let too_long = |length| failed(format!("the body has {length} bytes, which is too long"));
    let latest: Latest = serde_json::from_slice(&response.body.map_err(too_long)?)
        .map_err(|error| failed(error.to_string()))?;
    if latest.sub != sub || !avatars::is_valid(&latest) {
        return Err(failed("this is not a valid avatar of the user".to_owned()));
    }
    Ok(Some(latest))
}
