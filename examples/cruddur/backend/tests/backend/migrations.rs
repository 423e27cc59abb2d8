//! Migrations and rollbacks.

use cruddur_backend::avatars::StoreOutcome;
use cruddur_backend::erase::erase;
use cruddur_backend::migrations::{SchemaError, check, migrate, newest, rollback};
use cruddur_backend::users::User;
use cruddur_backend::{avatars, database, refusals, seed};
use cruddur_functions::webhook::{Change, changes};
use roundel_lambda::notice::Newest;
use serde_json::{Value, json};
use sqlx::{AnyConnection, AnyPool};

use crate::test_app::{avatar, refusal};
use crate::test_database::TestDatabase;

on_both_databases!(rollback_and_migrate_restore_all_data an_erased_user_is_in_no_table);

const HANDLES: [&str; 4] = ["ada", "bob", "eve", "joe"];

async fn rollback_and_migrate_restore_all_data(database: TestDatabase) {
    let mut connection = database.connect().await;
    let pool = database::open(&database.url()).unwrap();
    assert!(is_behind(&pool, 0).await, "an empty database");
    assert_eq!(migrate(&mut connection).await.unwrap(), newest());
    check(&pool).await.unwrap();
    fill(&mut connection, &pool).await;
    let users = read_users(&pool).await;
    let generated = generated_columns(&mut connection).await;
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
            assert_eq!(
                recorded_version(&mut connection).await,
                applied_version(&mut connection).await
            );
        }
        let pool = database::open(&database.url()).unwrap();
        let left = applied_version(&mut connection).await;
        assert!(
            is_behind(&pool, left).await,
            "the program refuses this version"
        );
        if depth == 3 {
            assert_eq!((left, rollback(&mut connection).await.unwrap()), (0, None));
        }
        assert_eq!(migrate(&mut connection).await.unwrap(), newest());
        assert_eq!(recorded_version(&mut connection).await, newest());
        assert_eq!(read_users(&pool).await, users, "{depth} steps");
        assert_eq!(
            generated_columns(&mut connection).await,
            generated,
            "{depth} steps"
        );
        pool.close().await;
    }
    refuses_a_newer_version(&mut connection, &database).await;
}

async fn refuses_a_newer_version(connection: &mut AnyConnection, database: &TestDatabase) {
    let query = "UPDATE schema_information SET last_successful_run = '99999999999999'";
    sqlx::query(query).execute(connection).await.unwrap();
    let pool = database::open(&database.url()).unwrap();
    let result = check(&pool).await;
    let is_ahead = matches!(result, Err(SchemaError::Ahead { .. }));
    assert!(is_ahead, "{result:?}");
}

async fn is_behind(pool: &AnyPool, version: i64) -> bool {
    let result = check(pool).await;
    matches!(result, Err(SchemaError::Behind { found, .. }) if found == version)
}

async fn an_erased_user_is_in_no_table(database: TestDatabase) {
    let mut connection = database.connect().await;
    migrate(&mut connection).await.unwrap();
    let pool = database::open(&database.url()).unwrap();
    fill(&mut connection, &pool).await;
    pool.close().await;
    let mut left = vec!["ada", "bob", "eve", "joe"];
    // Each user is in other tables: ada in all that three rollbacks have filled.
    for (depth, handle) in ["joe", "bob", "eve", "ada"].into_iter().enumerate() {
        for _ in 0..depth {
            rollback(&mut connection).await.unwrap();
        }
        let sub = format!("sub-{handle}");
        assert!(erase(&mut connection, &sub).await.unwrap() > 0, "{handle}");
        assert_eq!(erase(&mut connection, &sub).await.unwrap(), 0, "{handle}");
        if handle == "ada" {
            for table in ["rolled_back_users", "rolled_back_bio", "rolled_back_avatar"] {
                let query = format!("SELECT COUNT(*) FROM {table}");
                let rows: i64 = sqlx::query_scalar(&query)
                    .fetch_one(&mut connection)
                    .await
                    .unwrap();
                assert_eq!(rows, 0, "{table}");
            }
        }
        migrate(&mut connection).await.unwrap();
        left.retain(|other| *other != handle);
        let pool = database::open(&database.url()).unwrap();
        let found: Vec<_> = read_users(&pool)
            .await
            .into_iter()
            .map(|user| user.handle)
            .collect();
        assert_eq!(found, left);
        pool.close().await;
    }
}

/// ada gets a bio, an avatar and a refusal; bob an avatar; eve a refusal; joe nothing.
async fn fill(connection: &mut AnyConnection, pool: &AnyPool) {
    let user = |handle: &str| {
        let bio = (handle == "ada").then_some("one\ntwo");
        let (sub, email) = (format!("sub-{handle}"), format!("{handle}@example.com"));
        json!({
            "handle": handle, "display_name": handle, "email": email, "cognito_user_id": sub,
            "bio": bio,
        })
    };
    let users = seed::parse(&json!(HANDLES.map(user)).to_string()).unwrap();
    seed::upsert_all(connection, &users).await.unwrap();
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
        Change::Avatar(latest) => avatars::store(pool, &Newest::Avatar(latest.clone())).await,
        Change::Removed(removal) => avatars::store(pool, &Newest::Removed(removal.clone())).await,
        Change::Refused(refusal) => refusals::store(pool, &sub, refusal).await,
        Change::Written(_) => unreachable!(),
    };
    assert_eq!(outcome.unwrap(), StoreOutcome::Stored);
}

/// All users, as the program reads them.
async fn read_users(pool: &AnyPool) -> Vec<User> {
    let mut users = vec![];
    for handle in HANDLES {
        users.extend(
            cruddur_backend::users::by_handle(pool, handle)
                .await
                .unwrap(),
        );
    }
    users
}

/// The columns that the program or the database generates.
async fn generated_columns(connection: &mut AnyConnection) -> Vec<(String, String, String)> {
    let query = "SELECT uuid, email, CAST(created_at AS TEXT) FROM users ORDER BY uuid";
    sqlx::query_as(query).fetch_all(connection).await.unwrap()
}

async fn recorded_version(connection: &mut AnyConnection) -> i64 {
    let query = "SELECT last_successful_run FROM schema_information WHERE id = 1";
    let version: String = sqlx::query_scalar(query)
        .fetch_one(connection)
        .await
        .unwrap();
    version.parse().unwrap()
}

async fn applied_version(connection: &mut AnyConnection) -> i64 {
    let query = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
    sqlx::query_scalar(query)
        .fetch_one(connection)
        .await
        .unwrap()
}
