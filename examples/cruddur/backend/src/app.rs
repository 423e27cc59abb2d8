//! What the routes share.

use std::sync::Arc;
use std::time::Duration;

use cruddur_functions::authorizer::Authorizer;
use cruddur_functions::webhook::Verifier;
use roundel_lambda::clock::SystemClock;
use roundel_lambda::environment::{Environment, SettingError};
use roundel_lambda::transport::Transport;
use sqlx::AnyPool;
use tokio::sync::{Semaphore, broadcast, watch};

use crate::profile::{Assets, Profile};
use crate::settings::{self, Web};
use crate::users::User;

/// How long Cognito and SNS have for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a stream looks by itself: another process may have written.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How many changes a stream may fall behind; more, and it looks without knowing whose they are.
const CHANGES: usize = 64;
/// The most streams of one process: each looks every few seconds.
const STREAMS: usize = 500;

/// Everything that answering a request needs.
#[derive(Debug)]
pub struct App {
    /// The database.
    pub pool: AnyPool,
    /// Who is signed in.
    pub authorizer: Authorizer<Transport, SystemClock>,
    /// What SNS says.
    pub verifier: Verifier<Transport, SystemClock>,
    /// The folder of the avatars.
    pub folder: String,
    /// Where avatars are served.
    pub assets: Assets,
    /// The page, if it is served.
    pub web: Option<Web>,
    /// How often a stream looks by itself.
    pub look_every: Duration,
    /// Becomes true when the server stops.
    pub stopping: watch::Receiver<bool>,
    /// One permit for each stream.
    pub streams: Arc<Semaphore>,
    changed: broadcast::Sender<String>,
}

impl App {
    /// As the environment says.
    ///
    /// # Errors
    ///
    /// The variable that is missing or makes no sense.
    pub fn new(
        environment: &Environment,
        pool: AnyPool,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, SettingError> {
        let transport = Transport::new(PATIENCE);
        let (topic, trust) = settings::trust(environment)?;
        Ok(Self {
            pool,
            authorizer: Authorizer::from_environment(environment, transport.clone(), SystemClock)?,
            verifier: Verifier::new(&topic, trust, transport, SystemClock),
            folder: environment.folder("THUMBING_S3_FOLDER_OUTPUT", "avatars"),
            assets: settings::assets(environment)?,
            web: settings::web(environment)?,
            look_every: LOOK_EVERY,
            stopping,
            streams: Arc::new(Semaphore::new(STREAMS)),
            changed: broadcast::channel(CHANGES).0,
        })
    }

    /// The profile of `user`.
    pub fn profile(&self, user: &User) -> Profile {
        Profile::of(user, &self.assets)
    }

    /// Tells the streams that something of the user `sub` was stored.
    pub fn tell(&self, sub: &str) {
        // An error is that nobody listens.
        let _ = self.changed.send(sub.to_owned());
    }

    /// Whose profiles change from now on.
    pub fn changes(&self) -> broadcast::Receiver<String> {
        self.changed.subscribe()
    }
}
