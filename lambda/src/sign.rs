//! Requests as AWS wants them signed: Signature Version 4, by Amazon's own `aws-sigv4`.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::{self, calculate_signature, generate_signing_key};

use crate::environment::{Environment, SettingError};
use crate::key::encode_uri;
use crate::region::domain;

/// The hash of a body that is not known when the request is signed.
const NO_BODY: &str = "UNSIGNED-PAYLOAD";

/// A request that cannot be signed: a name in it that no URL can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be signed: {0}")]
pub struct SignError(String);

/// Who signs, and for which region.
#[derive(Clone, Debug)]
pub struct Signer {
    credentials: Credentials,
    /// The region, as `eu-central-1`.
    pub region: String,
}

impl Signer {
    /// With the credentials that Lambda gives to every function.
    ///
    /// # Errors
    ///
    /// A variable of Lambda is missing.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingError> {
        let token = environment.optional("AWS_SESSION_TOKEN").map(str::to_owned);
        Ok(Self::new(
            environment.required("AWS_ACCESS_KEY_ID")?,
            environment.required("AWS_SECRET_ACCESS_KEY")?,
            token,
            environment.required("AWS_REGION")?,
        ))
    }

    /// With these credentials.
    pub fn new(access_key: &str, secret: &str, token: Option<String>, region: &str) -> Self {
        Self {
            credentials: Credentials::new(access_key, secret, token, None, "environment"),
            region: region.to_owned(),
        }
    }

    /// The session token, which has to travel with what is signed.
    pub fn session_token(&self) -> Option<&str> {
        self.credentials.session_token()
    }

    /// `<access key>/<date>/<region>/s3/aws4_request`; `date` as `YYYYMMDD`.
    pub fn scope(&self, date: &str) -> String {
        let (access_key, region) = (self.credentials.access_key_id(), &self.region);
        format!("{access_key}/{date}/{region}/s3/aws4_request")
    }

    /// The signature of a policy document in base64, hexadecimal.
    pub fn sign_policy(&self, policy: &str, time: SystemTime) -> String {
        let secret = self.credentials.secret_access_key();
        let key = generate_signing_key(secret, time, &self.region, "s3");
        calculate_signature(key, policy.as_bytes())
    }

    /// The headers to add to a request, its body's SHA-256 in hexadecimal among what they vouch for.
    ///
    /// # Errors
    ///
    /// [`SignError`].
    pub fn headers(
        &self,
        service: &str,
        request: &Unsigned<'_>,
        body_sha256: &str,
        time: SystemTime,
    ) -> Result<Vec<(String, String)>, SignError> {
        let (headers, _) = self.sign(service, request, body_sha256, time, None)?;
        Ok(headers)
    }

    /// The URL with which anybody may send this request, with these headers, until it expires.
    ///
    /// # Errors
    ///
    /// [`SignError`].
    pub fn presigned_url(
        &self,
        request: &Unsigned<'_>,
        time: SystemTime,
        expires_in: Duration,
    ) -> Result<String, SignError> {
        let (_, query) = self.sign("s3", request, NO_BODY, time, Some(expires_in))?;
        let pair = |(name, value): &(String, String)| format!("{name}={}", encode_uri(value, ""));
        let query: Vec<_> = query.iter().map(pair).collect();
        Ok(format!("{}?{}", request.url, query.join("&")))
    }

    fn sign(
        &self,
        service: &str,
        request: &Unsigned<'_>,
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
            NO_BODY => SignableBody::UnsignedPayload,
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

/// A request before it is signed. The host is taken from the URL.
#[derive(Clone, Debug)]
pub struct Unsigned<'a> {
    /// The method.
    pub method: &'a str,
    /// The URL, encoded.
    pub url: &'a str,
    /// The headers that have to be sent as they are.
    pub headers: Vec<(&'a str, Cow<'a, str>)>,
}

/// S3 takes paths as they are, and wants to know the hash of the body.
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

/// Where S3 is: `https://<bucket>.s3.<region>.amazonaws.com`, or `<endpoint>/<bucket>`.
#[derive(Clone, Debug)]
pub struct Endpoint {
    region: String,
    overridden: Option<String>,
}

impl Endpoint {
    /// Amazon's own, unless AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL says otherwise.
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
            // A dot would not match the wildcard of Amazon's certificate.
            None if bucket.contains('.') => format!("https://s3.{region}.{domain}/{bucket}"),
            None => format!("https://{bucket}.s3.{region}.{domain}"),
        }
    }

    /// The URL of an object.
    pub fn object(&self, bucket: &str, key: &str) -> String {
        format!("{}/{}", self.bucket(bucket), encode_uri(key, "/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_have_hosts_of_their_own_unless_a_dot_or_an_endpoint_forbids() {
        let amazon = Environment::from([("AWS_REGION", "eu-central-1")]);
        let amazon = Endpoint::from_environment(&amazon).unwrap();
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
        let local = Endpoint::from_environment(&Environment::from(local)).unwrap();
        assert_eq!(local.object("b", "k"), "http://127.0.0.1:1/b/k");
    }
}
