//! Keys, signatures and certificates made by OpenSSL, independently of the code under test.

// Each test uses a part of this module.
#![allow(dead_code, unreachable_pub)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder for one test, deleted after the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(test: &str) -> Self {
        let name = format!("roundel-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// A private RSA key of 2048 bits. Keys are kept: every test with the same name gets the same key.
    pub fn key(&self, name: &str) -> String {
        let keys = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let kept = keys.join(name);
        if !kept.exists() {
            // In the folder of the kept keys, because a hard link cannot leave the file system.
            let maker = self.0.file_name().unwrap().to_str().unwrap();
            let made = keys.join(format!("{name}.{maker}"));
            let made = made.to_str().unwrap();
            let bits = "rsa_keygen_bits:2048";
            let arguments = [
                "genpkey",
                "-quiet",
                "-algorithm",
                "RSA",
                "-pkeyopt",
                bits,
                "-out",
                made,
            ];
            openssl(&arguments, b"");
            // Atomically keep the first key: another test may have read it already.
            let linked = std::fs::hard_link(made, &kept);
            assert!(linked.is_ok() || kept.exists(), "{linked:?}");
            std::fs::remove_file(made).unwrap();
        }
        kept.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs openssl, and returns its output.
pub fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl is installed (make setup)");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {stderr}");
    output.stdout
}

/// A signature of RSA PKCS #1 1.5; `digest` as `sha256`.
pub fn sign(key: &str, digest: &str, text: &str) -> Vec<u8> {
    openssl(
        &["dgst", &format!("-{digest}"), "-sign", key],
        text.as_bytes(),
    )
}

/// The modulus of a private key, big-endian.
pub fn modulus(key: &str) -> Vec<u8> {
    let printed = openssl(&["rsa", "-in", key, "-noout", "-modulus"], b"");
    let text = String::from_utf8(printed).unwrap();
    let digits = text.trim().strip_prefix("Modulus=").unwrap();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}
