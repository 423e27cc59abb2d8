//! `catch-up`: avatars whose notice was lost.

use std::time::Duration;

use cruddur_backend::catch_up::{CatchUpReport, catch_up};
use cruddur_backend::profile::AvatarUrls;
use cruddur_backend::users;
use cruddur_functions::transport::Transport;
use roundel_lambda::key::AvatarKeys;

use crate::test_app::{TestApp, avatar};
use crate::test_database::TestDatabase;

const LATEST: &str = "/avatars/sub-ada/latest.json";

on_both_databases!(newer_avatars_of_the_assets_are_stored);

async fn newer_avatars_of_the_assets_are_stored(database: TestDatabase) {
    let test = TestApp::new(database).await;
    assert_eq!(run(&test).await, report(0, 0, 2));
    test.stub.put(LATEST, avatar('b', "02").to_string());
    assert_eq!(run(&test).await, report(1, 0, 1));
    assert_eq!(run(&test).await, report(0, 1, 1));
    assert_eq!(digest(&test).await, "b".repeat(64));

    test.stub.put(LATEST, avatar('a', "01").to_string());
    assert_eq!(run(&test).await, report(0, 1, 1), "an older one");
    assert_eq!(digest(&test).await, "b".repeat(64));

    let mut of_bob = avatar('c', "03");
    of_bob["sub"] = "sub-bob".into();
    let mut malformed = avatar('c', "03");
    malformed["digest"] = "../..".into();
    for invalid in [of_bob.to_string(), malformed.to_string(), "{}".to_owned()] {
        test.stub.put(LATEST, invalid.clone());
        let CatchUpReport { failures, .. } = run(&test).await;
        assert!(failures[0].contains(LATEST), "{failures:?} for {invalid}");
        assert_eq!(failures.len(), 1);
    }
    assert_eq!(digest(&test).await, "b".repeat(64));
}

fn report(stored: u64, unchanged: u64, without_avatar: u64) -> CatchUpReport {
    CatchUpReport {
        stored,
        unchanged,
        without_avatar,
        failures: vec![],
    }
}

async fn run(test: &TestApp) -> CatchUpReport {
    let assets = AvatarUrls {
        base_url: test.stub.url.clone(),
        keys: AvatarKeys::new("avatars"),
    };
    let transport = Transport::new(Duration::from_secs(10));
    catch_up(&test.app.pool, &assets, &transport).await.unwrap()
}

async fn digest(test: &TestApp) -> String {
    let ada = users::by_handle(&test.app.pool, "ada").await.unwrap();
    ada.unwrap().avatar.unwrap().digest
}
