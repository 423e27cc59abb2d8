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

/// The most issuers between a certificate and a root.
const MAX_ISSUERS: usize = 4;
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
    name: ServerName<'static>,
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
    /// Trusts Amazon: certificates from the SNS host in the region of `topic`, for
    /// `sns.amazonaws.com`, that chain to a root of Mozilla's list.
    ///
    /// # Errors
    ///
    /// `topic` is not the ARN of a topic.
    pub fn amazon(topic: &str) -> Result<Self, SettingError> {
        let parts: Vec<_> = topic.split(':').collect();
        let ["arn", _, "sns", region, _, _] = parts[..] else {
            let problem = format!("must be the ARN of a topic, not {topic:?}");
            return Err(SettingError::new("topic", problem));
        };
        let domain = domain(region);
        let wrong = |_| SettingError::new("topic", format!("has no region: {topic:?}"));
        let name = ServerName::try_from(format!("sns.{domain}")).map_err(wrong)?;
        let host = format!("sns.{region}.{domain}");
        Ok(Self {
            certificate_url: CertificateUrl::OnHost(host.clone()),
            name,
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
        let wrong =
            |error: String| SettingError::new("root", format!("is not a certificate: {error}"));
        let root = CertificateDer::from_pem_slice(root).map_err(|e| wrong(e.to_string()))?;
        let anchor = anchor_from_trusted_cert(&root).map_err(|e| wrong(e.to_string()))?;
        Ok(Self {
            certificate_url: CertificateUrl::Exactly(certificate_url.to_owned()),
            name: ServerName::try_from("sns.amazonaws.com").map_err(|e| wrong(e.to_string()))?,
            roots: vec![anchor.to_owned()],
            endpoint: endpoint.trim_end_matches('/').to_owned(),
        })
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
    ) -> Result<(), String> {
        let der = CertificateDer::from(certificate.der.as_slice());
        let end_entity = EndEntityCert::try_from(&der).map_err(|e| e.to_string())?;
        let chained = self.verify_chain(&end_entity, &certificate.issuers, now);
        chained.map_err(|error| error.to_string())?;
        let name = end_entity.verify_is_valid_for_subject_name(&self.name);
        name.map_err(|error| error.to_string())
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

    /// Verifies that the certificate's key signed `text`.
    pub(super) fn verify(
        &self,
        text: &str,
        signature: &[u8],
        version: SignatureVersion,
    ) -> Result<(), VerifyError> {
        let der = CertificateDer::from(self.der.as_slice());
        let end_entity = EndEntityCert::try_from(&der).map_err(|_| VerifyError::Signature)?;
        let algorithm: &dyn SignatureVerificationAlgorithm = match version {
            SignatureVersion::Sha1 => &RsaSha1,
            SignatureVersion::Sha256 => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
        };
        let verified = end_entity.verify_signature(algorithm, text.as_bytes(), signature);
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
        let trust = Trust::amazon("arn:aws:sns:eu-central-1:123456789012:avatars").unwrap();
        let good = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b.pem";
        assert!(trust.is_certificate_url(good));
        let others = [
            "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
            "https://sns.eu-central-1.amazonaws.com.evil.org/SimpleNotificationService-0a1b.pem",
            "https://evil.org/sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b.pem",
            "https://sns.eu-central-1.amazonaws.com@evil.org/SimpleNotificationService-0a1b.pem",
            "https://sns.eu-central-1.amazonaws.com:444/SimpleNotificationService-0a1b.pem",
            "https://sns.eu-central-1.amazonaws.com/../SimpleNotificationService-0a1b.pem",
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b.pem?x",
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b.pem#.pem",
            "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-.pem",
            "https://sns.eu-central-1.amazonaws.com/bucket/my.pem",
            "https://mybucket.s3.amazonaws.com/SimpleNotificationService-0a1b.pem",
            "",
        ];
        for other in others {
            assert!(!trust.is_certificate_url(other), "{other}");
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
