//! `GET /api/profile/{handle}`, `GET /api/me` and `PUT /api/profile/update`, with their
//! authorization.

use axum::body::Body;
use axum::http::Request;
use cruddur_backend::authentication::RequestUser;
use serde_json::{Value, json};

use crate::test_app::{TestApp, avatar};
use crate::test_database::TestDatabase;
use crate::user_pool::{UserPool, claims, now};

on_both_databases!(profiles_are_public_and_only_their_owner_can_change_them);

async fn profiles_are_public_and_only_their_owner_can_change_them(database: TestDatabase) {
    let test = TestApp::new(database).await;
    public_profiles(&test).await;
    updates(&test).await;
    own_profile(&test).await;
    the_log_names_the_user_of_a_verified_token(&test).await;
    invalid_updates(&test).await;
    invalid_tokens(&test).await;
}

async fn public_profiles(test: &TestApp) {
    let expected = json!({ "handle": "ada", "display_name": "ADA", "bio": null, "avatar": null });
    for path in ["/api/profile/ada", "/api/profile/@ada"] {
        let response = test.get(path).await;
        assert_eq!(
            (response.status.as_u16(), &response.json),
            (200, &expected),
            "{path}"
        );
        assert_eq!(response.headers["cache-control"], "no-store");
        assert_eq!(response.headers["x-content-type-options"], "nosniff");
        assert_eq!(
            response.headers["strict-transport-security"],
            "max-age=31536000"
        );
    }
    for handle in ["eve", "@", "@@ada", "ADA", "a%00", "%ff", "'--"] {
        let response = test.get(&format!("/api/profile/{handle}")).await;
        assert_eq!(response.error(), (404, "unknown_handle"), "{handle}");
        assert_eq!(response.headers["cache-control"], "no-store");
    }
    assert_eq!(test.notify(&avatar('a', "01")).await, 200);
    let image = |side: u32| {
        let url = format!(
            "https://assets.example.com/avatars/sub-ada/{}/{side}.jpg",
            "a".repeat(64)
        );
        json!({ "width": side, "height": side, "url": url })
    };
    let expected = json!({
        "digest": "a".repeat(64), "upload": "sub-ada.jpg",
        "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI", "color": "c0ffee",
        "images": [image(512), image(256), image(64)],
    });
    assert_eq!(test.get("/api/profile/ada").await.json["avatar"], expected);
    assert_eq!(
        test.get("/api/profile/bob").await.json["avatar"],
        Value::Null
    );
}

async fn updates(test: &TestApp) {
    let token = test.user_pool.token("sub-ada");
    let cases = [
        (json!({}), "ADA", Value::Null),
        (json!({ "bio": " one\r\ntwo " }), "ADA", "one\ntwo".into()),
        (
            json!({ "display_name": " Ada 🎩 " }),
            "Ada 🎩",
            "one\ntwo".into(),
        ),
        (
            json!({ "display_name": "Ada", "bio": "b" }),
            "Ada",
            "b".into(),
        ),
        (json!({ "bio": "" }), "Ada", Value::Null),
        (
            json!({ "bio": "'); DROP TABLE users; --" }),
            "Ada",
            "'); DROP TABLE users; --".into(),
        ),
        (json!({ "bio": null }), "Ada", Value::Null),
    ];
    for (body, name, bio) in cases {
        let response = test.update(&token, body.to_string()).await;
        let (status, json) = (response.status.as_u16(), &response.json);
        assert_eq!(
            (status, &json["display_name"], &json["bio"]),
            (200, &name.into(), &bio),
            "{body}"
        );
        assert_eq!(test.get("/api/profile/ada").await.json, *json, "{body}");
        assert_eq!(json["avatar"]["color"], "c0ffee", "the avatar stays");
    }
    assert_eq!(
        test.get("/api/profile/bob").await.json["display_name"],
        "BOB"
    );
}

async fn the_log_names_the_user_of_a_verified_token(test: &TestApp) {
    let user = async |token: Option<&str>| {
        let request = Request::get("/api/me");
        let request = match token {
            Some(token) => request.header("authorization", token),
            None => request,
        };
        let response = test.send(request.body(Body::empty()).unwrap()).await;
        let user = response.extensions().get::<RequestUser>().unwrap();
        user.sub().map(str::to_owned)
    };
    let token = test.user_pool.token("sub-bob");
    assert_eq!(user(Some(&token)).await.as_deref(), Some("sub-bob"));
    let forged = format!("{token}AAAA");
    assert_eq!(user(Some(&forged)).await, None);
    assert_eq!(user(None).await, None);
}

async fn own_profile(test: &TestApp) {
    let me = test
        .get_as("/api/me", &test.user_pool.token("sub-bob"))
        .await;
    assert_eq!(
        (me.status.as_u16(), &me.json["handle"]),
        (200, &"bob".into())
    );
    for unknown in ["nobody", "a\0b", "bob"] {
        let token = test.user_pool.token(unknown);
        assert_eq!(
            test.get_as("/api/me", &token).await.error(),
            (404, "unknown_user")
        );
        assert_eq!(
            test.update(&token, "{}").await.error(),
            (404, "unknown_user")
        );
    }
}

async fn invalid_updates(test: &TestApp) {
    let token = test.user_pool.token("sub-bob");
    let fields = [
        ("display_name", "  ".to_owned()),
        ("display_name", "é".repeat(61)),
        ("display_name", "a\0b".to_owned()),
        ("bio", "é".repeat(501)),
        ("bio", "a\0b".to_owned()),
    ];
    for (field, text) in fields {
        let response = test
            .update(&token, json!({ field: text }).to_string())
            .await;
        assert_eq!(
            response.error(),
            (400, "invalid_profile"),
            "{field} {text:?}"
        );
        assert_eq!(response.json["field"], field);
    }
    for body in [
        "",
        "{",
        "[]",
        "7",
        r#"{"bio":7}"#,
        r#"{"display_name":null}"#,
        r#"{"name":"x"}"#,
        "\u{feff}{}",
    ] {
        let response = test.update(&token, body).await;
        assert_eq!(response.error(), (400, "invalid_request"), "{body}");
        assert!(
            response.json["message"]
                .as_str()
                .unwrap()
                .contains("display_name"),
            "{response:?}"
        );
    }
    let longest = format!("{{\"bio\":\"{}\"}}", "a".repeat(20_000));
    assert_eq!(
        test.update(&token, longest).await.error(),
        (413, "too_large")
    );
    let not_utf8 = test.update(&token, b"{\"bio\":\"\xff\"}".to_vec()).await;
    assert_eq!(not_utf8.error(), (400, "invalid_request"));
    assert_eq!(
        test.get("/api/profile/bob").await.json["display_name"],
        "BOB",
        "nothing was stored"
    );
}

async fn invalid_tokens(test: &TestApp) {
    let with = |name: &str, value: Value| {
        let mut claims = claims("sub-ada");
        claims[name] = value;
        test.user_pool.sign(&claims)
    };
    let good = test.user_pool.token("sub-ada");
    let tokens = [
        String::new(),
        "Bearer".to_owned(),
        "Basic YTpi".to_owned(),
        UserPool::new(&test.folder, "forger.pem").token("sub-ada"),
        with("exp", json!(now() - 60)),
        with("token_use", json!("id")),
        with("client_id", json!("stranger")),
        with("iss", json!("https://evil.org")),
        good[..good.len() - 2].to_owned(),
    ];
    for token in &tokens {
        for (method, path) in [
            ("GET", "/api/me"),
            ("GET", "/api/profile/ada/events"),
            ("PUT", "/api/profile/update"),
        ] {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("authorization", token);
            let response = test
                .send_and_read(request.body(Body::from("{}")).unwrap())
                .await;
            assert_eq!(response.error(), (401, "unauthorized"), "{path} {token}");
            assert_eq!(response.headers["www-authenticate"], "Bearer");
        }
    }
    assert_eq!(
        test.get("/api/me").await.error(),
        (401, "unauthorized"),
        "no token"
    );
    assert_eq!(test.get_as("/api/me", &good).await.status, 200);
}
