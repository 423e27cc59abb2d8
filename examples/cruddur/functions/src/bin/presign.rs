//! `bootstrap` of the function presign: see [`cruddur_functions::presign`].

use std::sync::Arc;

use cruddur_functions::presign::Presign;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use roundel_lambda::clock::System;
use roundel_lambda::environment::Environment;
use roundel_lambda::logs;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    logs::start();
    logs::ended(serve().await)
}

async fn serve() -> Result<(), Error> {
    let presign = Arc::new(Presign::from_environment(
        &Environment::of_process(),
        System,
    )?);
    run(service_fn(move |event: LambdaEvent<Value>| {
        let presign = Arc::clone(&presign);
        async move { Ok::<_, Error>(presign.handle(&event.payload)) }
    }))
    .await
}
