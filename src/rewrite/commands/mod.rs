//! Docker commands become Podman's, by the tables; what a table cannot say has a module of its own.

mod binds;
mod build;
mod cache;
mod capabilities;
mod commit;
mod dockerfile;
mod filled;
mod flags;
mod formats;
mod globals;
mod images;
mod imagetools;
mod limits;
mod list_parts;
mod logout;
mod network_option;
mod outside;
mod parts;
mod platforms;
mod registry;
mod run;
mod short_names;
mod volumes;
mod workdir;

pub(super) use dockerfile::{clones, find as dockerfiles};
use flags::{needs_newer, rename_flag};
use parts::Additions;
pub(super) use platforms::platforms;

use crate::analysis::{Call, DockerCall, Flag, JobPass, Unclear};
use crate::finding::RuleId;
use crate::rules::{Becomes, FlagAction, UnderHostNetwork, ids};
use crate::shell::{ArgumentKind, Connector};

use super::by_others::{PODMAN_PATH, is_dockers_file};
use super::draft::Draft;
use super::script_edit;
use crate::analysis::hosts::leads_to_another_machine;

/// Translates every docker command of a job.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = pass.view;
    for (index, docker) in pass.docker_calls() {
        let call = &view.calls[index];
        if pass.replaced.contains(&index) {
            continue;
        }
        if call.program() == Some("docker-compose") {
            continue; // the compose pass has it
        }
        match docker {
            Ok(docker) if docker.rule.name.starts_with("compose") => {}
            Ok(docker) => translate(pass, index, docker, draft),
            Err(Unclear::Bare) => {
                let why = draft.note(
                    ids::DOCKER_COMMAND,
                    view.at_command(call),
                    "Podman prints its own version",
                );
                rename_program(pass, call, draft, why);
            }
            Err(Unclear::Subcommand) => draft.block(
                ids::UNREADABLE_COMMAND,
                view.at_command(call),
                "which docker command this is, is decided when the script runs",
                "write the subcommand out, or move the job by hand",
            ),
            Err(Unclear::Unknown(name)) => draft.block(
                ids::UNKNOWN_COMMAND,
                view.at_command(call),
                format!("`docker {name}` is not a command that Podman is known to have"),
                "if it is a plugin, install it beside Podman or keep the job on Docker",
            ),
        }
    }
}

/// The program's word becomes Podman's: a path that of Podman, and a word in several parts (`d''ocker`) one in one.
fn rename_program(pass: &JobPass<'_>, call: &Call, draft: &mut Draft, why: usize) {
    let word = &call.command().words[0];
    let raw = call.raw(word);
    let value = word.value.as_deref().unwrap_or(raw);
    let (old, new) = match is_dockers_file(value) {
        true => (value, PODMAN_PATH),
        false => ("docker", "podman"),
    };
    let range = match raw.rfind(old) {
        Some(at) => word.span.start + at..word.span.start + at + old.len(),
        None => word.span.clone(),
    };
    script_edit::replace(pass.view, call, range, new, draft, why);
}

fn translate(pass: &JobPass<'_>, index: usize, docker: &DockerCall<'_>, draft: &mut Draft) {
    let place = &docker.call.command().context;
    if place.negated && place.followed_by == Some(Connector::And) || fails_when_docker_works(docker)
    {
        draft.block(
            ids::DOCKER_MUST_FAIL,
            docker.at(),
            "the script counts on this docker command to fail",
            "say what the check is for, and move the job by hand",
        );
        return;
    }
    if !globals::translate(pass, docker, draft) {
        return;
    }
    if needs_newer(
        docker,
        docker.rule.since,
        &docker.rule.name,
        docker.at(),
        draft,
    ) {
        return;
    }
    if docker.rule.under_host_network == Some(UnderHostNetwork::Error) && !pass.view.on_machine() {
        draft.block(
            ids::STABLE_IMAGE_LIMITS,
            docker.at(),
            format!("`podman {}` is an error in quay.io/podman/stable, where containers have no cgroups", docker.rule.name),
            docker
                .rule
                .instead
                .as_deref()
                .unwrap_or("the job stays on Docker until the script does without it"),
        );
        return;
    }
    let words = match &docker.rule.becomes {
        Becomes::Podman(words) => words.clone(),
        Becomes::Gap(why) => {
            draft.block(
                gap_rule(&docker.rule.name),
                docker.at(),
                format!(
                    "`docker {}` has no counterpart in Podman: {why}",
                    docker.rule.name
                ),
                docker
                    .rule
                    .instead
                    .as_deref()
                    .unwrap_or("the job stays on Docker; split off what can move"),
            );
            return;
        }
        Becomes::Drop(_) if leads_to_another_machine(docker) => {
            draft.block(
                ids::REMOTE_ENGINE,
                docker.at(),
                "this command leads to another machine's Docker",
                "a job that drives another machine's Docker stays; move the rest out of it",
            );
            return;
        }
        Becomes::Drop(_) if let Some((flag, why)) = asks_for_what_is_missing(docker) => {
            draft.block(
                ids::NO_COUNTERPART,
                docker.at_words(&flag.words),
                format!(
                    "{} has no counterpart in Podman: {why}",
                    docker.written(flag)
                ),
                flag.rule
                    .instead
                    .as_deref()
                    .unwrap_or("the job stays as it is"),
            );
            return;
        }
        Becomes::Drop(reason) => {
            let message = format!("`docker {}` goes: {reason}", docker.rule.name);
            let why = draft.note(ids::DOCKER_COMMAND, docker.at(), message);
            super::removal::remove_command(docker.call, draft, why);
            return;
        }
        Becomes::Rewrite(name) => match images::rewrite_command(pass, index, name, docker, draft) {
            Some(words) => words,
            None => return,
        },
    };
    let words = match images::manifest_name(pass, index, docker, draft) {
        Some(other) => other.to_owned(),
        None => words,
    };
    if primes_a_cache(pass, docker, draft) {
        return;
    }
    let message = format!("`docker {}` becomes `podman {words}`", docker.rule.name);
    let why = draft.note(ids::DOCKER_COMMAND, docker.at(), message);
    rename_program(pass, docker.call, draft, why);
    for argument in &docker.between {
        draft.note(
            ids::FLAG_DROPPED,
            docker.at_words(&argument.words),
            "flags of buildx itself choose a builder, which Podman does not have",
        );
    }
    let written: Vec<&str> = docker.words()[docker.subcommand.clone()]
        .iter()
        .filter_map(|word| word.value.as_deref())
        .collect();
    if written.join(" ") != words {
        docker.replace(docker.range(&docker.subcommand), words, draft, why);
    }
    let mut additions = Additions::default();
    for argument in &docker.arguments {
        match &argument.kind {
            ArgumentKind::Unknown { name } => draft.block(
                ids::UNKNOWN_FLAG,
                docker.at_words(&argument.words),
                format!(
                    "{name} is not a flag of `docker {}` that is known here",
                    docker.rule.name
                ),
                "check what Podman makes of it, and move the job by hand",
            ),
            ArgumentKind::Opaque => filled::opaque(docker, argument.words.start, draft),
            _ => {}
        }
    }
    let command = flags::InJob {
        pass,
        index,
        docker,
    };
    for flag in docker.flags() {
        flags::translate(&command, flag, &mut additions, draft, why);
    }
    flags::in_front(pass, docker, &mut additions, draft);
    registry::on_this_machine(docker, &mut additions);
    match docker.rule.name.as_str() {
        "build" => build::finish(pass, index, docker, &mut additions, draft),
        "run" | "create" => run::finish(&command, &mut additions, draft, why),
        "exec" => capabilities::of_exec(pass, docker, draft),
        "commit" => commit::finish(pass, docker, &mut additions, draft),
        "login" | "logout" => registry::login(pass, index, docker, &mut additions, draft),
        "push" => registry::push(pass, docker, draft),
        "network inspect" => images::network(docker, draft),
        "volume create" => volumes::create(pass, index, docker, &mut additions, draft),
        "pull" => short_names::pull(pass, index, docker, draft, why),
        "save" => images::save(docker, &mut additions),
        "manifest push" => images::manifest_push(docker, &mut additions),
        "info" | "inspect" | "image inspect" | "container inspect" => {
            images::output(docker, draft);
            images::network(docker, draft);
        }
        _ => {}
    }
    finish(pass, docker, additions, draft, why);
}

fn finish(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    additions: Additions,
    draft: &mut Draft,
    why: usize,
) {
    if !additions.options.is_empty() {
        docker.add_option(&additions.options.join(" "), draft, why);
    }
    let last = docker.words().last().map_or(0, |word| word.span.end);
    if let Some(operand) = additions.operand {
        docker.replace(last..last, format!(" {operand}"), draft, why);
    }
    if !script_edit::insert_after(pass.view, docker.call, &additions.after, draft, why) {
        draft.block(
            ids::UNREADABLE_COMMAND,
            docker.at(),
            "what Podman needs as a command of its own behind this build cannot follow here",
            "put the build on a line of its own, then run again",
        );
    }
}

/// A flag of a command that would go, by which it asks for something that Podman lacks.
fn asks_for_what_is_missing<'d>(docker: &'d DockerCall<'_>) -> Option<(&'d Flag<'d>, &'d str)> {
    docker.flags().find_map(|flag| {
        let value = docker.value(flag).map(|value| value.text);
        let target = docker.view.target(docker.call);
        match flag.rule.for_value(value.as_deref(), target).0 {
            FlagAction::Gap { why } => Some((flag, why.as_str())),
            _ => None,
        }
    })
}

/// `docker ps && exit 1`: the script ends when Docker is there.
fn fails_when_docker_works(docker: &DockerCall<'_>) -> bool {
    let command = docker.call.command();
    let text = docker.call.text();
    let after = text
        .get(command.span.end..command.context.statement.end)
        .unwrap_or_default();
    command.context.followed_by == Some(Connector::And)
        && after
            .trim_start()
            .trim_start_matches('&')
            .trim_start()
            .starts_with("exit ")
        && !after.contains("exit 0")
}

fn gap_rule(command: &str) -> RuleId {
    match command.split(' ').next() {
        Some("swarm" | "stack" | "service" | "node" | "config") => ids::SWARM,
        Some("plugin") => ids::DOCKER_PLUGIN,
        _ => ids::NO_COUNTERPART,
    }
}

/// `docker pull R:T || true` in front of a build that takes R:T as its cache.
fn primes_a_cache(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) -> bool {
    if docker.rule.name != "pull" || !docker.call.command().context.tolerated {
        return false;
    }
    let Some(word) = docker.operands().first().copied() else {
        return false;
    };
    let raw = docker.text_of(word).text;
    if pass.facts.is_cache_source(&raw) && !pass.facts.is_used(&raw) {
        let message =
            "this pull only fetched a cache for the build; Podman finds its cache by itself";
        let why = draft.note(ids::BUILD_CACHE, docker.at(), message);
        super::removal::remove_command(docker.call, draft, why);
        return true;
    }
    false
}
