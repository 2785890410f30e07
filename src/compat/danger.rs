//! What gives a job power over its host, or shows what should stay secret, where data alone cannot say it.

use crate::analysis::DockerCall;
use crate::image_name::{ImageName, is_on_this_machine};
use crate::rules::{ImageKind, ids};

use super::check::JobCheck;

/// Looks at each docker command.
pub(super) fn run(check: &mut JobCheck<'_>) {
    let pass = check.pass;
    for (_, docker) in pass.known_calls() {
        match docker.rule.name.as_str() {
            "run" | "create" => privileged(check, docker),
            "rm" | "stop" | "kill" | "rmi" => everything(check, docker),
            "login" => password(check, docker),
            _ => {}
        }
    }
}

/// `--privileged`. What registers emulators, or is Podman itself, has good reasons for it.
fn privileged(check: &mut JobCheck<'_>, docker: &DockerCall<'_>) {
    if !docker.is_on("--privileged") {
        return;
    }
    let Some(flag) = docker.flags_named("--privileged").last() else {
        return;
    };
    let image = docker.operands().first().map(|word| docker.text_of(*word));
    let image = image.map(|image| image.text).unwrap_or_default();
    let repository = ImageName::without_tag(&image);
    let kind = check
        .rules()
        .image(repository, ImageName::parse(&image).tag);
    if check.rules().is_emulator(repository) || matches!(kind, ImageKind::Engine(_)) {
        return;
    }
    let at = docker.at_words(&flag.words);
    match check.pass.shares_engine() {
        true => check.emit(ids::PRIVILEGED_CONTAINER, at, "--privileged"),
        false => check.note(ids::PRIVILEGED_CONTAINER, at, "--privileged"),
    }
}

/// `docker rm -f $(docker ps -aq)`: whatever is there, whoever made it.
fn everything(check: &mut JobCheck<'_>, docker: &DockerCall<'_>) {
    for word in docker.operands() {
        let raw = docker.call.raw(&docker.words()[word]);
        let lists = ["docker ps", "docker container ls", "docker images"];
        let chosen = ["-f ", "--filter", "-l", "--latest", "-n ", "grep"];
        let all = lists.iter().any(|list| raw.contains(list))
            && !chosen.iter().any(|part| raw.contains(part))
            && !names_image(raw);
        if all {
            check.emit(ids::SHARED_PRUNE, docker.at(), &docker.rule.name);
        }
    }
}

/// `$(docker images -q NAME)`: the images of one name only.
fn names_image(raw: &str) -> bool {
    let inner = raw.split("docker images").nth(1).unwrap_or_default();
    let inner = inner.trim_end_matches(['"', ')', '`']);
    let mut words = inner.split_whitespace();
    words.any(|word| !word.starts_with('-'))
}

/// `docker login -p`: what is written there can be read in the list of processes, or in the file itself.
fn password(check: &mut JobCheck<'_>, docker: &DockerCall<'_>) {
    let Some(flag) = docker.flags_named("--password").last() else {
        return;
    };
    let Some(value) = docker.value(flag) else {
        return;
    };
    let registry = docker.operands().first().map(|word| docker.text_of(*word));
    if registry.is_some_and(|registry| is_on_this_machine(&registry.text)) {
        return; // a registry of the test itself
    }
    let written = !value.unknown && !value.text.contains(['$', '`']) && !value.text.is_empty();
    let at = docker.at_words(&flag.words);
    if written {
        check.emit(ids::PASSWORD_IN_FILE, at, "--password");
    } else if check.pass.view.shares_machine() {
        // a machine for one job has nobody else who could look
        check.emit(ids::PASSWORD_ARGUMENT, at, "--password");
    }
}
