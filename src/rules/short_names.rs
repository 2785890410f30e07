//! Image names without a registry, as Podman's own list of short names resolves them.

use serde::Deserialize;

use super::error::source;
use super::unique::{UniqueMap, UniqueSet};

/// What Podman's list makes of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortName<'r> {
    /// The image that Docker would take.
    Same,
    /// Another image.
    Other(&'r str),
    /// The name is not in the list: what happens depends on the search registries.
    Unlisted,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ShortNames {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    same: UniqueSet,
    other: UniqueMap<String>,
}

impl ShortNames {
    pub(super) fn get(&self, name: &str) -> ShortName<'_> {
        match self.other.0.get(name) {
            Some(other) => ShortName::Other(other),
            None if self.same.0.contains(name) => ShortName::Same,
            None => ShortName::Unlisted,
        }
    }
}
