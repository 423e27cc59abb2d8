//! Structured logs: one JSON object per line on standard output, from where Lambda collects them.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use tracing::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts the log. Tokens, signatures and contents are never logged.
///
/// A line with the field `alarm` reports something that a person has to handle. CloudWatch finds it by
/// `$.alarm`.
pub fn init() {
    // Tests call this more than once; the first call counts.
    let _ = tracing::subscriber::set_global_default(subscriber(io::stdout));
}

fn subscriber<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(LevelFilter::INFO)
        .with_target(false)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(writer)
        .finish()
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

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn cloudwatch_finds_the_field_alarm_at_the_top_level() {
        let path = std::env::temp_dir().join(format!("roundel-logs-{}", std::process::id()));
        let file = Mutex::new(File::create(&path).unwrap());
        tracing::subscriber::with_default(subscriber(file), || {
            tracing::error!(alarm = "key_set", "the key set was not renewed");
        });
        let line: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(line["alarm"], "key_set");
        assert_eq!(line["level"], "ERROR");
    }
}
