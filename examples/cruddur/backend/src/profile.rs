//! The public profile of a user, and the changes that the user may make.

use roundel_lambda::key::AvatarKeys;
use roundel_lambda::notice::Latest;
use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::error::ApiError;
use crate::users::User;

/// Maximum length of a name, in characters.
const MAX_NAME: usize = 60;
/// Maximum number of marks on one character of a name. More would reach into the lines above and below.
const MAX_MARKS: usize = 4;
/// Maximum length of a bio, in characters.
const MAX_BIO: usize = 500;

/// The public profile of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    handle: String,
    display_name: String,
    bio: Option<String>,
    avatar: Option<Avatar>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Avatar {
    digest: String,
    /// The last part of the key of the upload, by which the uploader recognizes it.
    upload: String,
    thumbhash: String,
    color: String,
    images: Vec<Image>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Image {
    width: u32,
    height: u32,
    url: String,
}

/// Builds the addresses of avatars.
#[derive(Clone, Debug)]
pub struct AvatarUrls {
    /// Base URL, without a trailing slash.
    pub base_url: String,
    /// Builds the object names.
    pub keys: AvatarKeys,
}

impl Profile {
    /// The profile of `user`.
    pub fn new(user: &User, assets: &AvatarUrls) -> Self {
        Self {
            handle: user.handle.clone(),
            display_name: user.display_name.clone(),
            bio: user.bio.clone(),
            avatar: user.avatar.as_ref().map(|latest| assets.avatar(latest)),
        }
    }
}

impl AvatarUrls {
    fn avatar(&self, latest: &Latest) -> Avatar {
        let mut sizes = latest.sizes.clone();
        sizes.sort_by_key(|&[width, height]| std::cmp::Reverse((width, height)));
        let image = |&[width, height]: &[u32; 2]| {
            let name = self
                .keys
                .version(&latest.sub, &latest.digest, (width, height), "jpg");
            Image {
                width,
                height,
                url: format!("{}/{name}", self.base_url),
            }
        };
        Avatar {
            digest: latest.digest.clone(),
            upload: latest
                .order
                .key
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
            thumbhash: latest.thumbhash.clone(),
            color: latest.color.clone(),
            images: sizes.iter().map(image).collect(),
        }
    }
}

/// Changes to a profile. Absent fields stay unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileUpdate {
    /// The new name.
    #[serde(default, deserialize_with = "present")]
    pub display_name: Option<String>,
    /// The new bio; `Some(None)` removes it.
    #[serde(default, deserialize_with = "present")]
    pub bio: Option<Option<String>>,
}

/// Distinguishes `null` from an absent field.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl ProfileUpdate {
    /// Validates and normalizes the changes.
    ///
    /// # Errors
    ///
    /// `invalid_profile` with the name of the field.
    pub fn validated(self) -> Result<Self, ApiError> {
        Ok(Self {
            display_name: self
                .display_name
                .map(|name| display_name(&name))
                .transpose()?,
            bio: self.bio.map(|text| bio(text.as_deref())).transpose()?,
        })
    }
}

/// Validates a name: 1 to 60 characters on one line, in the normalization form C.
pub(crate) fn display_name(text: &str) -> Result<String, ApiError> {
    let name: String = text.trim().nfc().collect();
    let invalid = |message| Err(ApiError::invalid_profile("display_name", message));
    if name.is_empty() {
        return invalid("Enter a name.".to_owned());
    }
    if name.chars().count() > MAX_NAME {
        return invalid(format!("A name can have at most {MAX_NAME} characters."));
    }
    if name.chars().any(is_forbidden) || has_misplaced_format(&name) {
        return invalid(
            "A name cannot contain line breaks or other control characters.".to_owned(),
        );
    }
    if longest_run_of_marks(&name) > MAX_MARKS {
        return invalid(format!(
            "A name can have at most {MAX_MARKS} marks on one character."
        ));
    }
    if name.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return invalid("A name must contain a visible character.".to_owned());
    }
    Ok(name)
}

/// Control characters, and format characters, which for example change the text direction and can make
/// one name look like another. Some format characters join others (U+200C, U+200D) or select a flag
/// (U+E0020 to U+E007F).
fn is_forbidden(c: char) -> bool {
    match c.general_category() {
        GeneralCategory::Control
        | GeneralCategory::PrivateUse
        | GeneralCategory::LineSeparator
        | GeneralCategory::ParagraphSeparator => true,
        GeneralCategory::Format => {
            !matches!(c, '\u{200c}' | '\u{200d}' | '\u{e0020}'..='\u{e007f}')
        }
        _ => false,
    }
}

/// Whether a format character is in a place where it does nothing but make two names look alike: a joiner after
/// a letter that does not join, as those of Latin, or a tag that is not a part of a flag.
fn has_misplaced_format(name: &str) -> bool {
    let is_tag = |c: char| matches!(c, '\u{e0020}'..='\u{e007f}');
    let before = std::iter::once('\0').chain(name.chars());
    let mut pairs = before.zip(name.chars());
    pairs.any(|(before, c)| match c {
        '\u{200c}' | '\u{200d}' => before < '\u{300}',
        c if is_tag(c) => !is_tag(before) && before != '\u{1f3f4}',
        _ => false,
    })
}

fn longest_run_of_marks(name: &str) -> usize {
    let is_mark = |c: char| {
        let category = c.general_category();
        matches!(
            category,
            GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
        )
    };
    // Joiners between marks do not end a run.
    let is_format = |c: &char| c.general_category() == GeneralCategory::Format;
    let name: String = name.chars().filter(|c| !is_format(c)).collect();
    let runs = name.split(|c| !is_mark(c));
    runs.map(|run| run.chars().count()).max().unwrap_or(0)
}

/// Characters without a glyph. A name may contain them, because some join or modify other
/// characters.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{2800}' | '\u{e0000}'..='\u{e01ef}'
    )
}

/// Validates a bio: at most 500 characters, on any number of lines. A blank bio is `None`.
pub(crate) fn bio(text: Option<&str>) -> Result<Option<String>, ApiError> {
    let text = text.unwrap_or_default().replace("\r\n", "\n");
    let bio = text.trim();
    let invalid = |message| Err(ApiError::invalid_profile("bio", message));
    if bio.chars().count() > MAX_BIO {
        return invalid(format!("A bio can have at most {MAX_BIO} characters."));
    }
    if bio
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return invalid(
            "A bio cannot contain control characters other than line breaks and tabs.".to_owned(),
        );
    }
    Ok((!bio.is_empty()).then(|| bio.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_1_to_60_characters() {
        let longest = "é".repeat(60);
        for good in ["A", " Ada ", "Ada Lovelace 🎩", &longest] {
            assert_eq!(display_name(good).unwrap(), good.trim());
        }
        let long = "é".repeat(61);
        let flag = "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}";
        for good in [
            "نام",
            "👩\u{200d}🚀",
            "می\u{200c}خواهم",
            "Ngũgĩ wa Thiong’o",
            "שָׁלוֹם",
            flag,
        ] {
            assert!(display_name(good).is_ok(), "{good:?}");
        }
        // Two spellings of one name are equal.
        assert_eq!(display_name("Rene\u{301}").unwrap(), "René");
        let joined_zalgo = format!("न{}", "\u{335}\u{200d}".repeat(6));
        let zalgo = format!("Z{}", "\u{335}\u{321}".repeat(3));
        for bad in [
            "\u{200b}\u{200b}",
            "\u{feff}",
            "\u{2800}",
            "\u{202e}loraC",
            "a\u{2066}b",
            "a\u{ad}b",
            "a\u{2028}b",
            "a\u{2060}b",
            "\u{e000}",
            &zalgo,
            &joined_zalgo,
            "Ada\u{e0041}",
            "A\u{200d}da",
        ] {
            assert!(display_name(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "  \n ", "a\nb", "a\0", "a\u{85}b", &long] {
            assert!(display_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_bio_has_at_most_500_characters_and_may_be_blank() {
        let longest = "é".repeat(500);
        assert_eq!(bio(Some(&longest)).unwrap(), Some(longest.clone()));
        assert_eq!(
            bio(Some("a\r\nb\n\tc ")).unwrap().as_deref(),
            Some("a\nb\n\tc")
        );
        for nothing in [None, Some(""), Some(" \n ")] {
            assert_eq!(bio(nothing).unwrap(), None);
        }
        for bad in ["a\0b", "a\rb", "\u{7f}x", &format!("{longest}a")] {
            assert!(bio(Some(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_absent_field_stays_unchanged_and_null_removes_the_bio() {
        let read = |json: &str| serde_json::from_str::<ProfileUpdate>(json);
        assert_eq!(read("{}").unwrap(), ProfileUpdate::default());
        assert_eq!(read(r#"{"bio":null}"#).unwrap().bio, Some(None));
        assert_eq!(read(r#"{"bio":"a"}"#).unwrap().bio, Some(Some("a".into())));
        for bad in [
            r#"{"display_name":null}"#,
            r#"{"bio":7}"#,
            r#"{"handle":"a"}"#,
            "[7]",
            "",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
