//! Adds users to the database from a seed file.

use roundel_lambda::key::is_sub;
use serde::Deserialize;
use sqlx::{Any, AnyConnection, Connection, Transaction};
use uuid::Uuid;

use crate::profile::{bio, display_name};

/// The seed file that is embedded in the program.
pub const DEFAULT_USERS: &str = include_str!("../seed.json");
/// Maximum length of a handle.
const MAX_HANDLE: usize = 60;
/// Handles that would collide with a route.
const RESERVED_HANDLES: [&str; 1] = ["update"];

/// A user of a seed file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedUser {
    handle: String,
    display_name: String,
    email: String,
    cognito_user_id: String,
    bio: Option<String>,
}

/// The seed was not applied. Either all users are added, or none.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file is not a JSON array of users.
    #[error(
        "the seed must be a JSON array of objects with handle, display_name, email, cognito_user_id and bio: {0}"
    )]
    Json(#[from] serde_json::Error),
    /// A user is not valid.
    #[error("the user {handle:?} of the seed is not valid: {problem}")]
    User {
        /// The handle of the user.
        handle: String,
        /// The rule that the user breaks.
        problem: String,
    },
    /// The database fails, or a constraint is violated.
    #[error(
        "the seed was not applied: {0}. Check that the database is migrated and that each cognito_user_id is unique"
    )]
    Database(#[from] sqlx::Error),
}

/// Parses and validates a seed file.
///
/// # Errors
///
/// The JSON is malformed, or a user is not valid.
pub fn parse(json: &str) -> Result<Vec<SeedUser>, SeedError> {
    let users: Vec<SeedUser> = serde_json::from_str(json)?;
    users.into_iter().map(SeedUser::validated).collect()
}

/// Adds users, or updates those that have the same handle. Returns their number.
///
/// # Errors
///
/// The database fails. Then no user was added.
pub async fn upsert_all(
    connection: &mut AnyConnection,
    users: &[SeedUser],
) -> Result<usize, SeedError> {
    let mut transaction = connection.begin().await?;
    for user in users {
        clear_avatar_of_other_sub(&mut transaction, user).await?;
        upsert(&mut transaction, user).await?;
    }
    transaction.commit().await?;
    Ok(users.len())
}

/// Whether the database has a user.
///
/// # Errors
///
/// The database fails.
pub async fn has_users(connection: &mut AnyConnection) -> sqlx::Result<bool> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users")
        .fetch_one(connection)
        .await?;
    Ok(count > 0)
}

impl SeedUser {
    fn validated(mut self) -> Result<Self, SeedError> {
        match self.problem() {
            Some(problem) => Err(SeedError::User {
                handle: self.handle,
                problem,
            }),
            None => {
                self.display_name = self.display_name.trim().to_owned();
                Ok(self)
            }
        }
    }

    fn problem(&self) -> Option<String> {
        if !is_handle(&self.handle) {
            return Some(
                "a handle has 1 to 60 letters, digits, - and _, and is not \"update\"".into(),
            );
        }
        if !is_sub(&self.cognito_user_id) {
            return Some("a cognito_user_id has 1 to 128 letters, digits, -, _ and :".into());
        }
        if !self.email.contains('@') || self.email.contains(char::is_control) {
            return Some("an email contains an @".into());
        }
        let error = display_name(&self.display_name)
            .err()
            .or(bio(self.bio.as_deref()).err());
        error.map(|error| error.to_string())
    }
}

/// A dot is not allowed: it would make the address of the profile look like that of a file.
fn is_handle(handle: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let length = (1..=MAX_HANDLE).contains(&handle.len());
    length && handle.bytes().all(plain) && !RESERVED_HANDLES.contains(&handle)
}

/// Clears the avatar if the handle now belongs to another Cognito user: avatars are stored in the
/// folder of their Cognito user.
async fn clear_avatar_of_other_sub(
    transaction: &mut Transaction<'_, Any>,
    user: &SeedUser,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE users SET avatar_digest = NULL, avatar_sizes = NULL, avatar_thumbhash = NULL, \
         avatar_color = NULL, avatar_order = NULL, avatar_refusals = NULL \
         WHERE handle = $1 AND cognito_user_id <> $2",
    )
    .bind(&user.handle)
    .bind(&user.cognito_user_id)
    .execute(&mut **transaction)
    .await
    .map(drop)
}

async fn upsert(transaction: &mut Transaction<'_, Any>, user: &SeedUser) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO users (uuid, handle, display_name, email, cognito_user_id, bio) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (handle) DO UPDATE SET \
         display_name = excluded.display_name, email = excluded.email, \
         cognito_user_id = excluded.cognito_user_id, bio = COALESCE(excluded.bio, users.bio)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(&user.handle)
    .bind(&user.display_name)
    .bind(&user.email)
    .bind(&user.cognito_user_id)
    .bind(user.bio.as_deref())
    .execute(&mut **transaction)
    .await
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_users_are_valid() {
        assert!(!parse(DEFAULT_USERS).unwrap().is_empty());
    }

    #[test]
    fn an_invalid_user_is_named() {
        let good = serde_json::json!({
            "handle": "ada", "display_name": "Ada", "email": "a@b", "cognito_user_id": "sub-1",
        });
        assert!(parse(&serde_json::json!([good]).to_string()).is_ok());
        for (field, value) in [
            ("handle", "a.b"),
            ("handle", ""),
            ("handle", "update"),
            ("display_name", " "),
            ("email", "ada"),
            ("cognito_user_id", "a/b"),
            ("bio", "\u{0}"),
        ] {
            let mut bad = good.clone();
            bad[field] = value.into();
            let error = parse(&serde_json::json!([bad]).to_string()).unwrap_err();
            assert!(error.to_string().starts_with("the user "), "{error}");
        }
        assert!(matches!(parse("{}"), Err(SeedError::Json(_))));
    }
}
