//! `POST /webhooks/avatar`: what SNS says of avatars and refused uploads.
//!
//! SNS repeats for about an hour what is answered with 5xx or not at all, and then puts it aside with
//! what was answered with 4xx. So 503 is the answer where the same message may be good later: the
//! database is away, the user not there yet.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use cruddur_functions::webhook::{Change, Confirmation, Message, VerifyError, changes};
use roundel_lambda::key::is_sub;
use roundel_lambda::notice::{Latest, Refusal};

use super::profile::unread;
use crate::app::App;
use crate::avatars::{self, Outcome};
use crate::error::ApiError;
use crate::refusals;

/// Believes one message, and does what it says.
pub async fn receive(
    State(app): State<Arc<App>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, ApiError> {
    let body = body.map_err(unread)?;
    match app.verifier.verify(&body).await.map_err(spoof)? {
        Message::Confirmation(confirmation) => confirm(&app, &confirmation).await?,
        Message::Notification(notification) => {
            let changes =
                changes(&notification.message, &app.folder).map_err(|e| unknown(&e.to_string()))?;
            for change in &changes {
                apply(&app, change).await?;
            }
        }
        Message::Unsubscribed => tracing::warn!("unsubscribed: no more notices will come"),
    }
    Ok(StatusCode::OK)
}

fn spoof(spoof: VerifyError) -> ApiError {
    tracing::warn!(%spoof, "message not believed");
    match StatusCode::from_u16(spoof.status()) {
        Ok(StatusCode::SERVICE_UNAVAILABLE) => ApiError::unavailable(
            "certificate_unavailable",
            "The certificate cannot be had at the moment.",
        ),
        _ => ApiError::new(
            StatusCode::FORBIDDEN,
            "not_believed",
            "This is not a message of the topic.",
        ),
    }
}

fn unknown(problem: &str) -> ApiError {
    tracing::error!(problem, "verified message says nothing known");
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unknown_message",
        "The message says nothing known here.",
    )
}

async fn confirm(app: &App, confirmation: &Confirmation) -> Result<(), ApiError> {
    app.verifier.confirm(confirmation).await.map_err(|error| {
        tracing::error!(%error, "subscription not confirmed");
        ApiError::unavailable("not_confirmed", "The subscription could not be confirmed.")
    })?;
    tracing::info!("subscription confirmed");
    Ok(())
}

async fn apply(app: &App, change: &Change) -> Result<(), ApiError> {
    match change {
        Change::Avatar(latest) => avatar(app, latest).await,
        Change::Refused(refusal) => refused(app, refusal).await,
        // process says the same, and with the digest.
        Change::Written(_) => Ok(()),
    }
}

async fn avatar(app: &App, latest: &Latest) -> Result<(), ApiError> {
    if !avatars::is_sound(latest) {
        return Err(unknown(
            "the avatar's digest, sizes or placeholder are none",
        ));
    }
    finish(app, &latest.sub, avatars::take(&app.pool, latest).await?)
}

async fn refused(app: &App, refusal: &Refusal) -> Result<(), ApiError> {
    // A key that is nobody's: there is nobody to tell.
    let Some(sub) = refusal.sub.as_deref().filter(|sub| is_sub(sub)) else {
        return Ok(());
    };
    finish(app, sub, refusals::take(&app.pool, sub, refusal).await?)
}

fn finish(app: &App, sub: &str, outcome: Outcome) -> Result<(), ApiError> {
    tracing::info!(sub, ?outcome, "notice");
    match outcome {
        Outcome::Stored => app.tell(sub),
        Outcome::Kept => {}
        Outcome::UnknownUser => {
            let message = "The notice is about somebody who is not here, or not yet.";
            return Err(ApiError::unavailable("unknown_user", message));
        }
        Outcome::Contended => {
            let message = "Others changed the same user each time. Send it again.";
            return Err(ApiError::unavailable("contended", message));
        }
    }
    Ok(())
}
