//! Stores the last refused uploads of each user.
//!
//! A refusal has no timestamp. Two refusals of one key are ordered by the `sequencer` of S3. Of
//! different keys, the last ones to arrive are kept. The page recognizes the refusal of its upload
//! by the key.

use roundel_lambda::notice::Refusal;
use roundel_lambda::order::{Order, Relation};
use serde::Serialize;
use sqlx::AnyPool;

use crate::avatars::{MAX_ATTEMPTS, StoreOutcome};

/// Number of refusals that are kept for each user.
pub(crate) const MAX_KEPT: usize = 8;

/// A refusal as the API returns it to the owner of the upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RefusalView<'r> {
    key: &'r str,
    code: &'r str,
    message: &'r str,
}

impl<'r> From<&'r Refusal> for RefusalView<'r> {
    fn from(refusal: &'r Refusal) -> Self {
        Self {
            key: &refusal.key,
            code: &refusal.code,
            message: &refusal.message,
        }
    }
}

/// Stores `refusal` for `sub`, unless a newer refusal of the same key is stored.
///
/// # Errors
///
/// The database fails.
pub async fn store(pool: &AnyPool, sub: &str, refusal: &Refusal) -> sqlx::Result<StoreOutcome> {
    let encode = |error| sqlx::Error::Encode(Box::new(error));
    for _ in 0..MAX_ATTEMPTS {
        let Some(stored) = load(pool, sub).await? else {
            return Ok(StoreOutcome::UnknownUser);
        };
        let Some(merged) = merge(&stored, refusal) else {
            return Ok(StoreOutcome::Unchanged);
        };
        let text = serde_json::to_string(&merged).map_err(encode)?;
        if compare_and_swap(pool, sub, &stored, &text).await? {
            return Ok(StoreOutcome::Stored);
        }
    }
    Ok(StoreOutcome::Conflict)
}

/// Adds `refusal` to the stored JSON; `None` if that changes nothing. `stored` may be empty.
fn merge(stored: &str, refusal: &Refusal) -> Option<Vec<Refusal>> {
    let mut kept: Vec<Refusal> = serde_json::from_str(stored).unwrap_or_default();
    let same = kept.iter().position(|other| other.key == refusal.key);
    if let Some(other) = same.map(|at| kept.remove(at)) {
        let older = order(refusal).relation_to(&order(&other)) == Relation::Older;
        if older || other == *refusal {
            return None;
        }
    }
    kept.push(refusal.clone());
    kept.drain(..kept.len().saturating_sub(MAX_KEPT));
    Some(kept)
}

/// An order without a time, which can only compare refusals of one key.
fn order(refusal: &Refusal) -> Order {
    Order {
        key: refusal.key.clone(),
        sequencer: refusal.sequencer.clone(),
        time: 0,
        etag: String::new(),
    }
}

async fn load(pool: &AnyPool, sub: &str) -> sqlx::Result<Option<String>> {
    let query = "SELECT COALESCE(avatar_refusals, '') FROM users WHERE cognito_user_id = $1";
    sqlx::query_scalar(query)
        .bind(sub)
        .fetch_optional(pool)
        .await
}

async fn compare_and_swap(
    pool: &AnyPool,
    sub: &str,
    stored: &str,
    text: &str,
) -> sqlx::Result<bool> {
    let swapped = sqlx::query(
        "UPDATE users SET avatar_refusals = $1 \
         WHERE cognito_user_id = $2 AND COALESCE(avatar_refusals, '') = $3",
    )
    .bind(text)
    .bind(sub)
    .bind(stored)
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

    fn to_json(refusals: &[Refusal]) -> String {
        serde_json::to_string(refusals).unwrap()
    }

    #[test]
    fn an_older_refusal_of_the_same_key_and_a_duplicate_are_ignored() {
        let first = refusal("a", Some("05"), "malformed");
        let known = to_json(std::slice::from_ref(&first));
        assert_eq!(merge(&known, &first), None);
        assert_eq!(merge(&known, &refusal("a", Some("04"), "empty")), None);
        for newer in [
            refusal("a", Some("06"), "empty"),
            refusal("a", Some("05"), "gone"),
        ] {
            assert_eq!(merge(&known, &newer), Some(vec![newer.clone()]));
        }
    }

    #[test]
    fn the_last_refusals_of_different_keys_are_kept() {
        let mut known = String::new();
        for number in 0..MAX_KEPT + 3 {
            let kept = merge(&known, &refusal(&number.to_string(), Some("01"), "empty"));
            known = to_json(&kept.unwrap());
        }
        let kept: Vec<Refusal> = serde_json::from_str(&known).unwrap();
        let keys: Vec<_> = kept.iter().map(|refusal| refusal.key.as_str()).collect();
        assert_eq!(keys, ["3", "4", "5", "6", "7", "8", "9", "10"]);
    }
}
