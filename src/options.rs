//! What the user decided: the target that the translation aims at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::gitignore::Gitignore;
#[cfg(test)]
use schemars::JsonSchema;
use serde::Deserialize;

use crate::collections::IndexMap;
use crate::version::Version;

/// The choices of one run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether fixes that a person should look at are applied too.
    pub include_review: bool,
    /// What is known about the runner.
    pub runner: RunnerProfile,
    /// The image that takes the place of Docker's own, if the user names one.
    pub podman_image: Option<String>,
    /// What runs compose files.
    pub compose: ComposeProvider,
    /// What takes the place of Docker's actions.
    pub actions: ActionStyle,
    /// The Podman that the jobs will meet, if the user knows it.
    pub podman: Option<Version>,
    /// Whether findings name the edits of their fixes, for programs that apply them.
    pub fixes: bool,
    /// How much findings matter to the user, by their rules, where that is not what the rule says.
    pub weights: IndexMap<String, Weight>,
    /// Images that jobs call docker in, and the ones with Podman that take their place; a name without a tag stands for all
    /// tags, and `*` for any run of characters.
    pub images: IndexMap<String, String>,
    /// Fedora's names of Alpine's packages, where the user knows them; nothing for what Podman's image has already.
    pub packages: IndexMap<String, Option<String>>,
    /// Files that are left alone.
    pub excluded: Patterns,
    /// Jobs that stay because the user said no to them: the file that names them, and their names.
    pub declined: BTreeSet<(PathBuf, String)>,
}

/// How much a finding matters to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Not at all: what it is about stays as it is, and nothing is said.
    Off,
    /// It is said for completeness.
    Note,
    /// A person should look.
    Warning,
    /// It is broken or dangerous.
    Error,
}

/// Patterns as in a .gitignore file.
#[derive(Clone, Debug)]
pub struct Patterns {
    /// The folder that they are about, relative to the root of the repository.
    pub folder: PathBuf,
    matcher: Gitignore,
}

impl Patterns {
    /// Whether a path, relative to the root of the repository, fits one of them.
    pub fn fit(&self, path: &Path) -> bool {
        let inside = path
            .strip_prefix(&self.folder)
            .ok()
            .filter(|it| it.is_relative());
        let fits = |path| {
            self.matcher
                .matched_path_or_any_parents(path, false)
                .is_ignore()
        };
        !self.is_empty() && inside.is_some_and(fits)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.matcher.is_empty()
    }
}

impl From<Gitignore> for Patterns {
    fn from(matcher: Gitignore) -> Self {
        let folder = PathBuf::new();
        Self { folder, matcher }
    }
}

impl Default for Patterns {
    fn default() -> Self {
        Self::from(Gitignore::empty())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            include_review: false,
            runner: RunnerProfile::default(),
            podman_image: None,
            compose: ComposeProvider::default(),
            actions: ActionStyle::default(),
            podman: None,
            fixes: true,
            weights: IndexMap::default(),
            images: IndexMap::default(),
            packages: IndexMap::default(),
            excluded: Patterns::default(),
            declined: BTreeSet::new(),
        }
    }
}

/// The runner that the jobs run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RunnerProfile {
    /// What the files prove, nothing more
    #[default]
    AsIs,
    /// The hosted runners of GitLab.com
    GitlabHosted,
    /// A docker executor with privileged = true
    DockerPrivileged,
    /// A docker executor without privileged
    DockerUnprivileged,
    /// A kubernetes executor
    Kubernetes,
    /// A kubernetes executor on OpenShift
    Openshift,
    /// A runner that has Podman itself
    Podman,
    /// The hosted runners of GitHub
    GithubHosted,
}

impl RunnerProfile {
    /// Its name, as a user gives it.
    pub fn name(self) -> String {
        let value = clap::ValueEnum::to_possible_value(&self);
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// What runs compose files on Podman.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ComposeProvider {
    /// Docker's compose on Podman's socket
    #[default]
    DockerCompose,
    /// The podman-compose project
    PodmanCompose,
}

/// What takes the place of Docker's actions in a workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ActionStyle {
    /// Podman's commands in run steps
    #[default]
    Podman,
    /// podman-login, buildah-build and push-to-registry of redhat-actions, where they can say the same
    Redhat,
}
