//! Avatars that the database does not know of: taken over from where they are served.
//!
//! process leaves each user's newest one in `<folder>/<sub>/latest.json`, and notices tell of it.
//! This is for what no notice will tell any more: the database is a restored copy, or the webhook
//! was away for longer than SNS repeats itself.

use bytes::Bytes;
use cruddur_functions::fetch::MAX_BYTES;
use futures_util::{StreamExt, stream};
use http::{Request, StatusCode};
use http_body_util::Full;
use roundel_lambda::notice::Latest;
use roundel_lambda::transport::Transport;
use sqlx::AnyPool;

use crate::avatars::{self, Outcome};
use crate::profile::Assets;

/// How many users are looked at at once.
const AT_ONCE: usize = 16;

/// What was found, in users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Their avatar was not known, or older.
    pub taken: u64,
    /// It was known.
    pub known: u64,
    /// They have none.
    pub without: u64,
    /// It could not be had; why, one line each.
    pub failed: Vec<String>,
}

/// Looks at every user.
///
/// # Errors
///
/// The database's.
pub async fn catch_up(
    pool: &AnyPool,
    assets: &Assets,
    transport: &Transport,
) -> sqlx::Result<Found> {
    let query = "SELECT cognito_user_id FROM users";
    let subs: Vec<String> = sqlx::query_scalar(query).fetch_all(pool).await?;
    let look = |sub: String| async move { user(pool, assets, transport, &sub).await };
    let mut looks = stream::iter(subs).map(look).buffer_unordered(AT_ONCE);
    let mut found = Found::default();
    while let Some(look) = looks.next().await {
        match look? {
            Ok(Some(Outcome::Stored)) => found.taken += 1,
            Ok(Some(Outcome::Kept)) => found.known += 1,
            // Who has gone meanwhile needs no avatar.
            Ok(None | Some(Outcome::UnknownUser)) => found.without += 1,
            Ok(Some(Outcome::Contended)) => found.failed.push("others were quicker".to_owned()),
            Err(problem) => found.failed.push(problem),
        }
    }
    Ok(found)
}

async fn user(
    pool: &AnyPool,
    assets: &Assets,
    transport: &Transport,
    sub: &str,
) -> sqlx::Result<Result<Option<Outcome>, String>> {
    Ok(match latest(assets, transport, sub).await {
        Ok(Some(latest)) => Ok(Some(avatars::take(pool, &latest).await?)),
        Ok(None) => Ok(None),
        Err(problem) => Err(problem),
    })
}

/// The user's newest avatar, if there is one.
async fn latest(
    assets: &Assets,
    transport: &Transport,
    sub: &str,
) -> Result<Option<Latest>, String> {
    let url = format!("{}/{}", assets.url, assets.names.latest(sub));
    let failed = |problem: String| format!("{url}: {problem}");
    let request = Request::get(&url).body(Full::new(Bytes::new()));
    let request = request.map_err(|error| failed(error.to_string()))?;
    let answer = transport.exchange(request, MAX_BYTES).await;
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    match answer.status {
        StatusCode::OK => {}
        // A bucket that does not list its objects says "forbidden" where there is none.
        StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => return Ok(None),
        status => return Err(failed(format!("status {status}"))),
    }
    let long = |length| failed(format!("{length} bytes are too many"));
    let latest: Latest = serde_json::from_slice(&answer.body.map_err(long)?)
        .map_err(|error| failed(error.to_string()))?;
    if latest.sub != sub || !avatars::is_sound(&latest) {
        return Err(failed("it is no avatar of this user".to_owned()));
    }
    Ok(Some(latest))
}
