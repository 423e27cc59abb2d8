//! Stores avatars and refusals whose notice was lost.
//!
//! process writes the newest avatar of each user to `<folder>/<sub>/latest.json`, and each refusal to
//! `refused/` of the uploads bucket, before it publishes the notice. A notice is lost when the
//! database is restored from a backup, or when the webhook is down for longer than SNS retries. Then
//! [`catch_up`] reads `latest.json` of every user, and [`catch_up_refusals`] a copy of `refused/`.
//!
//! S3 answers 403 instead of 404 for a missing object to a client that may not list the bucket. So an
//! address without permission looks like an address without avatars. [`catch_up`] first fetches an
//! object that exists, and fails if every user has the answer 403.

mod refusals;

use std::io;
use std::path::PathBuf;

use bytes::Bytes;
use cruddur_functions::fetch::MAX_BYTES;
use cruddur_functions::transport::{Response, Transport};
use futures_util::{StreamExt, stream};
use http::{Request, StatusCode};
use http_body_util::Full;
use roundel_lambda::notice::Newest;
use sqlx::AnyPool;

use crate::avatars::{self, StoreOutcome};
use crate::profile::AvatarUrls;
pub use refusals::{RefusalReport, catch_up_refusals};

/// Number of concurrent requests.
const CONCURRENCY: usize = 16;
/// An object of the assets bucket that exists in every deployment.
const KNOWN_OBJECT: &str = "banners/banner.jpg";

/// Counts of users by result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatchUpReport {
    /// The avatar or its removal was missing or older in the database, and was stored.
    pub stored: u64,
    /// The database held it already.
    pub unchanged: u64,
    /// The user has no avatar.
    pub without_avatar: u64,
    /// How many of those without an avatar had the answer 403.
    pub forbidden: u64,
    /// Error messages of failed requests, one for each user.
    pub failures: Vec<String>,
}

/// Why no avatars were read.
#[derive(Debug, thiserror::Error)]
pub enum CatchUpError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The object that exists in every deployment cannot be read.
    #[error(
        "{0}; upload {KNOWN_OBJECT} if it does not exist, else check ASSETS_URL and the \
         permissions of the distribution"
    )]
    KnownObject(String),
    /// Every user had the answer 403.
    #[error(
        "all {0} users have the answer 403; unless no user has an avatar, check \
         THUMBING_S3_FOLDER_OUTPUT and the permissions of the distribution"
    )]
    Forbidden(u64),
    /// The folder of refusals cannot be read.
    #[error("{0}: {1}")]
    Folder(PathBuf, io::Error),
}

/// Reads `latest.json` of every user and stores the avatars that are newer.
///
/// # Errors
///
/// [`CatchUpError`]. A failed request for one user is in the report instead.
pub async fn catch_up(
    pool: &AnyPool,
    assets: &AvatarUrls,
    transport: &Transport,
) -> Result<CatchUpReport, CatchUpError> {
    check_known_object(assets, transport).await?;
    let query = "SELECT cognito_user_id FROM users";
    let subs: Vec<String> = sqlx::query_scalar(query).fetch_all(pool).await?;
    let users = subs.len() as u64;
    let catch_up = |sub: String| async move { catch_up_user(pool, assets, transport, &sub).await };
    let mut results = stream::iter(subs)
        .map(catch_up)
        .buffer_unordered(CONCURRENCY);
    let mut report = CatchUpReport::default();
    while let Some(result) = results.next().await {
        report.count(result?);
    }
    if users > 0 && report.forbidden == users {
        return Err(CatchUpError::Forbidden(users));
    }
    Ok(report)
}

impl CatchUpReport {
    fn count(&mut self, result: UserResult) {
        match result {
            UserResult::Avatar(StoreOutcome::Stored) => self.stored += 1,
            UserResult::Avatar(StoreOutcome::Unchanged) => self.unchanged += 1,
            // UnknownUser: the row was deleted in the meantime.
            UserResult::Missing | UserResult::Avatar(StoreOutcome::UnknownUser) => {
                self.without_avatar += 1;
            }
            UserResult::Forbidden => {
                self.without_avatar += 1;
                self.forbidden += 1;
            }
            UserResult::Avatar(StoreOutcome::Conflict) => {
                self.failures.push("concurrent writes".to_owned());
            }
            UserResult::Failed(problem) => self.failures.push(problem),
        }
    }
}

async fn check_known_object(
    assets: &AvatarUrls,
    transport: &Transport,
) -> Result<(), CatchUpError> {
    let url = format!("{}/{KNOWN_OBJECT}", assets.base_url);
    let response = get(transport, &url).await;
    match response.map_err(CatchUpError::KnownObject)?.status {
        StatusCode::OK => Ok(()),
        status => Err(CatchUpError::KnownObject(format!("{url}: status {status}"))),
    }
}

/// What was done for one user.
enum UserResult {
    Avatar(StoreOutcome),
    /// 404: the user has no avatar.
    Missing,
    /// 403: the user has no avatar, or it may not be read.
    Forbidden,
    Failed(String),
}

async fn catch_up_user(
    pool: &AnyPool,
    assets: &AvatarUrls,
    transport: &Transport,
    sub: &str,
) -> sqlx::Result<UserResult> {
    let url = format!("{}/{}", assets.base_url, assets.keys.latest(sub));
    let response = match get(transport, &url).await {
        Ok(response) => response,
        Err(problem) => return Ok(UserResult::Failed(problem)),
    };
    let latest = match response.status {
        StatusCode::OK => parse_latest(response, sub),
        StatusCode::NOT_FOUND => return Ok(UserResult::Missing),
        StatusCode::FORBIDDEN => return Ok(UserResult::Forbidden),
        status => Err(format!("status {status}")),
    };
    Ok(match latest {
        Ok(newest) => UserResult::Avatar(avatars::store(pool, &newest).await?),
        Err(problem) => UserResult::Failed(format!("{url}: {problem}")),
    })
}

/// The error names the URL.
async fn get(transport: &Transport, url: &str) -> Result<Response, String> {
    let failed = |problem: String| format!("{url}: {problem}");
    let request = Request::get(url).body(Full::new(Bytes::new()));
    let request = request.map_err(|error| failed(error.to_string()))?;
    let response = transport.exchange(request, MAX_BYTES).await;
    response.map_err(|error| failed(error.to_string()))
}

fn parse_latest(response: Response, sub: &str) -> Result<Newest, String> {
    let too_long = |length| format!("the body has {length} bytes, which is too long");
    let body = response.body.map_err(too_long)?;
    let newest = Newest::parse(&body);
    let is_valid = |newest: &Newest| newest.sub() == sub && avatars::is_valid(newest);
    let invalid = || "this is not a valid avatar of the user".to_owned();
    newest.filter(is_valid).ok_or_else(invalid)
}
