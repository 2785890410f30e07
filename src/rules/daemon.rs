//! What a Docker daemon is told on its command line.

use serde::Deserialize;

use super::catalog::Site;
use super::error::source;
use super::unique::UniqueMap;

/// One flag of the daemon.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DaemonFlag {
    /// Whether a value follows.
    #[serde(default)]
    pub value: bool,
    /// What becomes of it.
    pub is: DaemonFlagHandling,
    /// Where that is true, if not everywhere.
    pub on: Option<Site>,
    /// Why.
    pub why: String,
}

/// What becomes of a flag of the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DaemonFlagHandling {
    /// Nothing is needed in its place.
    Drop,
    /// A registry without TLS, or with a certificate of its own: Podman reads it from a file.
    InsecureRegistry,
    /// A mirror of Docker Hub: Podman reads it from a file.
    RegistryMirror,
    /// Podman has nothing for it: the job stays.
    Gap,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Daemon {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    flags: UniqueMap<DaemonFlag>,
}

impl Daemon {
    pub(super) fn flag(&self, name: &str) -> Option<&DaemonFlag> {
        self.flags.0.get(name)
    }
}
