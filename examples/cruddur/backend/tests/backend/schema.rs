//! Migrations, back and forth.

use cruddur_backend::avatars::Outcome;
use cruddur_backend::migrations::{SchemaError, check, migrate, newest, rollback};
use cruddur_backend::{avatars, database, people, refusals, users};
use roundel_lambda::webhook::{Change, changes};
use sqlx::{AnyConnection, Row};

use crate::engine::Engine;
use crate::world::{avatar, refusal};

on_both!(a_rollback_loses_nothing);

async fn a_rollback_loses_nothing(engine: Engine) {
    let mut connection = engine.connect().await;
    let pool = database::open(&engine.url()).unwrap();
    assert!(is_behind(&pool, 0).await, "nothing at all");
    assert_eq!(migrate(&mut connection).await.unwrap(), newest());
    check(&pool).await.unwrap();
    fill(&mut connection, &pool).await;
    let (user, made) = (
        users::by_handle(&pool, "ada").await.unwrap(),
        made(&mut connection).await,
    );
    assert!(user.as_ref().is_some_and(|user| user.bio.is_some()));
    assert!(
        user.as_ref()
            .is_some_and(|user| user.avatar.is_some() && user.refusal.is_some())
    );
    pool.close().await;

    for depth in 1..=4 {
        for _ in 0..depth.min(3) {
            assert!(rollback(&mut connection).await.unwrap().is_some());
            assert_eq!(said(&mut connection).await, applied(&mut connection).await);
        }
        let pool = database::open(&engine.url()).unwrap();
        let left: i64 = applied(&mut connection).await;
        assert!(is_behind(&pool, left).await);
        if depth >= 3 {
            assert_eq!((left, rollback(&mut connection).await.unwrap()), (0, None));
        }
        assert_eq!(migrate(&mut connection).await.unwrap(), newest());
        assert_eq!(said(&mut connection).await, newest());
        assert_eq!(
            users::by_handle(&pool, "ada").await.unwrap(),
            user,
            "{depth} steps"
        );
        assert_eq!(self::made(&mut connection).await, made, "{depth} steps");
        assert!(users::by_handle(&pool, "bob").await.unwrap().is_some());
        pool.close().await;
    }
    of_a_newer_program(&mut connection, &engine).await;
}

async fn of_a_newer_program(connection: &mut AnyConnection, engine: &Engine) {
    let query = "UPDATE schema_information SET last_successful_run = '99999999999999'";
    sqlx::query(query).execute(connection).await.unwrap();
    let pool = database::open(&engine.url()).unwrap();
    let refused = check(&pool).await;
    assert!(
        matches!(refused, Err(SchemaError::Ahead { .. })),
        "{refused:?}"
    );
}

async fn is_behind(pool: &sqlx::AnyPool, version: i64) -> bool {
    let refused = check(pool).await;
    matches!(refused, Err(SchemaError::Behind { found, .. }) if found == version)
}

async fn fill(connection: &mut AnyConnection, pool: &sqlx::AnyPool) {
    let seed = r#"[{"handle": "ada", "display_name": "Ada", "email": "a@b", "cognito_user_id": "sub-ada",
        "bio": "one\ntwo"}, {"handle": "bob", "display_name": "B", "email": "b@b", "cognito_user_id": "b"}]"#;
    people::seed(connection, &people::read(seed).unwrap())
        .await
        .unwrap();
    for message in [
        avatar('a', "01"),
        refusal("in/sub-ada/1.jpg", "malformed", "02"),
    ] {
        let outcome = match &changes(&message.to_string(), "avatars").unwrap()[0] {
            Change::Avatar(latest) => avatars::take(pool, latest).await,
            Change::Refused(refusal) => refusals::take(pool, "sub-ada", refusal).await,
            Change::Put(_) => unreachable!(),
        };
        assert_eq!(outcome.unwrap(), Outcome::Stored);
    }
}

/// What the program writes once and never reads.
async fn made(connection: &mut AnyConnection) -> Vec<(String, String, String)> {
    let query = "SELECT uuid, email, CAST(created_at AS TEXT) FROM users ORDER BY uuid";
    sqlx::query_as(query).fetch_all(connection).await.unwrap()
}

async fn said(connection: &mut AnyConnection) -> i64 {
    let query = "SELECT last_successful_run FROM schema_information WHERE id = 1";
    let row = sqlx::query(query).fetch_one(connection).await.unwrap();
    row.get::<String, _>(0).parse().unwrap()
}

async fn applied(connection: &mut AnyConnection) -> i64 {
    let query = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
    sqlx::query_scalar(query)
        .fetch_one(connection)
        .await
        .unwrap()
}
