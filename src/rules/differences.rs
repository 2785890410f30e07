//! Names that mean something else beside Podman, or nothing at all in its image.

use serde::Deserialize;

use super::error::source;
use super::unique::{UniqueMap, UniqueSet};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Names {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    names: UniqueSet,
}

/// What Alpine has and Fedora has not, or calls otherwise.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Alpine {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    programs: UniqueMap<String>,
    paths: UniqueMap<String>,
    only_programs: UniqueSet,
    only_paths: UniqueSet,
}

impl Alpine {
    /// What Fedora calls a program of Alpine's.
    pub fn program(&self, name: &str) -> Option<&str> {
        self.programs.0.get(name).map(String::as_str)
    }

    /// Folders of Alpine's, each with Fedora's.
    pub fn paths(&self) -> impl Iterator<Item = (&str, &str)> {
        self.paths
            .0
            .iter()
            .map(|(here, there)| (here.as_str(), there.as_str()))
    }

    /// Whether only Alpine has a program.
    pub fn has_alone(&self, program: &str) -> bool {
        self.only_programs.0.contains(program)
    }

    /// Whether a text names a path that only Alpine has.
    pub fn is_named_in(&self, text: &str) -> bool {
        self.only_paths
            .0
            .iter()
            .any(|path| text.contains(path.as_str()))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Differences {
    docker_hub: Names,
    inspect_fields: Names,
    pub(super) alpine: Alpine,
}

impl Differences {
    pub(super) fn is_docker_hub(&self, registry: &str) -> bool {
        self.docker_hub.names.0.contains(registry)
    }

    pub(super) fn inspect_field<'s>(&'s self, format: &str) -> Option<&'s str> {
        self.inspect_fields
            .names
            .0
            .iter()
            .map(String::as_str)
            .find(|field| format.contains(*field))
    }
}
