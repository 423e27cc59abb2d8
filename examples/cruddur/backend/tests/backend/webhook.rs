//! Notices of avatars and refusals, in whatever order.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::test_app::{World, avatar, refusal};
use crate::test_database::Engine;

on_both!(the_newest_avatar_wins notices_at_once_do_not_mix);

fn digest(digit: char) -> Value {
    digit.to_string().repeat(64).into()
}

async fn the_newest_avatar_wins(engine: Engine) {
    let world = World::new(engine).await;
    let steps = [
        ('b', "02", 'b', "the first"),
        ('b', "02", 'b', "a duplicate"),
        ('a', "01", 'b', "an older one"),
        ('c', "020", 'c', "the same upload, rendered anew"),
        ('d', "03", 'd', "a newer one"),
        ('c', "02", 'd', "an older one again"),
    ];
    for (sent, sequencer, stored, what) in steps {
        assert_eq!(world.notify(&avatar(sent, sequencer)).await, 200, "{what}");
        assert_eq!(world.digest("ada").await, digest(stored), "{what}");
    }
    other_keys_go_by_time(&world).await;
    refusals_are_kept(&world).await;
    what_asks_for_nothing(&world).await;
    whom_nobody_knows(&world).await;
    what_says_nothing_known(&world).await;
    subscriptions(&world).await;
    assert_eq!(world.digest("bob").await, Value::Null);
}

async fn other_keys_go_by_time(world: &World) {
    for (digit, time, stored) in [('e', 5, 'e'), ('f', 4, 'e'), ('0', 6, '0')] {
        let mut notice = avatar(digit, "00");
        notice["order"]["key"] = format!("in/sub-ada/{digit}.jpg").into();
        notice["order"]["time"] = time.into();
        assert_eq!(world.notify(&notice).await, 200);
        assert_eq!(world.digest("ada").await, digest(stored), "{digit}");
    }
}

async fn refusals_are_kept(world: &World) {
    let key = "in/sub-ada/7.jpg";
    for (code, sequencer, kept) in [
        ("empty", "05", "empty"),
        ("empty", "05", "empty"),
        ("gone", "04", "empty"),
        ("malformed", "06", "malformed"),
    ] {
        assert_eq!(world.notify(&refusal(key, code, sequencer)).await, 200);
        let user = cruddur_backend::users::by_handle(&world.app.pool, "ada")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(user.refusals.last().unwrap().code, kept, "{code}");
    }
    assert_eq!(world.digest("ada").await, digest('0'), "the avatar stays");
    let mut nobodys = refusal("in/..jpg", "invalid_key", "01");
    nobodys.as_object_mut().unwrap().remove("sub");
    assert_eq!(world.notify(&nobodys).await, 200);
}

async fn what_asks_for_nothing(world: &World) {
    let object = json!({ "key": "avatars/sub-ada/latest.json", "sequencer": "01" });
    let event =
        json!({ "Records": [{ "eventName": "ObjectCreated:Put", "s3": { "object": object } }] });
    for message in [event, json!({ "Event": "s3:TestEvent" })] {
        assert_eq!(world.notify(&message).await, 200);
    }
    assert_eq!(world.digest("ada").await, digest('0'));
}

async fn whom_nobody_knows(world: &World) {
    for mut notice in [avatar('a', "01"), refusal("in/eve.jpg", "empty", "01")] {
        notice["sub"] = "sub-eve".into();
        let answer = world
            .deliver(&world.sns.notification(&notice.to_string()))
            .await;
        assert_eq!(answer.error(), (503, "unknown_user"), "they may come yet");
        assert!(answer.headers.contains_key("retry-after"));
    }
}

async fn what_says_nothing_known(world: &World) {
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
        let answer = world.deliver(&world.sns.notification(&message)).await;
        assert_eq!(answer.error(), (422, "unknown_message"), "{message}");
    }
    assert_eq!(world.digest("ada").await, digest('0'), "nothing was stored");
}

async fn subscriptions(world: &World) {
    let body = world.sns.confirmation();
    assert_eq!(
        world.deliver(&body).await.error(),
        (503, "not_confirmed"),
        "SNS does not answer"
    );
    let topic = crate::sns_signer::TOPIC.replace(':', "%3A");
    let path = format!("/?Action=ConfirmSubscription&TopicArn={topic}&Token=2336412f37");
    world.stand_in.put(&path, "");
    assert_eq!(world.deliver(&body).await.status, 200);
    assert_eq!(world.stand_in.asked().last(), Some(&path));
    let mut unsubscribed = body;
    unsubscribed["Type"] = "UnsubscribeConfirmation".into();
    assert_eq!(
        world.deliver(&world.sns.sign(unsubscribed)).await.status,
        200
    );
}

/// Eight writers of avatars, a writer of profiles, and readers, all at once.
async fn notices_at_once_do_not_mix(engine: Engine) {
    let world = Arc::new(World::new(engine).await);
    let bodies: Vec<_> = (0..24)
        .map(|number| world.sns.notification(&colourful(number).to_string()))
        .collect();
    let token = world.pool.token("sub-ada");
    let mut tasks = tokio::task::JoinSet::new();
    for (number, body) in bodies.into_iter().enumerate() {
        let (writer, reader, editor, token) =
            (world.clone(), world.clone(), world.clone(), token.clone());
        tasks.spawn(async move {
            // As SNS does: until it is taken.
            while writer.deliver(&body).await.status != 200 {}
        });
        tasks.spawn(async move {
            belongs_together(&reader.get("/api/profile/ada").await.json["avatar"])
        });
        tasks.spawn(async move {
            let body = json!({ "bio": number.to_string() }).to_string();
            assert_eq!(editor.update(&token, body).await.status, 200);
        });
    }
    tasks.join_all().await;
    let profile = world.get("/api/profile/ada").await.json;
    belongs_together(&profile["avatar"]);
    assert_eq!(profile["avatar"]["color"], "000023", "the newest");
}

/// Whose colour and size tell the digest.
fn colourful(number: u32) -> Value {
    let mut notice = avatar('0', &format!("{number:04}"));
    notice["digest"] = format!("{number:064}").into();
    notice["color"] = format!("{number:06}").into();
    notice["sizes"] = json!([[number + 1, number + 1]]);
    notice
}

fn belongs_together(avatar: &Value) {
    let Some(digest) = avatar["digest"].as_str() else {
        return;
    };
    let number: u64 = digest.parse().unwrap();
    assert_eq!(avatar["color"], format!("{number:06}"));
    assert_eq!(avatar["images"][0]["width"], number + 1);
}
