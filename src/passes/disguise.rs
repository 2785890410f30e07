//! Docker by another name: a variable, an array, a loop, an alias or a function that stands for it.

use crate::collections::{HashMap, HashSet};
use crate::providers::github::{expression, matrix};
use crate::shell::{CompoundKind, Nesting, Part, Word};

use super::context::{Call, JobView, unquoted};
use super::draft::Draft;
use super::job::JobPass;

/// Says where docker is called by a name that is decided when the script runs.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    functions(pass, draft);
    aliases(pass, draft);
    let values = Values::of(pass.view);
    for call in pass.view.calls.iter().filter(|call| !call.is_remote()) {
        match call.program() {
            None => by_name(pass, &values, call, draft),
            Some(program) => handed_on(pass, &values, call, program, draft),
        }
    }
    held_by_the_file(pass, draft);
}

/// Whether a text holds docker as a word of its own, or as a program by its path.
pub(super) fn holds_docker(text: &str) -> bool {
    let ends = |one: char| one.is_whitespace() || "\"'`(){}[];|&<>=,\\:".contains(one);
    let is_docker = |word: &str| {
        let name = word.rsplit_once("bin/").map_or(word, |(_, name)| name);
        matches!(name, "docker" | "docker-compose")
    };
    text.contains("docker") && text.split(ends).any(is_docker)
}

fn functions(pass: &JobPass<'_>, draft: &mut Draft) {
    let documents = pass.view.context.documents;
    for line in &pass.view.lines {
        let functions = line.parsed.script.iter().flat_map(|one| &one.functions);
        for function in functions.filter(|function| function.name == "docker") {
            draft.block(
                "disguised-docker",
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
                "disguised-docker",
                view.at_command(call),
                "docker goes by another name here, or another program by its name",
                "write the commands out where they are used, then run again",
            );
        }
    }
}

/// What the variables of a job may hold, as far as its files say.
struct Values<'a> {
    /// The values of each.
    texts: HashMap<&'a str, Vec<&'a str>>,
    /// Those that may hold docker, or another one that does.
    docker: HashSet<&'a str>,
}

impl<'a> Values<'a> {
    fn of(view: &'a JobView<'_>) -> Self {
        let mut values = Self {
            texts: HashMap::default(),
            docker: HashSet::default(),
        };
        for (name, variable) in &view.job.variables {
            let value = variable.value.as_deref();
            values.add(name.as_ref(), value.unwrap_or_default());
        }
        for line in &view.lines {
            let (Ok(script), text) = (&line.parsed.script, &*line.parsed.text) else {
                continue;
            };
            for assignment in &script.assignments {
                values.add(assignment.name.as_str(), assignment.value.raw(text));
            }
            let loops = script.compounds.iter();
            for compound in loops.filter(|one| one.kind == CompoundKind::For) {
                let body = compound.lists.first().map(|list| list.start);
                let head = compound.span.start..body.unwrap_or(compound.span.end);
                let head = text.get(head).unwrap_or_default();
                let mut words = head.split_whitespace().skip(1);
                values.add(words.next().unwrap_or_default(), head);
            }
        }
        for call in &view.calls {
            let declares = matches!(
                call.program(),
                Some("export" | "declare" | "typeset" | "local" | "readonly")
            );
            for word in call.command().words.iter().filter(|_| declares) {
                if let Some((name, value)) = call.raw(word).split_once('=') {
                    values.add(name.trim_end_matches('+'), value);
                }
            }
        }
        values.find_docker();
        values
    }

    fn add(&mut self, name: &'a str, value: &'a str) {
        self.texts.entry(name).or_default().push(value);
    }

    /// Finds the variables that may hold docker, and from there those that name them.
    fn find_docker(&mut self) {
        let mut named_by: HashMap<&str, Vec<&'a str>> = HashMap::default();
        let mut open = Vec::new();
        for (name, values) in &self.texts {
            for value in values {
                if holds_docker(value) {
                    open.push(*name);
                }
                for other in names_in(value) {
                    named_by.entry(other).or_default().push(name);
                }
            }
        }
        while let Some(name) = open.pop() {
            if self.docker.insert(name) {
                open.extend(named_by.get(name).into_iter().flatten());
            }
        }
    }

    fn is_set(&self, name: &str) -> bool {
        self.texts.contains_key(name)
    }

    fn is_docker(&self, name: &str) -> bool {
        self.docker.contains(name)
    }
}

/// The variables that a text names.
fn names_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|rest| {
        let rest = rest.trim_start_matches('{').trim_start_matches('!');
        let end = rest.find(|one: char| !one.is_ascii_alphanumeric() && one != '_');
        rest.get(..end.unwrap_or(rest.len()))
            .filter(|name| name.starts_with(|one: char| one.is_ascii_alphabetic() || one == '_'))
    })
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
    let said = if spelled(word, raw) || names.iter().any(|name| values.is_docker(name)) {
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
        "disguised-docker",
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
    let nesting = &call.command().place.nesting;
    let elsewhere = nesting.contains(&Nesting::Script) || is_path(word);
    if let Some(name) = names.iter().find(|name| !values.is_set(name))
        && !elsewhere
    {
        draft.review(
            "hidden-docker",
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
    if prints || super::evidence::calls_docker(call) {
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
            "disguised-docker",
            view.at_command(call),
            format!("{program} is given a docker command, in {name}"),
            "write the command out, then run again",
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
        if holds && view.is_read_from(0, name) {
            draft.block(
                "disguised-docker",
                view.context.documents.location(variable.node),
                format!("{name} holds a docker command that the script runs"),
                "write the command out where it is used",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::holds_docker;

    #[test]
    fn finds_docker_as_a_program_and_not_in_other_words() {
        for text in [
            "docker",
            "sudo docker ps",
            "(docker push a)",
            "\"docker\"",
            "$(command -v docker)",
            "/usr/local/bin/docker",
            "x; docker-compose up",
        ] {
            assert!(holds_docker(text), "{text}");
        }
        for text in [
            "docker/build.sh",
            "docker.io/library/alpine",
            "Dockerfile",
            "mydocker",
            "docker-entry",
            "./docker/docker.sh",
        ] {
            assert!(!holds_docker(text), "{text}");
        }
    }
}
