//! Outages of the database and of the user pool.

use crate::test_app::{TestApp, avatar};
use crate::test_database::TestDatabase;
use crate::user_pool::{claims, now};

on_both_databases!(requests_fail_with_503_during_an_outage_and_succeed_after_it);

async fn requests_fail_with_503_during_an_outage_and_succeed_after_it(database: TestDatabase) {
    let mut test = TestApp::new(database).await;
    let body = test.sns.notification(&avatar('a', "01").to_string());
    let token = test.user_pool.token("sub-ada");
    assert_eq!(
        test.get("/api/health").await.json,
        serde_json::json!({ "status": "ok" })
    );
    let outage = test.database.interrupt().await;
    // A locked SQLite database can still be read.
    if matches!(test.database, TestDatabase::Postgres(_)) {
        for path in ["/api/health", "/api/profile/ada", "/api/profile/ada/events"] {
            assert_eq!(
                test.get(path).await.error(),
                (503, "database_unavailable"),
                "{path}"
            );
        }
        assert_eq!(
            test.get_as("/api/me", &token).await.error(),
            (503, "database_unavailable")
        );
    } else {
        assert_eq!(test.get("/api/profile/ada").await.status, 200);
    }
    assert_eq!(
        test.update(&token, "{}").await.error(),
        (503, "database_unavailable")
    );
    assert_eq!(
        test.deliver(&body).await.error(),
        (503, "database_unavailable")
    );
    test.database.restore(outage).await;
    assert_eq!(test.get("/api/health").await.status, 200);
    assert_eq!(test.update(&token, "{}").await.status, 200);
    assert_eq!(test.deliver(&body).await.status, 200);
    assert_eq!(test.digest("ada").await, "a".repeat(64));
}

#[tokio::test]
async fn no_user_is_signed_out_while_the_keys_of_the_user_pool_are_unavailable() {
    let test = TestApp::new(TestDatabase::sqlite("keys")).await;
    let mut claims = claims("sub-ada");
    claims["exp"] = (now() + 99_999).into();
    let token = test.user_pool.sign(&claims);
    let keys = test.user_pool.jwks().to_string();
    test.stub.remove("/jwks.json");
    let response = test.get_as("/api/me", &token).await;
    assert_eq!(response.error(), (503, "keys_unavailable"));
    assert!(response.headers.contains_key("retry-after"));
    assert!(!response.headers.contains_key("www-authenticate"));
    for path in ["/api/profile/ada", "/api/health"] {
        assert_eq!(test.get(path).await.status, 200, "needs no token");
    }
    test.stub.put("/jwks.json", keys);
    test.clock.later(1);
    assert_eq!(test.get_as("/api/me", &token).await.status, 200);
    test.stub.remove("/jwks.json");
    for _ in 0..3 {
        test.clock.later(4_000);
        assert_eq!(test.get_as("/api/me", &token).await.status, 200);
    }
}
