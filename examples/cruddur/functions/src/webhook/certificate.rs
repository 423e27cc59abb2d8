//! The certificates that sign SNS messages: where they may come from, and what they chain to.

use std::time::{Duration, SystemTime};

use crate::region::domain;
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use roundel_lambda::clock::since_epoch;
use roundel_lambda::environment::SettingError;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName,
    SignatureVerificationAlgorithm, TrustAnchor, UnixTime, alg_id,
};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS;
use x509_parser::prelude::FromDer;

use super::VerifyError;
use super::envelope::SignedText;
use super::signing_name::signing_names;

/// The most issuers between a certificate and a root.
const MAX_ISSUERS: usize = 4;
/// The partitions whose certificates chain to public roots.
const PARTITIONS: [&str; 4] = ["aws", "aws-cn", "aws-us-gov", "aws-eusc"];
/// Host suffix of Amazon's issuers. They are fetched over HTTP, because their signature is verified.
const ISSUER_HOSTS: &str = ".amazontrust.com/";

/// The version of a message's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureVersion {
    /// Version 1.
    Sha1,
    /// Version 2.
    Sha256,
}

/// Which certificates are trusted, and where SNS is.
#[derive(Clone, Debug)]
pub struct Trust {
    certificate_url: CertificateUrl,
    /// A certificate must be for one of these names.
    names: Vec<ServerName<'static>>,
    roots: Vec<TrustAnchor<'static>>,
    /// Where subscriptions are confirmed.
    pub(super) endpoint: String,
}

#[derive(Clone, Debug)]
enum CertificateUrl {
    /// `https://<host>/SimpleNotificationService-<hexadecimal digits>.pem`
    OnHost(String),
    Exactly(String),
}

impl Trust {
    /// Trusts Amazon: certificates from the SNS host in the region of `topic`, for a name under which
    /// SNS signs in this region, that chain to a root of Mozilla's list.
    ///
    /// # Errors
    ///
    /// `topic` is not the ARN of a topic, or is in an isolated partition.
    pub fn amazon(topic: &str) -> Result<Self, SettingError> {
        let wrong = |problem: &str| SettingError::new("topic", format!("{problem}: {topic:?}"));
        let parts: Vec<_> = topic.split(':').collect();
        let ["arn", partition, "sns", region, _, _] = parts[..] else {
            return Err(wrong("must be the ARN of a topic"));
        };
        if !PARTITIONS.contains(&partition) {
            return Err(wrong("must be in a partition with public certificates"));
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || !region.bytes().all(plain) {
            return Err(wrong("has no region"));
        }
        let host = format!("sns.{region}.{}", domain(region));
        Ok(Self {
            certificate_url: CertificateUrl::OnHost(host.clone()),
            names: server_names(signing_names(region))?,
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            endpoint: format!("https://{host}"),
        })
    }

    /// Trusts a local SNS instead of Amazon's: the certificate at `certificate_url`, for
    /// `sns.amazonaws.com`, that chains to `root` (PEM). Subscriptions are confirmed at `endpoint`.
    ///
    /// # Errors
    ///
    /// `root` is not a certificate.
    pub fn local(certificate_url: &str, root: &[u8], endpoint: &str) -> Result<Self, SettingError> {
        let local = Self {
            certificate_url: CertificateUrl::Exactly(certificate_url.to_owned()),
            names: server_names(vec!["sns.amazonaws.com".to_owned()])?,
            roots: vec![],
            endpoint: endpoint.trim_end_matches('/').to_owned(),
        };
        local.with_root(root)
    }

    /// Trusts certificates that chain to `root` (PEM), instead of those that chain to another root.
    ///
    /// # Errors
    ///
    /// `root` is not a certificate.
    pub fn with_root(self, root: &[u8]) -> Result<Self, SettingError> {
        let wrong =
            |error: String| SettingError::new("root", format!("is not a certificate: {error}"));
        let root = CertificateDer::from_pem_slice(root).map_err(|e| wrong(e.to_string()))?;
        let anchor = anchor_from_trusted_cert(&root).map_err(|e| wrong(e.to_string()))?;
        let roots = vec![anchor.to_owned()];
        Ok(Self { roots, ..self })
    }

    /// Whether a certificate may come from `url`.
    pub(super) fn is_certificate_url(&self, url: &str) -> bool {
        let host = match &self.certificate_url {
            CertificateUrl::Exactly(exact) => return url == exact,
            CertificateUrl::OnHost(host) => host,
        };
        let digits = url
            .strip_prefix("https://")
            .and_then(|rest| rest.strip_prefix(host.as_str()))
            .and_then(|path| path.strip_prefix("/SimpleNotificationService-"))
            .and_then(|name| name.strip_suffix(".pem"))
            .unwrap_or_default();
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (1..=128).contains(&digits.len()) && hexadecimal
    }

    /// Checks that the certificate belongs to SNS and is valid at `now`.
    pub(super) fn check(
        &self,
        certificate: &SigningCertificate,
        now: SystemTime,
    ) -> Result<(), VerifyError> {
        let der = CertificateDer::from(certificate.der.as_slice());
        let end_entity = EndEntityCert::try_from(&der).map_err(untrusted)?;
        let is_for = |name| end_entity.verify_is_valid_for_subject_name(name).is_ok();
        if !self.names.iter().any(is_for) {
            let problem = "it is not for a name of SNS in the topic's region";
            return Err(VerifyError::Certificate(problem.to_owned()));
        }
        self.verify_chain(&end_entity, &certificate.issuers, now)
            .map_err(untrusted)
    }

    fn verify_chain(
        &self,
        end_entity: &EndEntityCert<'_>,
        issuers: &[Vec<u8>],
        now: SystemTime,
    ) -> Result<(), webpki::Error> {
        let issuers = issuers.iter().map(|der| CertificateDer::from(&der[..]));
        let issuers: Vec<_> = issuers.collect();
        let now = Duration::from_secs(since_epoch(now).as_secs());
        let verified = end_entity.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &self.roots,
            &issuers,
            UnixTime::since_unix_epoch(now),
            KeyUsage::server_auth(),
            None,
            None,
        );
        verified.map(drop)
    }

    /// The URL of the issuer that the chain lacks, if it is one of Amazon's.
    pub(super) fn missing_issuer(
        &self,
        certificate: &SigningCertificate,
        now: SystemTime,
    ) -> Option<String> {
        let der = CertificateDer::from(certificate.der.as_slice());
        let end_entity = EndEntityCert::try_from(&der).ok()?;
        let verified = self.verify_chain(&end_entity, &certificate.issuers, now);
        let incomplete = matches!(verified, Err(webpki::Error::UnknownIssuer));
        if !incomplete || certificate.issuers.len() >= MAX_ISSUERS {
            return None;
        }
        let last = certificate.issuers.last().unwrap_or(&certificate.der);
        issuer_url(last).filter(|url| is_issuer_url(url))
    }
}

fn server_names(names: Vec<String>) -> Result<Vec<ServerName<'static>>, SettingError> {
    let parse = |name: String| {
        let wrong = SettingError::new("topic", format!("has a region that is no host: {name:?}"));
        ServerName::try_from(name).map_err(|_| wrong)
    };
    names.into_iter().map(parse).collect()
}

/// A wrong clock makes a certificate seem to have expired, or to be from the future.
fn untrusted(error: webpki::Error) -> VerifyError {
    match error {
        webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => {
            VerifyError::CertificateTime(error.to_string())
        }
        _ => VerifyError::Certificate(error.to_string()),
    }
}

/// The `caIssuers` URL of a certificate (RFC 5280, 4.2.2.1).
fn issuer_url(der: &[u8]) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let extensions = certificate.extensions().iter();
    let mut descriptions = extensions
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::AuthorityInfoAccess(access) => Some(&access.accessdescs),
            _ => None,
        })
        .flatten();
    descriptions.find_map(|description| match &description.access_location {
        GeneralName::URI(url)
            if description.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS =>
        {
            Some((*url).to_owned())
        }
        _ => None,
    })
}

/// Whether `url` is on a host of Amazon's issuers. The certificate at `url` is verified like every
/// other issuer; this only limits where requests go.
fn is_issuer_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let host_and_slash = rest.find('/').map_or("", |slash| &rest[..=slash]);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"./-_".contains(&byte);
    host_and_slash.ends_with(ISSUER_HOSTS) && rest.bytes().all(plain)
}

/// A certificate and its issuers, in DER.
#[derive(Clone, Debug)]
pub(super) struct SigningCertificate {
    der: Vec<u8>,
    pub(super) issuers: Vec<Vec<u8>>,
}

impl SigningCertificate {
    /// The first certificate of a PEM file; the others are its issuers.
    pub(super) fn parse(pem: &[u8]) -> Result<Self, String> {
        let certificates = CertificateDer::pem_slice_iter(pem).take(1 + MAX_ISSUERS);
        let mut certificates = certificates.map(|certificate| {
            let der = certificate.map_err(|error| error.to_string())?;
            Ok::<_, String>(der.to_vec())
        });
        let missing = || "the file has no certificate".to_owned();
        let der = certificates.next().ok_or_else(missing)??;
        let issuers = certificates.collect::<Result<_, _>>()?;
        Ok(Self { der, issuers })
    }

    /// Verifies that the certificate's key signed the text.
    pub(super) fn verify(&self, signed: &SignedText) -> Result<(), VerifyError> {
        let der = CertificateDer::from(self.der.as_slice());
        let end_entity = EndEntityCert::try_from(&der).map_err(|_| VerifyError::Signature)?;
        let algorithm: &dyn SignatureVerificationAlgorithm = match signed.version {
            SignatureVersion::Sha1 => &RsaSha1,
            SignatureVersion::Sha256 => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
        };
        let text = signed.text.as_bytes();
        let verified = end_entity.verify_signature(algorithm, text, &signed.signature);
        verified.map_err(|_| VerifyError::Signature)
    }
}

/// RSA with SHA-1, the default of SNS topics. Only for messages: a certificate signed with it is
/// refused.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(
        &self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    /// sha1WithRSAEncryption, 1.2.840.113549.1.1.5, with NULL parameters (RFC 3279, 2.2.1).
    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_come_from_the_sns_host_of_the_region_only() {
        for (topic, host) in [
            (
                "arn:aws:sns:eu-central-1:1:a",
                "sns.eu-central-1.amazonaws.com",
            ),
            ("arn:aws:sns:me-south-1:1:a", "sns.me-south-1.amazonaws.com"),
            (
                "arn:aws-cn:sns:cn-north-1:1:a",
                "sns.cn-north-1.amazonaws.com.cn",
            ),
            (
                "arn:aws-us-gov:sns:us-gov-east-1:1:a",
                "sns.us-gov-east-1.amazonaws.com",
            ),
            (
                "arn:aws-eusc:sns:eusc-de-east-1:1:a",
                "sns.eusc-de-east-1.amazonaws.eu",
            ),
        ] {
            let trust = Trust::amazon(topic).unwrap();
            let path = "/SimpleNotificationService-0a1b.pem";
            assert!(
                trust.is_certificate_url(&format!("https://{host}{path}")),
                "{host}"
            );
            let attacks = [
                format!("http://{host}{path}"),
                format!("https://sns.us-east-1.amazonaws.com{path}"),
                format!("https://sns-signing.us-east-1.amazonaws.com{path}"),
                format!("https://{host}.evil.org{path}"),
                format!("https://{host}.cn{path}"),
                format!("https://{host}.{path}"),
                format!("https://x.{host}{path}"),
                format!("https://evil-{host}{path}"),
                format!("https://{}{path}", host.replacen('.', "-", 2)),
                format!("https://{}{path}", host.to_uppercase()),
                format!("https://evil.org/{host}{path}"),
                format!("https://evil.org?{host}{path}"),
                format!("https://evil.org#@{host}{path}"),
                format!("https://evil.org\\@{host}{path}"),
                format!("https://{host}@evil.org{path}"),
                format!("https://user:password@{host}{path}"),
                format!("https://{host}:443{path}"),
                format!("https://{host}:444{path}"),
                format!("https://{host}/..{path}"),
                format!("https://{host}/{path}"),
                format!("https://{host}{path}?x"),
                format!("https://{host}{path}#.pem"),
                format!("https://{host}{path}\n"),
                format!(" https://{host}{path}"),
                format!("https://{host}/SimpleNotificationService-.pem"),
                format!("https://{host}/SimpleNotificationService-0a%2e.pem"),
                format!("https://{host}/?Action=GetTopicAttributes&x=.pem"),
                format!("https://{host}/bucket/my.pem"),
                format!("https://mybucket.s3.amazonaws.com{path}"),
                format!("https://s3.amazonaws.com/{host}{path}"),
                String::new(),
            ];
            for attack in attacks {
                assert!(!trust.is_certificate_url(&attack), "{attack}");
            }
        }
    }

    #[test]
    fn a_topic_whose_certificates_are_not_public_is_refused() {
        for topic in [
            "arn:aws-iso:sns:us-iso-east-1:1:a",
            "arn:aws:sns::1:a",
            "arn:aws:sns:evil.org/:1:a",
            "arn:aws:sns:-:1:a",
            "arn:aws:sqs:eu-central-1:1:a",
            "avatars",
            "",
        ] {
            assert_eq!(Trust::amazon(topic).unwrap_err().name, "topic", "{topic}");
        }
    }

    #[test]
    fn issuers_come_from_hosts_of_amazon_only() {
        assert!(is_issuer_url("http://crt.r2m01.amazontrust.com/r2m01.cer"));
        for other in [
            "https://crt.amazontrust.com/a.cer",
            "http://evil.org/.amazontrust.com/a.cer",
            "http://evil.org@crt.amazontrust.com/a.cer",
            "http://crt.amazontrust.com.evil.org/a.cer",
            "http://crt.amazontrust.com:80/a.cer",
            "http://crt.amazontrust.com",
        ] {
            assert!(!is_issuer_url(other), "{other}");
        }
    }
}
