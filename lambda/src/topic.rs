//! Notices on an SNS topic.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;

use crate::clock::{Clock, System};
use crate::environment::{Environment, SettingError};
use crate::key::encode_uri;
use crate::notice::{Notice, NoticeError, Notify};
use crate::region::domain;
use crate::sign::{Signer, Unsigned};
use crate::transport::Transport;

/// How often a notice is sent before it has failed.
const ATTEMPTS: u32 = 3;

/// A topic, or none: then nobody is told.
#[derive(Clone, Debug)]
pub struct Topic(Option<Sns>);

#[derive(Clone, Debug)]
struct Sns {
    arn: String,
    endpoint: String,
    signer: Signer,
    transport: Transport,
}

impl Topic {
    /// The topic that NOTICE_TOPIC_ARN names, if it names one.
    ///
    /// # Errors
    ///
    /// It is no ARN of a topic, or a variable of Lambda is missing.
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
        let mut signer = Signer::from_environment(environment)?;
        signer.region = region.to_owned();
        let overridden = environment
            .optional("AWS_ENDPOINT_URL_SNS")
            .or(environment.optional("AWS_ENDPOINT_URL"));
        let amazon = format!("https://sns.{region}.{}", domain(region));
        let endpoint = overridden
            .unwrap_or(&amazon)
            .trim_end_matches('/')
            .to_owned();
        Ok(Self(Some(Sns {
            arn: arn.to_owned(),
            endpoint: format!("{endpoint}/"),
            signer,
            transport,
        })))
    }
}

impl Notify for Topic {
    async fn send(&self, notice: &Notice) -> Result<(), NoticeError> {
        let Some(sns) = &self.0 else { return Ok(()) };
        let message = serde_json::to_string(notice).map_err(|e| NoticeError(e.to_string()))?;
        let mut pause = Duration::from_millis(50);
        let mut attempt = 1;
        loop {
            let Err(problem) = sns.publish(&message).await else {
                return Ok(());
            };
            if attempt == ATTEMPTS {
                return Err(NoticeError(problem));
            }
            attempt += 1;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

impl Sns {
    async fn publish(&self, message: &str) -> Result<(), String> {
        let request = self.signed(message)?;
        let response = self.transport.exchange(request, 64 << 10).await;
        match response.map_err(|error| error.to_string())?.status {
            StatusCode::OK => Ok(()),
            status => Err(format!("SNS answered {status}; may the role sns:Publish?")),
        }
    }

    fn signed(&self, message: &str) -> Result<Request<Full<Bytes>>, String> {
        let (arn, message) = (encode_uri(&self.arn, ""), encode_uri(message, ""));
        let body = format!("Action=Publish&Version=2010-03-31&TopicArn={arn}&Message={message}");
        let content_type = ("content-type", "application/x-www-form-urlencoded");
        let unsigned = Unsigned {
            method: "POST",
            url: &self.endpoint,
            headers: vec![(content_type.0, content_type.1.into())],
        };
        let digest = hex::encode(ring::digest::digest(&ring::digest::SHA256, body.as_bytes()));
        let signature = self.signer.headers("sns", &unsigned, &digest, System.now());
        let mut request = Request::post(&self.endpoint).header(content_type.0, content_type.1);
        for (name, value) in signature.map_err(|error| error.to_string())? {
            request = request.header(name, value);
        }
        request
            .body(Full::from(body))
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_is_none_is_named() {
        let environment = Environment::from([("NOTICE_TOPIC_ARN", "avatars")]);
        let transport = Transport::new(Duration::from_secs(1));
        let error = Topic::from_environment(&environment, transport).unwrap_err();
        assert_eq!(error.name, "NOTICE_TOPIC_ARN");
    }
}
