//! What succeeds and means something else, where it takes more than a command or a flag to see it.

use std::collections::HashMap;
use std::ops::Range;

use crate::analysis::DockerCall;
use crate::finding::RuleId;
use crate::image_name::ImageName;
use crate::rules::ids;
use crate::shell::Script;
use crate::text::Location;

use super::archive;
use super::check::JobCheck;

/// Looks at the commands one by one, then at what the script makes of them.
pub(super) fn run(check: &mut JobCheck<'_>) {
    let pass = check.pass;
    for (index, docker) in pass.known_calls() {
        match docker.rule.name.as_str() {
            "run" | "create" | "exec" => terminal(check, docker),
            "save" => archive_names(check, index, docker),
            _ => {}
        }
    }
    auth_config(check);
    statuses(check);
}

/// `-it`: in CI there is no terminal.
fn terminal(check: &mut JobCheck<'_>, docker: &DockerCall<'_>) {
    if docker.is_on("--interactive") && docker.is_on("--tty") {
        let flag = docker.flags_named("--tty").last();
        let at = flag.map_or(docker.at(), |flag| docker.at_words(&flag.words));
        check.emit(ids::TERMINAL, at, "-it");
    }
}

/// An archive of an image without a registry in its name, for another engine.
fn archive_names(check: &mut JobCheck<'_>, index: usize, docker: &DockerCall<'_>) {
    let facts = &check.pass.facts;
    let short = docker.operands().into_iter().find(|word| {
        let name = docker.text_of(*word).text;
        ImageName::parse(&name).is_short() && facts.made_before(index, &name)
    });
    let Some(word) = short else { return };
    if is_loaded_elsewhere(check, docker) || archive::leaves(check, docker) {
        let name = docker.text_of(word).text;
        check.emit(
            ids::ARCHIVE_NAMES,
            docker.at_words(&(word..word + 1)),
            &name,
        );
    }
}

/// `docker save app | ssh host docker load`.
fn is_loaded_elsewhere(check: &JobCheck<'_>, docker: &DockerCall<'_>) -> bool {
    let view = check.pass.view;
    let statement = &docker.call.command().context.statement;
    check.pass.evidence.remote.iter().any(|index| {
        let call = &view.calls[*index];
        let words = &call.command().words;
        let loads = words
            .iter()
            .any(|word| word.value.as_deref() == Some("load"));
        let piped = call.line == docker.call.line
            && statement.start <= call.command().span.start
            && call.command().span.end <= statement.end;
        loads && piped
    })
}

/// Credentials in a variable, which no command writes down where Podman looks.
fn auth_config(check: &mut JobCheck<'_>) {
    const NAME: &str = "DOCKER_AUTH_CONFIG";
    let view = check.pass.view;
    let Some(variable) = view.job.variables.get(NAME) else {
        return;
    };
    let written = view
        .lines
        .iter()
        .any(|line| line.parsed.text.contains(NAME));
    let reaches = check.pass.known_calls().any(|(_, docker)| {
        matches!(
            docker.rule.name.as_str(),
            "pull" | "push" | "build" | "run" | "create"
        )
    });
    if !written && reaches && check.pass.facts.logins.is_empty() {
        let at = view.context.documents.location(variable.node);
        check.emit(ids::DOCKER_AUTH_CONFIG, at, NAME);
    }
}

/// `docker inspect x; [ $? -eq 1 ]`, and the same by a variable.
fn statuses(check: &mut JobCheck<'_>) {
    let pass = check.pass;
    let view = pass.view;
    let detectors = &check.rules().detectors().statuses;
    let mut found: Vec<(RuleId, Location, String)> = Vec::new();
    for (number, line) in view.lines.iter().enumerate() {
        let Ok(script) = &line.parsed.script else {
            continue;
        };
        let text = &line.parsed.text;
        if !text.contains("$?") {
            continue;
        }
        let rule_of = |command: usize| {
            let call = view
                .calls
                .iter()
                .position(|call| call.line == number && call.index == command)?;
            let docker = pass.known_call(call)?;
            let name = docker.rule.name.as_str();
            let detector = detectors.iter().find(|it| it.subject() == name)?;
            Some((detector.rule, name.to_owned()))
        };
        for (last, range) in compared(script, text) {
            if let Some((rule, name)) = rule_of(last) {
                let at = view.context.documents.inside(line.node, range);
                found.push((rule, at, name));
            }
        }
    }
    for (rule, at, name) in found {
        check.emit(rule, at, &name);
    }
}

/// The commands whose exit status a test compares with 1, each with the bytes of that test.
fn compared(script: &Script, text: &str) -> Vec<(usize, Range<usize>)> {
    let mut found = Vec::new();
    let mut kept: HashMap<&str, Option<usize>> = HashMap::new();
    let mut last: Option<usize> = None;
    let mut assignments = script.assignments.iter().peekable();
    for (index, command) in script.commands.iter().enumerate() {
        while let Some(one) = assignments.next_if(|one| one.span.start < command.span.start) {
            if one.value.raw(text).trim_matches('"') == "$?" {
                kept.insert(&one.name, last);
            }
        }
        if !matches!(command.program(), Some("[" | "test" | "[[")) {
            last = Some(index);
            continue;
        }
        let words: Vec<&str> = command
            .words
            .iter()
            .map(|word| word.raw(text).trim_matches('"'))
            .collect();
        let of_what = words.windows(3).find_map(|three| {
            let [left, operator, "1"] = three else {
                return None;
            };
            let compares = matches!(*operator, "-eq" | "-ne" | "=" | "==" | "!=");
            compares.then_some(*left)
        });
        let status = match of_what {
            Some("$?") => last,
            Some(left) => left
                .strip_prefix('$')
                .map(|name| name.trim_matches(['{', '}']))
                .and_then(|name| kept.get(name).copied().flatten()),
            None => None,
        };
        found.extend(status.map(|status| (status, command.span.clone())));
    }
    found
}
