//! Structured logs: one JSON object per line on standard output, from where Lambda collects them.

use std::error::Error;
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

/// Starts the log. Tokens, signatures and contents are never logged.
pub fn init() {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(LevelFilter::INFO)
        .with_target(false)
        .with_current_span(false)
        .with_span_list(false)
        .finish();
    // Tests call this more than once; the first call counts.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// The exit code of a program, after logging its error.
pub fn exit_code(result: Result<(), Box<dyn Error + Send + Sync>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function ended");
            ExitCode::FAILURE
        }
    }
}
