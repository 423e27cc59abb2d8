//! `GET /api/profile/{handle}`, `GET /api/me`, `PUT /api/profile/update`, and who may.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::test_app::{World, avatar};
use crate::test_database::Engine;
use crate::user_pool::{Pool, claims, now};

on_both!(profiles_are_seen_by_all_and_changed_by_their_owner);

async fn profiles_are_seen_by_all_and_changed_by_their_owner(engine: Engine) {
    let world = World::new(engine).await;
    seen(&world).await;
    changed(&world).await;
    who_is_signed_in(&world).await;
    what_cannot_be_taken(&world).await;
    bad_tokens(&world).await;
}

async fn seen(world: &World) {
    let expected = json!({ "handle": "ada", "display_name": "ADA", "bio": null, "avatar": null });
    for path in ["/api/profile/ada", "/api/profile/@ada"] {
        let answer = world.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json),
            (200, &expected),
            "{path}"
        );
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
    for handle in ["eve", "@", "@@ada", "ADA", "a%00", "%ff", "'--"] {
        let answer = world.get(&format!("/api/profile/{handle}")).await;
        assert_eq!(answer.error(), (404, "unknown_handle"), "{handle}");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    assert_eq!(world.notify(&avatar('a', "01")).await, 200);
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
    assert_eq!(world.get("/api/profile/ada").await.json["avatar"], expected);
    assert_eq!(
        world.get("/api/profile/bob").await.json["avatar"],
        Value::Null
    );
}

async fn changed(world: &World) {
    let token = world.pool.token("sub-ada");
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
        let answer = world.update(&token, body.to_string()).await;
        let (status, json) = (answer.status.as_u16(), &answer.json);
        assert_eq!(
            (status, &json["display_name"], &json["bio"]),
            (200, &name.into(), &bio),
            "{body}"
        );
        assert_eq!(world.get("/api/profile/ada").await.json, *json, "{body}");
        assert_eq!(json["avatar"]["color"], "c0ffee", "the avatar stays");
    }
    assert_eq!(
        world.get("/api/profile/bob").await.json["display_name"],
        "BOB"
    );
}

async fn who_is_signed_in(world: &World) {
    let me = world.get_as("/api/me", &world.pool.token("sub-bob")).await;
    assert_eq!(
        (me.status.as_u16(), &me.json["handle"]),
        (200, &"bob".into())
    );
    for stranger in ["nobody", "a\0b", "bob"] {
        let token = world.pool.token(stranger);
        assert_eq!(
            world.get_as("/api/me", &token).await.error(),
            (404, "unknown_user")
        );
        assert_eq!(
            world.update(&token, "{}").await.error(),
            (404, "unknown_user")
        );
    }
}

async fn what_cannot_be_taken(world: &World) {
    let token = world.pool.token("sub-bob");
    let fields = [
        ("display_name", "  ".to_owned()),
        ("display_name", "é".repeat(61)),
        ("display_name", "a\0b".to_owned()),
        ("bio", "é".repeat(501)),
        ("bio", "a\0b".to_owned()),
    ];
    for (field, text) in fields {
        let answer = world
            .update(&token, json!({ field: text }).to_string())
            .await;
        assert_eq!(answer.error(), (400, "invalid_profile"), "{field} {text:?}");
        assert_eq!(answer.json["field"], field);
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
        let answer = world.update(&token, body).await;
        assert_eq!(answer.error(), (400, "invalid_request"), "{body}");
        assert!(
            answer.json["message"]
                .as_str()
                .unwrap()
                .contains("display_name"),
            "{answer:?}"
        );
    }
    let longest = format!("{{\"bio\":\"{}\"}}", "a".repeat(20_000));
    assert_eq!(
        world.update(&token, longest).await.error(),
        (413, "too_large")
    );
    let not_utf8 = world.update(&token, b"{\"bio\":\"\xff\"}".to_vec()).await;
    assert_eq!(not_utf8.error(), (400, "invalid_request"));
    assert_eq!(
        world.get("/api/profile/bob").await.json["display_name"],
        "BOB",
        "nothing was stored"
    );
}

async fn bad_tokens(world: &World) {
    let with = |name: &str, value: Value| {
        let mut claims = claims("sub-ada");
        claims[name] = value;
        world.pool.of(&claims)
    };
    let good = world.pool.token("sub-ada");
    let tokens = [
        String::new(),
        "Bearer".to_owned(),
        "Basic YTpi".to_owned(),
        Pool::new(&world.folder, "forger.pem").token("sub-ada"),
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
            let answer = world.answer(request.body(Body::from("{}")).unwrap()).await;
            assert_eq!(answer.error(), (401, "unauthorized"), "{path} {token}");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
    assert_eq!(
        world.get("/api/me").await.error(),
        (401, "unauthorized"),
        "no token"
    );
    assert_eq!(world.get_as("/api/me", &good).await.status, 200);
}
