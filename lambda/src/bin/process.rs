//! `bootstrap` of the function process: see [`roundel_lambda::process`].

use std::process::ExitCode;
use std::sync::Arc;

use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use roundel_lambda::aws;
use roundel_lambda::clock::SystemClock;
use roundel_lambda::cloudfront::CloudFront;
use roundel_lambda::environment::Environment;
use roundel_lambda::logs;
use roundel_lambda::process::{Process, Settings};
use roundel_lambda::s3::S3;
use roundel_lambda::topic::TopicNotifier;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    logs::init();
    logs::exit_code(serve().await)
}

async fn serve() -> Result<(), Error> {
    let environment = Environment::from_process();
    let settings = Settings::from_environment(&environment)?;
    let config = aws::config(&environment)?;
    let store = S3::new(&config, &environment);
    let notifier = TopicNotifier::new(&config, &environment)?;
    let cdn = CloudFront::new(&environment)?;
    let process = Arc::new(Process::new(settings, store, notifier, cdn, SystemClock));
    run(service_fn(move |event: LambdaEvent<Value>| {
        let process = Arc::clone(&process);
        async move {
            // The futures of the SDK are nested too deeply for the compiler. A box ends the nest.
            let response = process.handle(&event.payload, &event.context.request_id);
            Box::pin(response).await.map_err(Diagnostic::from)
        }
    }))
    .await
}
