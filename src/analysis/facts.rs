//! What a job does with images: which it builds, pulls, loads, runs, pushes, and where it logs in.

use crate::collections::{HashMap, HashSet};
use crate::image_name::ImageName;
use crate::rules::Rules;
use crate::shell::ArgumentKind;

use super::docker_call::DockerCall;
use super::own_names::OwnNames;
use super::registries::Registries;

/// One thing that a docker command does, in the order in which the job does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Makes an image of this name; empty if it has none that is written here.
    Build(String),
    /// Fetches an image.
    Pull(String),
    /// Runs or creates a container from an image; whether it goes on in the background.
    Run {
        /// Its name, variables put in.
        image: String,
        /// Whether it goes on in the background.
        detached: bool,
        /// Whether it is started again when it ends.
        restarts: bool,
    },
    /// Gives an image another name.
    Tag {
        /// The name that it has.
        from: String,
        /// The name that it gets.
        to: String,
    },
    /// Makes images of names that are not in the file.
    BuildUnnamed,
    /// Makes a list of images that are in a registry.
    Manifest(String),
    /// Sends an image to its registry.
    Push(String),
    /// Reads images from an archive.
    Load,
    /// Writes images to an archive.
    Save(Vec<String>),
    /// Logs in to a registry; an empty name is Docker Hub.
    Login(String),
    /// Logs out of a registry; an empty name is Docker Hub.
    Logout(String),
    /// Uses a container that must run already.
    UseContainer,
    /// Stops or removes containers.
    EndContainer,
    /// Starts what a compose file describes; whether it goes on in the background.
    ComposeUp {
        /// Whether it goes on in the background.
        detached: bool,
    },
    /// Ends what a compose file describes.
    ComposeDown,
    /// Removes whatever is not used.
    Prune,
}

/// The operations of a job, each with its call. What the passes ask of them is looked up by name: a script of thousands of docker
/// commands asks as often.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// In the order in which they happen; the number is the call's place in the view.
    pub operations: Vec<(usize, Operation)>,
    /// The first call after which an image may be in the store, by its name without tag.
    had: HashMap<String, usize>,
    /// The first call that makes an image, by its name without tag.
    made: HashMap<String, usize>,
    /// The first call after which any image may be in the store.
    loads: Option<usize>,
    /// The first call after which any name may be a local one.
    makes_any: Option<usize>,
    /// The first call that makes images of unknown names.
    unknown: Option<usize>,
    /// The first call that makes an image of a name.
    names_made: HashMap<String, usize>,
    /// Repositories of which an image is made that is the latest.
    latest_made: HashSet<String>,
    /// The first call that pushes an image of a name.
    names_pushed: HashMap<String, usize>,
    /// What is pushed, without tags.
    pushed: HashSet<String>,
    /// What stands before the first slash of images that go to or come from a registry.
    registries: HashSet<String>,
    /// The first call that builds an image, by its whole name.
    built: HashMap<String, usize>,
    /// The first call that makes a list in a registry, by its whole name.
    listed: HashMap<String, usize>,
    /// The registries that the job logs in to.
    pub logins: Registries,
    /// The logins and logouts of each registry in their order, each with its call and whether it is a login.
    sessions: HashMap<String, Vec<(usize, bool)>>,
    /// Images that containers are made of, or that get another name.
    used: HashSet<String>,
    /// What builds name as their caches.
    cache_sources: HashSet<String>,
    /// The names that containers are given.
    containers: HashSet<String>,
    /// What images of the job may be called where the files do not say it all.
    own_names: OwnNames,
}

impl Facts {
    /// Looks at every docker command of a job, each given with its place in the view.
    pub(crate) fn of<'c, 'v: 'c>(calls: impl Iterator<Item = (usize, &'c DockerCall<'v>)>) -> Self {
        let mut facts = Self::default();
        for (index, call) in calls {
            for operation in operations(call) {
                if let Operation::Login(registry) | Operation::Logout(registry) = &operation {
                    let name = session(call.view.context.rules, registry);
                    let is_login = matches!(operation, Operation::Login(_));
                    if is_login {
                        facts.logins.add(index, registry, &name);
                    }
                    let known = facts.sessions.entry(name).or_default();
                    known.push((index, is_login));
                }
                if let Operation::Build(name) | Operation::Tag { to: name, .. } = &operation {
                    facts.own_names.add(index, call, name);
                }
                facts.add(index, operation);
            }
            if call.rule.name == "build" && has_unknown_flags(call) {
                facts.own_names.add_any(index);
            }
            let names = call.flags_named("--name");
            if matches!(call.rule.name.as_str(), "run" | "create") {
                let names = names.filter_map(|flag| call.value(flag));
                facts.containers.extend(names.map(|name| name.text));
            }
            if call.rule.name == "build" {
                facts.cache_sources.extend(cache_sources(call));
            }
        }
        facts
    }

    fn add(&mut self, call: usize, operation: Operation) {
        if let Operation::Run { image, .. } | Operation::Tag { from: image, .. } = &operation {
            self.used.insert(image.clone());
        }
        match &operation {
            Operation::Build(name) => first_of(&mut self.built, name, call),
            Operation::Manifest(name) => first_of(&mut self.listed, name, call),
            _ => {}
        }
        match &operation {
            Operation::Build(name) | Operation::Tag { to: name, .. } => {
                self.has(call, name);
                self.names_registry_of(name);
                let repository = ImageName::without_tag(name);
                first_of(&mut self.made, repository, call);
                let tag = ImageName::parse(name).tag;
                if tag.is_none_or(|tag| tag == "latest") {
                    self.latest_made.insert(repository.to_owned());
                }
                first_of(&mut self.names_made, whole(name), call);
            }
            Operation::Pull(name) => {
                self.has(call, name);
                self.names_registry_of(name);
            }
            Operation::Manifest(name) | Operation::Run { image: name, .. } => self.has(call, name),
            Operation::Push(name) => {
                self.names_registry_of(name);
                first_of(&mut self.names_pushed, whole(name), call);
                self.pushed.insert(ImageName::without_tag(name).to_owned());
            }
            Operation::Load => {
                self.loads.get_or_insert(call);
                self.makes_any.get_or_insert(call);
            }
            Operation::ComposeUp { .. } => {
                self.makes_any.get_or_insert(call);
            }
            Operation::BuildUnnamed => {
                self.unknown.get_or_insert(call);
            }
            _ => {}
        }
        self.operations.push((call, operation));
    }

    fn has(&mut self, call: usize, image: &str) {
        first_of(&mut self.had, ImageName::without_tag(image), call);
    }

    fn names_registry_of(&mut self, image: &str) {
        if let Some((first, _)) = image.split_once('/')
            && !self.registries.contains(first)
        {
            self.registries.insert(first.to_owned());
        }
    }

    /// Whether the job made, fetched or loaded an image before a call.
    pub fn has_before(&self, call: usize, image: &str) -> bool {
        let first = self.had.get(ImageName::without_tag(image));
        let before = |first: Option<usize>| first.is_some_and(|first| first < call);
        before(first.copied()) || before(self.loads) || before(self.unknown)
    }

    /// Whether the job made an image (or may have loaded it) before a call, so that the name is a local one.
    pub fn made_before(&self, call: usize, image: &str) -> bool {
        let first = self.made.get(ImageName::without_tag(image));
        let before = |first: Option<usize>| first.is_some_and(|first| first < call);
        before(first.copied())
            || before(self.makes_any)
            || before(self.unknown) && ImageName::parse(image).is_short()
    }

    /// Whether a command before a call may make an image of a name, as far as the files say what it makes.
    pub(crate) fn may_make_before(&self, call: usize, image: &str) -> bool {
        self.made_before(call, image) || self.own_names.may_hold_before(call, image)
    }

    /// Whether an image of the job is named by this registry: a login to it must keep the name.
    pub fn names_registry(&self, registry: &str) -> bool {
        let host = registry
            .trim_start_matches("https://")
            .split('/')
            .next()
            .unwrap_or(registry);
        self.registries.contains(host)
    }

    /// Whether the job makes an image of just this name.
    pub fn is_made(&self, image: &str) -> bool {
        self.names_made.contains_key(whole(image))
    }

    /// Whether a command before a call makes an image of just this name.
    pub fn is_made_before(&self, call: usize, image: &str) -> bool {
        let first = self.names_made.get(whole(image));
        first.is_some_and(|first| *first < call)
    }

    /// Whether a command before a call pushes an image of just this name.
    pub fn is_pushed_before(&self, call: usize, image: &str) -> bool {
        let first = self.names_pushed.get(whole(image));
        first.is_some_and(|first| *first < call)
    }

    /// Whether the job makes images of a repository, under any tag.
    pub fn makes(&self, repository: &str) -> bool {
        self.made.contains_key(repository)
    }

    /// Whether the job makes the latest image of a repository.
    pub fn makes_latest(&self, repository: &str) -> bool {
        self.latest_made.contains(repository)
    }

    /// The first call that makes an image of just this name from something else than another image's name.
    pub(crate) fn first_build(&self, image: &str) -> Option<usize> {
        self.built
            .get(image)
            .or_else(|| self.built.get(whole(image)))
            .copied()
    }

    /// Whether a build before a call makes an image of just this name.
    pub fn built_before(&self, call: usize, image: &str) -> bool {
        self.built.get(image).is_some_and(|first| *first < call)
    }

    /// Whether a build before a call makes images of names that are not in the file.
    pub fn builds_unknown_before(&self, call: usize) -> bool {
        self.unknown.is_some_and(|first| first < call)
    }

    /// Whether a list of just this name is made in a registry before a call.
    pub fn listed_before(&self, call: usize, name: &str) -> bool {
        self.listed.get(name).is_some_and(|first| *first < call)
    }

    /// The login to a registry, as `session` names it, that holds where a call runs.
    pub fn logged_in_before(&self, call: usize, session: &str) -> Option<usize> {
        let known = self.sessions.get(session)?;
        let before = known.partition_point(|(at, _)| *at < call);
        let (login, is_login) = known.get(before.checked_sub(1)?)?;
        is_login.then_some(*login)
    }

    /// Whether the job pushes to a repository, under any tag.
    pub fn pushes_to(&self, repository: &str) -> bool {
        self.pushed.contains(repository)
    }

    /// Whether a container is made of an image, or it gets another name.
    pub fn is_used(&self, image: &str) -> bool {
        self.used.contains(image)
    }

    /// Whether a container of the job has this name.
    pub fn is_container(&self, name: &str) -> bool {
        self.containers.contains(name)
    }

    /// Whether a build names an image as its cache.
    pub fn is_cache_source(&self, image: &str) -> bool {
        self.cache_sources.contains(image)
    }
}

/// A name without the tag that one without a tag has.
fn whole(name: &str) -> &str {
    name.strip_suffix(":latest").unwrap_or(name)
}

/// Remembers the first call of a name.
fn first_of(known: &mut HashMap<String, usize>, name: &str, call: usize) {
    if !known.contains_key(name) {
        known.insert(name.to_owned(), call);
    }
}

/// A registry under the one name by which logins and logouts meet: `${R}` is `$R`, and Docker Hub has one of many names.
pub(crate) fn session(rules: &Rules, registry: &str) -> String {
    let name = registry
        .trim_start_matches("https://")
        .trim_start_matches("http://");
    let name = name.trim_end_matches('/');
    if registry.is_empty() || name == "docker.io" || rules.is_docker_hub(registry) {
        return "docker.io".to_owned();
    }
    name.replace("${", "$").replace('}', "")
}

fn operations(call: &DockerCall<'_>) -> Vec<Operation> {
    let operands = call.operands();
    let operand = |index: usize| operands.get(index).map(|word| call.text_of(*word).text);
    let mut found = Vec::new();
    match call.rule.name.as_str() {
        "build" => {
            let push = pushes(call);
            let arrays = names_in_arrays(call);
            if call.flags_named("--tag").next().is_none() && arrays.is_empty() {
                found.push(Operation::Build(String::new()));
            }
            found.extend(arrays);
            for flag in call.flags_named("--tag") {
                if let Some(value) = call.value(flag) {
                    found.push(Operation::Build(value.text.clone()));
                    if push {
                        found.push(Operation::Push(value.text));
                    }
                }
            }
        }
        "buildx imagetools create" => {
            let tags = call.flags_named("--tag");
            let names: Vec<String> = tags
                .filter_map(|flag| call.value(flag))
                .map(|value| value.text)
                .collect();
            // without one here, the names come by words that the shell fills in
            let unknown = names.is_empty().then(|| Operation::Manifest(String::new()));
            found.extend(names.into_iter().map(Operation::Manifest).chain(unknown));
        }
        "manifest create" => found.extend(operand(0).map(Operation::Manifest)),
        "manifest push" => found.extend(operand(0).map(Operation::Push)),
        "pull" => found.extend(operand(0).map(Operation::Pull)),
        "push" => found.extend(operand(0).map(Operation::Push)),
        "run" | "create" => {
            if let Some(image) = operand(0) {
                let detached = call.is_on("--detach") || call.rule.name == "create";
                let restarts = call
                    .flags_named("--restart")
                    .any(|flag| call.value(flag).is_some_and(|value| value.text != "no"));
                found.push(Operation::Run {
                    image,
                    detached,
                    restarts,
                });
            }
        }
        "tag" => {
            if let (Some(from), Some(to)) = (operand(0), operand(1)) {
                found.push(Operation::Tag { from, to });
            }
        }
        "commit" => found.extend(operand(1).map(Operation::Build)),
        "import" => found.extend(operand(1).map(Operation::Build)),
        "load" => found.push(Operation::Load),
        "save" => found.push(Operation::Save(
            operands
                .iter()
                .map(|word| call.text_of(*word).text)
                .collect(),
        )),
        "login" => found.push(Operation::Login(operand(0).unwrap_or_default())),
        "logout" => found.push(Operation::Logout(operand(0).unwrap_or_default())),
        "exec" | "cp" | "logs" | "port" | "top" | "attach" => found.push(Operation::UseContainer),
        "stop" | "rm" | "kill" => found.push(Operation::EndContainer),
        "system prune" | "image prune" | "container prune" | "volume prune" | "network prune"
        | "builder prune" => {
            found.push(Operation::Prune);
        }
        "compose up" => found.push(Operation::ComposeUp {
            detached: call.is_on("--detach"),
        }),
        "compose down" | "compose stop" | "compose rm" | "compose kill" => {
            found.push(Operation::ComposeDown)
        }
        _ => {}
    }
    found
}

/// What `"${names[@]/#/--tag=}"` makes: the array is filled from the variable of its name in capitals, whose text a
/// workflow may say.
fn names_in_arrays(call: &DockerCall<'_>) -> Vec<Operation> {
    let mut found = Vec::new();
    for word in call.operands() {
        let raw = call.call.raw(&call.words()[word]);
        let array = raw
            .strip_prefix("\"${")
            .and_then(|rest| rest.strip_suffix("[@]/#/--tag=}\""));
        let Some(array) = array else { continue };
        let Some(text) = call.variable(&array.to_ascii_uppercase()) else {
            found.push(Operation::BuildUnnamed);
            continue;
        };
        for name in text.split(['\n', ',']).map(str::trim) {
            match name {
                "" => {}
                name if name.starts_with("${{") => found.push(Operation::BuildUnnamed),
                name => found.push(Operation::Build(name.to_owned())),
            }
        }
    }
    found
}

/// Whether the shell may make names of a word in front of what is built: `docker build $OPTIONS .`
fn has_unknown_flags(call: &DockerCall<'_>) -> bool {
    let opaque = call.arguments.iter();
    let opaque = opaque.filter(|it| matches!(it.kind, ArgumentKind::Opaque));
    let operands = call.operands();
    let (context, _) = operands.split_last().unzip();
    let mut words = opaque.map(|argument| argument.words.start);
    words.any(|word| {
        let raw = call.call.raw(&call.words()[word]);
        let says_its_flag = raw.starts_with("\"${") && raw.contains("[@]/#/--");
        Some(&word) != context && !says_its_flag && call.text_of(word).unknown
    })
}

/// The images that a build names as its caches, variables put in.
fn cache_sources(call: &DockerCall<'_>) -> Vec<String> {
    let values = call
        .flags_named("--cache-from")
        .filter_map(|flag| call.value(flag));
    let sources = values.flat_map(|value| {
        let parts = value.text.split(',');
        let names = parts.map(|part| part.strip_prefix("ref=").unwrap_or(part).to_owned());
        names.collect::<Vec<_>>()
    });
    sources.collect()
}

/// Whether a build pushes what it builds.
pub(crate) fn pushes(call: &DockerCall<'_>) -> bool {
    call.is_on("--push")
        || call.flags_named("--output").any(|flag| {
            call.value(flag).is_some_and(|value| {
                value.text.contains("type=registry")
                    || (value.text.contains("type=image") && value.text.contains("push=true"))
            })
        })
}
