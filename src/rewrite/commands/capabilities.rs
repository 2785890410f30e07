//! Capabilities that Docker gives to every container and Podman does not.
//! Source: the capabilities of containers of Podman 5.4.2, 5.8.6 and 6.1.1 beside Docker 26.1.

use std::ops::Range;

use crate::analysis::containers::name_of;
use crate::analysis::{DockerCall, Flag, JobPass};
use crate::dockerfile::Dockerfile;
use crate::rewrite::draft::Draft;
use crate::rules::{Rules, ids};

use super::parts::Additions;

/// Gives a container the capabilities that the programs in its command need, and in those that later run in it.
pub(super) fn of_run(
    pass: &JobPass<'_>,
    docker: &DockerCall<'_>,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let own = needs(docker);
    let later = name_of(docker).map(|name| needed_later(pass, &name));
    let mut given: Vec<&str> = Vec::new();
    for need in own.iter().chain(later.iter().flatten()) {
        if given.contains(&need.capability) || has(docker, need.capability) {
            continue;
        }
        given.push(need.capability);
        if need.capability == "MKNOD" && pass.view.on_machine() && !docker.call.with_sudo() {
            draft.block(
                ids::CAPABILITY,
                docker.at(),
                format!(
                    "{} makes a device file in this container, which without root no capability of Podman's allows",
                    need.program
                ),
                "call it with sudo, in this and in every other command about the container",
            );
            continue;
        }
        let message = format!(
            "{} needs the capability {}, which Docker gives to every container and Podman does not",
            need.program, need.capability
        );
        draft.note(ids::CAPABILITY, docker.at(), message);
        additions
            .options
            .push(format!("--cap-add {}", need.capability));
    }
}

/// `docker exec NAME ping`: the container gets the capability where it is made, if that is in sight.
pub(super) fn of_exec(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let found = needs(docker);
    let Some(need) = found.first().filter(|_| !docker.is_on("--privileged")) else {
        return;
    };
    let container = docker.operands().first().copied();
    let container = container.map(|word| docker.text_of(word).text);
    let started = &pass.containers().started;
    if container.is_none_or(|name| !started.contains(&name)) {
        draft.review(
            ids::CAPABILITY,
            docker.at(),
            format!(
                "{} needs the capability {}, which Docker gives to every container and Podman does not, and this container is started where it cannot be seen",
                need.program, need.capability
            ),
            format!("start the container with --cap-add {}", need.capability),
        );
    }
}

/// Gives a build the capabilities that the programs in its RUN instructions need.
/// Source: `RUN mknod` and `RUN ping` ran on Podman 5.4.2, 5.8.6 and 6.1.1, with --cap-add and without.
pub(super) fn of_build(
    docker: &DockerCall<'_>,
    dockerfile: &Dockerfile,
    additions: &mut Additions,
    draft: &mut Draft,
) {
    let rules = docker.view.context.rules;
    let runs = dockerfile.instructions.iter();
    let runs = runs.filter(|instruction| instruction.keyword == "RUN");
    let found = runs.flat_map(|run| programs(rules, run.arguments()));
    for program in found {
        let Some(capability) = rules.capability_of(program) else {
            continue;
        };
        let option = format!("--cap-add {capability}");
        if additions.options.contains(&option) {
            continue;
        }
        if capability == "MKNOD" && docker.view.on_machine() && !docker.call.with_sudo() {
            draft.block(
                ids::CAPABILITY,
                docker.at(),
                format!("{program} makes a device file in this build, which without root no capability of Podman's allows"),
                "call it with sudo, in this and in every other command about the image",
            );
            return;
        }
        let message = format!(
            "{program} in the Dockerfile needs the capability {capability}, which Docker gives to every build and Podman does not"
        );
        draft.note(ids::CAPABILITY, docker.at(), message);
        additions.options.push(option);
    }
}

/// A program in a container's command that needs a capability.
struct Need<'r> {
    program: String,
    capability: &'r str,
}

/// The programs in a container's command that need a capability: what stands behind the image or the container.
fn needs<'r>(docker: &DockerCall<'r>) -> Vec<Need<'r>> {
    let rules = docker.view.context.rules;
    let Some(first) = docker.operands().first().copied() else {
        return Vec::new();
    };
    let behind = docker.words().get(first + 1..).unwrap_or_default();
    let words: Vec<&str> = behind.iter().map(|word| docker.call.raw(word)).collect();
    let entrypoint = docker.flags_named("--entrypoint").last();
    let entrypoint = entrypoint.and_then(|flag| docker.raw_value(flag));
    let program = entrypoint.or(words.first().copied()).unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    let texts = match (program.trim_matches(['"', '\'']), entrypoint) {
        // a shell is given its script as one word
        ("sh" | "bash" | "ash" | "dash" | "zsh", _) => words
            .iter()
            .filter(|word| word.contains(char::is_whitespace))
            .map(|word| (*word).to_owned())
            .collect(),
        (_, Some(entrypoint)) => vec![entrypoint.to_owned()],
        (_, None) => vec![words.join(" ")],
    };
    let found = texts.iter().flat_map(|text| programs(rules, text));
    let needs = found.filter_map(|program| {
        Some(Need {
            program: program.to_owned(),
            capability: rules.capability_of(program)?,
        })
    });
    needs.collect()
}

/// The programs in a text which need a capability, each where a command may begin.
fn programs<'t>(rules: &Rules, raw: &'t str) -> Vec<&'t str> {
    let raw = raw.trim_matches(['"', '\'']);
    let pieces = pieces(raw).into_iter().filter_map(|range| raw.get(range));
    pieces
        .filter(|word| {
            let name = word.rsplit('/').next().unwrap_or(word);
            rules.capability_of(name).is_some()
        })
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .collect()
}

/// The words of a text that stand where a command may.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start: Option<usize> = None;
    let mut begins = true;
    for (at, letter) in text.char_indices().chain([(text.len(), ';')]) {
        let ends = letter.is_whitespace() || ";|&(){}`!".contains(letter);
        if !ends {
            start.get_or_insert(at);
            continue;
        }
        if let Some(start) = start.take() {
            let word = text.get(start..at).unwrap_or_default();
            if begins {
                found.push(start..at);
            }
            // words behind which a command begins
            begins = matches!(
                word,
                "if" | "then"
                    | "else"
                    | "while"
                    | "until"
                    | "do"
                    | "exec"
                    | "sudo"
                    | "timeout"
                    | "time"
            ) || begins && stands_before_a_command(word);
        }
        begins |= !letter.is_whitespace() || letter == '\n';
    }
    found
}

/// `5` of `timeout 5`, `--mount=...`, `A=b`: a command may follow.
fn stands_before_a_command(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit()) || word.starts_with('-') || word.contains('=')
}

/// What the containers of a name need for what is run in them later.
fn needed_later<'r>(pass: &JobPass<'r>, name: &str) -> Vec<Need<'r>> {
    let calls = pass.containers().later.get(name).into_iter().flatten();
    let calls = calls.filter_map(|index| pass.known_call(*index));
    calls.flat_map(|docker| needs(docker)).collect()
}

/// Whether a container has a capability by its own options, or would not have it in Docker either.
fn has(docker: &DockerCall<'_>, capability: &str) -> bool {
    let names = |flag: &Flag<'_>| {
        let value = docker.value(flag).map(|value| value.text.to_uppercase());
        value.is_some_and(|value| value == "ALL" || value.trim_start_matches("CAP_") == capability)
    };
    docker.is_on("--privileged")
        || docker.flags_named("--cap-add").any(names)
        || docker.flags_named("--cap-drop").any(names)
}

#[cfg(test)]
mod tests {
    use super::programs;
    use crate::rules::Rules;

    #[test]
    fn programs_are_found_where_a_command_begins() {
        for (text, expected) in [
            ("ping", vec!["ping"]),
            ("/bin/ping", vec!["ping"]),
            ("\"apk add iputils && ping -c1 db\"", vec!["ping"]),
            ("'until ping -c 1 db; do sleep 1; done'", vec!["ping"]),
            ("timeout 5 ping db", vec!["ping"]),
            ("mknod /tmp/n c 1 3; echo ping", vec!["mknod"]),
            ("apk add iputils &&  A=b ping db", vec!["ping"]),
            ("redis-cli ping", vec![]),
            ("echo ping", vec![]),
            ("curl http://localhost/ping", vec![]),
        ] {
            assert_eq!(programs(Rules::embedded(), text), expected, "{text}");
        }
    }
}
