//! Outages of the database.

use crate::test_app::{TestApp, avatar};
use crate::test_database::TestDatabase;

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
