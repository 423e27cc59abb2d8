//! State that the routes share.

use std::sync::Arc;
use std::time::Duration;

use cruddur_functions::authorizer::Authorizer;
use cruddur_functions::transport::Transport;
use cruddur_functions::webhook::Verifier;
use roundel_lambda::clock::Clock;
use roundel_lambda::environment::{Environment, SettingError};
use sqlx::AnyPool;
use tokio::sync::watch;

use crate::client_address::AddressSource;
use crate::feed::Feed;
use crate::profile::{AvatarUrls, Profile};
use crate::settings::{self, WebSettings};
use crate::stream_limits::StreamLimits;
use crate::users::User;

/// Timeout of a request to Cognito or SNS.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Interval at which the database is polled for changes by other processes.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Everything that a route needs to answer a request.
#[derive(Debug)]
pub struct AppState {
    /// The database.
    pub pool: AnyPool,
    /// Verifies access tokens.
    pub authorizer: Authorizer<Transport, Arc<dyn Clock>>,
    /// Verifies SNS messages.
    pub verifier: Verifier<Transport, Arc<dyn Clock>>,
    /// Folder of the avatars in the assets bucket.
    pub folder: String,
    /// Builds the addresses of avatars.
    pub assets: AvatarUrls,
    /// Settings of the web page, if the backend serves it.
    pub web: Option<WebSettings>,
    /// Becomes true when the server shuts down.
    pub stopping: watch::Receiver<bool>,
    /// The users that the event streams show.
    pub feed: Arc<Feed>,
    /// The open event streams.
    pub streams: Arc<StreamLimits>,
    /// Where the address of a client is found.
    pub address_source: AddressSource,
}

impl AppState {
    /// Creates the state from environment variables.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or not valid.
    pub fn new(
        environment: &Environment,
        pool: AnyPool,
        clock: Arc<dyn Clock>,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, SettingError> {
        let transport = Transport::new(TIMEOUT);
        let (topic, trust) = settings::topic_trust(environment)?;
        Ok(Self {
            feed: Feed::new(pool.clone(), POLL_INTERVAL),
            streams: Arc::default(),
            address_source: AddressSource::from_environment(environment)?,
            pool,
            authorizer: Authorizer::from_environment(
                environment,
                transport.clone(),
                clock.clone(),
            )?,
            verifier: Verifier::new(&topic, trust, transport, clock),
            folder: environment.folder("THUMBING_S3_FOLDER_OUTPUT", "avatars"),
            assets: settings::avatar_urls(environment)?,
            web: settings::web_settings(environment)?,
            stopping,
        })
    }

    /// The public profile of `user`.
    pub fn profile(&self, user: &User) -> Profile {
        Profile::new(user, &self.assets)
    }

    /// Notifies the event streams that data of the user `sub` was stored.
    pub fn notify_changed(&self, sub: &str) {
        self.feed.notify_changed(sub);
    }
}
