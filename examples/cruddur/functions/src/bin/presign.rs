//! `bootstrap` of the function presign: see [`cruddur_functions::presign`].

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use cruddur_functions::presign::Presign;
use cruddur_functions::transport::Transport;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use roundel_lambda::clock::SystemClock;
use roundel_lambda::environment::Environment;
use roundel_lambda::logs;

/// Time limit of one request to S3.
const TIME_LIMIT: Duration = Duration::from_millis(1500);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    logs::init();
    logs::exit_code(serve().await)
}

async fn serve() -> Result<(), Error> {
    let environment = Environment::from_process();
    let presign = Arc::new(Presign::from_environment(
        &environment,
        Transport::new(TIME_LIMIT),
        SystemClock,
    )?);
    run(service_fn(
        move |event: LambdaEvent<ApiGatewayV2httpRequest>| {
            let presign = Arc::clone(&presign);
            async move { Ok::<_, Error>(presign.handle(&event.payload).await) }
        },
    ))
    .await
}
