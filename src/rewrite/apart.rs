//! Containers that have a network of their own, where others share the job's: what they are told to reach at localhost
//! would be themselves.

use crate::analysis::{DockerCall, JobPass};
use crate::collections::{HashMap, HashSet};
use crate::pipeline::NodeRef;
use crate::yaml::Change;

use super::draft::Draft;

/// Whether what a docker command is given is read in a container.
pub(super) fn is_inside(docker: &DockerCall<'_>) -> bool {
    matches!(docker.rule.name.as_str(), "run" | "create" | "exec")
}

/// `docker run --add-host docker:host-gateway`.
pub(super) fn brings_host(pass: &JobPass<'_>, docker: &DockerCall<'_>) -> bool {
    let flags = docker.flags_named("--add-host");
    let values: Vec<String> = flags
        .filter_map(|flag| Some(docker.value(flag)?.text))
        .collect();
    values.iter().any(|value| {
        let host = value.split([':', '=']).next().unwrap_or(value);
        pass.evidence.hosts.iter().any(|known| known == host)
    })
}

/// The containers that have a network of their own, where others share the job's.
pub(super) struct Apart {
    /// The calls that start one.
    calls: HashSet<usize>,
    /// The names of those that are on the job's network.
    together: HashSet<String>,
}

impl Apart {
    /// Looks at every container, all options being planned.
    pub(super) fn of(pass: &JobPass<'_>, draft: &Draft) -> Self {
        let mut bridges: HashMap<NodeRef, Vec<usize>> = HashMap::default();
        for planned in &draft.changes {
            if let Change::ReplaceText { node, range, text } = &planned.change
                && text.contains("--network bridge")
            {
                let node = NodeRef {
                    file: planned.file,
                    node: *node,
                };
                bridges.entry(node).or_default().push(range.start);
            }
        }
        let mut apart = Self {
            calls: HashSet::default(),
            together: HashSet::default(),
        };
        for (index, docker) in pass.known_calls() {
            if !matches!(docker.rule.name.as_str(), "run" | "create") {
                continue;
            }
            let span = &docker.call.command().span;
            let places = bridges.get(&pass.view.line(docker.call).node);
            let added = places.into_iter().flatten().any(|at| span.contains(at));
            let network = docker.flags_named("--network").last();
            let network = network.and_then(|flag| docker.value(flag));
            let own = match &network {
                Some(network) => network.text != "host",
                None => pass.view.on_machine() || added,
            };
            if own {
                apart.calls.insert(index);
            } else {
                let names = docker
                    .flags_named("--name")
                    .filter_map(|flag| docker.value(flag));
                apart.together.extend(names.map(|name| name.text));
            }
        }
        apart
    }

    /// Whether what a command gives to a container is read on another network than the job's.
    pub(super) fn is_apart(
        &self,
        pass: &JobPass<'_>,
        index: usize,
        docker: &DockerCall<'_>,
    ) -> bool {
        if docker.rule.name != "exec" {
            return self.calls.contains(&index);
        }
        let container = docker
            .operands()
            .first()
            .map(|word| docker.text_of(*word).text);
        let known = container.is_some_and(|name| self.together.contains(&name));
        !known && (pass.view.on_machine() || !self.calls.is_empty())
    }
}
