//! The files and routes of the page, and the headers of all responses.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::test_app::TestApp;
use crate::test_database::TestDatabase;

#[tokio::test]
async fn routes_answer_with_the_page_and_files_with_their_content() {
    let test = TestApp::new(TestDatabase::sqlite("page")).await;
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
        let response = test.get(path).await;
        assert_eq!(
            (response.status.as_u16(), &response.json),
            (200, &"<title>Cruddur</title>".into()),
            "{path}"
        );
        assert_eq!(response.headers["content-type"], "text/html", "{path}");
        assert_eq!(response.headers["cache-control"], "no-cache", "{path}");
    }
    let hashed = test.get("/assets/app-0123.js").await;
    assert_eq!(hashed.headers["content-type"], "text/javascript");
    assert_eq!(
        hashed.headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(
        test.get("/favicon.svg").await.headers["cache-control"],
        "no-cache"
    );
    // These paths lead to an existing file by way of the parent folder.
    let root = test.folder.path("");
    let name = root.trim_end_matches('/').rsplit('/').next().unwrap();
    let traversals = ["/../", "/%2e%2e/", "/..%2f"].map(|up| format!("{up}{name}/index.html"));
    let missing = ["/nothing.png", "/assets/old-0123.js", "/.env"];
    for path in traversals.iter().map(String::as_str).chain(missing) {
        let response = test.get(path).await;
        assert_eq!(response.error(), (404, "unknown_path"), "{path}");
        assert!(!response.headers.contains_key("cache-control"), "{path}");
    }
    for path in ["/signin", "/assets/app-0123.js"] {
        let posted = test
            .send_and_read(Request::post(path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(posted.status, 405);
        assert_eq!(posted.headers["cache-control"], "no-cache", "{path}");
    }
}

#[tokio::test]
async fn unknown_api_paths_answer_404_and_not_the_page() {
    let test = TestApp::new(TestDatabase::sqlite("api")).await;
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
            test.get(path).await.error(),
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
        let response = test.send_and_read(request).await;
        assert_eq!(response.error(), (405, "wrong_method"), "{path}");
        assert!(response.headers.contains_key("allow"), "{path}");
        assert_eq!(response.headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn the_config_names_all_servers_and_the_policy_allows_only_these() {
    let test = TestApp::new(TestDatabase::sqlite("policy")).await;
    let config = test.get("/api/config").await;
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
        let headers = test.get(path).await.headers;
        assert_eq!(
            headers["content-security-policy"],
            policy.as_str(),
            "{path}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
    }
}
