//! Servers that want the same port. In the stable image containers share the job's network, and of two servers on one port
//! the second ends at once; Docker gives each container a network of its own.
//! Source: containers.conf of quay.io/podman/stable (netns=host); ran on Podman 5.4.2, 5.8.6 and 6.1.1.

use std::collections::BTreeSet;

use crate::collections::{HashMap, HashSet};
use crate::image_name::ImageName;
use crate::shell::Nesting;

use super::docker_call::DockerCall;

/// What a container needs for itself in a network.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Claim {
    /// A port.
    Port(u16),
    /// Whatever port this image listens on.
    Image(String),
}

/// The containers that run beside another one with the same claim and say of no network, by their calls.
pub(crate) fn find<'c>(calls: impl Iterator<Item = (usize, &'c DockerCall<'c>)>) -> HashSet<usize> {
    let mut found = HashSet::default();
    // who holds each claim, and what each container by its name holds
    let mut held: HashMap<Claim, BTreeSet<usize>> = HashMap::default();
    let mut by_name: HashMap<String, Vec<(usize, Claim)>> = HashMap::default();
    for (index, docker) in calls {
        match docker.rule.name.as_str() {
            "run" | "create" => {}
            "rm" | "stop" | "kill" => {
                for word in docker.operands() {
                    let gone = by_name.remove(&docker.text_of(word).text);
                    for (holder, claim) in gone.into_iter().flatten() {
                        held.entry(claim).or_default().remove(&holder);
                    }
                }
                continue;
            }
            _ => continue,
        }
        let network = network(docker);
        let apart = network.as_deref().is_some_and(|network| network != "host");
        if apart || !goes_on(docker) {
            continue;
        }
        let name = docker.flags_named("--name").last();
        let name = name
            .and_then(|flag| docker.value(flag))
            .map(|name| name.text);
        for claim in claims(docker) {
            if let Some(name) = &name {
                let own = by_name.entry(name.clone()).or_default();
                own.push((index, claim.clone()));
            }
            let holders = held.entry(claim).or_default();
            holders.insert(index);
            if holders.len() > 1 || is_repeated(docker) {
                found.insert(index);
                // of more than two the others are known
                found.extend(holders.first().copied());
            }
        }
    }
    found
}

/// The network that a container is told to use.
fn network(docker: &DockerCall<'_>) -> Option<String> {
    let mut flags = docker.flags();
    let flag = flags.find(|flag| matches!(flag.rule.name.as_str(), "--network" | "--net"))?;
    Some(docker.value(flag)?.text)
}

/// Whether the container runs on beside what comes next.
fn goes_on(docker: &DockerCall<'_>) -> bool {
    docker.rule.name == "create"
        || docker.is_on("--detach")
        || docker.call.command().context.background
}

/// Whether a loop starts it more than once.
fn is_repeated(docker: &DockerCall<'_>) -> bool {
    let nesting = &docker.call.command().context.nesting;
    nesting
        .iter()
        .any(|one| matches!(one, Nesting::For | Nesting::LoopBody | Nesting::Xargs))
}

/// What a container is likely to need.
fn claims(docker: &DockerCall<'_>) -> HashSet<Claim> {
    let rules = docker.view.context.rules;
    let operands = docker.operands();
    let Some(image) = operands.first() else {
        return HashSet::default();
    };
    let entry = docker.flags_named("--entrypoint").last();
    let entry = entry.and_then(|flag| docker.value(flag)).map(|it| it.text);
    let command = || Some(docker.text_of(*operands.get(1)?).text);
    let program = entry.filter(|entry| !entry.is_empty()).or_else(command);
    let program = program
        .as_deref()
        .map(|path| path.rsplit('/').next().unwrap_or(path));
    if program.is_some_and(|program| rules.is_idle(program) || only_sleeps(docker, program)) {
        return HashSet::default();
    }
    let mut found = HashSet::default();
    for flag in docker
        .flags_named("--publish")
        .chain(docker.flags_named("--expose"))
    {
        let value = docker.value(flag).map(|it| it.text).unwrap_or_default();
        let inside = value.rsplit(':').next().unwrap_or_default();
        let inside = inside.split('/').next().unwrap_or_default();
        found.extend(inside.parse().ok().map(Claim::Port));
    }
    let image = docker.text_of(*image).text;
    let repository = ImageName::without_tag(&image);
    let last = repository.rsplit('/').next().unwrap_or(repository);
    found.extend(rules.port_of_server(last).map(Claim::Port));
    found.insert(Claim::Image(repository.to_owned()));
    found
}

/// `sh`, `sh -c "while true; do sleep 1; done"`: a shell that keeps the container running.
fn only_sleeps(docker: &DockerCall<'_>, program: &str) -> bool {
    let script = docker.call.text().get(docker.call.command().span.clone());
    let idles = |script: &str| {
        !script.contains(" -c") || script.contains("sleep ") || script.contains("tail -f")
    };
    matches!(program, "sh" | "bash" | "ash" | "dash") && script.is_some_and(idles)
}
