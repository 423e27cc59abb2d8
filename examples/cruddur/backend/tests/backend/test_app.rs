//! The app over a database with two people, and everybody it speaks to.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use cruddur_backend::app::App;
use cruddur_backend::routes::router;
use cruddur_backend::{database, migrations, seed};
use http_body_util::BodyExt;
use roundel_lambda::environment::Environment;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::timeout;
use tower::ServiceExt;

use crate::openssl::Folder;
use crate::sns_signer::{Sns, TOPIC};
use crate::stub_server::StandIn;
use crate::test_database::Engine;
use crate::user_pool::Pool;

pub(crate) const CERTIFICATE: &str = "/SimpleNotificationService-0.pem";
/// How long the app looks away: longer than a test waits for what it is woken by.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) app: Arc<App>,
    pub(crate) router: Router,
    pub(crate) pool: Pool,
    pub(crate) sns: Sns,
    pub(crate) stand_in: StandIn,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) folder: Folder,
}

/// Status, headers and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl World {
    /// On `engine`, migrated, with ada and bob.
    pub(crate) async fn new(engine: Engine) -> Self {
        Self::looking(engine, LOOK_EVERY).await
    }

    pub(crate) async fn looking(engine: Engine, look_every: Duration) -> Self {
        let mut connection = engine.connect().await;
        migrations::migrate(&mut connection).await.unwrap();
        seed::seed(&mut connection, &seed::read(&seed()).unwrap())
            .await
            .unwrap();
        let test = engine
            .url()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "");
        let folder = Folder::new(&test[test.len().saturating_sub(60)..]);
        let (pool, mut sns) = (Pool::new(&folder, "pool.pem"), Sns::new(&folder, "sns"));
        let stand_in = StandIn::start().await;
        stand_in.put("/jwks.json", pool.keys().to_string());
        stand_in.put(CERTIFICATE, sns.certificate.clone());
        sns.address = format!("{}{CERTIFICATE}", stand_in.url);
        let (stop, stopping) = watch::channel(false);
        let environment = environment(&folder, &sns, &stand_in);
        let database = database::open(&engine.url()).unwrap();
        let mut app = App::new(&environment, database, stopping).unwrap();
        app.look_every = look_every;
        let app = Arc::new(app);
        let router = router(app.clone());
        Self {
            engine,
            app,
            router,
            pool,
            sns,
            stand_in,
            stop,
            folder,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn answer(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.send(request).await.into_parts();
        // A stream where none is expected would not end.
        let collected = timeout(PATIENCE, body.collect()).await.expect("an end");
        let bytes = collected.unwrap().to_bytes();
        let json = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
        Answer {
            status: parts.status,
            headers: parts.headers,
            json,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.answer(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// With this Authorization header.
    pub(crate) async fn get_as(&self, path: &str, token: &str) -> Answer {
        let request = Request::get(path).header("authorization", token);
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn update(&self, token: &str, body: impl Into<Body>) -> Answer {
        let request = Request::put("/api/profile/update").header("authorization", token);
        self.answer(request.body(body.into()).unwrap()).await
    }

    /// What SNS would deliver.
    pub(crate) async fn deliver(&self, body: &Value) -> Answer {
        let request =
            Request::post("/webhooks/avatar").header("content-type", "text/plain; charset=UTF-8");
        self.answer(request.body(body.to_string().into()).unwrap())
            .await
    }

    /// The status of the answer to a notice.
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

impl Answer {
    /// Status and code.
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

fn environment(folder: &Folder, sns: &Sns, stand_in: &StandIn) -> Environment {
    std::fs::create_dir_all(folder.path("assets")).unwrap();
    folder.write("index.html", "<title>Cruddur</title>");
    folder.write("assets/app-0123.js", "1");
    folder.write("favicon.svg", "<svg/>");
    Environment::from([
        ("USER_POOL_ID", "eu-central-1_pool"),
        ("CLIENT_ID", "app,other"),
        ("JWKS_URL", &format!("{}/jwks.json", stand_in.url)),
        ("AVATAR_TOPIC_ARN", TOPIC),
        ("SNS_STAND_IN_URL", &stand_in.url),
        ("SNS_STAND_IN_ROOT", &sns.root),
        ("ASSETS_URL", "https://assets.example.com/"),
        ("WEB_ROOT", &folder.path("")),
        ("UPLOAD_API_URL", "https://upload.example.com/stage/"),
        ("UPLOADS_ORIGIN", "https://uploads.s3.example.com"),
    ])
}

fn seed() -> String {
    let person = |handle: &str| {
        json!({
            "handle": handle, "display_name": handle.to_uppercase(),
            "email": format!("{handle}@example.com"), "cognito_user_id": format!("sub-{handle}"),
        })
    };
    json!([person("ada"), person("bob")]).to_string()
}

/// A notice of process: the upload `key` of ada, by S3's sequencer, became `digest`.
pub(crate) fn avatar(digest: char, sequencer: &str) -> Value {
    json!({
        "type": "avatar", "sub": "sub-ada", "digest": digest.to_string().repeat(64),
        "sizes": [[512, 512], [64, 64], [256, 256]], "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI",
        "color": "c0ffee",
        "order": { "key": "in/sub-ada.jpg", "sequencer": sequencer, "time": 1, "etag": digest.to_string() },
    })
}

pub(crate) fn refusal(key: &str, code: &str, sequencer: &str) -> Value {
    json!({
        "type": "refused", "bucket": "uploads", "key": key, "sub": "sub-ada", "code": code,
        "message": format!("because of {code}"), "sequencer": sequencer,
    })
}
