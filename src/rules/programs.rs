//! Programs that scripts call: which image has them, which need an engine, which run code that nobody here sees.

use serde::Deserialize;

use crate::collections::HashMap;

use super::error::source;
use super::unique::{UniqueMap, UniqueSet};

/// Where a program comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The package that brings it on Fedora, if there is one.
    pub package: Option<String>,
    /// Whether Docker's image has it.
    pub in_docker_image: bool,
    /// Whether Podman's stable image has it.
    pub in_podman_image: bool,
}

/// A program with a need or a habit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Client {
    /// What it needs of an engine, or reads of its files.
    pub needs: String,
    /// Its own provision for Podman, if it has one.
    pub with_podman: Option<String>,
    /// How this is known, where it is not known like the rest of its class.
    source: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Clients {
    #[serde(deserialize_with = "source")]
    source: String,
    programs: UniqueMap<Client>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Names {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    programs: UniqueSet,
}

/// A Fedora package and programs that it brings.
type ByPackage = UniqueMap<Vec<String>>;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    in_both: ByPackage,
    only_in_docker_image: ByPackage,
    only_in_podman_image: ByPackage,
    in_neither: ByPackage,
}

/// The table turned round: a program and where it comes from.
#[derive(Deserialize)]
#[serde(try_from = "Table")]
struct Origins(HashMap<String, Program>);

impl TryFrom<Table> for Origins {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let mut origins = HashMap::default();
        for (packages, in_docker_image, in_podman_image) in [
            (table.in_both, true, true),
            (table.only_in_docker_image, true, false),
            (table.only_in_podman_image, false, true),
            (table.in_neither, false, false),
        ] {
            for (package, programs) in packages.0 {
                for name in programs {
                    let program = Program {
                        package: Some(package.clone()).filter(|package| package != NO_PACKAGE),
                        in_docker_image,
                        in_podman_image,
                    };
                    if origins.contains_key(&name) {
                        return Err(format!("the program `{name}` stands here twice"));
                    }
                    origins.insert(name, program);
                }
            }
        }
        Ok(Self(origins))
    }
}

/// Stands in the place of a package that does not exist.
const NO_PACKAGE: &str = "none";

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Programs {
    images: Origins,
    engine_clients: Clients,
    credential_readers: Clients,
    runs_project_code: Names,
    harmless: Names,
    network_clients: Names,
    only_print: Names,
}

impl Clients {
    fn get(&self, name: &str) -> Option<(&Client, &str)> {
        let client = self.programs.0.get(name)?;
        Some((client, client.source.as_deref().unwrap_or(&self.source)))
    }
}

impl Programs {
    pub(super) fn get(&self, name: &str) -> Option<&Program> {
        self.images.0.get(name)
    }

    pub(super) fn engine_client(&self, name: &str) -> Option<(&Client, &str)> {
        self.engine_clients.get(name)
    }

    pub(super) fn credential_reader(&self, name: &str) -> Option<(&Client, &str)> {
        self.credential_readers.get(name)
    }

    pub(super) fn runs_project_code(&self, name: &str) -> bool {
        self.runs_project_code.programs.0.contains(name)
    }

    pub(super) fn is_harmless(&self, name: &str) -> bool {
        self.harmless.programs.0.contains(name)
    }

    pub(super) fn only_prints(&self, name: &str) -> bool {
        self.only_print.programs.0.contains(name)
    }

    pub(super) fn is_network_client(&self, name: &str) -> bool {
        self.network_clients.programs.0.contains(name)
    }

    /// A program that is said to be harmless and not harmless.
    pub(super) fn contradiction(&self) -> Option<&str> {
        let harmless = self.harmless.programs.0.iter();
        harmless
            .map(String::as_str)
            .find(|name| self.runs_project_code(name) || self.engine_client(name).is_some())
    }
}
