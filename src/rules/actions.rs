//! GitHub actions that use an engine, its store or its credentials, and the runners on which jobs meet Podman.

use serde::Deserialize;

use crate::collections::HashMap;
use crate::version::Version;

use super::error::source;
use super::unique::{UniqueMap, UniqueSet};

/// What becomes of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionHandling {
    /// It builds images, and is written out as commands.
    Build,
    /// It logs in to a registry, and is written out as a command.
    Login,
    /// It installs emulators for other architectures, and is written out as a command.
    Emulators,
    /// Nothing takes its place.
    Nothing,
    /// It stays: it needs no engine, or works beside Podman.
    Same,
    /// It stays, and looks for an image in Docker's store.
    StoreReader,
    /// Podman has nothing for it: the job stays.
    Gap,
}

/// How a list is written in an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputList {
    /// One value.
    #[default]
    No,
    /// One a line.
    Lines,
    /// One a line, or several with commas between them.
    Names,
    /// Like `Names`, given as one value with commas.
    Joined,
}

/// What an input means.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum InputRule {
    /// The folder or address that is built.
    Context,
    /// A flag with the input's value or values.
    Flag {
        /// Docker's flag.
        flag: String,
        /// How several values are written.
        #[serde(default)]
        list: InputList,
    },
    /// A flag without a value, given when the input is true.
    Switch {
        /// Docker's flag.
        flag: String,
    },
    /// Whether the image is pushed.
    Push,
    /// Where the result goes.
    Outputs,
    /// `KEY=VALUE` lines of build secrets.
    SecretValues,
    /// `KEY=VARIABLE` lines of build secrets.
    SecretVariables,
    /// `KEY=FILE` lines of build secrets.
    SecretFiles,
    /// The registry of a login.
    Registry {
        /// Parts of the names of registries whose user and password the action takes for keys of another login.
        #[serde(default, rename = "by-keys")]
        by_keys: Vec<String>,
    },
    /// The user of a login.
    Username,
    /// The password of a login.
    Password,
    /// The architectures whose emulators are installed.
    Platforms,
    /// The image that installs emulators.
    Image,
    /// Podman does without it.
    Drop {
        /// Values that Podman cannot do without.
        #[serde(default)]
        except: Vec<String>,
        /// The reason.
        why: String,
    },
    /// Settings of a program that is no longer there: Podman does without it if all of them are idle without the program.
    Settings {
        /// How they are written.
        format: Format,
        /// Why the job stays where they say more.
        why: String,
        /// Settings by their whole names that need nothing in their place.
        idle: UniqueMap<IdleSetting>,
    },
    /// Podman has nothing for it: the job stays.
    Gap {
        /// The reason.
        why: String,
        /// What to do where it is needed.
        #[serde(default)]
        instead: Option<String>,
    },
}

/// How settings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// As an object of JSON.
    Json,
    /// As tables of TOML.
    Toml,
}

/// A setting that needs nothing in its place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IdleSetting {
    /// Why.
    pub why: String,
    /// Why it matters all the same in a job that saves or loads archives of images.
    #[serde(default)]
    pub archives: Option<String>,
}

/// How an output is made from Podman's commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputRule {
    /// The digest that the registry gave the pushed image.
    Digest,
    /// The image's own id.
    ImageId,
}

/// One action.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ActionRule {
    /// Its repository, and the folder in it.
    pub action: String,
    /// What becomes of it.
    pub becomes: ActionHandling,
    /// Why.
    #[serde(default)]
    pub why: String,
    /// What to do where it is needed, if the job stays because of it.
    pub instead: Option<String>,
    /// The input that names an image of the engine's store.
    pub image_input: Option<String>,
    /// Whether it reads the credentials file that Docker's login leaves.
    #[serde(default)]
    pub reads_credentials: bool,
    /// Whether it leaves credentials in the file that Docker's login would write.
    #[serde(default)]
    pub leaves_credentials: bool,
    /// Whether it calls the docker command of the job's machine, and leaves nothing but credentials.
    #[serde(default)]
    pub calls_docker: bool,
    /// Whether what it sets up brings emulators of other architectures along.
    #[serde(default)]
    pub brings_emulators: bool,
    /// Whether it sets DOCKER_CONFIG for the steps behind it.
    #[serde(default)]
    pub sets_docker_config: bool,
    /// Whether it says nothing about Docker by itself, and matters only beside other things that use it.
    #[serde(default)]
    pub only_beside: bool,
    #[serde(default)]
    inputs: UniqueMap<InputRule>,
    #[serde(default)]
    outputs: UniqueMap<OutputRule>,
    /// How this is known.
    #[serde(deserialize_with = "source")]
    pub source: String,
}

impl ActionRule {
    /// Whether the action is a sign that its job uses Docker.
    pub fn uses_docker(&self) -> bool {
        !self.only_beside
            && !matches!(
                self.becomes,
                ActionHandling::Same | ActionHandling::StoreReader
            )
    }

    /// What an input means; GitHub takes its name in any case.
    pub fn input(&self, name: &str) -> Option<&InputRule> {
        self.inputs.0.get(&name.to_ascii_lowercase())
    }

    /// How an output is made.
    pub fn output(&self, name: &str) -> Option<OutputRule> {
        self.outputs.0.get(name).copied()
    }
}

/// The actions of all files, by name.
#[derive(Debug, Default)]
pub(super) struct Actions(HashMap<String, ActionRule>);

impl Actions {
    pub(super) fn of(lists: impl Iterator<Item = Vec<ActionRule>>) -> Result<Self, String> {
        let mut all = HashMap::default();
        for rule in lists.flatten() {
            let name = rule.action.to_ascii_lowercase();
            if all.contains_key(&name) {
                return Err(format!("the action `{name}` stands here twice"));
            }
            all.insert(name, rule);
        }
        Ok(Self(all))
    }

    pub(super) fn get(&self, name: &str) -> Option<&ActionRule> {
        match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => self.0.get(&name.to_ascii_lowercase()),
            false => self.0.get(name),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &ActionRule> {
        self.0.values()
    }
}

/// A runner of GitHub's own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct HostedRunner {
    /// The oldest Podman that a job meets there.
    pub podman: Option<String>,
    /// Why there is none.
    pub without: Option<String>,
}

/// What a label of `runs-on` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunnerLabel<'a> {
    /// A hosted runner with this Podman.
    Podman(Version),
    /// A runner on which nothing is moved, for this reason.
    Without(&'a str),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Runners {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    hosted: UniqueMap<HostedRunner>,
    other_systems: UniqueMap<String>,
    harmless_actions: Harmless,
}

/// Actions that have nothing to do with registries.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Harmless {
    #[serde(rename = "source", deserialize_with = "source")]
    _source: String,
    owners: UniqueSet,
    actions: UniqueSet,
}

impl Runners {
    /// Whether an action has nothing to do with registries.
    pub(super) fn is_harmless(&self, action: &str) -> bool {
        let owner = action.split('/').next().unwrap_or(action);
        let harmless = &self.harmless_actions;
        harmless.owners.0.contains(owner) || harmless.actions.0.contains(action)
    }

    pub(super) fn label(&self, name: &str) -> Option<RunnerLabel<'_>> {
        if let Some(runner) = self.hosted.0.get(name) {
            return match (&runner.podman, &runner.without) {
                (Some(version), _) => version.parse().ok().map(RunnerLabel::Podman),
                (None, without) => {
                    Some(RunnerLabel::Without(without.as_deref().unwrap_or_default()))
                }
            };
        }
        self.other_systems
            .0
            .iter()
            .find(|(begin, _)| name.starts_with(begin.as_str()))
            .map(|(_, why)| RunnerLabel::Without(why))
    }
}
