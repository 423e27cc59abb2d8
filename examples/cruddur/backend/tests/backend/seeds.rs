//! Seeding an empty database, and seeding again.

use cruddur_backend::seed::{parse, upsert_all};
use serde_json::{Value, json};

use crate::test_app::{TestApp, avatar};
use crate::test_database::TestDatabase;

on_both_databases!(seeding_again_updates_users_by_their_handle);

fn seed_file(users: &[(&str, &str, Value)]) -> String {
    let user = |(handle, sub, bio): &(&str, &str, Value)| {
        let email = format!("{handle}@new.example.com");
        json!({
            "handle": handle, "display_name": " New ", "email": email, "cognito_user_id": sub,
            "bio": bio,
        })
    };
    json!(users.iter().map(user).collect::<Vec<_>>()).to_string()
}

async fn seeding_again_updates_users_by_their_handle(database: TestDatabase) {
    let test = TestApp::new(database).await;
    let mut connection = test.database.connect().await;
    assert_eq!(test.notify(&avatar('a', "01")).await, 200);
    let again = seed_file(&[
        ("ada", "sub-ada", "b".into()),
        ("eve", "sub-eve", Value::Null),
    ]);
    for _ in 0..2 {
        assert_eq!(
            upsert_all(&mut connection, &parse(&again).unwrap())
                .await
                .unwrap(),
            2
        );
    }
    let ada = test.get("/api/profile/ada").await.json;
    assert_eq!(
        (&ada["display_name"], &ada["bio"]),
        (&"New".into(), &"b".into())
    );
    assert_eq!(
        test.digest("ada").await,
        "a".repeat(64),
        "the same Cognito user keeps the avatar"
    );
    assert_eq!(test.get("/api/profile/eve").await.status, 200);

    let other_sub = seed_file(&[("ada", "sub-ada-2", Value::Null)]);
    upsert_all(&mut connection, &parse(&other_sub).unwrap())
        .await
        .unwrap();
    let ada = test.get("/api/profile/ada").await.json;
    assert_eq!(
        (&ada["bio"], &ada["avatar"]),
        (&"b".into(), &Value::Null),
        "the avatar belongs to another Cognito user"
    );

    let duplicate_sub = seed_file(&[
        ("new", "sub-new", Value::Null),
        ("bob", "sub-eve", Value::Null),
    ]);
    assert!(
        upsert_all(&mut connection, &parse(&duplicate_sub).unwrap())
            .await
            .is_err()
    );
    assert_eq!(
        test.get("/api/profile/new").await.status,
        404,
        "all or none"
    );
}
