//! Names that mean something else beside Podman, or nothing at all in its image.

use serde::Deserialize;

use super::error::source;
use super::pattern::fits;
use super::unique::{UniqueMap, UniqueSet};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Names {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    names: UniqueSet,
}

/// Images of servers, each with the port on which it answers.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Servers {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    images: UniqueMap<u16>,
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

/// Paths of the machine that containers are given.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Paths {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    there: UniqueSet,
    on_machines: UniqueSet,
    files: UniqueSet,
    folders: UniqueSet,
    in_images: UniqueSet,
}

impl Paths {
    /// Whether a path is on every machine and in the stable image.
    pub fn is_there(&self, path: &str) -> bool {
        let mut patterns = self.there.0.iter();
        patterns.any(|pattern| fits(pattern, path))
    }

    /// Whether a path is on every machine, though not in the stable image.
    pub fn is_on_machines(&self, path: &str) -> bool {
        let mut patterns = self.on_machines.0.iter();
        patterns.any(|pattern| fits(pattern, path))
    }

    /// Whether a path without a dot in its last part is a file all the same, or may be one.
    pub fn is_file(&self, path: &str) -> bool {
        let mut patterns = self.files.0.iter();
        patterns.any(|pattern| fits(pattern, path))
    }

    /// Whether the last part of a path is the name of a folder although it has a dot.
    pub fn is_folder_name(&self, name: &str) -> bool {
        self.folders.0.contains(name)
    }

    /// Whether a folder is in every image that has a shell.
    pub fn is_in_images(&self, folder: &str) -> bool {
        self.in_images.0.contains(folder)
    }
}

/// Programs that need a capability.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Capabilities {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    programs: UniqueMap<String>,
}

/// From where a path in a script counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folder {
    /// The root of the checkout.
    Checkout,
    /// The folder in which the script runs.
    Working,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Differences {
    docker_hub: Names,
    inspect_fields: Names,
    apk_options_with_value: Names,
    image_words: Names,
    registry_commands: Names,
    registry_variables: Names,
    full_image_variables: Names,
    hub_prefixes: Names,
    vendor_images: Names,
    fixed_repositories: Names,
    checkout_folders: Names,
    working_folders: Names,
    dockerfile_frontends: Names,
    printed_by_builds: Names,
    ports_of_servers: Servers,
    idle_programs: Names,
    capabilities: Capabilities,
    pub(super) paths: Paths,
    pub(super) alpine: Alpine,
}

impl Differences {
    pub(super) fn capability_of(&self, program: &str) -> Option<&str> {
        let programs = &self.capabilities.programs.0;
        programs.get(program).map(String::as_str)
    }

    pub(super) fn is_docker_hub(&self, registry: &str) -> bool {
        self.docker_hub.names.0.contains(registry)
    }

    pub(super) fn apk_option_takes_value(&self, option: &str) -> bool {
        self.apk_options_with_value.names.0.contains(option)
    }

    pub(super) fn speaks_of_images(&self, word: &str) -> bool {
        self.image_words.names.0.contains(word)
    }

    pub(super) fn reaches_registry(&self, command: &str) -> bool {
        self.registry_commands.names.0.contains(command)
    }

    pub(super) fn names_registry(&self, variable: &str) -> bool {
        let mut parts = self.registry_variables.names.0.iter();
        parts.any(|part| variable.contains(part.as_str()))
    }

    pub(super) fn holds_full_image(&self, variable: &str) -> bool {
        self.full_image_variables.names.0.contains(variable)
    }

    pub(super) fn is_vendor_image(&self, image: &str) -> bool {
        let mut prefixes = self.hub_prefixes.names.0.iter();
        let behind = |prefix: &String| image.strip_prefix(prefix.as_str())?.strip_prefix('/');
        let image = prefixes.find_map(behind).unwrap_or(image);
        let mut vendors = self.vendor_images.names.0.iter();
        let is_official = !image.contains(['/', '$', '`']);
        is_official || vendors.any(|vendor| image.starts_with(vendor.as_str()))
    }

    pub(super) fn has_fixed_repositories(&self, registry: &str) -> bool {
        let mut parts = self.fixed_repositories.names.0.iter();
        parts.any(|part| registry.contains(part.as_str()))
    }

    pub(super) fn below_checkout<'p>(&self, path: &'p str) -> Option<(Folder, &'p str)> {
        let below = |names: &Names| {
            let mut names = names.names.0.iter();
            names.find_map(|name| path.strip_prefix(name.as_str())?.strip_prefix('/'))
        };
        let checkout = below(&self.checkout_folders).map(|rest| (Folder::Checkout, rest));
        checkout.or_else(|| below(&self.working_folders).map(|rest| (Folder::Working, rest)))
    }

    pub(super) fn is_dockerfile_frontend(&self, name: &str) -> bool {
        self.dockerfile_frontends.names.0.contains(name)
    }

    pub(super) fn printed_by_builds(&self) -> impl Iterator<Item = &str> {
        self.printed_by_builds.names.0.iter().map(String::as_str)
    }

    pub(super) fn port_of_server(&self, image: &str) -> Option<u16> {
        self.ports_of_servers.images.0.get(image).copied()
    }

    pub(super) fn is_idle(&self, program: &str) -> bool {
        self.idle_programs.names.0.contains(program)
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
