//! A database that goes away and comes back.

use crate::test_app::{World, avatar};
use crate::test_database::Engine;

on_both!(a_database_that_was_away_works_again);

async fn a_database_that_was_away_works_again(engine: Engine) {
    let mut world = World::new(engine).await;
    let body = world.sns.notification(&avatar('a', "01").to_string());
    let token = world.pool.token("sub-ada");
    assert_eq!(
        world.get("/api/health").await.json,
        serde_json::json!({ "status": "ok" })
    );
    let away = world.engine.away().await;
    // SQLite can still be read while it is locked by a writer.
    if matches!(world.engine, Engine::Postgres(_)) {
        for path in ["/api/health", "/api/profile/ada", "/api/profile/ada/events"] {
            assert_eq!(
                world.get(path).await.error(),
                (503, "database_unavailable"),
                "{path}"
            );
        }
        assert_eq!(
            world.get_as("/api/me", &token).await.error(),
            (503, "database_unavailable")
        );
    } else {
        assert_eq!(world.get("/api/profile/ada").await.status, 200);
    }
    assert_eq!(
        world.update(&token, "{}").await.error(),
        (503, "database_unavailable")
    );
    assert_eq!(
        world.deliver(&body).await.error(),
        (503, "database_unavailable")
    );
    world.engine.back(away).await;
    assert_eq!(world.get("/api/health").await.status, 200);
    assert_eq!(world.update(&token, "{}").await.status, 200);
    assert_eq!(world.deliver(&body).await.status, 200);
    assert_eq!(world.digest("ada").await, "a".repeat(64));
}
