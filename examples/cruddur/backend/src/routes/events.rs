//! `GET /api/profile/{handle}/events`: the profile, now and whenever it changes.
//!
//! A stream is woken by what this process stores, and looks by itself every few seconds, for there
//! may be other processes. It sends only what differs from what it sent before. It ends when the
//! server stops, after a quarter of an hour, and an owner's when the token does.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderName;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{AppendHeaders, IntoResponse};
use futures_util::Stream;
use futures_util::stream::unfold;
use roundel_lambda::clock::{Clock, System};
use roundel_lambda::notice::Refusal;
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast, watch};
use tokio::time::Instant;

use super::profile::find;
use crate::app::App;
use crate::authentication::SignedIn;
use crate::error::ApiError;
use crate::profile::Profile;
use crate::refusals::Told;
use crate::users::{self, User};

/// How often a silent stream says that it is alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// How long a stream lives at most: who still listens connects again, who is gone leaves room.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Asks the proxies that know it not to collect the stream.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// The stream of a profile; with refusals for its owner.
pub async fn watch(
    State(app): State<Arc<App>>,
    signed_in: Option<SignedIn>,
    handle: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, ApiError> {
    // Before the first look, so that nothing is missed between the two.
    let changes = app.changes();
    let permit = app
        .streams
        .clone()
        .try_acquire_owned()
        .map_err(|_| full())?;
    let user = find(&app, handle).await?;
    let claims = signed_in.map(|SignedIn(claims)| claims);
    let owner = claims.filter(|claims| claims.sub == user.sub);
    let left = owner.as_ref().map_or(LONGEST, |claims| {
        Duration::from_secs(claims.exp.saturating_sub(System.seconds())).min(LONGEST)
    });
    let mut watched = Watched {
        stopping: app.stopping.clone(),
        sub: user.sub.clone(),
        is_owner: owner.is_some(),
        until: Instant::now() + left,
        app,
        _permit: permit,
        changes,
        shown: None,
        refused: vec![],
        waiting: VecDeque::new(),
    };
    watched.compare(&user);
    let sse = Sse::new(watched.events()).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE));
    Ok((AppendHeaders([UNBUFFERED]), sse))
}

fn full() -> ApiError {
    let message = "As many watch profiles as can at the moment. Try again later.";
    ApiError::unavailable("too_many_streams", message)
}

/// A stream: whom it is about, and what it has sent.
struct Watched {
    app: Arc<App>,
    _permit: OwnedSemaphorePermit,
    sub: String,
    is_owner: bool,
    /// When it ends by itself.
    until: Instant,
    changes: broadcast::Receiver<String>,
    stopping: watch::Receiver<bool>,
    shown: Option<Profile>,
    refused: Vec<Refusal>,
    waiting: VecDeque<Event>,
}

impl Watched {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        unfold(self, async |mut watched| {
            let event = watched.next().await?;
            Some((Ok(event), watched))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            self.wait().await?;
            // A database that is away comes back; until then there is nothing to tell.
            if let Ok(Some(user)) = users::by_sub(&self.app.pool, &self.sub).await {
                self.compare(&user);
            }
        }
    }

    /// Until there may be something new; `None` when the stream is over.
    async fn wait(&mut self) -> Option<()> {
        let over = tokio::time::sleep_until(self.until);
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
            () = over => None,
            () = changed(&mut self.changes, &self.sub) => Some(()),
            () = tokio::time::sleep(self.app.look_every) => Some(()),
        }
    }

    /// Queues what differs.
    fn compare(&mut self, user: &User) {
        let profile = self.app.profile(user);
        if self.shown.as_ref() != Some(&profile) {
            self.queue("profile", &profile);
            self.shown = Some(profile);
        }
        if self.is_owner && self.refused != user.refusals {
            let told = std::mem::replace(&mut self.refused, user.refusals.clone());
            for refusal in user
                .refusals
                .iter()
                .filter(|refusal| !told.contains(refusal))
            {
                self.queue("refusal", &Told::from(refusal));
            }
        }
    }

    fn queue(&mut self, name: &str, data: &impl Serialize) {
        match Event::default().event(name).json_data(data) {
            Ok(event) => self.waiting.push_back(event),
            Err(error) => tracing::error!(%error, "an event cannot be written"),
        }
    }
}

/// Until something of the user `sub` is stored, or so much of others that it may have been.
async fn changed(changes: &mut broadcast::Receiver<String>, sub: &str) {
    loop {
        match changes.recv().await {
            Ok(whose) if whose != sub => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}
