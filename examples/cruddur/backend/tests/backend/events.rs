//! Server-sent events of a profile.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::test_app::{World, avatar, refusal};
use crate::test_database::Engine;
use crate::user_pool::{claims, now};

on_both!(streams_follow_the_profile streams_see_what_others_store);

/// Longer than anything that a stream is woken by takes.
const SOON: Duration = Duration::from_secs(5);
/// Long enough for an event to come that should not.
const MOMENT: Duration = Duration::from_millis(300);

struct Stream(Body, String);

impl Stream {
    async fn open(world: &World, handle: &str, token: Option<&str>) -> Self {
        let mut request = Request::get(format!("/api/profile/{handle}/events"));
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let response = world.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self(response.into_body(), String::new())
    }

    /// Name and content of the next event; `None` at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        timeout(SOON, self.read())
            .await
            .expect("an event, or the end")
    }

    async fn read(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.1.split_once("\n\n") {
                let (name, data) = event.split_once('\n').unwrap();
                let name = name.strip_prefix("event: ").unwrap().to_owned();
                let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
                self.1 = rest.to_owned();
                return Some((name, data));
            }
            let frame = self.0.frame().await?.unwrap();
            self.1 += std::str::from_utf8(&frame.into_data().unwrap()).unwrap();
        }
    }

    async fn is_silent(&mut self) -> bool {
        timeout(MOMENT, self.read()).await.is_err()
    }
}

async fn streams_follow_the_profile(engine: Engine) {
    let world = World::new(engine).await;
    let (ada, bob) = (world.pool.token("sub-ada"), world.pool.token("sub-bob"));
    let mut streams = [
        Stream::open(&world, "ada", None).await,
        Stream::open(&world, "@ada", Some(&bob)).await,
        Stream::open(&world, "ada", Some(&ada)).await,
    ];
    for stream in &mut streams {
        let profile = world.get("/api/profile/ada").await.json;
        assert_eq!(stream.next().await, Some(("profile".into(), profile)));
    }
    assert_eq!(
        world.update(&ada, r#"{"bio":"one\ntwo"}"#).await.status,
        200
    );
    assert_eq!(world.notify(&avatar('a', "01")).await, 200);
    for stream in &mut streams {
        // Two changes may be seen at once, but the last one is seen.
        let (_, mut profile) = stream.next().await.unwrap();
        if profile["avatar"].is_null() {
            assert_eq!(profile["bio"], "one\ntwo");
            profile = stream.next().await.unwrap().1;
        }
        assert_eq!(profile, world.get("/api/profile/ada").await.json);
    }
    refusals_are_the_owners(&world, &mut streams).await;
    nothing_new_is_not_told(&world, &ada, &mut streams).await;
    strangers_are_no_one(&world).await;
    one_too_many_is_told_to_come_later(&world).await;
    a_stream_ends_with_its_token(&world).await;
    world.stop.send(true).unwrap();
    for stream in &mut streams {
        assert_eq!(stream.next().await, None, "the server stops");
    }
}

async fn refusals_are_the_owners(world: &World, [anybody, other, owner]: &mut [Stream; 3]) {
    assert_eq!(
        world
            .notify(&refusal("in/sub-ada/1.jpg", "malformed", "01"))
            .await,
        200
    );
    let (key, code) = ("in/sub-ada/1.jpg", "malformed");
    let expected = json!({ "key": key, "code": code, "message": "because of malformed" });
    assert_eq!(
        owner.next().await,
        Some(("refusal".into(), expected.clone()))
    );
    assert!(anybody.is_silent().await && other.is_silent().await);
    let mut later = Stream::open(world, "ada", Some(&world.pool.token("sub-ada"))).await;
    assert_eq!(later.next().await.unwrap().0, "profile");
    assert_eq!(
        later.next().await,
        Some(("refusal".into(), expected)),
        "at once"
    );
    for (key, code) in [("in/sub-ada/2.jpg", "empty"), ("in/sub-ada/3.jpg", "gone")] {
        assert_eq!(world.notify(&refusal(key, code, "01")).await, 200);
    }
    let mut told = vec![];
    while told.len() < 2 {
        told.push(owner.next().await.unwrap().1["code"].clone());
    }
    assert_eq!(
        told,
        ["empty", "gone"],
        "each once, however quickly they come"
    );
    let token = world.pool.token("sub-ada");
    let me = world.get_as("/api/me", &token).await.json;
    let codes: Vec<_> = me["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(
        codes,
        ["malformed", "empty", "gone"],
        "for who has no stream"
    );
    assert!(world.get("/api/profile/ada").await.json["refusals"].is_null());
}

async fn nothing_new_is_not_told(world: &World, ada: &str, streams: &mut [Stream; 3]) {
    assert_eq!(world.update(ada, "{}").await.status, 200);
    assert_eq!(world.notify(&avatar('a', "01")).await, 200);
    assert_eq!(
        world
            .update(&world.pool.token("sub-bob"), r#"{"bio":"b"}"#)
            .await
            .status,
        200
    );
    for stream in streams {
        assert!(stream.is_silent().await);
    }
}

async fn one_too_many_is_told_to_come_later(world: &World) {
    let all = world.app.streams.available_permits() as u32;
    let permits = world.app.streams.try_acquire_many(all).unwrap();
    let answer = world.get("/api/profile/ada/events").await;
    assert_eq!(answer.error(), (503, "too_many_streams"));
    drop(permits);
    drop(Stream::open(world, "ada", None).await);
    assert_eq!(
        world.app.streams.available_permits() as u32,
        all,
        "given back"
    );
}

async fn strangers_are_no_one(world: &World) {
    let answer = world.get("/api/profile/eve/events").await;
    assert_eq!(answer.error(), (404, "unknown_handle"));
}

async fn a_stream_ends_with_its_token(world: &World) {
    let mut claims = claims("sub-ada");
    claims["exp"] = json!(now() + 1);
    let mut stream = Stream::open(world, "ada", Some(&world.pool.of(&claims))).await;
    while let Some((name, _)) = stream.next().await {
        assert!(name == "profile" || name == "refusal");
    }
}

async fn streams_see_what_others_store(engine: Engine) {
    let world = World::looking(engine, Duration::from_millis(50)).await;
    let mut stream = Stream::open(&world, "ada", None).await;
    assert_eq!(stream.next().await.unwrap().1["bio"], Value::Null);
    let mut other = world.engine.connect().await;
    let query = "UPDATE users SET bio = 'by another process' WHERE handle = 'ada'";
    sqlx::query(query).execute(&mut other).await.unwrap();
    assert_eq!(stream.next().await.unwrap().1["bio"], "by another process");
    assert!(stream.is_silent().await, "only when something differs");
}
