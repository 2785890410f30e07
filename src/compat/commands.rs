//! Docker's commands and their flags, variables, words and other programs, as far as the catalog says by itself what to look
//! for.

use std::ops::Range;

use crate::analysis::DockerCall;
use crate::analysis::text::handed_on;
use crate::rules::Site;
use crate::shell::Assignment;

use super::check::JobCheck;

/// Looks at every command of the job.
pub(super) fn run(check: &mut JobCheck<'_>) {
    docker(check);
    programs(check);
    variables(check);
    texts(check);
}

fn docker(check: &mut JobCheck<'_>) {
    let detectors = check.rules().detectors();
    let pass = check.pass;
    for (_, docker) in pass.known_calls() {
        let name = docker.rule.name.as_str();
        for detector in detectors.commands.iter().filter(|it| it.subject() == name) {
            if is_true_of(check, detector.rule.0, docker) {
                let words = docker.subcommand.clone();
                check.emit(detector.rule, docker.at_words(&words), name);
            }
        }
        for detector in detectors.flags.iter().filter(|it| it.subject() == name) {
            for flag in docker.flags() {
                let value = docker.value(flag).map(|value| value.text);
                let named = detector.details().first() == Some(&flag.rule.name.as_str());
                let found = named && detector.fits_value(1, value.as_deref());
                if found && is_true_of(check, detector.rule.0, docker) {
                    let written = docker.range(&flag.words);
                    let it = docker.call.text().get(written).unwrap_or_default();
                    check.emit(detector.rule, docker.at_words(&flag.words), it);
                }
            }
        }
    }
}

/// Whether a rule is true of this very command: some are so only of root, or only where the output is read.
fn is_true_of(check: &JobCheck<'_>, rule: &str, docker: &DockerCall<'_>) -> bool {
    check.rules().named(rule).is_some_and(|rule| {
        let as_root = rule.on == Some(Site::Machine) && docker.call.with_sudo();
        !as_root && (!rule.read || docker.call.is_read())
    })
}

fn programs(check: &mut JobCheck<'_>) {
    let detectors = &check.rules().detectors().programs;
    let view = check.pass.view;
    for call in view.calls.iter().filter(|call| !call.is_remote()) {
        let Some(program) = call.program() else {
            continue;
        };
        for detector in detectors.iter().filter(|it| it.subject() == program) {
            let words = call.command().words.iter().skip(1);
            let mut values = words.map(|word| view.expand_word(call, word).text);
            let wanted = detector.details().is_empty()
                || values.any(|value| detector.fits_value(0, Some(&value)));
            if wanted {
                check.emit(detector.rule, view.at_command(call), program);
            }
        }
    }
}

fn variables(check: &mut JobCheck<'_>) {
    let detectors = &check.rules().detectors().variables;
    let view = check.pass.view;
    let documents = view.context.documents;
    for (name, variable) in &view.job.variables {
        for detector in detectors.iter().filter(|it| it.fits_subject(name)) {
            let value = variable
                .value
                .as_deref()
                .map(|value| view.expand(value).text);
            if detector.fits_value(0, value.as_deref()) {
                check.emit(detector.rule, documents.location(variable.node), name);
            }
        }
    }
    // what an action has from its own step
    for action in view.job.actions.iter().filter(|it| it.commands.is_some()) {
        let env = documents.value(action.mapping, "env");
        for detector in detectors {
            let value = env.and_then(|env| documents.value(env, detector.subject()));
            let text = value.and_then(|value| documents.text(value));
            if let Some((value, text)) = value.zip(text)
                && detector.fits_value(0, Some(text))
            {
                check.emit(detector.rule, documents.location(value), detector.subject());
            }
        }
    }
    for call in &view.calls {
        // `export A=b` is a command with a word
        let exported = call.program() == Some("export");
        let words = call.command().words.iter().skip(1).filter(|_| exported);
        let exported = words.filter_map(|word| {
            let (name, value) = call.raw(word).split_once('=')?;
            Some((name, value, word.span.clone()))
        });
        let in_front = call.command().assignments.iter();
        let in_front = in_front.map(|one| of(one, call.text()));
        for (name, value, range) in exported.chain(in_front) {
            set_in_script(check, name, value, view.at(call, range));
        }
    }
    for line in &view.lines {
        let Ok(script) = &line.parsed.script else {
            continue;
        };
        for one in &script.assignments {
            let (name, value, range) = of(one, &line.parsed.text);
            set_in_script(check, name, value, documents.inside(line.node, range));
        }
        for detector in detectors {
            for value in handed_on(&line.parsed.text, detector.subject()) {
                let at = documents.location(line.node);
                set_in_script(check, detector.subject(), value, at);
            }
        }
    }
}

/// The name, the value as it is written, and the bytes of an assignment.
fn of<'t>(one: &'t Assignment, text: &'t str) -> (&'t str, &'t str, Range<usize>) {
    (&one.name, one.value.raw(text), one.span.clone())
}

fn set_in_script(check: &mut JobCheck<'_>, name: &str, value: &str, at: crate::text::Location) {
    let detectors = &check.rules().detectors().variables;
    for detector in detectors.iter().filter(|it| it.fits_subject(name)) {
        let value = check.pass.view.expand(value.trim_matches(['"', '\''])).text;
        if detector.fits_value(0, Some(&value)) {
            check.emit(detector.rule, at, name);
        }
    }
}

/// Words of scripts and of the values of variables.
fn texts(check: &mut JobCheck<'_>) {
    let detectors = &check.rules().detectors().texts;
    let view = check.pass.view;
    let documents = view.context.documents;
    for detector in detectors {
        let word = detector.subject();
        for line in &view.lines {
            if let Some(range) = find_word(&line.parsed.text, word) {
                check.emit(detector.rule, documents.inside(line.node, range), word);
            }
        }
        for variable in view.job.variables.values() {
            let value = variable.value.as_deref().unwrap_or_default();
            if find_word(value, word).is_some() {
                check.emit(detector.rule, documents.location(variable.node), word);
            }
        }
    }
}

/// Where a word stands by itself, and not in a comment.
fn find_word(text: &str, word: &str) -> Option<Range<usize>> {
    let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let mut places = text.match_indices(word);
    let alone = |(start, _): &(usize, &str)| {
        let before = text.get(..*start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        let after = text.get(start + word.len()..).unwrap_or_default();
        !line.trim_start().starts_with('#')
            && !before.chars().next_back().is_some_and(joins)
            && !after.chars().next().is_some_and(joins)
    };
    let (start, _) = places.find(alone)?;
    Some(start..start + word.len())
}
