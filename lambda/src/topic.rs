//! Notices to an SNS topic, through `aws-sdk-sns`.

use aws_sdk_sns::Client;
use aws_sdk_sns::config::{Builder, Region};
use aws_types::SdkConfig;

use crate::aws::{endpoint, reason};
use crate::environment::{Environment, SettingError};
use crate::notice::{Notice, Notifier, NotifyError};

/// The usual reason for 403.
const IF_FORBIDDEN: &str = "; the function's role needs sns:Publish";

/// The topic, if there is one. Without it, nothing is sent.
#[derive(Clone, Debug)]
pub struct TopicNotifier(Option<Topic>);

#[derive(Clone, Debug)]
struct Topic {
    arn: String,
    client: Client,
}

impl TopicNotifier {
    /// The topic in NOTICE_TOPIC_ARN, if it is set. Its region counts, not that of `config`.
    ///
    /// # Errors
    ///
    /// It is not the ARN of a topic.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Result<Self, SettingError> {
        let Some(arn) = environment.optional("NOTICE_TOPIC_ARN") else {
            return Ok(Self(None));
        };
        let parts: Vec<_> = arn.split(':').collect();
        let ["arn", _, "sns", region, _, _] = parts[..] else {
            let problem = format!("must be arn:aws:sns:<region>:<account>:<topic>, not {arn:?}");
            return Err(SettingError::new("NOTICE_TOPIC_ARN", problem));
        };
        let mut config = Builder::from(config).region(Region::new(region.to_owned()));
        config.set_endpoint_url(endpoint(environment, "SNS"));
        Ok(Self(Some(Topic {
            arn: arn.to_owned(),
            client: Client::from_conf(config.build()),
        })))
    }
}

impl Notifier for TopicNotifier {
    async fn send(&self, notice: &Notice) -> Result<(), NotifyError> {
        let Some(Topic { arn, client }) = &self.0 else {
            return Ok(());
        };
        let message = serde_json::to_string(notice);
        let message = message.map_err(|error| NotifyError(error.to_string()))?;
        let request = client.publish().topic_arn(arn).message(message);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(NotifyError(reason(&error, IF_FORBIDDEN))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_topic_is_refused_with_its_variable() {
        let environment = Environment::from([("NOTICE_TOPIC_ARN", "avatars")]);
        let config = SdkConfig::builder().build();
        let error = TopicNotifier::new(&config, &environment).unwrap_err();
        assert_eq!(error.name, "NOTICE_TOPIC_ARN");
    }
}
