//! Notices of avatars and refusals, in any order.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::test_app::{TestApp, avatar, refusal, removal};
use crate::test_database::TestDatabase;

on_both_databases!(the_newest_avatar_wins concurrent_notices_do_not_mix a_removed_avatar_stays_removed);

fn digest(digit: char) -> Value {
    digit.to_string().repeat(64).into()
}

async fn the_newest_avatar_wins(database: TestDatabase) {
    let test = TestApp::new(database).await;
    let steps = [
        ('b', "02", 'b', "the first"),
        ('b', "02", 'b', "a duplicate"),
        ('a', "01", 'b', "an older one"),
        ('c', "020", 'c', "the same upload, rendered again"),
        ('d', "03", 'd', "a newer one"),
        ('c', "02", 'd', "an older one again"),
    ];
    for (sent, sequencer, stored, case) in steps {
        assert_eq!(test.notify(&avatar(sent, sequencer)).await, 200, "{case}");
        assert_eq!(test.digest("ada").await, digest(stored), "{case}");
    }
    notices_of_different_keys_are_ordered_by_time(&test).await;
    newer_refusals_are_stored(&test).await;
    events_without_a_notice_are_accepted(&test).await;
    notices_of_unknown_users_answer_503(&test).await;
    unknown_messages_answer_422(&test).await;
    subscriptions_are_confirmed(&test).await;
    assert_eq!(test.digest("bob").await, Value::Null);
}

async fn a_removed_avatar_stays_removed(database: TestDatabase) {
    let test = TestApp::new(database).await;
    assert_eq!(test.notify(&avatar('a', "01")).await, 200);
    let refused = refusal("in/sub-ada/1.jpg", "malformed", "01");
    assert_eq!(test.notify(&refused).await, 200);
    for case in ["the removal", "a duplicate"] {
        assert_eq!(test.notify(&removal(5)).await, 200, "{case}");
        assert_eq!(test.digest("ada").await, Value::Null, "{case}");
    }
    let ada = cruddur_backend::users::by_handle(&test.app.pool, "ada").await;
    assert_eq!(
        ada.unwrap().unwrap().refusals,
        [],
        "the refusals are deleted too"
    );
    let at = |digit: char, time: i64| {
        let mut notice = avatar(digit, "00");
        notice["order"]["key"] = format!("in/sub-ada/{digit}.jpg").into();
        notice["order"]["time"] = time.into();
        notice
    };
    for (sent, stored, case) in [
        (at('b', 4), Value::Null, "a late notice of an older avatar"),
        (at('c', 6), digest('c'), "a newer avatar"),
        (removal(5), digest('c'), "a late notice of the removal"),
        (removal(7), Value::Null, "another removal"),
    ] {
        assert_eq!(test.notify(&sent).await, 200, "{case}");
        assert_eq!(test.digest("ada").await, stored, "{case}");
    }
    let mut of_unknown = removal(8);
    of_unknown["sub"] = "../ada".into();
    let response = test
        .deliver(&test.sns.notification(&of_unknown.to_string()))
        .await;
    assert_eq!(response.error(), (422, "unknown_message"));
}

async fn notices_of_different_keys_are_ordered_by_time(test: &TestApp) {
    for (digit, time, stored) in [('e', 5, 'e'), ('f', 4, 'e'), ('0', 6, '0')] {
        let mut notice = avatar(digit, "00");
        notice["order"]["key"] = format!("in/sub-ada/{digit}.jpg").into();
        notice["order"]["time"] = time.into();
        assert_eq!(test.notify(&notice).await, 200);
        assert_eq!(test.digest("ada").await, digest(stored), "{digit}");
    }
}

async fn newer_refusals_are_stored(test: &TestApp) {
    let key = "in/sub-ada/7.jpg";
    for (code, sequencer, kept) in [
        ("empty", "05", "empty"),
        ("empty", "05", "empty"),
        ("gone", "04", "empty"),
        ("malformed", "06", "malformed"),
    ] {
        assert_eq!(test.notify(&refusal(key, code, sequencer)).await, 200);
        let user = cruddur_backend::users::by_handle(&test.app.pool, "ada")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(user.refusals.last().unwrap().code, kept, "{code}");
    }
    assert_eq!(test.digest("ada").await, digest('0'), "the avatar stays");
    let mut without_sub = refusal("in/..jpg", "invalid_key", "01");
    without_sub.as_object_mut().unwrap().remove("sub");
    assert_eq!(test.notify(&without_sub).await, 200);
}

async fn events_without_a_notice_are_accepted(test: &TestApp) {
    let object = json!({ "key": "avatars/sub-ada/latest.json", "sequencer": "01" });
    let event =
        json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "object": object } }] });
    for message in [event, json!({ "Event": "s3:TestEvent" })] {
        assert_eq!(test.notify(&message).await, 200);
    }
    assert_eq!(test.digest("ada").await, digest('0'));
}

async fn notices_of_unknown_users_answer_503(test: &TestApp) {
    for mut notice in [avatar('a', "01"), refusal("in/eve.jpg", "empty", "01")] {
        notice["sub"] = "sub-eve".into();
        let response = test
            .deliver(&test.sns.notification(&notice.to_string()))
            .await;
        assert_eq!(
            response.error(),
            (503, "unknown_user"),
            "SNS sends the notice again"
        );
        assert!(response.headers.contains_key("retry-after"));
    }
}

async fn unknown_messages_answer_422(test: &TestApp) {
    let with = |name: &str, value: Value| {
        let mut notice = avatar('a', "99");
        notice[name] = value;
        notice.to_string()
    };
    let messages = [
        "hello".to_owned(),
        "{}".to_owned(),
        with("digest", "../../../evil".into()),
        with("color", "red;}".into()),
        with("thumbhash", "\0".into()),
        with("sizes", serde_json::json!([[512, 0]])),
        with("sizes", serde_json::json!(vec![[8, 8]; 33])),
        with("sizes", json!([])),
        with("sub", "../ada".into()),
    ];
    for message in messages {
        let response = test.deliver(&test.sns.notification(&message)).await;
        assert_eq!(response.error(), (422, "unknown_message"), "{message}");
    }
    assert_eq!(test.digest("ada").await, digest('0'), "nothing was stored");
}

async fn subscriptions_are_confirmed(test: &TestApp) {
    let body = test.sns.confirmation();
    assert_eq!(
        test.deliver(&body).await.error(),
        (503, "not_confirmed"),
        "the confirmation answers 404"
    );
    let topic = crate::sns_signer::TOPIC.replace(':', "%3A");
    let path = format!("/?Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37");
    test.stub.put(&path, "");
    assert_eq!(test.deliver(&body).await.status, 200);
    assert_eq!(test.stub.requests().last(), Some(&path));
    a_removed_subscription_is_confirmed_again(test, body, &path).await;
}

async fn a_removed_subscription_is_confirmed_again(test: &TestApp, body: Value, path: &str) {
    let mut removed = body;
    removed["Type"] = "UnsubscribeConfirmation".into();
    let removed = test.sns.sign(removed);
    let before = test.stub.requests().len();
    assert_eq!(test.deliver(&removed).await.status, 200);
    assert_eq!(test.stub.requests()[before..], [path.to_owned()]);
    test.stub.remove(path);
    let response = test.deliver(&removed).await;
    assert_eq!(
        response.error(),
        (503, "not_confirmed"),
        "SNS sends it again"
    );
}

/// Writes 24 avatars, updates the profile and reads it, all concurrently.
async fn concurrent_notices_do_not_mix(database: TestDatabase) {
    let test = Arc::new(TestApp::new(database).await);
    let bodies: Vec<_> = (0..24)
        .map(|number| test.sns.notification(&numbered_notice(number).to_string()))
        .collect();
    let token = test.user_pool.token("sub-ada");
    // The keys and the certificate are cached, so that no request waits for them or shares a failed fetch.
    assert_eq!(test.get_as("/api/me", &token).await.status, 200);
    assert_eq!(test.deliver(&bodies[0]).await.status, 200);
    let mut tasks = tokio::task::JoinSet::new();
    for (number, body) in bodies.into_iter().enumerate() {
        let (writer, reader, editor, token) =
            (test.clone(), test.clone(), test.clone(), token.clone());
        tasks.spawn(async move {
            // SNS retries until the message is accepted.
            while writer.deliver(&body).await.status != 200 {}
        });
        tasks.spawn(async move {
            assert_consistent(&reader.get("/api/profile/ada").await.json["avatar"])
        });
        tasks.spawn(async move {
            let body = json!({ "bio": number.to_string() }).to_string();
            let response = editor.update(&token, body).await;
            assert_eq!(response.status, 200, "{response:?}");
        });
    }
    tasks.join_all().await;
    let profile = test.get("/api/profile/ada").await.json;
    assert_consistent(&profile["avatar"]);
    assert_eq!(profile["avatar"]["color"], "000023", "the newest");
}

/// A notice whose digest, color and size contain the same number.
fn numbered_notice(number: u32) -> Value {
    let mut notice = avatar('0', &format!("{number:04}"));
    notice["digest"] = format!("{number:064}").into();
    notice["color"] = format!("{number:06}").into();
    notice["sizes"] = json!([[number + 1, number + 1]]);
    notice
}

fn assert_consistent(avatar: &Value) {
    let Some(digest) = avatar["digest"].as_str() else {
        return;
    };
    let number: u64 = digest.parse().unwrap();
    assert_eq!(avatar["color"], format!("{number:06}"));
    assert_eq!(avatar["images"][0]["width"], number + 1);
}
