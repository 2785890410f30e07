//! Packages of other distributions by Fedora's names, and those that are Docker itself.

use serde::Deserialize;

use super::error::source;
use super::unique::UniqueMap;

/// A program that installs packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PackageManager {
    /// Alpine's.
    Apk,
    /// Debian's and Ubuntu's.
    Apt,
    /// Fedora's, also as `yum` and `microdnf`.
    Dnf,
    /// Python's.
    Pip,
}

impl PackageManager {
    /// The manager that a program is, as in `apt-get`.
    pub fn of_program(program: &str) -> Option<Self> {
        Some(match program {
            "apk" => Self::Apk,
            "apt" | "apt-get" | "aptitude" => Self::Apt,
            "dnf" | "dnf5" | "yum" | "microdnf" => Self::Dnf,
            "pip" | "pip2" | "pip3" | "pipx" => Self::Pip,
            _ => return None,
        })
    }
}

/// One package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageRule {
    /// What stands for it in an image of Fedora's.
    pub on_fedora: OnFedora,
    /// Whether it is a part of Docker: where the image stays, Podman's own packages take its place.
    pub docker: bool,
    /// A difference that is worth a word.
    pub note: Option<String>,
    /// How this is known.
    pub source: String,
}

/// What stands for a package in an image of Fedora's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnFedora {
    /// These packages.
    Install(Vec<String>),
    /// The stable image has it already.
    Present,
    /// Nothing is needed, for this reason.
    Drop(String),
    /// Fedora has nothing, for this reason.
    Missing(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    fedora: Option<Vec<String>>,
    #[serde(default)]
    present: bool,
    drop: Option<String>,
    missing: Option<String>,
    #[serde(default)]
    docker: bool,
    note: Option<String>,
    source: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Entry")]
struct Read(PackageRule);

impl TryFrom<Entry> for Read {
    type Error = &'static str;

    fn try_from(entry: Entry) -> Result<Self, Self::Error> {
        let on_fedora = match (entry.fedora, entry.present, entry.drop, entry.missing) {
            (Some(names), false, None, None) => OnFedora::Install(names),
            (None, true, None, None) => OnFedora::Present,
            (None, false, Some(why), None) => OnFedora::Drop(why),
            (None, false, None, Some(why)) => OnFedora::Missing(why),
            _ => return Err("needs exactly one of `fedora`, `present`, `drop` and `missing`"),
        };
        Ok(Self(PackageRule {
            on_fedora,
            docker: entry.docker,
            note: entry.note,
            source: entry.source.unwrap_or_default(),
        }))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    #[serde(deserialize_with = "source")]
    source: String,
    #[serde(default)]
    podman: Vec<String>,
    #[serde(rename = "packages")]
    read: UniqueMap<Read>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Tables {
    apk: Table,
    apt: Table,
    dnf: Table,
    pip: Table,
}

#[derive(Deserialize)]
#[serde(from = "Tables")]
pub(super) struct Packages(Tables);

impl From<Tables> for Packages {
    fn from(mut tables: Tables) -> Self {
        for table in [
            &mut tables.apk,
            &mut tables.apt,
            &mut tables.dnf,
            &mut tables.pip,
        ] {
            for Read(rule) in table.read.0.values_mut() {
                if rule.source.is_empty() {
                    rule.source.clone_from(&table.source);
                }
            }
        }
        Self(tables)
    }
}

impl Packages {
    fn table(&self, manager: PackageManager) -> &Table {
        match manager {
            PackageManager::Apk => &self.0.apk,
            PackageManager::Apt => &self.0.apt,
            PackageManager::Dnf => &self.0.dnf,
            PackageManager::Pip => &self.0.pip,
        }
    }

    pub(super) fn get(&self, manager: PackageManager, name: &str) -> Option<&PackageRule> {
        self.table(manager).read.0.get(name).map(|Read(rule)| rule)
    }

    pub(super) fn podman(&self, manager: PackageManager) -> &[String] {
        &self.table(manager).podman
    }

    pub(super) fn all(
        &self,
        manager: PackageManager,
    ) -> impl Iterator<Item = (&str, &PackageRule)> {
        let rules = self.table(manager).read.0.iter();
        rules.map(|(name, Read(rule))| (name.as_str(), rule))
    }
}
