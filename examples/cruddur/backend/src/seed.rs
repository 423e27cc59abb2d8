//! People to begin with.

use roundel_lambda::key::is_sub;
use serde::Deserialize;
use sqlx::{Any, AnyConnection, Connection, Transaction};
use uuid::Uuid;

use crate::profile::{bio, display_name};

/// Those that come with the program.
pub const BUILT_IN: &str = include_str!("../seed.json");
/// The longest handle.
const MAX_HANDLE: usize = 60;
/// What is a route, and cannot be a person.
const RESERVED: [&str; 1] = ["update"];

/// Somebody in a seed file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    handle: String,
    display_name: String,
    email: String,
    cognito_user_id: String,
    bio: Option<String>,
}

/// Why nobody was added: all are, or none.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// It is no array of people.
    #[error(
        "the seed must be a JSON array of handle, display_name, email, cognito_user_id and bio: {0}"
    )]
    Json(#[from] serde_json::Error),
    /// Somebody cannot be.
    #[error("the seed's {handle:?}: {problem}")]
    Person {
        /// Who.
        handle: String,
        /// What is wrong with them.
        problem: String,
    },
    /// The database refuses.
    #[error(
        "the seed was not taken ({0}); is the database migrated, and each cognito_user_id unique?"
    )]
    Database(#[from] sqlx::Error),
}

/// Reads a seed file.
///
/// # Errors
///
/// It is no JSON of people, or one of them cannot be.
pub fn read(json: &str) -> Result<Vec<Person>, SeedError> {
    let people: Vec<Person> = serde_json::from_str(json)?;
    people.into_iter().map(Person::checked).collect()
}

/// Adds people, or brings those up to date who have the same handle. Returns how many they are.
///
/// # Errors
///
/// The database's; then nobody was added.
pub async fn seed(connection: &mut AnyConnection, people: &[Person]) -> Result<usize, SeedError> {
    let mut transaction = connection.begin().await?;
    for person in people {
        forget_other_avatar(&mut transaction, person).await?;
        upsert(&mut transaction, person).await?;
    }
    transaction.commit().await?;
    Ok(people.len())
}

/// Whether somebody is there.
///
/// # Errors
///
/// The database's.
pub async fn anybody(connection: &mut AnyConnection) -> sqlx::Result<bool> {
    let number: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM users")
        .fetch_one(connection)
        .await?;
    Ok(number > 0)
}

impl Person {
    fn checked(mut self) -> Result<Self, SeedError> {
        match self.problem() {
            Some(problem) => Err(SeedError::Person {
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
            return Some("a handle is 1 to 60 letters, digits, - and _, and not \"update\"".into());
        }
        if !is_sub(&self.cognito_user_id) {
            return Some("a cognito_user_id is 1 to 128 letters, digits, -, _ and :".into());
        }
        if !self.email.contains('@') || self.email.contains(char::is_control) {
            return Some("an email has an @".into());
        }
        let wrong = display_name(&self.display_name)
            .err()
            .or(bio(self.bio.as_deref()).err());
        wrong.map(|error| error.to_string())
    }
}

/// No dot: the page's addresses are told from its files by it.
fn is_handle(handle: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let length = (1..=MAX_HANDLE).contains(&handle.len());
    length && handle.bytes().all(plain) && !RESERVED.contains(&handle)
}

/// Avatars lie in the folder of their user: a handle that becomes another's loses its own.
async fn forget_other_avatar(
    transaction: &mut Transaction<'_, Any>,
    person: &Person,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE users SET avatar_digest = NULL, avatar_sizes = NULL, avatar_thumbhash = NULL, \
         avatar_color = NULL, avatar_order = NULL, avatar_refusals = NULL \
         WHERE handle = $1 AND cognito_user_id <> $2",
    )
    .bind(&person.handle)
    .bind(&person.cognito_user_id)
    .execute(&mut **transaction)
    .await
    .map(drop)
}

async fn upsert(transaction: &mut Transaction<'_, Any>, person: &Person) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO users (uuid, handle, display_name, email, cognito_user_id, bio) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (handle) DO UPDATE SET \
         display_name = excluded.display_name, email = excluded.email, \
         cognito_user_id = excluded.cognito_user_id, bio = COALESCE(excluded.bio, users.bio)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(&person.handle)
    .bind(&person.display_name)
    .bind(&person.email)
    .bind(&person.cognito_user_id)
    .bind(person.bio.as_deref())
    .execute(&mut **transaction)
    .await
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_people_that_come_along_can_be() {
        assert!(!read(BUILT_IN).unwrap().is_empty());
    }

    #[test]
    fn whoever_cannot_be_is_named() {
        let good = serde_json::json!({
            "handle": "ada", "display_name": "Ada", "email": "a@b", "cognito_user_id": "sub-1",
        });
        assert!(read(&serde_json::json!([good]).to_string()).is_ok());
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
            let error = read(&serde_json::json!([bad]).to_string()).unwrap_err();
            assert!(error.to_string().starts_with("the seed's"), "{error}");
        }
        assert!(matches!(read("{}"), Err(SeedError::Json(_))));
    }
}
