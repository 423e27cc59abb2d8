//! Settings from environment variables. An error names its variable.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

/// A variable that is missing or invalid. The program does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} {problem}")]
pub struct SettingError {
    /// The variable.
    pub name: String,
    /// What is wrong with it, and what is expected.
    pub problem: String,
}

impl SettingError {
    /// An error of the variable `name`.
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
    /// The variables of this process, without those that are not UTF-8.
    pub fn from_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// The value; `None` if it is missing or empty.
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

    /// A number from `min` to `max`; `default` if it is missing or empty.
    ///
    /// # Errors
    ///
    /// It is not such a number.
    pub fn number<T>(&self, name: &str, default: T, min: T, max: T) -> Result<T, SettingError>
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let Some(text) = self.optional(name) else {
            return Ok(default);
        };
        match text.parse() {
            Ok(number) if number >= min && number <= max => Ok(number),
            _ => Err(SettingError::new(
                name,
                format!("must be a whole number from {min} to {max}, not {text:?}"),
            )),
        }
    }

    /// Values separated by commas; none if it is missing.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let text = self.optional(name).unwrap_or_default();
        let items = text.split(',').map(str::trim);
        items.filter(|item| !item.is_empty()).collect()
    }

    /// A folder of a bucket, without slashes at its ends. Empty means the whole bucket.
    pub fn folder(&self, name: &str, default: &str) -> String {
        let given = self.0.get(name).map_or(default, String::as_str);
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
    fn an_error_names_its_variable() {
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
    fn folders_are_trimmed_of_slashes_and_lists_of_blanks() {
        let environment = Environment::from([("IN", "/a/b/"), ("ORIGINS", "x, ,y")]);
        assert_eq!(environment.folder("IN", "c"), "a/b");
        assert_eq!(environment.folder("OUT", "avatars"), "avatars");
        assert_eq!(environment.list("ORIGINS"), ["x", "y"]);
    }
}
