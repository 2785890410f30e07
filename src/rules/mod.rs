//! The rules as data: what becomes of Docker's commands, flags, images, variables and packages.
//!
//! They lie in `translations/`, one YAML file a subject, and are embedded in the program. No key may stand in a map
//! twice, none may be unknown, and every entry says how it is known (`source`; a flag without one has its command's).
//!
//! `commands/*.yaml` are lists. An entry begins with `- command:` and `also:` (other words for the same), each on one
//! line, because they are indexed without being read. Then comes one of `becomes` (Podman's words), `gap` (nothing does
//! it, the job stays), `drop` (its statement goes) and `rewrite` (code of that name writes it), the latter three but
//! the last with the reason. Further: `group` (only the head of a group, with the flags before its commands),
//! `image-operands` (first, second, all), `options-end-at-operand`, `like` (has the flags of that command too),
//! `since` (the first Podman that has it), `options-first` (a Podman before this one wants every option in front of the first
//! operand), `under-host-network` (error, ignored: what happens in the stable image, whose
//! containers share the host's network and have no cgroups), `podman-compose: false`, `note`.
//!
//! A flag is a key of `flags`: `--tag: {short: -t, value: true, is: same}`. `is` says what becomes of it: `same`, `drop`
//! (with `why`), `rename` (with `to`), `rewrite` (with the code's name in `with`, and `why`), `gap` (with `why`).
//! `when` lists values with a rule of their own (`value`), or places: `on: image` is root in Podman's image, `on: machine`
//! the runner's user on its machine, `from` and `before` are Podman's versions; the first that is true counts. `loses` names
//! what Docker did and Podman does not, `instead` what to do where that is needed.
//!
//! What the rules of `compat/*.yaml` and `passes.yaml` say is told in `catalog.rs`.
//!
//! The other files are maps that name their keys plainly. Everything is read when it is first asked for, each command by
//! itself, so that a run on files without Docker reads nothing; [`Rules::load`] reads and checks all of it, in the tests.
//!
//! It is long because every question that the program asks of the tables is a method here.

mod actions;
mod catalog;
mod commands;
mod daemon;
mod differences;
mod embedded;
mod error;
mod flags;
pub mod ids;
mod images;
mod logins;
mod packages;
mod pattern;
mod profiles;
mod programs;
mod redhat;
mod rewrites;
mod short_names;
mod templates;
mod unique;
mod variables;

use std::sync::OnceLock;

use crate::options::Options;
use serde::de::DeserializeOwned;

pub use actions::{
    ActionHandling, ActionRule, Format, IdleSetting, InputList, InputRule, OutputRule, RunnerLabel,
};
pub use catalog::{CatalogRule, Composer, Detector, Detectors, Happens, Site};
pub use commands::{Becomes, CommandRule, ImageOperands};
pub use daemon::{DaemonFlag, DaemonFlagHandling};
pub use differences::{Alpine, Folder, Paths};
pub use error::RulesError;
pub use flags::{FlagAction, FlagRule, Target, UnderHostNetwork, ValueCase};
pub use images::{
    DockerKind, DockerVariant, Engine, ImageKind, PodmanImage, Toolbox, ToolboxHandling,
};
pub use logins::{FileKey, LoginRule, LoginWay};
pub use packages::{OnFedora, PackageManager, PackageRule};
pub use pattern::fits;
pub use profiles::{Grant, Profile};
pub use programs::{Client, Program, TestRunner};
pub use redhat::{RedhatInput, RedhatRule};
pub use rewrites::FlagRewrite;
pub use short_names::ShortName;
pub use templates::{Field, Templates};
pub use unique::UniqueMap;
pub(crate) use unique::unique_map;
pub use variables::{VariableAction, VariableRule};

use actions::{Actions, Runners};
use catalog::Catalog;
use commands::Commands;
use daemon::Daemon;
use differences::Differences;
use embedded::{
    ACTIONS, CATALOG, COMMANDS, DAEMON, DIFFERENCES, File, IMAGES, LOGINS, PACKAGES, PROFILES,
    PROGRAMS, REDHAT, RUNNERS, SHORT_NAMES, TEMPLATES, VARIABLES,
};
use images::Images;
use logins::Logins;
use packages::Packages;
use profiles::Profiles;
use programs::Programs;
use short_names::ShortNames;
use variables::Variables;

/// All rules. A lookup in a table that cannot be read finds nothing; that the embedded ones can be read is tested.
#[derive(Default)]
pub struct Rules {
    catalog: OnceLock<Catalog>,
    commands: OnceLock<Commands>,
    images: Part<Images>,
    variables: Part<Variables>,
    packages: Part<Packages>,
    programs: Part<Programs>,
    logins: Part<Logins>,
    short_names: Part<ShortNames>,
    daemon: Part<Daemon>,
    differences: Part<Differences>,
    templates: Part<Vec<Templates>>,
    actions: OnceLock<Actions>,
    runners: Part<Runners>,
    redhat: Part<Vec<RedhatRule>>,
    profiles: Part<Profiles>,
}

/// A file that is read when it is first asked for.
struct Part<T>(OnceLock<Option<T>>);

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T: DeserializeOwned> Part<T> {
    fn get(&self, (file, text): File) -> Option<&T> {
        let read = || error::read(file, text, 1).ok();
        self.0.get_or_init(read).as_ref()
    }

    fn checked(&self, (file, text): File) -> Result<&T, RulesError> {
        let read = error::read(file, text, 1)?;
        let part = self.0.get_or_init(|| Some(read)).as_ref();
        part.ok_or_else(|| RulesError::without_place(file, "cannot be read"))
    }
}

impl Rules {
    /// The embedded rules, read as they are asked for.
    pub fn embedded() -> &'static Self {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(Self::default)
    }

    /// The embedded rules, all read and checked.
    ///
    /// # Errors
    /// The first fault, with its file, its place and its key.
    pub fn load() -> Result<Self, RulesError> {
        let rules = Self::default();
        for (file, text) in COMMANDS {
            commands::check_file(file, text)?;
        }
        rules.commands().check()?;
        rules.catalog().check()?;
        rules.images.checked(IMAGES)?;
        rules.variables.checked(VARIABLES)?;
        rules.packages.checked(PACKAGES)?;
        rules.logins.checked(LOGINS)?;
        rules.short_names.checked(SHORT_NAMES)?;
        rules.daemon.checked(DAEMON)?;
        rules.differences.checked(DIFFERENCES)?;
        rules.templates.checked(TEMPLATES)?;
        rules.runners.checked(RUNNERS)?;
        rules.redhat.checked(REDHAT)?;
        rules.profiles.checked(PROFILES)?;
        let mut lists = Vec::new();
        for (file, text) in ACTIONS {
            lists.push(error::read::<Vec<ActionRule>>(file, text, 1)?);
        }
        Actions::of(lists.into_iter())
            .map_err(|message| RulesError::without_place("actions", message))?;
        if let Some(name) = rules.programs.checked(PROGRAMS)?.contradiction() {
            let message = format!("`{name}` is harmless and not harmless");
            return Err(RulesError::without_place(PROGRAMS.0, message));
        }
        Ok(rules)
    }

    /// Checks the text of a file as if it stood in `translations/` under this name.
    ///
    /// # Errors
    /// The first fault, with its place and its key.
    pub fn check(file: &str, text: &str) -> Result<(), RulesError> {
        match file {
            "images.yaml" => error::read::<Images>(file, text, 1).map(drop),
            "variables.yaml" => error::read::<Variables>(file, text, 1).map(drop),
            "packages.yaml" => error::read::<Packages>(file, text, 1).map(drop),
            "programs.yaml" => error::read::<Programs>(file, text, 1).map(drop),
            "logins.yaml" => error::read::<Logins>(file, text, 1).map(drop),
            "short-names.yaml" => error::read::<ShortNames>(file, text, 1).map(drop),
            "differences.yaml" => error::read::<Differences>(file, text, 1).map(drop),
            "daemon.yaml" => error::read::<Daemon>(file, text, 1).map(drop),
            "runners.yaml" => error::read::<Runners>(file, text, 1).map(drop),
            "profiles.yaml" => error::read::<Profiles>(file, text, 1).map(drop),
            _ if file.starts_with("compat/") || file == "passes.yaml" => {
                catalog::check_file(file, text)
            }
            "actions/redhat.yaml" => error::read::<Vec<RedhatRule>>(file, text, 1).map(drop),
            _ if file.starts_with("actions/") => {
                error::read::<Vec<ActionRule>>(file, text, 1).map(drop)
            }
            _ => commands::check_file(file, text),
        }
    }

    fn catalog(&self) -> &Catalog {
        self.catalog.get_or_init(|| Catalog::index(CATALOG))
    }

    /// A rule that findings are named after.
    pub fn named(&self, rule: &str) -> Option<&CatalogRule> {
        self.catalog().named(rule)
    }

    /// All rules that findings are named after, in the order of the files.
    pub fn all_named(&self) -> impl Iterator<Item = &CatalogRule> {
        self.catalog().all()
    }

    /// What the rules look for.
    pub fn detectors(&self) -> &Detectors {
        self.catalog().detectors()
    }

    fn commands(&self) -> &Commands {
        self.commands.get_or_init(|| Commands::index(COMMANDS))
    }

    /// The command that `words` (behind `docker` and its own options) begin with, and how many words name it. The
    /// longest name counts; the head of a group only when no word of a command follows it.
    pub fn command(&self, words: &[&str]) -> Option<(&CommandRule, usize)> {
        match words.first() {
            Some(&GLOBAL) | None => None,
            Some(_) => self.commands().find(words),
        }
    }

    /// All commands, in the order of the files.
    pub fn all_commands(&self) -> impl Iterator<Item = &CommandRule> {
        self.commands().all()
    }

    /// The options that stand between `docker` and its command.
    pub fn global_flags(&self) -> Option<&CommandRule> {
        self.commands().named(GLOBAL)
    }

    /// What is known about an action, by its repository and the folder in it.
    pub fn action(&self, name: &str) -> Option<&ActionRule> {
        self.actions().get(name)
    }

    fn actions(&self) -> &Actions {
        let read = || {
            let lists = ACTIONS
                .iter()
                .filter_map(|(file, text)| error::read::<Vec<ActionRule>>(file, text, 1).ok());
            Actions::of(lists).unwrap_or_default()
        };
        self.actions.get_or_init(read)
    }

    /// Names of actions and images of which a CI file holds one if a job uses Docker by an action or an image.
    pub(crate) fn words_of_docker(&self) -> impl Iterator<Item = &str> {
        let actions = self.actions().all().filter(|rule| rule.uses_docker());
        let images = self.images.get(IMAGES).into_iter();
        let images = images.flat_map(Images::of_docker);
        actions.map(|rule| rule.action.as_str()).chain(images)
    }

    /// What an action of redhat-actions says in the place of one of Docker's.
    pub fn redhat_action(&self, name: &str) -> Option<&RedhatRule> {
        let rules = self.redhat.get(REDHAT)?;
        rules
            .iter()
            .find(|rule| rule.action.eq_ignore_ascii_case(name))
    }

    /// Whether an action may read the credentials file that Docker's login leaves: one that is not known may.
    pub fn action_reads_credentials(&self, name: &str) -> bool {
        match self.action(name) {
            Some(rule) => rule.reads_credentials,
            None => {
                let known = self
                    .runners
                    .get(RUNNERS)
                    .is_some_and(|runners| runners.is_harmless(name));
                !known && !name.starts_with(['.', '/']) && !name.starts_with("docker://")
            }
        }
    }

    /// Whether an action does what nobody here sees: it is not known, or lies in a repository that cannot be read.
    pub fn is_unseen_action(&self, name: &str) -> bool {
        let runners = self.runners.get(RUNNERS);
        let harmless = runners.is_some_and(|runners| runners.is_harmless(name));
        self.action(name).is_none() && !harmless
    }

    /// What a label of `runs-on` says of the Podman that a job meets.
    pub fn runner_label(&self, label: &str) -> Option<RunnerLabel<'_>> {
        self.runners.get(RUNNERS)?.label(label)
    }

    /// What a runner lets Podman do, by the name under which a user gives it.
    pub fn profile(&self, name: &str) -> Option<&Profile> {
        self.profiles.get(PROFILES)?.get(name)
    }

    /// The ids of the providers of which the tables say what they need.
    #[cfg(test)]
    pub(crate) fn providers_of_profiles(&self) -> impl Iterator<Item = &str> {
        let profiles = self.profiles.get(PROFILES).into_iter();
        profiles.flat_map(Profiles::providers)
    }

    /// What is known about an image, by its name without tag and digest, and its tag.
    pub fn image(&self, repository: &str, tag: Option<&str>) -> ImageKind<'_> {
        let images = self.images.get(IMAGES);
        images.map_or(ImageKind::Unknown, |images| images.kind(repository, tag))
    }

    /// Whether an image tells the kernel how to run programs of other processors.
    pub fn is_emulator(&self, repository: &str) -> bool {
        let images = self.images.get(IMAGES);
        images.is_some_and(|images| images.is_emulator(repository))
    }

    /// An image's name as Docker Hub has it, without the prefix of a proxy that the rules know.
    pub fn without_proxy<'n>(&self, repository: &'n str) -> &'n str {
        let images = self.images.get(IMAGES);
        images.map_or(repository, |images| images.without_proxy(repository))
    }

    /// The image that a job gets in place of Docker's.
    pub fn podman_image(&self) -> Option<&PodmanImage> {
        self.images.get(IMAGES).map(|images| &images.podman_image)
    }

    /// The image that jobs get unless they have one of their own: the one that the user names, or Podman's own with a tag.
    pub fn target_image(&self, options: &Options) -> String {
        let named = options.podman_image.clone();
        let own = || self.podman_image().map(|own| own.tagged(options.podman));
        named.or_else(own).unwrap_or_default()
    }

    /// Whether an image comes through a proxy or a mirror that somebody runs for a network of their own.
    pub fn is_behind_proxy(&self, image: &str) -> bool {
        let images = self.images.get(IMAGES);
        images.is_some_and(|images| images.is_behind_proxy(image))
    }

    /// What becomes of a variable that Docker or one of its helpers reads.
    pub fn variable(&self, name: &str) -> Option<&VariableRule> {
        self.variables.get(VARIABLES)?.get(name)
    }

    /// All variables (names, or patterns with `*`), in the order of the file.
    pub fn all_variables(&self) -> impl Iterator<Item = (&str, &VariableRule)> {
        let variables = self.variables.get(VARIABLES);
        variables.into_iter().flat_map(Variables::all)
    }

    /// What is known about a package.
    pub fn package(&self, manager: PackageManager, name: &str) -> Option<&PackageRule> {
        self.packages.get(PACKAGES)?.get(manager, name)
    }

    /// All packages of a manager, in the order of the file.
    pub fn all_packages(
        &self,
        manager: PackageManager,
    ) -> impl Iterator<Item = (&str, &PackageRule)> {
        let packages = self.packages.get(PACKAGES);
        packages
            .into_iter()
            .flat_map(move |packages| packages.all(manager))
    }

    /// The packages that bring Podman; none where the manager has none.
    pub fn podman_packages(&self, manager: PackageManager) -> &[String] {
        let packages = self.packages.get(PACKAGES);
        packages.map_or(&[], |packages| packages.podman(manager))
    }

    /// Where a program comes from.
    pub fn program(&self, name: &str) -> Option<&Program> {
        self.programs.get(PROGRAMS)?.get(name)
    }

    /// A program that needs the API of Docker's daemon, and how that is known.
    pub fn engine_client(&self, name: &str) -> Option<(&Client, &str)> {
        self.programs.get(PROGRAMS)?.engine_client(name)
    }

    /// A program that reads the credentials which a login leaves behind, and how that is known.
    pub fn credential_reader(&self, name: &str) -> Option<(&Client, &str)> {
        self.programs.get(PROGRAMS)?.credential_reader(name)
    }

    /// What is known of a program that logs in to a registry for Docker, if it does so with these words behind its name.
    pub fn login(&self, program: &str, words: impl FnOnce() -> Vec<String>) -> Option<&LoginRule> {
        self.logins.get(LOGINS)?.program(program, words)
    }

    /// What in Docker's file of credentials Podman reads otherwise, by the keys.
    pub fn credentials_file_keys(&self) -> impl Iterator<Item = (&str, &FileKey)> {
        let logins = self.logins.get(LOGINS);
        logins.into_iter().flat_map(Logins::file_keys)
    }

    /// Whether a program runs code of the project, which may call Docker out of sight.
    pub fn runs_project_code(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.runs_project_code(name))
    }

    /// Whether a call of such a program runs no code of the project; `words` are those behind the program's name.
    pub fn runs_own_code_only(&self, program: &str, words: impl FnOnce() -> Vec<String>) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.runs_own_code_only(program, words))
    }

    /// Whether a program never reaches an engine.
    pub fn is_harmless(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.is_harmless(name))
    }

    /// Whether a program only prints or compares its arguments.
    pub fn only_prints(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.only_prints(name))
    }

    /// Whether a program is a Docker daemon, or starts one.
    pub fn is_daemon(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.is_daemon(name))
    }

    /// Whether a program looks for images in the store of Docker's daemon.
    pub fn scans_images(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.scans_images(name))
    }

    /// Whether a program asks for another one by its name.
    pub fn looks_up(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.looks_up(name))
    }

    /// Whether code in another language than the shell's may start a program.
    pub fn starts_others(&self, code: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_none_or(|programs| programs.starts_others(code))
    }

    /// Whether a word may stand in front of a command on its line.
    pub fn stands_before_commands(&self, word: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.stands_before_commands(word))
    }

    /// Whether a program takes the name of a host as an argument of its own.
    pub fn is_network_client(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.is_network_client(name))
    }

    /// Whether an action, by a word of its name, brings files to another machine.
    pub fn action_carries_files(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.action_carries_files(name))
    }

    /// Whether a program brings files to another machine.
    pub fn carries_files(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.carries_files(name))
    }

    /// Whether a program fetches files from the net.
    pub fn fetches_files(&self, name: &str) -> bool {
        let programs = self.programs.get(PROGRAMS);
        programs.is_some_and(|programs| programs.fetches_files(name))
    }

    /// What is known of a program that runs a project's tests, if it does so with these words behind its name.
    pub fn test_runner(
        &self,
        program: &str,
        words: impl FnOnce() -> Vec<String>,
    ) -> Option<&TestRunner> {
        self.programs.get(PROGRAMS)?.test_runner(program, words)
    }

    /// Whether a registry's name in a login means Docker Hub.
    pub fn is_docker_hub(&self, registry: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_some_and(|differences| differences.is_docker_hub(registry))
    }

    /// Whether an option of `apk add` takes a value.
    pub fn apk_option_takes_value(&self, option: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_some_and(|differences| differences.apk_option_takes_value(option))
    }

    /// Whether a word in the name of a makefile target or a script speaks of images.
    pub fn speaks_of_images(&self, word: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_some_and(|differences| differences.speaks_of_images(word))
    }

    /// Whether a command of Docker's speaks to the registry of the image that it names.
    pub fn reaches_registry(&self, command: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_some_and(|differences| differences.reaches_registry(command))
    }

    /// Whether a variable's name, in capitals, says that it holds a registry.
    pub fn names_registry(&self, variable: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_some_and(|differences| differences.names_registry(variable))
    }

    /// Whether a variable that the CI system sets begins with a registry.
    pub fn holds_full_image(&self, variable: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_some_and(|differences| differences.holds_full_image(variable))
    }

    /// Whether an image, by its name without tag, comes from a vendor whose images bring no HEALTHCHECK and no ONBUILD.
    pub fn is_vendor_image(&self, image: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_some_and(|differences| differences.is_vendor_image(image))
    }

    /// Whether a registry has no room for a repository that nobody made before.
    pub fn has_fixed_repositories(&self, registry: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_none_or(|differences| differences.has_fixed_repositories(registry))
    }

    /// The rest of a path that a script writes below the checkout or the folder in which it runs.
    pub fn below_checkout<'p>(&self, path: &'p str) -> Option<(Folder, &'p str)> {
        self.differences.get(DIFFERENCES)?.below_checkout(path)
    }

    /// Whether a frontend of BuildKit's reads Dockerfiles, by the last part of its image's name.
    pub fn is_dockerfile_frontend(&self, name: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_some_and(|differences| differences.is_dockerfile_frontend(name))
    }

    /// Words that Docker's builders print and Podman's does not.
    pub fn printed_by_builds(&self) -> impl Iterator<Item = &str> {
        let differences = self.differences.get(DIFFERENCES).into_iter();
        differences.flat_map(Differences::printed_by_builds)
    }

    /// The port on which a server of this image answers, by the last part of the image's name.
    pub fn port_of_server(&self, image: &str) -> Option<u16> {
        self.differences.get(DIFFERENCES)?.port_of_server(image)
    }

    /// Whether a program only keeps a container running.
    pub fn is_idle(&self, program: &str) -> bool {
        let differences = self.differences.get(DIFFERENCES);
        differences.is_some_and(|differences| differences.is_idle(program))
    }

    /// A field of a format for `docker inspect` that Podman prints otherwise.
    pub fn inspect_field(&self, format: &str) -> Option<&str> {
        self.differences.get(DIFFERENCES)?.inspect_field(format)
    }

    /// What `--format` prints of a kind of object: that of a command, or one by its name.
    pub fn templates(&self, of: &str) -> Option<&Templates> {
        let mut all = self.templates.get(TEMPLATES)?.iter();
        all.find(|templates| templates.are_of(of))
    }

    /// The capability of Docker's containers that a program needs and Podman's do not have.
    pub fn capability_of(&self, program: &str) -> Option<&str> {
        self.differences.get(DIFFERENCES)?.capability_of(program)
    }

    /// What is known of the paths that a container may be given of the machine it runs on.
    pub fn paths(&self) -> Option<&Paths> {
        let differences = self.differences.get(DIFFERENCES);
        differences.map(|differences| &differences.paths)
    }

    /// What Alpine has and Fedora has not.
    pub fn alpine(&self) -> Option<&Alpine> {
        self.differences
            .get(DIFFERENCES)
            .map(|differences| &differences.alpine)
    }

    /// What becomes of a flag that a dind service is given.
    pub fn daemon_flag(&self, name: &str) -> Option<&DaemonFlag> {
        self.daemon.get(DAEMON)?.flag(name)
    }

    /// What Podman's own list makes of an image name without a registry and without a tag.
    pub fn short_name(&self, name: &str) -> ShortName<'_> {
        let names = self.short_names.get(SHORT_NAMES);
        names.map_or(ShortName::Unlisted, |names| names.get(name))
    }
}

/// The name under which the table of the global options lies.
const GLOBAL: &str = "docker";
