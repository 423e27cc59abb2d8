//! `bootstrap` of the function process: see [`roundel_lambda::process`].

use std::sync::Arc;
use std::time::Duration;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use roundel_lambda::clock::System;
use roundel_lambda::environment::Environment;
use roundel_lambda::logs;
use roundel_lambda::process::{Process, Settings};
use roundel_lambda::s3::S3;
use roundel_lambda::topic::Topic;
use roundel_lambda::transport::Transport;
use serde_json::Value;

/// For one exchange with S3.
const TIME_LIMIT: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    logs::start();
    logs::ended(serve().await)
}

async fn serve() -> Result<(), Error> {
    let environment = Environment::of_process();
    let settings = Settings::from_environment(&environment)?;
    let transport = Transport::new(TIME_LIMIT);
    let store = S3::from_environment(&environment, transport.clone())?;
    let topic = Topic::from_environment(&environment, transport)?;
    let process = Arc::new(Process::new(settings, store, topic, System));
    run(service_fn(move |event: LambdaEvent<Value>| {
        let process = Arc::clone(&process);
        async move {
            let answer = process.handle(&event.payload, &event.context.request_id);
            answer.await.map_err(Diagnostic::from)
        }
    }))
    .await
}
