//! Object keys: the allowed keys of uploads, and the keys of avatars.

use percent_encoding::percent_decode_str;

/// The longest user id.
const MAX_SUB: usize = 128;
/// The extension of an object that asks for the removal of its user's avatar.
pub const REMOVAL_EXTENSION: &str = "remove";
/// The hexadecimal digits of the time in the folder of a version and in the name of a refusal.
const TIME_DIGITS: usize = 12;
/// All hexadecimal digits of the folder of a version.
const FOLDER_DIGITS: usize = 64;

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// An escape is broken, or the decoded key is not UTF-8.
    #[error("the key is not form-encoded UTF-8")]
    Encoding,
    /// Neither `<sub>.<ext>` nor `<sub>/<id>.<ext>`.
    #[error("the key is neither <folder>/<sub>.<ext> nor <folder>/<sub>/<id>.<ext>")]
    Shape,
}

/// Decodes the key of an S3 event, which is form-encoded: `+` is a space, `%xx` a byte.
///
/// # Errors
///
/// [`KeyError::Encoding`].
pub fn decode_form(encoded: &str) -> Result<String, KeyError> {
    // `percent_encoding` keeps a broken escape as it is. S3 never sends one, so it is an error.
    if !encoded.split('%').skip(1).all(starts_with_two_digits) {
        return Err(KeyError::Encoding);
    }
    let spaced = encoded.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    let decoded = decoded.map_err(|_| KeyError::Encoding)?;
    Ok(decoded.into_owned())
}

fn starts_with_two_digits(text: &str) -> bool {
    let digits = text.as_bytes().get(..2);
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// Whether `sub` is a user id that a key can contain: 1 to 128 letters, digits, `-`, `_` and `:`.
pub fn is_sub(sub: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:".contains(&byte);
    (1..=MAX_SUB).contains(&sub.len()) && sub.bytes().all(allowed)
}

/// The rest of `key` after `folder` and a slash; `None` if it is elsewhere. The empty folder is the
/// whole bucket.
pub fn strip_folder<'k>(key: &'k str, folder: &str) -> Option<&'k str> {
    if folder.is_empty() {
        return Some(key);
    }
    key.strip_prefix(folder)?.strip_prefix('/')
}

/// The user id in the key of an upload, without its folder: `<sub>.<ext>` as in the original, or
/// `<sub>/<id>.<ext>` as presign makes it.
///
/// # Errors
///
/// [`KeyError::Shape`].
pub fn sub_of_upload(name: &str) -> Result<&str, KeyError> {
    let (sub, file) = name.split_once('/').unwrap_or(("", name));
    let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    let is_short = extension.len() <= 10;
    let is_plain = extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let owner = if sub.is_empty() && !name.starts_with('/') {
        stem
    } else {
        sub
    };
    if is_short && is_plain && is_sub(owner) && is_sub(stem) {
        Ok(owner)
    } else {
        Err(KeyError::Shape)
    }
}

/// Whether the key of an upload asks for the removal of its user's avatar.
pub fn is_removal(key: &str) -> bool {
    let extension = key.rsplit_once('.').map(|(_, extension)| extension);
    extension == Some(REMOVAL_EXTENSION)
}

/// The folder of an avatar's sizes: the time of its upload in milliseconds since 1970 (12 hexadecimal
/// digits), then the digest of the avatar, shortened to 52.
///
/// The time tells which of a user's folders are older than an upload or a removal, without reading
/// them. No two uploads of different times share a folder, even if the photo is the same. So a folder
/// that was replaced is never used again, and can be deleted at any time.
pub fn version_folder(time: i64, digest: &str) -> String {
    let digest: String = digest.chars().take(FOLDER_DIGITS - TIME_DIGITS).collect();
    format!("{}{digest}", hexadecimal_time(time))
}

/// The key of a refusal: `<folder>/<sub>/<time of the upload>-<SHA-256 of its key>-<sequencer>.json`. The
/// time has 12 hexadecimal digits, as in [`version_folder`].
///
/// It contains a hash, because the key of the upload can be any text of up to 1,024 bytes.
pub fn refusal(folder: &str, sub: &str, time: i64, digest: &str, sequencer: &str) -> String {
    let time = hexadecimal_time(time);
    format!("{folder}/{sub}/{time}-{digest}-{sequencer}.json")
}

/// The time of the upload in the key of a refusal. `None` for any other key, also for that of a refusal
/// by an earlier release.
pub fn time_of_refusal(key: &str) -> Option<i64> {
    let (_, name) = key.rsplit_once('/')?;
    let (time, _) = name.split_once('-')?;
    let is_time = time.len() == TIME_DIGITS && time.bytes().all(is_hex_digit);
    i64::from_str_radix(time, 16).ok().filter(|_| is_time)
}

fn hexadecimal_time(time: i64) -> String {
    let time = time.clamp(0, (1 << (4 * TIME_DIGITS)) - 1);
    format!("{time:0TIME_DIGITS$x}")
}

/// The keys of avatars.
#[derive(Clone, Debug)]
pub struct AvatarKeys {
    /// Ends with a slash, unless it is empty.
    prefix: String,
}

impl AvatarKeys {
    /// Keys in this folder; empty is the whole bucket.
    pub fn new(folder: &str) -> Self {
        let slash = if folder.is_empty() { "" } else { "/" };
        let prefix = format!("{folder}{slash}");
        Self { prefix }
    }

    /// The stable alias: `avatars/<sub>.jpg`.
    pub fn alias(&self, sub: &str) -> String {
        format!("{}{sub}.jpg", self.prefix)
    }

    /// The document that names the newest avatar: `avatars/<sub>/latest.json`.
    pub fn latest(&self, sub: &str) -> String {
        format!("{}{sub}/latest.json", self.prefix)
    }

    /// One size and format of an avatar, which never changes: `avatars/<sub>/<digest>/<size>.<ext>`.
    pub fn version(
        &self,
        sub: &str,
        digest: &str,
        (width, height): (u32, u32),
        extension: &str,
    ) -> String {
        let prefix = &self.prefix;
        if width == height {
            format!("{prefix}{sub}/{digest}/{width}.{extension}")
        } else {
            format!("{prefix}{sub}/{digest}/{width}x{height}.{extension}")
        }
    }

    /// The prefix of everything of a user except the alias: `avatars/<sub>/`.
    pub fn user_prefix(&self, sub: &str) -> String {
        format!("{}{sub}/", self.prefix)
    }

    /// The folder of a version of this user and the time of its upload. `None` for any other object.
    pub fn folder_and_time<'k>(&self, sub: &str, key: &'k str) -> Option<(&'k str, i64)> {
        let rest = key.strip_prefix(&self.user_prefix(sub))?;
        let (folder, _) = rest.split_once('/')?;
        let is_folder = folder.len() == FOLDER_DIGITS && folder.bytes().all(is_hex_digit);
        let time = folder.get(..TIME_DIGITS).filter(|_| is_folder)?;
        Some((folder, i64::from_str_radix(time, 16).ok()?))
    }

    /// The paths of a user's objects on a server in front of the bucket: everything and the alias.
    pub fn paths(&self, sub: &str) -> [String; 2] {
        [
            format!("/{}*", self.user_prefix(sub)),
            format!("/{}", self.alias(sub)),
        ]
    }

    /// Whether `key` is in the folder.
    pub fn contains(&self, key: &str) -> bool {
        key.starts_with(&self.prefix)
    }
}

fn is_hex_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_version_tells_the_time_of_its_upload() {
        let keys = AvatarKeys::new("avatars");
        let folder = version_folder(1_767_225_600_123, &"ab".repeat(32));
        assert_eq!(folder.len(), 64);
        let key = keys.version("me", &folder, (32, 32), "jpg");
        let found = keys.folder_and_time("me", &key);
        assert_eq!(found, Some((folder.as_str(), 1_767_225_600_123)));
        for other in [
            "avatars/me/latest.json",
            "avatars/me.jpg",
            "avatars/me/0123/32.jpg",
            &keys.version("meme", &folder, (32, 32), "jpg"),
            &keys.version("me", &"z".repeat(64), (32, 32), "jpg"),
        ] {
            assert_eq!(keys.folder_and_time("me", other), None, "{other}");
        }
        assert!(version_folder(-1, "ab").starts_with("000000000000ab"));
    }

    #[test]
    fn the_key_of_a_refusal_tells_the_time_of_its_upload() {
        let digest = "ab".repeat(32);
        let key = refusal("refused", "me-1", 1_767_225_600_123, &digest, "0A");
        assert_eq!(time_of_refusal(&key), Some(1_767_225_600_123));
        assert_eq!(
            time_of_refusal(&refusal("refused", "me", i64::MIN, &digest, "0")),
            Some(0)
        );
        for other in [
            format!("refused/me/{digest}-0A.json"),
            "in/me/1.jpg".to_owned(),
            "in/00000000000-/1.jpg".to_owned(),
        ] {
            assert_eq!(time_of_refusal(&other), None, "{other}");
        }
    }

    #[test]
    fn only_the_extension_asks_for_a_removal() {
        assert!(is_removal("in/me/1.remove") && is_removal("me.remove"));
        for upload in [
            "in/me/1.jpg",
            "in/remove/1.jpg",
            "in/me/remove",
            "in/me/1.remove.jpg",
        ] {
            assert!(!is_removal(upload), "{upload}");
        }
    }

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
    fn the_user_is_the_file_or_the_folder() {
        for name in ["me-1.jpg", "me-1.jpeg", "me-1", "me-1/f00.png", "me-1/f00"] {
            assert_eq!(sub_of_upload(name), Ok("me-1"), "{name}");
        }
    }

    #[test]
    fn any_other_name_is_refused() {
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
            assert_eq!(sub_of_upload(name), Err(KeyError::Shape), "{name:?}");
        }
    }

    #[test]
    fn a_version_is_named_by_size_and_format() {
        let keys = AvatarKeys::new("avatars");
        let key = |size, extension| keys.version("me", "f00", size, extension);
        assert_eq!(key((64, 64), "jpg"), "avatars/me/f00/64.jpg");
        assert_eq!(key((64, 32), "webp"), "avatars/me/f00/64x32.webp");
    }

    #[test]
    fn a_folder_does_not_match_a_longer_name() {
        assert_eq!(strip_folder("in/a.jpg", "in"), Some("a.jpg"));
        assert_eq!(strip_folder("inside/a.jpg", "in"), None);
        assert_eq!(strip_folder("a.jpg", ""), Some("a.jpg"));
        assert!(AvatarKeys::new("avatars").contains("avatars/a.jpg"));
        assert!(!AvatarKeys::new("avatars").contains("avatars2/a.jpg"));
        assert!(!AvatarKeys::new("avatars").contains("avatars"));
        assert!(AvatarKeys::new("").contains("a.jpg"));
    }
}
