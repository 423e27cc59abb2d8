//! The page's files and addresses, and what every answer says.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::test_app::World;
use crate::test_database::Engine;

#[tokio::test]
async fn the_page_answers_at_its_own_addresses_and_files_at_theirs() {
    let world = World::new(Engine::sqlite("page")).await;
    for path in [
        "/",
        "/@ada",
        "/@ada.byron",
        "/signin",
        "/index.html",
        "/a/b",
        "/assets",
        "/assets/",
    ] {
        let answer = world.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (200, &"<title>Cruddur</title>".into()),
            "{path}"
        );
        assert_eq!(answer.headers["content-type"], "text/html", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-cache", "{path}");
    }
    let hashed = world.get("/assets/app-0123.js").await;
    assert_eq!(hashed.headers["content-type"], "text/javascript");
    assert_eq!(
        hashed.headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(
        world.get("/favicon.svg").await.headers["cache-control"],
        "no-cache"
    );
    // By way of the folder above there is a file.
    let root = world.folder.path("");
    let name = root.trim_end_matches('/').rsplit('/').next().unwrap();
    let around = ["/../", "/%2e%2e/", "/..%2f"].map(|up| format!("{up}{name}/index.html"));
    let nowhere = ["/nothing.png", "/assets/old-0123.js", "/.env"];
    for path in around.iter().map(String::as_str).chain(nowhere) {
        let answer = world.get(path).await;
        assert_eq!(answer.error(), (404, "unknown_path"), "{path}");
        assert!(!answer.headers.contains_key("cache-control"), "{path}");
    }
    for path in ["/signin", "/assets/app-0123.js"] {
        let posted = world
            .answer(Request::post(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(posted.status, 405);
        assert_eq!(posted.headers["cache-control"], "no-cache", "{path}");
    }
}

#[tokio::test]
async fn nothing_below_the_api_is_the_page() {
    let world = World::new(Engine::sqlite("api")).await;
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/profile",
        "/webhooks",
        "/webhooks/",
        "/webhooks/x",
    ] {
        assert_eq!(
            world.get(path).await.error(),
            (404, "unknown_path"),
            "{path}"
        );
    }
    for (method, path) in [
        ("POST", "/api/me"),
        ("DELETE", "/api/profile/ada"),
        ("GET", "/webhooks/avatar"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let answer = world.answer(request).await;
        assert_eq!(answer.error(), (405, "wrong_method"), "{path}");
        assert!(answer.headers.contains_key("allow"), "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn the_page_is_told_where_everything_is_and_may_go_nowhere_else() {
    let world = World::new(Engine::sqlite("policy")).await;
    let config = world.get("/api/config").await;
    let cognito = "https://cognito-idp.eu-central-1.amazonaws.com";
    let expected = json!({
        "upload_api": "https://upload.example.com/stage", "assets": "https://assets.example.com",
        "cognito": { "url": cognito, "client_id": "app" },
    });
    assert_eq!(config.json, expected);
    assert_eq!(config.headers["cache-control"], "no-store");
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; \
         img-src 'self' blob: https://assets.example.com; connect-src 'self' https://upload.example.com \
         https://uploads.s3.example.com {cognito}; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    for path in ["/", "/assets/app-0123.js", "/api/me", "/nothing.png"] {
        let headers = world.get(path).await.headers;
        assert_eq!(
            headers["content-security-policy"],
            policy.as_str(),
            "{path}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
    }
}
