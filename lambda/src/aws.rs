//! The configuration that the clients of S3 and SNS share, and their errors in words.

use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_types::SdkConfig;

use crate::environment::{Environment, SettingError};

/// Time limit of one attempt, for S3's body and for all before it.
pub(crate) const ATTEMPT_LIMIT: Duration = Duration::from_secs(10);
/// Attempts of the SDK before a request fails.
const MAX_ATTEMPTS: u32 = 4;
/// The longest pause before the first retry. The SDK doubles it with each retry and takes a random
/// part of it.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// S3 closes connections that are idle for longer, also while Lambda has frozen the function.
const IDLE_LIMIT: Duration = Duration::from_secs(15);

/// The function's credentials and region, with retries and time limits.
///
/// `aws-config` is not used: it would look for credentials in places that a function does not have.
///
/// # Errors
///
/// A variable that Lambda sets is missing.
pub fn config(environment: &Environment) -> Result<SdkConfig, SettingError> {
    let credentials = credentials(environment)?;
    let region = environment.required("AWS_REGION")?.to_owned();
    let retries = RetryConfig::standard()
        .with_max_attempts(MAX_ATTEMPTS)
        .with_initial_backoff(FIRST_PAUSE);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_LIMIT)
        .operation_attempt_timeout(ATTEMPT_LIMIT)
        .build();
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(Region::new(region))
        .http_client(http_client())
        .retry_config(retries)
        .timeout_config(timeouts)
        .build())
}

/// The function's credentials, from the variables that Lambda sets.
pub(crate) fn credentials(environment: &Environment) -> Result<Credentials, SettingError> {
    Ok(Credentials::new(
        environment.required("AWS_ACCESS_KEY_ID")?,
        environment.required("AWS_SECRET_ACCESS_KEY")?,
        environment.optional("AWS_SESSION_TOKEN").map(str::to_owned),
        None,
        "environment",
    ))
}

/// A connection for requests that no SDK sends.
pub(crate) fn connector() -> Connector {
    Connector::builder()
        .pool_idle_timeout(IDLE_LIMIT)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build()
}

/// One pool of connections for all clients.
fn http_client() -> SharedHttpClient {
    Builder::new()
        .pool_idle_timeout(IDLE_LIMIT)
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// The endpoint in AWS_ENDPOINT_URL_`service` or AWS_ENDPOINT_URL, in place of Amazon's.
pub(crate) fn endpoint(environment: &Environment, service: &str) -> Option<String> {
    let own = environment.optional(&format!("AWS_ENDPOINT_URL_{service}"));
    own.or(environment.optional("AWS_ENDPOINT_URL"))
        .map(str::to_owned)
}

/// The status of the last response, if there was one.
pub(crate) fn status<E>(error: &SdkError<E>) -> Option<u16> {
    error
        .raw_response()
        .map(|response| response.status().as_u16())
}

/// The status, the code of AWS if it sends one, and the remedy for a refusal; or why there is no
/// response.
pub(crate) fn reason<E>(error: &SdkError<E>, if_forbidden: &str) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let Some(status) = status(error) else {
        return innermost(error);
    };
    let code = error
        .code()
        .map_or(String::new(), |code| format!(" {code}"));
    let remedy = if status == 403 { if_forbidden } else { "" };
    format!("status {status}{code}{remedy}")
}

/// The innermost error is the most specific.
pub(crate) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_may_have_its_own_endpoint() {
        let environment = Environment::from([
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:2"),
        ]);
        let of = |service| endpoint(&environment, service).unwrap();
        assert_eq!(of("S3"), "http://127.0.0.1:1");
        assert_eq!(of("SNS"), "http://127.0.0.1:2");
    }

    #[test]
    fn a_missing_credential_is_named() {
        let environment = Environment::from([("AWS_ACCESS_KEY_ID", "id")]);
        let error = config(&environment).unwrap_err();
        assert_eq!(error.name, "AWS_SECRET_ACCESS_KEY");
    }
}
