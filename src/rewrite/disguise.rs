//! Docker by another name: a variable, an array, a loop, an alias or a function that stands for it.

use crate::analysis::text::unquoted;
use crate::analysis::values::{Values, holds_docker, names_in};
use crate::analysis::{Call, JobPass, JobView};
use crate::collections::HashSet;
use crate::providers::github::{expression, matrix};
use crate::rules::ids;
use crate::shell::{Nesting, Part, Word};

use super::draft::Draft;

/// Says where docker is called by a name that is decided when the script runs.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    functions(pass, draft);
    aliases(pass, draft);
    let values = Values::of(pass.view);
    let runners = functions_that_run(pass.view);
    for call in pass.view.calls.iter().filter(|call| !call.is_remote()) {
        match call.program() {
            None => by_name(pass, &values, call, draft),
            Some(program) => {
                handed_on(pass, &values, call, program, draft);
                if runners.contains(program) {
                    given_docker(pass, call, program, draft);
                }
            }
        }
    }
    held_by_the_file(pass, draft);
}

fn functions(pass: &JobPass<'_>, draft: &mut Draft) {
    let documents = pass.view.context.documents;
    for line in &pass.view.lines {
        let functions = line.parsed.script.iter().flat_map(|one| &one.functions);
        for function in functions.filter(|function| function.name == "docker") {
            draft.block(
                ids::DISGUISED_DOCKER,
                documents.inside(line.node, function.span.clone()),
                "docker is a function of this script",
                "move the job by hand",
            );
        }
    }
}

/// `alias dps='docker ps'`, `alias docker=podman`.
fn aliases(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    let local = view.calls.iter().filter(|call| !call.is_remote());
    for call in local.filter(|call| call.program() == Some("alias")) {
        if call
            .command()
            .words
            .iter()
            .any(|word| holds_docker(call.raw(word)))
        {
            draft.block(
                ids::DISGUISED_DOCKER,
                view.at_command(call),
                "docker goes by another name here, or another program by its name",
                "write the commands out where they are used, then run again",
            );
        }
    }
}

/// `$DOCKER ps`, `"${cmd[@]}"`, `${DOCKER:-docker} push`, `$(which docker) ps`.
fn by_name(pass: &JobPass<'_>, values: &Values<'_>, call: &Call, draft: &mut Draft) {
    let view = &pass.view;
    let Some(word) = call.command().words.first() else {
        return;
    };
    let raw = call.raw(word);
    let mut names: Vec<&str> = names_in(raw).collect();
    names.extend(expression::variable(raw));
    let by_value = names.iter().any(|name| values.is_docker(name));
    let said = if spelled(word, raw) || by_value || values.make_docker(word, raw) {
        format!("{raw} stands for docker, or may")
    } else if matrix_docker(view, raw) {
        format!("{raw} is docker in some of the job's runs")
    } else if let Some(name) = (names.iter().copied())
        .find(|name| !values.is_set(name) && names_an_engine(name) && !is_path(word))
    {
        format!("what {name} holds is not in this file, and by its name it is docker")
    } else {
        if !view.on_machine() {
            unknown(pass, values, call, &names, draft);
        }
        return;
    };
    draft.block(
        ids::DISGUISED_DOCKER,
        view.at_command(call),
        said,
        "write the command out, then run again",
    );
}

/// Whether docker stands in a word around what the shell puts in: `d${x}ocker`, `"$BIN"/docker`.
fn spelled(word: &Word, raw: &str) -> bool {
    let literals: String = word
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Literal(_, text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let last = literals.rsplit('/').next().unwrap_or_default();
    let is_program = matches!(last, "docker" | "docker-compose");
    let inside = raw.split(['-', '=', '+', '(', '`']).skip(1);
    is_program || inside.into_iter().any(holds_docker)
}

/// `${{ matrix.command }}`, where a value of the matrix is a docker command.
fn matrix_docker(view: &JobView<'_>, raw: &str) -> bool {
    let values = (view.job.own).filter(|_| raw.contains("matrix."));
    let values = values.and_then(|job| matrix::values(view.context.documents, job, &unquoted(raw)));
    values.is_some_and(|values| values.iter().any(|value| holds_docker(value)))
}

/// Whether a variable is one for the command of an engine, by its name.
fn names_an_engine(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["DOCKER", "CONTAINER_", "_ENGINE"]
        .iter()
        .any(|part| name.contains(part))
        || name == "ENGINE"
}

fn is_path(word: &Word) -> bool {
    let mut parts = word.parts.iter();
    parts.any(|part| matches!(part, Part::Literal(_, text) if text.contains('/')))
}

/// A program that is decided elsewhere, where Docker is gone after the move.
fn unknown(
    pass: &JobPass<'_>,
    values: &Values<'_>,
    call: &Call,
    names: &[&str],
    draft: &mut Draft,
) {
    let view = &pass.view;
    let Some(word) = call.command().words.first() else {
        return;
    };
    // what `eval` and a shell are given is said of them already
    let nesting = &call.command().context.nesting;
    let elsewhere = nesting.contains(&Nesting::Script) || is_path(word);
    if let Some(name) = names.iter().find(|name| !values.is_set(name))
        && !elsewhere
    {
        draft.review(
            ids::HIDDEN_DOCKER,
            view.at_command(call),
            format!(
                "what {name} holds is not in this file: if it calls docker, it will not find it"
            ),
            "see that it does not call docker",
        );
    }
}

/// `run "${cmd[@]}"`, `eval "$CMD"`: a function or another program gets a docker command.
fn handed_on(
    pass: &JobPass<'_>,
    values: &Values<'_>,
    call: &Call,
    program: &str,
    draft: &mut Draft,
) {
    let view = &pass.view;
    let rules = view.context.rules;
    let prints = rules.is_harmless(program) || rules.only_prints(program);
    if prints || crate::analysis::evidence::calls_docker(call) {
        return;
    }
    let raws = call
        .command()
        .words
        .iter()
        .skip(1)
        .map(|word| call.raw(word));
    let lists = raws.filter(|raw| program == "eval" || raw.contains("[@]") || raw.contains("[*]"));
    let mut names = lists.flat_map(names_in);
    if let Some(name) = names.find(|name| values.is_docker(name)) {
        draft.block(
            ids::DISGUISED_DOCKER,
            view.at_command(call),
            format!("{program} is given a docker command, in {name}"),
            "write the command out, then run again",
        );
    }
}

/// The functions that run what they are given: `run() { "$@"; }`.
fn functions_that_run<'a>(view: &'a JobView<'_>) -> HashSet<&'a str> {
    let runs = view.calls.iter().filter(|call| {
        let first = call.command().words.first();
        let raw = first.map_or("", |word| call.raw(word));
        call.program().is_none()
            && ["$1", "${1", "$@", "${@", "$*", "${*"]
                .iter()
                .any(|own| raw.contains(own))
    });
    let nesting = runs.flat_map(|call| &call.command().context.nesting);
    nesting
        .filter_map(|one| match one {
            Nesting::Function(name) => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

/// `run docker`: such a function gets docker by its name.
fn given_docker(pass: &JobPass<'_>, call: &Call, program: &str, draft: &mut Draft) {
    let mut words = call.command().words.iter().skip(1);
    if words.any(|word| holds_docker(call.raw(word))) {
        draft.block(
            ids::DISGUISED_DOCKER,
            pass.view.at_command(call),
            format!("{program} runs what it is given, and that is docker here"),
            "call docker as a command of its own, then run again",
        );
    }
}

/// A variable of the CI file that holds a docker command: what the script makes of it is not certain.
fn held_by_the_file(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for (name, variable) in &view.job.variables {
        let Some(value) = &variable.value else {
            continue;
        };
        let holds = value.starts_with("docker ")
            || value.starts_with("docker-compose ")
            || value == "docker-compose";
        if holds && view.names().is_read_from(&view.lines, 0, name) {
            draft.block(
                ids::DISGUISED_DOCKER,
                view.context.documents.location(variable.node),
                format!("{name} holds a docker command that the script runs"),
                "write the command out where it is used",
            );
        }
    }
}
