//! The event stream of a profile.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use cruddur_backend::stream_limits::Viewer;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::test_app::{TestApp, avatar, refusal, removal};
use crate::test_database::TestDatabase;
use crate::user_pool::{claims, now};

on_both_databases!(
    streams_send_changes_of_the_profile
    streams_send_changes_by_other_processes
    one_poll_serves_all_streams
    one_viewer_cannot_use_up_the_streams_of_others
);

/// Timeout for an event.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a stream must stay silent.
const SILENCE: Duration = Duration::from_millis(300);

/// The body of the response, and the text that was read but not parsed.
struct Stream(Body, String);

impl Stream {
    async fn open(test: &TestApp, handle: &str, token: Option<&str>) -> Self {
        let mut request = Request::get(format!("/api/profile/{handle}/events"));
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let response = test.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self(response.into_body(), String::new())
    }

    /// Name and data of the next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<(String, Value)> {
        timeout(TIMEOUT, self.read())
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
        timeout(SILENCE, self.read()).await.is_err()
    }
}

async fn streams_send_changes_of_the_profile(database: TestDatabase) {
    let test = TestApp::new(database).await;
    let (ada, bob) = (
        test.user_pool.token("sub-ada"),
        test.user_pool.token("sub-bob"),
    );
    let mut streams = [
        Stream::open(&test, "ada", None).await,
        Stream::open(&test, "@ada", Some(&bob)).await,
        Stream::open(&test, "ada", Some(&ada)).await,
    ];
    for stream in &mut streams {
        let profile = test.get("/api/profile/ada").await.json;
        assert_eq!(stream.next().await, Some(("profile".into(), profile)));
    }
    assert_eq!(test.update(&ada, r#"{"bio":"one\ntwo"}"#).await.status, 200);
    assert_eq!(test.notify(&avatar('a', "01")).await, 200);
    for stream in &mut streams {
        // Two changes may arrive in one event, but the last one always arrives.
        let (_, mut profile) = stream.next().await.unwrap();
        if profile["avatar"].is_null() {
            assert_eq!(profile["bio"], "one\ntwo");
            profile = stream.next().await.unwrap().1;
        }
        assert_eq!(profile, test.get("/api/profile/ada").await.json);
    }
    only_the_owner_gets_refusals(&test, &mut streams).await;
    no_change_sends_no_event(&test, &ada, &mut streams).await;
    a_removal_reaches_every_stream(&test, &mut streams).await;
    an_unknown_handle_has_no_stream(&test).await;
    too_many_streams_answer_503(&test).await;
    a_stream_ends_when_its_token_expires(&test).await;
    test.stop.send(true).unwrap();
    for stream in &mut streams {
        assert_eq!(stream.next().await, None, "the server shuts down");
    }
}

async fn only_the_owner_gets_refusals(test: &TestApp, [anonymous, other, owner]: &mut [Stream; 3]) {
    assert_eq!(
        test.notify(&refusal("in/sub-ada/1.jpg", "malformed", "01"))
            .await,
        200
    );
    let (key, code) = ("in/sub-ada/1.jpg", "malformed");
    let expected = json!({ "key": key, "code": code, "message": "because of malformed" });
    assert_eq!(
        owner.next().await,
        Some(("refusal".into(), expected.clone()))
    );
    assert!(anonymous.is_silent().await && other.is_silent().await);
    let mut later = Stream::open(test, "ada", Some(&test.user_pool.token("sub-ada"))).await;
    assert_eq!(later.next().await.unwrap().0, "profile");
    assert_eq!(
        later.next().await,
        Some(("refusal".into(), expected)),
        "a new stream gets earlier refusals"
    );
    for (key, code) in [("in/sub-ada/2.jpg", "empty"), ("in/sub-ada/3.jpg", "gone")] {
        assert_eq!(test.notify(&refusal(key, code, "01")).await, 200);
    }
    let mut received = vec![];
    while received.len() < 2 {
        received.push(owner.next().await.unwrap().1["code"].clone());
    }
    assert_eq!(
        received,
        ["empty", "gone"],
        "each refusal once, even if two arrive together"
    );
    let token = test.user_pool.token("sub-ada");
    let me = test.get_as("/api/me", &token).await.json;
    let codes: Vec<_> = me["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    assert_eq!(
        codes,
        ["malformed", "empty", "gone"],
        "also without a stream"
    );
    assert!(test.get("/api/profile/ada").await.json["refusals"].is_null());
}

async fn no_change_sends_no_event(test: &TestApp, ada: &str, streams: &mut [Stream; 3]) {
    assert_eq!(test.update(ada, "{}").await.status, 200);
    assert_eq!(test.notify(&avatar('a', "01")).await, 200);
    assert_eq!(
        test.update(&test.user_pool.token("sub-bob"), r#"{"bio":"b"}"#)
            .await
            .status,
        200
    );
    for stream in streams {
        assert!(stream.is_silent().await);
    }
}

async fn a_removal_reaches_every_stream(test: &TestApp, streams: &mut [Stream; 3]) {
    assert_eq!(test.notify(&removal(5)).await, 200);
    for stream in streams {
        let (name, profile) = stream.next().await.unwrap();
        assert_eq!(
            (name.as_str(), &profile["avatar"]),
            ("profile", &Value::Null)
        );
    }
}

async fn too_many_streams_answer_503(test: &TestApp) {
    let everyone = || test.app.streams.open(vec![Viewer::Everyone]);
    let all: Vec<_> = std::iter::from_fn(|| everyone().ok()).collect();
    let response = test.get("/api/profile/ada/events").await;
    assert_eq!(response.error(), (503, "too_many_streams"));
    drop(all);
    drop(Stream::open(test, "ada", None).await);
}

async fn one_viewer_cannot_use_up_the_streams_of_others(database: TestDatabase) {
    let test = TestApp::new(database).await;
    let (ada, bob) = (
        test.user_pool.token("sub-ada"),
        test.user_pool.token("sub-bob"),
    );
    let user = Viewer::User(String::new());
    let mut open = vec![];
    for _ in 0..user.limit() {
        // A user counts, whichever profile and address.
        open.push(Stream::open(&test, "bob", Some(&ada)).await);
    }
    let response = test.get_as("/api/profile/ada/events", &ada).await;
    assert_eq!(response.error(), (429, "too_many_streams"));
    assert_eq!(response.headers["retry-after"], "30");
    drop(Stream::open(&test, "ada", Some(&bob)).await);
    open.pop();
    drop(Stream::open(&test, "ada", Some(&ada)).await);
    let from = |address: &str| {
        let request = Request::get("/api/profile/ada/events").header("x-forwarded-for", address);
        test.send(request.body(Body::empty()).unwrap())
    };
    let mut anonymous = vec![];
    for _ in 0..Viewer::at([192, 0, 2, 1].into()).limit() {
        anonymous.push(from("198.51.100.7, 192.0.2.1").await);
    }
    assert!(anonymous.iter().all(|response| response.status() == 200));
    assert_eq!(from("192.0.2.1").await.status(), 429);
    assert_eq!(from("192.0.2.2").await.status(), 200);
}

async fn one_poll_serves_all_streams(database: TestDatabase) {
    let interval = Duration::from_millis(100);
    let test = TestApp::polling_every(database, interval).await;
    let mut streams = vec![];
    for handle in ["ada", "bob"].into_iter().cycle().take(12) {
        let mut stream = Stream::open(&test, handle, None).await;
        stream.next().await.unwrap();
        streams.push(stream);
    }
    tokio::time::sleep(interval).await;
    let (start, before) = (Instant::now(), test.app.feed.queries());
    let mut other = test.database.connect().await;
    let query = "UPDATE users SET bio = 'by another process'";
    sqlx::query(query).execute(&mut other).await.unwrap();
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap().1["bio"], "by another process");
    }
    tokio::time::sleep(interval * 3).await;
    // Two polls are at least an interval apart.
    let polls = start.elapsed().as_millis() / interval.as_millis() + 1;
    let queries = test.app.feed.queries() - before;
    assert!(
        u128::from(queries) <= polls,
        "{queries} queries, {polls} polls"
    );
}

async fn an_unknown_handle_has_no_stream(test: &TestApp) {
    let response = test.get("/api/profile/eve/events").await;
    assert_eq!(response.error(), (404, "unknown_handle"));
}

async fn a_stream_ends_when_its_token_expires(test: &TestApp) {
    let mut claims = claims("sub-ada");
    claims["exp"] = json!(now() + 1);
    let mut stream = Stream::open(test, "ada", Some(&test.user_pool.sign(&claims))).await;
    while let Some((name, _)) = stream.next().await {
        assert!(name == "profile" || name == "refusal");
    }
}

async fn streams_send_changes_by_other_processes(database: TestDatabase) {
    let test = TestApp::polling_every(database, Duration::from_millis(50)).await;
    let mut stream = Stream::open(&test, "ada", None).await;
    assert_eq!(stream.next().await.unwrap().1["bio"], Value::Null);
    let mut other = test.database.connect().await;
    let query = "UPDATE users SET bio = 'by another process' WHERE handle = 'ada'";
    sqlx::query(query).execute(&mut other).await.unwrap();
    assert_eq!(stream.next().await.unwrap().1["bio"], "by another process");
    assert!(stream.is_silent().await, "only changes send events");
}
