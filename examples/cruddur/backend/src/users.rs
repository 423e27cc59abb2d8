//! Reads and updates users in the database.

use roundel_lambda::notice::{Latest, Refusal};
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, FromRow, Row};

use crate::profile::ProfileUpdate;

/// A row of the table `users`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The Cognito user id, which never changes.
    pub sub: String,
    /// The unique name in addresses.
    pub handle: String,
    /// The name that is shown.
    pub display_name: String,
    /// The text about the user.
    pub bio: Option<String>,
    /// The newest avatar.
    pub avatar: Option<Latest>,
    /// The last refused uploads.
    pub refusals: Vec<Refusal>,
}

/// The columns of a [`User`].
macro_rules! columns {
    () => {
        "cognito_user_id, handle, display_name, bio, avatar_digest, avatar_sizes, \
         avatar_thumbhash, avatar_color, avatar_order, avatar_refusals"
    };
}

/// The user with this handle.
///
/// # Errors
///
/// The database fails.
pub async fn by_handle(pool: &AnyPool, handle: &str) -> sqlx::Result<Option<User>> {
    find(
        pool,
        concat!("SELECT ", columns!(), " FROM users WHERE handle = $1"),
        handle,
    )
    .await
}

/// The user with this Cognito user id.
///
/// # Errors
///
/// The database fails.
pub async fn by_sub(pool: &AnyPool, sub: &str) -> sqlx::Result<Option<User>> {
    let query = concat!(
        "SELECT ",
        columns!(),
        " FROM users WHERE cognito_user_id = $1"
    );
    find(pool, query, sub).await
}

/// The users with these Cognito user ids, in any order. An id without a row is left out.
///
/// # Errors
///
/// The database fails.
pub async fn by_subs(pool: &AnyPool, subs: &[String]) -> sqlx::Result<Vec<User>> {
    let places: Vec<String> = (1..=subs.len()).map(|place| format!("${place}")).collect();
    let query = format!(
        concat!(
            "SELECT ",
            columns!(),
            " FROM users WHERE cognito_user_id IN ({})"
        ),
        places.join(", ")
    );
    // Not persistent: the number of places varies, and a connection keeps only some statements.
    let mut query = sqlx::query_as(&query).persistent(false);
    for sub in subs {
        query = query.bind(sub);
    }
    query.fetch_all(pool).await
}

async fn find(pool: &AnyPool, query: &'static str, key: &str) -> sqlx::Result<Option<User>> {
    if !is_text(key) {
        return Ok(None);
    }
    sqlx::query_as(query).bind(key).fetch_optional(pool).await
}

/// PostgreSQL refuses a text that contains a NUL character with an error.
fn is_text(key: &str) -> bool {
    !key.contains('\0')
}

/// Applies the changes and returns the updated user; `None` if `sub` is unknown.
///
/// # Errors
///
/// The database fails.
pub async fn update(
    pool: &AnyPool,
    sub: &str,
    update: &ProfileUpdate,
) -> sqlx::Result<Option<User>> {
    let query = concat!(
        "UPDATE users SET display_name = COALESCE($1, display_name), \
         bio = CASE WHEN $2 = 1 THEN $3 ELSE bio END WHERE cognito_user_id = $4 RETURNING ",
        columns!()
    );
    if !is_text(sub) {
        return Ok(None);
    }
    sqlx::query_as(query)
        .bind(update.display_name.as_deref())
        .bind(i32::from(update.bio.is_some()))
        .bind(update.bio.as_ref().and_then(Option::as_deref))
        .bind(sub)
        .fetch_optional(pool)
        .await
}

impl FromRow<'_, AnyRow> for User {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let sub: String = row.try_get("cognito_user_id")?;
        Ok(Self {
            handle: row.try_get("handle")?,
            display_name: row.try_get("display_name")?,
            bio: row.try_get("bio")?,
            avatar: read_avatar(row, &sub)?,
            refusals: read_json(row, "avatar_refusals")?.unwrap_or_default(),
            sub,
        })
    }
}

fn read_avatar(row: &AnyRow, sub: &str) -> sqlx::Result<Option<Latest>> {
    let (Some(sizes), Some(order)) = (
        read_json(row, "avatar_sizes")?,
        read_json(row, "avatar_order")?,
    ) else {
        return Ok(None);
    };
    Ok(Some(Latest {
        sub: sub.to_owned(),
        digest: row.try_get("avatar_digest")?,
        sizes,
        // The page shows the JPEGs, which every avatar has.
        formats: Latest::jpeg_only(),
        thumbhash: row.try_get("avatar_thumbhash")?,
        color: row.try_get("avatar_color")?,
        order,
        removed_before: None,
    }))
}

fn read_json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> sqlx::Result<Option<T>> {
    let text: Option<String> = row.try_get(column)?;
    Ok(text.and_then(|text| parse_json_column(&text, column)))
}

/// Malformed JSON counts as absent. The next notice repairs the column, whereas an error would
/// block all further notices.
pub(crate) fn parse_json_column<T: DeserializeOwned>(text: &str, column: &str) -> Option<T> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::error!(column, %error, "malformed JSON in the database"))
        .ok()
}
