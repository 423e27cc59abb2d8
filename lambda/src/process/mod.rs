//! process: an upload in, avatars out.
//!
//! One upload, in this order, so that it can end anywhere and be repeated from the start:
//!
//! 1. Its key is decoded and checked; what is not below FOLDER_INPUT, or was written by us, is
//!    left alone.
//! 2. `avatars/<sub>/latest.json` says whether a newer upload, or this one, has already been
//!    rendered. Then nothing is fetched, and only an unfinished alias is finished.
//! 3. The photo is fetched, if it is not too large and still the one that the event is about.
//! 4. Every size is rendered from one decode.
//! 5. The sizes are put under `avatars/<sub>/<digest>/`, each unless it is there already.
//! 6. `latest.json` is replaced, if nobody else has replaced it since ([`commit`]).
//! 7. The alias `avatars/<sub>.jpg` follows it ([`commit`]), and then the notice.
//!
//! A refusal is for good and is recorded: a log line, a metric, a notice, and
//! `refused/<SHA-256 of the key>/<sequencer>.json` in the bucket of the upload. A failure is for
//! now: the platform repeats the event, and the steps above find what was done before. So is a
//! record that cannot be read, for nobody knows whose upload it tells of: its event ends in the
//! dead-letter queue.

pub mod commit;
pub mod settings;
mod upload;

use std::sync::atomic::{AtomicBool, Ordering};

use lambda_runtime::Diagnostic;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::event::{Batch, BatchAnswer, Incoming, Record, Task, TaskResult, UnknownEvent, Upload};
use crate::metrics::Metrics;
use crate::notice::Notify;
use crate::store::Store;
pub use settings::Settings;
pub use upload::{Done, Failed, Outcome};

/// The function: its settings, and the world it works on.
#[derive(Debug)]
pub struct Process<S, N, C> {
    /// What the environment says.
    pub settings: Settings,
    /// S3.
    pub store: S,
    /// The topic.
    pub notify: N,
    /// The time.
    pub clock: C,
    warm: AtomicBool,
}

/// Why the platform has to repeat an event.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The payload is nothing that this function knows.
    #[error(transparent)]
    Unknown(#[from] UnknownEvent),
    /// Some uploads failed for now; the others are done, and will be recognised.
    #[error("{failed} of {of} uploads failed for now, the first because {first}")]
    Unfinished {
        /// How many failed.
        failed: usize,
        /// How many there were.
        of: usize,
        /// Why the first did.
        first: String,
    },
}

impl From<ProcessError> for Diagnostic {
    fn from(error: ProcessError) -> Self {
        let error_type = match error {
            ProcessError::Unknown(_) => "UnknownEvent",
            ProcessError::Unfinished { .. } => "Unfinished",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl<S: Store, N: Notify, C: Clock> Process<S, N, C> {
    /// The function over this world.
    pub fn new(settings: Settings, store: S, notify: N, clock: C) -> Self {
        Self {
            settings,
            store,
            notify,
            clock,
            warm: AtomicBool::new(false),
        }
    }

    /// Handles one invocation and gives its answer: counts by outcome; for a queue, the messages
    /// to be repeated; for S3 Batch Operations, a result for each task.
    ///
    /// # Errors
    ///
    /// [`ProcessError`], for the platform to repeat the event.
    pub async fn handle(&self, payload: &Value, request_id: &str) -> Result<Value, ProcessError> {
        match Incoming::read(payload)? {
            Incoming::Test => {
                tracing::info!(request_id, "S3 reports for service");
                Ok(json!({}))
            }
            Incoming::Uploads(records) => self.uploads(&records, request_id).await,
            Incoming::Queue(messages) => Ok(self.queue(&messages, request_id).await),
            Incoming::Batch(batch) => Ok(self.batch(batch, request_id).await),
        }
    }

    async fn uploads(&self, records: &[Record], request_id: &str) -> Result<Value, ProcessError> {
        let mut failures = vec![];
        for record in records {
            failures.extend(self.record(record, request_id).await.err());
        }
        match failures.first() {
            None => Ok(json!({ "uploads": records.len() })),
            Some(Failed(first)) => Err(ProcessError::Unfinished {
                failed: failures.len(),
                of: records.len(),
                first: first.clone(),
            }),
        }
    }

    /// Repeats only the messages of which something failed.
    async fn queue(&self, messages: &[(String, Vec<Record>)], request_id: &str) -> Value {
        let mut failed = vec![];
        for (id, records) in messages {
            if self.uploads(records, request_id).await.is_err() {
                failed.push(json!({ "itemIdentifier": id }));
            }
        }
        json!({ "batchItemFailures": failed })
    }

    async fn batch(&self, batch: Batch, request_id: &str) -> Value {
        let mut results = Vec::with_capacity(batch.tasks.len());
        for task in &batch.tasks {
            results.push(self.task(task, request_id).await);
        }
        let answer = BatchAnswer {
            invocation_schema_version: batch.invocation_schema_version,
            treat_missing_keys_as: "PermanentFailure",
            invocation_id: batch.invocation_id,
            results,
        };
        json!(answer)
    }

    async fn task(&self, task: &Task, request_id: &str) -> TaskResult {
        let outcome = self.observed(&task.upload(), request_id).await;
        let (result_code, result_string) = match outcome {
            Ok(Outcome::Refused(refusal)) => (
                "PermanentFailure",
                format!("{}: {}", refusal.code, refusal.message),
            ),
            Ok(outcome) => ("Succeeded", outcome.name().to_owned()),
            Err(Failed(reason)) => ("TemporaryFailure", reason),
        };
        TaskResult {
            task_id: task.task_id.clone(),
            result_code,
            result_string,
        }
    }

    async fn record(&self, record: &Record, request_id: &str) -> Result<(), Failed> {
        match record {
            Record::Created(upload) => self.observed(upload, request_id).await.map(drop),
            Record::Other(name) => {
                tracing::info!(
                    request_id,
                    event = name,
                    outcome = "ignored",
                    "not an upload"
                );
                Ok(())
            }
            // It may be an upload all the same: the dead-letter queue keeps the event.
            Record::Malformed(problem) => {
                let failed = Failed(format!("a record cannot be read: {problem}"));
                let outcome = Err(failed.clone());
                self.report(&outcome, &Done::default(), "", request_id);
                Err(failed)
            }
        }
    }

    /// One upload, with its log line and its metrics.
    async fn observed(&self, upload: &Upload, request_id: &str) -> Result<Outcome, Failed> {
        let mut done = Done::default();
        let start = std::time::Instant::now();
        let outcome = self.upload(upload, &mut done).await;
        done.milliseconds = start.elapsed().as_secs_f64() * 1e3;
        self.report(&outcome, &done, &upload.key, request_id);
        outcome
    }

    fn report(&self, outcome: &Result<Outcome, Failed>, done: &Done, key: &str, request_id: &str) {
        let (code, message) = match outcome {
            Ok(Outcome::Refused(refusal)) => (Some(&refusal.code), Some(&refusal.message)),
            Err(Failed(reason)) => (None, Some(reason)),
            Ok(_) => (None, None),
        };
        let name = outcome.as_ref().map_or("failed", Outcome::name);
        let milliseconds = done.milliseconds;
        let [plan, decode, resize, encode] = done.stages;
        tracing::info!(
            request_id,
            key,
            outcome = name,
            code,
            bytes = done.bytes,
            digest = done.digest,
            width = done.width,
            height = done.height,
            plan,
            decode,
            resize,
            encode,
            milliseconds,
            "{}",
            message.map_or("upload", String::as_str)
        );
        let metrics = Metrics {
            outcome: name,
            code: code.cloned(),
            bytes: done.bytes,
            milliseconds,
            render_milliseconds: done.stages.iter().sum(),
            cold_start: !self.warm.swap(true, Ordering::Relaxed),
        };
        metrics.write(&self.settings.function, self.clock.now());
    }
}
