//! The containers to which a job gives names.

use crate::collections::{HashMap, HashSet};

use super::docker_call::DockerCall;

/// The containers to which a job gives names.
#[derive(Default)]
pub(crate) struct Containers {
    /// Those that it starts.
    pub(crate) started: HashSet<String>,
    /// The commands that it runs in them later, by their places among the job's calls.
    pub(crate) later: HashMap<String, Vec<usize>>,
}

impl Containers {
    /// Looks for them in a job's calls of docker, each with its place.
    pub(crate) fn of<'c>(calls: impl Iterator<Item = (usize, &'c DockerCall<'c>)>) -> Self {
        let mut containers = Self::default();
        for (index, docker) in calls {
            match docker.rule.name.as_str() {
                "run" | "create" => containers.started.extend(name_of(docker)),
                "exec" => {
                    let Some(word) = docker.operands().first().copied() else {
                        continue;
                    };
                    let name = docker.text_of(word).text;
                    containers.later.entry(name).or_default().push(index);
                }
                _ => {}
            }
        }
        containers
    }
}

/// The name that a container is given.
pub(crate) fn name_of(docker: &DockerCall<'_>) -> Option<String> {
    let name = docker.flags_named("--name").last()?;
    docker.value(name).map(|value| value.text)
}
