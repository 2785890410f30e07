//! `docker run` and `docker create`: image names, ports under host networking, sockets.

use crate::analysis::{DockerCall, JobPass};
use crate::rewrite::draft::Draft;
use crate::rewrite::socket;
use crate::rules::{UnderHostNetwork, ids};

use super::flags::InJob;
use super::network_option::short_port;
use super::parts::Additions;
use super::{binds, capabilities, outside, short_names, workdir};

/// Names, ports and sockets of a container.
pub(super) fn finish(
    command: &InJob<'_, '_>,
    additions: &mut Additions,
    draft: &mut Draft,
    why: usize,
) {
    let InJob {
        pass,
        index,
        docker,
    } = *command;
    short_names::image(pass, index, docker, draft, why);
    socket(docker, draft);
    binds::run(pass, index, docker, draft);
    outside::run(pass, index, docker, draft);
    workdir::run(pass, docker, draft);
    capabilities::of_run(pass, docker, additions, draft);
    ports(pass, index, docker, additions, draft);
    memory_of_the_machine(docker, draft);
    for flag in docker.flags() {
        if flag.rule.under_host_network == Some(UnderHostNetwork::Error) && !pass.view.on_machine()
        {
            let value = docker
                .value(flag)
                .map(|value| value.text)
                .unwrap_or_default();
            if flag.rule.name == "--pid" && value == "private" {
                continue;
            }
            if cure(flag.rule.name.as_str(), &value, docker, additions) {
                continue;
            }
            draft.block(
                ids::STABLE_IMAGE_LIMITS,
                docker.at_words(&flag.words),
                format!("{} is an error in quay.io/podman/stable, whose containers share the job's namespaces", flag.rule.name),
                "the job stays on Docker until the command does without it",
            );
        }
    }
}

/// `--ipc host` shares the machine's memory, whose size is given, and `--ipc none` has none: Docker passes over `--shm-size`
/// there, Podman refuses it.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1.
fn memory_of_the_machine(docker: &DockerCall<'_>, draft: &mut Draft) {
    let mut spaces = docker.flags_named("--ipc");
    let space = spaces
        .find_map(|flag| docker.value(flag))
        .map(|value| value.text);
    let Some(space @ ("host" | "none")) = space.as_deref() else {
        return;
    };
    for flag in docker.flags_named("--shm-size") {
        let why = draft.note(
            ids::FLAG_DROPPED,
            docker.at_words(&flag.words),
            format!("--shm-size goes: beside --ipc {space} it does nothing in Docker and is an error in Podman"),
        );
        docker.remove(&flag.words, draft, why);
    }
}

/// Options that the namespaces of the stable image refuse, and the option that lets them.
/// Source: ran on Podman 5.4.2 in an image with the stable image's configuration.
fn cure(flag: &str, value: &str, docker: &DockerCall<'_>, additions: &mut Additions) -> bool {
    let has = |names: &[&str]| {
        docker
            .flags()
            .any(|flag| names.contains(&flag.rule.name.as_str()))
    };
    let (option, given) = match flag {
        "--hostname" => ("--uts private", has(&["--uts"])),
        "--shm-size" => ("--ipc private", has(&["--ipc"])),
        "--sysctl" if !value.starts_with("net.") => return false,
        "--sysctl" | "--ip" | "--ip6" | "--network-alias" => {
            ("--network bridge", has(&["--network", "--net"]))
        }
        _ => return false,
    };
    if !given && !additions.options.iter().any(|known| known == option) {
        additions.options.push(option.to_owned());
    }
    true
}

/// A container that is given Docker's socket needs Docker's API.
fn socket(docker: &DockerCall<'_>, draft: &mut Draft) {
    let offered: Vec<_> = socket::mounts(docker)
        .into_iter()
        .map(|flag| flag.words.clone())
        .collect();
    for flag in docker.flags() {
        if offered.contains(&flag.words) {
            continue; // Podman's own takes its place
        }
        if !matches!(flag.rule.name.as_str(), "--volume" | "--mount" | "--env") {
            continue;
        }
        let Some(value) = docker.value(flag) else {
            continue;
        };
        let names_engine = [
            "docker.sock",
            "DOCKER_HOST",
            "DOCKER_CERT_PATH",
            "DOCKER_TLS",
        ];
        if names_engine.iter().any(|name| value.text.contains(name))
            || has_certificates(&value.text)
        {
            draft.block(
                ids::DOCKER_SOCKET,
                docker.at_words(&flag.words),
                "this container is given Docker's engine, which is root on its host",
                "Podman can offer its own socket (`podman system service`); see what the tool needs and move the job by hand",
            );
        }
    }
}

/// Whether a mount is of the folder in which Docker's daemon leaves its certificates; a folder of that name elsewhere is not.
fn has_certificates(mount: &str) -> bool {
    let mut fields = mount.split(',');
    fields.any(|field| {
        let source = field.strip_prefix("source=").or(field.strip_prefix("src="));
        let rest = source.unwrap_or(field).strip_prefix("/certs");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
    })
}

/// In the stable image a container shares the job's network: a port that changes its number needs a network of its own, and
/// so does a container whose ports the script asks for, or which is put into a network later.
/// Source: containers.conf of quay.io/podman/stable (netns=host); ran on Podman 5.4.2 and 5.8.6.
fn ports(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let has_network = docker
        .flags()
        .any(|flag| matches!(flag.rule.name.as_str(), "--network" | "--net"));
    if has_network {
        return;
    }
    if is_connected_later(pass, docker) {
        let message = "the container is put into a network later, which Podman allows only to one that has a network of its own";
        draft.note(ids::NETWORK_CONNECT, docker.at(), message);
        additions.options.push("--network bridge".to_owned());
        return;
    }
    if pass.view.on_machine() {
        return; // there a container has a network of its own
    }
    let asked = pass.earlier.asks_for_ports;
    let mapped = docker.flags().find(|flag| match flag.rule.name.as_str() {
        "--publish-all" => true,
        "--publish" => {
            let keeps = |value: &str| keeps_its_number(value) && !asked;
            docker.value(flag).is_none_or(|value| !keeps(&value.text))
        }
        _ => false,
    });
    if mapped.is_none() && pass.shares_port(index) {
        beside_another(pass, docker, additions, draft);
    }
    if let Some(flag) = mapped {
        let message = "the stable image runs containers on the job's own network, where a port cannot change its number; a bridge brings the mapping back";
        draft.note(ids::PORT_MAPPING, docker.at_words(&flag.words), message);
        additions.options.push("--network bridge".to_owned());
    }
}

/// Two servers that want one port get networks of their own, as they had with Docker.
fn beside_another(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let daemon = |word: &str| {
        let word = word.rsplit(['=', '/', '@']).next().unwrap_or(word);
        let host = word.split(':').next().unwrap_or(word);
        pass.evidence.hosts.iter().any(|known| known == host)
    };
    let mut words = docker.words().iter().skip(docker.subcommand.end);
    if words.any(|word| daemon(docker.call.raw(word).trim_matches(['"', '\'']))) {
        draft.block(
            ids::PORT_MAPPING,
            docker.at(),
            "this container wants the same port as another one, so it needs a network of its own, and it is told to reach the daemon's host, which it then could not",
            "put the containers into a network (`docker network create`) and let them call each other by name, then run again",
        );
        return;
    }
    let message = "the stable image runs containers on the job's own network, where this one wants the same port as another; a bridge gives it a network of its own";
    draft.note(ids::PORT_MAPPING, docker.at(), message);
    additions.options.push("--network bridge".to_owned());
}

/// `docker network connect n x` of the container that is named here.
fn is_connected_later(pass: &JobPass<'_>, docker: &DockerCall<'_>) -> bool {
    let name = docker.flags_named("--name").last();
    let name = name.and_then(|flag| docker.value(flag));
    name.is_some_and(|name| pass.earlier.is_connected(&name.text))
}

/// `8080:8080`, `127.0.0.1:80:80/tcp`: the port inside is the port outside.
fn keeps_its_number(value: &str) -> bool {
    let short = short_port(value);
    let value = short.as_deref().unwrap_or(value);
    let value = value.split('/').next().unwrap_or(value);
    let mut parts = value.rsplit(':');
    match (parts.next(), parts.next()) {
        (Some(inside), Some(outside)) => inside == outside,
        _ => false,
    }
}
