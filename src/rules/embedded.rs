//! The files under `translations/`, embedded in the program.

macro_rules! file {
    ($name:literal) => {
        ($name, include_str!(concat!("../../translations/", $name)))
    };
}

/// A file's name, relative to `translations/`, and its text.
pub(super) type File = (&'static str, &'static str);

/// The tables of commands; a new file is one line here.
pub(super) const COMMANDS: &[File] = &[
    file!("commands/docker.yaml"),
    file!("commands/build.yaml"),
    file!("commands/run.yaml"),
    file!("commands/containers.yaml"),
    file!("commands/images.yaml"),
    file!("commands/registry.yaml"),
    file!("commands/manifest.yaml"),
    file!("commands/network.yaml"),
    file!("commands/volume.yaml"),
    file!("commands/system.yaml"),
    file!("commands/compose.yaml"),
    file!("commands/buildx.yaml"),
    file!("commands/context.yaml"),
    file!("commands/swarm.yaml"),
    file!("commands/extras.yaml"),
];

pub(super) const IMAGES: File = file!("images.yaml");
pub(super) const VARIABLES: File = file!("variables.yaml");
pub(super) const PACKAGES: File = file!("packages.yaml");
pub(super) const LOGINS: File = file!("logins.yaml");
pub(super) const PROGRAMS: File = file!("programs.yaml");
pub(super) const SHORT_NAMES: File = file!("short-names.yaml");
pub(super) const DAEMON: File = file!("daemon.yaml");
pub(super) const DIFFERENCES: File = file!("differences.yaml");
pub(super) const TEMPLATES: File = file!("templates.yaml");
pub(super) const RUNNERS: File = file!("runners.yaml");
pub(super) const PROFILES: File = file!("profiles.yaml");

/// The tables of GitHub actions; a new file is one line here.
pub(super) const ACTIONS: &[File] = &[file!("actions/docker.yaml"), file!("actions/others.yaml")];

/// The catalog of rules: what only the compatibility pass says, an area a file, and what the passes say.
pub(super) const CATALOG: &[File] = &[
    file!("compat/buildkit.yaml"),
    file!("compat/dockerfile.yaml"),
    file!("compat/format.yaml"),
    file!("compat/swarm.yaml"),
    file!("compat/compose.yaml"),
    file!("compat/api_clients.yaml"),
    file!("compat/volumes.yaml"),
    file!("compat/networks.yaml"),
    file!("compat/privileges.yaml"),
    file!("compat/silent.yaml"),
    file!("compat/alternatives.yaml"),
    file!("compat/danger.yaml"),
    file!("passes.yaml"),
];

/// What --actions redhat writes in the place of Docker's actions.
pub(super) const REDHAT: File = file!("actions/redhat.yaml");
