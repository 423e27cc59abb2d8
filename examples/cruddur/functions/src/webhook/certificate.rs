//! Certificates that sign messages: where they may come from, and what they must chain to.

use std::time::{Duration, SystemTime};

use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName,
    SignatureVerificationAlgorithm, TrustAnchor, UnixTime, alg_id,
};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::Spoof;
use roundel_lambda::clock::since_epoch;
use roundel_lambda::environment::SettingError;
use roundel_lambda::region::domain;

/// The most issuers between a certificate and a root.
const MAX_ISSUERS: usize = 4;
/// What Amazon's issuers are fetched from, over HTTP, for a signature vouches for them.
const ISSUERS: &str = ".amazontrust.com/";

/// The version of a message's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// 1.
    Sha1,
    /// 2.
    Sha256,
}

/// Whose certificates are believed, and where SNS is.
#[derive(Clone, Debug)]
pub struct Trust {
    address: Address,
    name: ServerName<'static>,
    roots: Vec<TrustAnchor<'static>>,
    /// Where subscriptions are confirmed.
    pub(super) endpoint: String,
}

#[derive(Clone, Debug)]
enum Address {
    /// `https://<host>/SimpleNotificationService-<digits>.pem`
    OfSns(String),
    Exactly(String),
}

impl Trust {
    /// Amazon: certificates from SNS in the region of `topic`, for `sns.amazonaws.com`, that chain
    /// to a root of Mozilla's list.
    ///
    /// # Errors
    ///
    /// `topic` is no ARN of a topic.
    pub fn amazon(topic: &str) -> Result<Self, SettingError> {
        let parts: Vec<_> = topic.split(':').collect();
        let ["arn", _, "sns", region, _, _] = parts[..] else {
            return Err(SettingError::new(
                "topic",
                format!("must be the ARN of a topic, not {topic:?}"),
            ));
        };
        let domain = domain(region);
        let wrong = |_| SettingError::new("topic", format!("has no region: {topic:?}"));
        let name = ServerName::try_from(format!("sns.{domain}")).map_err(wrong)?;
        let host = format!("sns.{region}.{domain}");
        Ok(Self {
            address: Address::OfSns(host.clone()),
            name,
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            endpoint: format!("https://{host}"),
        })
    }

    /// Somebody who stands in for Amazon on a developer's machine: one address of one certificate,
    /// for `sns.amazonaws.com`, that chains to `root` (PEM); subscriptions are confirmed at
    /// `endpoint`.
    ///
    /// # Errors
    ///
    /// `root` is no certificate.
    pub fn stand_in(address: &str, root: &[u8], endpoint: &str) -> Result<Self, SettingError> {
        let wrong =
            |error: String| SettingError::new("root", format!("is no certificate: {error}"));
        let root = CertificateDer::from_pem_slice(root).map_err(|e| wrong(format!("{e:?}")))?;
        let anchor = anchor_from_trusted_cert(&root).map_err(|e| wrong(e.to_string()))?;
        Ok(Self {
            address: Address::Exactly(address.to_owned()),
            name: ServerName::try_from("sns.amazonaws.com").map_err(|e| wrong(e.to_string()))?,
            roots: vec![anchor.to_owned()],
            endpoint: endpoint.trim_end_matches('/').to_owned(),
        })
    }

    pub(super) fn is_address(&self, url: &str) -> bool {
        let host = match &self.address {
            Address::Exactly(address) => return url == address,
            Address::OfSns(host) => host,
        };
        let path = url
            .strip_prefix("https://")
            .and_then(|rest| rest.strip_prefix(host.as_str()));
        let name = path.and_then(|path| path.strip_prefix("/SimpleNotificationService-"));
        let digits = name
            .and_then(|name| name.strip_suffix(".pem"))
            .unwrap_or_default();
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (1..=128).contains(&digits.len()) && hexadecimal
    }

    /// Whether the certificate is one of SNS's, valid now.
    pub(super) fn check(&self, leaf: &Leaf, now: SystemTime) -> Result<(), String> {
        let der = CertificateDer::from(leaf.certificate.as_slice());
        let certificate = EndEntityCert::try_from(&der).map_err(|e| e.to_string())?;
        self.chain(&certificate, leaf, now)
            .map_err(|e| e.to_string())?;
        let name = certificate.verify_is_valid_for_subject_name(&self.name);
        name.map_err(|error| error.to_string())
    }

    fn chain(
        &self,
        certificate: &EndEntityCert<'_>,
        leaf: &Leaf,
        now: SystemTime,
    ) -> Result<(), webpki::Error> {
        let issuers: Vec<_> = leaf
            .issuers
            .iter()
            .map(|der| CertificateDer::from(der.as_slice()))
            .collect();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(since_epoch(now).as_secs()));
        let usage = KeyUsage::server_auth();
        certificate
            .verify_for_usage(
                webpki::ALL_VERIFICATION_ALGS,
                &self.roots,
                &issuers,
                now,
                usage,
                None,
                None,
            )
            .map(drop)
    }

    /// Where the issuer is that the chain lacks, if a certificate of Amazon's says so.
    pub(super) fn missing_issuer(&self, leaf: &Leaf, now: SystemTime) -> Option<String> {
        let der = CertificateDer::from(leaf.certificate.as_slice());
        let certificate = EndEntityCert::try_from(&der).ok()?;
        let lacking = matches!(
            self.chain(&certificate, leaf, now),
            Err(webpki::Error::UnknownIssuer)
        );
        if !lacking || leaf.issuers.len() >= MAX_ISSUERS {
            return None;
        }
        issuer_address(leaf.issuers.last().unwrap_or(&leaf.certificate))
    }
}

/// The `caIssuers` address of a certificate (RFC 5280, 4.2.2.1), if it is Amazon's: the object
/// identifier 1.3.6.1.5.5.7.48.2 and a `[6]` of text. What it leads to is verified as every issuer.
fn issuer_address(certificate: &[u8]) -> Option<String> {
    const CA_ISSUERS: [u8; 11] = [6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86];
    let at = certificate
        .windows(CA_ISSUERS.len())
        .position(|bytes| bytes == CA_ISSUERS)?;
    let (&length, text) = certificate[at + CA_ISSUERS.len()..].split_first()?;
    let url = std::str::from_utf8(text.get(..usize::from(length))?).ok()?;
    let host = url.strip_prefix("http://")?;
    let slash = host.find('/')?;
    let amazons = host[..=slash].ends_with(ISSUERS);
    let plain = host
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"./-_".contains(&byte));
    (amazons && plain).then(|| url.to_owned())
}

/// A certificate and its issuers, in DER.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    certificate: Vec<u8>,
    pub(super) issuers: Vec<Vec<u8>>,
}

impl Leaf {
    /// The first certificate of a PEM file; the others are its issuers.
    pub(super) fn read(pem: &[u8]) -> Result<Self, String> {
        let mut certificates = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem).take(1 + MAX_ISSUERS) {
            certificates.push(certificate.map_err(|error| format!("{error:?}"))?.to_vec());
        }
        if certificates.is_empty() {
            return Err("the file has no certificate".to_owned());
        }
        let issuers = certificates.split_off(1);
        let certificate = certificates.remove(0);
        Ok(Self {
            certificate,
            issuers,
        })
    }

    pub(super) fn verify(
        &self,
        text: &str,
        signature: &[u8],
        version: Version,
    ) -> Result<(), Spoof> {
        let der = CertificateDer::from(self.certificate.as_slice());
        let certificate = EndEntityCert::try_from(&der).map_err(|_| Spoof::Signature)?;
        let algorithm: &dyn SignatureVerificationAlgorithm = match version {
            Version::Sha1 => &RsaSha1,
            Version::Sha256 => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
        };
        let verified = certificate.verify_signature(algorithm, text.as_bytes(), signature);
        verified.map_err(|_| Spoof::Signature)
    }
}

/// RSA with SHA-1, which SNS still signs with unless a topic asks for version 2. Of messages only:
/// no certificate may be signed with it.
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
    fn only_the_host_of_sns_in_the_region_has_certificates() {
        let trust = Trust::amazon("arn:aws:sns:eu-central-1:123456789012:avatars").unwrap();
        let good = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0a1b.pem";
        assert!(trust.is_address(good));
        let spoofs = [
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
        for spoof in spoofs {
            assert!(!trust.is_address(spoof), "{spoof}");
        }
    }

    #[test]
    fn issuers_come_from_amazon_alone() {
        let certificate = |url: &str| {
            let oid = [6, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2, 0x86, url.len() as u8];
            [&[1, 2, 3], &oid[..], url.as_bytes()].concat()
        };
        let good = "http://crt.r2m01.amazontrust.com/r2m01.cer";
        assert_eq!(issuer_address(&certificate(good)).as_deref(), Some(good));
        for spoof in [
            "https://crt.amazontrust.com/a.cer",
            "http://evil.org/.amazontrust.com/a.cer",
            "http://evil.org@crt.amazontrust.com/a.cer",
            "http://crt.amazontrust.com.evil.org/a.cer",
            "http://crt.amazontrust.com:80/a.cer",
        ] {
            assert_eq!(issuer_address(&certificate(spoof)), None, "{spoof}");
        }
        assert_eq!(issuer_address(&certificate(good)[..20]), None);
    }
}
