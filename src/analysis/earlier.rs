//! What the docker commands of a job find that others of it did, beside images: by name, because a script of thousands of
//! commands asks as often.

use crate::collections::{HashMap, HashSet};

use super::docker_call::DockerCall;

/// What the docker commands of a job do, each with its place in the view.
#[derive(Clone, Debug, Default)]
pub(crate) struct Earlier {
    /// The containers that are put into a network after they were made.
    connected: HashSet<String>,
    /// Whether the script asks which port of the machine leads to a container's.
    pub(crate) asks_for_ports: bool,
    /// The first call that removes an image or a list, by its name.
    freed: HashMap<String, usize>,
    /// The calls that make or remove a volume, by its name, in their order; `true` makes it.
    volumes: HashMap<String, Vec<(usize, bool)>>,
    /// The calls that make a list in a registry whose name is not written in the command.
    unnamed_lists: Vec<usize>,
}

impl Earlier {
    /// Looks at every docker command of a job, each given with its place in the view.
    pub(crate) fn of<'c, 'v: 'c>(calls: impl Iterator<Item = (usize, &'c DockerCall<'v>)>) -> Self {
        let mut earlier = Self::default();
        for (index, docker) in calls {
            earlier.add(index, docker);
        }
        earlier
    }

    fn add(&mut self, index: usize, docker: &DockerCall<'_>) {
        self.asks_for_ports |= asks_for_ports(docker);
        let operands = || docker.operands().into_iter();
        let mut names = operands().map(|word| docker.text_of(word).text);
        match docker.rule.name.as_str() {
            "network connect" => self.connected.extend(names.nth(1)),
            "manifest rm" | "rmi" => {
                if let Some(name) = names.next() {
                    self.freed.entry(name).or_insert(index);
                }
            }
            "volume create" | "volume rm" => {
                let makes = docker.rule.name == "volume create";
                for name in names {
                    self.volumes.entry(name).or_default().push((index, makes));
                }
            }
            "buildx imagetools create" if docker.flags_named("--tag").next().is_none() => {
                self.unnamed_lists.push(index);
            }
            _ => {}
        }
    }

    /// Whether a container is put into a network after it was made: `docker network connect n x`.
    pub(crate) fn is_connected(&self, container: &str) -> bool {
        self.connected.contains(container)
    }

    /// Whether an image or a list of a name is removed before a call.
    pub(crate) fn is_freed(&self, call: usize, name: &str) -> bool {
        self.freed.get(name).is_some_and(|first| *first < call)
    }

    /// Whether the job makes a volume before a call, and does not remove it in between.
    pub(crate) fn has_volume(&self, call: usize, name: &str) -> bool {
        let known = self
            .volumes
            .get(name)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let before = known.partition_point(|(index, _)| *index < call);
        let last = before.checked_sub(1).and_then(|last| known.get(last));
        last.is_some_and(|(_, makes)| *makes)
    }

    /// How many lists without a name in the command are made before a call.
    pub(crate) fn unnamed_lists(&self, call: usize) -> usize {
        self.unnamed_lists.partition_point(|index| *index < call)
    }
}

/// `docker port`, `.NetworkSettings.Ports`.
/// Source: `podman port` prints nothing under the host's network, ran on Podman 5.4.2 and 5.8.6.
fn asks_for_ports(docker: &DockerCall<'_>) -> bool {
    let mut formats = docker.flags_named("--format");
    docker.rule.name == "port"
        || formats.any(|flag| {
            let raw = docker.raw_value(flag).unwrap_or_default();
            raw.contains(".Ports") && docker.rule.name != "ps"
        })
}
