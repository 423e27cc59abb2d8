//! `GET /api/profile/{handle}/events`: server-sent events with the profile, now and after each
//! change.
//!
//! A stream wakes up when this process stores a change. It also polls the database every few
//! seconds, because other processes may store changes. It sends an event only if the data differs
//! from the last event. It ends when the server shuts down, after 15 minutes, and when the token of
//! the owner expires.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{AppendHeaders, IntoResponse};
use cruddur_functions::jwt::Claims;
use futures_util::Stream;
use futures_util::stream::unfold;
use roundel_lambda::clock::{Clock, SystemClock};
use roundel_lambda::notice::Refusal;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::Instant;

use super::profile::find_user;
use crate::app::AppState;
use crate::authentication::AuthenticatedUser;
use crate::error::ApiError;
use crate::profile::Profile;
use crate::refusals::RefusalView;
use crate::users::{self, User};

/// Interval of keep-alive comments in an idle stream.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);
/// Maximum duration of a stream. An active client reconnects; an abandoned stream frees its permit.
const MAX_DURATION: Duration = Duration::from_secs(15 * 60);
/// Tells proxies such as nginx not to buffer the stream.
const NO_PROXY_BUFFERING: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Opens the stream of a profile. Only the owner receives refusals.
pub async fn stream(
    State(app): State<Arc<AppState>>,
    viewer: Option<AuthenticatedUser>,
    handle: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, ApiError> {
    // Subscribe before the first query, so that no change in between is missed.
    let changes = app.subscribe();
    let permit = app
        .streams
        .clone()
        .try_acquire_owned()
        .map_err(|_| too_many_streams())?;
    let user = find_user(&app, handle).await?;
    let claims = viewer.map(|AuthenticatedUser(claims)| claims);
    let owner = claims.filter(|claims| claims.sub == user.sub);
    let mut stream = ProfileStream {
        stopping: app.stopping.clone(),
        sub: user.sub.clone(),
        is_owner: owner.is_some(),
        deadline: Instant::now() + duration(owner.as_ref()),
        app,
        _permit: permit,
        changes,
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

fn too_many_streams() -> ApiError {
    let message = "Too many event streams are open. Try again later.";
    ApiError::unavailable("too_many_streams", message)
}

/// The state of one stream.
struct ProfileStream {
    app: Arc<AppState>,
    _permit: OwnedSemaphorePermit,
    sub: String,
    is_owner: bool,
    /// When the stream ends by itself.
    deadline: Instant,
    changes: broadcast::Receiver<String>,
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
            // While the database is down, the stream stays open and sends nothing.
            if let Ok(Some(user)) = users::by_sub(&self.app.pool, &self.sub).await {
                self.queue_changes(&user);
            }
        }
    }

    /// Waits until there may be a change; `None` when the stream must end.
    async fn wait(&mut self) -> Option<()> {
        let deadline = tokio::time::sleep_until(self.deadline);
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
            () = deadline => None,
            () = wait_for_change(&mut self.changes, &self.sub) => Some(()),
            () = tokio::time::sleep(self.app.poll_interval) => Some(()),
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

/// Waits until data of the user `sub` is stored. If the channel overflowed, that may have happened.
async fn wait_for_change(changes: &mut broadcast::Receiver<String>, sub: &str) {
    loop {
        match changes.recv().await {
            Ok(changed) if changed != sub => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
