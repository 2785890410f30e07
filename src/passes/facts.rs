//! What a job does with images: which it builds, pulls, loads, runs, pushes, and where it logs in.

use crate::image_name::ImageName;

use super::context::JobView;
use super::docker_call::DockerCall;
use super::evidence::Evidence;

/// One thing that a docker command does, in the order in which the job does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Makes an image of this name; empty if it has none that is written here.
    Builds(String),
    /// Fetches an image.
    Pulls(String),
    /// Runs or creates a container from an image; whether it goes on in the background.
    Runs {
        /// Its name, variables put in.
        image: String,
        /// Whether it goes on in the background.
        detached: bool,
        /// Whether it is started again when it ends.
        restarts: bool,
    },
    /// Gives an image another name.
    Tags {
        /// The name that it has.
        from: String,
        /// The name that it gets.
        to: String,
    },
    /// Makes images of names that are not in the file.
    BuildsUnknown,
    /// Makes a list of images that are in a registry.
    Lists(String),
    /// Sends an image to its registry.
    Pushes(String),
    /// Reads images from an archive.
    Loads,
    /// Writes images to an archive.
    Saves(Vec<String>),
    /// Logs in to a registry; an empty name is Docker Hub.
    LogsIn(String),
    /// Uses a container that must run already.
    UsesContainer,
    /// Stops or removes containers.
    EndsContainer,
    /// Starts what a compose file describes; whether it goes on in the background.
    ComposeUp {
        /// Whether it goes on in the background.
        detached: bool,
    },
    /// Ends what a compose file describes.
    ComposeDown,
    /// Removes whatever is not used.
    Prunes,
}

/// The deeds of a job, each with its call.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// In the order in which they happen; the number is the call's place in the view.
    pub deeds: Vec<(usize, Deed)>,
}

impl Facts {
    /// Looks at every docker command of a job.
    pub fn of(view: &JobView<'_>, evidence: &Evidence<'_>) -> Self {
        let mut facts = Self::default();
        for index in &evidence.commands {
            let Ok(call) = DockerCall::new(view, &view.calls[*index]) else {
                continue;
            };
            for deed in deeds(&call) {
                facts.deeds.push((*index, deed));
            }
        }
        facts
    }

    /// Whether the job made, fetched or loaded an image before a call.
    pub fn has_before(&self, call: usize, image: &str) -> bool {
        let wanted = ImageName::without_tag(image);
        self.deeds
            .iter()
            .take_while(|(index, _)| *index < call)
            .any(|(_, deed)| match deed {
                Deed::Builds(name)
                | Deed::Pulls(name)
                | Deed::Lists(name)
                | Deed::Tags { to: name, .. } => ImageName::without_tag(name) == wanted,
                Deed::Runs { image: name, .. } => ImageName::without_tag(name) == wanted,
                Deed::Loads | Deed::BuildsUnknown => true,
                _ => false,
            })
    }

    /// Whether the job made an image (or may have loaded it) before a call, so that the name is a local one.
    pub fn made_before(&self, call: usize, image: &str) -> bool {
        let wanted = ImageName::without_tag(image);
        self.deeds
            .iter()
            .take_while(|(index, _)| *index < call)
            .any(|(_, deed)| match deed {
                Deed::Builds(name) | Deed::Tags { to: name, .. } => {
                    ImageName::without_tag(name) == wanted
                }
                Deed::BuildsUnknown => ImageName::parse(image).is_short(),
                Deed::Loads | Deed::ComposeUp { .. } => true,
                _ => false,
            })
    }

    /// Whether an image of the job is named by this registry: a login to it must keep the name.
    pub fn names_registry(&self, registry: &str) -> bool {
        let host = registry
            .trim_start_matches("https://")
            .split('/')
            .next()
            .unwrap_or(registry);
        self.deeds.iter().any(|(_, deed)| match deed {
            Deed::Builds(name)
            | Deed::Pulls(name)
            | Deed::Pushes(name)
            | Deed::Tags { to: name, .. } => name
                .strip_prefix(host)
                .is_some_and(|rest| rest.starts_with('/')),
            _ => false,
        })
    }

    /// Whether the job makes an image of just this name.
    pub fn is_made(&self, image: &str) -> bool {
        self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Builds(name) | Deed::Tags { to: name, .. } if name == image))
    }

    /// The names under which the job makes images of a repository.
    pub fn names_made<'b>(&'b self, repository: &'b str) -> impl Iterator<Item = &'b str> {
        self.deeds.iter().filter_map(move |(_, deed)| match deed {
            Deed::Builds(name) | Deed::Tags { to: name, .. }
                if ImageName::without_tag(name) == repository =>
            {
                Some(name.as_str())
            }
            _ => None,
        })
    }

    /// Whether the job logs in to a registry that holds a repository, before a call.
    pub fn logs_in_before(&self, call: usize, repository: &str) -> bool {
        let gitlab =
            repository.starts_with("$CI_REGISTRY") || repository.starts_with("${CI_REGISTRY");
        self.deeds
            .iter()
            .take_while(|(index, _)| *index < call)
            .any(|(_, deed)| match deed {
                Deed::LogsIn(registry) => {
                    !registry.is_empty()
                        && (repository.starts_with(registry.as_str())
                            || (gitlab && registry.contains("CI_REGISTRY")))
                }
                _ => false,
            })
    }

    /// Whether the job pushes to a repository, under any tag.
    pub fn pushes_to(&self, repository: &str) -> bool {
        self.deeds.iter().any(|(_, deed)| matches!(deed, Deed::Pushes(name) if ImageName::without_tag(name) == repository))
    }

    /// The registries that the job logs in to.
    pub fn logins(&self) -> impl Iterator<Item = &str> {
        self.deeds.iter().filter_map(|(_, deed)| match deed {
            Deed::LogsIn(registry) => Some(registry.as_str()),
            _ => None,
        })
    }
}

fn deeds(call: &DockerCall<'_>) -> Vec<Deed> {
    let operands = call.operands();
    let operand = |index: usize| operands.get(index).map(|word| call.text_of(*word).text);
    let mut found = Vec::new();
    match call.rule.name.as_str() {
        "build" => {
            let push = pushes(call);
            let arrays = names_in_arrays(call);
            if call.flags_named("--tag").next().is_none() && arrays.is_empty() {
                found.push(Deed::Builds(String::new()));
            }
            found.extend(arrays);
            for flag in call.flags_named("--tag") {
                if let Some(value) = call.value(&flag) {
                    found.push(Deed::Builds(value.text.clone()));
                    if push {
                        found.push(Deed::Pushes(value.text));
                    }
                }
            }
        }
        "buildx imagetools create" => found.extend(
            call.flags_named("--tag")
                .filter_map(|flag| call.value(&flag))
                .map(|value| Deed::Lists(value.text)),
        ),
        "manifest create" => found.extend(operand(0).map(Deed::Lists)),
        "manifest push" => found.extend(operand(0).map(Deed::Pushes)),
        "pull" => found.extend(operand(0).map(Deed::Pulls)),
        "push" => found.extend(operand(0).map(Deed::Pushes)),
        "run" | "create" => {
            if let Some(image) = operand(0) {
                let detached = call.is_on("--detach") || call.rule.name == "create";
                let restarts = call
                    .flags_named("--restart")
                    .any(|flag| call.value(&flag).is_some_and(|value| value.text != "no"));
                found.push(Deed::Runs {
                    image,
                    detached,
                    restarts,
                });
            }
        }
        "tag" => {
            if let (Some(from), Some(to)) = (operand(0), operand(1)) {
                found.push(Deed::Tags { from, to });
            }
        }
        "commit" => found.extend(operand(1).map(Deed::Builds)),
        "import" => found.extend(operand(1).map(Deed::Builds)),
        "load" => found.push(Deed::Loads),
        "save" => found.push(Deed::Saves(
            operands
                .iter()
                .map(|word| call.text_of(*word).text)
                .collect(),
        )),
        "login" => found.push(Deed::LogsIn(operand(0).unwrap_or_default())),
        "exec" | "cp" | "logs" | "port" | "top" | "attach" => found.push(Deed::UsesContainer),
        "stop" | "rm" | "kill" => found.push(Deed::EndsContainer),
        "system prune" | "image prune" | "container prune" | "volume prune" | "network prune"
        | "builder prune" => {
            found.push(Deed::Prunes);
        }
        "compose up" => found.push(Deed::ComposeUp {
            detached: call.is_on("--detach"),
        }),
        "compose down" | "compose stop" | "compose rm" | "compose kill" => {
            found.push(Deed::ComposeDown)
        }
        _ => {}
    }
    found
}

/// What `"${names[@]/#/--tag=}"` makes: the array is filled from the variable of its name in capitals, whose text a
/// workflow may say.
fn names_in_arrays(call: &DockerCall<'_>) -> Vec<Deed> {
    let mut found = Vec::new();
    for word in call.operands() {
        let raw = call.call.raw(&call.words()[word]);
        let array = raw
            .strip_prefix("\"${")
            .and_then(|rest| rest.strip_suffix("[@]/#/--tag=}\""));
        let Some(array) = array else { continue };
        let variable = call.view.job.variables.get(&array.to_ascii_uppercase());
        let text = variable
            .filter(|variable| !variable.varies)
            .and_then(|variable| variable.value.as_deref());
        let Some(text) = text else {
            found.push(Deed::BuildsUnknown);
            continue;
        };
        for name in text.split(['\n', ',']).map(str::trim) {
            match name {
                "" => {}
                name if name.starts_with("${{") => found.push(Deed::BuildsUnknown),
                name => found.push(Deed::Builds(name.to_owned())),
            }
        }
    }
    found
}

/// Whether a build pushes what it builds.
pub(super) fn pushes(call: &DockerCall<'_>) -> bool {
    call.is_on("--push")
        || call.flags_named("--output").any(|flag| {
            call.value(&flag).is_some_and(|value| {
                value.text.contains("type=registry")
                    || (value.text.contains("type=image") && value.text.contains("push=true"))
            })
        })
}
