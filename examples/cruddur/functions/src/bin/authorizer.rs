//! `bootstrap` of the function authorizer: see [`cruddur_functions::authorizer`].

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use cruddur_functions::authorizer::Authorizer;
use cruddur_functions::transport::Transport;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use roundel_lambda::clock::SystemClock;
use roundel_lambda::environment::Environment;
use roundel_lambda::logs;
use serde_json::Value;

/// Time limit of one request to the pool.
const TIME_LIMIT: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    logs::init();
    logs::exit_code(serve().await)
}

async fn serve() -> Result<(), Error> {
    let transport = Transport::new(TIME_LIMIT);
    let environment = Environment::from_process();
    let authorizer = Authorizer::from_environment(&environment, transport, SystemClock)?;
    let authorizer = Arc::new(authorizer);
    run(service_fn(move |event: LambdaEvent<Value>| {
        let authorizer = Arc::clone(&authorizer);
        async move {
            let response = authorizer.handle(&event.payload).await;
            response.map_err(Error::from)
        }
    }))
    .await
}
