//! SNS messages, signed by OpenSSL with a certificate of the tests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::openssl::{Folder, openssl, sign};

pub(crate) const TOPIC: &str = "arn:aws:sns:eu-central-1:000000000000:avatars";

/// Signs messages in the place of SNS.
pub(crate) struct SnsSigner {
    key: String,
    /// Path of the root certificate.
    pub(crate) root: String,
    pub(crate) certificate: Vec<u8>,
    /// URL of the signing certificate.
    pub(crate) certificate_url: String,
}

impl SnsSigner {
    /// Creates a root certificate and a signing certificate for SNS. `name` is the prefix of the
    /// files.
    pub(crate) fn new(folder: &Folder, name: &str) -> Self {
        let path = |file: &str| folder.path(&format!("{name}.{file}"));
        let (root_key, key) = (
            folder.key(&format!("{name}-root.key")),
            folder.key(&format!("{name}.key")),
        );
        let (root, certificate) = (path("root.pem"), path("pem"));
        let ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
        let leaf = "subjectAltName=DNS:sns.amazonaws.com\nextendedKeyUsage=serverAuth\n";
        let (ca, leaf) = (folder.write("ca.ext", ca), folder.write("leaf.ext", leaf));
        let self_signed = ["-signkey", &root_key, "-extfile", &ca, "-out", &root];
        certify(&root_key, &path("root.csr"), &self_signed);
        let root_signed = [
            "-CA",
            &root,
            "-CAkey",
            &root_key,
            "-CAcreateserial",
            "-extfile",
            &leaf,
            "-out",
            &certificate,
        ];
        certify(&key, &path("csr"), &root_signed);
        let certificate = std::fs::read(certificate).unwrap();
        Self {
            key,
            root,
            certificate,
            certificate_url: String::new(),
        }
    }

    /// The body of a notification with this message.
    pub(crate) fn notification(&self, message: &str) -> Value {
        self.sign(json!({
            "Type": "Notification", "MessageId": "id-1", "TopicArn": TOPIC, "Timestamp": now(),
            "Message": message,
        }))
    }

    pub(crate) fn confirmation(&self) -> Value {
        self.sign(json!({
            "Type": "SubscriptionConfirmation", "MessageId": "id-2", "TopicArn": TOPIC,
            "Timestamp": now(), "Message": "You have chosen to subscribe", "Token": "2336412f37",
            "SubscribeURL": "https://evil.org/?Action=ConfirmSubscription",
        }))
    }

    /// Signs the fields in the order that SNS documents: sorted by name.
    pub(crate) fn sign(&self, mut message: Value) -> Value {
        let names = [
            "Message",
            "MessageId",
            "Subject",
            "SubscribeURL",
            "Timestamp",
            "Token",
            "TopicArn",
            "Type",
        ];
        let line = |name: &&str| Some(format!("{name}\n{}\n", message[*name].as_str()?));
        let text: String = names.iter().filter_map(line).collect();
        message["SignatureVersion"] = "2".into();
        message["Signature"] = STANDARD.encode(sign(&self.key, "sha256", &text)).into();
        message["SigningCertURL"] = self.certificate_url.as_str().into();
        message
    }
}

fn certify(key: &str, csr: &str, issuer: &[&str]) {
    openssl(
        &["req", "-new", "-key", key, "-subj", "/CN=sns", "-out", csr],
        b"",
    );
    let request = ["x509", "-req", "-in", csr, "-days", "30"];
    openssl(&[&request, issuer].concat(), b"");
}

fn now() -> String {
    OffsetDateTime::now_utc().format(&Rfc3339).unwrap()
}
