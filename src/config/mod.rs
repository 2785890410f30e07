//! `dindless.yml`: what a repository wants of every run.

mod read;

use std::path::{Path, PathBuf};

#[cfg(test)]
use schemars::JsonSchema;
use serde::Deserialize;

use crate::collections::IndexMap;
use crate::options::{ActionStyle, ComposeProvider, Patterns, RunnerProfile, Weight};
use crate::text::Position;
use crate::version::Version;

pub(crate) use read::read;

/// The name of the file.
pub(crate) const NAME: &str = "dindless.yml";

/// The JSON Schema of the file, for editors.
pub(crate) const SCHEMA: &str = include_str!("schema.json");

/// What a repository wants of every run of dindless; an option of the command line goes before it
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[cfg_attr(test, schemars(rename = "dindless.yml", extend("type" = ["object", "null"])))]
#[serde(default, deny_unknown_fields, expecting = "keys with values")]
pub struct Config {
    /// Which CI files are read, by patterns as in a .gitignore file, relative to the folder of this file
    pub paths: Paths,
    /// How much findings matter, by their rules: with `off` what it is about stays as it is, and nothing is said
    #[serde(deserialize_with = "read::rules")]
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, Weight>"))]
    pub rules: IndexMap<String, Weight>,
    /// What the jobs run on (--runner)
    pub runner: Option<RunnerProfile>,
    /// The image in the place of Docker's own (--podman-image)
    #[serde(deserialize_with = "read::image")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub image: Option<String>,
    /// The Podman that the jobs meet, like '5.4' (--podman)
    #[cfg_attr(test, schemars(with = "String", extend("type" = ["string", "number", "null"])))]
    pub podman: Option<Version>,
    /// What runs compose files (--compose)
    pub compose: Option<ComposeProvider>,
    /// What takes the place of Docker's actions in GitHub workflows (--actions)
    pub actions: Option<ActionStyle>,
    /// Images that jobs call docker in, and the images with Podman that take their place; a name without a tag stands for
    /// all its tags, `*` for any text
    #[serde(deserialize_with = "read::images")]
    #[cfg_attr(test, schemars(with = "std::collections::BTreeMap<String, String>"))]
    pub images: IndexMap<String, String>,
    /// Alpine's packages by the names that Fedora gives them; false where the image has the package already
    #[serde(deserialize_with = "read::packages")]
    #[cfg_attr(
        test,
        schemars(with = "std::collections::BTreeMap<String, read::Package>")
    )]
    pub packages: IndexMap<String, Option<String>>,
}

/// Which CI files are read.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(
    default,
    deny_unknown_fields,
    expecting = "`include` and `exclude` with patterns"
)]
pub struct Paths {
    /// Files that CI runs although their names do not say so
    #[serde(deserialize_with = "read::patterns")]
    #[cfg_attr(test, schemars(schema_with = "read::patterns_schema"))]
    pub include: Patterns,
    /// Files that are left alone, with the jobs that share text with them
    #[serde(deserialize_with = "read::patterns")]
    #[cfg_attr(test, schemars(schema_with = "read::patterns_schema"))]
    pub exclude: Patterns,
}

/// What is wrong with the file, in one place of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where, if that is one position.
    pub at: Option<Position>,
    /// What is wrong, and what to do about it.
    pub message: String,
}

/// The file that is nearest to `start`, in it or above it, up to `top`.
pub(crate) fn nearest_to(start: &Path, top: &Path) -> Option<PathBuf> {
    start
        .ancestors()
        .take_while(|folder| folder.starts_with(top))
        .map(|folder| folder.join(NAME))
        .find(|path| path.symlink_metadata().is_ok())
}
