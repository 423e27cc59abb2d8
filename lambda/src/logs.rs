//! Structured logs: one JSON object a line, on standard output, where Lambda collects them.

use tracing_subscriber::filter::LevelFilter;

/// Writes this crate's events as JSON. Tokens, signatures and contents are never among them.
pub fn start() {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(LevelFilter::INFO)
        .with_target(false)
        .with_current_span(false)
        .with_span_list(false)
        .finish();
    // A second start, in tests, changes nothing.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// How a function ends: with what went wrong, where an operator looks for it.
pub fn ended(
    result: Result<(), Box<dyn std::error::Error + Send + Sync>>,
) -> std::process::ExitCode {
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function ended");
            std::process::ExitCode::FAILURE
        }
    }
}
