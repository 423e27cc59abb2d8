//! People, as the database has them.

use roundel_lambda::notice::{Latest, Refusal};
use serde::de::DeserializeOwned;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, FromRow, Row};

use crate::profile::Update;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Who they are to Cognito, for life.
    pub sub: String,
    /// What others call them.
    pub handle: String,
    /// Their name.
    pub display_name: String,
    /// What they say of themselves.
    pub bio: Option<String>,
    /// The newest avatar.
    pub avatar: Option<Latest>,
    /// The last uploads that were refused.
    pub refusals: Vec<Refusal>,
}

/// The columns of a [`User`].
macro_rules! columns {
    () => {
        "cognito_user_id, handle, display_name, bio, avatar_digest, avatar_sizes, \
         avatar_thumbhash, avatar_color, avatar_order, avatar_refusals"
    };
}

/// Who has this handle.
///
/// # Errors
///
/// The database's.
pub async fn by_handle(pool: &AnyPool, handle: &str) -> sqlx::Result<Option<User>> {
    find(
        pool,
        concat!("SELECT ", columns!(), " FROM users WHERE handle = $1"),
        handle,
    )
    .await
}

/// Who this is to Cognito.
///
/// # Errors
///
/// The database's.
pub async fn by_sub(pool: &AnyPool, sub: &str) -> sqlx::Result<Option<User>> {
    let query = concat!(
        "SELECT ",
        columns!(),
        " FROM users WHERE cognito_user_id = $1"
    );
    find(pool, query, sub).await
}

async fn find(pool: &AnyPool, query: &'static str, key: &str) -> sqlx::Result<Option<User>> {
    if !is_text(key) {
        return Ok(None);
    }
    sqlx::query_as(query).bind(key).fetch_optional(pool).await
}

/// PostgreSQL has no text with a zero in it, and would call it an error.
fn is_text(key: &str) -> bool {
    !key.contains('\0')
}

/// Changes what `update` names, and gives the result; `None` if nobody is `sub`.
///
/// # Errors
///
/// The database's.
pub async fn update(pool: &AnyPool, sub: &str, update: &Update) -> sqlx::Result<Option<User>> {
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
            avatar: avatar(row, &sub)?,
            refusals: json(row, "avatar_refusals")?.unwrap_or_default(),
            sub,
        })
    }
}

fn avatar(row: &AnyRow, sub: &str) -> sqlx::Result<Option<Latest>> {
    let (Some(sizes), Some(order)) = (json(row, "avatar_sizes")?, json(row, "avatar_order")?)
    else {
        return Ok(None);
    };
    Ok(Some(Latest {
        sub: sub.to_owned(),
        digest: row.try_get("avatar_digest")?,
        sizes,
        thumbhash: row.try_get("avatar_thumbhash")?,
        color: row.try_get("avatar_color")?,
        order,
    }))
}

fn json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> sqlx::Result<Option<T>> {
    let text: Option<String> = row.try_get(column)?;
    Ok(text.and_then(|text| read(&text, column)))
}

/// What cannot be read counts as none: the next notice mends it, where an error would last.
pub(crate) fn read<T: DeserializeOwned>(text: &str, column: &str) -> Option<T> {
    let read = serde_json::from_str(text);
    read.inspect_err(|error| tracing::error!(column, %error, "cannot be read"))
        .ok()
}
