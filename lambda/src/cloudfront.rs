//! Invalidations of CloudFront, by one request that is signed here.
//!
//! Not `aws-sdk-cloudfront`: it takes as long to compile as everything else of this crate together.
//!
//! <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html>

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use crate::aws::{ATTEMPT_LIMIT, connector, credentials, endpoint, innermost};
use crate::cdn::{Cdn, InvalidateError, Invalidation};
use crate::environment::{Environment, SettingError};

/// How often the request is sent.
const ATTEMPTS: u32 = 4;
/// Pause before the first retry. It doubles with each retry.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const CREATED: u16 = 201;
/// CloudFront has one endpoint for all regions, and another one in China.
const GLOBAL: (&str, &str) = ("https://cloudfront.amazonaws.com", "us-east-1");
const CHINA: (&str, &str) = (
    "https://cloudfront.cn-northwest-1.amazonaws.com.cn",
    "cn-northwest-1",
);

/// The distribution, if there is one. Without it, nothing is invalidated.
#[derive(Debug)]
pub struct CloudFront(Option<Distribution>);

#[derive(Debug)]
struct Distribution {
    url: String,
    region: &'static str,
    credentials: Credentials,
    connector: Connector,
}

impl CloudFront {
    /// The distribution with the id DISTRIBUTION_ID, if it is set.
    ///
    /// # Errors
    ///
    /// The id is invalid, or a variable that Lambda sets is missing.
    pub fn new(environment: &Environment) -> Result<Self, SettingError> {
        let Some(id) = environment.optional("DISTRIBUTION_ID") else {
            return Ok(Self(None));
        };
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let problem = format!("must be the id of a distribution like E1ABC, not {id:?}");
            return Err(SettingError::new("DISTRIBUTION_ID", problem));
        }
        let is_china = environment.required("AWS_REGION")?.starts_with("cn-");
        let (amazon, region) = if is_china { CHINA } else { GLOBAL };
        let endpoint = endpoint(environment, "CLOUDFRONT").unwrap_or_else(|| amazon.to_owned());
        let endpoint = endpoint.trim_end_matches('/');
        Ok(Self(Some(Distribution {
            url: format!("{endpoint}/2020-05-31/distribution/{id}/invalidation"),
            region,
            credentials: credentials(environment)?,
            connector: connector(),
        })))
    }
}

impl Cdn for CloudFront {
    async fn invalidate(&self, invalidation: &Invalidation) -> Result<(), InvalidateError> {
        let Some(distribution) = &self.0 else {
            return Ok(());
        };
        let body = batch(invalidation);
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let problem = match distribution.send(&body).await {
                Ok(CREATED) => return Ok(()),
                // CloudFront answers 400 while too many invalidations are in progress.
                Ok(status) => format!(
                    "status {status}; the function's role needs cloudfront:CreateInvalidation"
                ),
                Err(problem) => problem,
            };
            if attempt == ATTEMPTS {
                return Err(InvalidateError(format!("{problem} ({ATTEMPTS} attempts)")));
            }
            attempt += 1;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

impl Distribution {
    /// Sends the request once. Returns the status.
    async fn send(&self, body: &str) -> Result<u16, String> {
        let request = self.signed_request(body, SystemTime::now())?;
        let response = tokio::time::timeout(ATTEMPT_LIMIT, self.connector.call(request)).await;
        let late = |_| format!("no response within {} s", ATTEMPT_LIMIT.as_secs());
        match response.map_err(late)? {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) => Err(innermost(&error)),
        }
    }

    fn signed_request(&self, body: &str, time: SystemTime) -> Result<HttpRequest, String> {
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name("cloudfront")
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?;
        let content_type = ("content-type", "application/xml");
        let body_to_sign = SignableBody::Bytes(body.as_bytes());
        let headers = std::iter::once(content_type);
        let signable = SignableRequest::new("POST", self.url.as_str(), headers, body_to_sign)
            .map_err(|error| error.to_string())?;
        let signed = sign(signable, &params.into()).map_err(|error| error.to_string())?;
        let (signature, _) = signed.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request
            .set_method("POST")
            .map_err(|error| error.to_string())?;
        request
            .set_uri(self.url.as_str())
            .map_err(|error| error.to_string())?;
        for (name, value) in std::iter::once(content_type).chain(signature.headers()) {
            let (name, value) = (name.to_owned(), value.to_owned());
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }
}

/// The XML document of a batch. Ids and keys of users contain no character that XML would need to
/// escape, but the folder of the avatars could.
fn batch(invalidation: &Invalidation) -> String {
    let mut items = String::new();
    for path in &invalidation.paths {
        // A write to a string does not fail.
        let _ = write!(items, "<Path>{}</Path>", escaped(path));
    }
    let (id, count) = (escaped(&invalidation.id), invalidation.paths.len());
    format!(
        "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">\
         <CallerReference>{id}</CallerReference><Paths><Items>{items}</Items>\
         <Quantity>{count}</Quantity></Paths></InvalidationBatch>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment::from([
            ("DISTRIBUTION_ID", "E1ABC"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ])
    }

    #[test]
    fn a_batch_names_its_paths_and_escapes_them() {
        let invalidation = Invalidation {
            id: "in/me/1.remove".into(),
            paths: vec!["/a&b/me/*".into(), "/a&b/me.jpg".into()],
        };
        let xml = batch(&invalidation);
        assert!(
            xml.contains("<Path>/a&amp;b/me/*</Path><Path>/a&amp;b/me.jpg</Path>"),
            "{xml}"
        );
        assert!(xml.contains("<Quantity>2</Quantity>"), "{xml}");
        assert!(
            xml.contains("<CallerReference>in/me/1.remove</CallerReference>"),
            "{xml}"
        );
    }

    #[test]
    fn a_request_is_signed_for_the_region_of_cloudfront() {
        let CloudFront(distribution) = CloudFront::new(&environment()).unwrap();
        let request = distribution
            .unwrap()
            .signed_request("<x/>", SystemTime::UNIX_EPOCH)
            .unwrap();
        let url = "https://cloudfront.amazonaws.com/2020-05-31/distribution/E1ABC/invalidation";
        assert_eq!(request.uri(), url);
        let authorization = request.headers().get("authorization").unwrap();
        let scope = "Credential=AKID/19700101/us-east-1/cloudfront/aws4_request";
        assert!(authorization.contains(scope), "{authorization}");
    }

    #[test]
    fn an_invalid_distribution_is_refused_with_its_variable() {
        let environment = Environment::from([("DISTRIBUTION_ID", "../x")]);
        assert_eq!(
            CloudFront::new(&environment).unwrap_err().name,
            "DISTRIBUTION_ID"
        );
        assert!(
            CloudFront::new(&Environment::default())
                .unwrap()
                .0
                .is_none()
        );
    }
}
