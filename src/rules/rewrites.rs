//! The rewrites of flags that a table alone cannot say. The tables name them; code has one arm for each, so that a name
//! without code does not compile, and a name that the code does not know is no rule that can be read.

use serde::Deserialize;

/// What becomes of a flag by its value or by the rest of its command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagRewrite {
    /// `NAME=ADDRESS` becomes `NAME:ADDRESS`.
    AddHost,
    /// It goes, and the attestation with it.
    Attestation,
    /// It goes: what it allows, a build of Podman's has anyway.
    BuildAllow,
    /// By the network, and by where the build runs.
    BuildNetwork,
    /// It goes where it only names an image, and stays where Podman writes the same.
    BuildOutput,
    /// Several platforms make a list.
    BuildPlatform,
    /// It becomes a push of its own.
    BuildPush,
    /// `source=` becomes `src=`.
    BuildSecret,
    /// It becomes a bare repository, or goes.
    CacheFrom,
    /// It becomes a bare repository, or goes.
    CacheTo,
    /// By the fields that it names.
    Format,
    /// By the engine to which it leads.
    Host,
    /// It stays; where the stable image refuses it, another option comes along.
    Hostname,
    /// The rewrite of its command reads it.
    Imagetools,
    /// It goes, for a person to see: it takes root.
    MemoryLock,
    /// Its source is looked at.
    Mount,
    /// Docker's long form becomes Podman's.
    Network,
    /// It becomes `--no-cache`.
    NoCacheFilter,
    /// A time ago gets a minus in front: without one it lies ahead.
    PastDuration,
    /// By the namespace.
    PidNamespace,
    /// Docker's long form becomes the short one; a bridge comes along where the port changes its number.
    Publish,
    /// It stays, and where there are no cgroups that it does nothing is told.
    ResourceLimit,
    /// Its source is looked at.
    Volume,
}
