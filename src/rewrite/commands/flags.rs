//! What becomes of each flag, by the tables; a rewrite that they name is one arm here.

use crate::analysis::{DockerCall, Flag, JobPass};
use crate::rewrite::draft::Draft;
use crate::rules::{FlagAction, FlagRewrite, Target, ids};
use crate::text::Location;
use crate::version::Version;

use super::parts::{Additions, colon_for_equals, remove_flag};
use super::{build, cache, formats, limits, network_option};

/// One docker command of a job.
pub(super) struct InJob<'c, 'p> {
    /// The job.
    pub pass: &'c JobPass<'p>,
    /// The command's place among the job's calls.
    pub index: usize,
    /// The command.
    pub docker: &'c DockerCall<'p>,
}

/// Does with a flag what its rule says.
pub(super) fn translate(
    command: &InJob<'_, '_>,
    flag: &Flag<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
    why: usize,
) {
    let docker = command.docker;
    let at = docker.at_words(&flag.words);
    let value = docker
        .value(flag)
        .filter(|value| !value.unknown)
        .map(|value| value.text);
    let target = Target {
        podman: command.pass.target_podman(),
        ..docker.view.target(docker.call)
    };
    let since = flag.rule.since_for(value.as_deref(), target);
    let what = match since == flag.rule.since {
        true => &flag.rule.name,
        false => docker.written(flag),
    };
    if needs_newer(docker, since, what, at, draft) {
        return;
    }
    let instead = flag.rule.instead_for(value.as_deref(), target);
    let (action, loses) = flag.rule.for_value(value.as_deref(), target);
    match action {
        FlagAction::Same => {}
        FlagAction::Drop { why: reason } => {
            let why = match loses {
                Some(loss) => draft.lose(
                    ids::FLAG_DROPPED,
                    at,
                    format!("{} goes, and {loss} is lost: {reason}", flag.rule.name),
                    instead,
                ),
                None => draft.note(
                    ids::FLAG_DROPPED,
                    at,
                    format!("{} goes: {reason}", flag.rule.name),
                ),
            };
            remove_flag(docker, flag, draft, why);
        }
        FlagAction::Rename { to } => rename_flag(docker, flag, to, draft, why),
        FlagAction::Gap { why: reason } => draft.block(
            ids::NO_COUNTERPART,
            at,
            format!(
                "{} has no counterpart in Podman: {reason}",
                written(docker, flag)
            ),
            instead.unwrap_or("the job stays on Docker until the command does without it"),
        ),
        FlagAction::Rewrite { with, why: reason } => {
            if !rewrite(*with, command, flag, additions, draft, why) {
                draft.block(
                    ids::NO_COUNTERPART,
                    at,
                    format!(
                        "{} means something else to Podman: {reason}",
                        flag.rule.name
                    ),
                    instead.unwrap_or("write what Podman needs by hand"),
                );
            }
        }
    }
}

/// A flag as it is named in a message: with its value where that is what Podman lacks.
fn written<'d>(docker: &DockerCall<'d>, flag: &Flag<'d>) -> &'d str {
    match flag.rule.cases.is_empty() {
        true => &flag.rule.name,
        false => docker.written(flag),
    }
}

/// The code behind the names that the tables give. `false`: Podman has nothing for this value.
fn rewrite(
    with: FlagRewrite,
    command: &InJob<'_, '_>,
    flag: &Flag<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
    why: usize,
) -> bool {
    let InJob {
        pass,
        index,
        docker,
    } = *command;
    match with {
        FlagRewrite::AddHost => colon_for_equals(docker, flag, draft, why),
        FlagRewrite::Attestation => build::attestation(docker, flag, draft),
        FlagRewrite::BuildAllow => build::allow(docker, flag, draft),
        FlagRewrite::BuildNetwork => return build::network(docker, flag, draft, why),
        FlagRewrite::BuildOutput => return build::output(docker, flag, draft),
        FlagRewrite::BuildPush => build::push(docker, flag, draft),
        FlagRewrite::BuildSecret => build::secret(docker, flag, draft, why),
        FlagRewrite::CacheFrom | FlagRewrite::CacheTo => {
            cache::cache(pass, index, docker, flag, additions, draft);
        }
        FlagRewrite::Format => return formats::format(pass, docker, flag, draft),
        FlagRewrite::MemoryLock => limits::memory_lock(docker, flag, draft),
        FlagRewrite::Network => return network_option::network(docker, flag, draft),
        FlagRewrite::NoCacheFilter => build::no_cache_filter(docker, flag, draft),
        FlagRewrite::PastDuration => past_duration(docker, flag, draft),
        FlagRewrite::Publish => return network_option::publish(docker, flag, draft),
        FlagRewrite::ResourceLimit => limits::resource(docker, flag, draft),
        // looked at with the rest of their command
        FlagRewrite::BuildPlatform
        | FlagRewrite::Host
        | FlagRewrite::Hostname
        | FlagRewrite::Imagetools
        | FlagRewrite::Mount
        | FlagRewrite::PidNamespace
        | FlagRewrite::Volume => {}
    }
    true
}

/// `--until 1h`: for Docker an hour ago, for Podman in an hour.
/// Source: ran on Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1.
fn past_duration(docker: &DockerCall<'_>, flag: &Flag<'_>, draft: &mut Draft) {
    let (Some(raw), Some(range)) = (docker.raw_value(flag), flag.value.clone()) else {
        return;
    };
    let quotes = raw.len() - raw.trim_start_matches(['"', '\'']).len();
    let value = raw.trim_matches(['"', '\'']);
    let is_duration = value.starts_with(|first: char| first.is_ascii_digit())
        && value.ends_with(['s', 'm', 'h'])
        && value
            .chars()
            .all(|letter| letter.is_ascii_digit() || ".smhun".contains(letter));
    if is_duration {
        let at = docker.at_words(&flag.words);
        let message = "a duration lies ahead for Podman; with a minus in front it lies behind, as Docker has it";
        let why = draft.note(ids::DOCKER_COMMAND, at, message);
        let start = range.start + quotes;
        docker.replace(start..start, "-", draft, why);
    }
}

/// Puts the operand behind the options that follow it, where the job's Podman wants those in front.
/// Source: `podman logs NAME --tail 2` is an error of 5.4.2 and none of 6.1.1 (ran); podman release notes 5.5.
pub(super) fn in_front(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let needed = docker.rule.options_first.is_some_and(|first| {
        let podman = pass.target_podman();
        podman.is_none_or(|podman| podman < first)
    });
    let Some(first) = docker.operands().first().copied().filter(|_| needed) else {
        return;
    };
    let mut flags = docker.flags();
    if !flags.any(|flag| flag.words.start > first) {
        return;
    }
    let message =
        "Podman before 5.5 wants options in front of the name, so the name goes behind them";
    let why = draft.note(ids::OPTIONS_BEHIND_OPERAND, docker.at(), message);
    let name = docker.call.raw(&docker.words()[first]);
    additions.operand = Some(name.to_owned());
    docker.remove(&(first..first + 1), draft, why);
}

/// Gives a flag its name in Podman; its value stays, in the same word (`--tail=5`, `-n5`) or the next.
pub(super) fn rename_flag(
    docker: &DockerCall<'_>,
    flag: &Flag<'_>,
    to: &str,
    draft: &mut Draft,
    why: usize,
) {
    if flag.clustered {
        draft.block(
            ids::UNKNOWN_FLAG,
            docker.at_words(&flag.words),
            "a flag in a cluster has another name in Podman",
            "write the flags apart",
        );
        return;
    }
    let word = &docker.words()[flag.words.start];
    let raw = docker.call.raw(word);
    let own_value = flag
        .value
        .as_ref()
        .and_then(|value| raw.get(..value.start.checked_sub(word.span.start)?));
    let (name, to) = match own_value {
        // a new name that brings its value along takes the place of a switch, which may be off
        Some(_) if to.contains('=') && !docker.is_on(&flag.rule.name) => {
            remove_flag(docker, flag, draft, why);
            return;
        }
        None | Some(_) if to.contains('=') => (raw, to.to_owned()),
        Some(name) if !name.ends_with('=') => (name, format!("{to}=")),
        Some(name) => (name.trim_end_matches('='), to.to_owned()),
        None => (raw, to.to_owned()),
    };
    if name != to {
        let start = word.span.start;
        docker.replace(start..start + name.len(), to, draft, why);
    }
}

/// Whether the Podman that the user names is too old for what a command or flag becomes.
pub(super) fn needs_newer(
    docker: &DockerCall<'_>,
    since: Option<Version>,
    what: &str,
    at: Location,
    draft: &mut Draft,
) -> bool {
    let (Some(since), Some(podman)) = (since, docker.view.podman()) else {
        return false;
    };
    if since <= podman {
        return false;
    }
    draft.block(
        ids::NEEDS_NEWER_PODMAN,
        at,
        format!("{what} needs Podman {since}, and the jobs will meet {podman}"),
        match docker.view.on_machine() {
            true => "let the job run on a machine with a newer Podman, and name its version with --podman if it is not GitHub's own",
            false => "name a newer image with --podman-image, and its version with --podman",
        },
    );
    true
}
