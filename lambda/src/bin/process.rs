//! `bootstrap` of the function process: see [`roundel_lambda::process`].

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use roundel_lambda::clock::SystemClock;
use roundel_lambda::environment::Environment;
use roundel_lambda::logs;
use roundel_lambda::process::{Process, Settings};
use roundel_lambda::s3::S3;
use roundel_lambda::topic::TopicNotifier;
use roundel_lambda::transport::Transport;
use serde_json::Value;

/// Time limit of one request to S3 or SNS.
const TIME_LIMIT: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    logs::init();
    logs::exit_code(serve().await)
}

async fn serve() -> Result<(), Error> {
    let environment = Environment::from_process();
    let settings = Settings::from_environment(&environment)?;
    let transport = Transport::new(TIME_LIMIT);
    let store = S3::from_environment(&environment, transport.clone())?;
    let notifier = TopicNotifier::from_environment(&environment, transport)?;
    let process = Arc::new(Process::new(settings, store, notifier, SystemClock));
    run(service_fn(move |event: LambdaEvent<Value>| {
        let process = Arc::clone(&process);
        async move {
            let response = process.handle(&event.payload, &event.context.request_id);
            response.await.map_err(Diagnostic::from)
        }
    }))
    .await
}
