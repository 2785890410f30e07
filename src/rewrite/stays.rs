//! Jobs that stay on Docker, or need a person's look, for what they are.

use crate::analysis::machine::{Machine, machine};
use crate::analysis::{JobPass, Operation};
use crate::pipeline::Phase;
use crate::rules::ids;

use super::draft::Draft;
use super::runner;

/// Looks at the job as a whole.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    unresolved(pass, draft);
    windows(pass, draft);
    runner::run(pass, draft);
    host(pass, draft);
    idle_daemon(pass, draft);
    remote(pass, draft);
    after_script(pass, draft);
}

/// `after_script` begins with the job's container started anew: what ran in it has ended, and with it Podman's containers.
/// Source: ran on Podman 5.4.2 under gitlab-ci-local; the docker executor of GitLab's runner starts its container for each step.
fn after_script(pass: &JobPass<'_>, draft: &mut Draft) {
    for (index, operation) in &pass.facts.operations {
        let call = &pass.view.calls[*index];
        let verb = call
            .command()
            .words
            .get(1)
            .and_then(|word| word.value.as_deref());
        if *operation == Operation::UseContainer
            && call.phase == Phase::After
            && matches!(verb, Some("exec" | "cp" | "attach" | "container"))
        {
            draft.block(
                ids::AFTER_SCRIPT_CONTAINER,
                pass.view.at_command(call),
                "containers of the script no longer run in after_script, where Podman's end with the script's shell",
                "do it at the end of script, then run again",
            );
        }
    }
}

/// A job whose only Docker is another machine's has nothing to move.
fn remote(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let Some(first) = pass.evidence.remote.first() else {
        return;
    };
    let local = !pass.evidence.commands.is_empty()
        || pass.evidence.own_daemon()
        || pass.evidence.docker_image();
    if !local {
        draft.block(
            ids::REMOTE_ENGINE,
            view.at_command(&view.calls[*first]),
            "this docker command runs on another machine, which is not moved here",
            "move that machine first, then this command",
        );
    }
}

/// What the job is made of cannot all be read.
fn unresolved(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for missing in &view.job.unresolved {
        draft.block(
            ids::UNRESOLVED,
            view.context.documents.location(missing.at),
            format!(
                "the job is made of {}, which cannot be read here",
                missing.what
            ),
            "move the job where its template is, or write out what it takes from there",
        );
    }
    if view.job.provider.has_steps() {
        return;
    }
    let has_script = view
        .job
        .scripts
        .iter()
        .any(|script| script.phase == Phase::Main);
    if !has_script && !view.job.keys.contains_key("trigger") && !view.job.keys.contains_key("run") {
        let from = view
            .context
            .pipeline
            .foreign
            .first()
            .map(|foreign| foreign.what.clone());
        let message = match from {
            Some(what) => format!(
                "the job has no script here: it changes a job of an include that cannot be read ({what})"
            ),
            None => "the job has no script, so what it runs is not known".to_owned(),
        };
        draft.block(
            ids::UNRESOLVED,
            view.at_job(),
            message,
            "move the job where its script is",
        );
    }
    if view.job.keys.contains_key("run") {
        draft.block(
            ids::UNRESOLVED,
            view.at_job(),
            "the job runs CI steps (`run:`), which are not read here",
            "move the job by hand",
        );
    }
}

fn windows(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    if view.job.provider.labels_are_machines() {
        return; // the machine's own pass says it
    }
    let image = pass
        .evidence
        .image
        .as_ref()
        .map(|(_, name)| name.to_ascii_lowercase())
        .unwrap_or_default();
    let tags = view
        .job
        .tags
        .iter()
        .any(|tag| tag.to_ascii_lowercase().contains("windows"));
    if tags || image.contains("windowsservercore") || image.contains("nanoserver") {
        draft.block(
            ids::WINDOWS,
            view.at_job(),
            "the job runs on Windows, where Podman needs a virtual machine",
            "the job stays on Docker",
        );
    }
}

/// Containers that outlive the job live on the runner's host.
fn host(pass: &JobPass<'_>, draft: &mut Draft) {
    if pass.evidence.own_daemon() {
        return;
    }
    let view = &pass.view;
    let help = "it would end with the job in Podman's image; the job stays";
    // GitHub's own machine ends with its job
    let hosted =
        view.on_machine() && matches!(machine(view.context.rules, view.job), Machine::Hosted(_));
    // a machine of GitHub's is the job's alone
    let alone =
        view.on_machine() && !matches!(machine(view.context.rules, view.job), Machine::Unknown(_));
    let of_others = match alone {
        true => "that no step in sight starts: what is out of sight does, and with Docker",
        false => "that another job or the host started",
    };
    let deploys = view.job.keys.contains_key("environment");
    let starts = pass.facts.operations.iter().any(|(_, operation)| {
        matches!(
            operation,
            Operation::Run { .. } | Operation::ComposeUp { .. }
        )
    });
    let ends = pass
        .facts
        .operations
        .iter()
        .any(|(_, operation)| *operation == Operation::EndContainer);
    let only_cleans = only_cleans(pass);
    if alone && !only_cleans {
        removed_images(pass, draft);
    }
    let mut started = false;
    for (index, operation) in &pass.facts.operations {
        let at = view.at_command(&view.calls[*index]);
        match operation {
            Operation::Run {
                detached, restarts, ..
            } => {
                if !hosted && (*restarts || (*detached && (deploys || !ends))) {
                    draft.block(
                        ids::DEPLOYS_TO_HOST,
                        at,
                        "this container goes on after the job, on the runner's host",
                        help,
                    );
                }
                started = true;
            }
            Operation::ComposeUp { detached } => {
                if !hosted && *detached && deploys {
                    draft.block(
                        ids::DEPLOYS_TO_HOST,
                        at,
                        "what compose starts here goes on after the job, on the runner's host",
                        help,
                    );
                }
                started = true;
            }
            Operation::UseContainer if !started && !starts => {
                draft.block(
                    ids::HOST_CONTAINERS,
                    at,
                    format!("this command is about a container {of_others}"),
                    "the job stays on Docker",
                );
            }
            Operation::EndContainer if !starts => {
                draft.block(
                    ids::HOST_CONTAINERS,
                    at,
                    format!("this command ends a container {of_others}"),
                    "the job stays on Docker",
                );
            }
            Operation::Prune if !starts && only_cleans => {
                let message = match alone {
                    true => {
                        "the docker commands of this job only clean up Docker's own store; Podman's is another one, and empty here"
                    }
                    false => "this job cleans up the runner's own Docker",
                };
                draft.block(ids::HOST_CONTAINERS, at, message, "the job stays on Docker");
            }
            _ => {}
        }
    }
}

/// `docker rmi $(docker images -q)` before the job has an image of its own: Podman's store is empty, and there it fails.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1.
fn removed_images(pass: &JobPass<'_>, draft: &mut Draft) {
    let fills = |operation: &Operation| {
        !matches!(
            operation,
            Operation::Prune
                | Operation::EndContainer
                | Operation::UseContainer
                | Operation::ComposeDown
                | Operation::Login(_)
                | Operation::Logout(_)
        )
    };
    let mut operations = pass.facts.operations.iter();
    let first = operations.find(|(_, operation)| fills(operation));
    let first = first.map_or(usize::MAX, |(index, _)| *index);
    let before = pass.known_calls().take_while(|(index, _)| *index < first);
    for (_, docker) in before.filter(|(_, docker)| docker.rule.name == "rmi") {
        let call = docker.call;
        let wrappers = &call.command().wrappers;
        let mut flags = wrappers.iter().map(|word| call.raw(word));
        let may_be_idle = flags.any(|flag| matches!(flag, "-r" | "--no-run-if-empty"));
        if !call.command().context.tolerated && !may_be_idle {
            draft.block(
                ids::HOST_CONTAINERS,
                docker.at(),
                "this command removes images before the job has any: Podman's store is empty here, and the command fails",
                "take it out, or put `|| true` behind it, then run again",
            );
        }
    }
}

fn only_cleans(pass: &JobPass<'_>) -> bool {
    pass.facts.operations.iter().all(|(_, operation)| {
        matches!(
            operation,
            Operation::Prune | Operation::EndContainer | Operation::UseContainer
        )
    })
}

/// A daemon beside a job that never calls docker: something out of sight may use it.
fn idle_daemon(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    if pass.evidence.daemons.is_empty() || !pass.evidence.commands.is_empty() {
        return;
    }
    if !pass.api_clients().is_empty() {
        return; // what is run there says it
    }
    let Some(services) = &view.job.services else {
        return;
    };
    let inherited = services.slot.reach.contains(&crate::pipeline::Via::Default);
    let program = view
        .calls
        .iter()
        .filter_map(|call| call.program())
        .find(|program| !view.context.rules.is_harmless(program))
        .map(str::to_owned);
    let unnamed = view.calls.iter().any(|call| call.program().is_none());
    match (program, inherited) {
        (None, _) if !unnamed => {}
        (program, true) => draft.review(
            ids::IDLE_DAEMON,
            view.at_job(),
            format!("the job inherits a Docker daemon and calls docker nowhere; {} may use it out of sight", program.as_deref().unwrap_or("a command")),
            "see that it starts no containers (Testcontainers and the like), then use --include-review",
        ),
        (program, false) => draft.block(
            ids::HIDDEN_DOCKER,
            view.at_job(),
            format!("the job asks for a Docker daemon and calls docker nowhere: {} uses it out of sight", program.as_deref().unwrap_or("a command")),
            "see what it needs of Docker, and move the job by hand",
        ),
    }
}
