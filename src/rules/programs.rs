//! Programs that scripts call: which image has them, which need an engine, which run code that nobody here sees.

use serde::Deserialize;

use crate::collections::HashMap;

use super::error::source;
use super::pattern::fits;
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

/// A program that runs the tests of a project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TestRunner {
    /// Its names.
    programs: Vec<String>,
    /// Words of which one makes it run tests; without any it always does.
    #[serde(default)]
    words: Vec<String>,
    /// Words that keep it from that.
    #[serde(default)]
    unless: Vec<String>,
    /// The names of the files that say what the project needs.
    pub manifests: Vec<String>,
}

impl TestRunner {
    /// Whether a call runs tests; `words` are those behind the program's name.
    fn is_run_with(&self, words: &[String]) -> bool {
        let any = |patterns: &[String]| {
            let mut words = words.iter();
            words.any(|word| patterns.iter().any(|pattern| fits(pattern, word)))
        };
        (self.words.is_empty() || any(&self.words)) && !any(&self.unless)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct TestRunners {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    runners: Vec<TestRunner>,
}

/// Calls of a program that run no code of the project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OwnCodeCall {
    /// The program's names.
    programs: Vec<String>,
    /// How the words behind the name begin, each beginning as one text.
    begins: Vec<String>,
    /// A word that must stand among them.
    #[serde(default)]
    with: Option<String>,
    /// Words that make it run other code all the same.
    #[serde(default)]
    unless: Vec<String>,
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
}

impl OwnCodeCall {
    fn is_it(&self, words: &[String]) -> bool {
        let begins = |begin: &String| {
            let mut wanted = begin.split(' ');
            let mut given = words.iter();
            wanted.all(|wanted| given.next().is_some_and(|word| word == wanted))
        };
        let bad = |word: &String| {
            // a word that the shell makes up may be any
            word.starts_with('$') || self.unless.iter().any(|pattern| fits(pattern, word))
        };
        let has = |wanted: &String| words.contains(wanted);
        self.begins.iter().any(begins)
            && self.with.as_ref().is_none_or(has)
            && (self.unless.is_empty() || !words.iter().any(bad))
    }
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
    own_code_calls: Vec<OwnCodeCall>,
    harmless: Names,
    network_clients: Names,
    only_print: Names,
    daemons: Names,
    image_scanners: Names,
    lookups: Names,
    before_commands: Names,
    file_carriers: Names,
    file_carrying_actions: Names,
    test_runners: TestRunners,
    start_others: Names,
    fetchers: Names,
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

    pub(super) fn runs_own_code_only(
        &self,
        program: &str,
        words: impl FnOnce() -> Vec<String>,
    ) -> bool {
        let is_it = |call: &&OwnCodeCall| call.programs.iter().any(|name| name == program);
        let mut calls = self.own_code_calls.iter().filter(is_it).peekable();
        if calls.peek().is_none() {
            return false;
        }
        let words = words();
        calls.any(|call| call.is_it(&words))
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

    pub(super) fn is_daemon(&self, name: &str) -> bool {
        self.daemons.programs.0.contains(name)
    }

    pub(super) fn scans_images(&self, name: &str) -> bool {
        self.image_scanners.programs.0.contains(name)
    }

    pub(super) fn looks_up(&self, name: &str) -> bool {
        self.lookups.programs.0.contains(name)
    }

    pub(super) fn stands_before_commands(&self, word: &str) -> bool {
        self.before_commands.programs.0.contains(word)
    }

    pub(super) fn carries_files(&self, name: &str) -> bool {
        self.file_carriers.programs.0.contains(name)
    }

    pub(super) fn action_carries_files(&self, name: &str) -> bool {
        let mut words = self.file_carrying_actions.programs.0.iter();
        words.any(|word| name.contains(word.as_str()))
    }

    pub(super) fn test_runner(
        &self,
        program: &str,
        words: impl FnOnce() -> Vec<String>,
    ) -> Option<&TestRunner> {
        let is_it = |runner: &&TestRunner| runner.programs.iter().any(|name| name == program);
        let mut runners = self.test_runners.runners.iter().filter(is_it).peekable();
        runners.peek()?;
        let words = words();
        runners.find(|runner| runner.is_run_with(&words))
    }

    pub(super) fn starts_others(&self, code: &str) -> bool {
        let mut words = self.start_others.programs.0.iter();
        words.any(|word| code.contains(word.as_str()))
    }

    pub(super) fn fetches_files(&self, name: &str) -> bool {
        self.fetchers.programs.0.contains(name)
    }

    /// A program that is said to be harmless and not harmless.
    pub(super) fn contradiction(&self) -> Option<&str> {
        let harmless = self.harmless.programs.0.iter();
        harmless
            .map(String::as_str)
            .find(|name| self.runs_project_code(name) || self.engine_client(name).is_some())
    }
}
