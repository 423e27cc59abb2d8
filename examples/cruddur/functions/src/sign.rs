//! Signed requests to AWS: Signature Version 4, computed by `aws-sigv4`.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::{self, calculate_signature, generate_signing_key};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use roundel_lambda::environment::{Environment, SettingError};

use crate::region::domain;

/// Everything except RFC 3986's unreserved characters.
const COMPONENT: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const PATH: AsciiSet = COMPONENT.remove(b'/');

/// Instead of the hash of a body that is unknown when the request is signed.
const UNKNOWN_BODY: &str = "UNSIGNED-PAYLOAD";

/// A request that cannot be signed, because its URL or a header is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be signed: {0}")]
pub struct SignError(String);

/// Credentials and a region.
#[derive(Clone, Debug)]
pub struct Signer {
    credentials: Credentials,
    region: String,
}

impl Signer {
    /// The credentials of the function, from the variables that Lambda sets.
    ///
    /// # Errors
    ///
    /// A variable is missing.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingError> {
        let token = environment.optional("AWS_SESSION_TOKEN").map(str::to_owned);
        Ok(Self::new(
            environment.required("AWS_ACCESS_KEY_ID")?,
            environment.required("AWS_SECRET_ACCESS_KEY")?,
            token,
            environment.required("AWS_REGION")?,
        ))
    }

    /// These credentials.
    pub fn new(access_key: &str, secret: &str, token: Option<String>, region: &str) -> Self {
        Self {
            credentials: Credentials::new(access_key, secret, token, None, "environment"),
            region: region.to_owned(),
        }
    }

    /// The same credentials in another region.
    pub fn in_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// The session token, which is sent along with a signature.
    pub fn session_token(&self) -> Option<&str> {
        self.credentials.session_token()
    }

    /// The credential scope `<access key>/<date>/<region>/s3/aws4_request`; the date is `YYYYMMDD`.
    pub fn scope(&self, date: &str) -> String {
        let (access_key, region) = (self.credentials.access_key_id(), &self.region);
        format!("{access_key}/{date}/{region}/s3/aws4_request")
    }

    /// The signature, in hexadecimal, of a policy document in base64.
    pub fn sign_policy(&self, policy: &str, time: SystemTime) -> String {
        let secret = self.credentials.secret_access_key();
        let key = generate_signing_key(secret, time, &self.region, "s3");
        calculate_signature(key, policy.as_bytes())
    }

    /// The headers that sign a request and its body, whose SHA-256 is given in hexadecimal.
    ///
    /// # Errors
    ///
    /// [`SignError`].
    pub fn headers(
        &self,
        service: &str,
        request: &UnsignedRequest<'_>,
        body_sha256: &str,
        time: SystemTime,
    ) -> Result<Vec<(String, String)>, SignError> {
        let (headers, _) = self.sign(service, request, body_sha256, time, None)?;
        Ok(headers)
    }

    /// The URL with which anyone can send this request with these headers, until it expires.
    ///
    /// # Errors
    ///
    /// [`SignError`].
    pub fn presigned_url(
        &self,
        request: &UnsignedRequest<'_>,
        time: SystemTime,
        expires_in: Duration,
    ) -> Result<String, SignError> {
        let (_, query) = self.sign("s3", request, UNKNOWN_BODY, time, Some(expires_in))?;
        let pair = |(name, value): &(String, String)| {
            format!("{name}={}", utf8_percent_encode(value, &COMPONENT))
        };
        let query: Vec<_> = query.iter().map(pair).collect();
        Ok(format!("{}?{}", request.url, query.join("&")))
    }

    fn sign(
        &self,
        service: &str,
        request: &UnsignedRequest<'_>,
        body_sha256: &str,
        time: SystemTime,
        expires_in: Option<Duration>,
    ) -> Result<(Pairs, Pairs), SignError> {
        let failed = |error: &dyn std::error::Error| SignError(error.to_string());
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(time)
            .settings(settings(service, expires_in))
            .build()
            .map_err(|error| failed(&error))?;
        let body = match body_sha256 {
            UNKNOWN_BODY => SignableBody::UnsignedPayload,
            digest => SignableBody::Precomputed(digest.to_owned()),
        };
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_ref()));
        let signable = SignableRequest::new(request.method, request.url, headers, body)
            .map_err(|error| failed(&error))?;
        let signed = sign(signable, &params.into()).map_err(|error| failed(&error))?;
        let (instructions, _) = signed.into_parts();
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let query = instructions
            .params()
            .iter()
            .map(|(name, value)| own((name, value)));
        Ok((instructions.headers().map(own).collect(), query.collect()))
    }
}

type Pairs = Vec<(String, String)>;

/// A request that is not signed yet. The host is that of the URL.
#[derive(Clone, Debug)]
pub struct UnsignedRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The URL, encoded.
    pub url: &'a str,
    /// The headers to sign; they must be sent unchanged.
    pub headers: Vec<(&'a str, Cow<'a, str>)>,
}

/// S3 does not normalize paths, and requires the hash of the body in a header.
fn settings(service: &str, expires_in: Option<Duration>) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.expires_in = expires_in;
    if expires_in.is_some() {
        settings.signature_location = SignatureLocation::QueryParams;
    }
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

/// The URLs of S3: `https://<bucket>.s3.<region>.amazonaws.com`, or `<endpoint>/<bucket>`.
#[derive(Clone, Debug)]
pub struct S3Endpoint {
    region: String,
    overridden: Option<String>,
}

impl S3Endpoint {
    /// The endpoint in AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL; Amazon's if neither is set.
    ///
    /// # Errors
    ///
    /// AWS_REGION is missing.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingError> {
        let overridden = environment
            .optional("AWS_ENDPOINT_URL_S3")
            .or(environment.optional("AWS_ENDPOINT_URL"));
        Ok(Self {
            region: environment.required("AWS_REGION")?.to_owned(),
            overridden: overridden.map(|url| url.trim_end_matches('/').to_owned()),
        })
    }

    /// The URL of a bucket, without a slash at its end.
    pub fn bucket(&self, bucket: &str) -> String {
        let (region, domain) = (&self.region, domain(&self.region));
        match &self.overridden {
            Some(endpoint) => format!("{endpoint}/{bucket}"),
            // A name with a dot does not match the wildcard in the certificate.
            None if bucket.contains('.') => format!("https://s3.{region}.{domain}/{bucket}"),
            None => format!("https://{bucket}.s3.{region}.{domain}"),
        }
    }

    /// The URL of an object.
    pub fn object(&self, bucket: &str, key: &str) -> String {
        format!(
            "{}/{}",
            self.bucket(bucket),
            utf8_percent_encode(key, &PATH)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_are_not_encoded() {
        let component = utf8_percent_encode("a b/é+~", &COMPONENT).to_string();
        assert_eq!(component, "a%20b%2F%C3%A9%2B~");
        let path = utf8_percent_encode("a b/é+~", &PATH).to_string();
        assert_eq!(path, "a%20b/%C3%A9%2B~");
    }

    #[test]
    fn a_bucket_has_a_host_unless_its_name_has_a_dot_or_an_endpoint_is_set() {
        let amazon = Environment::from([("AWS_REGION", "eu-central-1")]);
        let amazon = S3Endpoint::from_environment(&amazon).unwrap();
        assert_eq!(
            amazon.object("uploads", "a b/é"),
            "https://uploads.s3.eu-central-1.amazonaws.com/a%20b/%C3%A9"
        );
        assert_eq!(
            amazon.bucket("a.b"),
            "https://s3.eu-central-1.amazonaws.com/a.b"
        );
        let local = [
            ("AWS_REGION", "cn-north-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1/"),
        ];
        let local = S3Endpoint::from_environment(&Environment::from(local)).unwrap();
        assert_eq!(local.object("b", "k"), "http://127.0.0.1:1/b/k");
    }
}
