//! Avatars that no notice has told of.

use std::time::Duration;

use cruddur_backend::catch_up::{Found, catch_up};
use cruddur_backend::profile::Assets;
use cruddur_backend::users;
use roundel_lambda::key::Names;
use roundel_lambda::transport::Transport;

use crate::test_app::{World, avatar};
use crate::test_database::Engine;

const LATEST: &str = "/avatars/sub-ada/latest.json";

on_both!(what_is_served_and_newer_is_taken_over);

async fn what_is_served_and_newer_is_taken_over(engine: Engine) {
    let world = World::new(engine).await;
    assert_eq!(look(&world).await, found(0, 0, 2));
    world.stand_in.put(LATEST, avatar('b', "02").to_string());
    assert_eq!(look(&world).await, found(1, 0, 1));
    assert_eq!(look(&world).await, found(0, 1, 1));
    assert_eq!(digest(&world).await, "b".repeat(64));

    world.stand_in.put(LATEST, avatar('a', "01").to_string());
    assert_eq!(look(&world).await, found(0, 1, 1), "an older one");
    assert_eq!(digest(&world).await, "b".repeat(64));

    let mut of_bob = avatar('c', "03");
    of_bob["sub"] = "sub-bob".into();
    let mut unsound = avatar('c', "03");
    unsound["digest"] = "../..".into();
    for wrong in [of_bob.to_string(), unsound.to_string(), "{}".to_owned()] {
        world.stand_in.put(LATEST, wrong.clone());
        let Found { failed, .. } = look(&world).await;
        assert!(failed[0].contains(LATEST), "{failed:?} for {wrong}");
        assert_eq!(failed.len(), 1);
    }
    assert_eq!(digest(&world).await, "b".repeat(64));
}

fn found(taken: u64, known: u64, without: u64) -> Found {
    let failed = vec![];
    Found {
        taken,
        known,
        without,
        failed,
    }
}

async fn look(world: &World) -> Found {
    let assets = Assets {
        url: world.stand_in.url.clone(),
        names: Names::new("avatars"),
    };
    let transport = Transport::new(Duration::from_secs(10));
    catch_up(&world.app.pool, &assets, &transport)
        .await
        .unwrap()
}

async fn digest(world: &World) -> String {
    let ada = users::by_handle(&world.app.pool, "ada").await.unwrap();
    ada.unwrap().avatar.unwrap().digest
}
