//! What the actions of redhat-actions say in the place of Docker's.

use serde::Deserialize;

use super::error::source;
use super::unique::{UniqueMap, UniqueSet};

/// What becomes of an input.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RedhatInput {
    /// It stays as it is written.
    Same,
    /// The registry of a login, which has to be named.
    Registry,
    /// The folder that is built.
    Context,
    /// The Dockerfile.
    File,
    /// The names of the image.
    Tags,
    /// Whether the image is pushed, by an action of its own.
    Push,
    /// The platforms, with commas between them.
    Platforms,
    /// One value a line.
    Lines,
    /// A flag with the value, as a line of `extra-args`.
    Option {
        /// Buildah's flag.
        flag: String,
        /// The values that it takes; without any, all.
        #[serde(default)]
        only: Vec<String>,
    },
    /// A flag that is given when the input is true.
    Switch {
        /// Buildah's flag.
        flag: String,
    },
    /// It goes.
    Drop {
        /// How the values begin that may go; without any, all may.
        #[serde(default)]
        only: Vec<String>,
        /// What goes with a value that is not `false`.
        loses: Option<String>,
        /// Why.
        why: String,
    },
}

/// What takes the place of one of Docker's actions.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RedhatRule {
    /// Docker's action.
    pub(super) action: String,
    /// What takes its place, with the version.
    pub uses: String,
    /// What pushes.
    pub push: Option<String>,
    #[serde(default)]
    always: UniqueMap<String>,
    #[serde(default)]
    lower_case: UniqueSet,
    /// Words of scripts and variables that it must not stand beside.
    #[serde(default)]
    pub not_beside: Vec<String>,
    inputs: UniqueMap<RedhatInput>,
    /// How this is known.
    #[serde(deserialize_with = "source")]
    pub source: String,
}

impl RedhatRule {
    /// What becomes of an input; `None`: it cannot be said.
    pub fn input(&self, name: &str) -> Option<&RedhatInput> {
        self.inputs.0.get(&name.to_ascii_lowercase())
    }

    /// Inputs that are given always, with their values.
    pub fn always(&self) -> impl Iterator<Item = (&str, &str)> {
        let always = self.always.0.iter();
        always.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether an expression never gives a capital letter.
    pub fn is_lower_case(&self, expression: &str) -> bool {
        self.lower_case.0.contains(expression)
    }
}
