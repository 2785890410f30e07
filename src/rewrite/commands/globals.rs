//! What stands between `docker` and its command: some flags choose another engine, which Podman's own command does not.

use crate::analysis::{DockerCall, Flag, JobPass};
use crate::rewrite::draft::Draft;
use crate::rules::{FlagAction, FlagRewrite, ids};
use crate::shell::{ArgumentKind, Nesting};
use crate::version::Version;

use super::parts::remove_flag;
use super::{needs_newer, rename_flag};

/// Translates the flags; gives `false` if the job stays because of one.
pub(super) fn translate(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) -> bool {
    let is_flag = |kind: &ArgumentKind| matches!(kind, ArgumentKind::Flag { .. });
    if let Some(other) = docker.globals.iter().find(|it| !is_flag(&it.kind)) {
        let words = other.words.start + 1..other.words.end + 1;
        draft.block(
            ids::UNREADABLE_COMMAND,
            docker.at_words(&words),
            "what stands in front of the subcommand is not a flag that is known here",
            "write the command out, or move the job by hand",
        );
        return false;
    }
    docker
        .global_flags()
        .all(|flag| one(pass, docker, &flag, draft))
}

fn one(pass: &JobPass<'_>, docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) -> bool {
    let at = docker.at_words(&flag.words);
    let value = docker.value(flag).filter(|value| !value.unknown);
    let value = value.map(|value| value.text);
    let target = docker.view.target(docker.call);
    let (action, _) = flag.rule.for_value(value.as_deref(), target);
    match action {
        FlagAction::Same => match flag.rule.since {
            Some(since) if docker.view.podman().is_some_and(|podman| podman < since) => {
                config_as_variable(docker, flag, since, draft)
            }
            _ => true,
        },
        FlagAction::Rename { to } => {
            let message = format!("{} is {to} to Podman", flag.rule.name);
            let why = draft.note(ids::DOCKER_COMMAND, at, message);
            rename_flag(docker, flag, to, draft, why);
            true
        }
        FlagAction::Drop { why: reason } => {
            let message = format!("{} goes: {reason}", flag.rule.name);
            let why = draft.note(ids::FLAG_DROPPED, at, message);
            remove_flag(docker, flag, draft, why);
            true
        }
        FlagAction::Rewrite { with, .. }
            if *with == FlagRewrite::Host && is_own_engine(pass, value.as_deref()) =>
        {
            let message = format!(
                "{} goes: it leads to the daemon beside the job",
                flag.rule.name
            );
            let why = draft.note(ids::FLAG_DROPPED, at, message);
            remove_flag(docker, flag, draft, why);
            true
        }
        FlagAction::Rewrite { .. } | FlagAction::Gap { .. } => {
            let word = docker.call.raw(&docker.words()[flag.words.start]);
            let name = word.split('=').next().unwrap_or(word);
            draft.block(
                ids::REMOTE_ENGINE,
                at,
                format!("{name} makes docker talk to an engine of its choice, which Podman's own command does not"),
                "a job that drives another machine's Docker stays; move the rest out of it",
            );
            false
        }
    }
}

/// Whether an address is that of the daemon beside the job, which goes.
fn is_own_engine(pass: &JobPass<'_>, address: Option<&str>) -> bool {
    let host = address.and_then(|address| address.strip_prefix("tcp://"));
    let host = host.and_then(|host| host.split([':', '/']).next());
    pass.evidence.own_daemon()
        && host.is_some_and(|host| pass.evidence.hosts.iter().any(|own| own == host))
}

/// An older Podman passes over `--config DIR`, and reads the variable that says the same.
/// Source: ran on Podman 4.3.1.
fn config_as_variable(
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    since: Version,
    draft: &mut Draft,
) -> bool {
    let at = docker.at_words(&flag.words);
    let command = docker.call.command();
    let runs_alone =
        command.wrappers.is_empty() && !command.context.nesting.contains(&Nesting::Xargs);
    let Some(value) = docker.raw_value(flag).filter(|_| runs_alone) else {
        needs_newer(docker, Some(since), &flag.rule.name, at, draft);
        return false;
    };
    let message = format!(
        "an older Podman passes over {}; DOCKER_CONFIG says the same",
        flag.rule.name
    );
    let why = draft.note(ids::DOCKER_COMMAND, at, message);
    let start = docker.words()[0].span.start;
    docker.replace(start..start, format!("DOCKER_CONFIG={value} "), draft, why);
    remove_flag(docker, flag, draft, why);
    true
}
