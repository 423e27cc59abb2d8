//! Names of objects: what an upload's key may look like, and what its avatars are called.

use std::fmt::Write;

/// The longest user id that is taken.
const MAX_SUB: usize = 128;

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The form encoding is broken, or does not give UTF-8.
    #[error("the key is not form-encoded UTF-8")]
    Encoding,
    /// Neither `<sub>.<ext>` nor `<sub>/<id>.<ext>`.
    #[error("the key is neither <folder>/<sub>.<ext> nor <folder>/<sub>/<id>.<ext>")]
    Shape,
}

/// Takes the form encoding off a key, as S3 puts it on in events: `+` is a space, `%xx` a byte.
///
/// # Errors
///
/// [`KeyError::Encoding`].
pub fn decode_form(encoded: &str) -> Result<String, KeyError> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().and_then(digit), rest.next().and_then(digit)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(KeyError::Encoding),
            },
            other => other,
        });
    }
    String::from_utf8(bytes).map_err(|_| KeyError::Encoding)
}

fn digit(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|digit| digit as u8)
}

/// Percent-encodes all but RFC 3986's unreserved characters and those in `keep`.
pub fn encode_uri(text: &str, keep: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let kept = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if kept || keep.as_bytes().contains(&byte) {
            encoded.push(byte as char);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Whether `sub` can stand for a user in a key: letters, digits, `-`, `_` and `:`, 1 to 128.
pub fn is_sub(sub: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte);
    (1..=MAX_SUB).contains(&sub.len()) && sub.bytes().all(plain)
}

/// `key` below `folder`; `None` if it is elsewhere. The empty folder is the whole bucket.
pub fn below<'k>(key: &'k str, folder: &str) -> Option<&'k str> {
    if folder.is_empty() {
        return Some(key);
    }
    key.strip_prefix(folder)?.strip_prefix('/')
}

/// Whose photo an upload is, by its name below the input folder: `<sub>.<ext>` as in the original,
/// or `<sub>/<id>.<ext>` as presign gives it.
///
/// # Errors
///
/// [`KeyError::Shape`].
pub fn sub_of(name: &str) -> Result<&str, KeyError> {
    let (sub, file) = name.split_once('/').unwrap_or(("", name));
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let short = extension.len() <= 10 && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    let owner = if sub.is_empty() && !name.starts_with('/') {
        stem
    } else {
        sub
    };
    if short && is_sub(owner) && is_sub(stem) {
        Ok(owner)
    } else {
        Err(KeyError::Shape)
    }
}

/// What the objects of one user's avatars are called.
#[derive(Clone, Debug)]
pub struct Names {
    folder: String,
}

impl Names {
    /// Below this folder; empty is the whole bucket.
    pub fn new(folder: &str) -> Self {
        let slash = if folder.is_empty() { "" } else { "/" };
        Self {
            folder: format!("{folder}{slash}"),
        }
    }

    /// The stable alias: `avatars/<sub>.jpg`.
    pub fn alias(&self, sub: &str) -> String {
        format!("{}{sub}.jpg", self.folder)
    }

    /// Which avatar is the newest: `avatars/<sub>/latest.json`.
    pub fn latest(&self, sub: &str) -> String {
        format!("{}{sub}/latest.json", self.folder)
    }

    /// One size of one avatar, for ever: `avatars/<sub>/<digest>/<size>.jpg`.
    pub fn version(&self, sub: &str, digest: &str, (width, height): (u32, u32)) -> String {
        let folder = &self.folder;
        if width == height {
            format!("{folder}{sub}/{digest}/{width}.jpg")
        } else {
            format!("{folder}{sub}/{digest}/{width}x{height}.jpg")
        }
    }

    /// Whether `key` is below the folder.
    pub fn holds(&self, key: &str) -> bool {
        key.starts_with(&self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_form_decoded() {
        let cases = [
            ("red+flower.jpg", Ok("red flower.jpg")),
            ("a%2Fb%2b.jpg", Ok("a/b+.jpg")),
            ("%C3%A9.jpg", Ok("é.jpg")),
            ("%ff.jpg", Err(KeyError::Encoding)),
            ("%4", Err(KeyError::Encoding)),
            ("%zz", Err(KeyError::Encoding)),
        ];
        for (encoded, decoded) in cases {
            assert_eq!(
                decode_form(encoded).as_deref(),
                decoded.as_ref().map(|d| *d),
                "{encoded}"
            );
        }
    }

    #[test]
    fn the_owner_is_the_file_of_the_original_or_the_folder_of_ours() {
        for name in ["me-1.jpg", "me-1.jpeg", "me-1", "me-1/f00.png", "me-1/f00"] {
            assert_eq!(sub_of(name), Ok("me-1"), "{name}");
        }
    }

    #[test]
    fn no_other_name_is_taken() {
        let long = format!("{}.jpg", "a".repeat(129));
        let names = [
            "",
            ".",
            "..",
            "/",
            "/a.jpg",
            "a/",
            "a/.jpg",
            "a/b/c.jpg",
            "../a.jpg",
            "a/../b.jpg",
            "a b.jpg",
            "é.jpg",
            "a\0.jpg",
            "a.b.jpg",
            "a/b.thirteen-long",
            &long,
        ];
        for name in names {
            assert_eq!(sub_of(name), Err(KeyError::Shape), "{name:?}");
        }
    }

    #[test]
    fn a_folder_is_no_prefix_of_a_name() {
        assert_eq!(below("in/a.jpg", "in"), Some("a.jpg"));
        assert_eq!(below("inside/a.jpg", "in"), None);
        assert_eq!(below("a.jpg", ""), Some("a.jpg"));
        assert!(Names::new("avatars").holds("avatars/a.jpg"));
        assert!(!Names::new("avatars").holds("avatars2/a.jpg"));
        assert!(!Names::new("avatars").holds("avatars"));
        assert!(Names::new("").holds("a.jpg"));
    }

    #[test]
    fn uris_keep_only_what_is_unreserved() {
        assert_eq!(encode_uri("a b/é+~", "/"), "a%20b/%C3%A9%2B~");
    }
}
