//! The last refused uploads of each user.
//!
//! A refusal has no time. Two of one key are ordered by S3's `sequencer`, as S3 says; of different
//! keys those are kept that came last, and whoever waits for one knows it by its key.

use roundel_lambda::notice::Refusal;
use roundel_lambda::order::{Order, Relation};
use serde::Serialize;
use sqlx::AnyPool;

use crate::avatars::{ATTEMPTS, Outcome};

/// How many are kept: more than anybody waits for at once.
const KEPT: usize = 8;

/// A refusal as its owner is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Told<'r> {
    key: &'r str,
    code: &'r str,
    message: &'r str,
}

impl<'r> From<&'r Refusal> for Told<'r> {
    fn from(refusal: &'r Refusal) -> Self {
        Self {
            key: &refusal.key,
            code: &refusal.code,
            message: &refusal.message,
        }
    }
}

/// Stores `refusal` for `sub`, unless it is older than the one of the same key that is there.
///
/// # Errors
///
/// The database's.
pub async fn take(pool: &AnyPool, sub: &str, refusal: &Refusal) -> sqlx::Result<Outcome> {
    let encode = |error| sqlx::Error::Encode(Box::new(error));
    for _ in 0..ATTEMPTS {
        let Some(known) = known(pool, sub).await? else {
            return Ok(Outcome::UnknownUser);
        };
        let Some(with) = with(&known, refusal) else {
            return Ok(Outcome::Kept);
        };
        let text = serde_json::to_string(&with).map_err(encode)?;
        if swap(pool, sub, &known, &text).await? {
            return Ok(Outcome::Stored);
        }
    }
    Ok(Outcome::Contended)
}

/// What is kept once `refusal` has come; `None` if that changes nothing. `known` is as stored, or
/// empty.
fn with(known: &str, refusal: &Refusal) -> Option<Vec<Refusal>> {
    let mut kept: Vec<Refusal> = serde_json::from_str(known).unwrap_or_default();
    let same = kept.iter().position(|other| other.key == refusal.key);
    if let Some(other) = same.map(|at| kept.remove(at)) {
        let older = order(refusal).relation_to(&order(&other)) == Relation::Older;
        if older || other == *refusal {
            return None;
        }
    }
    kept.push(refusal.clone());
    kept.drain(..kept.len().saturating_sub(KEPT));
    Some(kept)
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
    let query = "SELECT COALESCE(avatar_refusals, '') FROM users WHERE cognito_user_id = $1";
    sqlx::query_scalar(query)
        .bind(sub)
        .fetch_optional(pool)
        .await
}

async fn swap(pool: &AnyPool, sub: &str, known: &str, text: &str) -> sqlx::Result<bool> {
    let swapped = sqlx::query(
        "UPDATE users SET avatar_refusals = $1 \
         WHERE cognito_user_id = $2 AND COALESCE(avatar_refusals, '') = $3",
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

    fn stored(refusals: &[Refusal]) -> String {
        serde_json::to_string(refusals).unwrap()
    }

    #[test]
    fn an_older_refusal_of_the_same_key_and_a_duplicate_are_passed_over() {
        let first = refusal("a", Some("05"), "malformed");
        let known = stored(std::slice::from_ref(&first));
        assert_eq!(with(&known, &first), None);
        assert_eq!(with(&known, &refusal("a", Some("04"), "empty")), None);
        for newer in [
            refusal("a", Some("06"), "empty"),
            refusal("a", Some("05"), "gone"),
        ] {
            assert_eq!(with(&known, &newer), Some(vec![newer.clone()]));
        }
    }

    #[test]
    fn the_last_of_different_keys_are_kept() {
        let mut known = String::new();
        for number in 0..KEPT + 3 {
            let kept = with(&known, &refusal(&number.to_string(), Some("01"), "empty"));
            known = stored(&kept.unwrap());
        }
        let kept: Vec<Refusal> = serde_json::from_str(&known).unwrap();
        let keys: Vec<_> = kept.iter().map(|refusal| refusal.key.as_str()).collect();
        assert_eq!(keys, ["3", "4", "5", "6", "7", "8", "9", "10"]);
    }
}
