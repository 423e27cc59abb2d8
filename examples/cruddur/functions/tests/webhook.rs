//! Signed messages of SNS, and every way to forge one.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod openssl;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cruddur_functions::fetch::{Fetch, FetchError};
use cruddur_functions::webhook::{Message, Trust, Verifier, VerifyError};
use openssl::{Folder, openssl, sign};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:avatars";
const ADDRESS: &str = "http://127.0.0.1:9/cert.pem";
const ENDPOINT: &str = "http://127.0.0.1:9";

/// A server with documents by URL. It records the requests.
#[derive(Clone, Default)]
struct Web(Arc<Mutex<(Pages, Vec<String>)>>);

type Pages = HashMap<String, Vec<u8>>;

impl Fetch for Web {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let mut state = self.0.lock().unwrap();
        state.1.push(url.to_owned());
        let missing = || FetchError {
            url: url.into(),
            reason: "status 404".into(),
        };
        state.0.get(url).cloned().ok_or_else(missing)
    }
}

/// A certificate authority, and a certificate that it issued for `name`.
struct Signer {
    folder: Folder,
    key: String,
    web: Web,
}

impl Signer {
    fn new(test: &str, name: &str, days: &str) -> Self {
        let folder = Folder::new(test);
        let whose = if test == "stranger" {
            "stranger"
        } else {
            "sns"
        };
        let root = folder.key(&format!("{whose}-root.key"));
        let key = folder.key(&format!("{whose}-leaf.key"));
        let ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
        let leaf = format!("subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth\n");
        let (ca, leaf) = (folder.write("ca.ext", ca), folder.write("leaf.ext", &leaf));
        let (csr, root_pem, pem) = (
            folder.path("a.csr"),
            folder.path("root.pem"),
            folder.path("leaf.pem"),
        );
        openssl(
            &[
                "req", "-new", "-key", &root, "-subj", "/CN=Root", "-out", &csr,
            ],
            b"",
        );
        let own = [
            "x509", "-req", "-in", &csr, "-signkey", &root, "-days", "30", "-extfile", &ca, "-out",
            &root_pem,
        ];
        openssl(&own, b"");
        openssl(
            &[
                "req", "-new", "-key", &key, "-subj", "/CN=sns", "-out", &csr,
            ],
            b"",
        );
        let by_root = [
            "x509",
            "-req",
            "-in",
            &csr,
            "-CA",
            &root_pem,
            "-CAkey",
            &root,
            "-CAcreateserial",
            "-days",
            days,
            "-extfile",
            &leaf,
            "-out",
            &pem,
        ];
        openssl(&by_root, b"");
        let web = Web::default();
        web.0
            .lock()
            .unwrap()
            .0
            .insert(ADDRESS.into(), folder.read("leaf.pem"));
        Self { folder, key, web }
    }

    fn sns(test: &str) -> Self {
        Self::new(test, "sns.amazonaws.com", "30")
    }

    fn verifier(&self) -> Verifier<Web, SystemTime> {
        let trust = Trust::local(ADDRESS, &self.folder.read("root.pem"), ENDPOINT).unwrap();
        Verifier::new(TOPIC, trust, self.web.clone(), SystemTime::now())
    }

    /// Signs as SNS documents it, independently of the code under test.
    fn sign(&self, mut message: Value, version: &str) -> Value {
        let names: &[&str] = if message["Type"] == "Notification" {
            &[
                "Message",
                "MessageId",
                "Subject",
                "Timestamp",
                "TopicArn",
                "Type",
            ]
        } else {
            &[
                "Message",
                "MessageId",
                "SubscribeURL",
                "Timestamp",
                "Token",
                "TopicArn",
                "Type",
            ]
        };
        let mut text = String::new();
        for name in names {
            if let Some(value) = message[name].as_str() {
                text += &format!("{name}\n{value}\n");
            }
        }
        let digest = if version == "1" { "sha1" } else { "sha256" };
        let signature = sign(&self.key, digest, &text);
        message["SignatureVersion"] = version.into();
        message["Signature"] = STANDARD.encode(signature).into();
        message["SigningCertURL"] = ADDRESS.into();
        message
    }
}

fn ago(seconds: i64) -> String {
    let time = OffsetDateTime::now_utc() - time::Duration::seconds(seconds);
    time.format(&Rfc3339).unwrap()
}

fn notification() -> Value {
    json!({
        "Type": "Notification", "MessageId": "id-1", "TopicArn": TOPIC, "Timestamp": ago(10),
        "Message": "{\"key\":\"a\\nb \u{e9}\"}", "UnsubscribeURL": "https://example.com",
    })
}

fn confirmation() -> Value {
    json!({
        "Type": "SubscriptionConfirmation", "MessageId": "id-2", "TopicArn": TOPIC,
        "Timestamp": ago(10), "Message": "You have chosen to subscribe", "Token": "2336412f37",
        "SubscribeURL": "https://evil.org/?Action=ConfirmSubscription",
    })
}

async fn verify(signer: &Signer, message: &Value) -> Result<Message, VerifyError> {
    signer
        .verifier()
        .verify(message.to_string().as_bytes())
        .await
}

#[tokio::test]
async fn both_signature_versions_are_accepted_and_the_message_is_unescaped() {
    let signer = Signer::sns("versions");
    let mut subject = notification();
    subject["Subject"] = "Avatars".into();
    for (message, version) in [(notification(), "1"), (notification(), "2"), (subject, "2")] {
        let message = signer.sign(message, version);
        let Ok(Message::Notification(notification)) = verify(&signer, &message).await else {
            panic!("{message}");
        };
        assert_eq!(
            (notification.id.as_str(), notification.message.as_str()),
            ("id-1", "{\"key\":\"a\\nb é\"}")
        );
    }
}

#[tokio::test]
async fn a_subscription_is_confirmed_at_the_known_endpoint() {
    let signer = Signer::sns("confirm");
    let message = signer.sign(confirmation(), "1");
    let verifier = signer.verifier();
    let Ok(Message::Confirmation(confirmation)) =
        verifier.verify(message.to_string().as_bytes()).await
    else {
        panic!("{message}");
    };
    let url = format!(
        "{ENDPOINT}/?Action=ConfirmSubscription&TopicArn={}&Token=2336412f37",
        TOPIC.replace(':', "%3A")
    );
    signer.web.0.lock().unwrap().0.insert(url.clone(), vec![]);
    verifier.confirm(&confirmation).await.unwrap();
    assert_eq!(signer.web.0.lock().unwrap().1, [ADDRESS.to_owned(), url]);
}

#[tokio::test]
async fn the_certificate_is_fetched_once() {
    let signer = Signer::sns("once");
    let verifier = signer.verifier();
    let message = signer.sign(notification(), "2").to_string();
    for _ in 0..3 {
        verifier.verify(message.as_bytes()).await.unwrap();
    }
    assert_eq!(signer.web.0.lock().unwrap().1.len(), 1);
}

#[tokio::test]
async fn every_used_field_is_signed() {
    let signer = Signer::sns("fields");
    for (good, names) in [
        (notification(), &["Message", "MessageId", "Timestamp"][..]),
        (
            confirmation(),
            &["Message", "MessageId", "Timestamp", "Token", "SubscribeURL"],
        ),
    ] {
        let good = signer.sign(good, "2");
        for name in names {
            let mut changed = good.clone();
            changed[name] = if *name == "Timestamp" {
                ago(11)
            } else {
                "other".to_owned()
            }
            .into();
            assert_eq!(
                verify(&signer, &changed).await,
                Err(VerifyError::Signature),
                "{name}"
            );
        }
    }
    let mut added = signer.sign(notification(), "2");
    added["Subject"] = "added".into();
    assert_eq!(verify(&signer, &added).await, Err(VerifyError::Signature));
    let mut retyped = signer.sign(confirmation(), "2");
    retyped["Type"] = "UnsubscribeConfirmation".into();
    assert_eq!(verify(&signer, &retyped).await, Err(VerifyError::Signature));
}

#[tokio::test]
async fn messages_of_other_topics_and_times_are_refused() {
    let signer = Signer::sns("others");
    let with = |name: &str, value: Value| {
        let mut message = notification();
        message[name] = value;
        signer.sign(message, "2")
    };
    let other = "arn:aws:sns:eu-central-1:123456789012:avatars2";
    let cases = [
        (with("TopicArn", other.into()), VerifyError::Topic),
        (
            with("Timestamp", ago(2 * 3600 + 60).into()),
            VerifyError::Time,
        ),
        (with("Timestamp", ago(-360).into()), VerifyError::Time),
    ];
    for (message, error) in cases {
        assert_eq!(verify(&signer, &message).await, Err(error), "{message}");
    }
}

#[tokio::test]
async fn invalid_signatures_are_refused() {
    let signer = Signer::sns("none");
    let good = signer.sign(notification(), "2");
    let cases = [
        (
            "SignatureVersion",
            json!("3"),
            VerifyError::SignatureVersion,
        ),
        ("SignatureVersion", json!("1"), VerifyError::Signature),
        ("Signature", json!(""), VerifyError::Signature),
        ("Signature", json!("!"), VerifyError::Signature),
        (
            "Signature",
            json!(STANDARD.encode([0; 256])),
            VerifyError::Signature,
        ),
        (
            "SigningCertURL",
            json!("https://evil.org/cert.pem"),
            VerifyError::CertificateUrl,
        ),
        ("SigningCertURL", json!(""), VerifyError::CertificateUrl),
    ];
    for (name, value, error) in cases {
        let mut message = good.clone();
        message[name] = value;
        assert_eq!(verify(&signer, &message).await, Err(error), "{message}");
    }
}

#[tokio::test]
async fn other_certificates_are_refused() {
    let signer = Signer::sns("certificates");
    let message = signer.sign(notification(), "2");
    let stranger = Signer::sns("stranger");
    let other_name = Signer::new("name", "sns.evil.org", "30");
    for other in [&stranger, &other_name] {
        let message = other.sign(notification(), "2");
        let mut verifier = signer.verifier();
        if other.folder.path("") == other_name.folder.path("") {
            verifier = other.verifier();
        }
        signer
            .web
            .0
            .lock()
            .unwrap()
            .0
            .insert(ADDRESS.into(), other.folder.read("leaf.pem"));
        let refused = verifier.verify(message.to_string().as_bytes()).await;
        assert!(
            matches!(refused, Err(VerifyError::Certificate(_))),
            "{refused:?}"
        );
    }
    for pem in [
        &b""[..],
        b"hello",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        signer
            .web
            .0
            .lock()
            .unwrap()
            .0
            .insert(ADDRESS.into(), pem.to_vec());
        let refused = verify(&signer, &message).await;
        assert!(
            matches!(refused, Err(VerifyError::Certificate(_))),
            "{refused:?}"
        );
    }
}

/// The URL of the issuer in the certificates of `with_issuer`.
const ISSUER: &str = "http://crt.test.amazontrust.com/issuer.cer";

/// A signer with an intermediate authority, as Amazon has.
fn with_issuer(test: &str) -> Signer {
    let mut signer = Signer::sns(test);
    let folder = &signer.folder;
    let issuer_key = folder.key("sns-issuer.key");
    let ca = folder.path("ca.ext");
    let leaf = format!(
        "subjectAltName=DNS:sns.amazonaws.com\nextendedKeyUsage=serverAuth\n\
         authorityInfoAccess=caIssuers;URI:{ISSUER}\n"
    );
    let leaf = folder.write("by-issuer.ext", &leaf);
    let root_key = folder.key("sns-root.key");
    certify(folder, "issuer", &issuer_key, ("root", &root_key), &ca);
    certify(folder, "leaf", &signer.key, ("issuer", &issuer_key), &leaf);
    let issuer = folder.path("issuer.pem");
    let issuer = openssl(&["x509", "-in", &issuer, "-outform", "DER"], b"");
    let pages = Pages::from([
        (ADDRESS.into(), folder.read("leaf.pem")),
        (ISSUER.into(), issuer),
    ]);
    signer.web = Web(Arc::new(Mutex::new((pages, vec![]))));
    signer
}

/// Writes `<name>.pem`, issued by `by.0` with the key `by.1`.
fn certify(folder: &Folder, name: &str, key: &str, by: (&str, &str), extensions: &str) {
    let (csr, pem) = (folder.path("next.csr"), folder.path(&format!("{name}.pem")));
    let (authority, authority_key) = (folder.path(&format!("{}.pem", by.0)), by.1);
    let subject = format!("/CN={name}");
    openssl(
        &["req", "-new", "-key", key, "-subj", &subject, "-out", &csr],
        b"",
    );
    let arguments = [
        "x509",
        "-req",
        "-in",
        &csr,
        "-CA",
        &authority,
        "-CAkey",
        authority_key,
        "-CAcreateserial",
        "-days",
        "30",
        "-extfile",
        extensions,
        "-out",
        &pem,
    ];
    openssl(&arguments, b"");
}

#[tokio::test]
async fn a_missing_issuer_is_fetched_and_verified() {
    let signer = with_issuer("issuer");
    let message = signer.sign(notification(), "2");
    assert!(verify(&signer, &message).await.is_ok());
    assert_eq!(signer.web.0.lock().unwrap().1, [ADDRESS, ISSUER]);
    for wrong in [signer.folder.read("leaf.pem"), b"hello".to_vec(), vec![]] {
        signer.web.0.lock().unwrap().0.insert(ISSUER.into(), wrong);
        let refused = verify(&signer, &message).await;
        assert!(
            matches!(refused, Err(VerifyError::Certificate(_))),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn an_expired_certificate_is_refused_even_if_it_is_cached() {
    let signer = Signer::new("expired", "sns.amazonaws.com", "1");
    let trust = Trust::local(ADDRESS, &signer.folder.read("root.pem"), ENDPOINT).unwrap();
    let later = SystemTime::now() + std::time::Duration::from_secs(2 * 86_400);
    let verifier = Verifier::new(TOPIC, trust, signer.web.clone(), later);
    let mut message = notification();
    message["Timestamp"] = ago(-2 * 86_400).into();
    let refused = verifier
        .verify(signer.sign(message, "2").to_string().as_bytes())
        .await;
    assert!(
        matches!(refused, Err(VerifyError::Certificate(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn sns_retries_after_an_outage() {
    let signer = Signer::sns("outage-sns");
    let message = signer.sign(notification(), "2");
    signer.web.0.lock().unwrap().0.clear();
    let refused = verify(&signer, &message).await.unwrap_err();
    assert_eq!(refused.status(), 503);
    assert_eq!(VerifyError::Signature.status(), 403);
}

#[tokio::test]
async fn garbage_is_refused_without_a_panic() {
    let signer = Signer::sns("garbage-sns");
    let good = signer.sign(notification(), "2").to_string();
    let huge = "x".repeat(2 << 20);
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "\u{0}",
        &huge,
        "{\"Type\":\"Other\"}",
    ] {
        let refused = signer.verifier().verify(body.as_bytes()).await;
        assert!(
            matches!(refused, Err(VerifyError::Malformed(_))),
            "{refused:?}"
        );
    }
    for length in 0..good.len() {
        assert!(
            signer
                .verifier()
                .verify(&good.as_bytes()[..length])
                .await
                .is_err(),
            "{length}"
        );
    }
}

#[tokio::test]
async fn a_local_sns_is_not_trusted_as_amazons() {
    let signer = Signer::sns("amazon");
    let address = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b.pem";
    signer
        .web
        .0
        .lock()
        .unwrap()
        .0
        .insert(address.into(), signer.folder.read("leaf.pem"));
    let mut message = signer.sign(notification(), "2");
    message["SigningCertURL"] = address.into();
    let trust = Trust::amazon(TOPIC).unwrap();
    let verifier = Verifier::new(TOPIC, trust, signer.web.clone(), SystemTime::now());
    let refused = verifier.verify(message.to_string().as_bytes()).await;
    assert!(
        matches!(refused, Err(VerifyError::Certificate(_))),
        "{refused:?}"
    );
}
