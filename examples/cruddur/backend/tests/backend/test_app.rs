//! The app with a database that has two users, and stubs of the services that it calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use cruddur_backend::app::AppState;
use cruddur_backend::feed::Feed;
use cruddur_backend::routes::router;
use cruddur_backend::{migrations, seed};
use http_body_util::BodyExt;
use roundel_lambda::clock::Clock;
use roundel_lambda::environment::Environment;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::openssl::Folder;
use crate::sns_signer::{SnsSigner, TOPIC};
use crate::stub_server::StubServer;
use crate::test_database::TestDatabase;
use crate::user_pool::UserPool;

pub(crate) const CERTIFICATE: &str = "/SimpleNotificationService-0.pem";
/// Longer than any test waits, so that tests see the wake-up of streams and not the polling.
const POLL_INTERVAL: Duration = Duration::from_secs(60);

/// Timeout for the body of a response.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct TestApp {
    pub(crate) database: TestDatabase,
    pub(crate) app: Arc<AppState>,
    pub(crate) router: Router,
    pub(crate) user_pool: UserPool,
    pub(crate) sns: SnsSigner,
    pub(crate) stub: StubServer,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) folder: Folder,
}

/// The clock of the machine, moved forward by the test.
#[derive(Debug, Default)]
pub(crate) struct TestClock(AtomicU64);

impl TestClock {
    pub(crate) fn later(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        SystemTime::now() + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// Status, headers, and the body as JSON; a string if it is not JSON.
#[derive(Debug)]
pub(crate) struct TestResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl TestApp {
    /// Migrates the database and adds the users ada and bob.
    pub(crate) async fn new(database: TestDatabase) -> Self {
        Self::polling_every(database, POLL_INTERVAL).await
    }

    pub(crate) async fn polling_every(database: TestDatabase, poll_interval: Duration) -> Self {
        let mut connection = database.connect().await;
        migrations::migrate(&mut connection).await.unwrap();
        seed::upsert_all(&mut connection, &seed::parse(&seed()).unwrap())
            .await
            .unwrap();
        let test = database
            .url()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let folder = Folder::new(&test[test.len().saturating_sub(60)..]);
        let (user_pool, mut sns) = (
            UserPool::new(&folder, "pool.pem"),
            SnsSigner::new(&folder, "sns"),
        );
        let stub = StubServer::start().await;
        stub.put("/jwks.json", user_pool.jwks().to_string());
        stub.put(CERTIFICATE, sns.certificate.clone());
        sns.certificate_url = format!("{}{CERTIFICATE}", stub.url);
        let (stop, stopping) = watch::channel(false);
        let environment = environment(&folder, &sns, &stub);
        let pool = cruddur_backend::database::open(&database.url()).unwrap();
        let clock = Arc::new(TestClock::default());
        let mut app = AppState::new(&environment, pool, clock.clone(), stopping).unwrap();
        app.feed = Feed::new(app.pool.clone(), poll_interval);
        let app = Arc::new(app);
        let router = router(app.clone());
        Self {
            database,
            app,
            router,
            user_pool,
            sns,
            stub,
            clock,
            stop,
            folder,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Sends a request and reads the whole body.
    pub(crate) async fn send_and_read(&self, request: Request<Body>) -> TestResponse {
        let (parts, body) = self.send(request).await.into_parts();
        // Without a timeout, an unexpected event stream would never end.
        let collected = timeout(TIMEOUT, body.collect())
            .await
            .expect("the body ends");
        let bytes = collected.unwrap().to_bytes();
        let json = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
        TestResponse {
            status: parts.status,
            headers: parts.headers,
            json,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> TestResponse {
        self.send_and_read(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// GET with this Authorization header.
    pub(crate) async fn get_as(&self, path: &str, token: &str) -> TestResponse {
        let request = Request::get(path).header("authorization", token);
        self.send_and_read(request.body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn update(&self, token: &str, body: impl Into<Body>) -> TestResponse {
        let request = Request::put("/api/profile/update").header("authorization", token);
        self.send_and_read(request.body(body.into()).unwrap()).await
    }

    /// Posts a message to the webhook, as SNS does.
    pub(crate) async fn deliver(&self, body: &Value) -> TestResponse {
        let request =
            Request::post("/webhooks/avatar").header("content-type", "text/plain; charset=UTF-8");
        self.send_and_read(request.body(body.to_string().into()).unwrap())
            .await
    }

    /// Signs and posts a notice. Returns the status.
    pub(crate) async fn notify(&self, message: &Value) -> u16 {
        self.deliver(&self.sns.notification(&message.to_string()))
            .await
            .status
            .as_u16()
    }

    pub(crate) async fn digest(&self, handle: &str) -> Value {
        self.get(&format!("/api/profile/{handle}")).await.json["avatar"]["digest"].clone()
    }
}

impl TestResponse {
    /// The status and the error code.
    pub(crate) fn error(&self) -> (u16, &str) {
        assert!(
            self.json["message"]
                .as_str()
                .is_some_and(|text| text.len() > 10),
            "{self:?}"
        );
        (
            self.status.as_u16(),
            self.json["code"].as_str().unwrap_or("none"),
        )
    }
}

fn environment(folder: &Folder, sns: &SnsSigner, stub: &StubServer) -> Environment {
    std::fs::create_dir_all(folder.path("assets")).unwrap();
    folder.write("index.html", "<title>Cruddur</title>");
    folder.write("assets/app-0123.js", "1");
    folder.write("favicon.svg", "<svg/>");
    Environment::from([
        ("USER_POOL_ID", "eu-central-1_pool"),
        ("CLIENT_ID", "app,other"),
        ("JWKS_URL", &format!("{}/jwks.json", stub.url)),
        ("AVATAR_TOPIC_ARN", TOPIC),
        ("SNS_EMULATOR_URL", &stub.url),
        ("SNS_EMULATOR_ROOT_CERTIFICATE", &sns.root),
        ("ASSETS_URL", "https://assets.example.com/"),
        ("WEB_ROOT", &folder.path("")),
        ("UPLOAD_API_URL", "https://upload.example.com/stage/"),
        ("UPLOADS_ORIGIN", "https://uploads.s3.example.com"),
        ("CLIENT_ADDRESS", "x-forwarded-for"),
    ])
}

fn seed() -> String {
    let user = |handle: &str| {
        json!({
            "handle": handle, "display_name": handle.to_uppercase(),
            "email": format!("{handle}@example.com"), "cognito_user_id": format!("sub-{handle}"),
        })
    };
    json!([user("ada"), user("bob")]).to_string()
}

/// A notice of process: an upload of ada with this sequencer has an avatar with this digest.
pub(crate) fn avatar(digest: char, sequencer: &str) -> Value {
    json!({
        "type": "avatar", "sub": "sub-ada", "digest": digest.to_string().repeat(64),
        "sizes": [[512, 512], [64, 64], [256, 256]], "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI",
        "color": "c0ffee",
        "order": { "key": "in/sub-ada.jpg", "sequencer": sequencer, "time": 1, "etag": digest.to_string() },
    })
}

/// A notice of process: the avatar of ada was removed at this time, in milliseconds.
pub(crate) fn removal(time: i64) -> Value {
    json!({
        "type": "removed", "sub": "sub-ada",
        "order": { "key": format!("in/sub-ada/{time}.remove"), "sequencer": "01", "time": time, "etag": "e" },
    })
}

pub(crate) fn refusal(key: &str, code: &str, sequencer: &str) -> Value {
    json!({
        "type": "refused", "bucket": "uploads", "key": key, "sub": "sub-ada", "code": code,
        "message": format!("because of {code}"), "sequencer": sequencer,
    })
}
