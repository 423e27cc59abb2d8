//! Notices to an SNS topic, sent without `aws-sdk-sns`; [`s3`](crate::s3) has the reasons.

use std::time::Duration;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::{Request, StatusCode};
use http_body_util::Full;
use ring::digest::{SHA256, digest};

use crate::clock::{Clock, SystemClock};
use crate::environment::{Environment, SettingError};
use crate::notice::{Notice, Notifier, NotifyError};
use crate::region::domain;
use crate::sign::{Signer, UnsignedRequest};
use crate::transport::Transport;

/// Attempts before a notice fails.
const MAX_ATTEMPTS: u32 = 3;
/// Pause before the first retry. It doubles with each retry.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The most bytes of a response.
const MAX_RESPONSE: u64 = 64 << 10;
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The topic, if there is one. Without it, nothing is sent.
#[derive(Clone, Debug)]
pub struct TopicNotifier(Option<Topic>);

#[derive(Clone, Debug)]
struct Topic {
    arn: String,
    endpoint: String,
    signer: Signer,
    transport: Transport,
}

impl TopicNotifier {
    /// The topic in NOTICE_TOPIC_ARN, if it is set.
    ///
    /// # Errors
    ///
    /// It is not the ARN of a topic, or a variable that Lambda sets is missing.
    pub fn from_environment(
        environment: &Environment,
        transport: Transport,
    ) -> Result<Self, SettingError> {
        let Some(arn) = environment.optional("NOTICE_TOPIC_ARN") else {
            return Ok(Self(None));
        };
        let parts: Vec<_> = arn.split(':').collect();
        let ["arn", _, "sns", region, _, _] = parts[..] else {
            let problem = format!("must be arn:aws:sns:<region>:<account>:<topic>, not {arn:?}");
            return Err(SettingError::new("NOTICE_TOPIC_ARN", problem));
        };
        let signer = Signer::from_environment(environment)?.in_region(region);
        let default = format!("https://sns.{region}.{}", domain(region));
        let endpoint = environment
            .optional("AWS_ENDPOINT_URL_SNS")
            .or(environment.optional("AWS_ENDPOINT_URL"))
            .unwrap_or(&default);
        Ok(Self(Some(Topic {
            arn: arn.to_owned(),
            endpoint: format!("{}/", endpoint.trim_end_matches('/')),
            signer,
            transport,
        })))
    }
}

impl Notifier for TopicNotifier {
    async fn send(&self, notice: &Notice) -> Result<(), NotifyError> {
        let Some(topic) = &self.0 else { return Ok(()) };
        let message = serde_json::to_string(notice);
        let message = message.map_err(|error| NotifyError(error.to_string()))?;
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let Err(reason) = topic.publish(&message).await else {
                return Ok(());
            };
            if attempt == MAX_ATTEMPTS {
                return Err(NotifyError(reason));
            }
            attempt += 1;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

impl Topic {
    async fn publish(&self, message: &str) -> Result<(), String> {
        let request = self.signed_request(message)?;
        let response = self.transport.exchange(request, MAX_RESPONSE).await;
        match response.map_err(|error| error.to_string())?.status {
            StatusCode::OK => Ok(()),
            StatusCode::FORBIDDEN => {
                Err("status 403; the function's role needs sns:Publish".to_owned())
            }
            status => Err(format!("status {}", status.as_u16())),
        }
    }

    fn signed_request(&self, message: &str) -> Result<Request<Full<Bytes>>, String> {
        let body = Serializer::new(String::new())
            .append_pair("Action", "Publish")
            .append_pair("Version", "2010-03-31")
            .append_pair("TopicArn", &self.arn)
            .append_pair("Message", message)
            .finish();
        let unsigned = UnsignedRequest {
            method: "POST",
            url: &self.endpoint,
            headers: vec![(FORM.0, FORM.1.into())],
        };
        let sha256 = hex::encode(digest(&SHA256, body.as_bytes()));
        let signature = self
            .signer
            .headers("sns", &unsigned, &sha256, SystemClock.now())
            .map_err(|error| error.to_string())?;
        let mut request = Request::post(&self.endpoint).header(FORM.0, FORM.1);
        for (name, value) in signature {
            request = request.header(name, value);
        }
        let body = Full::from(body);
        request.body(body).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_topic_is_refused_with_its_variable() {
        let environment = Environment::from([("NOTICE_TOPIC_ARN", "avatars")]);
        let transport = Transport::new(Duration::from_secs(1));
        let error = TopicNotifier::from_environment(&environment, transport).unwrap_err();
        assert_eq!(error.name, "NOTICE_TOPIC_ARN");
    }
}
