//! What the user decided: the target that the translation aims at.

use crate::version::Version;

/// The choices of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether fixes that a person should look at are applied too.
    pub include_review: bool,
    /// What is known about the runner.
    pub runner: RunnerProfile,
    /// The image that takes the place of Docker's own.
    pub podman_image: String,
    /// What runs compose files.
    pub compose: ComposeProvider,
    /// What takes the place of Docker's actions.
    pub actions: ActionStyle,
    /// The Podman that the jobs will meet, if the user knows it.
    pub podman: Option<Version>,
    /// Whether findings name the edits of their fixes, for programs that apply them.
    pub fixes: bool,
}

/// The image that replaces Docker's unless the user names another one.
pub const DEFAULT_PODMAN_IMAGE: &str = "quay.io/podman/stable";

impl Default for Options {
    fn default() -> Self {
        Self {
            include_review: false,
            runner: RunnerProfile::default(),
            podman_image: DEFAULT_PODMAN_IMAGE.into(),
            compose: ComposeProvider::default(),
            actions: ActionStyle::default(),
            podman: None,
            fixes: true,
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
