//! The newest avatar of each user, in whatever order the notices come.

use roundel_lambda::key::is_sub;
use roundel_lambda::notice::Latest;
use roundel_lambda::order::{Order, Relation};
use sqlx::AnyPool;

use crate::users;

/// How often somebody else may be quicker before the message has to come again.
pub(crate) const ATTEMPTS: u32 = 8;

/// The most sizes of one avatar, as in roundel's options.
const MOST_SIZES: usize = 32;

/// What became of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was stored.
    Stored,
    /// What is stored is as new, or newer.
    Kept,
    /// Nobody is that user, or not yet.
    UnknownUser,
    /// Others were quicker each time.
    Contended,
}

/// Stores `latest` unless its order is older than that of the avatar that is there. An upload that
/// was rendered anew has the same order and another digest: the newly rendered one is taken.
///
/// # Errors
///
/// The database's.
pub async fn take(pool: &AnyPool, latest: &Latest) -> sqlx::Result<Outcome> {
    for _ in 0..ATTEMPTS {
        let Some(known) = known(pool, &latest.sub).await? else {
            return Ok(Outcome::UnknownUser);
        };
        if !known.gives_way_to(latest) {
            return Ok(Outcome::Kept);
        }
        if swap(pool, &known, latest).await? {
            return Ok(Outcome::Stored);
        }
    }
    Ok(Outcome::Contended)
}

/// What is there, as stored.
struct Known {
    order: Option<String>,
    digest: Option<String>,
}

impl Known {
    fn gives_way_to(&self, latest: &Latest) -> bool {
        let order = self.order.as_deref();
        let Some(order) = order.and_then(|text| users::read::<Order>(text, "avatar_order")) else {
            return true;
        };
        match latest.order.relation_to(&order) {
            Relation::Older => false,
            Relation::Same => self.digest.as_ref() != Some(&latest.digest),
            Relation::Newer => true,
        }
    }
}

async fn known(pool: &AnyPool, sub: &str) -> sqlx::Result<Option<Known>> {
    let query = "SELECT avatar_order, avatar_digest FROM users WHERE cognito_user_id = $1";
    let row: Option<(Option<String>, Option<String>)> =
        sqlx::query_as(query).bind(sub).fetch_optional(pool).await?;
    Ok(row.map(|(order, digest)| Known { order, digest }))
}

/// Whether `latest` is stored now: only if what is there is still what was compared with.
async fn swap(pool: &AnyPool, known: &Known, latest: &Latest) -> sqlx::Result<bool> {
    let json = |error| sqlx::Error::Encode(Box::new(error));
    let swapped = sqlx::query(
        "UPDATE users SET avatar_digest = $1, avatar_sizes = $2, avatar_thumbhash = $3, \
         avatar_color = $4, avatar_order = $5 WHERE cognito_user_id = $6 \
         AND COALESCE(avatar_order, '') = $7 AND COALESCE(avatar_digest, '') = $8",
    )
    .bind(&latest.digest)
    .bind(serde_json::to_string(&latest.sizes).map_err(json)?)
    .bind(&latest.thumbhash)
    .bind(&latest.color)
    .bind(serde_json::to_string(&latest.order).map_err(json)?)
    .bind(&latest.sub)
    .bind(known.order.as_deref().unwrap_or_default())
    .bind(known.digest.as_deref().unwrap_or_default())
    .execute(pool)
    .await?;
    Ok(swapped.rows_affected() == 1)
}

/// Whether an avatar can be one: addresses and styles are made of it.
pub(crate) fn is_sound(latest: &Latest) -> bool {
    let hexadecimal = |text: &str, length| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    is_sub(&latest.sub)
        && hexadecimal(&latest.digest, 64)
        && hexadecimal(&latest.color, 6)
        && latest.thumbhash.bytes().all(base64)
        && (1..=MOST_SIZES).contains(&latest.sizes.len())
        && latest.sizes.iter().flatten().all(|&side| side > 0)
}
