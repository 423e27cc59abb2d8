//! `GET /api/profile/{handle}/events`: server-sent events with the profile, now and after each
//! change.
//!
//! A stream wakes up when the [feed](crate::feed) has read its user. It sends an event only if the data
//! differs from the last event. It ends when the server shuts down, after 15 minutes, and when the token of
//! the owner expires. The number of streams is [limited](crate::stream_limits).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{AppendHeaders, IntoResponse};
use cruddur_functions::jwt::Claims;
use futures_util::Stream;
use futures_util::stream::unfold;
use roundel_lambda::clock::{Clock, SystemClock};
use roundel_lambda::notice::Refusal;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;

use super::profile::find_user;
use crate::app::AppState;
use crate::authentication::AuthenticatedUser;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::profile::Profile;
use crate::refusals::RefusalView;
use crate::stream_limits::{OpenStream, Viewer};
use crate::users::User;

/// Interval of keep-alive comments in an idle stream.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// Maximum duration of a stream. An active client reconnects; an abandoned stream makes room.
const MAX_DURATION: Duration = Duration::from_secs(15 * 60);
/// Tells proxies such as nginx not to buffer the stream.
const NO_PROXY_BUFFERING: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Opens the stream of a profile. Only the owner receives refusals.
pub async fn stream(
    State(app): State<Arc<AppState>>,
    ClientAddress(address): ClientAddress,
    viewer: Option<AuthenticatedUser>,
    handle: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, ApiError> {
    let claims = viewer.map(|AuthenticatedUser(claims)| claims);
    let mut viewers = vec![Viewer::Everyone];
    viewers.extend(address.map(Viewer::at));
    viewers.extend(
        claims
            .as_ref()
            .map(|claims| Viewer::User(claims.sub.clone())),
    );
    let open = app.streams.open(viewers).map_err(too_many_streams)?;
    let user = find_user(&app, handle).await?;
    let owner = claims.filter(|claims| claims.sub == user.sub);
    let mut stream = ProfileStream {
        stopping: app.stopping.clone(),
        is_owner: owner.is_some(),
        deadline: Instant::now() + duration(owner.as_ref()),
        users: app.feed.follow(&user),
        app,
        _open: open,
        sent_profile: None,
        sent_refusals: vec![],
        queue: VecDeque::new(),
    };
    stream.queue_changes(&user);
    let sse =
        Sse::new(stream.into_events()).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_INTERVAL));
    Ok((AppendHeaders([NO_PROXY_BUFFERING]), sse))
}

/// The stream of an owner ends when the token expires.
fn duration(owner: Option<&Claims>) -> Duration {
    let Some(claims) = owner else {
        return MAX_DURATION;
    };
    let left = claims.exp.saturating_sub(SystemClock.seconds());
    Duration::from_secs(left).min(MAX_DURATION)
}

fn too_many_streams(full: Viewer) -> ApiError {
    // Without the address, as everywhere in the log.
    let (of, sub) = match &full {
        Viewer::Everyone => ("everyone", None),
        Viewer::Address(_) => ("address", None),
        Viewer::User(sub) => ("user", Some(sub)),
    };
    tracing::warn!(of, sub, "too many event streams");
    let (code, message) = (
        "too_many_streams",
        "Too many event streams are open. Try again later.",
    );
    match full {
        Viewer::Everyone => ApiError::unavailable(code, message),
        _ => ApiError::new(StatusCode::TOO_MANY_REQUESTS, code, message),
    }
}

/// The state of one stream.
struct ProfileStream {
    app: Arc<AppState>,
    _open: OpenStream,
    is_owner: bool,
    /// When the stream ends by itself.
    deadline: Instant,
    /// The user, whenever the feed has read it.
    users: watch::Receiver<Arc<User>>,
    stopping: watch::Receiver<bool>,
    /// The profile of the last event.
    sent_profile: Option<Profile>,
    /// The refusals that were sent, as of the last query.
    sent_refusals: Vec<Refusal>,
    queue: VecDeque<Event>,
}

impl ProfileStream {
    fn into_events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, async |mut stream| {
            let event = stream.next().await?;
            Some((Ok(event), stream))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            self.wait().await?;
            let user = Arc::clone(&self.users.borrow_and_update());
            self.queue_changes(&user);
        }
    }

    /// Waits until there may be a change; `None` when the stream must end.
    async fn wait(&mut self) -> Option<()> {
        let deadline = tokio::time::sleep_until(self.deadline);
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
            () = deadline => None,
            changed = self.users.changed() => changed.ok(),
        }
    }

    /// Queues an event for each difference to the last events.
    fn queue_changes(&mut self, user: &User) {
        let profile = self.app.profile(user);
        if self.sent_profile.as_ref() != Some(&profile) {
            self.push("profile", &profile);
            self.sent_profile = Some(profile);
        }
        if self.is_owner && self.sent_refusals != user.refusals {
            let sent = std::mem::replace(&mut self.sent_refusals, user.refusals.clone());
            for refusal in user
                .refusals
                .iter()
                .filter(|refusal| !sent.contains(refusal))
            {
                self.push("refusal", &RefusalView::from(refusal));
            }
        }
    }

    fn push(&mut self, name: &str, data: &impl Serialize) {
        match Event::default().event(name).json_data(data) {
            Ok(event) => self.queue.push_back(event),
            Err(error) => tracing::error!(%error, "cannot serialize an event"),
        }
    }
}
