//! Settings from environment variables, refused by name.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

/// A variable that is missing or makes no sense: the function does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} {problem}")]
pub struct SettingError {
    /// The variable.
    pub name: String,
    /// What is wrong, and what was expected.
    pub problem: String,
}

impl SettingError {
    /// `name` has this problem.
    pub fn new(name: &str, problem: impl Display) -> Self {
        Self {
            name: name.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Environment variables.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// Those of this process; what is not UTF-8 is left out.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// The value, unless it is missing or empty.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// It is missing or empty.
    pub fn required(&self, name: &str) -> Result<&str, SettingError> {
        let missing = || SettingError::new(name, "is not set");
        self.optional(name).ok_or_else(missing)
    }

    /// A number of at least `least` and at most `most`, or `otherwise`.
    ///
    /// # Errors
    ///
    /// It is no such number.
    pub fn number<T>(&self, name: &str, otherwise: T, least: T, most: T) -> Result<T, SettingError>
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let Some(text) = self.optional(name) else {
            return Ok(otherwise);
        };
        match text.parse() {
            Ok(number) if number >= least && number <= most => Ok(number),
            _ => Err(SettingError::new(
                name,
                format!("must be a whole number from {least} to {most}, not {text:?}"),
            )),
        }
    }

    /// Values with commas between them; none if it is missing.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let text = self.optional(name).unwrap_or_default();
        let items = text.split(',').map(str::trim);
        items.filter(|item| !item.is_empty()).collect()
    }

    /// A folder of a bucket, without slashes at its ends; empty is the whole bucket.
    pub fn folder(&self, name: &str, otherwise: &str) -> String {
        let given = self.0.get(name).map_or(otherwise, String::as_str);
        given.trim().trim_matches('/').to_owned()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(pairs.into_iter().map(own).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_variable_is_named() {
        let environment = Environment::from([("PROCESS_WIDTH", "wide"), ("EMPTY", " ")]);
        let wide = environment.number("PROCESS_WIDTH", 512, 1, 4096);
        assert_eq!(
            wide.unwrap_err().to_string(),
            "the environment variable PROCESS_WIDTH must be a whole number from 1 to 4096, not \"wide\""
        );
        let missing = environment.required("EMPTY").unwrap_err();
        assert_eq!(
            missing.to_string(),
            "the environment variable EMPTY is not set"
        );
    }

    #[test]
    fn folders_lose_their_outer_slashes_and_lists_their_blanks() {
        let environment = Environment::from([("IN", "/a/b/"), ("ORIGINS", "x, ,y")]);
        assert_eq!(environment.folder("IN", "c"), "a/b");
        assert_eq!(environment.folder("OUT", "avatars"), "avatars");
        assert_eq!(environment.list("ORIGINS"), ["x", "y"]);
    }
}
