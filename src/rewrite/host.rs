//! A job on a machine of GitHub's or of the user's own, with the Podman of that machine.

use crate::analysis::machine::{Machine, machine};
use crate::analysis::{JobPass, Operation};
use crate::collections::HashSet;
use crate::options::RunnerProfile;
use crate::rules::ids;

use super::draft::Draft;
use super::rootless;

/// Looks at the machine, and at what its Podman does otherwise for a user who is not root.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    if !view.job.provider.labels_are_machines() {
        return;
    }
    other_scripts(pass, draft);
    match machine(view.context.rules, view.job) {
        Machine::Hosted(_) => {}
        Machine::Without(label, why) => draft.block(
            ids::OTHER_SYSTEM,
            view.at_job(),
            format!("the job runs, or may run, on {label}: {why}"),
            "the job stays on Docker",
        ),
        Machine::Unknown(_) if view.job.keys.contains_key("using") => draft.block(
            ids::USED_ELSEWHERE,
            view.at_job(),
            "no workflow of this repository uses this action, so it is not known where its steps run and what runs beside them",
            "move it by hand, together with the workflows that use it",
        ),
        Machine::Unknown(label) => {
            let is_named = matches!(
                view.context.options.runner,
                RunnerProfile::Podman | RunnerProfile::GithubHosted
            );
            if !is_named {
                let what = match label.as_str() {
                    "" => "nothing here says on which machine the job runs".to_owned(),
                    label => format!("the runner {label} is not one of GitHub's own"),
                };
                draft.review(
                    ids::RUNNER_MACHINE,
                    view.at_job(),
                    format!("{what}, so it is not known whether Podman is there"),
                    "see that it has Podman, then use --runner podman or --include-review",
                );
            }
        }
    }
    runner_containers(pass, draft);
    if view.on_machine() {
        two_stores(pass, draft);
        rootless::run(pass, draft);
    }
}

/// Containers and networks that the runner itself made with Docker: `${{ job.services.redis.id }}`.
fn runner_containers(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (index, call) in view.calls.iter().enumerate() {
        let text = call.text().get(call.command().span.clone());
        let text = text.unwrap_or_default();
        let is_docker = || pass.evidence.commands.binary_search(&index).is_ok();
        let by_expression = text.contains("job.services.") || text.contains("job.container.");
        // `docker network ls` beside services asks for theirs; its name begins with github_network
        let looks = || {
            let docker = pass.known_call(index);
            view.job.services.is_some()
                && docker.is_some_and(|docker| docker.rule.name == "network ls")
        };
        if text.contains("github_network") || by_expression && is_docker() || looks() {
            draft.block(
                ids::RUNNER_CONTAINER,
                view.at_command(call),
                "this command is about a container or a network that the runner made with Docker",
                "the job stays on Docker",
            );
        }
    }
}

/// Scripts in another language than the shell's are not edited.
fn other_scripts(pass: &JobPass<'_>, draft: &mut Draft) {
    let documents = pass.view.context.documents;
    for (node, program) in &pass.view.job.foreign_scripts {
        let text = documents.text(*node).unwrap_or_default();
        if crate::analysis::text::spells(text, "docker") {
            draft.block(
                ids::OTHER_SHELL,
                documents.location(*node),
                format!("this script is read by {program}, and it names docker"),
                "move what it does with docker to a bash step, then run again",
            );
        }
    }
}

/// Root and the runner's user share Docker's store; Podman gives each a store of its own.
fn two_stores(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let rooted = |index: &&usize| view.calls[**index].with_sudo();
    let operations = pass.facts.operations.iter();
    let users: HashSet<usize> = operations
        .filter(|(_, operation)| !matches!(operation, Operation::Prune))
        .map(|(call, _)| *call)
        .collect();
    let uses_images = |index: &&usize| users.contains(*index);
    let all = pass.evidence.commands.iter().filter(uses_images);
    let (as_root, as_user): (Vec<&usize>, Vec<&usize>) = all.partition(rooted);
    if let (Some(first), false) = (as_root.first(), as_user.is_empty()) {
        draft.block(
            ids::TWO_STORES,
            view.at_command(&view.calls[**first]),
            "docker is called with sudo here and without elsewhere: in Podman these are two stores, and an image of one is not in the other",
            "call docker in one way, then run again",
        );
    }
}
