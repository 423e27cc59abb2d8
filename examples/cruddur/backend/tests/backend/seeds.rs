//! People to begin with, and again.

use cruddur_backend::seed::{read, seed};
use serde_json::{Value, json};

use crate::test_app::{World, avatar};
use crate::test_database::Engine;

on_both!(seeding_again_brings_people_up_to_date);

fn people(list: &[(&str, &str, Value)]) -> String {
    let person = |(handle, sub, bio): &(&str, &str, Value)| {
        let email = format!("{handle}@new.example.com");
        json!({
            "handle": handle, "display_name": " New ", "email": email, "cognito_user_id": sub,
            "bio": bio,
        })
    };
    json!(list.iter().map(person).collect::<Vec<_>>()).to_string()
}

async fn seeding_again_brings_people_up_to_date(engine: Engine) {
    let world = World::new(engine).await;
    let mut connection = world.engine.connect().await;
    assert_eq!(world.notify(&avatar('a', "01")).await, 200);
    let again = people(&[
        ("ada", "sub-ada", "b".into()),
        ("eve", "sub-eve", Value::Null),
    ]);
    for _ in 0..2 {
        assert_eq!(
            seed(&mut connection, &read(&again).unwrap()).await.unwrap(),
            2
        );
    }
    let ada = world.get("/api/profile/ada").await.json;
    assert_eq!(
        (&ada["display_name"], &ada["bio"]),
        (&"New".into(), &"b".into())
    );
    assert_eq!(
        world.digest("ada").await,
        "a".repeat(64),
        "the same person keeps the avatar"
    );
    assert_eq!(world.get("/api/profile/eve").await.status, 200);

    let another = people(&[("ada", "sub-ada-2", Value::Null)]);
    seed(&mut connection, &read(&another).unwrap())
        .await
        .unwrap();
    let ada = world.get("/api/profile/ada").await.json;
    assert_eq!(
        (&ada["bio"], &ada["avatar"]),
        (&"b".into(), &Value::Null),
        "it is in another's folder"
    );

    let taken = people(&[
        ("new", "sub-new", Value::Null),
        ("bob", "sub-eve", Value::Null),
    ]);
    assert!(seed(&mut connection, &read(&taken).unwrap()).await.is_err());
    assert_eq!(
        world.get("/api/profile/new").await.status,
        404,
        "all or none"
    );
}
