//! An image that is not Docker's, in which the script itself installs the Docker command: it installs Podman instead.

use crate::analysis::{Call, JobPass};
use crate::rules::{PackageManager, ids};

use super::draft::Draft;
use super::script_edit::replace;
use super::setup;

/// Replaces Docker's packages by Podman's. `false`: the script installs none, so Podman must come with the image.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) -> bool {
    let view = &pass.view;
    let composes = view.calls.iter().any(|call| {
        let second = call
            .command()
            .words
            .get(1)
            .and_then(|word| word.value.as_deref());
        call.program() == Some("docker-compose")
            || (call.program() == Some("docker") && second == Some("compose"))
    });
    if composes {
        return false; // its socket was only seen to work in the stable image
    }
    let mut installs = false;
    for call in view.calls.iter().filter(|call| !call.is_remote()) {
        let Some(manager) = call.program().and_then(PackageManager::of_program) else {
            continue;
        };
        if !matches!(manager, PackageManager::Apk | PackageManager::Apt) {
            continue;
        }
        let docker = docker_packages(pass, call, manager);
        let Some((first, others)) = docker.split_first() else {
            continue;
        };
        let podman = view.context.rules.podman_packages(manager).join(" ");
        let message = format!("the script installs Podman where it installed Docker: {podman}");
        let why = draft.note(ids::TOOLBOX_PACKAGES, view.at_command(call), message);
        let words = &call.command().words;
        replace(view, call, words[*first].span.clone(), podman, draft, why);
        for other in others {
            replace(
                view,
                call,
                words[*other - 1].span.end..words[*other].span.end,
                "",
                draft,
                why,
            );
        }
        if !installs {
            // an overlay on the overlay of the job's own container does not work
            setup::variable(draft, "STORAGE_DRIVER", "vfs", why);
            draft.review(
                ids::TOOLBOX_PACKAGES,
                view.at_command(call),
                "the job's own image gets Podman from its distribution: an older one, set up for a machine and not for a container",
                "try the job on a branch; an image that carries Podman is the surer way",
            );
        }
        installs = true;
    }
    installs
}

/// An image of the user's own has Podman already: a script that installs Docker in it is not understood.
pub(super) fn keeps_no_docker(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for call in view.calls.iter().filter(|call| !call.is_remote()) {
        let manager = call.program().and_then(PackageManager::of_program);
        if manager.is_some_and(|manager| !docker_packages(pass, call, manager).is_empty()) {
            draft.block(
                ids::TOOLBOX_PACKAGES,
                view.at_command(call),
                "the script installs Docker, and the image that the configuration names brings Podman",
                "take Docker's packages out of the command, then run again",
            );
        }
    }
}

/// The words of an installation that are packages of Docker's.
fn docker_packages(pass: &JobPass<'_>, call: &Call, manager: PackageManager) -> Vec<usize> {
    let words = &call.command().words;
    let installs = words
        .iter()
        .any(|word| matches!(word.value.as_deref(), Some("add" | "install")));
    if !installs {
        return Vec::new();
    }
    let rules = pass.view.context.rules;
    let is_docker = |index: &usize| {
        let name = words[*index].value.as_deref().unwrap_or_default();
        let name = name.split(['=', '<', '>', '~', '@']).next().unwrap_or(name);
        rules.package(manager, name).is_some_and(|rule| rule.docker)
    };
    (1..words.len()).filter(is_docker).collect()
}
