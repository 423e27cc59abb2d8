//! Migrations, back and forth.

use cruddur_backend::avatars::Outcome;
use cruddur_backend::migrations::{SchemaError, check, migrate, newest, rollback};
use cruddur_backend::users::User;
use cruddur_backend::{avatars, database, refusals, seed, users};
use roundel_lambda::webhook::{Change, changes};
use serde_json::{Value, json};
use sqlx::{AnyConnection, AnyPool};

use crate::test_app::{avatar, refusal};
use crate::test_database::Engine;

on_both!(a_rollback_loses_nothing);

const PEOPLE: [&str; 4] = ["ada", "bob", "eve", "joe"];

async fn a_rollback_loses_nothing(engine: Engine) {
    let mut connection = engine.connect().await;
    let pool = database::open(&engine.url()).unwrap();
    assert!(is_behind(&pool, 0).await, "nothing at all");
    assert_eq!(migrate(&mut connection).await.unwrap(), newest());
    check(&pool).await.unwrap();
    fill(&mut connection, &pool).await;
    let (users, made) = (everybody(&pool).await, made(&mut connection).await);
    let has = |user: &User| {
        [
            user.bio.is_some(),
            user.avatar.is_some(),
            !user.refusals.is_empty(),
        ]
    };
    let [yes, no] = [true, false];
    let expected = [[yes, yes, yes], [no, yes, no], [no, no, yes], [no, no, no]];
    assert_eq!(users.iter().map(has).collect::<Vec<_>>(), expected);
    pool.close().await;

    for depth in 1..=3 {
        for _ in 0..depth {
            assert!(rollback(&mut connection).await.unwrap().is_some());
            assert_eq!(said(&mut connection).await, applied(&mut connection).await);
        }
        let pool = database::open(&engine.url()).unwrap();
        let left = applied(&mut connection).await;
        assert!(is_behind(&pool, left).await, "and not served");
        if depth == 3 {
            assert_eq!((left, rollback(&mut connection).await.unwrap()), (0, None));
        }
        assert_eq!(migrate(&mut connection).await.unwrap(), newest());
        assert_eq!(said(&mut connection).await, newest());
        assert_eq!(everybody(&pool).await, users, "{depth} steps");
        assert_eq!(self::made(&mut connection).await, made, "{depth} steps");
        pool.close().await;
    }
    of_a_newer_program(&mut connection, &engine).await;
}

async fn of_a_newer_program(connection: &mut AnyConnection, engine: &Engine) {
    let query = "UPDATE schema_information SET last_successful_run = '99999999999999'";
    sqlx::query(query).execute(connection).await.unwrap();
    let pool = database::open(&engine.url()).unwrap();
    let refused = check(&pool).await;
    let is_ahead = matches!(refused, Err(SchemaError::Ahead { .. }));
    assert!(is_ahead, "{refused:?}");
}

async fn is_behind(pool: &AnyPool, version: i64) -> bool {
    let refused = check(pool).await;
    matches!(refused, Err(SchemaError::Behind { found, .. }) if found == version)
}

/// ada has everything, bob only an avatar, eve only a refusal, and joe nothing.
async fn fill(connection: &mut AnyConnection, pool: &AnyPool) {
    let person = |handle: &str| {
        let bio = (handle == "ada").then_some("one\ntwo");
        let (sub, email) = (format!("sub-{handle}"), format!("{handle}@example.com"));
        json!({
            "handle": handle, "display_name": handle, "email": email, "cognito_user_id": sub,
            "bio": bio,
        })
    };
    let people = seed::read(&json!(PEOPLE.map(person)).to_string()).unwrap();
    seed::seed(connection, &people).await.unwrap();
    for handle in ["ada", "bob"] {
        store(pool, avatar('a', "01"), handle).await;
    }
    for handle in ["ada", "eve"] {
        store(pool, refusal("in/x/1.jpg", "malformed", "02"), handle).await;
    }
}

async fn store(pool: &AnyPool, mut notice: Value, handle: &str) {
    let sub = format!("sub-{handle}");
    notice["sub"] = sub.as_str().into();
    let outcome = match &changes(&notice.to_string(), "avatars").unwrap()[0] {
        Change::Avatar(latest) => avatars::take(pool, latest).await,
        Change::Refused(refusal) => refusals::take(pool, &sub, refusal).await,
        Change::Put(_) => unreachable!(),
    };
    assert_eq!(outcome.unwrap(), Outcome::Stored);
}

/// Everybody, as the program reads them.
async fn everybody(pool: &AnyPool) -> Vec<User> {
    let mut everybody = vec![];
    for handle in PEOPLE {
        everybody.extend(users::by_handle(pool, handle).await.unwrap());
    }
    everybody
}

/// What the program writes once and never reads.
async fn made(connection: &mut AnyConnection) -> Vec<(String, String, String)> {
    let query = "SELECT uuid, email, CAST(created_at AS TEXT) FROM users ORDER BY uuid";
    sqlx::query_as(query).fetch_all(connection).await.unwrap()
}

async fn said(connection: &mut AnyConnection) -> i64 {
    let query = "SELECT last_successful_run FROM schema_information WHERE id = 1";
    let said: String = sqlx::query_scalar(query)
        .fetch_one(connection)
        .await
        .unwrap();
    said.parse().unwrap()
}

async fn applied(connection: &mut AnyConnection) -> i64 {
    let query = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
    sqlx::query_scalar(query)
        .fetch_one(connection)
        .await
        .unwrap()
}
