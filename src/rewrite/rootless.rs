//! What a container may not do on a machine where Podman runs as a user who is not root.

use std::path::Path;
use std::rc::Rc;

use crate::analysis::build_files::values;
use crate::analysis::text::unquoted;
use crate::analysis::{Call, DockerCall, Flag, JobPass, JobView};
use crate::dockerfile::Dockerfile;
use crate::image_name::ImageName;
use crate::rules::ids;

use super::commands::dockerfiles;
use super::draft::Draft;

/// Without root, a container's user is another one on the machine, and ports below 1024 are the kernel's.
/// Source: podman-run(1), rootless.md of Podman.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    addresses(pass, draft);
    for (index, docker) in pass.known_calls() {
        if docker.call.with_sudo() {
            continue;
        }
        match docker.rule.name.as_str() {
            "volume create" => mounted_volume(docker, draft),
            "exec" => exec_as_another(pass, docker, draft),
            _ => {}
        }
        if !matches!(docker.rule.name.as_str(), "run" | "create") {
            continue;
        }
        if let Some(flag) = docker.flags_named("--privileged").next() {
            draft.block(
                ids::ROOTLESS_PRIVILEGED,
                docker.at_words(&flag.words),
                "Podman runs without root here: --privileged gives a container no more than the runner's user has",
                "call it with sudo (and all that shares images with it), then run again",
            );
        }
        let mounts = docker
            .flags_named("--volume")
            .chain(docker.flags_named("--mount"))
            .next();
        let keeps = docker.flags_named("--userns").next().is_some();
        let gives_away = docker.words().iter().any(|word| {
            let raw = docker.call.raw(word);
            raw == "chown" || raw.contains("chown ")
        });
        if mounts.is_some() && gives_away {
            draft.block(
                ids::ROOTLESS_USER,
                docker.at(),
                "Podman runs without root here: the owner that chown gives in a container is another one on the machine",
                "leave chown out: without root the files are the runner's user's already",
            );
        }
        if let (Some(user), Some(_), false) = (docker.flags_named("--user").last(), mounts, keeps)
            && !docker.value(user).is_some_and(|value| is_root(&value.text))
        {
            draft.review(
                    ids::ROOTLESS_USER,
                    docker.at_words(&user.words),
                    "Podman runs without root here: a container's user other than root cannot write what the runner's user owns",
                    "give it --userns keep-id, or see that it only reads what is mounted",
                );
        }
        if !keeps && docker.flags_named("--user").next().is_none() {
            user_of_the_image(pass, index, docker, draft);
        }
        raised_limits(docker, draft);
        folders_of_root(pass, index, docker, draft);
        low_port_of_the_machine(pass, index, docker, draft);
        for port in docker.flags_named("--publish") {
            let Some(value) = docker.value(port) else {
                continue;
            };
            let mut values = values(docker, &value).into_iter();
            if values.any(|value| may_be_low(pass.view, &value, NAMES)) {
                draft.block(
                    ids::ROOTLESS_PORT,
                    docker.at_words(&port.words),
                    "Podman runs without root here, and without root no port below 1024 can be opened",
                    "publish another port, then run again",
                );
            }
        }
    }
}

/// A container that runs as the user whom the Dockerfile of its image names, and is given files of the machine's.
fn user_of_the_image(pass: &JobPass<'_>, index: usize, docker: &DockerCall<'_>, draft: &mut Draft) {
    let written = mounts(docker)
        .find(|(_, source, mount)| is_of_the_machine(source) && !mount.ends_with(":ro"))
        .map(|(flag, ..)| flag);
    let (Some(flag), Some(image)) = (written, docker.operands().first().copied()) else {
        return;
    };
    let image = docker.text_of(image).text;
    let (target, dockerfiles) = build_of(pass, index, &image);
    let mut users = dockerfiles
        .iter()
        .filter_map(|one| one.user(target.as_deref()));
    if let Some(user) = users.find(|user| !is_root(user)) {
        draft.review(
            ids::ROOTLESS_USER,
            docker.at_words(&flag.words),
            format!("Podman runs without root here: the image runs as {user}, who cannot write what the runner's user owns"),
            "give it --userns keep-id, or see that it only reads what is mounted",
        );
    }
}

/// The Dockerfiles of an image that the job built before a call, with the stage that was asked for.
fn build_of(
    pass: &JobPass<'_>,
    index: usize,
    image: &str,
) -> (Option<String>, Vec<Rc<Dockerfile>>) {
    let names_it = |build: &DockerCall<'_>| {
        let names = build.flags_named("--tag");
        let mut names = names.filter_map(|flag| build.value(flag));
        names.any(|name| name.text == image)
    };
    let mut builds = pass.known_calls().take_while(|(at, _)| *at < index);
    let build = builds.find(|(_, call)| call.rule.name == "build" && names_it(call));
    let Some((at, build)) = build else {
        return (None, Vec::new());
    };
    let target = build.flags_named("--target").last();
    let target = target.and_then(|flag| build.value(flag));
    let dockerfiles = dockerfiles(pass, at, build).unwrap_or_default();
    (target.map(|target| target.text), dockerfiles)
}

/// What a container mounts: the flag, the source and the whole value.
fn mounts<'b, 'a>(
    docker: &'b DockerCall<'a>,
) -> impl Iterator<Item = (&'b Flag<'a>, String, String)> {
    let short = docker.flags_named("--volume").filter_map(|flag| {
        let value = docker.value(flag)?.text;
        let source = value.split(':').next().unwrap_or_default().to_owned();
        Some((flag, source, value))
    });
    let long = docker.flags_named("--mount").filter_map(|flag| {
        let value = docker.value(flag)?.text;
        let source = value.split(',').find_map(|part| {
            part.strip_prefix("source=")
                .or_else(|| part.strip_prefix("src="))
        })?;
        let source = source.to_owned();
        Some((flag, source, value))
    });
    short.chain(long)
}

/// Whether the source of a mount is a folder of the machine, and no volume.
fn is_of_the_machine(source: &str) -> bool {
    source.starts_with(['.', '/', '~', '$', '`'])
}

/// `exec -u 1001` in a job whose containers work with files of the machine.
fn exec_as_another(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let Some(user) = docker.flags_named("--user").last() else {
        return;
    };
    let is_roots = docker.value(user).is_some_and(|it| is_root(&it.text));
    let mut runs = pass
        .known_calls()
        .filter(|(_, call)| call.rule.name == "run");
    if !is_roots
        && runs.any(|(_, run)| mounts(run).any(|(_, source, _)| is_of_the_machine(&source)))
    {
        draft.review(
            ids::ROOTLESS_USER,
            docker.at_words(&user.words),
            "Podman runs without root here: a container's user other than root cannot write what the runner's user owns",
            "start the container with --userns keep-id, or see that this command only reads what is mounted",
        );
    }
}

/// The most files that a user of GitHub's machines may have open, whatever a container asks for.
/// Source: configure-limits.sh of actions/runner-images.
const MOST_FILES: u64 = 65_536;

/// Limits above the user's own, and devices of the machine, which are root's.
/// Source: setrlimit(2), as `unshare -Ur` shows.
fn raised_limits(docker: &DockerCall<'_>, draft: &mut Draft) {
    for flag in docker.flags_named("--ulimit") {
        let value = docker.value(flag).map(|value| value.text);
        let Some((name, limits)) = value.as_deref().and_then(|value| value.split_once('=')) else {
            continue;
        };
        let mut limits = limits.split(':').map(str::parse::<u64>);
        let is_above = match name {
            "nofile" => limits.any(|limit| limit.is_ok_and(|limit| limit > MOST_FILES)),
            "rtprio" | "nice" => true,
            _ => false,
        };
        if is_above {
            draft.block(
                ids::ROOTLESS_LIMIT,
                docker.at_words(&flag.words),
                format!(
                    "Podman runs without root here, and {} is more than the runner's user may have",
                    docker.written(flag)
                ),
                "leave the limit out, or call it with sudo (and all that shares images with it)",
            );
        }
    }
    for flag in docker.flags_named("--device") {
        let value = docker
            .value(flag)
            .map(|value| value.text)
            .unwrap_or_default();
        let is_open = ["/dev/kvm", "/dev/fuse", "/dev/null", "/dev/net/tun"];
        if value.starts_with("/dev/") && !is_open.iter().any(|open| value.starts_with(open)) {
            draft.review(
                ids::ROOTLESS_LIMIT,
                docker.at_words(&flag.words),
                format!("Podman runs without root here, and may not be let at {value}"),
                "see that the runner's user may use it, or call it with sudo (and all that shares images with it)",
            );
        }
    }
}

/// A mounted folder that the job made or gave away as root: no user of a container without root can write it.
fn folders_of_root(pass: &JobPass<'_>, index: usize, docker: &DockerCall<'_>, draft: &mut Draft) {
    let view = pass.view;
    let before = view.calls.get(..index).unwrap_or_default();
    let as_root: Vec<&Call> = before
        .iter()
        .filter(|call| {
            call.with_sudo() && matches!(call.program(), Some("mkdir" | "chown" | "install"))
        })
        .collect();
    for (flag, source, _) in mounts(docker) {
        if !is_of_the_machine(&source) {
            continue;
        }
        let is_it = |call: &&Call| {
            let mut words = call.command().words.iter().skip(1);
            words.any(|word| {
                let path = view.expand_word(call, word).text;
                let plain = |path: &str| path.trim_start_matches("./").to_owned();
                let (source, path) = (plain(&source), plain(&path));
                path.len() > 1 && Path::new(&source).starts_with(&path)
            })
        };
        let is_the_runners = |call: &Call| {
            let mut words = call.command().words.iter();
            words.any(|word| {
                call.raw(word).contains("$USER")
                    || call.raw(word).contains("id -u")
                    || call.raw(word).contains("runner")
            })
        };
        let made = as_root.iter().copied().rev().find(is_it);
        if made.is_some_and(|call| !is_the_runners(call)) {
            draft.review(
                ids::ROOTLESS_USER,
                docker.at_words(&flag.words),
                format!("Podman runs without root here: {source} was made or given away as root, and no user of the container can write it"),
                "make it without sudo, or give it back to the runner's user before",
            );
        }
    }
}

/// A server on the machine's own network: its port is the machine's.
fn low_port_of_the_machine(
    pass: &JobPass<'_>,
    index: usize,
    docker: &DockerCall<'_>,
    draft: &mut Draft,
) {
    let network = docker.flags_named("--network").last();
    let is_host =
        network.is_some_and(|flag| docker.value(flag).is_some_and(|it| it.text == "host"));
    let (true, Some(image)) = (is_host, docker.operands().first().copied()) else {
        return;
    };
    let image = docker.text_of(image).text;
    let name = ImageName::parse(&image).repository;
    let name = name.rsplit('/').next().unwrap_or(name);
    let is_server = matches!(name, "nginx" | "httpd" | "caddy" | "traefik");
    let (_, dockerfiles) = build_of(pass, index, &image);
    let mut exposed = dockerfiles.iter().flat_map(|one| &one.instructions);
    let exposes = exposed.any(|one| {
        let ports = one.words().into_iter().map(|word| word.text);
        let mut ports = ports.filter_map(|port| port.split('/').next()?.parse::<u32>().ok());
        one.keyword == "EXPOSE" && ports.any(|port| port < LOWEST_PORT)
    });
    if is_server || exposes {
        draft.review(
            ids::ROOTLESS_PORT,
            docker.at(),
            "Podman runs without root here, and without root a server on the machine's own network can open no port below 1024",
            "let it listen on another port, then run again",
        );
    }
}

/// The addresses that Docker's own bridge gives to the first containers.
const FIRST_ADDRESSES: [&str; 4] = ["172.17.0.2", "172.17.0.3", "172.17.0.4", "172.17.0.5"];

/// What to do about a container's own address.
const ADDRESS_HELP: &str = "publish the port with -p and call localhost, then run again";

/// Commands of the machine that call a container by its address: by one that the job gave it, or by Docker's first ones.
/// Source: podman-network(1), "rootless": the network is one of its own.
fn addresses(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    let runs = || {
        pass.known_calls()
            .filter(|(_, docker)| !docker.call.with_sudo())
    };
    let starts = |name: &str| matches!(name, "run" | "create" | "network connect");
    for (_, docker) in runs().filter(|(_, docker)| docker.rule.name == "exec") {
        let words: Vec<&str> = docker
            .words()
            .iter()
            .map(|word| docker.call.raw(word))
            .collect();
        let asks = |two: &[&str]| matches!(two, ["hostname", "-i" | "-I" | "--ip-address"]);
        if docker.call.is_read() && words.windows(2).any(asks) {
            draft.block(
                ids::OUTPUT_DIFFERS,
                docker.at(),
                "Podman runs without root here, and from the machine no container can be reached at its own address",
                ADDRESS_HELP,
            );
        }
    }
    let started = runs().filter(|(_, docker)| starts(docker.rule.name.as_str()));
    let started: Vec<&DockerCall<'_>> = started.map(|(_, docker)| docker).collect();
    if started.is_empty() {
        return;
    }
    let flags = started.iter().flat_map(|docker| {
        let flags = docker.flags_named("--ip");
        flags.filter_map(|flag| docker.value(flag))
    });
    let mut known: Vec<String> = flags.map(|value| value.text).collect();
    known.extend(FIRST_ADDRESSES.map(str::to_owned));
    for (index, call) in view.calls.iter().enumerate() {
        if call.is_remote() || pass.evidence.commands.binary_search(&index).is_ok() {
            continue;
        }
        let words = call.command().words.iter().skip(1);
        let words: Vec<String> = words
            .map(|word| view.expand_word(call, word).text)
            .collect();
        let names = |address: &&String| words.iter().any(|word| names_address(word, address));
        if let Some(address) = known.iter().find(names) {
            let message = format!(
                "Podman runs without root here, and from the machine no container can be reached at its own address {address}"
            );
            draft.block(
                ids::OUTPUT_DIFFERS,
                view.at_command(call),
                message,
                ADDRESS_HELP,
            );
        }
    }
}

/// Whether a word names an address, and not a longer one.
fn names_address(word: &str, address: &str) -> bool {
    let is_part = |one: char| one.is_ascii_digit() || one == '.';
    word.match_indices(address).any(|(start, found)| {
        let before = word.get(..start).unwrap_or_default();
        let behind = word.get(start + found.len()..).unwrap_or_default();
        !before.ends_with(is_part) && !behind.starts_with(|one: char| one.is_ascii_digit())
    })
}

/// A volume that is a file system of the network or of a disk: only root may mount it.
/// Source: mount(2); an issue report of Podman 3.4.4.
fn mounted_volume(docker: &DockerCall<'_>, draft: &mut Draft) {
    for flag in docker.flags_named("--opt") {
        let value = docker.value(flag).map(|value| value.text);
        let kind = value
            .as_deref()
            .and_then(|value| value.strip_prefix("type="));
        if kind.is_some_and(|kind| !matches!(kind, "tmpfs" | "none" | "bind")) {
            draft.block(
                ids::VOLUME_NEEDS_ROOT,
                docker.at_words(&flag.words),
                "Podman runs without root here, and only root may mount this volume",
                "call it with sudo (and all that uses the volume), or mount it on the machine",
            );
        }
    }
}

/// The lowest port that a program without root can open.
pub(crate) const LOWEST_PORT: u32 = 1024;

/// Whether a user is root, as `--user` takes one.
pub(crate) fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("0" | "root" | ""))
}

/// How many variables are put into a published port.
const NAMES: usize = 4;

/// Whether a published port is one of root's, by what the scripts put into its variables or by their defaults.
fn may_be_low(view: &JobView<'_>, value: &str, names: usize) -> bool {
    let Some((before, rest)) = value.split_once('$').filter(|_| names > 0) else {
        return host_port(value).is_some_and(|port| port < LOWEST_PORT);
    };
    let (inner, behind) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some(parts) => parts,
        None => rest.split_at(rest.find(':').unwrap_or(rest.len())),
    };
    let is_part = |one: char| one.is_ascii_alphanumeric() || one == '_';
    let (name, more) = inner.split_at(inner.find(|one| !is_part(one)).unwrap_or(inner.len()));
    let default = more.strip_prefix(":-").or(more.strip_prefix('-'));
    let given = view.names().given(name).into_iter();
    let given = given.flat_map(|given| given.texts.iter().map(String::as_str));
    let mut texts = given.chain(default);
    texts.any(|text| {
        let text = format!("{before}{}{behind}", unquoted(text));
        may_be_low(view, &text, names - 1)
    })
}

/// The port of the machine in `-p [IP:]HOST:CONTAINER`.
pub(crate) fn host_port(value: &str) -> Option<u32> {
    let parts: Vec<&str> = value.rsplit(':').collect();
    let host = parts.get(1)?;
    host.split('-').next()?.parse().ok()
}
