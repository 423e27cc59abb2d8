//! process: the event of an upload in, avatars out.
//!
//! Each upload takes these steps in this order, so that it can stop anywhere and start again:
//!
//! 1. Decode and check its key. Objects outside FOLDER_INPUT and objects that process writes itself
//!    are ignored.
//! 2. Read `avatars/<sub>/latest.json`. If this upload or a newer one has been rendered, only finish
//!    the alias.
//! 3. Fetch the photo, if it is not too large and still the one in the event. If it was sent with a
//!    presigned form, claim the form's permit ([`permit`]).
//! 4. Render all sizes from one decode.
//! 5. Put the sizes under `avatars/<sub>/<digest>/`, each if it is absent.
//! 6. Replace `latest.json`, if it has not changed since ([`commit`]).
//! 7. Update the alias `avatars/<sub>.jpg` ([`commit`]), and then send the notice.
//! 8. Let the sizes of the avatar before expire ([`cleanup`]).
//!
//! An object `<sub>/<id>.remove` in FOLDER_INPUT asks to remove the user's avatar ([`cleanup`]).
//!
//! A refusal is permanent and recorded: in a log line, a metric, a notice, and
//! `refused/<sub>/<time>-<SHA-256 of the key>-<sequencer>.json` in the bucket of the upload. A failure is
//! temporary: Lambda repeats the event, and the steps above skip what is done.
//!
//! Two failures are not temporary, and their events end in the dead-letter queue, which rings an
//! alarm: a record that cannot be read, because it could be an upload; and an upload that the renderer
//! cannot handle by its own fault or that of RENDER_OPTIONS. A refusal would tell the user that the
//! photo is at fault.

pub mod cleanup;
pub mod commit;
pub mod permit;
pub mod settings;
mod upload;

use std::sync::atomic::{AtomicBool, Ordering};

use lambda_runtime::Diagnostic;
use roundel::{Options, Rendered, Stage};
use serde_json::{Value, json};

use crate::cdn::Cdn;
use crate::clock::Clock;
use crate::event::{
    BatchJob, BatchResponse, BatchTask, Invocation, QueuedUploads, TaskResult, UnknownEvent,
    UploadRecord, UploadedObject,
};
use crate::metrics::UploadMetrics;
use crate::notice::Notifier;
use crate::store::Store;
pub use settings::Settings;
use upload::UploadReport;
pub use upload::{TemporaryFailure, UploadOutcome};

/// Renders a photo, and calls the observer after each stage.
pub type Renderer = fn(&[u8], &Options, &mut dyn FnMut(Stage)) -> roundel::Result<Rendered>;

/// The function, with its settings and the services that it uses.
#[derive(Debug)]
pub struct Process<S, N, D, C> {
    /// The settings from the environment.
    pub settings: Settings,
    /// S3.
    pub store: S,
    /// The topic for notices.
    pub notifier: N,
    /// The caches in front of the avatars.
    pub cdn: D,
    /// The time.
    pub clock: C,
    /// [`roundel::render_observed`].
    pub renderer: Renderer,
    /// Whether an upload has been handled before.
    warm: AtomicBool,
}

/// Why Lambda has to repeat an event.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The payload is not an event that process handles.
    #[error(transparent)]
    UnknownEvent(#[from] UnknownEvent),
    /// Some uploads failed. When the event is repeated, the others are skipped.
    #[error("{failed} of {total} uploads failed temporarily; the first: {first}")]
    Unfinished {
        /// Number of failed uploads.
        failed: usize,
        /// Number of uploads.
        total: usize,
        /// The first failure.
        first: String,
    },
}

impl From<ProcessError> for Diagnostic {
    fn from(error: ProcessError) -> Self {
        let error_type = match error {
            ProcessError::UnknownEvent(_) => "UnknownEvent",
            ProcessError::Unfinished { .. } => "Unfinished",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl<S: Store, N: Notifier, D: Cdn, C: Clock> Process<S, N, D, C> {
    /// The function over these services.
    pub fn new(settings: Settings, store: S, notifier: N, cdn: D, clock: C) -> Self {
        Self {
            settings,
            store,
            notifier,
            cdn,
            clock,
            renderer: |photo, options, observer| roundel::render_observed(photo, options, observer),
            warm: AtomicBool::new(false),
        }
    }

    /// Handles one invocation. The response is the number of uploads; for a queue, the messages to
    /// repeat; for S3 Batch Operations, a result for each task.
    ///
    /// # Errors
    ///
    /// [`ProcessError`]; Lambda repeats the event.
    pub async fn handle(&self, payload: &Value, request_id: &str) -> Result<Value, ProcessError> {
        match Invocation::parse(payload)? {
            Invocation::Test => {
                tracing::info!(request_id, "test event of S3");
                Ok(json!({}))
            }
            Invocation::Uploads(records) => self.uploads(&records, request_id).await,
            Invocation::Queue(messages) => Ok(self.queue(&messages, request_id).await),
            Invocation::Batch(job) => Ok(self.batch(job, request_id).await),
        }
    }

    async fn uploads(
        &self,
        records: &[UploadRecord],
        request_id: &str,
    ) -> Result<Value, ProcessError> {
        let mut failures = vec![];
        for record in records {
            failures.extend(self.record(record, request_id).await.err());
        }
        match failures.first() {
            None => Ok(json!({ "uploads": records.len() })),
            Some(TemporaryFailure(first)) => Err(ProcessError::Unfinished {
                failed: failures.len(),
                total: records.len(),
                first: first.clone(),
            }),
        }
    }

    /// Names the messages with a failed upload, so that SQS delivers only those again.
    async fn queue(&self, messages: &[QueuedUploads], request_id: &str) -> Value {
        let mut failed = vec![];
        for message in messages {
            if self.uploads(&message.records, request_id).await.is_err() {
                failed.push(json!({ "itemIdentifier": message.message_id }));
            }
        }
        json!({ "batchItemFailures": failed })
    }

    async fn batch(&self, job: BatchJob, request_id: &str) -> Value {
        let mut results = Vec::with_capacity(job.tasks.len());
        for task in &job.tasks {
            results.push(self.task(task, request_id).await);
        }
        json!(BatchResponse {
            invocation_schema_version: job.invocation_schema_version,
            treat_missing_keys_as: "PermanentFailure",
            invocation_id: job.invocation_id,
            results,
        })
    }

    async fn task(&self, task: &BatchTask, request_id: &str) -> TaskResult {
        let outcome = self.reported_upload(&task.object(), request_id).await;
        let (result_code, result_string) = match outcome {
            Ok(UploadOutcome::Refused(refusal)) => (
                "PermanentFailure",
                format!("{}: {}", refusal.code, refusal.message),
            ),
            Ok(outcome) => ("Succeeded", outcome.name().to_owned()),
            Err(TemporaryFailure(reason)) => ("TemporaryFailure", reason),
        };
        TaskResult {
            task_id: task.task_id.clone(),
            result_code,
            result_string,
        }
    }

    async fn record(
        &self,
        record: &UploadRecord,
        request_id: &str,
    ) -> Result<(), TemporaryFailure> {
        match record {
            UploadRecord::Created(object) => {
                self.reported_upload(object, request_id).await.map(drop)
            }
            UploadRecord::Other(event) => {
                tracing::info!(request_id, event, outcome = "ignored", "not an upload");
                Ok(())
            }
            UploadRecord::Malformed(reason) => {
                let failure = TemporaryFailure(format!("a record cannot be read: {reason}"));
                let outcome = Err(failure.clone());
                self.report(&outcome, &UploadReport::default(), "", request_id);
                Err(failure)
            }
        }
    }

    /// Handles one upload, and writes its log line and its metrics.
    async fn reported_upload(
        &self,
        object: &UploadedObject,
        request_id: &str,
    ) -> Result<UploadOutcome, TemporaryFailure> {
        let mut report = UploadReport::default();
        let start = std::time::Instant::now();
        let outcome = self.upload(object, &mut report).await;
        report.milliseconds = start.elapsed().as_secs_f64() * 1e3;
        self.report(&outcome, &report, &object.key, request_id);
        outcome
    }

    fn report(
        &self,
        outcome: &Result<UploadOutcome, TemporaryFailure>,
        report: &UploadReport,
        key: &str,
        request_id: &str,
    ) {
        let (code, message) = match outcome {
            Ok(UploadOutcome::Refused(refusal)) => (Some(&refusal.code), Some(&refusal.message)),
            Err(TemporaryFailure(reason)) => (None, Some(reason)),
            Ok(_) => (None, None),
        };
        let outcome = outcome.as_ref().map_or("failed", UploadOutcome::name);
        let [plan, decode, resize, encode] = report.stages;
        tracing::info!(
            request_id,
            key,
            outcome,
            code,
            bytes = report.bytes,
            digest = report.digest,
            width = report.width,
            height = report.height,
            plan,
            decode,
            resize,
            encode,
            milliseconds = report.milliseconds,
            "{}",
            message.map_or("upload", String::as_str)
        );
        let metrics = UploadMetrics {
            outcome,
            code: code.cloned(),
            bytes: report.bytes,
            milliseconds: report.milliseconds,
            render_milliseconds: report.stages.iter().sum(),
            cold_start: !self.warm.swap(true, Ordering::Relaxed),
        };
        metrics.write(&self.settings.function, self.clock.now());
    }
}
