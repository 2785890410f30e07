//! What the user decided: the target that the translation aims at.

use std::fmt;
use std::str::FromStr;

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
    /// The Podman that the jobs will meet, if the user knows it.
    pub podman: Option<Version>,
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
            podman: None,
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

/// What runs compose files on Podman.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ComposeProvider {
    /// Docker's compose on Podman's socket
    #[default]
    DockerCompose,
    /// The podman-compose project
    PodmanCompose,
}

/// A version of Podman; what is not said counts as zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl FromStr for Version {
    type Err = String;

    /// Reads `5`, `5.4` or `5.4.2`, with or without a `v` before it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a version: write it like 5.4 or 4.9.3");
        let mut numbers = [0; 3];
        let parts: Vec<&str> = text.strip_prefix('v').unwrap_or(text).split('.').collect();
        if parts.len() > numbers.len() {
            return Err(wrong());
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(wrong());
            }
            *number = part.parse().map_err(|_| wrong())?;
        }
        let [major, minor, patch] = numbers;
        Ok(Self {
            major,
            minor,
            patch,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        let version = |text: &str| text.parse::<Version>();
        assert_eq!(version("5").unwrap().to_string(), "5.0.0");
        assert_eq!(version("v4.9.3").unwrap().to_string(), "4.9.3");
        assert!(version("5.10").unwrap() > version("5.9.1").unwrap());
        for wrong in ["", "5.", "five", "5.4.2.1", "+5", "99999999999"] {
            assert!(version(wrong).is_err(), "{wrong}");
        }
    }
}
