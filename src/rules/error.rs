//! What is wrong with a file of rules, and where.

use serde::de::{DeserializeOwned, Deserializer};

use crate::deserialize::{explain, text};

/// A fault in one of the files under `translations/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesError {
    /// The file, relative to `translations/`.
    pub file: String,
    /// The line, from 1; 0 when the fault has no one place.
    pub line: usize,
    /// The column, from 1; 0 when the fault has no one place.
    pub column: usize,
    /// The key and what is the matter with it.
    pub message: String,
}

impl RulesError {
    /// A fault that no single line shows, such as a name that two files claim.
    pub(super) fn without_place(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: 0,
            column: 0,
            message: message.into(),
        }
    }
}

impl std::fmt::Display for RulesError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
        } = self;
        match line {
            0 => write!(f, "{file}: {message}"),
            _ => write!(f, "{file}:{line}:{column}: {message}"),
        }
    }
}

impl std::error::Error for RulesError {}

/// Reads a piece of a file; `first_line` is the line of the file at which the piece begins.
pub(super) fn read<T: DeserializeOwned>(
    file: &str,
    text: &str,
    first_line: usize,
) -> Result<T, RulesError> {
    serde_yaml::from_str(text).map_err(|error| {
        let (at, message) = explain(&error);
        RulesError {
            file: file.to_owned(),
            line: at.map_or(0, |at| at.line + first_line - 1),
            column: at.map_or(0, |at| at.column),
            message,
        }
    })
}

/// Reads a `source`, which says something.
pub(super) fn source<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer, |source| match source.trim() {
        "" => Err("`source` is empty".to_owned()),
        _ => Ok(source.to_owned()),
    })
}
