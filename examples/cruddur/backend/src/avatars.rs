//! Stores the newest avatar of each user, or its removal. Notices may arrive in any order and more than
//! once.
//!
//! A write is a compare-and-swap: it succeeds only if the row still holds the version that the
//! notice was compared with. So concurrent notices cannot overwrite a newer avatar, and no
//! transaction is needed.

use roundel_lambda::key::is_sub;
use roundel_lambda::notice::{Latest, Newest, Removal};
use roundel_lambda::order::{Order, Relation};
use sqlx::AnyPool;

use crate::users;

/// How often the compare-and-swap is tried before SNS has to send the message again.
pub(crate) const MAX_ATTEMPTS: u32 = 8;

/// Maximum number of sizes of one avatar, as in the options of roundel.
const MAX_SIZES: usize = 32;

/// The result of storing a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOutcome {
    /// The notice was stored.
    Stored,
    /// The database holds the same or a newer version.
    Unchanged,
    /// The user has no row, or not yet.
    UnknownUser,
    /// Concurrent writes won every attempt.
    Conflict,
}

/// Stores `newest` unless the stored avatar is of a newer upload. If process renders the same upload
/// again, the order is the same and the digest may differ: the new rendering is stored.
///
/// After a removal, the row has its order and no avatar. So an older avatar whose notice is late is
/// not stored.
///
/// # Errors
///
/// The database fails.
pub async fn store(pool: &AnyPool, newest: &Newest) -> sqlx::Result<StoreOutcome> {
    for _ in 0..MAX_ATTEMPTS {
        let Some(stored) = load(pool, newest.sub()).await? else {
            return Ok(StoreOutcome::UnknownUser);
        };
        if !stored.is_superseded_by(newest) {
            return Ok(StoreOutcome::Unchanged);
        }
        let swapped = match newest {
            Newest::Avatar(latest) => compare_and_swap(pool, &stored, latest).await?,
            Newest::Removed(removal) => compare_and_clear(pool, &stored, removal).await?,
        };
        if swapped {
            return Ok(StoreOutcome::Stored);
        }
    }
    Ok(StoreOutcome::Conflict)
}

/// The order and digest of the stored avatar, as text of the columns.
struct StoredVersion {
    order: Option<String>,
    digest: Option<String>,
}

impl StoredVersion {
    fn is_superseded_by(&self, newest: &Newest) -> bool {
        let order = self.order.as_deref();
        let Some(order) =
            order.and_then(|text| users::parse_json_column::<Order>(text, "avatar_order"))
        else {
            return true;
        };
        match newest.order().relation_to(&order) {
            Relation::Older => false,
            Relation::Same => self.digest.as_ref() != newest.avatar().map(|latest| &latest.digest),
            Relation::Newer => true,
        }
    }
}

async fn load(pool: &AnyPool, sub: &str) -> sqlx::Result<Option<StoredVersion>> {
    let query = "SELECT avatar_order, avatar_digest FROM users WHERE cognito_user_id = $1";
    let row: Option<(Option<String>, Option<String>)> =
        sqlx::query_as(query).bind(sub).fetch_optional(pool).await?;
    Ok(row.map(|(order, digest)| StoredVersion { order, digest }))
}

/// Stores `latest` if the row still holds `stored`. Returns whether it did.
async fn compare_and_swap(
    pool: &AnyPool,
    stored: &StoredVersion,
    latest: &Latest,
) -> sqlx::Result<bool> {
    let encode = |error| sqlx::Error::Encode(Box::new(error));
    let swapped = sqlx::query(
        "UPDATE users SET avatar_digest = $1, avatar_sizes = $2, avatar_thumbhash = $3, \
         avatar_color = $4, avatar_order = $5 WHERE cognito_user_id = $6 \
         AND COALESCE(avatar_order, '') = $7 AND COALESCE(avatar_digest, '') = $8",
    )
    .bind(&latest.digest)
    .bind(serde_json::to_string(&latest.sizes).map_err(encode)?)
    .bind(&latest.thumbhash)
    .bind(&latest.color)
    .bind(serde_json::to_string(&latest.order).map_err(encode)?)
    .bind(&latest.sub)
    .bind(stored.order.as_deref().unwrap_or_default())
    .bind(stored.digest.as_deref().unwrap_or_default())
    .execute(pool)
    .await?;
    Ok(swapped.rows_affected() == 1)
}

/// Deletes the avatar and the refusals if the row still holds `stored`. Returns whether it did.
async fn compare_and_clear(
    pool: &AnyPool,
    stored: &StoredVersion,
    removal: &Removal,
) -> sqlx::Result<bool> {
    let encode = |error| sqlx::Error::Encode(Box::new(error));
    let cleared = sqlx::query(
        "UPDATE users SET avatar_digest = NULL, avatar_sizes = NULL, avatar_thumbhash = NULL, \
         avatar_color = NULL, avatar_refusals = NULL, avatar_order = $1 WHERE cognito_user_id = $2 \
         AND COALESCE(avatar_order, '') = $3 AND COALESCE(avatar_digest, '') = $4",
    )
    .bind(serde_json::to_string(&removal.order).map_err(encode)?)
    .bind(&removal.sub)
    .bind(stored.order.as_deref().unwrap_or_default())
    .bind(stored.digest.as_deref().unwrap_or_default())
    .execute(pool)
    .await?;
    Ok(cleared.rows_affected() == 1)
}

/// Whether each field is well-formed. Fields become part of addresses and styles.
pub(crate) fn is_valid(newest: &Newest) -> bool {
    match newest {
        Newest::Avatar(latest) => is_valid_avatar(latest),
        Newest::Removed(removal) => is_sub(&removal.sub),
    }
}

fn is_valid_avatar(latest: &Latest) -> bool {
    let hexadecimal = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    is_sub(&latest.sub)
        && hexadecimal(&latest.digest, 64)
        && hexadecimal(&latest.color, 6)
        && latest.thumbhash.bytes().all(base64)
        && (1..=MAX_SIZES).contains(&latest.sizes.len())
        && latest.sizes.iter().flatten().all(|&side| side > 0)
}
