//! Signed messages of SNS, and every way to forge one.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod openssl;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cruddur_functions::fetch::{Fetch, FetchError};
use cruddur_functions::webhook::{Message, Trust, Verifier, VerifyError};
use openssl::{Folder, openssl, sign};
use roundel_lambda::clock::Clock;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::{RwLock, RwLockWriteGuard};

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:avatars";
const ADDRESS: &str = "http://127.0.0.1:9/cert.pem";
const ENDPOINT: &str = "http://127.0.0.1:9";

/// A server with documents by URL. It records the requests.
#[derive(Clone, Default)]
struct Web(Arc<Mutex<(Pages, Vec<String>)>>, Arc<RwLock<()>>);

type Pages = HashMap<String, Vec<u8>>;

impl Web {
    fn put(&self, url: &str, page: Vec<u8>) {
        self.0.lock().unwrap().0.insert(url.to_owned(), page);
    }

    fn requests(&self) -> Vec<String> {
        self.0.lock().unwrap().1.clone()
    }

    /// The server does not answer until the guard is dropped.
    async fn hang(&self) -> RwLockWriteGuard<'_, ()> {
        self.1.write().await
    }

    /// Waits until the server has received this many requests.
    async fn received(&self, requests: usize) {
        while self.requests().len() < requests {
            tokio::task::yield_now().await;
        }
    }
}

impl Fetch for Web {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        self.0.lock().unwrap().1.push(url.to_owned());
        let _answering = self.1.read().await;
        let missing = || FetchError {
            url: url.into(),
            reason: "status 404".into(),
        };
        let page = self.0.lock().unwrap().0.get(url).cloned();
        page.ok_or_else(missing)
    }
}

/// A clock that starts at the time of the machine, stands still, and is moved by the test.
#[derive(Clone, Debug)]
struct TestClock(Arc<Mutex<SystemTime>>);

impl TestClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(SystemTime::now())))
    }

    fn later(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
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

    /// A verifier of a topic of Amazon that trusts the root of this signer.
    fn verifier_of(&self, topic: &str, clock: &TestClock) -> Arc<Verifier<Web, TestClock>> {
        let root = self.folder.read("root.pem");
        let trust = Trust::amazon(topic).unwrap().with_root(&root).unwrap();
        Arc::new(Verifier::new(topic, trust, self.web.clone(), clock.clone()))
    }

    /// A signed notification with its certificate at this path of Amazon's host, as a body.
    fn notification_from(&self, path: &str) -> String {
        let mut message = self.sign(notification(), "2");
        message["SigningCertURL"] = amazon_url(path).into();
        message.to_string()
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

/// A URL on the SNS host of the topic's region. `path` is hexadecimal.
fn amazon_url(path: &str) -> String {
    format!("https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-{path}.pem")
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
    signer.web = Web(Arc::new(Mutex::new((pages, vec![]))), Arc::default());
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
        matches!(refused, Err(VerifyError::CertificateTime(_))),
        "{refused:?}"
    );
    let clock = TestClock::new();
    let root = signer.folder.read("root.pem");
    let trust = Trust::local(ADDRESS, &root, ENDPOINT).unwrap();
    let verifier = Verifier::new(TOPIC, trust, signer.web.clone(), clock.clone());
    let message = signer.sign(notification(), "2").to_string();
    verifier.verify(message.as_bytes()).await.unwrap();
    clock.later(2 * 86_400);
    let refused = verifier.verify(message.as_bytes()).await;
    assert!(
        matches!(refused, Err(VerifyError::CertificateTime(_))),
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
async fn sns_retries_while_the_clock_is_wrong() {
    let signer = Signer::new("clock", "sns.amazonaws.com", "1");
    let message = signer.sign(notification(), "2").to_string();
    let trust = || Trust::local(ADDRESS, &signer.folder.read("root.pem"), ENDPOINT).unwrap();
    let now = SystemTime::now();
    for (hours, early) in [(1, true), (3, false), (100, true), (100, false)] {
        let offset = Duration::from_secs(hours * 3600);
        let wrong = if early { now - offset } else { now + offset };
        let verifier = Verifier::new(TOPIC, trust(), signer.web.clone(), wrong);
        let refused = verifier.verify(message.as_bytes()).await.unwrap_err();
        assert_eq!(refused.status(), 503, "{refused}");
        let forged = message.replace("id-1", "id-2");
        let refused = verifier.verify(forged.as_bytes()).await.unwrap_err();
        let by_sns = matches!(refused, VerifyError::Time);
        assert!(!by_sns, "only a message of SNS is a sign of a wrong clock");
    }
}

#[tokio::test]
async fn format_and_version_are_checked_before_any_fetch() {
    let signer = Signer::sns("before");
    let mut bodies = vec![];
    for (name, value) in [
        ("SignatureVersion", json!("3")),
        ("SignatureVersion", json!(2)),
        ("SignatureVersion", json!(null)),
        ("Signature", json!("!")),
        ("Signature", json!("")),
        ("Signature", json!(STANDARD.encode([0; 255]))),
        ("Signature", json!(STANDARD.encode([0; 1025]))),
        ("Timestamp", json!("yesterday")),
        ("Timestamp", json!("")),
        ("Type", json!("Other")),
        ("MessageId", json!(null)),
        ("TopicArn", json!("arn:aws:sns:eu-central-1:1:other")),
        ("SigningCertURL", json!(amazon_url("0a"))),
        ("SigningCertURL", json!(null)),
    ] {
        let mut message = signer.sign(notification(), "2");
        message[name] = value;
        bodies.push(message);
    }
    for name in ["Token", "SubscribeURL"] {
        let mut message = signer.sign(confirmation(), "2");
        message[name] = Value::Null;
        bodies.push(message);
    }
    for body in bodies {
        let refused = verify(&signer, &body).await.unwrap_err();
        assert_eq!(refused.status(), 403, "{body}");
    }
    assert_eq!(signer.web.requests(), [""; 0]);
}

#[tokio::test]
async fn concurrent_messages_share_one_fetch() {
    let signer = Signer::sns("share");
    signer
        .web
        .put(&amazon_url("0a"), signer.folder.read("leaf.pem"));
    let clock = TestClock::new();
    let verifier = signer.verifier_of(TOPIC, &clock);
    let body = signer.notification_from("0a");
    let hanging = signer.web.hang().await;
    let waiting: Vec<_> = (0..20).map(|_| spawn_verify(&verifier, &body)).collect();
    signer.web.received(1).await;
    clock.later(60);
    let late = spawn_verify(&verifier, &body);
    tokio::task::yield_now().await;
    drop(hanging);
    for waiting in waiting.into_iter().chain([late]) {
        assert!(waiting.await.unwrap().is_ok());
    }
    assert_eq!(signer.web.requests().len(), 1);
}

/// Verifies a message in a task of its own.
fn spawn_verify(
    verifier: &Arc<Verifier<Web, TestClock>>,
    body: &str,
) -> tokio::task::JoinHandle<Result<Message, VerifyError>> {
    let (verifier, body) = (Arc::clone(verifier), body.to_owned());
    tokio::spawn(async move { verifier.verify(body.as_bytes()).await })
}

#[tokio::test]
async fn invented_certificate_urls_neither_delay_others_nor_cause_many_fetches() {
    let signer = Signer::sns("invented");
    signer
        .web
        .put(&amazon_url("0a"), signer.folder.read("leaf.pem"));
    let clock = TestClock::new();
    let verifier = signer.verifier_of(TOPIC, &clock);
    let good = signer.notification_from("0a");
    assert!(verifier.verify(good.as_bytes()).await.is_ok());
    clock.later(60);
    let hanging = signer.web.hang().await;
    let invented: Vec<_> = (0..100).map(|number| format!("{number:04x}")).collect();
    let bodies = invented
        .iter()
        .map(|path| good.replace(&amazon_url("0a"), &amazon_url(path)));
    let waiting: Vec<_> = bodies.map(|body| spawn_verify(&verifier, &body)).collect();
    signer.web.received(11).await;
    let known = tokio::time::timeout(Duration::from_secs(10), verifier.verify(good.as_bytes()));
    assert!(
        known
            .await
            .expect("it does not wait for the server")
            .is_ok()
    );
    drop(hanging);
    for waiting in waiting {
        assert_eq!(waiting.await.unwrap().unwrap_err().status(), 503);
    }
    assert_eq!(
        signer.web.requests().len(),
        11,
        "one certificate and a burst of ten"
    );
    clock.later(3);
    for path in &invented {
        let body = good.replace(&amazon_url("0a"), &amazon_url(path));
        assert!(verifier.verify(body.as_bytes()).await.is_err());
    }
    assert_eq!(signer.web.requests().len(), 14, "then one per second");
}

#[tokio::test]
async fn a_failed_fetch_is_remembered_for_ten_seconds() {
    let signer = Signer::sns("negative");
    let clock = TestClock::new();
    let verifier = signer.verifier_of(TOPIC, &clock);
    let body = signer.notification_from("0a");
    for _ in 0..5 {
        let refused = verifier.verify(body.as_bytes()).await.unwrap_err();
        assert!(matches!(refused, VerifyError::Fetch(_)), "{refused}");
        clock.later(1);
    }
    assert_eq!(signer.web.requests().len(), 1);
    signer
        .web
        .put(&amazon_url("0a"), signer.folder.read("leaf.pem"));
    assert!(verifier.verify(body.as_bytes()).await.is_err());
    clock.later(5);
    assert!(verifier.verify(body.as_bytes()).await.is_ok());
    assert_eq!(signer.web.requests().len(), 2);
}

#[tokio::test]
async fn messages_of_every_partition_are_accepted_and_names_of_other_regions_refused() {
    let regions = [
        ("aws", "eu-central-1", "amazonaws.com", "sns.amazonaws.com"),
        (
            "aws",
            "me-south-1",
            "amazonaws.com",
            "sns-signing.me-south-1.amazonaws.com",
        ),
        (
            "aws-cn",
            "cn-north-1",
            "amazonaws.com.cn",
            "sns-cn-north-1.amazonaws.com.cn",
        ),
        (
            "aws-us-gov",
            "us-gov-east-1",
            "amazonaws.com",
            "sns-us-gov-west-1.amazonaws.com",
        ),
        (
            "aws-eusc",
            "eusc-de-east-1",
            "amazonaws.eu",
            "sns-signing.eusc-de-east-1.amazonaws.eu",
        ),
    ];
    for (partition, region, domain, name) in regions {
        let signer = Signer::new(region, name, "30");
        let url = format!("https://sns.{region}.{domain}/SimpleNotificationService-0a.pem");
        let topic = format!("arn:{partition}:sns:{region}:123456789012:avatars");
        let mut message = notification();
        message["TopicArn"] = topic.as_str().into();
        let mut message = signer.sign(message, "2");
        message["SigningCertURL"] = url.as_str().into();
        let verifier = signer.verifier_of(&topic, &TestClock::new());
        signer.web.put(&url, signer.folder.read("leaf.pem"));
        let verified = verifier.verify(message.to_string().as_bytes()).await;
        assert!(verified.is_ok(), "{region}: {verified:?}");

        let elsewhere = Signer::new("elsewhere", "sns-signing.af-south-1.amazonaws.com", "30");
        let verifier = elsewhere.verifier_of(&topic, &TestClock::new());
        elsewhere.web.put(&url, elsewhere.folder.read("leaf.pem"));
        let refused = verifier.verify(message.to_string().as_bytes()).await;
        let is_refused = matches!(refused, Err(VerifyError::Certificate(_)));
        assert!(is_refused, "{region}: {refused:?}");
    }
}

#[tokio::test]
async fn a_removed_subscription_can_be_confirmed_again() {
    let signer = Signer::sns("unsubscribed");
    let mut message = confirmation();
    message["Type"] = "UnsubscribeConfirmation".into();
    let message = signer.sign(message, "2");
    let verifier = signer.verifier();
    let Ok(Message::Unsubscribed(confirmation)) =
        verifier.verify(message.to_string().as_bytes()).await
    else {
        panic!("{message}");
    };
    verifier.confirm(&confirmation).await.unwrap_err();
    let requests = signer.web.requests();
    let url = requests.last().unwrap();
    assert!(
        url.starts_with(ENDPOINT) && url.ends_with("Token=2336412f37"),
        "{url}"
    );
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
