//! What the user decided: the target that the translation aims at.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ignore::gitignore::Gitignore;

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
    pub weights: BTreeMap<String, Weight>,
    /// Images of the user's own, and the ones with Podman that take their place.
    pub images: Vec<OwnImage>,
    /// Fedora's names of Alpine's packages, where the user knows them; nothing for what Podman's image has already.
    pub packages: BTreeMap<String, Option<String>>,
    /// Files that are left alone.
    pub excluded: Gitignore,
    /// Jobs that stay because the user said no to them: the file that names them, and their names.
    pub declined: BTreeSet<(PathBuf, String)>,
}

/// An image that jobs call docker in, and the one with Podman that takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnImage {
    /// Its name; without a tag it stands for all tags, and `*` for any run of characters.
    pub name: String,
    /// The image with Podman.
    pub becomes: String,
}

/// How much a finding matters to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Options {
    /// Whether a file, relative to the root of its repository, is to be left alone.
    pub fn excludes(&self, path: &Path) -> bool {
        fits_patterns(&self.excluded, path)
    }
}

/// Whether a path fits patterns of the configuration; both are relative to the root of a repository.
pub fn fits_patterns(patterns: &Gitignore, path: &Path) -> bool {
    let applies = !patterns.is_empty() && path.is_relative() && path.starts_with(patterns.path());
    applies
        && patterns
            .matched_path_or_any_parents(path, false)
            .is_ignore()
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
            weights: BTreeMap::new(),
            images: Vec::new(),
            packages: BTreeMap::new(),
            excluded: Gitignore::empty(),
            declined: BTreeSet::new(),
        }
    }
}

/// The runner that the jobs run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ComposeProvider {
    /// Docker's compose on Podman's socket
    #[default]
    DockerCompose,
    /// The podman-compose project
    PodmanCompose,
}

/// What takes the place of Docker's actions in a workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ActionStyle {
    /// Podman's commands in run steps
    #[default]
    Podman,
    /// podman-login, buildah-build and push-to-registry of redhat-actions, where they can say the same
    Redhat,
}
