//! Messages that do not come from the topic.

use serde_json::{Value, json};

use crate::sns_signer::SnsSigner;
use crate::test_app::{CERTIFICATE, TestApp, avatar};
use crate::test_database::TestDatabase;

#[tokio::test]
async fn a_forged_message_is_refused_and_changes_nothing() {
    let test = TestApp::new(TestDatabase::sqlite("forged")).await;
    let good = test.sns.notification(&avatar('a', "01").to_string());
    let with = |name: &str, value: &str| {
        let mut message = good.clone();
        message[name] = value.into();
        message
    };
    let other_topic = "arn:aws:sns:eu-central-1:000000000000:other";
    let mut forger = SnsSigner::new(&test.folder, "forger");
    forger.certificate_url.clone_from(&test.sns.certificate_url);
    let mut of_other_topic = good.clone();
    of_other_topic["TopicArn"] = other_topic.into();
    let forged = [
        json!("hello"),
        json!({}),
        with("Message", &avatar('b', "02").to_string()),
        with("Signature", ""),
        with("SignatureVersion", "1"),
        with("TopicArn", other_topic),
        test.sns.sign(of_other_topic),
        with("Timestamp", "2020-01-01T00:00:00Z"),
        with(
            "SigningCertURL",
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a.pem",
        ),
        with("SigningCertURL", &format!("{}/other.pem", test.stub.url)),
        forger.notification(&avatar('b', "02").to_string()),
    ];
    for message in forged {
        assert_eq!(
            test.deliver(&message).await.error(),
            (403, "not_believed"),
            "{message}"
        );
    }
    assert_eq!(test.digest("ada").await, Value::Null);
    let long = json!("a".repeat(cruddur_functions::webhook::MAX_MESSAGE));
    assert_eq!(test.deliver(&long).await.error(), (413, "too_large"));
    assert_eq!(test.deliver(&good).await.status, 200);
}

#[tokio::test]
async fn a_certificate_that_cannot_be_fetched_is_requested_again() {
    let test = TestApp::new(TestDatabase::sqlite("certificate")).await;
    let body = test.sns.notification(&avatar('a', "01").to_string());
    test.stub.remove(CERTIFICATE);
    assert_eq!(
        test.deliver(&body).await.error(),
        (503, "certificate_unavailable")
    );
    test.stub.put(CERTIFICATE, test.sns.certificate.clone());
    test.clock.later(10);
    assert_eq!(test.deliver(&body).await.status, 200);
}

#[tokio::test]
async fn a_message_from_another_time_is_sent_again_and_not_refused() {
    let test = TestApp::new(TestDatabase::sqlite("clock")).await;
    let body = test.sns.notification(&avatar('a', "01").to_string());
    let mut forged = body.clone();
    forged["MessageId"] = "id-2".into();
    // Three hours, and longer than the certificate is valid.
    for seconds in [3 * 3600, 60 * 86_400] {
        test.clock.later(seconds);
        let response = test.deliver(&body).await;
        assert_eq!(response.error(), (503, "implausible_time"), "{seconds}");
    }
    let test = TestApp::new(TestDatabase::sqlite("clock-forged")).await;
    test.clock.later(3 * 3600);
    let response = test.deliver(&forged).await;
    assert_eq!(response.error(), (403, "not_believed"));
}

#[tokio::test]
async fn a_certificate_of_another_root_is_refused() {
    let test = TestApp::new(TestDatabase::sqlite("authority")).await;
    let mut forger = SnsSigner::new(&test.folder, "forger");
    forger.certificate_url.clone_from(&test.sns.certificate_url);
    test.stub.put(CERTIFICATE, forger.certificate.clone());
    let body = forger.notification(&avatar('a', "01").to_string());
    assert_eq!(test.deliver(&body).await.error(), (403, "not_believed"));
    assert_eq!(test.digest("ada").await, Value::Null);
}
