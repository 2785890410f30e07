//! Engines on other machines: settings and contexts by which docker works elsewhere. Podman's own command reads none of
//! them, and would do on the job's machine what is meant for the other one.

use crate::analysis::evidence::calls_docker;
use crate::analysis::hosts::{is_own_host, leads_to_another_machine};
use crate::analysis::text::{handed_on, unquoted};
use crate::analysis::{Call, DockerCall, JobPass, LineView};
use crate::collections::HashSet;
use crate::providers::github::matrix;
use crate::rules::ids;
use crate::shell::Word;
use crate::text::Location;

use super::draft::Draft;

/// What leads docker to an engine.
const SETTINGS: [&str; 2] = ["DOCKER_HOST", "DOCKER_CONTEXT"];

/// Says which commands, assignments and lines lead away. What the CI file itself sets, the variables' own pass looks at.
pub(super) fn run(pass: &JobPass<'_>, draft: &mut Draft) {
    let view = &pass.view;
    for call in view.calls.iter().filter(|call| !call.is_remote()) {
        in_front(pass, call, draft);
    }
    for (_, docker) in pass.known_calls() {
        chosen_context(pass, docker, draft);
    }
    for line in &view.lines {
        alone(pass, line, draft);
        for_later_steps(pass, line, draft);
    }
}

/// What to do about a job whose engine is elsewhere.
const HELP: &str = "a job that drives another machine's Docker stays; move the rest out of it";

/// Whether a value of one of the settings names an engine that is not the job's own.
pub(super) fn leads_away(pass: &JobPass<'_>, name: &str, value: &str) -> bool {
    match name {
        "DOCKER_HOST" => is_other_host(pass, value),
        "DOCKER_CONTEXT" => is_other_context(pass, value),
        _ => false,
    }
}

/// Says that a setting leads away, if it does; gives whether it does.
pub(super) fn keeps(
    pass: &JobPass<'_>,
    name: &str,
    value: &str,
    at: Location,
    draft: &mut Draft,
) -> bool {
    let away = leads_away(pass, name, value);
    if away {
        let message = format!("{name} leads to an engine that is not the job's own");
        draft.block(ids::REMOTE_ENGINE, at, message, HELP);
    }
    away
}

/// `DOCKER_HOST=ssh://... docker ps`, `env DOCKER_CONTEXT=prod docker ps`.
fn in_front(pass: &JobPass<'_>, call: &Call, draft: &mut Draft) {
    let view = &pass.view;
    let command = call.command();
    for assignment in &command.assignments {
        let value = unquoted(call.raw(&assignment.value));
        let at = view.at(call, assignment.span.clone());
        keeps(pass, &assignment.name, &value, at, draft);
    }
    // `env A=b` in front of nothing that is known here is a program of its own
    let own = command.words.iter().take_while(|_| !calls_docker(call));
    for word in command.wrappers.iter().chain(own) {
        if let Some((name, value)) = setting(call, word) {
            keeps(pass, name, &value, view.at(call, word.span.clone()), draft);
        }
    }
}

/// A word that sets what leads docker to an engine.
fn setting<'c>(call: &'c Call, word: &Word) -> Option<(&'c str, String)> {
    let raw = call.raw(word).trim_start_matches(['"', '\'']);
    let (name, value) = raw.split_once('=')?;
    SETTINGS
        .contains(&name)
        .then(|| (name, unquoted(value).into_owned()))
}

/// `DOCKER_HOST=ssh://...` alone: an `export` elsewhere, or one that came before, hands it on.
fn alone(pass: &JobPass<'_>, line: &LineView, draft: &mut Draft) {
    let Ok(script) = &line.parsed.script else {
        return;
    };
    let documents = pass.view.context.documents;
    for assignment in &script.assignments {
        if SETTINGS.contains(&assignment.name.as_str()) {
            let value = unquoted(assignment.value.raw(&line.parsed.text));
            let at = documents.inside(line.node, assignment.span.clone());
            keeps(pass, &assignment.name, &value, at, draft);
        }
    }
}

/// `echo "DOCKER_HOST=ssh://..." >> $GITHUB_ENV`: the steps that follow have it.
fn for_later_steps(pass: &JobPass<'_>, line: &LineView, draft: &mut Draft) {
    let at = pass.view.context.documents.location(line.node);
    for name in SETTINGS {
        for value in handed_on(&line.parsed.text, name) {
            keeps(pass, name, value, at, draft);
        }
    }
}

/// `docker context use prod`: what follows works there.
fn chosen_context(pass: &JobPass<'_>, docker: &DockerCall<'_>, draft: &mut Draft) {
    let operands = docker.operands();
    let (Some(word), "context use") = (operands.first(), docker.rule.name.as_str()) else {
        return;
    };
    let name = docker.text_of(*word).text;
    if is_other_context(pass, &name) {
        let message = format!(
            "from here on docker works in the context {name}, which may be another machine's"
        );
        draft.block(ids::REMOTE_ENGINE, docker.at(), message, HELP);
    }
}

/// Whether a context is none that the job itself makes for its own engine. What no context can be called, such as a path,
/// is a value of the user's own under that name.
fn is_other_context(pass: &JobPass<'_>, name: &str) -> bool {
    let view = pass.view;
    let of_matrix = (view.job.own).filter(|_| name.contains("matrix."));
    let of_matrix = of_matrix.and_then(|job| matrix::values(view.context.documents, job, name));
    if let Some(names) = of_matrix {
        return names.iter().any(|name| is_other_context(pass, name));
    }
    let name = view.expand(name).text;
    if name.starts_with('.') || name.contains('/') {
        return false;
    }
    !matches!(name.as_str(), "" | "default")
        && !pass
            .contexts
            .get_or_init(|| own_contexts(pass))
            .contains(&name)
}

/// The contexts that the job makes for the engine that it has anyway.
fn own_contexts(pass: &JobPass<'_>) -> HashSet<String> {
    let made = pass.known_calls().map(|(_, docker)| docker);
    made.filter(|docker| docker.rule.name == "context create" && !leads_to_another_machine(docker))
        .filter_map(|docker| Some(docker.text_of(*docker.operands().first()?).text))
        .collect()
}

/// Whether an address is that of a machine other than the daemon beside the job, or of the runner's socket.
fn is_other_host(pass: &JobPass<'_>, value: &str) -> bool {
    let value = pass.view.expand(value);
    let text = value.text.as_str();
    if text.is_empty() || text.starts_with("unix://") {
        return false;
    }
    if text.starts_with("ssh://") {
        return true;
    }
    let host = text.split("://").last().unwrap_or(text);
    let host = host.split([':', '/']).next().unwrap_or(host);
    !is_own_host(pass.view, host) && !pass.evidence.hosts.iter().any(|one| one == host)
}
