//! `catch-up`: avatars and refusals whose notice was lost.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cruddur_backend::catch_up::{
    CatchUpError, CatchUpReport, RefusalReport, catch_up, catch_up_refusals,
};
use cruddur_backend::profile::AvatarUrls;
use cruddur_backend::users;
use cruddur_functions::transport::Transport;
use roundel_lambda::key::AvatarKeys;
use serde_json::Value;

use crate::test_app::{TestApp, avatar, refusal, removal};
use crate::test_database::TestDatabase;

const LATEST: &str = "/avatars/sub-ada/latest.json";
const BANNER: &str = "/banners/banner.jpg";

on_both_databases!(newer_avatars_of_the_assets_are_stored recorded_refusals_are_stored);

async fn newer_avatars_of_the_assets_are_stored(database: TestDatabase) {
    let test = TestApp::new(database).await;
    // Longer than the limit of a document: only its status matters.
    test.stub.put(BANNER, vec![0; 100_000]);
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

    test.stub.put(LATEST, removal(5).to_string());
    assert_eq!(run(&test).await, report(1, 0, 1), "a removal");
    assert_eq!(run(&test).await, report(0, 1, 1));
    assert_eq!(test.digest("ada").await, Value::Null);
}

fn report(stored: u64, unchanged: u64, without_avatar: u64) -> CatchUpReport {
    CatchUpReport {
        stored,
        unchanged,
        without_avatar,
        ..CatchUpReport::default()
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_not_mistaken_for_users_without_avatars() {
    let test = TestApp::new(TestDatabase::sqlite("probe")).await;
    test.stub.put(LATEST, avatar('b', "02").to_string());
    for forbidden in [false, true] {
        if forbidden {
            test.stub.forbid();
        }
        let error = try_run(&test).await.unwrap_err();
        assert!(matches!(error, CatchUpError::KnownObject(_)), "{error}");
        assert!(error.to_string().contains(BANNER), "{error}");
    }
    assert_eq!(test.stub.requests(), [BANNER, BANNER], "no user was read");

    test.stub.put(BANNER, "a picture");
    let some_forbidden = CatchUpReport {
        forbidden: 1,
        ..report(1, 0, 1)
    };
    assert_eq!(run(&test).await, some_forbidden, "bob has no avatar");
    test.stub.remove(LATEST);
    let error = try_run(&test).await.unwrap_err();
    assert!(matches!(error, CatchUpError::Forbidden(2)), "{error}");
}

/// Writes a refusal as process records it, and as `aws s3 sync` copies it.
fn record(folder: &Path, name: &str, refusal: &Value, seconds: u64) {
    let path: PathBuf = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, refusal.to_string()).unwrap();
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    File::options()
        .append(true)
        .open(&path)
        .unwrap()
        .set_modified(modified)
        .unwrap();
}

async fn recorded_refusals_are_stored(database: TestDatabase) {
    let test = TestApp::new(database).await;
    let folder = PathBuf::from(test.folder.path("refused"));
    // The newest has the first name, so that only the time orders them.
    for number in 0..20_u64 {
        let refusal = refusal(&format!("in/sub-ada/{number}.jpg"), "empty", "01");
        let name = format!("{:02}/01.json", 99 - number);
        record(&folder, &name, &refusal, 1_000 + number);
    }
    let mut of_unknown = refusal("in/sub-eve/1.jpg", "empty", "01");
    of_unknown["sub"] = "sub-eve".into();
    record(&folder, "eve/01.json", &of_unknown, 1);
    let mut without_sub = refusal("in/..jpg", "invalid_key", "01");
    without_sub.as_object_mut().unwrap().remove("sub");
    record(&folder, "none/01.json", &without_sub, 1);
    let pool = &test.app.pool;
    let first = catch_up_refusals(pool, &folder).await.unwrap();
    assert_eq!((first.stored, first.unchanged), (8, 1), "{first:?}");
    let again = catch_up_refusals(pool, &folder).await.unwrap();
    assert_eq!((again.stored, again.unchanged), (0, 9), "{again:?}");
    let token = test.user_pool.token("sub-ada");
    let refusals = test.get_as("/api/me", &token).await.json["refusals"].clone();
    let keys: Vec<_> = refusals
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["key"].clone())
        .collect();
    let last: Vec<Value> = (12..20)
        .map(|n| format!("in/sub-ada/{n}.jpg").into())
        .collect();
    assert_eq!(keys, last);

    record(&folder, "bad/01.json", &"x".into(), 1);
    record(&folder, "bad/02.json", &"x".repeat(100_000).into(), 1);
    record(&folder, "bad/readme.txt", &"x".into(), 1);
    let RefusalReport { failures, .. } = catch_up_refusals(pool, &folder).await.unwrap();
    assert_eq!(failures.len(), 2, "{failures:?}");
    let missing = catch_up_refusals(pool, &folder.join("missing")).await;
    assert!(matches!(missing, Err(CatchUpError::Folder(..))));
}

async fn run(test: &TestApp) -> CatchUpReport {
    try_run(test).await.unwrap()
}

async fn try_run(test: &TestApp) -> Result<CatchUpReport, CatchUpError> {
    let assets = AvatarUrls {
        base_url: test.stub.url.clone(),
        keys: AvatarKeys::new("avatars"),
    };
    let transport = Transport::new(Duration::from_secs(10));
    catch_up(&test.app.pool, &assets, &transport).await
}

async fn digest(test: &TestApp) -> String {
    let ada = users::by_handle(&test.app.pool, "ada").await.unwrap();
    ada.unwrap().avatar.unwrap().digest
}
