//! Whoever pretends to be the topic.

use serde_json::{Value, json};

use crate::sns_signer::Sns;
use crate::test_app::{CERTIFICATE, World, avatar};
use crate::test_database::Engine;

#[tokio::test]
async fn what_the_topic_did_not_say_is_refused_and_changes_nothing() {
    let world = World::new(Engine::sqlite("spoofs")).await;
    let good = world.sns.notification(&avatar('a', "01").to_string());
    let with = |name: &str, value: &str| {
        let mut message = good.clone();
        message[name] = value.into();
        message
    };
    let elsewhere = "arn:aws:sns:eu-central-1:000000000000:other";
    let mut stranger = Sns::new(&world.folder, "stranger");
    stranger.address.clone_from(&world.sns.address);
    let mut of_other_topic = good.clone();
    of_other_topic["TopicArn"] = elsewhere.into();
    let spoofs = [
        json!("hello"),
        json!({}),
        with("Message", &avatar('b', "02").to_string()),
        with("Signature", ""),
        with("SignatureVersion", "1"),
        with("TopicArn", elsewhere),
        world.sns.sign(of_other_topic),
        with("Timestamp", "2020-01-01T00:00:00Z"),
        with(
            "SigningCertURL",
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a.pem",
        ),
        with(
            "SigningCertURL",
            &format!("{}/other.pem", world.stand_in.url),
        ),
        stranger.notification(&avatar('b', "02").to_string()),
    ];
    for spoof in spoofs {
        assert_eq!(
            world.deliver(&spoof).await.error(),
            (403, "not_believed"),
            "{spoof}"
        );
    }
    assert_eq!(world.digest("ada").await, Value::Null);
    let long = json!("a".repeat(roundel_lambda::webhook::MAX_MESSAGE));
    assert_eq!(world.deliver(&long).await.error(), (413, "too_large"));
    assert_eq!(world.deliver(&good).await.status, 200);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_had_is_asked_for_again() {
    let world = World::new(Engine::sqlite("certificate")).await;
    let body = world.sns.notification(&avatar('a', "01").to_string());
    world.stand_in.remove(CERTIFICATE);
    assert_eq!(
        world.deliver(&body).await.error(),
        (503, "certificate_unavailable")
    );
    world
        .stand_in
        .put(CERTIFICATE, world.sns.certificate.clone());
    assert_eq!(world.deliver(&body).await.status, 200);
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let world = World::new(Engine::sqlite("authority")).await;
    let mut stranger = Sns::new(&world.folder, "stranger");
    stranger.address.clone_from(&world.sns.address);
    world
        .stand_in
        .put(CERTIFICATE, stranger.certificate.clone());
    let body = stranger.notification(&avatar('a', "01").to_string());
    assert_eq!(world.deliver(&body).await.error(), (403, "not_believed"));
    assert_eq!(world.digest("ada").await, Value::Null);
}
