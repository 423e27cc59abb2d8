//! The last refused upload of each user.
//!
//! A refusal has no time. Two of one key are ordered by S3's `sequencer`, as S3 says; of different
//! keys the one that came last counts, and whoever waits for one knows it by its key.

use roundel_lambda::notice::Refusal;
use roundel_lambda::order::{Order, Relation};
use sqlx::AnyPool;

use crate::avatars::{ATTEMPTS, Outcome};

/// Stores `refusal` for `sub`, unless it is older than the one that is there.
///
/// # Errors
///
/// The database's.
pub async fn take(pool: &AnyPool, sub: &str, refusal: &Refusal) -> sqlx::Result<Outcome> {
    let encode = |error| sqlx::Error::Encode(Box::new(error));
    let text = serde_json::to_string(refusal).map_err(encode)?;
    for _ in 0..ATTEMPTS {
        let Some(known) = known(pool, sub).await? else {
            return Ok(Outcome::UnknownUser);
        };
        if !gives_way(&known, refusal) {
            return Ok(Outcome::Kept);
        }
        if swap(pool, sub, &known, &text).await? {
            return Ok(Outcome::Stored);
        }
    }
    Ok(Outcome::Contended)
}

/// `known` is as stored, or empty.
fn gives_way(known: &str, refusal: &Refusal) -> bool {
    let Ok(known) = serde_json::from_str::<Refusal>(known) else {
        return true;
    };
    let newer = order(refusal).relation_to(&order(&known)) != Relation::Older;
    *refusal != known && (newer || refusal.key != known.key)
}

/// Without a time: only good to compare two of one key.
fn order(refusal: &Refusal) -> Order {
    Order {
        key: refusal.key.clone(),
        sequencer: refusal.sequencer.clone(),
        time: 0,
        etag: String::new(),
    }
}

async fn known(pool: &AnyPool, sub: &str) -> sqlx::Result<Option<String>> {
    let query = "SELECT COALESCE(avatar_refusal, '') FROM users WHERE cognito_user_id = $1";
    sqlx::query_scalar(query)
        .bind(sub)
        .fetch_optional(pool)
        .await
}

async fn swap(pool: &AnyPool, sub: &str, known: &str, text: &str) -> sqlx::Result<bool> {
    let swapped = sqlx::query(
        "UPDATE users SET avatar_refusal = $1 \
         WHERE cognito_user_id = $2 AND COALESCE(avatar_refusal, '') = $3",
    )
    .bind(text)
    .bind(sub)
    .bind(known)
    .execute(pool)
    .await?;
    Ok(swapped.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(key: &str, sequencer: Option<&str>, code: &str) -> Refusal {
        Refusal {
            bucket: "uploads".into(),
            key: key.into(),
            sub: Some("me".into()),
            code: code.into(),
            message: "no".into(),
            sequencer: sequencer.map(Into::into),
        }
    }

    #[test]
    fn an_older_refusal_of_the_same_key_and_a_duplicate_are_passed_over() {
        let known = serde_json::to_string(&refusal("a", Some("05"), "malformed")).unwrap();
        assert!(gives_way("", &refusal("a", None, "empty")));
        assert!(gives_way(&known, &refusal("a", Some("06"), "empty")));
        assert!(gives_way(&known, &refusal("b", Some("01"), "empty")));
        assert!(gives_way(&known, &refusal("a", Some("05"), "gone")));
        assert!(!gives_way(&known, &refusal("a", Some("05"), "malformed")));
        assert!(!gives_way(&known, &refusal("a", Some("04"), "empty")));
    }
}
