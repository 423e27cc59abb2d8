//! `POST /webhooks/avatar`: SNS messages about avatars, removals and refused uploads.
//!
//! SNS retries a message for about an hour after a 5xx or no response, then moves it to the
//! dead-letter queue. After a 4xx it does not retry. So the webhook answers 503 if the same message
//! can succeed later: the database is down, the user does not exist yet, the certificate cannot be
//! fetched, or the clock of this machine may be wrong.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html>

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use cruddur_functions::webhook::{Change, Confirmation, Message, VerifyError, changes};
use roundel_lambda::key::is_sub;
use roundel_lambda::notice::{Newest, Refusal};

use super::profile::body_error;
use crate::app::AppState;
use crate::avatars::{self, StoreOutcome};
use crate::error::ApiError;
use crate::refusals;

/// Verifies one message and applies it.
pub async fn receive(
    State(app): State<Arc<AppState>>,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, ApiError> {
    let body = body.map_err(body_error)?;
    match app.verifier.verify(&body).await.map_err(verify_error)? {
        Message::Confirmation(confirmation) => confirm(&app, &confirmation).await?,
        Message::Notification(notification) => {
            let changes = changes(&notification.message, &app.folder)
                .map_err(|error| unknown_message(&error.to_string()))?;
            for change in &changes {
                apply(&app, change).await?;
            }
        }
        Message::Unsubscribed(confirmation) => {
            tracing::error!(alarm = "unsubscribed", "SNS removed the subscription");
            confirm(&app, &confirmation).await?;
        }
    }
    Ok(StatusCode::OK)
}

fn verify_error(error: VerifyError) -> ApiError {
    tracing::warn!(%error, "message refused");
    match error {
        VerifyError::Time => {
            tracing::error!(alarm = "clock", "the clock of this machine may be wrong");
            implausible_time()
        }
        // No alarm: a forged message can name a certificate of SNS that has expired.
        VerifyError::CertificateTime(_) => implausible_time(),
        error if error.status() == 503 => ApiError::unavailable(
            "certificate_unavailable",
            "The signing certificate cannot be fetched at the moment.",
        ),
        _ => ApiError::new(
            StatusCode::FORBIDDEN,
            "not_believed",
            "This message is not from the expected topic.",
        ),
    }
}

fn implausible_time() -> ApiError {
    let message = "The time of this message or its certificate is not plausible here.";
    ApiError::unavailable("implausible_time", message)
}

fn unknown_message(problem: &str) -> ApiError {
    tracing::error!(
        problem,
        "the message is verified, but its content is unknown"
    );
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "unknown_message",
        "The content of the message is unknown.",
    )
}

async fn confirm(app: &AppState, confirmation: &Confirmation) -> Result<(), ApiError> {
    app.verifier.confirm(confirmation).await.map_err(|error| {
        tracing::error!(%error, "subscription not confirmed");
        ApiError::unavailable("not_confirmed", "The subscription could not be confirmed.")
    })?;
    tracing::info!("subscription confirmed");
    Ok(())
}

async fn apply(app: &AppState, change: &Change) -> Result<(), ApiError> {
    match change {
        Change::Avatar(latest) => store_newest(app, Newest::Avatar(latest.clone())).await,
        Change::Removed(removal) => store_newest(app, Newest::Removed(removal.clone())).await,
        Change::Refused(refusal) => store_refusal(app, refusal).await,
        // The notice of process says the same and contains the digest.
        Change::Written(_) => Ok(()),
    }
}

async fn store_newest(app: &AppState, newest: Newest) -> Result<(), ApiError> {
    if !avatars::is_valid(&newest) {
        return Err(unknown_message("a field of the avatar is malformed"));
    }
    finish(app, newest.sub(), avatars::store(&app.pool, &newest).await?)
}

async fn store_refusal(app: &AppState, refusal: &Refusal) -> Result<(), ApiError> {
    // The key contains no user id, so there is no user to notify.
    let Some(sub) = refusal.sub.as_deref().filter(|sub| is_sub(sub)) else {
        return Ok(());
    };
    finish(app, sub, refusals::store(&app.pool, sub, refusal).await?)
}

fn finish(app: &AppState, sub: &str, outcome: StoreOutcome) -> Result<(), ApiError> {
    tracing::info!(sub, ?outcome, "notice");
    match outcome {
        StoreOutcome::Stored => app.notify_changed(sub),
        StoreOutcome::Unchanged => {}
        StoreOutcome::UnknownUser => {
            let message = "The user of the notice does not exist, or not yet.";
            return Err(ApiError::unavailable("unknown_user", message));
        }
        StoreOutcome::Conflict => {
            let message = "Concurrent requests changed the same user. Send the message again.";
            return Err(ApiError::unavailable("contended", message));
        }
    }
    Ok(())
}
